"""Reports as files."""

import errno
import json
import os
from html.parser import HTMLParser

import pytest

from convpipe.errors import JobError
from convpipe.report import ImageResult, Report, ReportFolder, summary, to_html

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
    write([REPORT], tmp_path / "new" / "report")
    data = json.loads((tmp_path / "new" / "report" / "report.json").read_text(encoding="utf-8"))
    assert data == summary([REPORT])
    assert data["jobs"][0]["failures"][0]["path"] == "<script>\n\udcff.png"
    page = (tmp_path / "new" / "report" / "report.html").read_text(encoding="utf-8")
    assert page == to_html([REPORT])


def write(reports, folder, **options):
    with ReportFolder(folder, **options) as opened:
        opened.write(reports)


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match=r"the report folder .* cannot be made: File exists"):
        ReportFolder(tmp_path / "file")


@pytest.mark.parametrize("name", ["report.json", "report.html"])
@pytest.mark.parametrize("kind", ["file", "link", "pipe"])
def test_what_is_there_stays_unless_it_may_be_replaced(tmp_path, name, kind):
    """Neither is a link followed, nor does a pipe hold anything up."""
    precious = tmp_path / "precious"
    precious.write_text("precious")
    folder = tmp_path / "report"
    folder.mkdir()
    if kind == "file":
        (folder / name).write_text("precious")
    elif kind == "link":
        (folder / name).symlink_to(precious)
    else:
        os.mkfifo(folder / name)
    for options in ({}, {"resume": True}):
        with pytest.raises(JobError, match=f"holds {name}; --overwrite replaces"):
            ReportFolder(folder, **options)
    assert (folder / name).exists()
    write([REPORT], folder, overwrite=True)
    assert precious.read_text() == "precious"
    assert (folder / name).is_file()
    assert not (folder / name).is_symlink()


def test_a_resume_replaces_reports_alone(tmp_path):
    write([Report("old")], tmp_path)
    with pytest.raises(JobError, match=r"holds report\.json and report\.html"):
        ReportFolder(tmp_path)
    write([REPORT], tmp_path, resume=True)
    assert json.loads((tmp_path / "report.json").read_text())["jobs"][0]["name"] == REPORT.name
    (tmp_path / "report.json").write_text('{"jobs": "of mine"}')
    with pytest.raises(JobError, match="holds"):
        ReportFolder(tmp_path, resume=True)


@pytest.mark.parametrize("call", ["open", "fsync", "link"])
def test_a_full_disk_leaves_no_half_of_a_report(tmp_path, monkeypatch, call):
    with ReportFolder(tmp_path) as folder:
        real = getattr(os, call)

        def full(*arguments, **options):
            if call != "open" or arguments[1] & os.O_CREAT:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments, **options)

        monkeypatch.setattr(os, call, full)
        with pytest.raises(JobError, match=r"report\.json' cannot be written: No space left on device"):
            folder.write([REPORT])
    assert os.listdir(tmp_path) == []


def test_a_file_that_appears_in_the_meantime_stays(tmp_path):
    with ReportFolder(tmp_path) as folder:
        (tmp_path / "report.html").write_text("precious")
        with pytest.raises(JobError, match=r"report\.html' cannot be written: File exists"):
            folder.write([REPORT])
    assert (tmp_path / "report.html").read_text() == "precious"


def test_page_says_where_and_what_was_not_read():
    report = Report("edges", config="<c>.yaml", output="out", journal="out/j", unsupported=("a<.heic",))
    page = Cells(to_html([report]))
    assert "config <c>.yaml; results out; journal out/j." in page.texts
    assert "a<.heic" in page.texts


def test_page_and_data_have_the_warnings():
    report = Report("edges", warnings=("values <saturate>",))
    assert "values <saturate>" in Cells(to_html([report])).texts
    assert report.to_dict()["warnings"] == ["values <saturate>"]
