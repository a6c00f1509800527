"""Measures on the command line: tables, JSON, exit codes."""

import csv

import numpy as np
import pytest

from convpipe import images
from convpipe.report.tally import Tally

MASK = "- {threshold: fixed, level: 100}"
HEAD = """\
input: photos
output: out
measure: {share: mean(result > 0), level: {formula: mean(input), box: [0, 0, 4, 4]}}
accept: {share: [null, 0.5]}"""


@pytest.fixture
def light(here):
    """Two images, of which the second is too light."""
    (here / "photos").mkdir()
    for name, value in (("a.png", 50), ("b.png", 150)):
        images.write(here / "photos" / name, np.full((8, 9), value, np.uint8))


def test_tables_and_exit_codes(convpipe, job, light, here):
    config = job(MASK, head=HEAD)
    result = convpipe("run", config)
    assert result.exit_code == 0
    for words in ("measures", "share", "0.5", "rejected", "share 1 is not at most 0.5", "1 rejected"):
        assert words in result.stdout
    with open(here / "out" / "measures.csv", newline="") as file:
        assert [row[:3] for row in csv.reader(file)][1:] == [["a.png", "0", "true"], ["b.png", "0", "false"]]
    strict = convpipe("run", config, "--resume", "--strict", "--quiet")
    assert strict.exit_code == 1
    assert "'b.png': rejected: share 1 is not at most 0.5" in strict.stderr
    assert strict.stdout == ""


def test_json(convpipe, job, light, document):
    found = document(convpipe("run", job(MASK, head=HEAD), "--json", "--strict"))
    (one,) = found["jobs"]
    assert (found["exit_code"], found["rejected"], one["rejected"]) == (1, 1, 1)
    assert one["measures"]["share"] == {"count": 2, "mean": 0.5, "min": 0.0, "max": 1.0}
    assert [row["accepted"] for row in one["measured"]] == [True, False]


def test_a_table_elsewhere(convpipe, job, light, here):
    config = job(MASK, head=HEAD)
    assert convpipe("run", config, "--measures", "all.json").exit_code == 0
    assert (here / "all.json").exists()
    again = convpipe("run", config, "--overwrite", "--measures", here / "photos" / "nowhere" / "a.csv")
    assert again.exit_code == 2
    assert convpipe("run", config, config, "--measures", "all.csv").exit_code == 2


def test_one_image_to_one_file_has_its_numbers_on_the_terminal(convpipe, job, light, here):
    result = convpipe("run", job(MASK, head=HEAD), "photos/b.png", "c.png")
    assert "share 1 is not at most 0.5" in result.stdout
    assert not list(here.glob("*.csv"))


def test_plan_lists_them_and_finds_a_box_outside(convpipe, job, document):
    config = job(MASK, head=HEAD)
    result = convpipe("plan", config, "--size", "8x9")
    assert "measure level: mean(input), in the box [0, 0, 4, 4]" in result.stdout
    (found,) = document(convpipe("plan", config, "--size", "8x9", "--json"))["jobs"]
    assert found["measures"]["share"] == "mean(result > 0)"
    small = convpipe("plan", config, "--size", "3x9")
    assert small.exit_code == 2
    assert "measure level: the box [0, 0, 4, 4] is not within an image of 3x9" in small.stderr


def test_check_finds_images_that_never_meet(convpipe, job):
    head = "measure: {off: mean(input - result)}"
    assert "ok" in convpipe("check", job(MASK, head=head)).stdout
    apart = convpipe("check", job("- {blur: box, stride: 2}", head=head))
    assert "its images have other extents" in apart.stderr


def test_images_are_counted_once(convpipe, job, light, monkeypatch):
    """As each is read from the disk for it: the report that is shown decides the exit code, too."""
    calls, of = [], Tally.of
    monkeypatch.setattr(Tally, "of", lambda *given: calls.append(given) or of(*given))
    result = convpipe("run", job(MASK, head="input: photos\noutput: out"), "--strict")
    assert (result.exit_code, "2 done" in result.stdout, len(calls)) == (0, True, 1)
