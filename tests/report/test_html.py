"""Reports as files."""

import errno
import json
import os
from base64 import b64encode
from hashlib import sha256
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


class Parsed(HTMLParser):
    """Collects the tags, the texts of elements, and the scripts and styles of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts, self.own = [], [], {"script": [], "style": []}
        self.attributes, self.inside = [], None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attributes)))
        if tag in self.own:
            self.inside = tag
            self.own[tag].append("")

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside is not None:
            self.own[self.inside][-1] += data
        else:
            self.texts.append(data)

    @property
    def data(self):
        """What the script shows, by job."""
        return json.loads(self.own["script"][0])


def test_page_has_everything_escaped():
    page = Parsed(to_html([REPORT, Report("other", error="no <input>")]))
    assert page.tags.count("script") == 2  # data, and what shows it
    for text in (
        "edges & <more>",
        "480x640: 1 image",
        "240x320",
        r"<script>\n\xff.png",
        'read: the file "is" empty',
        "pipe.png",
        "not a regular file",
        "$x",
        "did not start: no <input>",
    ):
        assert text in page.texts
    assert [row[:2] for row in page.data[0]["rows"]] == [
        ["a.png", "done"],
        [r"<script>\n\xff.png", "failed"],
        ["pipe.png", "skipped"],
    ]


def test_page_lets_nothing_in_but_its_own_style_and_script():
    """Whoever got an element into the page could neither load nor run anything."""
    page = Parsed(to_html([REPORT]))
    (policy,) = [given["content"] for _, given in page.attributes if given.get("http-equiv")]
    hashes = {
        kind: b64encode(sha256(page.own[kind][-1].encode()).digest()).decode() for kind in ("script", "style")
    }
    assert policy.split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{hashes['style']}'",
        f"script-src 'sha256-{hashes['script']}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert not any("style" in given or "onclick" in given for _, given in page.attributes)
    loaded = [given[key] for _, given in page.attributes for key in ("src", "href") if key in given]
    assert all(address.startswith(("#", "data:")) for address in loaded)


def test_what_is_not_there_is_left_out():
    page = Parsed(to_html([Report("edges")]))
    assert "table" not in page.tags
    assert "images" in page.texts
    assert "0" in page.texts


def test_files(tmp_path):
    write([REPORT], tmp_path / "new" / "report")
    data = json.loads((tmp_path / "new" / "report" / "report.json").read_text(encoding="utf-8"))
    assert data == {**summary([REPORT]), "origin": None}
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


@pytest.mark.parametrize("name", ["report.json", "report.html", "report.csv"])
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
    with pytest.raises(JobError, match=r"holds report\.json and report\.html and report\.csv"):
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
    page = Parsed(to_html([report]))
    for name, said in (("config", "<c>.yaml"), ("results", "out"), ("journal", "out/j")):
        assert page.texts[page.texts.index(name) + 1] == said
    assert "a<.heic" in page.texts


def test_page_and_data_have_the_warnings():
    report = Report("edges", warnings=("values <saturate>",))
    assert "values <saturate>" in Parsed(to_html([report])).texts
    assert report.to_dict()["warnings"] == ["values <saturate>"]


def test_report_json_is_written_piece_by_piece_as_json_writes_it(tmp_path):
    reports = [REPORT, Report("empty"), Report("wrong", error="no")]
    write(reports, tmp_path)
    text = (tmp_path / "report.json").read_text()
    assert text == json.dumps({**summary(reports), "origin": None}, indent=2) + "\n"


def test_causes_are_bounded():
    results = tuple(ImageResult(f"{at}.png", "failed", "read", f"reason {at}") for at in range(300))
    page = Parsed(to_html([Report("job", results)]))
    assert sum(given.get("class") == "cause" for _, given in page.attributes) == 100
    assert "and 200 images for other reasons, in report.json" in page.texts
