"""report.csv: a row for every image, and no cell that a spreadsheet runs."""

import csv
import io

import pytest

from convpipe.report import ImageResult, Report, Steps
from convpipe.report.table import COLUMNS, lines_of


def read(*reports):
    return list(csv.DictReader(io.StringIO("".join(lines_of(reports)))))


def test_every_image_of_every_job_has_a_row():
    done = ImageResult(
        "a.png",
        "done",
        input=(480, 640),
        output="a.tif",
        seconds=1.5,
        steps=Steps(0.5, 0.25, 0.5, 0.25),
        notes=("one", "two"),
        measures=((("share", 0.25), ("level", 3.0)),),
    )
    failed = ImageResult("b.png", "failed", "read", "the file is empty")
    first, second, other = read(
        Report("edges", (done, failed), accept=(("share", (0.5, None)),)),
        Report("more", (ImageResult("c.tif", "done", measures=((("m", 1.0),), (("m", 2.0),))),)),
    )
    assert list(first) == [*COLUMNS, "share", "level", "m"]
    assert (first["job"], first["rows"], first["cols"], first["result"]) == ("edges", "480", "640", "a.tif")
    assert (first["accepted"], first["share"], first["m"]) == ("false", "0.25", "")
    assert (first["filter_seconds"], first["notes"]) == ("0.5", "one; two")
    assert (second["stage"], second["reason"], second["accepted"]) == ("read", "the file is empty", "")
    assert (other["m"], other["accepted"]) == ("1.5", "")  # of two pages; and nothing says who passes


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1"])
def test_no_text_is_a_formula(text):
    """Source: OWASP, "CSV Injection"."""
    hostile = ImageResult(text, "failed", "read", text, notes=(text,), output=text)
    (row,) = read(Report(text, (hostile,)))
    assert all(row[key].startswith("'") for key in ("job", "path", "reason", "notes", "result"))


@pytest.mark.parametrize("path", ['a","=1+1.png', "a\r\n=1.png", "a\x00b.png", "a\udcffb.png"])
def test_no_text_begins_a_cell_or_a_row_of_its_own(path):
    text = "".join(lines_of([Report("job", (ImageResult(path, "done"),))]))
    assert len(text.splitlines()) == 2
    (row,) = csv.reader(io.StringIO(text.splitlines()[1]))
    assert len(row) == len(COLUMNS)
    text.encode("utf-8")
