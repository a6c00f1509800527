"""Decoding in processes of their own: a decoder that crashes or hangs takes its image alone."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from fakes import FakePipeline

from convpipe import images
from convpipe.batch import again, isolate, run_folder, settle
from convpipe.batch.decoder import Close, Open, ReadPage
from convpipe.batch.isolate import DecoderLost, IsolatedReader
from convpipe.errors import JobError, LimitError, ReadError
from convpipe.images import DEFAULT_LIMITS, Limits, Page, digest_file, write

pytestmark = pytest.mark.skipif(os.name != "posix", reason="open files are handed to a process")

BAD_DECODER = """\
# Stands for a decoder with defects; Python imports this module when it starts.
import os, signal, sys, time
from pathlib import Path

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "convpipe.batch.decoder":
            sys.meta_path.remove(self)
            spoil()

def spoil():
    from convpipe import images
    real = {"probe": images.open_image, "read": images.OpenImage.read_page}

    def spoilt(call):
        def run(file, *args, **options):
            path = Path(file if call == "probe" else file._source.file.name)
            with open(os.environ["BAD_DECODER_LOG"], "a") as log:
                log.write(f"{call} {path.name} {os.getpid()}\\n")
            if call in path.name and "segfault" in path.name:
                os.kill(os.getpid(), signal.SIGSEGV)
            if call in path.name and "oom" in path.name:
                os.kill(os.getpid(), signal.SIGKILL)
            if call in path.name and "exit" in path.name:
                os._exit(3)
            if call in path.name and "once" in path.name and not os.path.exists(path.with_suffix(".seen")):
                path.with_suffix(".seen").touch()
                os.kill(os.getpid(), signal.SIGABRT)
            if call in path.name and "hang" in path.name:
                time.sleep(60)
            if call in path.name and "alone" in path.name:
                try:
                    os.mkdir(path.parent / "busy")
                except FileExistsError:
                    os.kill(os.getpid(), signal.SIGABRT)
                time.sleep(1)
                os.rmdir(path.parent / "busy")
            if call in path.name and "memory" in path.name:
                raise MemoryError
            if call in path.name and "defect" in path.name:
                raise ZeroDivisionError("one\\nline")
            return real[call](file, *args, **options)
        return run

    images.open_image, images.OpenImage.read_page = spoilt("probe"), spoilt("read")

sys.meta_path.insert(0, Finder())
"""


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Spoil the decoders of this test, and return a function that lists what they were asked."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(BAD_DECODER)
    path = [str(folder), str(Path(images.__file__).parents[2])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    monkeypatch.setenv("BAD_DECODER_LOG", str(tmp_path / "log"))
    return lambda: [tuple(line.split()) for line in (tmp_path / "log").read_text().splitlines()]


@pytest.fixture
def run(source, tmp_path):
    def call(**options):
        return run_folder(
            FakePipeline(),
            source,
            tmp_path / "out",
            **{"isolate": True, "timeout": 5, "workers": 2, **options},
        )

    return call


@pytest.fixture
def reader():
    reader = IsolatedReader(DEFAULT_LIMITS, False, 30)
    yield reader
    reader.close()


def reasons(report):
    return {result.path: result.reason for result in report.failures}


def test_results_are_those_of_a_plain_run(save, source, tmp_path, run):
    for i, shape in enumerate([(8, 10), (200, 300, 3), (5, 5), (40, 40, 4)]):
        save(f"{i}.png", shape, "uint16", i)
    (source / "bad.png").write_bytes(b"no image")
    (source / os.fsdecode(b"\xff\n.jpg")).write_bytes(save("t.jpg").read_bytes())
    plain = run_folder(FakePipeline(), source, tmp_path / "plain")
    isolated = run()
    assert reasons(isolated) == reasons(plain)
    assert [each.output_hash for each in isolated.results] == [each.output_hash for each in plain.results]
    assert isolated.done == 6


def test_pixels_metadata_and_notes_come_back(reader, tmp_path, rng):
    pixels = rng.random((50, 70, 3))
    write(tmp_path / "a.tif", Page(pixels, metadata=images.Metadata(resolution=(300, 300))))
    (tmp_path / "a.tif").rename(tmp_path / "a.png")
    direct = images.read(tmp_path / "a.png")
    with reader.open(tmp_path / "a.png") as file:
        image = file.read_page()
        np.testing.assert_array_equal(image.pixels, direct.pixels)
    assert (image.metadata, image.format, image.notes) == (direct.metadata, "tiff", direct.notes)
    assert file.infos == (images.probe(tmp_path / "a.png"),)


def test_errors_come_back(reader, tmp_path):
    with pytest.raises(ReadError, match="No such file"), reader.open(tmp_path / "none.png"):
        pass
    write(tmp_path / "a.png", np.zeros((20, 20), np.uint8))
    reader.limits = Limits(max_pixels=9)
    with pytest.raises(LimitError, match="400 pixels"), reader.open(tmp_path / "a.png"):
        pass


@pytest.mark.parametrize("call", ["probe", "read"])
def test_the_culprit_is_tried_alone_once_then_quarantined(save, run, log, tmp_path, call):
    culprit = save(f"{call}_segfault.png").name
    for i in range(6):
        save(f"a_{i}.png" if i < 3 else f"z_{i}.png")
    report = run()
    assert reasons(report) == {culprit: "the decoder crashed (SIGSEGV), twice; quarantined"}
    assert report.failures[0].stage == "read"
    assert report.done == 6
    asked = [name for kind, name, _ in log() if kind == call]
    assert asked.count(culprit) == 2
    assert asked[-1] == culprit  # the second time after all others


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("oom", "the decoder was killed (SIGKILL; perhaps for want of memory), twice; quarantined"),
        ("exit", "the decoder ended with exit code 3, twice; quarantined"),
        ("hang", "the decoder gave no answer in 0.5 s, twice; quarantined"),
        ("memory", "not enough memory"),
        ("defect", r"ZeroDivisionError: one\nline"),
    ],
)
def test_reasons(save, run, log, kind, reason):
    name = save(f"read_{kind}.png").name
    save("good.png")
    report = run(timeout=0.5)
    assert reasons(report) == {name: reason}
    assert (report.done, report.exit_code) == (1, 1)
    assert report.failures[0].quarantined == ("quarantined" in reason)


def test_one_that_fails_beside_others_alone_may_succeed(save, run, log):
    save("read_once.png")
    save("good.png")
    assert run().done == 2


def test_with_retries_a_lost_decoder_gets_as_many_tries(save, run, log, monkeypatch):
    monkeypatch.setattr(again, "BACKOFF_SECONDS", 0)
    name = save("read_oom.png").name
    report = run(retries=3)
    killed = "the decoder was killed (SIGKILL; perhaps for want of memory)"
    assert reasons(report) == {name: f"{killed}, 4 times; quarantined"}
    assert [one for kind, one, _ in log() if kind == "read"] == [name] * 4
    assert report.failures[0].retries == 3


def test_later_rounds_take_over_the_decoders_of_earlier_ones(save, run, log, monkeypatch):
    monkeypatch.setattr(again, "BACKOFF_SECONDS", 0)
    save("read_once.png")
    save("good.png")
    assert run(retries=1, workers=2).done == 2
    read = [pid for kind, *_, pid in log() if kind == "read"]
    assert len(set(read)) == 2


def test_several_of_them_come_one_after_the_other(save, run, log):
    for i in range(3):
        save(f"read_alone_{i}.png")
    assert run(workers=3).done == 3
    assert sum(kind == "read" for kind, *_ in log()) > 3


def test_what_is_quarantined_is_not_tried_again_until_it_changes(save, run, log, tmp_path):
    path = save("read_segfault.png")
    assert run().failed == 1
    asked = len(log())
    for options in ({"resume": True}, {"resume": True, "isolate": False}):
        report = run(**options)
        assert reasons(report) == {path.name: "the decoder crashed (SIGSEGV), twice; quarantined"}
        assert report.failures[0].kept
        assert len(log()) == asked
    write(path, np.full((8, 10), 99, np.uint8), overwrite=True)
    result = tmp_path / "out" / path.name
    result.write_bytes(b"precious")
    assert run(resume=True, isolate=False).existing == 1
    assert result.read_bytes() == b"precious"
    result.unlink()
    assert run(resume=True, isolate=False).done == 1


@pytest.mark.parametrize(("name", "attempts"), [("read_hang.png", 1), ("read_once_hang.png", 2)])
def test_a_signal_does_not_wait_for_a_decoder(save, run, log, name, attempts):
    def interrupt():
        deadline = time.monotonic() + 20
        while sum(kind == "read" for kind, *_ in entries()) < attempts and time.monotonic() < deadline:
            time.sleep(0.02)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    def entries():
        try:
            return log()
        except FileNotFoundError:
            return []

    sent = []
    save(name)
    thread = threading.Thread(target=interrupt)
    thread.start()
    report = run(timeout=60)
    assert time.monotonic() - sent[0] < settle.GRACE_SECONDS
    thread.join()
    assert (report.exit_code, report.unfinished, report.failed) == (130, 1, 0)
    for _, _, pid in log():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


def test_ctrl_c_in_a_terminal_reaches_the_processes_too_and_is_not_theirs(reader, tmp_path):
    write(tmp_path / "a.png", np.zeros((3, 3), np.uint8))
    with reader.open(tmp_path / "a.png") as file:
        os.kill(reader._decoder()._process.pid, signal.SIGINT)
        assert file.read_page().pixels.shape == (3, 3)


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs /proc")
def test_a_process_that_decodes_has_one_thread(reader, tmp_path):
    """Those of OpenBLAS would be one a core in each process, and where they cannot start, its end."""
    write(tmp_path / "a.png", np.zeros((3, 3), np.uint8))
    with reader.open(tmp_path / "a.png") as file:
        file.read_page()
    assert len(os.listdir(f"/proc/{reader._decoder()._process.pid}/task")) == 1


def test_an_orphan_ends_itself(tmp_path, log):
    write(tmp_path / "read_hang.png", np.zeros((3, 3), np.uint8))
    reader = IsolatedReader(DEFAULT_LIMITS, False, 0.3)
    decoder = reader._decoder()
    decoder.ask(Open(1, str(tmp_path / "read_hang.png"), False, DEFAULT_LIMITS), 30)
    decoder._connection.send(ReadPage(1))
    assert decoder._process.wait(10) == -signal.SIGALRM
    reader.close()


def test_processes_that_do_not_start_stop_the_run(save, run, monkeypatch):
    for i in range(5):
        save(f"{i}.png")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    report = run()
    assert "the process to decode in did not start: the decoder ended with exit code 1" in report.stopped
    assert (report.failed, report.unfinished, report.exit_code) == (0, 5, 1)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert "No such file" in run().stopped


def test_the_processes_are_fresh_and_end_with_the_run(save, run, log):
    for i in range(4):
        save(f"{i}.png")
    assert run(workers=2).done == 4
    pids = {pid for *_, pid in log()}
    assert 1 <= len(pids) <= 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


def test_memory_that_is_full_fails_the_image(save, source, tmp_path, run, monkeypatch):
    """A write to it, unlike a mapping, can be refused: /dev/full stands for a file system in memory."""
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    save("a.png")
    monkeypatch.setattr(isolate, "_shared_memory", lambda: os.open("/dev/full", os.O_RDWR))
    assert reasons(run()) == {"a.png": "not enough memory"}


def test_a_file_that_is_closed_takes_no_descriptor(reader, tmp_path):
    """Also one that could not be read; an image and its mask are open beside each other."""
    write(tmp_path / "a.png", np.zeros((3, 3), np.uint8))
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:40])

    def descriptors():
        return len(os.listdir(f"/proc/{reader._decoder()._process.pid}/fd"))

    with images.open_file(tmp_path / "a.png") as file, reader.open(file), reader.open(tmp_path / "a.png"):
        opened = descriptors()
    before = descriptors()
    assert before < opened
    for _ in range(3):
        with images.open_file(tmp_path / "b.png") as file, pytest.raises(ReadError), reader.open(file):
            pass
        with images.open_file(tmp_path / "a.png") as file, reader.open(file) as image:
            image.read_page()
    assert descriptors() == before


def test_what_was_saved_counts_though_its_decoder_is_lost_then(save, run, monkeypatch):
    """It is closed after the result has its name."""
    ask = isolate._Decoder.ask

    def lost(self, request, *args):
        if isinstance(request, Close):
            self.kill()
        return ask(self, request, *args)

    monkeypatch.setattr(isolate._Decoder, "ask", lost)
    for name in ("a.png", "b.png"):
        save(name)
    assert run(workers=1).done == 2


def test_no_reader_where_files_cannot_be_handed_over(monkeypatch):
    monkeypatch.setattr(isolate.os, "name", "nt")
    with pytest.raises(JobError, match="POSIX"):
        IsolatedReader(DEFAULT_LIMITS, False, 1)


def test_after_the_end_none_is_started(reader, tmp_path):
    reader.abort()
    with pytest.raises(DecoderLost, match="the run has ended"), reader.open(tmp_path / "a.png"):
        pass


def test_memory_without_a_name_where_the_system_has_none(save, run, monkeypatch):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    digest = digest_file(save("a.png"))
    assert [(each.status, each.input_hash) for each in run().results] == [("done", digest)]
