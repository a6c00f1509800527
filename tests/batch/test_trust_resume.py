"""The journal, and a run that goes on where others ended."""

import errno
import json
import os
import pickle
import shutil
import tracemalloc
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from fakes import FakePipeline

from convpipe import images
from convpipe.batch import JOURNAL, find_images, identity, run_folder
from convpipe.batch.destination import FolderDestination
from convpipe.batch.identity import Identity, Maker
from convpipe.batch.journal import Journal
from convpipe.batch.journal_files import Line
from convpipe.batch.resume import read_past
from convpipe.errors import JobError
from convpipe.images import Folder, digest_file, write
from convpipe.report import ImageResult
from convpipe.stages import stage

SMALL = {"name": "small", "output": "small/a.png", "bytes_written": 1, "output_hash": "0"}
"""A result beside the last stage's, as a record has it."""


def lines(output):
    return [json.loads(line) for line in (output / JOURNAL).read_text().splitlines()]


def records(output):
    return {line["path"]: line for line in lines(output) if "path" in line}


def outcomes(report):
    return {result.path: (result.status, result.kept) for result in report.results}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def resume(source, out):
    """Run again, and return the report and the number of images filtered."""

    def call(pipeline=None, **options):
        pipeline = pipeline or FakePipeline()
        report = run_folder(pipeline, source, out, **{"resume": True, **options})
        return report, len(pipeline.threads)

    return call


class TestJournal:
    def test_a_run_is_a_header_and_a_record_an_image(self, pipeline, save, source, out):
        save("sub/a.png")
        (source / "bad.png").write_bytes(b"no image")
        (source / "pipe.png").symlink_to("nowhere")
        report = run_folder(pipeline, source, out, name="crop", format="tiff")
        header, *_ = lines(out)
        assert (header["journal"], header["convpipe"], header["backend"]) == (2, "0.1.0", "cpu")
        assert (header["job"], header["input"], len(header["config"])) == ("crop", str(source), 64)
        assert header["settings"]["stages"][0]["size"] == [3, 3]
        assert header["settings"]["output"]["format"] == "tiff"
        done = records(out)["sub/a.png"]
        assert done["input_hash"] == digest_file(source / "sub" / "a.png")
        assert done["output_hash"] == digest_file(out / "sub" / "a.tif")
        assert (done["output"], done["input"], done["stages"]) == (
            "sub/a.tif",
            [8, 10],
            [["blur box", [6, 8]]],
        )
        assert done["bytes_read"] == (source / "sub" / "a.png").stat().st_size
        assert done["bytes_written"] == (out / "sub" / "a.tif").stat().st_size
        assert done["seconds"] > 0
        bad = records(out)["bad.png"]
        assert (bad["status"], bad["stage"], bad["input_hash"]) == (
            "failed",
            "read",
            digest_file(source / "bad.png"),
        )
        assert "not a png image" in bad["reason"]
        assert records(out)["pipe.png"]["status"] == "skipped"
        assert report.journal == str(out / JOURNAL)

    def test_names_that_are_no_utf_8_come_back_exactly(self, pipeline, save, source, out, resume):
        name = os.fsdecode(b"\xff\n\xfe.png")
        save("a.png").rename(source / name)
        run_folder(pipeline, source, out)
        assert records(out)[name]["output"] == name
        (out / JOURNAL).read_bytes().decode("ascii")
        assert outcomes(resume()[0]) == {name: ("done", True)}

    def test_it_is_never_an_input(self, pipeline, save, source, out):
        save("a.png")
        run_folder(pipeline, source, source / "out", exclude=["out/a.png"])
        (source / "out" / ".0123456789abcdef.convpipe-tmp").touch()
        found = find_images(source, include=["*", "*.jsonl", "*.convpipe-tmp"])
        assert [path.as_posix() for path in found.images] == ["a.png", "out/a.png"]

    def test_two_runs_cannot_write_to_one_folder(self, make_pipeline, save, source, out):
        def act(pixels):
            with pytest.raises(JobError, match="another run is writing to"):
                run_folder(FakePipeline(), source, out)
            refused.append(True)

        refused = []
        save("a.png")
        assert run_folder(make_pipeline(act), source, out).done == 1
        assert refused == [True]
        assert len(lines(out)) == 2

    @pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
    def test_what_is_no_file_is_not_written_through(self, pipeline, save, source, out, tmp_path, kind):
        save("a.png")
        out.mkdir()
        if kind == "link":
            (out / JOURNAL).symlink_to(tmp_path / "elsewhere")
        elif kind == "pipe":
            os.mkfifo(out / JOURNAL)
        else:
            (out / JOURNAL).mkdir()
        with pytest.raises(JobError, match=r"the journal .* cannot be written"):
            run_folder(pipeline, source, out)
        assert not (tmp_path / "elsewhere").exists()
        assert pipeline.threads == []

    def test_lines_are_brought_to_the_disk_as_time_goes_by(self, pipeline, save, source, out, monkeypatch):
        synced = []
        for i in range(5):
            save(f"{i}.png")
        fsync = os.fsync
        monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(fsync(descriptor)))
        monkeypatch.setattr("convpipe.batch.journal.SYNC_SECONDS", 3600)
        run_folder(pipeline, source, out)
        slow = len(synced)
        monkeypatch.setattr("convpipe.batch.journal.SYNC_SECONDS", 0)
        run_folder(pipeline, source, out, overwrite=True)
        assert len(synced) - slow == slow + 5


class TestResume:
    def test_on_a_fresh_output_is_a_plain_run(self, save, out, resume):
        save("a.png")
        report, filtered = resume()
        assert (report.done, report.kept, filtered) == (1, 0, 1)

    def test_what_is_done_and_unchanged_is_kept(self, save, out, resume):
        save("a.png")
        save("b.png")
        first, _ = resume()
        written = (out / "a.png").stat()
        report, filtered = resume()
        assert (report.done, report.kept, report.exit_code, filtered) == (2, 2, 0, 0)
        assert (out / "a.png").stat() == written
        assert report.to_dict()["kept"] == 2
        assert report.sizes == first.sizes

    def test_failures_are_tried_again(self, save, source, resume):
        save("a.png")
        (source / "b.png").write_bytes(b"")
        assert resume()[0].exit_code == 1
        save("other.png").rename(source / "b.png")
        report, filtered = resume()
        assert (report.exit_code, filtered) == (0, 1)

    def test_input_changed_of_the_same_size_and_time(self, save, source, out, resume):
        path = save("a.tif")
        resume()
        before, old = path.stat(), (out / "a.tif").read_bytes()
        save("b.tif", value=9).replace(path)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert path.stat().st_size == before.st_size
        report, filtered = resume()
        assert (outcomes(report), filtered) == ({"a.tif": ("done", False)}, 1)
        assert (out / "a.tif").read_bytes() != old

    @pytest.mark.parametrize("damage", ["missing", "half", "modified", "link", "folder"])
    def test_output_that_is_not_what_was_written(self, save, out, tmp_path, resume, damage):
        save("a.png")
        save("b.png")
        resume()
        path = out / "a.png"
        whole = path.read_bytes()
        if damage == "half":
            path.write_bytes(whole[: len(whole) // 2])
        elif damage == "modified":
            path.write_bytes(whole[:-1] + b"?")
        else:
            path.rename(tmp_path / "moved")
            if damage == "link":
                path.symlink_to(tmp_path / "moved")
            elif damage == "folder":
                path.mkdir()
        report, filtered = resume()
        assert filtered == 1
        if damage == "folder":  # which nothing may replace
            assert outcomes(report) == {"a.png": ("failed", False), "b.png": ("done", True)}
            return
        assert outcomes(report) == {"a.png": ("done", False), "b.png": ("done", True)}
        assert path.read_bytes() == whole
        assert not path.is_symlink()

    def test_a_file_of_someone_else_is_kept(self, save, source, out, resume):
        save("a.png")
        resume()
        save("b.png")
        (out / "b.png").write_bytes(b"precious")
        report, _ = resume()
        assert outcomes(report) == {"a.png": ("done", True), "b.png": ("failed", False)}
        assert report.existing == 1
        assert (out / "b.png").read_bytes() == b"precious"

    def test_a_result_whose_record_was_lost_is_found_the_same(self, save, source, out, resume):
        save("a.png")
        resume()
        (out / JOURNAL).unlink()
        written = (out / "a.png").stat()
        assert outcomes(resume()[0]) == {"a.png": ("done", False)}
        found = (out / "a.png").stat()
        assert (found.st_ino, found.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)

    def test_a_plain_run_after_it_does_not_forget(self, save, source, out, resume):
        save("a.png")
        resume()
        assert resume(resume=False)[0].existing == 1
        assert resume()[0].kept == 1


class TestAnotherJob:
    def test_config(self, save, out, resume):
        save("a.png")
        resume()
        other = FakePipeline()
        other.stages = [stage("blur", "box", size=5, padding=1)]
        with pytest.raises(JobError, match=r"another job: its stages or output .* are others.*--overwrite"):
            resume(other)
        with pytest.raises(JobError, match="another job"):
            resume(quality=50)
        assert other.threads == []
        report, filtered = resume(other, overwrite=True)
        assert (report.exit_code, report.kept, filtered) == (0, 0, 1)
        assert resume(other)[0].kept == 1

    def test_names_of_stages_are_no_difference(self, save, resume):
        save("a.png")
        resume()
        renamed = FakePipeline()
        renamed.stages = [stage("blur", "box", size=3, padding=0, name="soft")]
        assert resume(renamed)[0].kept == 1

    def test_version(self, save, resume, monkeypatch):
        save("a.png")
        resume()
        monkeypatch.setattr(identity, "__version__", "9.9")
        with pytest.raises(JobError, match=r"convpipe 0\.1\.0 wrote it, this is 9\.9"):
            resume()

    def test_backend(self, save, resume):
        save("a.png")
        resume()
        other = FakePipeline()
        other.backend = "cuda"
        with pytest.raises(JobError, match="written on cpu, not cuda"):
            resume(other)

    def test_two_jobs_share_a_folder(self, save, source, out, resume):
        save("a.png")
        save("b.png")
        resume(include=["a.*"])
        resume(include=["b.*"], compression=3, overwrite=True)
        assert resume(include=["a.*"])[0].kept == 1
        assert resume(include=["b.*"], compression=3)[0].kept == 1

    def test_results_that_another_job_replaced_stay_its_own(self, save, out, resume):
        save("a.png", (30, 30))
        resume()
        mine = (out / "a.png").read_bytes()
        resume(compression=0, overwrite=True)
        others = (out / "a.png").read_bytes()
        assert others != mine
        with pytest.raises(JobError, match="results of another job"):
            resume()
        save("b.png", (30, 30))
        resume(include=["b.png"])
        report, _ = resume()  # one is this job's, one is not
        assert outcomes(report) == {"a.png": ("failed", False), "b.png": ("done", True)}
        assert report.existing == 1
        assert report.warnings == (
            "results of another run are in the way (its stages or output options are others); they stay "
            "without --overwrite",
        )
        assert (out / "a.png").read_bytes() == others
        assert outcomes(resume(overwrite=True)[0]) == {"a.png": ("done", False), "b.png": ("done", True)}
        assert (out / "a.png").read_bytes() == mine

    def test_results_of_another_input_stay_unless_their_content_is_the_same(self, save, source, out, resume):
        for name in ("a.png", "b.png"):
            save(name)
        resume()
        other = source.parent / "other"
        shutil.copytree(source, other)
        assert run_folder(FakePipeline(), other, out, resume=True).kept == 2  # as after the folder was moved
        write(other / "a.png", np.full((8, 10), 99, np.uint8), overwrite=True)
        before = (out / "a.png").read_bytes()
        report = run_folder(FakePipeline(), other, out, resume=True)
        assert outcomes(report) == {"a.png": ("failed", False), "b.png": ("done", True)}
        assert report.warnings == (
            f"results of another run are in the way (it filtered another input, {str(source)!r}); they stay "
            "without --overwrite",
        )
        assert (out / "a.png").read_bytes() == before
        assert run_folder(FakePipeline(), other, out, resume=True, overwrite=True).done == 2
        assert (out / "a.png").read_bytes() != before

    def test_one_input_by_two_paths_is_one(self, save, source, out, resume, tmp_path):
        save("a.png")
        resume()
        (tmp_path / "alias").symlink_to(source)
        save_again(source / "a.png", 30)
        assert outcomes(run_folder(FakePipeline(), tmp_path / "alias", out, resume=True)) == {
            "a.png": ("done", False)
        }


class TestDamagedJournal:
    def test_torn_last_line(self, save, out, resume):
        save("a.png")
        save("b.png")
        resume(workers=1)
        text = (out / JOURNAL).read_bytes()
        (out / JOURNAL).write_bytes(text[:-20])
        report, filtered = resume(workers=1)
        assert outcomes(report) == {"a.png": ("done", True), "b.png": ("done", False)}
        assert filtered == 1
        assert all(json.loads(line) for line in (out / JOURNAL).read_bytes().splitlines())

    @pytest.mark.parametrize(
        "damage",
        [b"\0" * 50, b"[]", b"1", b'"journal"', b'{"journal": 1}', b'{"path": 1, "status": "done"}',
         b'{"path": "a.png", "status": "fine"}', b"[" * 50_000, b"\xff\xfe", b""],
    )  # fmt: skip
    def test_records_behind_a_damaged_line_do_not_count(self, save, out, resume, damage):
        save("a.png")
        resume()
        header, record = (out / JOURNAL).read_bytes().splitlines()
        (out / JOURNAL).write_bytes(b"\n".join([header, damage, record, b""]))
        assert outcomes(resume()[0]) == {"a.png": ("done", False)}
        assert resume()[0].kept == 1

    @pytest.mark.parametrize(
        ("name", "value"),
        [("bytes_written", "9"), ("bytes_written", -1), ("bytes_written", True), ("pages", 1.5),
         ("seconds", "x"),
         ("seconds", float("inf")), ("input", [8]), ("input", [8, "10"]), ("input", 8), ("stages", [["a"]]),
         ("stages", "blur"), ("stages", [["a", [1, 2, 3]]]), ("notes", "text"), ("notes", [1]), ("output", 7),
         ("input_hash", []), ("quarantined", "no"), ("kept", 1), ("nans", None), ("reason", {}), ("new", 1),
         ("status", "fine"), ("status", []), ("path", None), ("beside", {}), ("beside", ["small"]),
         ("beside", [{"name": "small"}]), ("beside", [{**SMALL, "output": 7}]),
         ("beside", [{**SMALL, "x": 1}]), ("beside", [{**SMALL, "output_hash": None}])],
    )  # fmt: skip
    def test_a_record_of_wrong_types_is_ignored_and_told(self, save, out, resume, name, value):
        save("a.png")
        resume()
        header, record = (json.loads(line) for line in (out / JOURNAL).read_text().splitlines())
        (out / JOURNAL).write_text(json.dumps(header) + "\n" + json.dumps({**record, name: value}) + "\n")
        report, filtered = resume()
        assert (outcomes(report), filtered) == ({"a.png": ("done", False)}, 1)
        assert report.warnings == ("damaged lines of the journal: 1, ignored; their images are done again",)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("journal", "2"), ("journal", True), ("convpipe", 1), ("config", None), ("input", [])],
    )
    def test_so_is_a_header_and_all_behind_it(self, save, out, resume, name, value):
        save("a.png")
        resume()
        header, record = (json.loads(line) for line in (out / JOURNAL).read_text().splitlines())
        (out / JOURNAL).write_text(json.dumps({**header, name: value}) + "\n" + json.dumps(record) + "\n")
        report, filtered = resume()
        assert (outcomes(report), filtered) == ({"a.png": ("done", False)}, 1)
        assert report.warnings[0].startswith("damaged lines of the journal: 2,")

    def test_a_torn_line_longer_than_a_block(self, save, out, resume):
        save("a.png")
        resume()
        whole = (out / JOURNAL).read_bytes()
        (out / JOURNAL).write_bytes(whole + b"x" * 200_000)
        assert resume()[0].kept == 1
        assert (out / JOURNAL).read_bytes().startswith(whole + b'{"journal"')

    def test_nothing_but_a_torn_line(self, save, out, resume):
        save("a.png")
        out.mkdir()
        (out / JOURNAL).write_bytes(b'{"journal"')
        assert resume()[0].done == 1


class TestPast:
    MINE, OTHER = (Maker(Identity(2, "0", config, "cpu"), "/in") for config in ("mine", "other"))

    def line(self, name, maker=MINE, status="done", **more):
        output = {"output": name, "output_hash": f"hash of {name}"} if status == "done" else {}
        return Line("j", b"", "", {}, maker, ImageResult(name, status, **output, **more))

    def test_what_it_sends_of_an_image_is_what_it_knows_of_it(self):
        names = ["a.png", "b.png", "b-000.png", "b-001.png", "b-old-000.png", "c.png"]
        lines = [self.line(name) for name in names]
        lines += [self.line("b-001.png", self.OTHER), self.line("a.png", status="failed")]
        targets = [(Path("a.png"), False), (Path("b.png"), True)]
        past = read_past(iter(lines), self.MINE, targets, overwrite=False)
        assert past.others == "its stages or output options are others"
        sent = pickle.loads(pickle.dumps(past.of(Path("a.png"), targets)))
        for name in ("a.png", "b-000.png", "b-001.png"):
            assert past.made(Path(name)) == sent.made(Path(name)) == (name != "b-001.png")
        for name in ("c.png", "b-old-000.png"):  # which are of other images
            assert (past.made(Path(name)), sent.made(Path(name))) == (True, False)
        for known in (past, sent):
            assert known.settled(Path("b.png"), ("x", None), None, {}) is None

    def test_very_many_images_take_no_memory_for_each(self):
        count = 3_000
        names = [f"a folder of a long name/{at:04}.png" for at in range(count)]

        def most():
            targets = ((Path(name), False) for name in names)
            lines = (self.line(name, input_hash="0" * 64, reason=f"{name} it is") for name in names)
            tracemalloc.start()
            try:
                past = read_past(lines, self.MINE, targets, overwrite=False)
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
                assert past.made(Path(names[-1]))

        # Twice, as Python's table of the parts of paths may grow once. As objects a record takes a kilobyte.
        assert min(most(), most()) < 50 * count


def test_no_line_follows_half_of_one(tmp_path, monkeypatch):
    written = Journal(Folder(tmp_path))
    written.begin(Maker(Identity(2, "0", "c", "cpu"), "/in"))
    whole = (tmp_path / JOURNAL).read_bytes()
    write = os.write

    def full(descriptor, data):
        if len(data) > 5:
            return write(descriptor, data[:5])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            written.append(ImageResult("a.png", "skipped"))
    with pytest.raises(OSError, match="earlier line"):
        written.append(ImageResult("b.png", "skipped"))
    written.close()
    assert (tmp_path / JOURNAL).read_bytes().startswith(whole)
    assert b"b.png" not in (tmp_path / JOURNAL).read_bytes()


def test_a_link_to_the_very_bytes_is_not_the_result(tmp_path):
    content = b"x" * 100
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "b").symlink_to("./" * 49 + "/a")  # of the same size, as links have the size of their text
    assert os.lstat(tmp_path / "b").st_size == 100
    digest = digest_file(tmp_path / "b")
    with FolderDestination(Folder(tmp_path)) as there:
        assert there.holds(Path("a"), 100, digest)
        assert not there.holds(Path("b"), 100, digest)


def test_input_changed_in_mid_run(make_pipeline, save, source, out, resume):
    """Its hash is of the bytes that were decoded, or the image fails; a later change is redone."""
    path = save("a.png")
    report = run_folder(make_pipeline(lambda _: save_again(path, 30)), source, out)
    assert report.results[0].input_hash != digest_file(path)
    assert outcomes(resume()[0]) == {"a.png": ("done", False)}
    assert images.read(out / "a.png").pixels[0, 0] == 30


def test_input_changed_while_it_is_read(pipeline, save, source, out, monkeypatch):
    path = save("a.png")
    read = images.OpenImage.read_page

    def slow(*args, **options):
        image = read(*args, **options)
        save_again(path, 30)
        return image

    monkeypatch.setattr(images.OpenImage, "read_page", slow)
    report = run_folder(pipeline, source, out)
    assert report.failures[0].reason == "the file was changed while it was read"
    assert not (out / "a.png").exists()


def test_input_that_vanishes_while_it_is_read(pipeline, save, source, out, monkeypatch):
    path = save("a.png")
    read = images.OpenImage.read_page

    def last(*args, **options):
        image = read(*args, **options)
        path.unlink()
        return image

    monkeypatch.setattr(images.OpenImage, "read_page", last)
    report = run_folder(pipeline, source, out)
    assert report.failures[0].reason == "the file was changed while it was read"


def save_again(path, value):
    write(path, np.full((8, 10), value, np.uint8), overwrite=True)


def test_vanished_input(pipeline, save, source, out, monkeypatch):
    save("a.png")
    save("b.png")
    open_image = images.open_image

    def vanish(path, *args, **options):
        (source / "b.png").unlink(missing_ok=True)
        return open_image(path, *args, **options)

    monkeypatch.setattr(images, "open_image", vanish)
    report = run_folder(pipeline, source, out, workers=1)
    assert [(result.path, result.reason) for result in report.failures] == [
        ("b.png", "cannot open: No such file or directory")
    ]


def test_composed_and_decomposed_names(pipeline, source, save, out):
    """One normal form alone is an input as any other, whichever it is; its result has the very same bytes."""
    for form in ("NFC", "NFD"):
        name = unicodedata.normalize(form, "für.png")
        save(name)
        report = run_folder(pipeline, source, out / form)
        assert report.exit_code == 0
        assert os.listdir(out / form / "") == [JOURNAL, name] or name in os.listdir(out / form)
        (source / name).unlink()
