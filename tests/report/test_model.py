"""The report object: what it counts, and its JSON."""

import pytest

from convpipe.images import EXISTS
from convpipe.report import ImageResult, Report, ResultFile, exit_code, printable, summary

STAGES = (("blur gaussian", (480, 640)), ("edge sobel", (240, 320)))


def done(path, size=(480, 640), stages=STAGES, **more):
    return ImageResult(path, "done", input=size, stages=stages, **more)


BAD = ImageResult("bad.png", "failed", "read", "the file is empty (0 bytes)")
TAKEN = ImageResult("taken.png", "failed", "write", EXISTS)
PIPE = ImageResult("pipe.png", "skipped", None, "not a regular file")


def test_json():
    report = Report(
        "edges",
        (
            done(
                "a.png",
                bytes_read=10,
                bytes_written=15,
                output="a.png",
                beside=(ResultFile("soft", "soft/a.png", 5, "0"),),
                notes=("orientation applied",),
                nans=2,
                overflows=7,
                pixels=307_200,
            ),
            done("b.png", bytes_read=1, bytes_written=2, nans=3, pixels=307_200, kept=True),
            done(
                "c.png",
                (9, 9),
                pixels=810,
                pages=10,
                stages=(("blur gaussian", (9, 9)), ("edge sobel", (5, 5))),
            ),
            BAD,
            PIPE,
        ),
        seconds=1.23456,
        backend="cpu",
        threads=2,
        journal="out/journal",
        config="edges.yaml",
        output="out",
        outputs=(("soft", "out/soft"), ("result", "out")),
        unsupported=("d.heic",),
        warnings=("values saturate",),
    )
    assert report.to_dict() == {
        "name": "edges",
        "config": "edges.yaml",
        "stages": [],
        "output": "out",
        "outputs": [{"name": "soft", "path": "out/soft"}, {"name": "result", "path": "out"}],
        "images": 5,
        "done": 3,
        "failed": 1,
        "existing": 0,
        "skipped": 1,
        "unsupported": 1,
        "kept": 1,
        "written": 2,
        "retried": 0,
        "shard": None,
        "unfinished": 0,
        "failures": [{"path": "bad.png", "stage": "read", "reason": "the file is empty (0 bytes)"}],
        "sizes": [
            {
                "input": [9, 9],
                "count": 1,
                "stages": [
                    {"name": "blur gaussian", "output": [9, 9]},
                    {"name": "edge sobel", "output": [5, 5]},
                ],
            },
            {
                "input": [480, 640],
                "count": 2,
                "stages": [
                    {"name": "blur gaussian", "output": [480, 640]},
                    {"name": "edge sobel", "output": [240, 320]},
                ],
            },
        ],
        "warnings": ["values saturate"],
        "measures": {},
        "measured": [],
        "accept": {},
        "objects": None,
        "rejected": 0,
        "rejections": [],
        "seconds": 1.235,
        "steps": {"read": 0.0, "plan": 0.0, "filter": 0.0, "write": 0.0},
        "megapixels": 0.30801,
        "bytes_read": 10,
        "bytes_written": 20,
        "backend": "cpu",
        "threads": 2,
        "interrupted": False,
        "stopped": None,
        "journal": "out/journal",
        "skips": [{"path": "pipe.png", "reason": "not a regular file"}],
        "notes": [{"path": "a.png", "note": "orientation applied"}],
        "nans": 5,
        "overflows": 7,
        "pages": 12,
        "unsupported_files": ["d.heic"],
        "error": None,
    }


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (Report("all done", (done("a.png"),)), 0),
        (Report("skips alone are no failure", (PIPE,)), 0),
        (Report("one failed", (done("a.png"), BAD)), 1),
        (Report("its result exists", (done("a.png"), TAKEN)), 1),
        (Report("not started", error="no input"), 2),
        (Report("interrupted", (BAD,), interrupted=130, unfinished=3), 130),
        (Report("given up", (done("a.png"),), stopped="the disk is full", unfinished=1), 1),
        (Report("terminated", interrupted=143), 143),
    ],
)
def test_exit_code(report, code):
    assert report.exit_code == code


def test_results_that_exist_are_counted_apart_from_failures():
    report = Report("edges", (done("a.png"), BAD, TAKEN))
    assert (report.images, report.done, report.failed, report.existing) == (3, 1, 1, 1)
    assert (report.failures, report.untouched) == ([BAD], [TAKEN])
    assert summary([report, report])["existing"] == 2


def test_unfinished_images_count():
    report = Report("edges", (done("a.png"),), interrupted=130, unfinished=3)
    assert report.images == 4
    assert report.to_dict()["interrupted"] is True


def test_summary_adds_up_and_takes_the_worst_exit_code():
    good, bad = Report("a", (done("a.png"),), seconds=1.5), Report("b", (BAD, PIPE), seconds=2.0)
    unstarted = Report("c", error="no input")
    total = summary([good, bad, unstarted])
    assert {key: total[key] for key in ("images", "done", "failed", "skipped", "seconds", "exit_code")} == {
        "images": 3,
        "done": 1,
        "failed": 1,
        "skipped": 1,
        "seconds": 3.5,
        "exit_code": 2,
    }
    assert [job["name"] for job in total["jobs"]] == ["a", "b", "c"]
    assert [job["error"] for job in total["jobs"]] == [None, None, "no input"]
    assert len({tuple(job) for job in total["jobs"]}) == 1  # the same keys, whatever became of a job
    assert exit_code([]) == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 漢.png", "plain ü 漢.png"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\udcff.png", r"\xff.png"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
    ],
)
def test_printable(text, shown):
    assert printable(text) == shown
