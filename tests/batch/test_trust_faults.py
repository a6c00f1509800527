"""Disks that fail, folders that refuse, memory that ends, signals: little is lost, and it is said."""

import errno
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from fakes import FakePipeline

from convpipe import images
from convpipe.batch import JOURNAL, Terminated, at_work, crew, run_folder, settle
from convpipe.errors import JobError, WriteError
from convpipe.images import Drafts, File, Folder, Page, clear_stale, encode_pages, write

PIXELS = np.zeros((8, 10), np.uint8)


def refuse(number):
    def call(*_args, **_options):
        raise OSError(number, os.strerror(number))

    return call


class Disk:
    """Fails the writing of images, not of the journal: one call of :class:`Drafts`, or all from one on."""

    def __init__(self, monkeypatch, call, number, *, first=1, last=10**9):
        self.count, self.real, self.number, self.span = 0, getattr(os, call), number, range(first, last + 1)
        monkeypatch.setattr(os, call, self)

    def __call__(self, subject, *args, **options):
        if self.is_draft(subject):
            self.count += 1
            if self.count in self.span:
                raise OSError(self.number, os.strerror(self.number))
        return self.real(subject, *args, **options)

    @staticmethod
    def is_draft(subject):
        name = os.readlink(f"/proc/self/fd/{subject}") if isinstance(subject, int) else os.fspath(subject)
        return name.endswith(images.TEMPORARY_SUFFIX)


linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def many(save):
    return [save(f"{i:02}.png").name for i in range(20)]


@linux
class TestFullDisk:
    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
    @pytest.mark.parametrize("call", ["open", "fsync", "link"])
    def test_it_stops_the_run_early(self, many, source, out, monkeypatch, files, call, number):
        Disk(monkeypatch, call, number, first=6)
        report = run_folder(FakePipeline(), source, out, workers=2)
        assert 5 <= report.done <= 6
        assert 1 <= report.failed <= 2
        assert report.unfinished == 20 - report.done - report.failed
        assert os.strerror(number) in report.stopped
        assert report.exit_code == 1
        assert files(out) == [result.path for result in report.results if result.status == "done"]

    def test_and_the_next_one_goes_on(self, many, source, out, files):
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, "fsync", errno.ENOSPC, first=6)
            run_folder(FakePipeline(), source, out, workers=1)
        report = run_folder(FakePipeline(), source, out, resume=True)
        assert (report.done, report.kept, report.exit_code) == (20, 5, 0)
        assert files(out) == many

    def test_old_results_stay(self, many, source, out, monkeypatch, files):
        out.mkdir()
        for name in many:
            (out / name).write_bytes(b"old")
        Disk(monkeypatch, "fsync", errno.ENOSPC)
        run_folder(FakePipeline(), source, out, overwrite=True)
        assert files(out) == many
        assert all((out / name).read_bytes() == b"old" for name in many)

    def test_no_room_for_the_journal(self, many, source, out, monkeypatch):
        write = os.write

        def full(descriptor, data):
            if b'"path":"05' in bytes(data):
                write(descriptor, data[:7])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(descriptor, data)

        monkeypatch.setattr(os, "write", full)
        report = run_folder(FakePipeline(), source, out, workers=1)
        assert report.stopped == "as the journal cannot be written (No space left on device)"
        assert (report.done, report.unfinished) == (6, 14)
        monkeypatch.undo()
        report = run_folder(FakePipeline(), source, out, workers=1, resume=True)
        assert (report.done, report.kept) == (20, 5)
        assert all(json.loads(line) for line in (out / JOURNAL).read_text().splitlines())


class FullSpool(io.BytesIO):
    """Where pages are put together, on a disk with little room, which a buffer may hide until later."""

    def __init__(self, room, when):
        super().__init__()
        self.room, self.when = room, when

    def write(self, data):
        if self.when == "write" and self.tell() + len(data) > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)

    def flush(self):
        if self.when == "flush" and self.getbuffer().nbytes > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("isolate", [False, pytest.param(True, marks=linux)])
@pytest.mark.parametrize(("when", "room"), [("open", 0), ("write", 0), ("write", 300), ("flush", 0)])
def test_a_full_disk_stops_a_run_of_stacks_too(source, out, monkeypatch, files, when, room, isolate):
    """Pages are spooled to the disk before the result is written: what it refused is not lost on the way."""
    for i in range(5):
        encode_pages([Page(PIXELS), Page(PIXELS)]).save(source / f"{i}.tif")

    def nameless(folder):
        if when == "open":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return FullSpool(room, when)

    monkeypatch.setattr("convpipe.images.spool.MOST_IN_MEMORY", 0)
    monkeypatch.setattr(Folder, "nameless", nameless)
    report = run_folder(FakePipeline(), source, out, workers=1, isolate=isolate)
    assert report.stopped == "as no file can be written to the output (No space left on device)"
    assert (report.done, report.failed, report.unfinished, report.exit_code) == (0, 1, 4, 1)
    assert report.failures[0].reason == "cannot encode as tiff: No space left on device"
    assert files(out) == []


@linux
class TestFailingDisk:
    @pytest.mark.parametrize("call", ["open", "fsync", "link"])
    def test_input_output_error_fails_its_image_alone(self, many, source, out, monkeypatch, files, call):
        Disk(monkeypatch, call, errno.EIO, first=3, last=3)
        report = run_folder(FakePipeline(), source, out, workers=1)
        (failure,) = report.failures
        assert (failure.path, failure.stage) == ("02.png", "write")
        assert failure.reason == "cannot write: Input/output error"
        assert report.done == 19
        assert files(out) == [name for name in many if name != "02.png"]

    def test_a_failed_fsync_is_not_tried_again(self, save, source, out, monkeypatch):
        save("a.png")
        disk = Disk(monkeypatch, "fsync", errno.EIO, last=1)
        assert run_folder(FakePipeline(), source, out).failed == 1
        assert disk.count == 1

    def test_error_on_close(self, save, source, out, monkeypatch, files):
        save("a.png")
        out.mkdir()
        (out / "a.png").write_bytes(b"old")
        dup, close, contents = os.dup, os.close, set()

        def second(descriptor):
            contents.add(made := dup(descriptor))
            return made

        def failing(descriptor):
            close(descriptor)
            if descriptor in contents:
                contents.discard(descriptor)
                raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(os, "dup", second)
        monkeypatch.setattr(os, "close", failing)
        report = run_folder(FakePipeline(), source, out, overwrite=True)
        assert report.failures[0].reason == "cannot write: Input/output error"
        assert (out / "a.png").read_bytes() == b"old"
        assert files(out) == ["a.png"]

    def test_journal_that_cannot_be_synced(self, many, source, out, monkeypatch):
        monkeypatch.setattr(os, "fsync", refuse(errno.EIO))
        with pytest.raises(JobError, match=r"the journal .* cannot be written: Input/output error"):
            run_folder(FakePipeline(), source, out)


def test_read_only_output_fails_before_the_first_decode(save, source, out, monkeypatch):
    save("a.png")
    opened = os.open

    def read_only(path, flags, *args, **options):
        if flags & os.O_CREAT and "dir_fd" in options:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(path, flags, *args, **options)

    monkeypatch.setattr(os, "open", read_only)
    monkeypatch.setattr(images, "open_image", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(JobError, match=r"the journal .* cannot be written: Read-only file system"):
        run_folder(FakePipeline(), source, out)


def test_input_that_may_not_be_read(save, source, out, monkeypatch):
    save("a.png")
    save("b.png")
    opened = os.open

    def locked(path, flags, *args, **options):
        if Path(os.fspath(path)).name == "a.png" and not flags & os.O_CREAT:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, flags, *args, **options)

    monkeypatch.setattr(os, "open", locked)
    report = run_folder(FakePipeline(), source, out)
    assert [(each.path, each.reason) for each in report.failures] == [
        ("a.png", "cannot open: Permission denied")
    ]
    assert report.done == 1


@pytest.mark.parametrize("step", ["read_page", "outputs", "add"])
def test_out_of_memory_fails_that_image(save, source, out, monkeypatch, step):
    def exhausted(*args, **options):
        if not failed:
            failed.append(True)
            raise MemoryError
        return real(*args, **options)

    failed, pipeline = [], FakePipeline()
    owner = {"read_page": images.OpenImage, "outputs": pipeline, "add": images.PageEncoder}[step]
    real = getattr(owner, step)
    for name in ("a.png", "b.png"):
        save(name)
    monkeypatch.setattr(owner, step, exhausted)
    report = run_folder(pipeline, source, out, workers=1)
    assert report.done == 1
    assert report.failures[0].path == "a.png"
    assert report.failures[0].reason == "not enough memory"


class TestStaleTemporaries:
    NAME = ".0123456789abcdef" + images.TEMPORARY_SUFFIX

    def test_those_of_the_dead_are_removed(self, save, source, out, files):
        save("sub/a.png")
        for folder in (out, out / "sub"):
            folder.mkdir()
            (folder / self.NAME).write_bytes(b"half")
            (folder / "my.convpipe-tmp").write_bytes(b"someone else's")
        run_folder(FakePipeline(), source, out)
        assert files(out) == ["my.convpipe-tmp", "sub/a.png", "sub/my.convpipe-tmp"]

    def test_those_of_the_living_are_not(self, tmp_path, monkeypatch):
        fsync = os.fsync

        def meanwhile(descriptor):
            assert clear_stale(Folder(tmp_path)) == 0
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", meanwhile)
        write(tmp_path / "a.png", PIXELS)
        assert os.listdir(tmp_path) == ["a.png"]

    def test_nor_while_the_file_gets_its_name(self, tmp_path, monkeypatch):
        link = os.link

        def meanwhile(*args, **options):
            assert clear_stale(Folder(tmp_path)) == 0
            link(*args, **options)
            assert clear_stale(Folder(tmp_path)) == 0

        monkeypatch.setattr(os, "link", meanwhile)
        write(tmp_path / "a.png", PIXELS)
        assert os.listdir(tmp_path) == ["a.png"]

    def test_one_taken_for_dead_before_it_was_locked_is_made_anew(self, tmp_path, monkeypatch):
        opened, cleared = os.open, []

        def slow(path, flags, *args, **options):
            descriptor = opened(path, flags, *args, **options)
            if flags & os.O_EXCL and not cleared:
                cleared.append(clear_stale(Folder(tmp_path)))
            return descriptor

        monkeypatch.setattr(os, "open", slow)
        write(tmp_path / "a.png", PIXELS)
        assert cleared == [1]
        assert os.listdir(tmp_path) == ["a.png"]

    def test_links_and_folders_of_such_a_name_stay(self, tmp_path):
        (tmp_path / "precious").write_bytes(b"precious")
        (tmp_path / self.NAME).symlink_to("precious")
        (tmp_path / self.NAME.replace("0", "a")).mkdir()
        assert clear_stale(Folder(tmp_path)) == 0
        assert len(os.listdir(tmp_path)) == 3

    def test_without_locks_none_is_removed(self, tmp_path, monkeypatch):
        (tmp_path / self.NAME).touch()
        monkeypatch.setattr("fcntl.flock", refuse(errno.ENOLCK))
        assert clear_stale(Folder(tmp_path)) == 0
        write(tmp_path / "a.png", PIXELS)

    def test_folders_linked_out_of_the_output_are_left_alone(self, save, source, out, tmp_path):
        save("sub/a.png")
        (tmp_path / "away").mkdir()
        (tmp_path / "away" / self.NAME).touch()
        out.mkdir()
        (out / "sub").symlink_to(tmp_path / "away")
        run_folder(FakePipeline(), source, out)
        assert os.listdir(tmp_path / "away") == [self.NAME]


class TestSignals:
    def test_in_the_scan(self, save, source, out, monkeypatch):
        save("a.png")
        for kind, code in ((KeyboardInterrupt, 130), (Terminated, 143)):

            def interrupted(*_, kind=kind):
                raise kind

            monkeypatch.setattr("convpipe.batch.listing.find_images", interrupted)
            report = run_folder(FakePipeline(), source, out)
            assert (report.exit_code, report.images) == (code, 0)
        assert not out.exists()

    def test_a_thread_that_does_not_come_back_is_left_behind(self, many, source, out, monkeypatch, files):
        """As in a decoder that takes minutes: nothing of it is written after the run has returned."""
        released, entered = threading.Event(), threading.Event()

        def act(pixels):
            entered.set()
            released.wait(30)

        def interrupt():
            entered.wait(30)
            os.kill(os.getpid(), signal.SIGINT)

        monkeypatch.setattr(settle, "GRACE_SECONDS", 0.2)
        thread = threading.Thread(target=interrupt)
        thread.start()
        began = time.monotonic()
        report = run_folder(FakePipeline(act), source, out, workers=2)
        assert time.monotonic() - began < 5
        assert (report.exit_code, report.done, report.unfinished) == (130, 0, 20)
        assert at_work()
        released.set()
        thread.join()
        wait_until(lambda: not at_work())
        assert files(out) == []

    def test_nor_is_what_it_was_writing(self, save, source, out, monkeypatch, files):
        released, entered = threading.Event(), threading.Event()
        fsync = os.fsync

        def slow(descriptor):
            if threading.current_thread().name == crew.NAME:
                entered.set()
                released.wait(30)
            fsync(descriptor)

        def interrupt():
            entered.wait(30)
            os.kill(os.getpid(), signal.SIGINT)

        save("a.png")
        monkeypatch.setattr(os, "fsync", slow)
        monkeypatch.setattr(settle, "GRACE_SECONDS", 0.2)
        thread = threading.Thread(target=interrupt)
        thread.start()
        report = run_folder(FakePipeline(), source, out)
        assert (report.exit_code, report.unfinished) == (130, 1)
        assert files(out) == []  # not even the temporary file
        released.set()
        thread.join()
        wait_until(lambda: not at_work())
        assert files(out) == []

    def test_no_file_is_begun_after_the_end(self, tmp_path):
        drafts = Drafts()
        drafts.close()
        encoded = images.encode(PIXELS, images.Encoding("png"))
        with pytest.raises(WriteError, match="the run has ended"):
            images.save_all([File(Folder(tmp_path), "a.png", encoded.pieces, False)], drafts)
        assert os.listdir(tmp_path) == []


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


SLOW = """\
import sys, time
from pathlib import Path
import click
from fakes import FakePipeline
from convpipe.batch import run_folder
from convpipe.cli.process import end, sigterm_interrupts

def act(pixels):
    print("filtering", flush=True)
    time.sleep(60)

with sigterm_interrupts():
    report = run_folder(FakePipeline(act), Path(sys.argv[1]), Path(sys.argv[2]), workers=1)
print(report.unfinished, flush=True)
{leave}(report.exit_code)
"""


@pytest.mark.parametrize(
    ("number", "code", "leave"), [(signal.SIGINT, 130, "end"), (signal.SIGTERM, 143, "sys.exit")]
)
def test_a_process_is_gone_five_seconds_after_a_signal(many, source, out, number, code, leave, files):
    """As a command, and as a script of one's own."""
    package = Path(images.__file__).parents[2]
    path = os.pathsep.join([str(package), str(package / "tests")])
    with subprocess.Popen(
        [sys.executable, "-c", SLOW.format(leave=leave), source, out],
        env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as run:  # fmt: skip
        assert run.stdout.readline() == "filtering\n"
        began = time.monotonic()
        run.send_signal(number)
        stdout, stderr = run.communicate(timeout=60)
        assert time.monotonic() - began < 5
    assert (run.returncode, stderr) == (code, "")
    assert stdout.endswith("20\n")
    assert files(out) == []
