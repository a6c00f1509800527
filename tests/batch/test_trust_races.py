"""Between a check and the use that it was made for: files swapped, links planted, folders gone."""

import errno
import os
import shutil

import numpy as np
import pytest
from fakes import FakePipeline, cropped

from convpipe import images
from convpipe.batch import JOURNAL, run_folder, state
from convpipe.errors import JobError
from convpipe.images import Folder, OutsideError, digest_file, folder, write

PARTS = [True, pytest.param(False, id="by path")]
"""Whether names are taken relative to open folders, as POSIX can, or as paths."""

relative_only = pytest.mark.skipif(not folder.RELATIVE, reason="needs names relative to open folders")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def away(tmp_path):
    (tmp_path / "away").mkdir()
    return tmp_path / "away"


@pytest.fixture(params=PARTS)
def relative(request, monkeypatch):
    monkeypatch.setattr(folder, "RELATIVE", folder.RELATIVE and request.param)


def reasons(report):
    return {each.path: each.reason for each in report.results}


ISOLATE = [False, pytest.param(True, marks=pytest.mark.skipif(os.name != "posix", reason="needs POSIX"))]


class TestOutput:
    @pytest.mark.parametrize("there", [False, True])
    def test_a_folder_swapped_for_a_link_is_not_written_through(
        self, make_pipeline, save, source, out, away, relative, there
    ):
        def swap(pixels):
            if there:
                (out / "sub").rename(out / "moved")
            (out / "sub").symlink_to(away)

        save("sub/a.png")
        (out / "sub" if there else out).mkdir(parents=True)
        report = run_folder(make_pipeline(swap), source, out)
        assert reasons(report) == {
            "sub/a.png": f"its folder {str(out / 'sub')!r} leads out of the output folder"
        }
        assert os.listdir(away) == []

    @relative_only
    @pytest.mark.parametrize("overwrite", [False, True])
    def test_a_link_planted_while_the_file_is_written(self, save, source, out, away, monkeypatch, overwrite):
        """The name may lead elsewhere by then: what was opened is what is written to."""
        fsync = os.fsync

        def plant(descriptor):
            if (out / "sub").is_dir() and not (out / "sub").is_symlink():
                (out / "sub").rename(out / "moved")
                (out / "sub").symlink_to(away)
            fsync(descriptor)

        save("sub/a.png")
        monkeypatch.setattr(os, "fsync", plant)
        run_folder(FakePipeline(), source, out, overwrite=overwrite)
        assert os.listdir(away) == []
        assert os.listdir(out / "moved") == ["a.png"]

    def test_the_output_folder_removed(self, make_pipeline, save, source, out):
        save("a.png")
        save("b.png")
        report = run_folder(make_pipeline(lambda _: shutil.rmtree(out)), source, out, workers=1)
        assert (report.exit_code, report.done) == (1, 0)
        assert report.stopped is not None

    def test_the_output_folder_replaced_by_another(self, make_pipeline, save, source, out, tmp_path):
        def swap(pixels):
            out.rename(tmp_path / "moved")
            out.mkdir()

        save("a.png")
        report = run_folder(make_pipeline(swap), source, out)
        assert report.exit_code == 1
        assert report.stopped is not None
        if folder.RELATIVE:
            assert report.stopped == "as the output folder was removed or replaced"
            assert os.listdir(out) == []

    @pytest.mark.parametrize("last", [False, True])
    def test_the_journal_removed(self, make_pipeline, save, source, out, last):
        def remove(pixels):
            if pixels[0, 0] == 13:
                (out / JOURNAL).unlink()

        save("a.png", value=7 if last else 13)
        save("b.png", value=13 if last else 7)
        report = run_folder(make_pipeline(remove), source, out, workers=1)
        assert report.exit_code == 1
        assert report.stopped == "as the journal cannot be written (it was removed)"

    def test_a_journal_replaced_by_another(self, make_pipeline, save, source, out, monkeypatch):
        def replace():
            (out / "mine").write_bytes(b"")
            os.rename(out / "mine", out / JOURNAL)

        save("a.png")
        report = run_folder(FakePipeline(), source, out, progress=lambda *_: replace())
        assert (report.exit_code, report.stopped) == (1, "as the journal was removed or replaced")

    def test_a_journal_with_another_name_is_not_appended_to(self, save, source, out, tmp_path):
        save("a.png")
        run_folder(FakePipeline(), source, out)
        os.link(out / JOURNAL, tmp_path / "precious")
        before = (tmp_path / "precious").read_bytes()
        with pytest.raises(JobError, match=r"cannot be written: .*hard link"):
            run_folder(FakePipeline(), source, out, resume=True)
        assert (tmp_path / "precious").read_bytes() == before

    def test_a_temporary_name_that_stays_spoils_no_result(self, save, source, out, monkeypatch, files):
        def refuse(*_, **__):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        save("a.png")
        with monkeypatch.context() as patch:
            patch.setattr(os, "unlink", refuse)
            report = run_folder(FakePipeline(), source, out)
        assert (report.done, report.exit_code) == (1, 0)
        assert len(files(out)) == 2
        assert run_folder(FakePipeline(), source, out, resume=True).kept == 1
        assert files(out) == ["a.png"]


class TestInput:
    def test_an_image_swapped_for_a_link_out_of_the_folder(
        self, make_pipeline, save, source, out, away, relative
    ):
        def swap(pixels):
            (source / "b.png").unlink(missing_ok=True)
            (source / "b.png").symlink_to(away / "secret.png")

        save("a.png")
        save("b.png").rename(away / "secret.png")
        save("b.png")
        report = run_folder(make_pipeline(swap), source, out, workers=1)
        assert reasons(report) == {"a.png": None, "b.png": "cannot open: it leads out of the input folder"}
        assert not (out / "b.png").exists()

    def test_its_folder_swapped_for_a_link(self, make_pipeline, save, source, out, away, relative):
        def swap(pixels):
            if not (source / "sub").is_symlink():
                (source / "sub").rename(source / "moved")
                (source / "sub").symlink_to(away)

        save("a.png")
        shutil.copy(save("sub/b.png"), away / "b.png")
        report = run_folder(make_pipeline(swap), source, out, workers=1)
        assert reasons(report)["sub/b.png"] == "cannot open: it leads out of the input folder"

    def test_links_within_the_folder_are_followed(self, save, source, out, relative):
        save("deep/a.png")
        (source / "b.png").symlink_to("deep/a.png")
        (source / "c.png").symlink_to(source / "deep" / "a.png")
        assert run_folder(FakePipeline(), source, out).done == 3

    def test_an_image_that_was_named_may_be_a_link_to_anywhere(self, save, source, out, away):
        save("a.png").rename(away / "secret.png")
        (source / "b.png").symlink_to(away / "secret.png")
        assert run_folder(FakePipeline(), source / "b.png", out).done == 1
        assert (out / "b.png").exists()

    @pytest.mark.parametrize("isolate", ISOLATE)
    def test_one_swapped_and_swapped_back_is_decoded_as_hashed(self, save, source, out, monkeypatch, isolate):
        """Hash of the one, pixels of the other: a resume would believe that for ever."""
        first, second = save("a.png"), save("b.png", value=99)
        digest = images.digest_file

        def swap():
            os.rename(first, source / "kept")
            os.rename(second, first)

        def back():
            os.rename(first, second)
            os.rename(source / "kept", first)

        def hashed(file):
            found = digest(file)
            if os.fspath(file).endswith("a.png") and second.exists():
                swap()
            return found

        monkeypatch.setattr(images, "digest_file", hashed)
        report = run_folder(FakePipeline(), source, out, include=["a.png"], isolate=isolate, workers=1)
        monkeypatch.undo()
        back()
        (result,) = report.results
        assert result.input_hash == digest_file(first)
        if result.status == "done":
            np.testing.assert_array_equal(
                images.read(out / "a.png").pixels, cropped(images.read(first).pixels)
            )
        else:
            assert result.reason == "the file was changed while it was read"

    @pytest.mark.parametrize("more", [b"", b"more"])
    def test_one_that_grows_once_it_is_open_is_not_taken_for_its_beginning(
        self, save, source, out, monkeypatch, files, more
    ):
        path, given = save("a.png"), state.Run.open

        def opened(run, relative):
            file = given(run, relative)
            with path.open("ab") as grown:
                grown.write(more)
            return file

        monkeypatch.setattr(state.Run, "open", opened)
        report = run_folder(FakePipeline(), source, out)
        assert reasons(report) == {"a.png": "the file was changed while it was read" if more else None}
        assert files(out) == ([] if more else ["a.png"])

    def test_written_to_with_the_old_time_put_back(self, make_pipeline, save, source, out):
        path = save("a.tif")
        other = save("b.tif", value=9).read_bytes()
        (source / "b.tif").unlink()
        before = path.stat()

        def rewrite(pixels):
            path.write_bytes(other)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

        report = run_folder(make_pipeline(rewrite), source, out)
        assert len(other) == before.st_size
        assert reasons(report) == {"a.tif": "the file was changed while it was read"}


class TestFolder:
    def test_steps_lead_down_alone(self, tmp_path, relative):
        (tmp_path / "a" / "b").mkdir(parents=True)
        (tmp_path / "a" / "up").symlink_to("..")
        (tmp_path / "a" / "near").symlink_to(tmp_path / "a" / "b")
        with Folder(tmp_path / "a") as a:
            with a.below("near/c", make=True):
                assert (tmp_path / "a" / "b" / "c").is_dir()
            with pytest.raises(OutsideError):
                a.below("up")
            a.below("up/a/b").close()  # out, and in again
            with pytest.raises(FileNotFoundError):
                a.below("none")
            assert sorted(a.names()) == ["b", "near", "up"]
            assert a.exists("up")
            assert not a.exists("none")

    @relative_only
    def test_once_closed_nothing_is_reached(self, tmp_path):
        with Folder(tmp_path) as closed:
            pass
        for call in (closed.names, lambda: closed.exists("a"), lambda: closed.below("a", make=True)):
            with pytest.raises(OSError, match="closed"):
                call()

    @relative_only
    @pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="needs O_PATH")
    def test_a_drop_box_can_be_written_to(self, tmp_path):
        """Its names cannot be listed, which as root is no test but of the flags."""
        (tmp_path / "box").mkdir(mode=0o311)
        write(tmp_path / "box" / "a.png", np.zeros((3, 3), np.uint8))
        with Folder(tmp_path / "box") as box:
            assert box.exists("a.png")

    def test_files_without_a_name(self, tmp_path, monkeypatch, relative):
        for absent in (False, True):
            if absent:
                monkeypatch.delattr(os, "O_TMPFILE", raising=False)
            with Folder(tmp_path) as here, here.nameless() as file:
                file.write(b"abc")
                file.seek(0)
                assert file.read() == b"abc"
                assert os.listdir(tmp_path) == []


def test_results_are_the_same_by_path(save, source, out, tmp_path, monkeypatch):
    """As on a system that takes no names relative to open folders."""
    for name in ("a.png", "sub/deep/b.png", "c.tif"):
        save(name)
    run_folder(FakePipeline(), source, out)
    monkeypatch.setattr(folder, "RELATIVE", False)
    report = run_folder(FakePipeline(), source, tmp_path / "plain")
    assert (report.done, report.exit_code) == (3, 0)
    assert run_folder(FakePipeline(), source, tmp_path / "plain", resume=True).kept == 3
    for result in report.results:
        assert (out / result.output).read_bytes() == (tmp_path / "plain" / result.output).read_bytes()
