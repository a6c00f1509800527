"""What is filtered band by band has the same pixels from any source and into any sink."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from convpipe.engine import Engine
from convpipe.errors import LimitError, ParameterError, ReadError, WriteError
from convpipe.geometry import Border
from convpipe.images import Encoding, Limits, Metadata, Page, read, write
from convpipe.images.metadata.raster import Raster
from convpipe.stages import stage
from convpipe.stages.wiring import wire
from convpipe.streaming import Options, Raw, sources, stream
from convpipe.streaming.grid import Grid
from convpipe.streaming.levels import Pyramid, extents
from convpipe.streaming.sinks import Level, Target
from convpipe.streaming.sinks.tiff import TiffSink

OPTIONS = Options(3_000_000, 2, tile=64)


def engine_of(*stages, dtype=None):
    return Engine(wire(stages), Border.REFLECT, dtype, "cpu")


@pytest.fixture(scope="module")
def engine():
    return engine_of(stage("blur", "box", size=3))


@pytest.fixture
def image(rng):
    return rng.integers(0, 60_000, (300, 200, 3), dtype=np.uint16)


def test_from_array_to_array(tmp_path, engine, image):
    np.save(tmp_path / "a.npy", image)
    stream(engine, tmp_path / "a.npy", {"result": tmp_path / "b.npy"}, OPTIONS)
    found = np.load(tmp_path / "b.npy")
    np.testing.assert_array_equal(found, engine.filter(image)[0])
    np.save(tmp_path / "c.npy", found)
    assert (tmp_path / "b.npy").read_bytes() == (tmp_path / "c.npy").read_bytes()


INTERLEAVED = {"pixel": (0, 1, 2), "line": (0, 2, 1), "band": (2, 0, 1)}


@pytest.mark.parametrize("interleave", INTERLEAVED)
def test_raw(tmp_path, engine, image, interleave):
    stored = image.transpose(INTERLEAVED[interleave]).astype(">u2")
    (tmp_path / "a.raw").write_bytes(b"head" + stored.tobytes())
    raw = Raw(tmp_path / "a.raw", image.shape, ">u2", 4, interleave)
    stream(engine, raw, {"result": tmp_path / "b.raw"}, OPTIONS)
    found = np.fromfile(tmp_path / "b.raw", "<u2").reshape(image.shape)
    np.testing.assert_array_equal(found, engine.filter(image)[0])


ENDINGS = {"raw": "pixel", "bip": "pixel", "bil": "line", "bsq": "band"}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("channels", [1, 3])
def test_to_raw(tmp_path, engine, image, ending, channels, monkeypatch):
    """What is written is read again by the name of how its channels lie."""
    image = image[..., :channels].squeeze()
    np.save(tmp_path / "a.npy", image)
    path, expected = tmp_path / f"b.{ending}", engine.filter(image)[0]
    monkeypatch.setattr("convpipe.streaming.bands.USUAL", 1)
    bands = stream(engine, tmp_path / "a.npy", {"result": path}, replace(OPTIONS, memory=1 << 24)).bands
    assert len(bands) > 1
    stored = expected if channels == 1 else expected.transpose(INTERLEAVED[ENDINGS[ending]])
    assert path.read_bytes() == stored.astype("<u2").tobytes()
    with sources.opened(Raw(path, image.shape, "<u2", 0, ENDINGS[ending]), Limits()) as found:
        np.testing.assert_array_equal(found.reader.read(0, 300), expected)


@pytest.mark.parametrize("interleave", INTERLEAVED)
def test_raw_in_many_blocks(tmp_path, rng, interleave, monkeypatch):
    monkeypatch.setattr("convpipe.images.rows.PIECE_BYTES", 1000)
    image = rng.integers(0, 60_000, (40, 31, 2), dtype=np.uint16)
    (tmp_path / "a.raw").write_bytes(image.transpose(INTERLEAVED[interleave]).tobytes() + b"more")
    with sources.opened(Raw(tmp_path / "a.raw", image.shape, "u2", 0, interleave), Limits()) as found:
        assert found.reader.height < 20
        np.testing.assert_array_equal(found.reader.read(5, 40), image[5:])
        assert found.reader.notes == ["4 bytes behind the image left"]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("compression", [None, 6])
def test_from_png_to_png(tmp_path, rng, engine, dtype, channels, compression, monkeypatch):
    """In groups of some rows, and chunks of some bytes; what is read is deflated by libpng."""
    monkeypatch.setattr("convpipe.images.formats.scanlines.GROUP", 5000)
    monkeypatch.setattr("convpipe.streaming.sinks.png.CHUNK_BYTES", 1000)
    shape = (150, 90, channels)
    image = rng.integers(0, 9, shape).cumsum(axis=0).astype(dtype).squeeze()
    alpha, metadata = channels in (2, 4), Metadata(resolution=(300, 150))
    write(tmp_path / "a.png", Page(image, alpha, metadata), Encoding(compression=9))
    contents = set()
    monkeypatch.setattr("convpipe.images.formats.png_rows.PIECE_BYTES", 3000)
    for usual, threads in ((1 << 24, 1), (1, 2)):
        monkeypatch.setattr("convpipe.streaming.bands.USUAL", usual)
        options = Options(1 << 24, threads, compression, tile=16, overwrite=True)
        bands = stream(engine, tmp_path / "a.png", {"result": tmp_path / "b.png"}, options).bands
        contents.add((tmp_path / "b.png").read_bytes())
    assert bands.height == 16
    assert len(contents) == 1
    found = read(tmp_path / "b.png")
    np.testing.assert_array_equal(found.pixels, engine.filter(image, alpha=alpha)[0])
    assert found.alpha == alpha
    assert found.metadata.resolution == pytest.approx((300, 150), rel=1e-4)


class TestPyramids:
    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
    @pytest.mark.parametrize("channels", [1, 3])
    def test_levels_are_means_of_the_level_above(self, tmp_path, rng, dtype, channels):
        image = rng.integers(0, 200, (301, 203, channels)).squeeze().astype(dtype)
        write(tmp_path / "a.tif", Page(image, metadata=Metadata(resolution=(400, 200))))
        blur, bin = stage("blur", "box", size=3), stage("geometry", "bin", factor=2)
        options = replace(OPTIONS, compression=6, pyramid=True, smallest=64, memory=1 << 24)
        stream(engine_of(blur), tmp_path / "a.tif", {"result": tmp_path / "b.tif"}, options)
        expected = [engine_of(blur).filter(image)[0]]
        for _ in range(3):
            expected.append(engine_of(bin).filter(expected[-1])[0])
        with tifffile.TiffFile(tmp_path / "b.tif") as file:
            levels = file.series[0].levels
            for at, (level, whole) in enumerate(zip(levels, expected, strict=True)):
                np.testing.assert_array_equal(level.asarray(), whole)
                assert level.keyframe.get_resolution("inch") == (400 / 2**at, 200 / 2**at)
        found = read(tmp_path / "b.tif")
        np.testing.assert_array_equal(found.pixels, expected[0])

    def test_alpha_weighs(self, tmp_path, engine, rng):
        image = rng.integers(0, 256, (200, 140, 4), dtype=np.uint8)
        image[rng.random((200, 140)) < 0.5, 3] = 0
        write(tmp_path / "a.tif", Page(image, alpha=True))
        options = replace(OPTIONS, pyramid=True, smallest=100, memory=1 << 24)
        stream(engine, tmp_path / "a.tif", {"result": tmp_path / "b.tif"}, options)
        whole, _ = engine.filter(image, alpha=True)
        half, _ = engine_of(stage("geometry", "bin", factor=2)).filter(whole, alpha=True)
        plain, _ = engine_of(stage("geometry", "bin", factor=2)).filter(whole)
        with tifffile.TiffFile(tmp_path / "b.tif") as file:
            found = file.series[0].levels[1].asarray()
        np.testing.assert_array_equal(found, half)
        assert (found != plain).any()

    def test_bytes_do_not_depend_on_memory_or_threads(self, tmp_path, engine, image):
        np.save(tmp_path / "a.npy", image)
        contents = set()
        for memory, threads in ((1 << 24, 1), (4_500_000, 2)):
            options = replace(OPTIONS, memory=memory, threads=threads, pyramid=True, smallest=64, codec="lzw")
            stream(
                engine, tmp_path / "a.npy", {"result": tmp_path / "b.tif"}, replace(options, overwrite=True)
            )
            contents.add((tmp_path / "b.tif").read_bytes())
        assert len(contents) == 1

    def test_bytes_do_not_depend_on_how_many_rows_come(self, rng):
        """Rows of tiles of all levels take turns in the file, by rows of the image and not by calls."""
        image = rng.integers(0, 256, (701, 90), dtype=np.uint8)
        sizes = extents(image.shape, 32)
        levels = tuple(Level(Raster(size, 1, "uint8"), Metadata(), Grid()) for size in sizes)
        target = Target("", levels, False, replace(OPTIONS, pyramid=True))
        contents = set()
        for height in (16, 100, 256, 701):
            out = io.BytesIO()
            with ThreadPoolExecutor(1) as pool:
                sink = TiffSink(out, target, pool)
                pyramid = Pyramid(sink, lambda rows: rows[1::2, 1::2], [rows for rows, _ in sizes], 64)
                for first in range(0, len(image), height):
                    pyramid.add(image[first : first + height])
                sink.finish()
            contents.add(out.getvalue())
        assert len(contents) == 1


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"shape": (3,)}, "shape"),
            ({"shape": (3, 0)}, "shape"),
            ({"dtype": "O"}, "dtype"),
            ({"dtype": "u3"}, "dtype"),
            ({"offset": -1}, "offset"),
            ({"interleave": "bsq"}, "interleave"),
        ],
    )
    def test_samples_that_are_no_image(self, change, named):
        with pytest.raises(ParameterError) as caught:
            Raw(**{"path": "a.raw", "shape": (3, 4), **change})
        assert caught.value.parameter == named

    def test_a_short_file(self, tmp_path):
        (tmp_path / "a.raw").write_bytes(bytes(99))
        opened = sources.opened(Raw(tmp_path / "a.raw", (10, 10)), Limits())
        with pytest.raises(ReadError, match="99 bytes; 100 are needed"), opened:
            pass

    def test_a_large_claim(self, tmp_path):
        (tmp_path / "a.raw").write_bytes(bytes(99))
        opened = sources.opened(Raw(tmp_path / "a.raw", (1 << 20, 1 << 20)), Limits())
        with pytest.raises(LimitError, match="max_pixels"), opened:
            pass

    def test_a_result_that_its_format_cannot_hold(self, tmp_path, image):
        engine = engine_of(stage("blur", "box", size=3), dtype="float16")
        np.save(tmp_path / "a.npy", image)
        with pytest.raises(WriteError, match="tiff cannot hold float16 with 3 channels"):
            stream(engine, tmp_path / "a.npy", {"result": tmp_path / "b.tif"}, OPTIONS)
        assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]


def test_alpha_and_metadata_do_not_hinder_an_array(tmp_path, engine, rng):
    image = rng.integers(0, 256, (300, 200, 4), dtype=np.uint8)
    write(tmp_path / "a.tif", Page(image, alpha=True))
    stream(engine, tmp_path / "a.tif", {"result": tmp_path / "b.npy"}, OPTIONS)
    whole, _ = engine.filter(read(tmp_path / "a.tif").pixels, alpha=True)
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), whole)
