"""What the samples of a TIFF's pixels are: colour, alpha or data; and that results say the same of theirs."""

import io

import imagecodecs
import numpy as np
import pytest
import tifffile
from fakes import cropped
from PIL import Image as Pillow

from convpipe.errors import ReadError
from convpipe.images import probe, read, read_pages

TAGS = ("PhotometricInterpretation", "SamplesPerPixel", "ExtraSamples", "PlanarConfiguration")
DATA, PREMULTIPLIED, STRAIGHT = 0, 1, 2
UNUSED = 263
"""A tag (Threshholding) that nobody needs; in the place of another, that one is missing."""


def tags_of(path):
    with tifffile.TiffFile(path) as file:
        return {name: file.pages[0].tags.valueof(name) for name in TAGS}


def save(path, pixels, photometric="minisblack", extra=None, planar="contig", **options):
    """Write a TIFF; ``extra`` are the values of its ExtraSamples, of which tifffile takes any."""
    stored = np.moveaxis(pixels, -1, 0) if planar == "separate" else pixels
    tifffile.imwrite(
        path, np.ascontiguousarray(stored), photometric=photometric, planarconfig=planar, extrasamples=extra,
        metadata=None, **options,
    )  # fmt: skip


@pytest.fixture
def bands(rng):
    return rng.integers(0, 256, (12, 14, 9)).astype(np.uint8)


KINDS = [
    ("rgb", 4, [DATA]), ("rgb", 4, [STRAIGHT]), ("rgb", 5, [DATA, DATA]), ("rgb", 5, [DATA, STRAIGHT]),
    ("rgb", 3, None), ("minisblack", 2, [DATA]), ("minisblack", 2, [STRAIGHT]), ("minisblack", 3, [DATA] * 2),
    ("minisblack", 4, [DATA] * 3), ("minisblack", 4, [DATA, DATA, STRAIGHT]), ("minisblack", 9, [DATA] * 8),
]  # fmt: skip


class TestRetagged:
    @pytest.mark.parametrize("planar", ["contig", "separate"])
    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
    @pytest.mark.parametrize(("photometric", "channels", "extra"), KINDS)
    def test_channels_are_read_filtered_and_tagged_as_they_came(
        self, source, run, bands, tmp_path, photometric, channels, extra, dtype, planar
    ):
        pixels = bands[..., :channels].astype(dtype)
        save(source / "a.tif", pixels, photometric, extra, planar)
        image = read(source / "a.tif")
        np.testing.assert_array_equal(image.pixels, pixels)
        assert image.alpha == probe(source / "a.tif").alpha == (extra is not None and extra[-1] == STRAIGHT)
        assert image.notes == ()
        (record,) = run().results
        assert record.status == "done"
        np.testing.assert_array_equal(
            tifffile.imread(tmp_path / "out" / "a.tif").shape, cropped_shape(pixels, planar)
        )
        np.testing.assert_array_equal(read(tmp_path / "out" / "a.tif").pixels, cropped(pixels))
        assert tags_of(tmp_path / "out" / "a.tif") == tags_of(source / "a.tif")

    def test_a_format_without_bands_is_refused_with_those_that_have_them(self, source, run, bands):
        save(source / "a.tif", bands[..., :4], "rgb", [DATA])
        assert run(format="png").failures[0].reason == (
            "png cannot hold uint8 with 4 channels of which none is alpha; tiff, npy, npz can"
        )

    @pytest.mark.parametrize(("photometric", "extra"), [("minisblack", [DATA, DATA]), ("rgb", None)])
    def test_three_channels_of_data_become_rgb_with_a_note(self, source, run, bands, photometric, extra):
        save(source / "a.tif", bands[..., :3], photometric, extra)
        (record,) = run(format="png").results
        assert ("three channels of data, which png has as RGB" in record.notes) == (
            photometric == "minisblack"
        )

    def test_each_page_is_tagged_as_its_own(self, source, run, bands, tmp_path):
        with tifffile.TiffWriter(source / "a.tif") as writer:
            options = {"photometric": "minisblack", "metadata": None}
            writer.write(bands[..., :4].copy(), planarconfig="contig", extrasamples=[DATA] * 3, **options)
            writer.write(bands[..., 0].copy(), **options)
        assert run().failures == []
        shapes = [image.pixels.shape for image in read_pages(tmp_path / "out" / "a.tif")]
        assert shapes == [(10, 12, 4), (10, 12)]


def cropped_shape(pixels, planar):
    shape = cropped(pixels).shape
    return (shape[2], *shape[:2]) if planar == "separate" else shape


class TestAlpha:
    def test_missing_extra_samples_are_data(self, tmp_path, bands):
        save(tmp_path / "a.tif", bands[..., :4], "rgb", [STRAIGHT])
        data = (tmp_path / "a.tif").read_bytes()
        with tifffile.TiffFile(tmp_path / "a.tif") as file:
            at = file.pages[0].tags["ExtraSamples"].offset
        (tmp_path / "a.tif").write_bytes(data[:at] + UNUSED.to_bytes(2, "little") + data[at + 2 :])
        image = read(tmp_path / "a.tif")
        assert not image.alpha
        np.testing.assert_array_equal(image.pixels, bands[..., :4])

    @pytest.mark.parametrize("dtype", ["uint8", "uint16"])
    @pytest.mark.parametrize("colours", [1, 3])
    def test_premultiplied_is_made_straight_and_written_as_that(
        self, source, run, rng, tmp_path, colours, dtype
    ):
        top = np.iinfo(dtype).max
        straight = rng.integers(0, top + 1, (12, 14, colours + 1)).astype(dtype)
        straight[..., -1] = rng.choice([0, top // 2, top], (12, 14))
        alpha = straight[..., -1:] / top
        stored = np.rint(straight[..., :-1] * alpha).astype(dtype)
        save(
            source / "a.tif", np.concatenate([stored, straight[..., -1:]], -1),
            "rgb" if colours == 3 else "minisblack", [PREMULTIPLIED],
        )  # fmt: skip
        image = read(source / "a.tif")
        assert image.alpha
        assert image.notes == ("premultiplied alpha undone",)
        expected = np.where(alpha > 0, straight[..., :-1], 0)
        np.testing.assert_allclose(image.pixels[..., :-1], expected, atol=1)
        np.testing.assert_array_equal(image.pixels[..., -1], straight[..., -1])
        assert run().failures == []
        assert tags_of(tmp_path / "out" / "a.tif")["ExtraSamples"] == (STRAIGHT,)

    def test_premultiplied_alpha_leaves_data_alone(self, tmp_path, bands):
        pixels = bands[..., :5].copy()
        pixels[..., 4] = 255
        pixels[0, 0] = 10, 20, 30, 40, 128
        save(tmp_path / "a.tif", pixels, "rgb", [DATA, PREMULTIPLIED])
        assert read(tmp_path / "a.tif").pixels[0, 0].tolist() == [20, 40, 60, 40, 128]

    def test_alpha_that_is_not_last_is_moved_there(self, source, run, bands, tmp_path):
        pixels = bands[..., :5]
        save(source / "a.tif", pixels, "rgb", [STRAIGHT, DATA])
        image = read(source / "a.tif")
        assert image.alpha
        np.testing.assert_array_equal(image.pixels, pixels[..., [0, 1, 2, 4, 3]])
        assert image.notes == ("alpha is channel 4; moved to the end",)
        assert run().failures == []
        assert tags_of(tmp_path / "out" / "a.tif")["ExtraSamples"] == (DATA, STRAIGHT)

    def test_several_alphas(self, tmp_path, bands):
        save(tmp_path / "a.tif", bands[..., :5], "rgb", [STRAIGHT, STRAIGHT])
        image = read(tmp_path / "a.tif")
        np.testing.assert_array_equal(image.pixels, bands[..., :5])
        assert image.notes == (
            "several channels are said to be alpha; the last is taken, the others are data",
        )

    def test_corels_number_for_alpha(self, tmp_path, bands):
        save(tmp_path / "a.tif", bands[..., :4], "rgb", [STRAIGHT])
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
            file.pages[0].tags["ExtraSamples"].overwrite(999)
        assert read(tmp_path / "a.tif").alpha


class TestColours:
    def test_white_is_zero_with_extra_samples(self, tmp_path, bands):
        save(tmp_path / "a.tif", bands[..., :3], "miniswhite", [DATA, STRAIGHT])
        image = read(tmp_path / "a.tif")
        np.testing.assert_array_equal(image.pixels[..., 0], 255 - bands[..., 0])
        np.testing.assert_array_equal(image.pixels[..., 1:], bands[..., 1:3])
        assert image.alpha

    def test_pages_of_either_zero(self, tmp_path, bands):
        with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
            for number, photometric in enumerate(("miniswhite", "minisblack", "miniswhite")):
                writer.write(bands[..., number].copy(), photometric=photometric, metadata=None)
        found = [image.pixels for image in read_pages(tmp_path / "a.tif")]
        for pixels, expected in zip(found, (~bands[..., 0], bands[..., 1], ~bands[..., 2]), strict=True):
            np.testing.assert_array_equal(pixels, expected)

    @pytest.mark.parametrize("extra", [[STRAIGHT], [DATA]])
    def test_ink_with_an_extra_sample(self, tmp_path, bands, extra):
        save(tmp_path / "a.tif", bands[..., :5], "separated", extra)
        save(tmp_path / "b.tif", bands[..., :4], "separated")
        image = read(tmp_path / "a.tif")
        np.testing.assert_array_equal(image.pixels[..., :3], read(tmp_path / "b.tif").pixels)
        np.testing.assert_array_equal(image.pixels[..., 3], bands[..., 4])
        assert image.alpha == (extra == [STRAIGHT])

    def test_palette_with_alpha(self, tmp_path, bands, rng):
        table = rng.integers(0, 65_536, (3, 256)).astype(np.uint16)
        tifffile.imwrite(
            tmp_path / "a.tif", bands[..., :2].copy(), photometric="minisblack", planarconfig="contig",
            extrasamples=[STRAIGHT], metadata=None,
            extratags=[(320, 3, 768, tuple(table.ravel().tolist()), True)],
        )  # fmt: skip
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
            file.pages[0].tags["PhotometricInterpretation"].overwrite(3)
        image = read(tmp_path / "a.tif")
        assert image.alpha
        np.testing.assert_array_equal(image.pixels[..., :3], (table.T >> 8)[bands[..., 0]])
        np.testing.assert_array_equal(image.pixels[..., 3], bands[..., 1])

    def test_two_channels_said_to_be_rgb(self, tmp_path, bands):
        """As LSM says of two channels."""
        save(tmp_path / "a.tif", bands[..., :2], extra=[DATA])
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
            file.pages[0].tags["PhotometricInterpretation"].overwrite(2)
        image = read(tmp_path / "a.tif")
        assert not image.alpha
        np.testing.assert_array_equal(image.pixels, bands[..., :2])

    @pytest.mark.parametrize(("samples", "said"), [(1, "grey whose 0 is black"), (3, "RGB")])
    def test_a_missing_photometric_interpretation(self, tmp_path, bands, samples, said):
        pixels = bands[..., 0].copy() if samples == 1 else bands[..., :3].copy()
        tifffile.imwrite(
            tmp_path / "a.tif", pixels, metadata=None, photometric="minisblack" if samples == 1 else "rgb"
        )
        with tifffile.TiffFile(tmp_path / "a.tif") as file:
            at = file.pages[0].tags["PhotometricInterpretation"].offset
        data = (tmp_path / "a.tif").read_bytes()
        (tmp_path / "a.tif").write_bytes(data[:at] + UNUSED.to_bytes(2, "little") + data[at + 2 :])
        image = read(tmp_path / "a.tif")
        np.testing.assert_array_equal(image.pixels, pixels)
        assert image.notes == (f"no photometric interpretation; taken for {said}",)


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_fax_without_a_photometric_interpretation_has_white_as_zero(tmp_path, bands, compression):
    Pillow.fromarray(bands[..., 0] > 99).save(tmp_path / "a.tif", compression=compression)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages[0].tags["PhotometricInterpretation"].overwrite(0)
        at = file.pages[0].tags["PhotometricInterpretation"].offset
    expected = read(tmp_path / "a.tif").pixels
    data = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(data[:at] + UNUSED.to_bytes(2, "little") + data[at + 2 :])
    image = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.pixels, expected)
    assert "no photometric interpretation; taken for grey whose 0 is white" in image.notes


def packed(pixels, bits):
    """Pack rows of samples into bits, the highest first, each row padded to a byte."""
    rows = pixels.reshape(len(pixels), -1)
    digits = (rows[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(digits.reshape(len(rows), -1).astype(bool), axis=1).tobytes()


class TestBits:
    @pytest.mark.parametrize("fill_order", [1, 2])
    @pytest.mark.parametrize("samples", [1, 3])
    @pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, 10, 12, 14, 24])
    def test_packed_samples(self, tmp_path, rng, bits, samples, fill_order):
        pixels = rng.integers(0, 1 << bits, (7, 9, samples))
        size = 1 if bits <= 8 else 2 if bits <= 16 else 4
        data = packed(pixels, bits)
        if fill_order == 2:
            data = bytes(imagecodecs.bitorder_encode(data))
        tiff = minimal_tiff(data, 7, 9, samples, bits, fill_order)
        (tmp_path / "a.tif").write_bytes(tiff)
        image = read(tmp_path / "a.tif")
        top, used = (1 << 8 * size) - 1, (1 << bits) - 1
        expected = (pixels * top + used // 2) // used
        np.testing.assert_array_equal(image.pixels, expected if samples == 3 else expected[..., 0])

    @pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "u4", "f4", "f8"])
    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("fill_order", [1, 2])
    def test_whole_bytes_in_either_order(self, tmp_path, rng, dtype, order, fill_order):
        pixels = rng.integers(0, 100, (7, 9)).astype(dtype)
        data = pixels.astype(np.dtype(dtype).newbyteorder(order)).tobytes()
        if fill_order == 2:
            data = bytes(imagecodecs.bitorder_encode(data))
        kind = {"u": 1, "i": 2, "f": 3}[dtype[0]]
        tiff = minimal_tiff(data, 7, 9, 1, 8 * pixels.itemsize, fill_order, kind, order)
        (tmp_path / "a.tif").write_bytes(tiff)
        np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, pixels)
        np.testing.assert_array_equal(imagecodecs.tiff_decode(tiff), pixels)

    @pytest.mark.parametrize(
        ("bits", "kind"), [(64, 6), (32, 5), ((5, 6, 5), 1), (8, 3), (12, 2), (8, (1, 2, 1)), (16, 9)]
    )
    def test_what_is_no_plain_number_is_refused(self, tmp_path, bits, kind):
        samples = 3 if isinstance(bits, tuple) or isinstance(kind, tuple) else 1
        (tmp_path / "a.tif").write_bytes(minimal_tiff(bytes(4000), 7, 9, samples, bits, 1, kind))
        with pytest.raises(ReadError):
            probe(tmp_path / "a.tif")

    def test_pages_of_many_kinds(self, tmp_path, bands):
        pages = [
            bands[..., 0] > 99,
            bands[..., :3].copy(),
            bands[..., 0].astype(np.float16),
            bands[:5, :6, 0].astype("i4"),
        ]
        with tifffile.TiffWriter(tmp_path / "a.tif", bigtiff=True) as writer:
            for page in pages:
                writer.write(page, metadata=None, photometric="rgb" if page.ndim == 3 else "minisblack")
        found = list(read_pages(tmp_path / "a.tif"))
        assert [image.pixels.dtype.name for image in found] == ["uint8", "uint8", "float32", "int32"]
        np.testing.assert_array_equal(found[0].pixels, pages[0] * np.uint8(255))
        for image, page in zip(found[1:], pages[1:], strict=True):
            np.testing.assert_array_equal(image.pixels, page)


def minimal_tiff(data, rows, cols, samples, bits, fill_order=1, kind=1, order="<"):
    """Return an uncompressed TIFF of one strip, by hand."""
    from convpipe.images.tiff import ifd

    layout = ifd.Layout(order)
    fields = []
    numbers = {
        256: cols, 257: rows, 258: bits, 259: 1, 262: 2 if samples == 3 else 1, 266: fill_order, 273: 8,
        277: samples, 278: rows, 279: len(data), 339: kind,
    }  # fmt: skip
    for tag, value in numbers.items():
        values = value if isinstance(value, tuple) else (value,) * (samples if tag in (258, 339) else 1)
        fields.append(ifd.Field(tag, 4, len(values), np.array(values, order + "u4").tobytes()))
    at = 8 + len(data) + len(data) % 2
    head = layout.header + layout.offset.pack(at)
    return head + data + b"\0" * (len(data) % 2) + ifd.pack(fields, layout, at)


def test_pillow_reads_what_is_tagged(source, run, bands, tmp_path):
    """An independent reader finds alpha where the result has it, and none where it has data."""
    save(source / "a.tif", bands[..., :4], "rgb", [STRAIGHT])
    save(source / "b.tif", bands[..., :4], "rgb", [DATA])
    assert run().failures == []
    for name, mode in (("a.tif", "RGBA"), ("b.tif", "RGB")):
        with Pillow.open(io.BytesIO((tmp_path / "out" / name).read_bytes())) as picture:
            assert picture.mode == mode


@pytest.mark.parametrize(
    ("space", "photometric", "kept"), [(b"RGB ", "rgb", True), (b"RGB ", "minisblack", False)]
)
def test_a_profile_is_of_the_colour_whatever_data_stand_behind_it(tmp_path, bands, space, photometric, kept):
    profile = (240).to_bytes(4, "big") + bytes(12) + space + bytes(16) + b"acsp" + bytes(200)
    extra = [DATA] * (2 if photometric == "rgb" else 4)
    save(tmp_path / "a.tif", bands[..., :5], photometric, extra, iccprofile=profile)
    assert (read(tmp_path / "a.tif").metadata.icc is not None) == kept
