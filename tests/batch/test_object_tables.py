"""Folders of images whose objects are measured: the table, pages, resume, and who is accepted."""

import csv
import json

import numpy as np
import pytest

from convpipe import Pipeline, images, stage
from convpipe.batch import JOURNAL
from convpipe.errors import JobError, ParameterError
from convpipe.objects import PROPERTIES
from convpipe.report.terminal import summary_lines

STAGES = (
    stage("threshold", "fixed", level=0),
    stage("objects", "label", name="spots"),
    stage("point", "abs", from_="input"),
)
LEVEL = {"formula": "mean(input)", "per": "labels", "labels": "spots"}
MEASURES = {"level": LEVEL, "all": "mean(input)"}


def spots(*values):
    """Objects of two pixels, with these values."""
    row = np.zeros(3 * len(values), np.uint8)
    row[::3] = row[1::3] = values
    return np.stack([row, np.zeros_like(row)])


@pytest.fixture
def run(tmp_path, source):
    source.mkdir(exist_ok=True)

    def run(measure=MEASURES, output="out", **options):
        return Pipeline(STAGES, measure=measure).run_folder(source, tmp_path / output, workers=1, **options)

    return run


@pytest.fixture
def rows(tmp_path):
    def read(path="out/objects.csv"):
        with open(tmp_path / path, newline="") as file:
            return list(csv.DictReader(file))

    return read


def test_a_row_for_each_object(run, source, rows):
    images.write(source / "a.png", spots(9, 200))
    images.write(source / "none.png", spots(0))
    report = run(accept={"level.count": (1, None)})
    assert list(rows()[0]) == ["path", "page", "labels", *PROPERTIES, "level"]
    told = ("path", "page", "labels", "label", "area", "centroid-1", "bbox-1", "bbox-3", "level")
    assert [[row[name] for name in told] for row in rows()] == [
        ["a.png", "0", "spots", "1", "2", "0.5", "0", "2", "9.0"],
        ["a.png", "0", "spots", "2", "2", "3.5", "3", "5", "200.0"],
    ]
    assert [row.path for row in report.rejections] == ["none.png"]
    assert report.rejections[0].rejected == ("level.count 0 is not at least 1",)
    data = report.to_dict()
    assert f"2 objects in {report.objects.path}" in summary_lines(report)
    assert data["objects"] == {"path": str(report.objects.path), "count": 2}
    assert list(data["measures"]) == ["level.count", "level.mean", "level.min", "level.max", "all"]
    assert data["measured"][0]["measures"]["level.max"] == 200


def test_pages_and_names_that_are_formulas(run, source, rows):
    pages = [spots(value, value + 1) for value in (10, 20)]
    images.write_pages(source / '=1+"1.tif', pages)
    run()
    assert [(row["path"], row["page"], row["level"]) for row in rows()] == [
        ("'=1+\"1.tif", str(page), f"{value}.0") for page, value in ((0, 10), (0, 11), (1, 20), (1, 21))
    ]


def test_resume_gives_the_same_rows(run, source, tmp_path, rows):
    for name in "abc":
        images.write(source / f"{name}.png", spots(ord(name), 255))
    images.write(source / "nan.npy", np.full((2, 3), np.nan, np.float32))
    run()
    tables = [tmp_path / "out" / name for name in ("objects.csv", "measures.csv")]
    whole = [table.read_text() for table in tables]
    tables[0].unlink()
    (tmp_path / "out" / "b.png").unlink()
    second = run(resume=True)
    assert (second.kept, second.written) == (3, 1)
    assert [table.read_text() for table in tables] == whole
    assert run(resume=True).kept == 4
    assert [table.read_text() for table in tables] == whole
    for line in (tmp_path / "out" / JOURNAL).read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)


def test_rows_are_in_the_journal_and_not_in_memory(run, source, monkeypatch):
    from convpipe.batch import table

    kept = []
    monkeypatch.setattr(
        table.Tables, "write", lambda self, report, ledger: kept.extend(report.results) or report
    )
    images.write(source / "a.png", spots(9, 200))
    run()
    assert [(result.objects, result.place is None) for result in kept] == [((), False)]


def test_another_job_in_the_same_folder_keeps_its_own_rows(run, source, tmp_path, rows):
    images.write(source / "a.png", spots(9))
    run()
    run(measure={"level": {**LEVEL, "formula": "2 * mean(input)"}}, overwrite=True)
    assert [row["level"] for row in rows()] == ["18.0"]
    run(resume=True, overwrite=True)
    assert [row["level"] for row in rows()] == ["9.0"]


def test_tables_elsewhere_lie_beside_each_other(run, source, tmp_path, rows):
    images.write(source / "a.png", spots(9))
    report = run(measures=tmp_path / "all.json")
    assert [row["level"] for row in rows("all-objects.csv")] == ["9.0"]
    assert not (tmp_path / "out" / "objects.csv").exists()
    assert report.objects.path == str(tmp_path / "all-objects.csv")
    assert json.loads((tmp_path / "all.json").read_text())["measures"]["level.count"]["mean"] == 1


def test_what_is_there_is_not_replaced_unasked(run, source, tmp_path):
    images.write(source / "a.png", spots(9))
    own = tmp_path / "out" / "objects.csv"
    own.parent.mkdir()
    own.write_text("my,own,table\n")
    for how in ({}, {"resume": True}):
        with pytest.raises(JobError, match=r"objects\.csv' exists, where the measures go"):
            run(**how)
    assert own.read_text() == "my,own,table\n"


def test_without_measures_of_objects_there_is_no_such_table(run, source, tmp_path):
    images.write(source / "a.png", spots(9))
    report = run(measure={"all": "mean(spots)"})
    assert report.objects is None
    assert not (tmp_path / "out" / "objects.csv").exists()


def test_memory_of_objects_counts(run, source):
    images.write(source / "a.png", np.zeros((400, 500), np.uint8))
    assert "of memory" in run(memory=14_000_000).failures[0].reason
    assert run(measure={"all": "mean(spots)"}, memory=14_000_000, overwrite=True).done == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("level", "level is a number of each object; numbers of an image are level.count, level.mean"),
        ("level.median", "level is a number of each object"),
        ("all.count", "there is no measure 'all.count'"),
        ("levl.count", "there is no measure 'levl.count'; did you mean 'level'"),
    ],
)
def test_what_cannot_be_accepted(run, name, words):
    with pytest.raises(ParameterError, match=words):
        run(accept={name: (0, 1)})
