"""`run` with a list of files and with a log: what the command line says of them."""

import io
import json
import os
import sys

import pytest
from click.testing import CliRunner

from convpipe import images
from convpipe.batch import read_list
from convpipe.cli import main


@pytest.fixture
def fed():
    """The command, with a text or bytes on standard input."""
    return lambda text, *words: CliRunner().invoke(main, list(map(str, words)), input=text)


def names(folder):
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*.*") if images.format_of(path) is not None
    )


def test_a_list_on_standard_input(fed, photos, job, here):
    result = fed("more/c.png\na.png\n\nmore/c.png\n", "run", job(), "--files-from", "-")
    assert result.exit_code == 0, result.output
    assert names(here / "out") == ["a.png", "more/c.png"]


def test_a_list_in_a_file_with_nulls(convpipe, photos, job, here):
    (here / "list").write_bytes(b"a.png\0gone.png\0")
    result = convpipe("run", job(), "--files-from", "list", "-0", "--json")
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)["jobs"]
    assert (found["images"], found["done"]) == (2, 1)
    assert found["failures"] == [
        {"path": "gone.png", "stage": "read", "reason": "cannot be opened: No such file or directory"}
    ]


def test_a_list_and_resume(fed, photos, job, here):
    assert fed("a.png", "run", job(), "--files-from", "-").exit_code == 0
    result = fed(
        "a.png\nb.png", "run", job(), "--files-from", "-", "--resume", "--isolate", "--jobs", "2", "--json"
    )
    (found,) = json.loads(result.stdout)["jobs"]
    assert (found["done"], found["kept"]) == (2, 1)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--null"], "--null goes with --files-from"),
        (["--files-from", "none"], "'none': No such file or directory"),
        (["--retries", "-1"], "needs a whole number from 0 to 20; given '-1'"),
    ],
)
def test_what_does_not_go_together(convpipe, photos, job, words, reason):
    result = convpipe("run", job(), *words)
    assert result.exit_code == 2
    assert reason in result.stderr


@pytest.mark.parametrize(
    ("words", "reason"),
    [([], "name 1 of the list begins with '\\x00"), (["-0"], "name 1 of the list does not come")],
)
def test_a_list_that_never_ends_is_refused(convpipe, photos, job, words, reason):
    result = convpipe("run", job(), "--files-from", "/dev/zero", *words)
    assert result.exit_code == 2
    assert reason in result.stderr


def test_names_across_the_pieces_in_which_a_list_is_read():
    listed = [f"{at:07}.png" for at in range(200_000)]
    assert read_list(io.BytesIO("\r\n".join(listed).encode())) == tuple(listed)


def test_an_empty_list_is_no_job(fed, photos, job):
    result = fed("\n", "run", job(), "--files-from", "-")
    assert result.exit_code == 2
    assert "the list of files names none" in result.stderr


def test_a_log_has_the_command_the_versions_and_the_end(convpipe, photos, job, here):
    (photos / "bad.png").touch()
    path = job()
    result = convpipe("run", path, "none.yaml", "--log", "run.log")
    assert result.exit_code == 2
    lines = [json.loads(line) for line in (here / "run.log").read_text().splitlines()]
    start, *_, end = lines
    assert start["command"] == ["convpipe", "run", str(path), "none.yaml", "--log", "run.log"]
    assert start["versions"]["python"] == sys.version.split()[0]
    assert {"convpipe", "numba", "numpy"} <= set(start["versions"])
    assert [line["event"] for line in lines if line["event"] not in ("done", "failed")] == [
        "start",
        "begin",
        "end",
        "error",
        "exit",
    ]
    assert (end["exit_code"], end["level"]) == (2, "error")
    (failed,) = [line for line in lines if line["event"] == "failed"]
    assert (failed["image"], failed["stage"]) == ("bad.png", "read")


@pytest.mark.parametrize("paths", [[], ["photos", "out"]])
def test_a_log_in_the_place_of_the_output_is_not_begun(convpipe, photos, job, here, paths):
    result = convpipe("run", job(), *paths, "--log", here / "out")
    assert result.exit_code == 2
    assert "--log needs a file beside the output" in result.stderr
    assert not (here / "out").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_log_on_a_full_disk(convpipe, photos, job, here):
    result = convpipe("run", job(), "--log", "/dev/full", "--quiet")
    assert result.exit_code == 1
    assert result.stderr.count("the log '/dev/full' ends here: No space left on device; the run goes on") == 1
    assert names(here / "out") == ["a.png", "b.png", "more/c.png"]
