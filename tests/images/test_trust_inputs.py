"""What a file may hold, case by case: each ends as the right result or as one line that says why not.

Every case runs through a folder job, which reads, plans, filters (here: crops) and writes.
"""

import io
import pickle
import struct

import numpy as np
import pytest
import tifffile
from fakes import cropped
from PIL import Image as Pillow
from PIL import ImageCms

from convpipe.images import Limits, read, read_pages, write

RGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_case_09_content_decides_and_the_name_is_noted(source, result, photo):
    write(source / "a.png", photo)
    (source / "a.png").rename(source / "a.tif")
    image, record = result("a.tif")
    assert image.format == "tiff"  # the result is what its name says
    assert record.notes == ("the content is png, not what the name says",)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript (EPS)"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a PDF document"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b'<?xml version="1.0"?>\n<svg/>', "XML (perhaps SVG)"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\0\0\0\x20ftypheic\0\0\0\0", "an ISO media file"),
        (b"#!/bin/sh\n", "text"),
    ],
)
def test_case_09_what_is_not_in_the_allowlist_is_refused(source, refused, content, named):
    (source / "a.jpg").write_bytes(content)
    assert named in refused()["a.jpg"]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_case_10_orientation_is_applied_once(source, result, run, photo, tmp_path, name, orientation):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if name == "a.webp" else {}
    Pillow.fromarray(photo).save(source / name, exif=exif, **options)
    image, record = result(name)
    upright = photo.swapaxes(0, 1) if orientation >= 5 else photo
    upright = upright[::-1] if orientation in (3, 4, 7, 8) else upright
    upright = upright[:, ::-1] if orientation in (2, 3, 6, 7) else upright
    np.testing.assert_array_equal(image.pixels, cropped(upright))
    assert record.input == upright.shape[:2]
    with Pillow.open(tmp_path / "out" / name) as again:  # what any other reader makes of it
        assert again.getexif().get(0x0112, 1) == 1


class TestCase11:
    """Kinds of pixels: a documented conversion, never silent clipping to 8 bits."""

    def test_case_11_palette_with_alpha(self, source, result):
        picture = Pillow.new("P", (4, 3))
        picture.putpalette([10, 20, 30, 40, 50, 60])
        picture.putdata([0, 1] * 6)
        picture.save(source / "a.png", transparency=bytes([128, 255]))
        image, _ = result("a.png")
        assert image.pixels.tolist() == [[[40, 50, 60, 255], [10, 20, 30, 128]]]

    def test_case_11_grey_with_alpha(self, source, result, rng):
        pixels = rng.integers(0, 256, (5, 6, 2)).astype(np.uint8)
        Pillow.frombytes("LA", (6, 5), pixels.tobytes()).save(source / "a.png")
        np.testing.assert_array_equal(result("a.png")[0].pixels, cropped(pixels))

    @pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp"])
    def test_case_11_one_bit(self, source, result, name):
        bits = np.eye(9, dtype=bool)
        Pillow.fromarray(bits).save(source / name)
        np.testing.assert_array_equal(result(name)[0].pixels, cropped(bits) * np.uint8(255))

    @pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
    def test_case_11_ink_without_a_profile(self, source, result, name):
        ink = np.full((16, 16, 4), (0, 100, 255, 51), np.uint8)
        options = {"quality": 100} if name == "a.jpg" else {}
        Pillow.frombytes("CMYK", (16, 16), ink.tobytes()).save(source / name, **options)
        image, record = result(name, quality=100)
        np.testing.assert_allclose(image.pixels, np.broadcast_to([204, 124, 0], (14, 14, 3)), atol=3)
        assert record.notes == ("CMYK without a profile converted to RGB by (1 - ink)(1 - black)",)

    @pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
    def test_case_11_ink_with_a_profile(self, source, result, name):
        """The profile's cyan is a pink: nothing but the profile gives that colour."""
        ink = np.full((16, 16, 4), (255, 0, 0, 0), np.uint8)
        options = {"quality": 100} if name == "a.jpg" else {}
        Pillow.frombytes("CMYK", (16, 16), ink.tobytes()).save(
            source / name, icc_profile=cmyk_profile(), **options
        )
        image, record = result(name, quality=100)
        np.testing.assert_allclose(image.pixels, np.broadcast_to([205, 62, 121], (14, 14, 3)), atol=6)
        assert record.notes == ("CMYK converted to sRGB through its profile",)
        assert image.metadata.icc is None

    @pytest.mark.parametrize("name", ["a.png", "a.tif"])
    def test_case_11_sixteen_bits(self, source, result, rng, name):
        pixels = rng.integers(0, 65_536, (7, 8, 3)).astype(np.uint16)
        write(source / name, pixels)
        image, _ = result(name)
        np.testing.assert_array_equal(image.pixels, cropped(pixels))
        assert image.pixels.dtype == np.uint16

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_case_11_floating_point(self, source, result, rng, dtype):
        pixels = (rng.random((7, 8)) * 1000 - 500).astype(dtype)
        write(source / "a.tif", pixels)
        image, _ = result("a.tif")
        np.testing.assert_array_equal(image.pixels, cropped(pixels))
        assert image.pixels.dtype == dtype

    def test_case_11_floating_point_to_a_format_that_has_none(self, source, run):
        write(source / "a.tif", np.zeros((7, 8), np.float32))
        (failure,) = run(format="png").failures
        assert failure.stage == "write"
        assert failure.reason == "png cannot hold float32 with 1 channel; tiff, npy, npz can"


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_case_12_the_first_frame_of_an_animation_with_a_note(source, result, photo, name):
    frames = [Pillow.fromarray(each) for each in (photo, photo[::-1].copy(), 255 - photo)]
    frames[0].save(source / name, save_all=True, append_images=frames[1:], lossless=True)
    image, record = result("a.png", format="png")
    assert "first of 3 frames; 2 not read" in record.notes
    assert image.pixels.shape[:2] == cropped(photo).shape[:2]


def test_case_12_frames_are_capped(source, refused, photo):
    frames = [Pillow.fromarray(photo)] * 4
    frames[0].save(source / "a.tif", save_all=True, append_images=frames[1:])
    different = [Pillow.fromarray(photo), Pillow.fromarray(255 - photo), Pillow.fromarray(photo[::-1].copy())]
    different[0].save(source / "b.gif", save_all=True, append_images=different[1:])
    reasons = refused(limits=Limits(max_frames=2), format="tiff")
    assert all("(limits: max_frames)" in reason for reason in reasons.values())
    assert len(reasons) == 2


def test_case_12_every_page_of_a_tiff(source, run, photo, tmp_path):
    with tifffile.TiffWriter(source / "a.tif") as writer:
        for page in (photo, photo[..., 0], photo[:20]):
            writer.write(page, metadata=None)
    (record,) = run().results
    assert record.pages == 3
    shapes = [image.pixels.shape for image in read_pages(tmp_path / "out" / "a.tif")]
    assert shapes == [(46, 62, 3), (46, 62), (18, 62, 3)]


def test_case_13_nan_and_infinity_propagate(source, result):
    pixels = np.full((5, 5), 0.5, np.float32)
    pixels[2, 1:4] = np.nan, np.inf, -np.inf
    write(source / "a.tif", pixels)
    np.testing.assert_array_equal(result("a.tif")[0].pixels, cropped(pixels))


def test_case_13_to_integers_nan_is_0_and_counted(source, tmp_path):
    import convpipe

    pixels = np.full((5, 5), 7, np.float32)
    pixels[2, 1:4] = np.nan, np.inf, -np.inf
    write(source / "a.tif", pixels)
    same = convpipe.stage("custom", "same", kernel=[[1]])
    pipeline = convpipe.Pipeline([same], dtype="uint8", backend="cpu")
    report = pipeline.run_folder(source, tmp_path / "out")
    assert report.losses.nans == 1
    found = read(tmp_path / "out" / "a.tif").pixels
    assert found[2].tolist() == [7, 0, 255, 0, 7]


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_case_14_broken_metadata_is_dropped_with_a_note(source, result, photo, name):
    options = {} if name == "a.tif" else {"exif": b"Exif\0\0MM\0*\0\0\xff\xff"}
    Pillow.fromarray(photo).save(source / name, icc_profile=RGB_PROFILE[:-9], **options)
    image, record = result(name)
    assert image.pixels.shape == cropped(photo).shape
    assert "broken ICC profile dropped" in record.notes
    assert name == "a.tif" or "broken EXIF dropped" in record.notes
    assert (image.metadata.icc, image.metadata.exif) == (None, None)


class Mine:
    """Unpickling this would be seen."""

    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


def test_case_15_an_array_of_objects_is_never_unpickled(source, refused):
    out = io.BytesIO()
    np.save(out, np.zeros((2, 2), object), allow_pickle=True)
    head = out.getvalue()[: out.getvalue().index(b"\n") + 1]
    (source / "a.npy").write_bytes(head + pickle.dumps(np.array([[Mine()]], object)))
    assert "never unpickled" in refused(format="png")["a.npy"]


def cmyk_profile():
    """Return a CMYK profile (ICC.1:2022, lut8Type) of four inks: cyan is pink, black is black."""
    lab = [
        value
        for c in (0, 1) for _magenta in (0, 1) for _yellow in (0, 1) for k in (0, 1)
        for value in (int(255 * (1 - k) * (1 - 0.5 * c)), 128 + 60 * c * (1 - k), 128)
    ]  # fmt: skip
    ramp, identity = bytes(range(256)), (65_536, 0, 0, 0, 65_536, 0, 0, 0, 65_536)
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + struct.pack(">9i", *identity)
    lut += ramp * 4 + bytes(lab) + ramp * 3
    table = struct.pack(">I4sII", 1, b"A2B0", 128 + 16, len(lut))
    head = bytearray(128)
    struct.pack_into(">I4sI4s4s4s", head, 0, 144 + len(lut), b"none", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head[36:40] = b"acsp"
    struct.pack_into(">3i", head, 68, 63_190, 65_536, 54_061)
    return bytes(head) + table + lut
