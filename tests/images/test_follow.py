"""Resolution and sizes follow strides and orientations in every place that states them."""

import struct

import numpy as np
import pytest
from blocks import GREY_PROFILE, RGB_PROFILE
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

from convpipe.images import Encoding, Metadata, Page, encode, read, write
from convpipe.images.metadata.exif import follow_exif, ratio
from convpipe.images.metadata.iptc import photoshop_iptc
from convpipe.images.metadata.xmp import check_xmp
from convpipe.images.tiff import ifd
from convpipe.sampling import Sampling

RGB = np.arange(20 * 32 * 3, dtype=np.uint16).astype(np.uint8).reshape(20, 32, 3)
DPI = {"a.png": (300, 200), "a.jpg": (300, 200), "a.bmp": (300, 200), "a.tif": (300, 200)}
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description tiff:ImageWidth="32" exif:PixelYDimension='20' xmlns:tiff="t" xmlns:exif="e" tiff:Model="32">
<exif:PixelXDimension>32</exif:PixelXDimension><tiff:ImageLength> 20 </tiff:ImageLength>
<tiff:XResolution>300/1</tiff:XResolution><tiff:YResolution>200/1</tiff:YResolution>%s
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def exif(**more):
    found = Pillow.Exif()
    found[0x010F] = "camera"
    found[0x011A], found[0x011B], found[0x0128] = IFDRational(300, 1), IFDRational(200, 1), 2
    found[0x8769] = {
        0xA002: 32, 0xA003: 20, 0x9214: (12, 8, 6, 4), 0xA214: (12, 8), 0x927C: b"maker's own",
        0xA20E: IFDRational(4000, 1), 0xA20F: IFDRational(4000, 1), **more,
    }  # fmt: skip
    return found


def content(encoded):
    return b"".join(map(bytes, encoded.pieces))


def said(path):
    """Return EXIF's statements as Pillow reads them."""
    with Pillow.open(path) as image:
        found = image.getexif()
        return {**found, **found.get_ifd(0x8769)}


@pytest.mark.parametrize("name", DPI)
class TestResolution:
    def test_follows_the_stride(self, source, strided, name):
        Pillow.fromarray(RGB).save(source / name, dpi=DPI[name])
        path, notes = strided((2, 4))
        assert notes == ()
        with Pillow.open(path) as result:
            assert result.info["dpi"] == pytest.approx((75, 100), rel=1e-2)

    def test_survives(self, source, strided, name):
        Pillow.fromarray(RGB).save(source / name, dpi=DPI[name])
        path, _ = strided((1, 1))
        with Pillow.open(source / name) as before, Pillow.open(path) as after:
            assert after.info["dpi"] == pytest.approx(before.info["dpi"], rel=1e-5)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
class TestExif:
    def test_follows(self, source, strided, name):
        Pillow.fromarray(RGB).save(source / name, exif=exif())
        path, notes = strided((2, 4))
        assert notes == ()
        found = said(path)
        assert (found[0xA002], found[0xA003]) == (8, 10)
        assert (float(found[0x011A]), float(found[0x011B])) == (75, 100)
        assert (float(found[0xA20E]), float(found[0xA20F])) == (1000, 2000)
        assert (found[0x9214], found[0xA214]) == ((3, 4, 2, 2), (3, 4))
        assert found[0x927C] == b"maker's own"

    def test_turns(self, source, strided, name):
        """Orientation 6: what was stored as a row, from the right, is a column, from above."""
        turned = exif()
        turned[0x0112] = 6
        Pillow.fromarray(RGB).save(source / name, exif=turned)
        path, _ = strided((1, 1))
        found = said(path)
        assert (found[0xA002], found[0xA003]) == (20, 32)
        assert (float(found[0x011A]), float(found[0x011B])) == (200, 300)
        assert found[0xA214] == (19 - 8, 12)
        assert read(path).metadata.resolution == pytest.approx((200, 300), rel=1e-3)

    def test_tells_other_formats_the_resolution(self, source, strided, name):
        Pillow.fromarray(RGB).save(source / name, exif=exif())
        path, _ = strided((2, 4), format="tiff")
        with Pillow.open(path) as result:
            assert result.info["dpi"] == pytest.approx((75, 100))


def test_exif_whose_size_is_a_text_is_dropped():
    below = {ifd.EXIF: [ifd.Field(0xA002, 2, 3, b"32\0")]}
    encoded = encode(Page(RGB, metadata=Metadata(exif=ifd.block([], below, "<"))), Encoding("png"))
    (note,) = encoded.notes
    assert note.startswith("EXIF dropped: it cannot be made to fit the result (ValueError")
    assert b"eXIf" not in content(encoded)


@pytest.mark.parametrize("missing", [0x011A, 0x011B])
def test_one_density_of_two(missing):
    more = exif()
    del more[missing]
    followed = follow_exif(more.tobytes().removeprefix(b"Exif\0\0"), Sampling((2.0, 4.0)), (10, 8))
    found = Pillow.Exif()
    found.load(b"Exif\0\0" + followed)
    assert missing not in found
    assert float(found[0x011A] if missing == 0x011B else found[0x011B]) == (75 if missing == 0x011B else 100)


def test_a_density_of_another_type_is_dropped():
    fields = [ifd.Field(tag, 3, 1, b"H\0") for tag in (0x011A, 0x011B)]
    metadata = Metadata(exif=ifd.block(fields, {}, "<"))
    assert encode(Page(RGB, metadata=metadata), Encoding("png")).notes == ()
    (note,) = encode(Page(RGB, metadata=metadata, sampling=Sampling((2.0, 2.0))), Encoding("png")).notes
    assert note.startswith("EXIF dropped: it cannot be made to fit the result")


def test_exif_that_a_tiff_has_no_place_for(source, strided):
    more = exif()
    more[0xC4A5] = b"PrintIM\0"
    Pillow.fromarray(RGB).save(source / "a.jpg", exif=more)
    _, notes = strided((2, 4), format="tiff")
    assert notes == ("EXIF fields that a TIFF has no place for dropped: 50341",)


def test_webp_states_its_resolution_in_exif(source, strided):
    Pillow.fromarray(RGB).save(source / "a.png", dpi=(300, 200))
    path, notes = strided((2, 4), format="webp")
    assert notes == ()
    found = said(path)
    assert (float(found[0x011A]), float(found[0x011B]), found[0x0128]) == (
        pytest.approx(75, rel=1e-3),
        pytest.approx(100, rel=1e-3),
        2,
    )


class TestShapeOfPixels:
    """No length is stated, only that pixels are not square."""

    def test_png(self, source, strided):
        metadata = Metadata(resolution=(3.0, 1.0), unit="none")
        data = content(encode(Page(RGB, metadata=metadata), Encoding("png")))
        assert struct.pack(">IIB", 3, 1, 0) in data
        (source / "a.png").write_bytes(data)
        path, _ = strided((2, 1))
        assert read(path).metadata.resolution == (6, 1)

    def test_jpeg(self, source, strided):
        write(source / "a.jpg", Page(RGB, metadata=Metadata(resolution=(1.0, 1.0), unit="none")))
        path, _ = strided((1, 2))
        assert path.read_bytes()[13:18] == struct.pack(">BHH", 0, 1, 2)

    def test_square_is_not_said(self):
        metadata = Metadata(resolution=(1.0, 1.0), unit="none")
        assert b"pHYs" not in content(encode(Page(RGB, metadata=metadata), Encoding("png")))
        assert encode(Page(RGB, metadata=metadata), Encoding("webp")).notes == ()

    @pytest.mark.parametrize("format", ["webp", "bmp"])
    def test_that_a_format_has_not(self, format):
        metadata = Metadata(resolution=(2.0, 1.0), unit="none")
        assert encode(Page(RGB, metadata=metadata), Encoding(format)).notes == (
            f"{format} cannot hold the resolution; dropped",
        )


def test_centimetres_of_a_jpeg(source, strided):
    write(source / "a.jpg", RGB)
    data = bytearray((source / "a.jpg").read_bytes())
    struct.pack_into(">BHH", data, 13, 2, 100, 50)
    (source / "a.jpg").write_bytes(data)
    path, _ = strided((1, 1))
    assert path.read_bytes()[13:18] == struct.pack(">BHH", 1, 254, 127)


def test_centimetres_stay(source, strided):
    write(source / "a.tif", Page(RGB, metadata=Metadata(resolution=(254.0, 508.0), unit="centimetre")))
    path, _ = strided((2, 4))
    with Pillow.open(path) as image:
        assert [float(image.tag_v2[tag]) for tag in (282, 283, 296)] == [25, 100, 3]


class TestXmp:
    def test_follows(self, source, strided):
        write(source / "a.png", Page(RGB, metadata=Metadata(xmp=XMP % b"")))
        # sizes are written as they are; what is stated wrong is set right
        path, notes = strided((2, 4))
        assert notes == ()
        expected = XMP % b""
        for old, new in (
            (b'Width="32"', b'Width="8"'), (b"'20'", b"'10'"), (b">32<", b">8<"), (b" 20 ", b" 10 "),
            (b"300/1", b"75/1"), (b"200/1", b"100/1"),
        ):  # fmt: skip
            assert old in expected
            expected = expected.replace(old, new)
        assert read(path).metadata.xmp == expected

    def test_thumbnails_go(self):
        thumbnail = b"<xmp:Thumbnails><rdf:Alt><rdf:li>AAAA\n</rdf:li></rdf:Alt></xmp:Thumbnails>"
        notes = []
        assert check_xmp(XMP % thumbnail, notes) == XMP % b""
        assert notes == ["XMP thumbnail left out: it shows the picture before the filters"]

    @pytest.mark.parametrize("said", [b' xmpNote:HasExtendedXMP="0123"', b" xmpNote:HasExtendedXMP = '0123'"])
    def test_the_second_packet_of_a_jpeg_is_forgotten(self, said):
        assert (
            check_xmp((XMP % b"").replace(b' tiff:Model="32"', said + b' tiff:Model="32"'), []) == XMP % b""
        )
        element = b"<xmpNote:HasExtendedXMP>0123</xmpNote:HasExtendedXMP>"
        assert check_xmp(XMP % element, []) == XMP % b""

    @pytest.mark.parametrize("value", [b"x", b"1/0", b"9" * 5000])
    def test_that_states_nonsense(self, source, strided, value):
        write(source / "a.png", RGB)
        packet = (XMP % b"").replace(b"300/1", value)
        encoded = encode(
            Page(RGB, metadata=Metadata(xmp=packet), sampling=Sampling((2.0, 2.0))), Encoding("png")
        )
        assert encoded.notes[0].startswith("XMP dropped: it cannot be made to fit the result")


def test_a_thumbnail_is_noted(tmp_path):
    """Pillow writes none, so one is linked by hand."""
    data = exif().tobytes().removeprefix(b"Exif\0\0")
    order = "<" if data[:2] == b"II" else ">"
    (first,) = struct.unpack_from(order + "I", data, 4)
    (entries,) = struct.unpack_from(order + "H", data, first)
    link = first + 2 + 12 * entries
    linked = data[:link] + struct.pack(order + "I", first) + data[link + 4 :]
    Pillow.fromarray(RGB).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + linked)
    assert read(tmp_path / "a.jpg").notes == (
        "EXIF thumbnail left out: it shows the picture before the filters",
    )


def test_a_size_that_outgrows_its_field():
    data = exif().tobytes().removeprefix(b"Exif\0\0")
    order = "<" if data[:2] == b"II" else ">"
    at = data.index(struct.pack(order + "H", 0xA002))
    short = data[: at + 2] + struct.pack(order + "HIHH", 3, 1, 32, 0) + data[at + 12 :]
    followed = follow_exif(short, Sampling(), (20, 70_000))
    assert followed[at + 2 : at + 12] == struct.pack(order + "HII", 4, 1, 70_000)
    assert follow_exif(short, Sampling(), (20, 32)) == short


@pytest.mark.parametrize("value", [0.0, 1e-12, 1 / 3, 72.0, 118.11, 4e9, 1e12])
def test_ratio_fits_32_bits(value):
    above, below = ratio(value)
    assert 0 <= above < 2**32
    assert 0 < below < 2**32
    assert above / below == pytest.approx(min(value, 2**32 - 1), rel=1e-5, abs=1e-9)


class TestBmp:
    def test_none_is_stated_where_none_is_known(self, source, strided):
        write(source / "a.bmp", RGB)
        path, _ = strided((2, 4))
        assert read(path).metadata.resolution is None
        assert path.read_bytes()[38:46] == bytes(8)

    def test_a_profile_is_noted(self, source, strided):
        write(source / "a.bmp", RGB)
        data = (source / "a.bmp").read_bytes()
        header = struct.pack("<I", 124) + data[18:54] + bytes(16) + b"DEBM" + bytes(64)
        size = struct.pack("<IHHI", len(data) + 84, 0, 0, 14 + 124)
        (source / "a.bmp").write_bytes(b"BM" + size + header + data[54:])
        _, notes = strided((2, 4))
        assert notes == ("BMP's ICC profile not carried",)


class TestPng:
    def test_text_and_colour(self, source, strided):
        text = PngInfo()
        text.add_text("Title", "waves")
        text.add_text("Long", "x" * 2000, zip=True)
        text.add_itxt("Autor", "Noether", "de", "Autor")
        text.add(b"gAMA", struct.pack(">I", 45_455))
        text.add(b"cHRM", struct.pack(">8I", *range(8)))
        text.add(b"tIME", bytes(7))
        Pillow.fromarray(RGB).save(source / "a.png", pnginfo=text)
        path, notes = strided((2, 4))
        assert notes == ("PNG chunks not carried: tIME",)
        with Pillow.open(path) as image:
            image.load()
            assert (image.info["Title"], image.info["Long"], image.info["gamma"]) == (
                "waves",
                "x" * 2000,
                0.45455,
            )
            assert (image.info["Autor"], image.info["Autor"].lang) == ("Noether", "de")
            assert image.info["chromaticity"] == tuple(each / 100_000 for each in range(8))

    def test_exif_as_text_would_turn_the_picture_again(self, source, strided):
        text = PngInfo()
        text.add_text("Raw profile type exif", "\nexif\n  4\n4949", zip=True)
        Pillow.fromarray(RGB).save(source / "a.png", pnginfo=text)
        path, notes = strided((2, 4))
        assert notes == ("PNG chunks not carried: Raw profile type exif",)
        assert b"Raw profile" not in path.read_bytes()

    def test_a_broken_text_goes(self, source, strided):
        text = PngInfo()
        text.add_text("Title", "waves")
        Pillow.fromarray(RGB).save(source / "a.png", pnginfo=text)
        data = (source / "a.png").read_bytes().replace(b"waves", b"wavez")
        (source / "a.png").write_bytes(data)
        path, notes = strided((2, 4))
        assert notes == ("broken PNG tEXt chunk dropped",)
        assert b"tEXt" not in path.read_bytes()

    def test_a_profile_and_srgb_do_not_meet(self):
        metadata = Metadata(icc=RGB_PROFILE, chunks=((b"sRGB", b"\0"), (b"gAMA", bytes(4))))
        data = content(encode(Page(RGB, metadata=metadata), Encoding("png")))
        assert (b"iCCP" in data, b"sRGB\0" in data, b"gAMA" in data) == (True, False, True)


def test_a_chunk_of_a_webp_that_nobody_knows(source, strided):
    write(source / "a.webp", RGB)
    data = (source / "a.webp").read_bytes() + b"JUNK\3\0\0\0abc\0"
    (source / "a.webp").write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    path, notes = strided((2, 4))
    assert notes == ("WebP chunks not carried: JUNK",)
    assert b"JUNK" not in path.read_bytes()


def test_the_comment_of_a_gif(source, strided):
    Pillow.fromarray(RGB[..., 0]).save(source / "a.gif", comment=b"made by hand")
    _, notes = strided((2, 4), format="png")
    assert notes == ("GIF comment not carried",)


class TestJpeg:
    IPTC = b"\x1c\x02\x05\x00\x05title"

    def test_comments_and_iptc(self, source, strided):
        write(source / "a.jpg", Page(RGB, metadata=Metadata(iptc=self.IPTC, comments=(b"one", b"two"))))
        with Pillow.open(source / "a.jpg") as image:
            assert image.info["photoshop"] == {0x0404: self.IPTC}
            assert image.info["comment"] in (b"one", b"two")
        path, notes = strided((2, 4))
        assert notes == ()
        metadata = read(path).metadata
        assert (metadata.iptc, metadata.comments) == (self.IPTC, (b"one", b"two"))

    def test_iptc_to_tiff(self, source, strided):
        write(source / "a.jpg", Page(RGB, metadata=Metadata(iptc=self.IPTC)))
        path, _ = strided((2, 4), format="tiff")
        with Pillow.open(path) as image:
            assert image.tag_v2[33723] == self.IPTC

    def test_what_is_not_carried_is_named(self, source, strided):
        write(source / "a.jpg", RGB)
        content = b"".join(encode(Page(RGB, metadata=Metadata(iptc=self.IPTC)), Encoding("jpeg")).pieces)
        iptc = content[20 : 22 + int.from_bytes(content[22:24], "big")]  # the segment behind JFIF's
        data = (source / "a.jpg").read_bytes()
        resources = b"8BIM\x03\xed\0\0" + struct.pack(">I", 16) + bytes(16)
        more = [(0xED, b"Photoshop 3.0\0" + resources), (0xEB, b"JP\0\1jumb"), (0xE0, b"JFXX\0\x10")]
        segments = b"".join(struct.pack(">BBH", 0xFF, marker, len(each) + 2) + each for marker, each in more)
        jfif = data[:4] + struct.pack(">H", 16 + 6) + data[6:18] + b"\2\1" + bytes(6)  # 2 x 1 pixels
        (source / "a.jpg").write_bytes(jfif + iptc + segments + data[20:])
        path, notes = strided((2, 4))
        assert read(path).metadata.iptc == self.IPTC
        left = "JFIF's thumbnail, Photoshop's resources, APP11 JP, APP0 JFXX"
        assert notes == (f"JPEG segments not carried: {left}",)

    def test_resources_that_break_off(self):
        whole = (
            b"Photoshop 3.0\0"
            + b"8BIM\x04\x04\x02ab\0"
            + struct.pack(">I", 5)
            + b"title\0"
            + b"8BIM\x04\x25\0\0"
        )
        assert photoshop_iptc(whole + struct.pack(">I", 0)) == (b"title", True)
        for length in range(len(whole)):
            photoshop_iptc(whole[:length])

    @pytest.mark.parametrize("part", ["exif", "xmp", "iptc"])
    def test_longer_than_a_segment(self, part):
        block = (
            exif().tobytes().removeprefix(b"Exif\0\0") + bytes(70_000) if part == "exif" else bytes(70_000)
        )
        (note,) = encode(Page(RGB, metadata=Metadata(**{part: block})), Encoding("jpeg")).notes
        assert note == f"{part.upper()} of {len(block)} bytes dropped: jpeg holds 65500"


def test_a_profile_of_another_space_is_noted(tmp_path):
    write(tmp_path / "a.png", Page(RGB, metadata=Metadata(icc=RGB_PROFILE)))
    image = read(tmp_path / "a.png")
    encoded = encode(Page(RGB[..., 0], metadata=image.metadata), Encoding("png"))
    assert encoded.notes == ("ICC profile dropped: it is for RGB, and the image is not",)
    assert encode(Page(RGB, metadata=Metadata(icc=GREY_PROFILE)), Encoding("png")).notes == (
        "ICC profile dropped: it is for GRAY, and the image is not",
    )
