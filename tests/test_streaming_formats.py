"""What is filtered band by band has the same pixels from any source and into any sink."""

import numpy as np
import pytest

from convpipe.engine import Engine
from convpipe.errors import LimitError, ParameterError, ReadError, WriteError
from convpipe.geometry import Border
from convpipe.images import Limits, read
from convpipe.stages import stage
from convpipe.stages.wiring import wire
from convpipe.streaming import Options, Raw, sources, stream

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


@pytest.mark.parametrize("interleave", INTERLEAVED)
def test_raw_in_many_blocks(tmp_path, rng, interleave, monkeypatch):
    monkeypatch.setattr("convpipe.images.rows.PIECE_BYTES", 1000)
    image = rng.integers(0, 60_000, (40, 31, 2), dtype=np.uint16)
    (tmp_path / "a.raw").write_bytes(image.transpose(INTERLEAVED[interleave]).tobytes() + b"more")
    with sources.opened(Raw(tmp_path / "a.raw", image.shape, "u2", 0, interleave), Limits()) as found:
        assert found.reader.height < 20
        np.testing.assert_array_equal(found.reader.read(5, 40), image[5:])
        assert found.reader.notes == ["4 bytes behind the image left"]


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
    from convpipe.images import Page, write

    image = rng.integers(0, 256, (300, 200, 4), dtype=np.uint8)
    write(tmp_path / "a.tif", Page(image, alpha=True))
    stream(engine, tmp_path / "a.tif", {"result": tmp_path / "b.npy"}, OPTIONS)
    whole, _ = engine.filter(read(tmp_path / "a.tif").pixels, alpha=True)
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), whole)
