"""Writing: what is kept, and that a name is at every moment absent, old or complete."""

import errno
import itertools
import os

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from convpipe.errors import ReadError, WriteError
from convpipe.images import (
    FORMATS,
    Encoding,
    ImageSpec,
    Page,
    check_output,
    encode,
    format_of,
    read,
    supports,
    write,
)
from convpipe.images.formats import png, scanlines

LOSSLESS = [
    (format.name, dtype, channels, alpha, compression)
    for format in FORMATS.values()
    for dtype in format.holds
    for channels in (1, 2, 3, 4)
    for alpha in (False, True)
    if format.name != "jpeg" and supports(format.name, dtype, channels, alpha=alpha)
    if (channels, alpha) != (3, True)  # two bands of data and alpha are not read
    for compression in ([None, 6] if format.compression else [None])
]


def random_pixels(rng, dtype, channels, extent=(17, 23)):
    shape = extent if channels == 1 else (*extent, channels)
    return (rng.random(shape) * (1 if dtype[0] == "f" else np.iinfo(dtype).max)).astype(dtype)


def left_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def pixels(rng):
    return random_pixels(rng, "uint8", 3)


class TestRoundTrip:
    @pytest.mark.parametrize(("format", "dtype", "channels", "alpha", "compression"), LOSSLESS)
    def test_lossless(self, tmp_path, rng, format, dtype, channels, alpha, compression):
        path = tmp_path / f"a{FORMATS[format].extensions[0]}"
        pixels = random_pixels(rng, dtype, channels)
        write(path, Page(pixels, alpha=alpha), Encoding(compression=compression))
        image = read(path)
        stored = {1: [0, 0, 0], 2: [0, 0, 0, 1]}.get(channels) if format == "webp" else None
        expected = pixels if stored is None else pixels.reshape(17, 23, channels)[..., stored]
        np.testing.assert_array_equal(image.pixels, expected)
        assert image.pixels.dtype == dtype
        assert image.format == format
        assert left_in(tmp_path) == [path.name]

    @settings(max_examples=40, deadline=None)
    @given(
        pixels=arrays(
            st.sampled_from([np.uint8, np.uint16]),
            st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4)),
        )
    )
    def test_any_png(self, tmp_path_factory, pixels):
        path = tmp_path_factory.mktemp("any") / "a.png"
        write(path, Page(pixels, alpha=pixels.shape[2] in (2, 4)))
        np.testing.assert_array_equal(read(path).pixels, pixels[..., 0] if pixels.shape[2] == 1 else pixels)

    @pytest.mark.parametrize("channels", [1, 3])
    def test_jpeg_quality(self, tmp_path, channels):
        ramp = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
        pixels = ramp if channels == 1 else np.stack([ramp] * 3, axis=-1)
        for quality in (None, 30, 100):
            write(tmp_path / f"{quality}.jpg", pixels, Encoding(quality=quality))
        error = {name: np.abs(read(tmp_path / f"{name}.jpg").pixels.astype(int) - pixels).mean()
                 for name in (None, 30, 100)}  # fmt: skip
        assert error[100] <= error[None] < error[30] < 5
        size = {name: (tmp_path / f"{name}.jpg").stat().st_size for name in error}
        assert size[30] < size[None] < size[100]

    def test_a_jpeg_that_hardly_shrinks_is_whole(self, rng):
        noise = rng.integers(0, 256, (700, 800, 3), np.uint8)  # more than its encoder is given room for
        content = b"".join(encode(noise, Encoding("jpeg", quality=100)).pieces)
        assert len(content) > noise.nbytes // 2
        assert content == imagecodecs.jpeg8_encode(noise, 100)

    def test_webp_quality_is_lossy(self, tmp_path, pixels):
        write(tmp_path / "a.webp", pixels, Encoding(quality=50))
        write(tmp_path / "b.webp", pixels)
        assert (tmp_path / "a.webp").stat().st_size < (tmp_path / "b.webp").stat().st_size

    @pytest.mark.parametrize("compression", [None, 0, 6])
    @pytest.mark.parametrize("dtype", FORMATS["npz"].holds)
    @pytest.mark.parametrize("channels", [1, 3, 70])
    def test_arrays(self, tmp_path, rng, dtype, channels, compression):
        shape = (5, 7, channels) if channels > 1 else (5, 7)
        pixels = (rng.random(shape) * 100).astype(dtype)
        path = tmp_path / ("a.npy" if compression is None else "a.npz")
        encoded = encode(Page(pixels), Encoding(path.suffix[1:], compression=compression))
        encoded.save(path)
        found = np.load(path) if compression is None else np.load(path)["image"]
        np.testing.assert_array_equal(found, pixels)
        assert found.dtype == dtype
        again = encode(Page(pixels), Encoding(path.suffix[1:], compression=compression))
        assert b"".join(again.pieces) == path.read_bytes()
        if channels < 4:
            np.testing.assert_array_equal(read(path).pixels, pixels)
        if compression == 6:
            encode(Page(np.zeros((99, 99))), Encoding("npz", compression=6)).save(tmp_path / "b.npz")
            assert (tmp_path / "b.npz").stat().st_size < 2000

    def test_an_array_does_not_say_that_its_last_channel_is_alpha(self, tmp_path, rng):
        encoded = encode(Page(random_pixels(rng, "uint8", 4), alpha=True), Encoding("npy"))
        assert encoded.notes == ("the last channel is alpha, which npy does not say",)

    def test_an_archive_of_several_arrays_is_no_image(self, tmp_path):
        np.savez(tmp_path / "a.npz", a=np.zeros((2, 3)), b=np.zeros((2, 3)))
        with pytest.raises(ReadError, match="an archive of 2 files; one array is read"):
            read(tmp_path / "a.npz")
        np.savez(tmp_path / "b.npz", np.array([{}]))
        with pytest.raises(ReadError, match="never unpickled"):
            read(tmp_path / "b.npz")
        np.savez_compressed(tmp_path / "c.npz", np.zeros((2, 3)))
        content = (tmp_path / "c.npz").read_bytes()
        (tmp_path / "c.npz").write_bytes(content[:60])
        with pytest.raises(ReadError):
            read(tmp_path / "c.npz")

    @pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp", "a.bmp"])
    def test_memory_layout_does_not_matter(self, tmp_path, pixels, name):
        strange = np.asfortranarray(pixels)[::-1, ::-1]
        strange.setflags(write=False)
        write(tmp_path / name, strange)
        np.testing.assert_array_equal(read(tmp_path / name).pixels, pixels[::-1, ::-1])

    def test_big_endian(self, tmp_path, rng):
        pixels = random_pixels(rng, "uint16", 1)
        write(tmp_path / "a.png", pixels.astype(">u2"))
        np.testing.assert_array_equal(read(tmp_path / "a.png").pixels, pixels)

    def test_format_over_extension(self, tmp_path, pixels):
        write(tmp_path / "a.data", pixels, Encoding("png"))
        assert read(tmp_path / "a.data").format == "png"


class TestRefusals:
    def test_the_formats_that_would_do_are_named(self):
        with pytest.raises(
            WriteError, match="jpeg cannot hold uint16 with 3 channels; png, tiff, npy, npz can"
        ):
            check_output(ImageSpec("uint16", 3), Encoding("jpeg"))
        with pytest.raises(WriteError, match="no format can"):
            check_output(ImageSpec("float32", 70_000), Encoding("tiff"))

    def test_supports_agrees_with_check_output(self):
        for format in [*FORMATS, "xyz"]:
            for dtype in ("uint8", "uint16", "float32", "float64", "int16"):
                for channels, alpha in itertools.product(range(1, 6), (False, True)):
                    try:
                        check_output(ImageSpec(dtype, channels, alpha=alpha), Encoding(format))
                    except WriteError:
                        assert not supports(format, dtype, channels, alpha=alpha)
                    else:
                        assert supports(format, dtype, channels, alpha=alpha)

    @pytest.mark.parametrize(("channels", "alpha", "reason"), [
        (4, False, "png cannot hold uint8 with 4 channels of which none is alpha; tiff, npy, npz can"),
        (2, False, "png cannot hold uint8 with 2 channels of which none is alpha; tiff, npy, npz can"),
        (3, True, "png cannot hold uint8 with 3 channels, the last of them alpha; tiff, npy, npz can"),
    ])  # fmt: skip
    def test_data_is_not_written_as_alpha_nor_alpha_as_data(self, tmp_path, rng, channels, alpha, reason):
        pixels = random_pixels(rng, "uint8", channels)
        with pytest.raises(WriteError) as caught:
            write(tmp_path / "a.png", Page(pixels, alpha=alpha))
        assert caught.value.reason == reason
        with pytest.raises(
            WriteError, match="jpeg cannot hold uint8 with 4 channels, the last of them alpha"
        ):
            check_output(ImageSpec("uint8", 4, alpha=True), Encoding("jpeg"))

    @pytest.mark.parametrize("format", ["gif", "xyz"])
    def test_formats_that_are_not_written(self, format):
        with pytest.raises(WriteError, match="png, jpeg, tiff, webp, bmp"):
            check_output(ImageSpec("uint8", 1), Encoding(format))

    @pytest.mark.parametrize(
        ("format", "options", "extent", "reason"),
        [
            ("png", {"quality": 90}, None, "png has no quality"),
            ("jpeg", {"compression": 6}, None, "jpeg has no compression"),
            ("jpeg", {"quality": 101}, None, "1 to 100, not 101"),
            ("png", {"compression": -1}, None, "0 to 9, not -1"),
            ("jpeg", {}, (10, 65_536), "10 x 65536"),
            ("webp", {}, (16_384, 1), "16384 x 1"),
            ("png", {}, (0, 5), "0 x 5"),
        ],
    )
    def test_options(self, format, options, extent, reason):
        with pytest.raises(WriteError, match=reason):
            check_output(ImageSpec("uint8", 3, extent=extent), Encoding(format, **options))

    def test_extension(self, tmp_path, pixels):
        with pytest.raises(WriteError, match=r"'\.xyz'"):
            write(tmp_path / "a.xyz", pixels)
        assert format_of("a.XYZ") is None
        assert format_of("a.TIFF") == "tiff"

    @pytest.mark.parametrize("shape", [(3,), (2, 2, 2, 2), ()])
    def test_what_is_not_an_image(self, tmp_path, shape):
        with pytest.raises(WriteError, match="rows, cols"):
            write(tmp_path / "a.png", np.zeros(shape, np.uint8))

    def test_nothing_is_left_after_a_refusal(self, tmp_path, pixels):
        with pytest.raises(WriteError, match="float32"):
            write(tmp_path / "a.png", pixels.astype(np.float32))
        with pytest.raises(WriteError, match="0 channels"):
            write(tmp_path / "a.png", pixels[..., :0])
        assert left_in(tmp_path) == []


class TestNames:
    def test_existing_file_is_kept(self, tmp_path, pixels):
        write(tmp_path / "a.png", pixels)
        with pytest.raises(WriteError, match="exists") as caught:
            write(tmp_path / "a.png", pixels[::-1])
        assert caught.value.errno == errno.EEXIST
        np.testing.assert_array_equal(read(tmp_path / "a.png").pixels, pixels)
        assert left_in(tmp_path) == ["a.png"]

    def test_overwrite(self, tmp_path, pixels):
        write(tmp_path / "a.png", pixels)
        write(tmp_path / "a.png", pixels[::-1], overwrite=True)
        np.testing.assert_array_equal(read(tmp_path / "a.png").pixels, pixels[::-1])
        assert left_in(tmp_path) == ["a.png"]

    @pytest.mark.parametrize("links", [True, False])
    def test_a_file_that_appears_in_the_meantime_is_kept(self, tmp_path, pixels, monkeypatch, links):
        fsync = os.fsync

        def rival(descriptor):
            (tmp_path / "a.png").write_bytes(b"rival")
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", rival)
        if not links:
            monkeypatch.setattr(os, "link", refuse(errno.EPERM))
        with pytest.raises(WriteError, match="exists"):
            write(tmp_path / "a.png", pixels)
        assert (tmp_path / "a.png").read_bytes() == b"rival"
        assert left_in(tmp_path) == ["a.png"]

    def test_without_hard_links(self, tmp_path, pixels, monkeypatch):
        monkeypatch.setattr(os, "link", refuse(errno.EPERM))
        write(tmp_path / "a.png", pixels)
        np.testing.assert_array_equal(read(tmp_path / "a.png").pixels, pixels)
        assert left_in(tmp_path) == ["a.png"]

    @pytest.mark.parametrize("overwrite", [True, False])
    @pytest.mark.parametrize("dangling", [True, False])
    def test_symbolic_link_is_not_followed(self, tmp_path, pixels, overwrite, dangling):
        target = tmp_path / "target"
        if not dangling:
            target.write_bytes(b"precious")
        (tmp_path / "a.png").symlink_to(target)
        if overwrite:
            write(tmp_path / "a.png", pixels, overwrite=True)
            assert not (tmp_path / "a.png").is_symlink()
        else:
            with pytest.raises(WriteError, match="exists"):
                write(tmp_path / "a.png", pixels)
            assert (tmp_path / "a.png").is_symlink()
        assert not target.exists() if dangling else target.read_bytes() == b"precious"

    @pytest.mark.parametrize("overwrite", [True, False])
    @pytest.mark.parametrize(
        ("call", "number"), [("fsync", errno.EIO), ("fsync", errno.ENOSPC), ("replace", errno.EIO)]
    )
    def test_failing_disk(self, tmp_path, pixels, monkeypatch, overwrite, call, number):
        old = pixels[::-1]
        if overwrite:
            write(tmp_path / "a.png", old)
        elif call == "replace":
            monkeypatch.setattr(os, "link", refuse(errno.EIO))
        monkeypatch.setattr(os, call, refuse(number))
        with pytest.raises(WriteError, match="cannot write") as caught:
            write(tmp_path / "a.png", pixels, overwrite=overwrite)
        assert caught.value.errno == number
        assert os.strerror(number) in caught.value.reason
        if overwrite:
            np.testing.assert_array_equal(read(tmp_path / "a.png").pixels, old)
        assert left_in(tmp_path) == (["a.png"] if overwrite else [])

    def test_interrupt_leaves_no_temporary(self, tmp_path, pixels, monkeypatch):
        def interrupt(descriptor):
            assert [
                name.startswith(".") and name.endswith(".convpipe-tmp") for name in left_in(tmp_path)
            ] == [True]
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / "a.png", pixels)
        assert left_in(tmp_path) == []

    def test_missing_folder(self, tmp_path, pixels):
        with pytest.raises(WriteError, match="No such file"):
            write(tmp_path / "none" / "a.png", pixels)

    def test_folder_in_the_way(self, tmp_path, pixels):
        (tmp_path / "a.png").mkdir()
        with pytest.raises(WriteError):
            write(tmp_path / "a.png", pixels, overwrite=True)
        assert left_in(tmp_path) == ["a.png"]

    def test_longest_name(self, tmp_path, pixels):
        name = "x" * 251 + ".png"
        write(tmp_path / name, pixels)
        assert left_in(tmp_path) == [name]

    def test_relative_path(self, tmp_path, pixels, monkeypatch):
        monkeypatch.chdir(tmp_path)
        write("a.png", pixels)
        assert left_in(tmp_path) == ["a.png"]


def refuse(number):
    """Return a stand-in for a system call that fails."""

    def call(*_args, **_options):
        raise OSError(number, os.strerror(number))

    return call


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (257, 301), (300, 300, 3)])
@pytest.mark.parametrize("level", [None, 0, 1, 9])
def test_noise_that_deflate_cannot_shorten_fits_what_is_set_aside_for_a_png(tmp_path, shape, level):
    noise = np.random.default_rng(0).integers(0, 1 << 16, shape).astype(np.uint16)
    write(tmp_path / "a.png", noise, Encoding(compression=level))
    assert (tmp_path / "a.png").stat().st_size > noise.nbytes
    assert np.array_equal(read(tmp_path / "a.png").pixels, noise)


def test_pixel_data_may_take_several_chunks(tmp_path, rng, monkeypatch):
    pixels = rng.integers(0, 65536, (40, 30, 4), np.uint16)
    monkeypatch.setattr(png, "MAX_PART", 1000)
    monkeypatch.setattr(scanlines, "GROUP", 500)
    write(tmp_path / "a.png", Page(pixels, alpha=True))
    assert (tmp_path / "a.png").read_bytes().count(b"IDAT") > 1
    np.testing.assert_array_equal(imagecodecs.png_decode((tmp_path / "a.png").read_bytes()), pixels)
