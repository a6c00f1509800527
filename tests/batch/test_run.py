"""Runs over folders: one bad image never stops the rest, and nothing is left half done."""

import errno
import os
import pickle
import signal
import threading
import time

import numpy as np
import pytest
from PIL import Image as Pillow

from convpipe import Pipeline, images, stage
from convpipe.batch import FolderJob, Terminated, run_folder
from convpipe.errors import JobError
from convpipe.images import Limits, read


def outcomes(report):
    return {result.path: (result.status, result.stage, result.reason) for result in report.results}


def test_good_and_bad(pipeline, save, source, tmp_path, files):
    save("a.png")
    save("sub/b.tif", (9, 9, 3), "uint16", 40_000)
    save("tiny.png", (2, 2))
    (source / "empty.png").touch()
    (source / "text.jpg").write_text("not an image")
    (source / "cut.png").write_bytes(save("whole.png", (50, 50)).read_bytes()[:-20])
    (source / "folder.png").mkdir()
    report = run_folder(pipeline, source, tmp_path / "out", name="crop", workers=2)
    assert (report.images, report.done, report.failed, report.skipped) == (8, 3, 4, 1)
    assert report.exit_code == 1
    assert [result.path for result in report.results if result.status != "skipped"] == sorted(
        ["a.png", "cut.png", "empty.png", "sub/b.tif", "text.jpg", "tiny.png", "whole.png"]
    )
    stages = {path: stage for path, (_, stage, _) in outcomes(report).items() if stage}
    assert stages == {"cut.png": "read", "empty.png": "read", "text.jpg": "read", "tiny.png": "blur box"}
    assert "window spans 3 rows" in outcomes(report)["tiny.png"][2]
    assert files(tmp_path / "out") == ["a.png", "sub/b.tif", "whole.png"]
    result = read(tmp_path / "out" / "sub" / "b.tif").pixels
    np.testing.assert_array_equal(result, np.full((7, 7, 3), 40_000, np.uint16))


def test_report_counts_bytes_and_sizes(pipeline, save, source, tmp_path):
    paths = [save("a.png"), save("b.png"), save("c.png", (20, 30))]
    report = run_folder(pipeline, source, tmp_path / "out", workers=1)
    assert report.bytes_read == sum(path.stat().st_size for path in paths)
    assert report.bytes_written == sum(path.stat().st_size for path in (tmp_path / "out").glob("*.png"))
    assert [(group.input, group.count, group.stages) for group in report.sizes] == [
        ((8, 10), 2, (("blur box", (6, 8)),)),
        ((20, 30), 1, (("blur box", (18, 28)),)),
    ]
    assert report.megapixels == pytest.approx((80 + 80 + 600) / 1e6)


def test_size_after_orientation(pipeline, source, tmp_path):
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.new("L", (10, 8)).save(source / "a.jpg", exif=exif)
    report = run_folder(pipeline, source, tmp_path / "out")
    assert report.sizes[0].input == (10, 8)
    assert report.sizes[0].stages == (("blur box", (8, 6)),)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "not enough memory"),
        (ZeroDivisionError("one\nline \x1b[31m"), r"ZeroDivisionError: one\nline \x1b[31m"),
    ],
)
def test_any_exception_fails_its_image_alone(make_pipeline, save, source, tmp_path, files, error, reason):
    def act(pixels):
        if pixels[0, 0] == 13:
            raise error

    save("a.png")
    save("b.png", value=13)
    save("c.png")
    report = run_folder(make_pipeline(act), source, tmp_path / "out", workers=1)
    assert outcomes(report)["b.png"] == ("failed", "filter", reason)
    assert files(tmp_path / "out") == ["a.png", "c.png"]


def test_failed_write_leaves_nothing(pipeline, save, source, tmp_path, files, monkeypatch):
    def broken(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    save("sub/a.png")
    monkeypatch.setattr("convpipe.images.atomic._publish", broken)
    report = run_folder(pipeline, source, tmp_path / "out")
    assert outcomes(report)["sub/a.png"] == ("failed", "write", "cannot write: Input/output error")
    assert files(tmp_path / "out") == []


def test_limits(pipeline, save, source, tmp_path):
    save("a.png", (100, 100))
    report = run_folder(pipeline, source, tmp_path / "out", limits=Limits(max_pixels=99))
    assert outcomes(report)["a.png"][:2] == ("failed", "read")


class TestOutputs:
    def test_existing_ones_are_kept_and_found_before_decoding(self, pipeline, save, source, tmp_path):
        save("a.png")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "a.png").write_text("precious")
        report = run_folder(pipeline, source, tmp_path / "out")
        status, stage, reason = outcomes(report)["a.png"]
        assert (status, stage) == ("failed", "write")
        assert "exists" in reason
        assert (tmp_path / "out" / "a.png").read_text() == "precious"
        assert pipeline.threads == []

    def test_overwrite_replaces_a_link_and_never_follows_it(self, pipeline, save, source, tmp_path):
        save("a.png")
        (tmp_path / "out").mkdir()
        (tmp_path / "precious").write_text("precious")
        (tmp_path / "out" / "a.png").symlink_to(tmp_path / "precious")
        assert run_folder(pipeline, source, tmp_path / "out", overwrite=True).exit_code == 0
        assert (tmp_path / "precious").read_text() == "precious"
        assert not (tmp_path / "out" / "a.png").is_symlink()

    def test_folder_linked_out_of_the_output(self, pipeline, save, source, tmp_path, files):
        save("sub/deep/a.png")
        (tmp_path / "out").mkdir()
        (tmp_path / "away").mkdir()
        (tmp_path / "out" / "sub").symlink_to(tmp_path / "away")
        report = run_folder(pipeline, source, tmp_path / "out", overwrite=True)
        assert outcomes(report)["sub/deep/a.png"][1] == "write"
        assert not any((tmp_path / "away").iterdir())

    def test_pixels_the_format_cannot_hold_are_refused_before_decoding(
        self, pipeline, save, source, tmp_path, monkeypatch
    ):
        save("a.tif", dtype="float32")
        monkeypatch.setattr(images, "read", lambda *_, **__: pytest.fail("decoded"))
        report = run_folder(pipeline, source, tmp_path / "out", format="jpeg")
        assert outcomes(report)["a.tif"][:2] == ("failed", "write")
        assert "jpeg cannot hold float32" in outcomes(report)["a.tif"][2]
        assert not any((tmp_path / "out").glob("*.*[!l]"))

    def test_format_and_quality(self, pipeline, save, source, tmp_path):
        save("a.png", (64, 64), value=99)
        for quality in (10, 95):
            out = tmp_path / str(quality)
            report = run_folder(pipeline, source, out, format="jpeg", quality=quality, compression=9)
            assert report.exit_code == 0
            with Pillow.open(out / "a.jpg") as result:
                assert (result.format, result.size) == ("JPEG", (62, 62))
        assert (tmp_path / "10" / "a.jpg").read_bytes() != (tmp_path / "95" / "a.jpg").read_bytes()

    def test_clash_stops_the_job_before_any_work(self, pipeline, save, source, tmp_path):
        save("a.png")
        save("a.tif")
        with pytest.raises(JobError, match=r"'a\.png' and 'a\.tif' both become 'a\.png'"):
            run_folder(pipeline, source, tmp_path / "out", format="png")
        assert pipeline.threads == []


class TestConcurrency:
    def test_images_in_hand_are_bounded_and_results_in_order(self, make_pipeline, save, source, tmp_path):
        pipeline = make_pipeline(lambda pixels: time.sleep(0.02))
        names = [save(f"{i:02}.png").name for i in range(12)]
        seen = []
        report = run_folder(
            pipeline, source, tmp_path / "out", workers=3, progress=lambda *args: seen.append(args)
        )
        assert 2 <= pipeline.most_in_hand <= 3
        assert [result.path for result in report.results] == names
        assert [(finished, total) for finished, total, _ in seen] == [(i + 1, 12) for i in range(12)]
        assert sorted(result.path for _, _, result in seen) == names
        assert report.threads == 3

    def test_many_images_get_a_thread_each_and_one_gets_all(self, make_pipeline, save, source, tmp_path):
        save("a.png", (1024, 1024))
        one, many = make_pipeline(), make_pipeline()
        run_folder(one, source, tmp_path / "one", workers=4)
        save("b.png")
        run_folder(many, source, tmp_path / "many", workers=4)
        assert one.threads == [None]
        assert many.threads == [1, 1]

    def test_one_small_image_gets_one_thread(self, pipeline, save, source, tmp_path):
        save("a.png", (1023, 1024))
        run_folder(pipeline, source, tmp_path / "out", workers=4)
        assert pipeline.threads == [1]

    def test_no_image(self, pipeline, source, tmp_path):
        report = run_folder(pipeline, source, tmp_path / "out")
        assert (report.images, report.exit_code) == (0, 0)

    def test_folder_that_cannot_be_listed_is_a_failure(self, pipeline, save, source, tmp_path, monkeypatch):
        save("a.png")
        (source / "locked").mkdir()
        scandir = os.scandir

        def refuse(path):
            if os.path.basename(path) == "locked":
                raise PermissionError(13, "Permission denied")
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)
        report = run_folder(pipeline, source, tmp_path / "out")
        assert outcomes(report)["locked"][:2] == ("failed", "read")
        assert (report.done, report.exit_code) == (1, 1)


class TestInterrupt:
    @pytest.mark.parametrize(("kind", "code"), [(KeyboardInterrupt, 130), (Terminated, 143)])
    def test_images_not_begun_are_dropped(self, pipeline, save, source, tmp_path, files, kind, code):
        for i in range(20):
            save(f"{i:02}.png")

        def progress(finished, total, result):
            if finished == 3:
                raise kind

        report = run_folder(pipeline, source, tmp_path / "out", workers=2, progress=progress)
        assert report.interrupted == report.exit_code == code
        assert report.images == 20
        assert report.done + report.unfinished == 20
        assert 3 <= report.done < 20
        assert files(tmp_path / "out") == [result.path for result in report.results]

    def test_image_in_hand_is_dropped_before_its_result_is_written(
        self, make_pipeline, save, source, tmp_path, files
    ):
        for i in range(6):
            save(f"{i}.png")
        entered, stopped = threading.Barrier(2), threading.Event()

        def act(pixels):
            if threading.current_thread() in blocked:
                return
            blocked.add(threading.current_thread())
            entered.wait(10)
            stopped.wait(10)

        blocked = set()

        def interrupt():
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)
            stopped.set()

        thread = threading.Thread(target=interrupt)
        thread.start()
        report = run_folder(make_pipeline(act), source, tmp_path / "out", workers=2)
        thread.join()
        assert (report.exit_code, report.done, report.unfinished) == (130, 0, 6)
        assert files(tmp_path / "out") == []

    def test_error_in_the_callers_progress_ends_the_run_cleanly(
        self, pipeline, save, source, tmp_path, files
    ):
        for i in range(20):
            save(f"{i:02}.png")

        def progress(finished, total, result):
            raise BrokenPipeError

        with pytest.raises(BrokenPipeError):
            run_folder(pipeline, source, tmp_path / "out", workers=1, progress=progress)
        assert 1 <= len(files(tmp_path / "out")) < 20
        assert not [name for name in files(tmp_path / "out") if name.endswith("tmp")]


def test_odd_names(pipeline, save, source, tmp_path, files):
    odd = ["-rf.png", "a\nb.png", "[x].png", "n" * 251 + ".png", os.fsdecode(b"\xff\xfe.png")]
    whole = save("template.png").read_bytes()
    for name in odd:
        (source / name).write_bytes(whole)
    report = run_folder(pipeline, source, tmp_path / "out")
    assert report.exit_code == 0
    assert files(tmp_path / "out") == sorted([*odd, "template.png"])


def test_file_that_changes_between_header_and_pixels(pipeline, save, source, tmp_path, monkeypatch):
    other = read(save("other.png", (30, 30)))
    (source / "other.png").unlink()
    save("a.png")
    monkeypatch.setattr(images.OpenImage, "read_page", lambda _: other)
    report = run_folder(pipeline, source, tmp_path / "out")
    assert outcomes(report)["a.png"] == ("failed", "read", "the file was changed while it was read")


def test_a_job_is_a_value(tmp_path):
    job = FolderJob(
        str(tmp_path), tmp_path / "out", include=["*.png"], limits=Limits(max_pixels=9), memory=10**9
    )
    assert pickle.loads(pickle.dumps(job)) == job
    assert hash(job) == hash(pickle.loads(pickle.dumps(job)))
    assert (job.input, job.include) == (tmp_path, ("*.png",))
    with pytest.raises(TypeError, match="unexpected keyword"):
        FolderJob("a", "b", overwite=True)


def test_a_warning_is_said_once_whatever_the_sizes(tmp_path):
    (tmp_path / "in").mkdir()
    for side in (11, 12, 13):
        images.write(tmp_path / "in" / f"{side}.png", np.zeros((side, 2 * side), np.uint8))
    run = Pipeline([stage("geometry", "resize", longest=7), stage("sharpen", "unsharp", sigma=1)])
    report = run.run_folder(tmp_path / "in", tmp_path / "out")
    (said,) = report.warnings
    assert "saturates" in said
