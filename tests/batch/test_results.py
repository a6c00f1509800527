"""Several results of each image: all of them done, or the image is not."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from fakes import FakePipeline, SeveralPipeline, cropped

from convpipe.batch import JOURNAL, Found, find_images, outputs, run_folder
from convpipe.batch.results import Result
from convpipe.errors import JobError
from convpipe.images import (
    EXISTS,
    Encoding,
    Metadata,
    Page,
    digest_file,
    encode_pages,
    read,
    read_pages,
    write,
)
from convpipe.report import to_html

ISOLATE = [False, pytest.param(True, marks=pytest.mark.skipif(os.name != "posix", reason="needs POSIX"))]
NAMED = b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x04\0\0\0abc\0\0\0\0\0"
"""EXIF of one field, the maker of a camera."""

TIFF = {"outputs": {"small": {"format": "tiff"}}}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def run(source, out):
    """Run a folder job of two results."""

    def call(pipeline=None, **options):
        return run_folder(pipeline or SeveralPipeline(), source, out, **{"workers": 1, **options})

    return call


def reasons(report):
    return {each.path: each.reason for each in report.results}


@pytest.mark.parametrize("isolate", ISOLATE)
def test_each_has_its_folder_its_format_and_its_geometry(source, out, run, files, rng, isolate):
    pixels = rng.integers(0, 256, (9, 12), dtype=np.uint8)
    (source / "sub").mkdir()
    write(source / "sub" / "a.png", Page(pixels, metadata=Metadata(resolution=(300, 300))))
    report = run(isolate=isolate, **TIFF)
    assert (report.done, report.exit_code) == (1, 0)
    assert files(out) == ["small/sub/a.tif", "sub/a.png"]
    small, last = read(out / "small" / "sub" / "a.tif"), read(out / "sub" / "a.png")
    np.testing.assert_array_equal(small.pixels, cropped(pixels))
    np.testing.assert_array_equal(last.pixels, cropped(pixels)[::2, ::2])
    assert small.metadata.resolution[0] == pytest.approx(300, rel=1e-3)
    assert last.metadata.resolution[0] == pytest.approx(150, rel=1e-3)
    assert report.losses.nans == 3


def test_the_record_has_the_content_of_all(save, out, run):
    save("a.png")
    report = run(**TIFF)
    _, record = (json.loads(line) for line in (out / JOURNAL).read_text().splitlines())
    assert (record["output"], record["output_hash"]) == ("a.png", digest_file(out / "a.png"))
    small = out / "small" / "a.tif"
    assert record["beside"] == [
        {
            "name": "small",
            "output": "small/a.tif",
            "bytes_written": small.stat().st_size,
            "output_hash": digest_file(small),
        }
    ]
    assert report.bytes_written == small.stat().st_size + (out / "a.png").stat().st_size


def test_what_is_not_said_of_one_is_as_of_the_last(save, out, run, files):
    save("a.png")
    run(format="tiff", outputs={"small": Encoding(compression=6)})
    assert files(out) == ["a.tif", "small/a.tif"]


def test_the_report_says_where_each_is(save, out, run):
    save("a.png")
    report = run()
    assert report.to_dict()["outputs"] == [
        {"name": "small", "path": str(out / "small")},
        {"name": "result", "path": str(out)},
    ]
    assert f"small in {out / 'small'}, result in {out}" in to_html([report])


@pytest.mark.parametrize("isolate", ISOLATE)
def test_pages_are_read_and_filtered_once(source, out, run, rng, isolate):
    pages = [rng.integers(0, 256, (8 + 2 * at, 10), dtype=np.uint8) for at in range(3)]
    described = [Page(page, metadata=Metadata(resolution=(100, 100))) for page in pages]
    encode_pages(described).save(source / "stack.tif")
    pipeline = SeveralPipeline()
    report = run(pipeline, isolate=isolate)
    assert (report.done, report.pages, len(pipeline.threads), report.losses.nans) == (1, 3, 3, 9)
    for folder, step in ((out / "small", 1), (out, 2)):
        found = list(read_pages(folder / "stack.tif"))
        for page, image in zip(pages, found, strict=True):
            np.testing.assert_array_equal(image.pixels, cropped(page)[::step, ::step])
            assert image.metadata.resolution[0] == pytest.approx(100 / step)


@pytest.mark.parametrize(
    ("image", "dtype", "format"),
    [
        ({"dtype": "uint16"}, None, "jpeg"),
        ({}, "float32", "png"),
        ({"shape": (3, 16_390)}, None, "webp"),  # half of it would do
    ],
)
def test_a_format_that_cannot_hold_one_is_refused_before_decoding(
    save, out, run, files, image, dtype, format
):
    save("a.tif", **image)
    pipeline = SeveralPipeline(dtype=dtype)
    report = run(pipeline, outputs={"small": {"format": format}})
    assert report.failures[0].reason.startswith(f"small: {format} ")
    assert (pipeline.threads, files(out)) == ([], [])


def test_notes_say_of_which_result_they_are(source, run):
    write(source / "a.png", Page(np.zeros((8, 9), np.uint8), metadata=Metadata(exif=NAMED)))
    (result,) = run(outputs={"small": {"format": "bmp"}}).results
    assert result.notes == ("small: bmp cannot hold EXIF; dropped",)


def test_what_one_can_saturate_is_said(save, run):
    save("a.tif", dtype="uint16")
    (warning,) = run(SeveralPipeline(dtype="uint8")).warnings
    assert warning.startswith("stage 0 (small): of uint16 images")


class TestTogether:
    """An image is done when all its results are."""

    @pytest.mark.parametrize("name", ["small/a.png", "a.png"])
    def test_one_that_exists_leaves_the_others_unmade(self, save, out, run, files, name):
        save("a.png")
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(b"mine")
        pipeline = SeveralPipeline()
        report = run(pipeline)
        assert (report.existing, report.exit_code, pipeline.threads) == (1, 1, [])
        assert files(out) == [name]
        assert run(overwrite=True).done == 1
        assert files(out) == ["a.png", "small/a.png"]
        assert (out / name).read_bytes() != b"mine"

    @pytest.mark.parametrize("name", ["small/a.png", "a.png"])
    @pytest.mark.parametrize("resume", [False, True])
    def test_one_whose_name_is_taken_in_the_meantime(self, save, out, run, files, name, resume):
        def take(pixels):
            (out / name).parent.mkdir(exist_ok=True)
            (out / name).write_bytes(b"mine")

        save("a.png")
        assert reasons(run(SeveralPipeline(take), resume=resume)) == {"a.png": EXISTS}
        assert files(out) == [name]
        assert (out / name).read_bytes() == b"mine"

    def test_a_disk_that_is_full_for_the_second_leaves_none(self, save, out, run, files, monkeypatch):
        fsync, count = os.fsync, []

        def fill(descriptor):
            count.append(descriptor)
            if len(count) == 3:  # the journal, the first result, the second
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fsync(descriptor)

        save("a.png")
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fill)
            report = run()
        assert (report.done, report.exit_code) == (0, 1)
        assert "cannot write" in report.failures[0].reason
        assert report.stopped is not None
        assert files(out) == []

    def test_an_end_between_their_names_leaves_the_image_not_done(self, save, out, run, files, monkeypatch):
        link = os.link

        def linked_once(*args, **options):
            if (out / "small" / "a.png").exists():
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            link(*args, **options)

        save("a.png")
        with monkeypatch.context() as patch:
            patch.setattr(os, "link", linked_once)
            assert run().failed == 1
        assert files(out) == ["small/a.png"]
        report = run(resume=True)
        assert (report.done, report.kept) == (1, 0)
        assert files(out) == ["a.png", "small/a.png"]
        assert run(resume=True).kept == 1


class TestResume:
    @pytest.mark.parametrize("name", ["small/a.png", "a.png"])
    @pytest.mark.parametrize("harm", ["missing", "changed", "half", "link"])
    def test_one_that_is_not_as_it_was_made_makes_the_image_again(self, save, out, run, tmp_path, name, harm):
        save("a.png")
        save("b.png")
        run()
        path, whole = out / name, (out / name).read_bytes()
        path.unlink()
        if harm == "link":
            (tmp_path / "elsewhere").write_bytes(whole)
            path.symlink_to(tmp_path / "elsewhere")
        elif harm != "missing":
            path.write_bytes(whole[:-1] + b"x" if harm == "changed" else whole[: len(whole) // 2])
        pipeline = SeveralPipeline()
        report = run(pipeline, resume=True)
        assert {each.path: (each.status, each.kept) for each in report.results} == {
            "a.png": ("done", False),
            "b.png": ("done", True),
        }
        assert len(pipeline.threads) == 1
        assert path.read_bytes() == whole
        assert not path.is_symlink()

    def test_a_changed_image_replaces_all(self, save, source, out, run):
        save("a.png")
        run()
        (source / "a.png").unlink()
        save("a.png", value=9)
        assert run(resume=True).written == 1
        for folder in (out, out / "small"):
            assert (read(folder / "a.png").pixels == 9).all()

    def test_a_record_that_lacks_one_does_not_count(self, save, out, run):
        save("a.png")
        run()
        header, record = (json.loads(line) for line in (out / JOURNAL).read_text().splitlines())
        del record["beside"]
        (out / JOURNAL).write_text(json.dumps(header) + "\n" + json.dumps(record) + "\n")
        report = run(resume=True)
        assert (report.done, report.kept, report.warnings) == (1, 0, ())
        assert run(resume=True).kept == 1

    def test_what_another_job_made_of_one_stays_and_so_do_the_others(self, save, source, out, run):
        save("a.png")
        run()
        other = out.parent / "other"
        write_to = other / "small" / "a.png"
        write_to.parent.mkdir(parents=True)
        write(write_to, np.full((8, 10), 99, np.uint8))
        run_folder(FakePipeline(), other, out, overwrite=True)
        before = (out / "a.png").read_bytes(), (out / "small" / "a.png").read_bytes()
        (source / "a.png").unlink()
        save("a.png", value=9)
        report = run(resume=True)
        assert reasons(report) == {"a.png": EXISTS}
        assert ((out / "a.png").read_bytes(), (out / "small" / "a.png").read_bytes()) == before

    def test_another_encoding_of_one_is_another_job(self, save, run):
        save("a.png")
        run()
        with pytest.raises(JobError, match="another job"):
            run(resume=True, outputs={"small": {"compression": 9}})


class TestNames:
    @pytest.mark.parametrize("folder", ["small", "SMALL"])
    def test_a_folder_of_the_input_of_the_name_of_a_result(self, save, out, run, folder):
        save(f"{folder}/b.png")
        with pytest.raises(JobError, match=f"'small' go to a folder of that name.*'{folder}/b.png'"):
            run()
        assert not out.exists()
        assert run(exclude=[f"{folder}/**", "none"]).images == 0
        save("deep/small/c.png")
        assert run(exclude=[f"{folder}/**"]).done == 1

    def test_two_inputs_that_become_one_in_one_format_alone(self, save, out, run):
        save("a.png")
        save("a.tif")
        with pytest.raises(JobError, match=r"set no output format: .*both become 'small/a.tif'"):
            run(**TIFF)
        assert not out.exists()
        assert run().done == 2

    def test_an_input_of_the_name_of_a_result(self, out):
        found = Found(Path("in"), (Path("small"), Path("a.png")))
        with pytest.raises(JobError, match=r"'small' becomes 'small', a folder of 'a\.png'"):
            outputs.map_outputs(found, out, [Result("small"), Result("result")])

    def test_one_would_replace_an_input(self, save, source):
        save("a.png")
        with pytest.raises(JobError, match=r"result of 'a\.png' would replace an input"):
            outputs.map_outputs(find_images(source), source.parent, [Result("in"), Result("result")])

    def test_one_file_cannot_hold_them(self, save, source, out):
        with pytest.raises(JobError, match=r"several results \(small, result\).* 'x\.png'.*x\.png/'"):
            run_folder(SeveralPipeline(), save("a.png"), out, result="x.png")
        assert not out.exists()

    def test_an_encoding_of_no_result(self, save, run):
        save("a.png")
        with pytest.raises(JobError, match="no result 'smal' beside the last stage's; there are: small"):
            run(outputs={"smal": {}})

    def test_one_image_to_a_folder(self, save, out, files):
        report = run_folder(SeveralPipeline(), save("a.png"), out)
        assert report.done == 1
        assert files(out) == ["a.png", "small/a.png"]
