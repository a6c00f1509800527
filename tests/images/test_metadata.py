"""Metadata: carried where the format can, upright exactly once, dropped with a note where it is damaged."""

import numpy as np
import pytest
import tifffile
from blocks import GREY_PROFILE, PACKET, RGB_PROFILE, exif_of
from PIL import Image as Pillow
from PIL.TiffImagePlugin import IFDRational

from convpipe.images import Encoding, Metadata, Page, read, write
from convpipe.images.metadata.exif import check_exif
from convpipe.images.metadata.xmp import check_xmp

UPRIGHT = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}
"""What each orientation asks for, in the words of EXIF: mirrored, turned, or both."""


@pytest.fixture
def pixels(rng):
    return rng.integers(0, 256, (12, 20, 3)).astype(np.uint8)


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
    def test_applied_once(self, tmp_path, pixels, name, orientation):
        options = {"lossless": True} if name == "a.webp" else {}
        exif = exif_of(orientation)
        Pillow.fromarray(pixels).save(tmp_path / name, exif=exif, **options)
        image = read(tmp_path / name)
        np.testing.assert_array_equal(image.pixels, UPRIGHT[orientation](pixels))
        write(tmp_path / f"again-{name}", Page(image.pixels, metadata=image.metadata))
        np.testing.assert_array_equal(read(tmp_path / f"again-{name}").pixels, image.pixels)

    @pytest.mark.parametrize("orientation", [0, 9, 65535])
    def test_nonsense_is_one(self, tmp_path, pixels, orientation):
        Pillow.fromarray(pixels).save(tmp_path / "a.png", exif=exif_of(orientation))
        image = read(tmp_path / "a.png")
        np.testing.assert_array_equal(image.pixels, pixels)
        assert image.notes == ("EXIF orientation is not 1 to 8; taken for 1",)

    def test_resolution_turns_too(self, tmp_path, pixels):
        Pillow.fromarray(pixels).save(tmp_path / "a.jpg", exif=exif_of(6), dpi=(100, 200))
        assert read(tmp_path / "a.jpg").metadata.resolution == (200, 100)


class TestKept:
    @pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
    def test_exif(self, tmp_path, pixels, name):
        Pillow.fromarray(pixels).save(tmp_path / name, exif=exif_of(6))
        image = read(tmp_path / name)
        assert image.notes == ()
        write(tmp_path / f"again-{name}", Page(image.pixels, metadata=image.metadata))
        with Pillow.open(tmp_path / f"again-{name}") as again:
            exif = again.getexif()
            assert (exif[0x010F], exif[0x0112]) == ("camera", 1)
        assert read(tmp_path / f"again-{name}").metadata.exif == image.metadata.exif

    @pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif"])
    @pytest.mark.parametrize("repeats", [0, 150_000])
    def test_icc(self, tmp_path, pixels, name, repeats):
        profile = bytearray(RGB_PROFILE + bytes(repeats))
        profile[:4] = len(profile).to_bytes(4, "big")
        write(tmp_path / name, Page(pixels, metadata=Metadata(icc=bytes(profile))))
        assert read(tmp_path / name).metadata.icc == profile
        with Pillow.open(tmp_path / name) as again:
            again.load()
            assert again.info["icc_profile"] == profile

    @pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.bmp"])
    def test_resolution(self, tmp_path, pixels, name):
        write(tmp_path / name, Page(pixels, metadata=Metadata(resolution=(300, 150))))
        assert read(tmp_path / name).metadata.resolution == pytest.approx((300, 150), rel=1e-3)
        with Pillow.open(tmp_path / name) as again:
            assert again.info["dpi"] == pytest.approx((300, 150), rel=1e-3)

    def test_resolution_in_centimetres(self, tmp_path, pixels):
        tifffile.imwrite(
            tmp_path / "a.tif", pixels, photometric="rgb", resolution=(100, 50), resolutionunit="centimeter"
        )
        assert read(tmp_path / "a.tif").metadata.resolution == pytest.approx((254, 127))

    @pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.bmp"])
    def test_all_together_leave_the_pixels_alone(self, tmp_path, pixels, name):
        write(tmp_path / f"plain-{name}", pixels)
        metadata = Metadata(RGB_PROFILE, exif_of(1).tobytes(), (72, 72))
        write(tmp_path / name, Page(pixels, metadata=metadata))
        np.testing.assert_array_equal(read(tmp_path / name).pixels, read(tmp_path / f"plain-{name}").pixels)


class TestDropped:
    def test_profile_of_another_colour_space(self, tmp_path, pixels):
        write(tmp_path / "a.png", Page(pixels[..., 0], metadata=Metadata(icc=RGB_PROFILE)))
        assert read(tmp_path / "a.png").metadata.icc is None
        write(tmp_path / "b.png", Page(pixels[..., 0], metadata=Metadata(icc=GREY_PROFILE)))
        assert read(tmp_path / "b.png").metadata.icc == GREY_PROFILE

    @pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif"])
    def test_broken_profile(self, tmp_path, pixels, name):
        options = {"lossless": True} if name == "a.webp" else {}
        Pillow.fromarray(pixels).save(tmp_path / name, icc_profile=RGB_PROFILE[:-9], **options)
        image = read(tmp_path / name)
        assert image.metadata.icc is None
        assert image.notes == ("broken ICC profile dropped",)
        assert image.pixels.shape == pixels.shape

    @pytest.mark.parametrize("data", [b"", b"II*\0", b"Exif\0\0MM\0*\0\0\xff\xff", b"junk" * 9])
    def test_broken_exif(self, tmp_path, pixels, data):
        Pillow.fromarray(pixels).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + data)
        image = read(tmp_path / "a.jpg")
        assert image.metadata.exif is None
        assert image.notes == ("broken EXIF dropped",)

    def test_orientation_survives_damage_behind_it(self):
        data = bytearray(exif_of(6, maker="a long name of a camera").tobytes())
        kept, orientation = check_exif(bytes(data[:-4]), notes := [])
        assert (kept, orientation, notes) == (None, 6, ["broken EXIF dropped"])

    def test_every_truncation_of_exif_is_survived(self):
        whole = exif_of(8).tobytes()
        for length in range(len(whole)):
            _, orientation = check_exif(whole[:length], [])
            assert orientation in (1, 8)

    def test_thumbnail_is_unlinked(self, tmp_path, pixels):
        exif = exif_of(1).tobytes().removeprefix(b"Exif\0\0")
        order = "little" if exif[:2] == b"II" else "big"
        first = int.from_bytes(exif[4:8], order)
        link = first + 2 + 12 * int.from_bytes(exif[first : first + 2], order)
        linked = exif[:link] + first.to_bytes(4, order) + exif[link + 4 :]
        kept, _ = check_exif(linked, [])
        assert kept is not None
        assert int.from_bytes(kept[link : link + 4], order) == 0

    @pytest.mark.parametrize("density", [(0, 0), (0, 72)])
    def test_absurd_resolution(self, tmp_path, pixels, density):
        Pillow.fromarray(pixels).save(tmp_path / "a.jpg", dpi=(72, 72))
        data = bytearray((tmp_path / "a.jpg").read_bytes())
        at = data.index(b"JFIF") + 8
        data[at : at + 4] = b"".join(value.to_bytes(2, "big") for value in density)
        (tmp_path / "a.jpg").write_bytes(data)
        assert read(tmp_path / "a.jpg").metadata.resolution is None


class TestXmp:
    @pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif"])
    def test_kept_and_upright(self, tmp_path, pixels, name):
        options = {"tiffinfo": {700: PACKET % b""}} if name == "a.tif" else {"xmp": PACKET % b""}
        if name == "a.png":
            from PIL.PngImagePlugin import PngInfo

            text = PngInfo()
            text.add_itxt("XML:com.adobe.xmp", (PACKET % b"").decode(), zip=True)
            options = {"pnginfo": text}
        Pillow.fromarray(pixels).save(tmp_path / name, **options)
        image = read(tmp_path / name)
        upright = (PACKET % b"").replace(b'Orientation="6"', b'Orientation="1"')
        assert image.metadata.xmp == upright
        write(tmp_path / f"again-{name}", Page(image.pixels, metadata=image.metadata))
        assert read(tmp_path / f"again-{name}").metadata.xmp == upright
        with Pillow.open(tmp_path / f"again-{name}") as again:
            again.load()
            assert again.info["xmp"].strip(b"\0") == upright

    @pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif"])
    def test_broken(self, tmp_path, pixels, name):
        write(tmp_path / name, Page(pixels, metadata=Metadata(xmp=b"<rdf:RDF")))
        image = read(tmp_path / name)
        assert image.metadata.xmp is None
        assert image.notes == ("broken XMP dropped",)

    def test_as_an_element(self):
        packet = b"<rdf:RDF><tiff:Orientation> 8 </tiff:Orientation></rdf:RDF>"
        assert check_xmp(packet, []) == packet.replace(b"8", b"1")

    def test_longer_than_a_jpeg_segment(self, tmp_path, pixels):
        write(tmp_path / "a.jpg", Page(pixels, metadata=Metadata(xmp=PACKET % (b"x" * 70_000))))
        assert read(tmp_path / "a.jpg").metadata.xmp is None
        write(tmp_path / "a.png", Page(pixels, metadata=Metadata(xmp=PACKET % (b"x" * 70_000))))
        assert len(read(tmp_path / "a.png").metadata.xmp) > 70_000


SAYS = {269: "survey", 270: "north façade", 271: "camera", 285: "plan B", 305: "scanner 1.0",
        306: "2026:01:02 03:04:05", 315: "somebody", 33432: "nobody"}  # fmt: skip


class TestTiffDirectory:
    """What a TIFF says of its picture in its own directory is EXIF, wherever it goes."""

    def save(self, path, pixels, byteorder="<"):
        tags = [(tag, 2, 0, text.encode(), True) for tag, text in SAYS.items()]
        tags.append((297, 3, 2, (4, 9), True))
        tifffile.imwrite(
            path,
            pixels,
            photometric="rgb",
            byteorder=byteorder,
            metadata=None,
            software=False,
            extratags=tags,
        )

    @pytest.mark.parametrize("byteorder", ["<", ">"])
    def test_to_tiff(self, tmp_path, pixels, byteorder):
        self.save(tmp_path / "a.tif", pixels, byteorder)
        image = read(tmp_path / "a.tif")
        assert image.notes == ()
        write(tmp_path / "b.tif", Page(image.pixels, metadata=image.metadata), Encoding(compression=3))
        with tifffile.TiffFile(tmp_path / "b.tif") as file:
            tags = file.pages[0].tags
            assert {tag: tags.valueof(tag) for tag in SAYS} == SAYS
            assert tags.valueof(297) == (4, 9)
        np.testing.assert_array_equal(read(tmp_path / "b.tif").pixels, pixels)

    @pytest.mark.parametrize("name", ["b.jpg", "b.png", "b.webp"])
    def test_to_others(self, tmp_path, pixels, name):
        self.save(tmp_path / "a.tif", pixels, ">")
        image = read(tmp_path / "a.tif")
        write(tmp_path / name, Page(image.pixels, metadata=image.metadata))
        with Pillow.open(tmp_path / name) as again:
            exif = again.getexif()
            assert (exif[271], exif[297]) == ("camera", (4, 9))
        assert read(tmp_path / name).metadata.exif == image.metadata.exif

    @pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
    def test_exif_and_gps_there_and_back(self, tmp_path, pixels, name):
        exif = exif_of(6)
        exif[0x8769] = {0x829A: IFDRational(1, 250), 0x927C: b"maker's own", 0x8827: 400}
        exif[0x8825] = {1: "N", 2: (51.0, 28.0, 38.5)}
        Pillow.fromarray(pixels).save(tmp_path / name, exif=exif)
        first = read(tmp_path / name)
        assert first.notes == ()
        write(tmp_path / "b.tif", Page(first.pixels, metadata=first.metadata))
        middle = read(tmp_path / "b.tif")
        write(tmp_path / "c.jpg", Page(middle.pixels, metadata=middle.metadata))
        for path in ("b.tif", "c.jpg"):
            with Pillow.open(tmp_path / path) as again:
                found = again.getexif()
                assert found[271] == "camera"
                assert found.get(0x0112, 1) == 1
                assert float(found.get_ifd(0x8769)[0x829A]) == 1 / 250
                assert found.get_ifd(0x8769)[0x927C] == b"maker's own"
                assert found.get_ifd(0x8769)[0x8827] == 400
                assert [float(each) for each in found.get_ifd(0x8825)[2]] == [51, 28, 38.5]

    def test_broken(self, tmp_path, pixels):
        self.save(tmp_path / "a.tif", pixels)
        with tifffile.TiffFile(tmp_path / "a.tif") as file:
            at = file.pages[0].tags[315].offset
        data = bytearray((tmp_path / "a.tif").read_bytes())
        data[at + 8 : at + 12] = b"\xff\xff\xff\x7f"
        (tmp_path / "a.tif").write_bytes(data)
        image = read(tmp_path / "a.tif")
        np.testing.assert_array_equal(image.pixels, pixels)
        assert image.metadata.exif is None
        assert "broken EXIF dropped" in image.notes
