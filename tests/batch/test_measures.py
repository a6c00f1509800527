"""Folders of images that are measured: the table beside the results, pages, resume, and who is accepted."""

import csv
import json

import numpy as np
import pytest

from convpipe import Pipeline, images, stage
from convpipe.batch import JOURNAL
from convpipe.errors import JobError, ParameterError
from convpipe.images import Drafts

MASK = stage("threshold", "fixed", level=100)
MEASURES = {"level": "mean(input)", "share": "mean(result > 0)"}


@pytest.fixture
def run(tmp_path, source):
    def run(measure=MEASURES, stages=(MASK,), **options):
        return Pipeline(stages, measure=measure).run_folder(source, tmp_path / "out", workers=1, **options)

    return run


@pytest.fixture
def table(tmp_path):
    def read(path=None):
        with open(path or tmp_path / "out" / "measures.csv", newline="") as file:
            return list(csv.reader(file))

    return read


def test_a_table_beside_the_results(run, save, table, tmp_path):
    save("a.png", value=50)
    save("more/b.png", value=150)
    report = run(accept={"level": (None, 100)})
    head = ["path", "page", "accepted", "level", "share"]
    assert table() == [
        head,
        ["a.png", "0", "true", "50.0", "0.0"],
        ["more/b.png", "0", "false", "150.0", "1.0"],
    ]
    assert (report.done, report.rejected, report.exit_code) == (2, 1, 0)
    assert (tmp_path / "out" / "more" / "b.png").exists()  # what is rejected is written
    assert report.to_dict()["measures"]["level"] == {"count": 2, "mean": 100.0, "min": 50.0, "max": 150.0}


def test_each_page_has_numbers(run, source, table):
    pages = [np.full((6, 7), value, np.uint8) for value in (10, 20, 200)]
    images.write_pages(source / "stack.tif", pages)
    run()
    assert table()[1:] == [
        ["stack.tif", str(page), "", f"{value}.0", str(float(value > 100))]
        for page, value in enumerate((10, 20, 200))
    ]


def test_resume_keeps_the_numbers_of_what_it_keeps(run, save, table, tmp_path):
    save("a.png", value=50)
    save("nan.npy", dtype="float32", value=np.nan)
    first = run(measure={**MEASURES, "top": "max(input) / mean(input)"})
    before = table()
    save("b.png", value=150)
    (tmp_path / "out" / "measures.csv").unlink()
    second = run(measure={**MEASURES, "top": "max(input) / mean(input)"}, resume=True)
    assert (second.kept, second.written) == (2, 1)
    assert [row for row in table() if row[0] != "b.png"] == before
    assert len(table()) == 4
    assert {row.path: dict(row.numbers) for row in first.rows}.keys() == {"a.png", "nan.npy"}
    for line in (tmp_path / "out" / JOURNAL).read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)


def test_other_formulas_are_another_job(run, save):
    save("a.png")
    run()
    with pytest.raises(JobError, match="its stages or output options are others"):
        run(measure={"level": "mean(input) + 1"}, resume=True)
    with pytest.raises(JobError, match="its stages or output options are others"):
        run(measure=None, resume=True)


def test_a_name_that_means_another_stage_is_another_job(run, save):
    save("a.png")
    one, other = (
        [stage("point", "abs", name=a), stage("blur", "box", name=b)] for a, b in (("x1", "x2"), ("x2", "x1"))
    )
    run(measure={"m": "mean(x1)"}, stages=one)
    with pytest.raises(JobError, match="its stages or output options are others"):
        run(measure={"m": "mean(x1)"}, stages=other, resume=True)


def test_other_ranges_are_the_same_job(run, save):
    save("a.png", value=50)
    assert run(accept={"level": (None, 100)}).rejected == 0
    report = run(accept={"level": (60, 100)}, resume=True)
    assert (report.kept, report.rejected) == (1, 1)


def test_what_is_there_is_not_replaced_unasked(run, save, tmp_path, table):
    save("a.png")
    own = tmp_path / "out" / "measures.csv"
    own.parent.mkdir()
    own.write_text("my,own,table\n")
    for how in ({}, {"resume": True}):
        with pytest.raises(JobError, match=r"measures\.csv' exists, where the measures go"):
            run(**how)
    assert own.read_text() == "my,own,table\n"
    assert not (tmp_path / "out" / "a.png").exists()
    run(overwrite=True)
    assert len(table()) == 2


def test_a_table_is_never_written_through_a_link(run, save, tmp_path):
    save("a.png")
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "measures.csv").symlink_to(tmp_path / "mine")
    run(overwrite=True)
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "out" / "measures.csv").is_symlink()


def test_a_table_elsewhere(run, save, tmp_path, table):
    save("a.png", value=50)
    run(measures=tmp_path / "all.csv")
    assert table(tmp_path / "all.csv")[1][0] == "a.png"
    assert not (tmp_path / "out" / "measures.csv").exists()
    run(measures=tmp_path / "all.json", resume=True)
    assert json.loads((tmp_path / "all.json").read_text())["measured"][0]["measures"]["level"] == 50
    with pytest.raises(JobError, match="cannot be opened"):
        run(measures=tmp_path / "nowhere" / "all.csv", resume=True)


def test_nothing_measured_has_no_table(run, save, tmp_path):
    save("a.png")
    with pytest.raises(JobError, match="measures nothing"):
        run(measure=None, measures=tmp_path / "all.csv")
    run(measure=None, overwrite=True)
    assert not (tmp_path / "out" / "measures.csv").exists()
    with pytest.raises(ParameterError, match="there is no measure 'level'"):
        run(measure=None, overwrite=True, accept={"level": (0, 1)})


def test_a_full_disk_is_said(run, save, monkeypatch):
    written = Drafts.written

    def full(drafts, *files):
        if any(file.name == "measures.csv" for file in files):
            raise OSError(28, "No space left on device")
        return written(drafts, *files)

    save("a.png")
    monkeypatch.setattr(Drafts, "written", full)
    report = run()
    assert report.stopped == "as the table of measures cannot be written (No space left on device)"
    assert report.exit_code == 1


def test_a_box_that_is_not_in_an_image_fails_it_alone(run, save):
    save("a.png", shape=(8, 10))
    save("b.png", shape=(80, 90))
    report = run(measure={"m": {"formula": "mean(input)", "box": [0, 0, 20, 20]}})
    assert report.done == 1
    (failure,) = report.failures
    assert (failure.path, failure.stage) == ("a.png", "plan")
    assert "measure m: the box [0, 0, 20, 20] is not within an image of 8x10" in failure.reason


def test_memory_of_images_that_are_measured_counts(run, save):
    save("a.png", shape=(400, 500))
    plain = Pipeline([MASK]).engine.plan((400, 500))
    measured = Pipeline([MASK], measure={"m": "var(input[0, 1] - input)"}).gauge.plan((400, 500))
    assert measured.output_bytes >= plain.output_bytes + 4 * 400 * 500
    report = run(measure={"m": "var(input[0, 1] - input)"}, memory=600_000)
    assert "of memory" in report.failures[0].reason
