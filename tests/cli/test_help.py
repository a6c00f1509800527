"""Help: options in groups, lines that fit a terminal, examples that the commands take."""

import io
import re
import shlex

import click
import pytest

from convpipe.cli import COMMANDS, SECTIONS, main
from convpipe.cli.places import split
from convpipe.cli.topics import TOPICS


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
    lists = re.split(r"^\S.*:$", text, maxsplit=1, flags=re.MULTILINE)[1]  # below the first heading
    written = re.findall(r"^  (--?[\w-]+)", lists, re.MULTILINE)
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


def test_topics_are_listed(convpipe):
    text = convpipe("help").stdout
    assert [line.split()[0] for line in text.splitlines() if line.startswith("  ")] == list(TOPICS)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("topic", TOPICS)
def test_pages_read_at_80_columns(convpipe, topic, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    result = convpipe("help", topic)
    assert result.exit_code == 0
    assert 5 < len(result.stdout.splitlines()) < 150
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" not in result.stdout  # of what was cut
    assert ".md" not in result.stdout
    assert "](" not in result.stdout


def test_a_page_has_its_sections_alone(convpipe):
    text = convpipe("help", "padding").stdout
    assert "same_upper" in text
    assert "symmetric" not in text


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_is_that_of_its_option(convpipe, name):
    assert convpipe("help", name).stdout == convpipe(name, "--help").stdout


def test_an_unknown_topic(convpipe):
    result = convpipe("help", "bordrs")
    assert result.exit_code == 2
    assert "there is no topic or command 'bordrs'; did you mean 'borders'?" in result.stderr


def test_a_terminal_gets_pages_one_screen_at_a_time(convpipe, monkeypatch):
    from convpipe.cli import help

    shown = []
    monkeypatch.setattr(help.click, "echo_via_pager", shown.append)
    assert convpipe("help", "formats").stdout
    assert shown == []
    monkeypatch.setattr(help.sys, "stdout", Terminal())
    help._show(TOPICS["exit-codes"].text)
    assert shown == []
    help._show(TOPICS["formats"].text)
    assert len(shown) == 1


class Terminal(io.StringIO):
    def isatty(self):
        return True
