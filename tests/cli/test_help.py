"""Help: options in groups, lines that fit a terminal, examples that the commands take."""

import re
import shlex

import click
import pytest

from convpipe.cli import COMMANDS, SECTIONS, main
from convpipe.cli.places import split


def commands():
    return {name: main.get_command(click.Context(main), name) for name in COMMANDS}


EXAMPLES = [line for command in commands().values() for line, _ in command.examples]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_of_its_own(name):
    lines = [line for line, _ in commands()[name].examples]
    assert lines
    assert all(shlex.split(line)[:2] == ["convpipe", name] for line in lines)


@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_are_what_the_command_takes(line):
    _, name, *words = shlex.split(line)
    parent = click.Context(main, info_name="convpipe", **main.context_settings)
    with commands()[name].make_context(name, words, parent) as context:
        if name == "run":
            split(context.params["arguments"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_stands_in_the_help_once(convpipe, name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    text = convpipe(name, "--help").stdout
    assert max(map(len, text.splitlines())) <= 80
    options = [one for one in commands()[name].params if isinstance(one, click.Option)]
    written = re.findall(r"^  (--?[\w-]+)\b.*?  ", text, re.MULTILINE)  # two spaces: text has one
    assert sorted(written) == sorted([*(one.opts[0] for one in options), "-h"])


@pytest.mark.parametrize("name", COMMANDS)
def test_groups_name_options_that_there_are(name):
    command = commands()[name]
    named = [option for group in command.groups.values() for option in group]
    assert len(set(named)) == len(named)
    assert set(named) <= {max(one.opts, key=len) for one in command.params}


def test_sections_of_the_whole_name_commands_that_there_are(convpipe):
    named = [name for names in SECTIONS.values() for name in names]
    assert len(set(named)) == len(named)
    assert set(named) <= set(COMMANDS)
    text = convpipe("--help").stdout
    assert [text.count(f"\n  {name} ") for name in COMMANDS] == [1] * len(COMMANDS)


@pytest.mark.parametrize(("short", "long"), [("-q", "--quiet"), ("-v", "--verbose")])
def test_short_names(convpipe, photos, job, short, long):
    one = convpipe("run", job(), short)
    other = convpipe("run", job(), long, "--overwrite")
    assert one.exit_code == other.exit_code == 0
    assert bool(one.stdout) == bool(other.stdout) == (short == "-v")
