"""`demo`: a first job, wherever it is called, and what to do then."""

import shlex

from convpipe import config, images
from convpipe.cli import COMMANDS, main
from convpipe.cli.demo import NEXT
from convpipe.cli.samples import SAMPLES


def test_it_runs_and_its_advice_works(convpipe, here):
    result = convpipe("demo", "try it")
    assert result.exit_code == 0, result.output
    assert "edges: 4 images: 4 done, 0 failed" in result.stdout
    for name in SAMPLES:
        assert images.read(here / "try it" / "out" / f"{name}.png").pixels.std() > 0
    (job,) = config.load("try it/edges.yaml")
    assert (str(job.input.path), str(job.output.path)) == ("try it/data", "try it/out")
    lines = [line.strip() for line in result.stdout.splitlines() if line.startswith("  convpipe ")]
    assert len(lines) == len(NEXT)


def test_it_may_be_called_again_and_keeps_what_is_there(convpipe, here):
    assert convpipe("demo").exit_code == 0
    path = here / "convpipe-demo" / "edges.yaml"
    path.write_text(path.read_text() + "# mine\n")
    again = convpipe("demo")
    assert again.exit_code == 0
    assert "4 kept from earlier runs, 0 written" in again.stdout
    assert path.read_text().endswith("# mine\n")


def test_the_commands_it_names_parse():
    import click

    for line, _ in NEXT:
        _, name, *words = shlex.split(line.format(config="a.yaml", image="a.png", preview="b"))
        assert name in COMMANDS
        main.get_command(click.Context(main), name).make_context(name, words)


def test_a_folder_that_cannot_be_made(convpipe, here):
    (here / "file").touch()
    result = convpipe("demo", "file")
    assert result.exit_code == 2
    assert "'file' is a file; name a folder" in result.stderr
    (here / "folder" / "data").mkdir(parents=True)
    (here / "folder" / "data" / "out").touch()
    result = convpipe("demo", "folder/data/out/deeper")
    assert result.exit_code == 2
    assert "Not a directory" in result.stderr
