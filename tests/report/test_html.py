"""Reports as files."""

import json
from html.parser import HTMLParser

import pytest

from convpipe.errors import JobError
from convpipe.report import ImageResult, Report, summary, to_html, write_report

REPORT = Report(
    "edges & <more>",
    (
        ImageResult("a.png", "done", input=(480, 640), stages=(("edge sobel", (240, 320)),), notes=("$x",)),
        ImageResult("<script>\n\udcff.png", "failed", "read", 'the file "is" empty'),
        ImageResult("pipe.png", "skipped", None, "not a regular file"),
    ),
)


class Cells(HTMLParser):
    """Collects the tags, and the text of headings and cells."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts = set(), []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes = dict(attributes)
        assert not {"src", "href"} & set(self.attributes)

    def handle_data(self, data):
        self.texts.append(data)


def test_page_has_every_table_escaped():
    page = Cells(to_html([REPORT, Report("other", error="no <input>")]))
    assert "script" not in page.tags
    for text in (
        "edges & <more>",
        "480x640",
        "240x320",
        r"<script>\n\xff.png",
        'the file "is" empty',
        "pipe.png",
        "not a regular file",
        "$x",
        "did not start: no <input>",
    ):
        assert text in page.texts


def test_empty_tables_are_left_out():
    page = to_html([Report("edges")])
    assert "<table>" not in page
    assert "0 images: 0 done" in page


def test_files(tmp_path):
    write_report([REPORT], tmp_path / "new" / "report")
    data = json.loads((tmp_path / "new" / "report" / "report.json").read_text(encoding="utf-8"))
    assert data == summary([REPORT])
    assert data["jobs"][0]["failures"][0]["path"] == "<script>\n\udcff.png"
    page = (tmp_path / "new" / "report" / "report.html").read_text(encoding="utf-8")
    assert page == to_html([REPORT])


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match="the report cannot be written"):
        write_report([REPORT], tmp_path / "file")


def test_page_and_data_have_the_warnings():
    report = Report("edges", warnings=("values <saturate>",))
    assert "values <saturate>" in Cells(to_html([report])).texts
    assert report.to_dict()["warnings"] == ["values <saturate>"]
