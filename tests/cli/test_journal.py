"""`run --shard` and `journal`: processes that run at once, journals made one, and what they say."""

import json
import os
import shutil

import numpy as np
import pytest

from convpipe import images
from convpipe.batch import JOURNAL
from convpipe.batch.journal_files import is_journal

MEASURES = """
measure:
  level: mean(input)
  bright: {formula: max(input), per: labels, labels: spots}
accept: {level: [40, null]}
"""
STAGES = """
stages:
  - {color: gray}
  - {threshold: fixed, level: 99}
  - {objects: label, name: spots}
"""
HEAD = "name: night\ninput: {path: photos}\noutput: {path: out}"


@pytest.fixture
def job(here, rng):
    """A config that measures images and their objects, over images of which one is broken."""
    for name in ("a.png", "b.png", "c.tif", "=1.png", "more/d.png", "more/e.png", "'=1.png", "=\u00e9\n.png"):
        (here / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        channels = (3,) if name == "more/d.png" else ()  # and so columns that other shards do not have
        images.write(here / "photos" / name, rng.integers(0, 200, (6, 7, *channels), dtype=np.uint8))
    (here / "photos" / "broken.png").write_bytes(b"none")
    path = here / "job.yaml"
    path.write_text(HEAD + MEASURES + STAGES)
    return path


def tree(folder):
    """Every file's content but journals'."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not is_journal(path.name)
    }


def named_journals(folder):
    return sorted(path.name for path in folder.iterdir() if is_journal(path.name))


@pytest.fixture
def whole(convpipe, job, here):
    """What one run makes of all images."""
    assert convpipe("run", job, "photos", "whole").exit_code == 1
    return tree(here / "whole")


def test_four_processes_at_once_are_one_run(process, convpipe, job, here, whole, document):
    command = ("run", job, "--json", "--report", "report", "--shard")
    runs = [process(*command, f"{index}/4") for index in range(4)]
    told = [json.loads(run.communicate(timeout=100)[0])["jobs"][0] for run in runs]
    failing = [index for index, each in enumerate(told) if each["failed"]]
    assert [run.returncode for run in runs] == [int(index in failing) for index in range(4)]
    assert len(failing) == 1
    assert {each["images"] + each["shard"]["elsewhere"] for each in told} == {9}
    assert sorted(path.name for path in (here / "report").iterdir()) == [f"{at}-of-4" for at in range(4)]

    shown = document(convpipe("journal", "show", "out", "--json"))
    assert (shown["images"], shown["done"], shown["failed"]) == (9, 8, 1)
    assert [each["images"] for each in shown["shards"]] == [each["images"] for each in told]
    assert len(shown["journals"]) == 5

    result = convpipe("journal", "merge", "out")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"4 journals of shards merged into 'out/{JOURNAL}'",
        "measures of all shards are in 'out/measures.csv'",
    ]
    assert tree(here / "out") == whole
    assert named_journals(here / "out") == [JOURNAL]
    again = document(convpipe("run", job, "--resume", "--json"))["jobs"][0]
    assert (again["written"], again["kept"], again["failed"]) == (0, 8, 1)
    assert tree(here / "out") == whole


@pytest.fixture
def shards(convpipe, job):
    """Run shards in this process, one after the other."""

    def run(*which, options=("--quiet",), count=3):
        return [convpipe("run", job, "--shard", f"{index}/{count}", *options) for index in which]

    return run


def test_a_merge_without_the_measures_of_a_shard(shards, convpipe, here, whole):
    shards(0, 2)
    result = convpipe("journal", "merge", "out")
    assert result.exit_code == 1
    assert result.stderr == "error: measures of shard 1/3 are missing: run it to its end, and merge again\n"
    assert not (here / "out" / "measures.csv").exists()
    assert named_journals(here / "out") == [JOURNAL]
    shards(1)
    assert convpipe("journal", "merge", "out").exit_code == 0
    assert tree(here / "out") == whole


def test_a_merge_that_broke_off_is_done_again(shards, convpipe, here, whole):
    shards(0, 1, 2)
    aside = here / "aside"
    shutil.copytree(here / "out", aside)
    assert convpipe("journal", "merge", "out").exit_code == 0
    merged = (here / "out" / JOURNAL).read_bytes()
    for name in {path.name for path in aside.iterdir() if "-of-" in path.name}:
        shutil.copy(aside / name, here / "out" / name)
    assert len(named_journals(here / "out")) == 4
    assert convpipe("journal", "merge", "out").exit_code == 0
    assert (here / "out" / JOURNAL).read_bytes() == merged
    assert tree(here / "out") == whole


def test_later_runs_come_later(shards, convpipe, job, here, document, rng):
    """Of runs in several journals the last record of an image counts, whatever its journal is called."""
    shards(*range(5), count=5)
    images.write(here / "photos" / "broken.png", rng.integers(0, 200, (6, 7), dtype=np.uint8), overwrite=True)
    (here / "photos" / "a.png").unlink()
    shards(0, 1, count=2, options=("--quiet", "--resume"))
    convpipe("run", job, "photos", "whole")
    assert convpipe("journal", "merge", "out").exit_code == 0
    assert not [path for path in (here / "out").iterdir() if "-of-" in path.name]
    (here / "whole" / "a.png").write_bytes((here / "out" / "a.png").read_bytes())
    assert tree(here / "out") == tree(here / "whole")
    shown = document(convpipe("journal", "show", "out", "--json"))
    assert (shown["failed"], shown["runs"], len(shown["journals"])) == (0, 7, 1)
    assert [(each["shard"][-1], each["runs"]) for each in shown["shards"]] == [("2", 1)] * 2 + [("5", 1)] * 5
    began = [
        json.loads(line)["began"]
        for line in (here / "out" / JOURNAL).read_text().splitlines()
        if '"journal"' in line
    ]
    assert began == sorted(began)


def test_damaged_lines_are_left_out(shards, convpipe, here):
    shards(0, 1, count=2)
    (path,) = (here / "out").glob(".*0-of-2.jsonl")
    with path.open("ab") as file:
        file.write(b"no line\n")
    result = convpipe("journal", "merge", "out")
    assert result.stderr == "note: damaged lines left out: 1; their images are done again\n"
    lines = (here / "out" / JOURNAL).read_bytes().splitlines()
    assert len([json.loads(line) for line in lines]) == 2 + 9


def test_show(shards, convpipe, here):
    shards(0, 1, 2)
    result = convpipe("journal", "show", "out")
    assert result.exit_code == 0
    head, *rows, total, failure = result.stdout.splitlines()
    names = [
        "runs",
        "images",
        "done",
        "failed",
        "skipped",
        "quarantined",
        "seconds",
        "last",
        "run",
    ]
    assert head.split() == names
    assert [row.split()[:2] for row in rows] == [["shard", f"{index}/3"] for index in range(3)]
    assert total.split()[:6] == ["all", "3", "9", "8", "1", "0"]
    assert failure.startswith("'broken.png': read: ")
    assert convpipe("journal", "show", "out", "--failed").stdout.splitlines() == [failure]
    found = json.loads(convpipe("journal", "show", "out", "--failed", "--json").stdout)
    assert [(each["path"], each["quarantined"]) for each in found["failures"]] == [("broken.png", False)]
    (path,) = (here / "out").glob(".*1-of-3.jsonl")
    shown = json.loads(convpipe("journal", "show", path, "--json").stdout)
    assert [each["shard"] for each in shown["shards"]] == ["1/3"]
    assert convpipe("journal", "merge", "out").exit_code == 0
    assert convpipe("journal", "show", "out").stdout.splitlines() == result.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("show", "photos"), "there is no journal in 'photos', the output folder of a run"),
        (("merge", "photos"), "there is no journal in 'photos', the output folder of a run"),
        (("show", "gone"), "the journal 'gone' cannot be read: No such file or directory"),
        (("merge", "gone"), "the journals in 'gone' cannot be merged: No such file or directory"),
        (("show", "job.yaml"), "'job.yaml' is no journal: no line says which run wrote it"),
    ],
)
def test_where_there_is_no_journal(convpipe, job, here, words, reason):
    result = convpipe("journal", *words)
    assert (result.exit_code, reason in result.stderr) == (2, True), result.stderr
    assert named_journals(here / "photos") == []


def test_a_table_that_is_none_stays(shards, convpipe, here):
    shards(0, 1, count=2)
    (here / "out" / "measures.csv").write_text("mine\n")
    result = convpipe("journal", "merge", "out")
    assert result.exit_code == 2
    assert "exists, where the measures go" in result.stderr
    assert (here / "out" / "measures.csv").read_text() == "mine\n"
    (here / "out" / "measures.csv").unlink()
    assert convpipe("journal", "merge", "out").exit_code == 0


def test_no_merge_while_a_shard_runs(shards, convpipe, here, job):
    from convpipe.batch.journal_files import open_journal
    from convpipe.images import Folder

    shards(0, count=2)
    before = {name: (here / "out" / name).read_bytes() for name in os.listdir(here / "out") if "." in name}
    with Folder(here / "out") as folder, open_journal(folder, JOURNAL, shared=True):
        result = convpipe("journal", "merge", "out")
    assert (result.exit_code, "another run is writing to 'out'" in result.stderr) == (2, True)
    assert before == {name: (here / "out" / name).read_bytes() for name in before}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--shard", "4/4"), "needs a shard from 0 to 3, as there are 4; given '4/4'"),
        (("--shard", "/4"), "needs I/N, as 0/4 for the first of four shards; given '/4'"),
        (("--shard", "0/4", "--measures", "m.csv"), "the measures of a shard go to 'measures.0-of-4.csv'"),
    ],
)
def test_what_no_shard_takes(convpipe, job, words, reason):
    result = convpipe("run", job, *words)
    assert (result.exit_code, reason in result.stderr) == (2, True), result.stderr


def test_an_empty_folder_is_an_error_of_every_shard_and_an_empty_shard_is_none(convpipe, job, here):
    (here / "none").mkdir()
    assert convpipe("run", job, "none", "--shard", "0/2").exit_code == 2
    codes = {convpipe("run", job, "--shard", f"{index}/30", "--quiet").exit_code for index in range(30)}
    assert codes == {0, 1}
