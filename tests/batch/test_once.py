"""What is done once an image: its headers are parsed, and pages are decoded from these."""

import sys
from collections import Counter
from importlib import import_module

import numpy as np
import pytest
from fakes import FakePipeline
from PIL import Image

from convpipe import Pipeline, images, stage
from convpipe.batch import isolate, run_folder
from convpipe.batch.decoder import Close, Open, ReadPage
from convpipe.errors import WriteError
from convpipe.images import (
    Encoding,
    ImageSpec,
    Page,
    PageEncoder,
    encode_pages,
    open_image,
    read_pages,
    write,
)

ISOLATED = pytest.mark.skipif(sys.platform == "win32", reason="open files are handed to a process")


@pytest.fixture
def parsed(monkeypatch):
    """Count the headers that each format's module parses: of a TIFF, of pages, and the chain of them."""
    counts = Counter()

    def counted(format, name):
        module = import_module(f"convpipe.images.formats.{format}")
        real = getattr(module, name)

        def call(*args, **options):
            counts[f"{format}.{name}"] += 1
            return real(*args, **options)

        monkeypatch.setattr(module, name, call)

    for format in images.FORMATS:
        counted(format, "header")
    counted("tiff", "_header")
    counted("tiff", "chain")
    return counts


@pytest.fixture
def stack(source):
    """Five pages, of two kinds."""
    kinds = [np.full((8, 9), number, (np.uint8, np.float32)[number % 2]) for number in range(5)]
    encode_pages(map(Page, kinds)).save(source / "stack.tif")
    return kinds


def test_of_one_page(save, source, tmp_path, parsed):
    for name in ("a.png", "b.jpg", "c.webp", "d.bmp", "e.tif"):
        save(name)
    np.save(source / "f.npy", np.zeros((8, 10)))
    assert run_folder(FakePipeline(), source, tmp_path / "out", format="tiff").done == 6
    once = dict.fromkeys((f"{each}.header" for each in ("png", "jpeg", "webp", "bmp", "npy")), 1)
    assert parsed == once | {"tiff._header": 1, "tiff.chain": 1}


def test_of_several_pages(stack, source, tmp_path, parsed):
    assert run_folder(FakePipeline(), source, tmp_path / "out").pages == 5
    assert parsed == {"tiff._header": 5, "tiff.chain": 1}


def test_of_the_first_of_several_frames(source, tmp_path, parsed):
    frames = [Image.fromarray(np.full((8, 9), value, np.uint8)) for value in (10, 20, 30)]
    frames[0].save(source / "a.gif", save_all=True, append_images=frames[1:], disposal=2)
    report = run_folder(FakePipeline(), source, tmp_path / "out", format="png")
    assert (report.done, report.results[0].notes) == (1, ("first of 3 frames; 2 not read",))
    assert parsed == {"gif.header": 1}


def test_a_gif_that_waits_holds_no_pixels(source):
    """Pillow makes room for what stands under the next frame, which is not read."""
    frames = [Image.fromarray(np.full((8, 9), value, np.uint8)) for value in (10, 20)]
    frames[0].save(source / "a.gif", save_all=True, append_images=frames[1:], disposal=2)
    with open_image(source / "a.gif") as file:
        plugin, _ = next(file._headers).private
        assert plugin._im is plugin.dispose is None


def test_of_an_image_and_its_mask(save, source, tmp_path, parsed):
    save("a.tif")
    pages = [Page(np.full((8, 10), 255, np.uint8))] * 3
    encode_pages(pages).save(tmp_path / "mask.tif")
    report = run_folder(FakePipeline(), source, tmp_path / "out", mask=tmp_path / "mask.tif")
    assert report.done == 1
    assert parsed == {"tiff._header": 2, "tiff.chain": 2}  # of the mask, the first page alone


def test_of_what_is_left_of_a_damaged_one(save, source, tmp_path, parsed):
    path = save("a.png", (200, 200))
    path.write_bytes(path.read_bytes()[:-20])
    report = run_folder(FakePipeline(), source, tmp_path / "out", allow_truncated=True)
    assert report.done == 1
    assert report.results[0].notes[0].startswith("damaged or truncated")
    assert parsed == {"png.header": 1}


@ISOLATED
def test_in_a_process_a_file_is_opened_once(stack, save, source, tmp_path, monkeypatch):
    asked = []
    ask = isolate._Decoder.ask

    def logged(self, request, *args):
        asked.append(type(request))
        return ask(self, request, *args)

    monkeypatch.setattr(isolate._Decoder, "ask", logged)
    write(tmp_path / "mask.png", np.full((8, 9), 255, np.uint8))
    report = run_folder(FakePipeline(), source, tmp_path / "out", isolate=True, mask=tmp_path / "mask.png")
    assert (report.done, report.pages) == (1, 5)
    assert asked[1:] == [Open, Open, ReadPage, *[ReadPage] * 5, Close, Close]


def test_headers_that_are_too_large_to_be_kept_are_read_again(stack, source, monkeypatch, parsed):
    """As of thousands of pages that all claim one large profile; pages and notes are the same."""
    path = source / "stack.tif"
    with open_image(path) as file:
        sizes = [next(file._headers).nbytes for _ in file.infos]
        infos = file.infos
    assert min(sizes) > 5000
    for kept in range(6):
        monkeypatch.setattr("convpipe.images.opened.KEPT_BYTES", sum(sizes[:kept]))
        parsed.clear()
        with open_image(path) as file:
            assert file.infos == infos
            for image, page in zip(read_pages(path), stack, strict=True):
                again = file.read_page()
                np.testing.assert_array_equal(again.pixels, page)
                assert (again.metadata, again.notes) == (image.metadata, image.notes)
        assert parsed["tiff._header"] == 5 + 5 + (5 - kept)


def test_the_size_of_a_header_counts_what_it_holds(source):
    """A profile, and strips: a number of a file takes ten times its bytes as one of Python."""
    import tifffile

    plain, icc, strips = np.zeros((4000, 1), np.uint8), bytes(100_000), 4000
    with tifffile.TiffWriter(source / "a.tif") as file:
        file.write(plain, metadata=None, rowsperstrip=4000)
        file.write(plain, metadata=None, rowsperstrip=4000, iccprofile=icc)
        file.write(plain, metadata=None, rowsperstrip=1)
    with open_image(source / "a.tif") as opened:
        small, profile, many = (next(opened._headers).nbytes for _ in opened.infos)
    assert small < 10_000
    assert profile - small >= len(icc)
    assert many - small >= 2 * strips * sys.getsizeof(1 << 20)


def test_what_was_decoded_is_let_go(source, tmp_path):
    """Pillow's image keeps its pixels; of a page that was read nothing is kept beside what the caller has."""
    import gc

    from PIL.BmpImagePlugin import BmpImageFile

    write(tmp_path / "a.bmp", np.zeros((8, 9), np.uint8))
    with open_image(tmp_path / "a.bmp") as file:
        file.read_page()
        gc.collect()
        assert not [each for each in gc.get_objects() if isinstance(each, BmpImageFile)]


class TestOutput:
    """A result is held against its format before anything is decoded, and not again when it is encoded."""

    @pytest.fixture
    def checked(self, monkeypatch):
        specs = []
        check = images.check_output

        def counted(spec, encoding, pages=1):
            specs.append((spec.dtype, encoding.format, pages))
            check(spec, encoding, pages)

        monkeypatch.setattr(sys.modules["convpipe.images.write"], "check_output", counted)
        monkeypatch.setattr(images, "check_output", counted)
        return specs

    def test_of_one_page(self, save, source, tmp_path, checked):
        save("a.png", (8, 9, 4))
        checked.clear()
        assert run_folder(FakePipeline(), source, tmp_path / "out").done == 1
        assert checked == [("uint8", "png", 1)]

    def test_of_pages_once_a_kind(self, stack, source, tmp_path, checked):
        assert run_folder(FakePipeline(), source, tmp_path / "out").pages == 5
        assert checked == [("uint8", "tiff", 5), ("float32", "tiff", 5)]

    def test_of_each_result(self, save, source, tmp_path, checked):
        save("a.png")
        checked.clear()
        stages = [stage("blur", "box", name="soft"), stage("edge", "sobel")]
        pipeline = Pipeline(stages, outputs={"soft": "soft"})
        report = pipeline.run_folder(source, tmp_path / "out", outputs={"soft": {"format": "tiff"}})
        assert report.failures == []
        assert sorted(checked) == [("uint8", "png", 1), ("uint8", "tiff", 1)]

    def test_pixels_that_are_not_as_planned_are(self):
        with PageEncoder(Encoding("png"), pages=1) as encoder:
            encoder.check(ImageSpec("uint8", 1, extent=(8, 9)))
            with pytest.raises(WriteError, match="png cannot hold float32"):
                encoder.add(Page(np.zeros((8, 9), np.float32)))
