"""The log of a run: an event a line, whatever happens; and what it cannot hold loses nothing."""

import errno
import json
import os

import pytest
from fakes import FakePipeline

from convpipe.batch import FileLog, again, run_folder
from convpipe.errors import JobError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.log"


@pytest.fixture
def run(source, tmp_path, path):
    """Run with a log; return the report and what was told of the log."""

    def call(act=None, **options):
        told = []
        log = FileLog(path, told.append)
        try:
            return run_folder(FakePipeline(act), source, tmp_path / "out", log=log, **options), told
        finally:
            log.close()

    return call


def events(path, *names):
    lines = map(json.loads, path.read_text().splitlines())
    return [line for line in lines if not names or line["event"] in names]


@pytest.mark.parametrize("isolate", [False, True])
def test_what_happens_to_each_image(save, source, run, path, isolate):
    for name in ("a.png", "b/c.png"):
        save(name)
    (source / "bad.png").touch()
    (source / "link.png").symlink_to("nowhere")
    report, told = run(isolate=isolate, workers=2, name="edges")
    assert told == []
    begin, *images, end = events(path)
    assert (begin["event"], begin["images"], begin["input"]) == ("begin", 4, str(source))
    seen = {line["image"]: line for line in images}
    assert {name: (one["event"], one["level"]) for name, one in seen.items()} == {
        "a.png": ("done", "info"),
        "b/c.png": ("done", "info"),
        "bad.png": ("failed", "error"),
        "link.png": ("skipped", "warning"),
    }
    assert seen["bad.png"]["reason"] == "the file is empty (0 bytes)"
    done = report.results[0]
    assert (seen["a.png"]["bytes_read"], seen["a.png"]["bytes_written"]) == (
        done.bytes_read,
        done.bytes_written,
    )
    assert seen["a.png"]["seconds"] > 0
    assert {line["job"] for line in (begin, *images, end)} == {"edges"}
    counts = {
        name: end[name] for name in ("event", "level", "images", "done", "failed", "skipped", "exit_code")
    }
    assert counts == {
        "event": "end",
        "level": "error",
        "images": 4,
        "done": 2,
        "failed": 1,
        "skipped": 1,
        "exit_code": 1,
    }


def test_runs_are_appended_and_what_is_kept_is_said(save, run, path):
    save("a.png")
    run()
    before = path.read_text()
    run(resume=True)
    run()
    assert path.read_text().startswith(before)
    assert [(line["event"], line["level"]) for line in events(path) if "image" in line] == [
        ("done", "info"),
        ("kept", "info"),
        ("existing", "warning"),
    ]


def test_tries_are_said(save, run, path, monkeypatch):
    monkeypatch.setattr(again, "BACKOFF_SECONDS", 0)
    save("a.png")
    left = [OSError(errno.EIO, "Input/output error")] * 2

    def act(pixels):
        if left:
            raise left.pop()

    run(act, retries=5)
    assert [(one["tries"], one["level"]) for one in events(path, "retry")] == [(1, "warning"), (2, "warning")]
    assert [one["retries"] for one in events(path, "done")] == [2]


def test_an_interrupted_run_has_its_end(save, run, path):
    save("a.png")

    def interrupt(*_):
        raise KeyboardInterrupt

    report, _ = run(progress=interrupt)
    assert report.interrupted == 130
    assert [(one["reason"], one["exit_code"]) for one in events(path, "end")] == [("interrupted", 130)]


def test_a_full_disk_loses_no_result_and_is_said_once(save, run, path, monkeypatch):
    for i in range(5):
        save(f"{i}.png")
    write, count = os.write, []

    def full(descriptor, data):
        if b'"event"' in bytes(data):
            count.append(1)
            if len(count) > 2:
                write(descriptor, data[:9])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        report, told = run()
    assert (report.done, report.failed) == (5, 0)
    assert told == [f"the log {str(path)!r} ends here: No space left on device; the run goes on"]
    assert len(count) == 3
    torn = path.read_bytes()
    assert not torn.endswith(b"\n")
    run(overwrite=True)
    lines = path.read_bytes().split(b"\n")
    assert b"\n".join(lines[:3]) == torn  # and what comes after it is whole
    assert all(json.loads(line) for line in lines[3:-1])


def test_nothing_is_added_to_another_file(path):
    path.write_bytes(b"\x89PNG")
    with pytest.raises(JobError, match="is a file of something else"):
        FileLog(path, print)
    assert path.read_bytes() == b"\x89PNG"


def test_a_log_that_cannot_be_opened(tmp_path):
    with pytest.raises(JobError, match=r"the log .* cannot be opened: No such file or directory"):
        FileLog(tmp_path / "none" / "run.log", print)
