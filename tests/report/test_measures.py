"""Measures in reports: numbers over all images, who passes, and tables that no spreadsheet runs."""

import csv
import io
import json
import math

import pytest

from convpipe.report import ImageResult, Report, exit_code, summary, to_csv, to_html, to_json

NAN = math.nan


def image(path, *pages, **more):
    return ImageResult(path, "done", measures=tuple(tuple(page.items()) for page in pages), **more)


@pytest.fixture
def report():
    return Report(
        "cells",
        (
            image("a.png", {"share": 0.5, "level.0": 3.0}),
            image(
                "b.tif",
                {"share": 0.1, "level.0": 1.0, "level.1": 7.0},
                {"share": NAN, "level.0": NAN, "level.1": 9.0},
            ),
            ImageResult("bad.png", "failed", "read", "empty"),
        ),
        accept=(("share", (0.2, None)), ("level", (None, 8.0))),
    )


def test_as_plain_data(report):
    plain = report.to_dict()
    assert plain["measures"] == {
        "share": {"count": 2, "mean": 0.3, "min": 0.1, "max": 0.5},
        "level.0": {"count": 2, "mean": 2.0, "min": 1.0, "max": 3.0},
        "level.1": {"count": 2, "mean": 8.0, "min": 7.0, "max": 9.0},
    }
    first, *_, last = plain["measured"]
    assert first == {"path": "a.png", "page": 0, "accepted": True, "measures": {"share": 0.5, "level.0": 3.0}}
    numbers = {"share": None, "level.0": None, "level.1": 9.0}
    assert last == {"path": "b.tif", "page": 1, "accepted": False, "measures": numbers}
    assert plain["rejected"] == summary([report])["rejected"] == 1
    assert [each["reason"] for each in plain["rejections"]] == [
        "share 0.1 is not at least 0.2",
        "share nan is not at least 0.2",
        "level.0 nan is not at most 8",
        "level.1 9 is not at most 8",
    ]
    json.dumps(plain, allow_nan=False)


def test_where_nothing_is_accepted_or_measured(report):
    assert all(row["accepted"] is None for row in Report("a", report.results).to_dict()["measured"])
    assert Report("a", report.results).rejected == 0
    assert Report("a").to_dict()["measures"] == {}


@pytest.mark.parametrize(
    ("number", "passes"),
    [(0.2, True), (0.3, True), (0.31, False), (0.19, False), (NAN, False), (math.inf, False)],
)
def test_a_range_holds_its_ends(number, passes):
    report = Report("a", (image("a.png", {"m": number}),), accept=(("m", (0.2, 0.3)),))
    assert report.rejected == (not passes)


def test_only_strict_runs_fail_for_it(report):
    passing = Report("a", report.results[:1])
    rejecting = Report("a", report.results[:2], accept=report.accept)
    strict = Report("a", report.results[:2], accept=report.accept, strict=True)
    assert [exit_code([each]) for each in (passing, rejecting, strict)] == [0, 0, 1]
    assert Report("a", report.results[:1], accept=report.accept, strict=True).exit_code == 0


def read(text):
    return list(csv.reader(io.StringIO(text)))


def test_the_table(report):
    assert read(to_csv(report.rows, judged=True)) == [
        ["path", "page", "accepted", "share", "level.0", "level.1"],
        ["a.png", "0", "true", "0.5", "3.0", ""],
        ["b.tif", "0", "false", "0.1", "1.0", "7.0"],
        ["b.tif", "1", "false", "nan", "nan", "9.0"],
    ]
    assert {row[2] for row in read(to_csv(report.rows, judged=False))[1:]} == {""}
    assert json.loads(to_json(report.rows, judged=True))["measured"] == report.to_dict()["measured"]


HOSTILE = [
    "=cmd|' /C calc'!A0.png",
    "+1+1.png",
    "-2+3.png",
    "@SUM(1+1)*cmd|' /C calc'!A0.png",
    "\t=1+1.png",
    "\r=1+1.png",
    "\n=1+1.png",
    "\uff1d1+1.png",
    '=HYPERLINK("http://x","y").png',
]


@pytest.mark.parametrize("path", HOSTILE)
def test_no_path_is_a_formula(path):
    text = to_csv(Report("a", (image(path, {"m": -1.5}),)).rows, judged=False)
    (_, (cell, page, _, number)) = read(text)
    assert cell[0] == "'"
    assert cell[1:].startswith((path[0], "\\"))
    assert (page, number) == ("0", "-1.5")  # numbers stay numbers
    assert text.splitlines()[1].endswith(',0,"",-1.5')
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize(
    "path", ["a;=1+1.png", 'a","=1+1.png', "a,=1+1.png", "a\r\n=1+1.png", "a\x00b.png", "a\udcffb.png"]
)
def test_no_path_begins_a_cell_of_its_own(path):
    text = to_csv(Report("a", (image(path, {"m": 1.0}),)).rows, judged=False)
    assert len(read(text)) == 2
    assert len(read(text)[1]) == 4
    assert text.splitlines()[1].startswith('"a')
    text.encode("utf-8")


def test_the_page(report):
    hostile = image("<script>x</script>.png", {"share": 0.25})
    page = to_html([Report("a", (*report.results, hostile), accept=report.accept)])
    assert "<script>x" not in page
    (data,) = json.loads(page.split('id="data">')[1].split("</script>")[0])
    shown = {row[0]: (row[1], row[5][data["measures"].index("share")], row[4]) for row in data["rows"]}
    assert shown["<script>x</script>.png"] == ("done", 0.25, [])
    assert any("share 0.1 is not at least 0.2" in said for _, _, said in shown.values())
    assert {status for status, _, _ in shown.values()} >= {"done", "rejected"}
    assert "share is not at least 0.2" in page  # once for all that do not pass by it
    assert "b.tif[1]" in page
