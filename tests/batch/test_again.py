"""Tries: what may pass is tried again after all others, what cannot is not, and all of it is counted."""

import errno
import json
import os
import threading

import pytest
from fakes import FakePipeline

from convpipe.batch import JOURNAL, again, run_folder, state
from convpipe.errors import ReadError

PASSING, LASTING = errno.EIO, errno.EACCES


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(again, "BACKOFF_SECONDS", 0)


class Opening:
    """Has images fail to open, each so many times, and keeps what was asked for."""

    def __init__(self):
        self.asked, self.failures, self.guard, self.real = [], {}, threading.Lock(), state.Run.open

    def __call__(self, run, relative):
        with self.guard:
            self.asked.append(relative.name)
            number, left = self.failures.get(relative.name, (0, 0))
            self.failures[relative.name] = number, left - 1
        if left > 0:
            raise ReadError("cannot open") from OSError(number, os.strerror(number))
        return self.real(run, relative)


@pytest.fixture
def opening(monkeypatch):
    spoilt = Opening()
    monkeypatch.setattr(state.Run, "open", lambda run, relative: spoilt(run, relative))
    return spoilt


@pytest.fixture
def run(source, tmp_path):
    return lambda **options: run_folder(FakePipeline(), source, tmp_path / "out", **options)


def records(folder):
    lines = map(json.loads, (folder / JOURNAL).read_text().splitlines())
    return {line["path"]: line for line in lines if "path" in line}


def test_what_passes_is_done_in_the_end_and_after_all_others(save, run, opening, tmp_path):
    for name in "abcd":
        save(f"{name}.png")
    opening.failures["a.png"] = PASSING, 2
    report = run(retries=3, workers=2)
    assert (report.done, report.failed, report.retried, report.exit_code) == (4, 0, 1, 0)
    assert opening.asked.count("a.png") == 3
    assert opening.asked[-2:] == ["a.png", "a.png"]
    assert {name: one.get("retries", 0) for name, one in records(tmp_path / "out").items()} == {
        "a.png": 2,
        "b.png": 0,
        "c.png": 0,
        "d.png": 0,
    }


def test_no_more_often_than_asked_for(save, run, opening):
    save("a.png")
    opening.failures["a.png"] = PASSING, 9
    report = run(retries=2)
    assert [(one.reason, one.retries) for one in report.failures] == [("cannot open", 2)]
    assert (report.retried, opening.asked) == (1, ["a.png"] * 3)


def test_none_is_tried_again_unless_asked(save, run, opening):
    save("a.png")
    opening.failures["a.png"] = PASSING, 1
    assert (run().failed, opening.asked) == (1, ["a.png"])


def test_what_lasts_is_not_tried_again(save, run, opening, source):
    save("a.png")
    opening.failures["a.png"] = LASTING, 1
    (source / "b.png").write_bytes(b"no image")
    (source / "c.png").touch()
    report = run(retries=5)
    assert (report.failed, report.retried) == (3, 0)
    assert sorted(opening.asked) == ["a.png", "b.png", "c.png"]


def test_a_file_that_was_being_written_is_tried_again(save, source, tmp_path):
    path, seen = save("a.png"), []

    def touch(pixels):
        seen.append(1)
        if len(seen) == 1:
            os.utime(path)

    report = run_folder(FakePipeline(touch), source, tmp_path / "out", retries=1)
    assert (report.done, report.retried, len(seen)) == (1, 1, 2)


def test_what_may_pass_is_told_by_causes_too():
    def caused(cause):
        error = ReadError("cannot read")
        error.__cause__ = cause
        return again.may_pass(error)

    assert [caused(one) for one in (MemoryError(), OSError(PASSING, ""), OSError(LASTING, ""), None)] == [
        True,
        True,
        False,
        False,
    ]


def test_want_of_memory_is_tried_again(save, source, tmp_path):
    save("a.png")
    left = [MemoryError()]

    def act(pixels):
        if left:
            raise left.pop()

    assert run_folder(FakePipeline(act), source, tmp_path / "out", retries=1).done == 1


def test_a_run_that_ends_in_a_pause_says_what_had_failed(save, run, opening, monkeypatch, tmp_path):
    save("a.png")
    opening.failures["a.png"] = PASSING, 9

    def interrupt(round):
        raise KeyboardInterrupt

    monkeypatch.setattr(again, "delay", interrupt)
    report = run(retries=1)
    assert (report.interrupted, report.failed, report.unfinished) == (130, 1, 0)
    assert records(tmp_path / "out")["a.png"]["status"] == "failed"


def test_resume_tries_what_failed_and_keeps_the_rest(save, run, opening):
    for name in "ab":
        save(f"{name}.png")
    opening.failures["a.png"] = PASSING, 2
    assert run(retries=1).failed == 1
    report = run(retries=1, resume=True)
    assert (report.done, report.kept, report.retried) == (2, 1, 0)


def test_progress_counts_each_image_once(save, run, opening):
    for name in "ab":
        save(f"{name}.png")
    opening.failures["a.png"] = PASSING, 1
    seen = []
    run(retries=1, progress=lambda finished, total, result: seen.append((finished, total, result.path)))
    assert seen == [(1, 2, "b.png"), (2, 2, "a.png")]


@pytest.mark.skipif(os.name != "posix", reason="open files are handed to a process")
def test_errors_of_decoders_say_whether_they_pass(save, run, monkeypatch, tmp_path):
    """The number of a system error is lost on the way between processes; what it says is not."""
    import pickle

    from convpipe.batch import decoder

    def fail(*_args, **_options):
        raise ReadError("cannot read") from OSError(PASSING, "Input/output error")

    monkeypatch.setattr(decoder._Files, "_opened", fail)
    answer = decoder._Files().answer(decoder.Open(0, "a.png", False, None), None)
    assert again.may_pass(pickle.loads(pickle.dumps(answer)))
    monkeypatch.setattr(decoder._Files, "_opened", lambda *_: (_ for _ in ()).throw(ReadError("damaged")))
    assert not again.may_pass(decoder._Files().answer(decoder.Open(0, "a.png", False, None), None))
