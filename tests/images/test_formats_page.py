"""The table of what travels, in docs/formats.md, is true: every cell of it is tried."""

import re
import struct
from pathlib import Path

import numpy as np
import pytest
from blocks import PACKET, RGB_PROFILE

from convpipe.images import FORMATS, Encoding, Metadata, Page, encode, read
from convpipe.images.metadata.gdal import ITEMS, Gdal
from convpipe.images.metadata.geotiff import SCALE, Georeference
from convpipe.images.metadata.model import NAMES
from convpipe.images.metadata.raster import Raster
from convpipe.images.metadata.shaped import Shaped
from convpipe.images.tiff import ifd
from convpipe.images.tiff.ifd import Field

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
PIXELS = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
RASTER = Raster.of(PIXELS)
PARTS = {
    "ICC profile": ("icc", RGB_PROFILE),
    "EXIF": ("exif", ifd.block([ifd.Field(271, 2, 7, b"camera\0")], {}, "<")),
    "XMP": ("xmp", (PACKET % b"").replace(b'"6"', b'"1"')),
    "resolution": ("resolution", (300.0, 150.0)),
    "IPTC": ("iptc", b"\x1c\x02\x05\x00\x05title"),
    "comments": ("comments", (b"first", b"second")),
    "text and colour chunks": (
        "chunks",
        (
            (b"cICP", bytes((9, 16, 0, 1))),
            (b"mDCV", bytes(24)),
            (b"cLLI", bytes(8)),
            (b"gAMA", struct.pack(">I", 45_455)),
            (b"cHRM", struct.pack(">8I", *range(8))),
            (b"tEXt", b"Title\0waves"),
            (b"iTXt", b"Author\0\0\0\0\0Noether"),
        ),
    ),
    "stack": ("descriptions", (Shaped((1,), RASTER, "Z", {"name": "waves"}),)),
    "georeference": ("georeference", Georeference((Field(SCALE, 12, 3, struct.pack("<3d", 1, 2, 0)),))),
    "GDAL": ("gdal", Gdal((Field(ITEMS, 2, 2, b"x\0"),), RASTER)),
    "primaries": ("fields", (Field(318, 5, 2, struct.pack("<4I", 31, 100, 33, 100)),)),
}


def table():
    """Yield (part, format, cell) of the table."""
    text = PAGE.read_text().partition("reads this table")[2]
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in re.findall(r"^\|.*\|$", text.partition("A JPEG's EXIF")[0], re.MULTILINE)
    ]
    for part, *cells in rows[2:]:
        for format, cell in zip(rows[0][1:], cells, strict=True):
            yield part, format.lower(), cell


def test_the_table_has_every_part_and_format():
    cells = list(table())
    assert {part for part, _, _ in cells} == PARTS.keys()
    assert {name for name, _ in PARTS.values()} == NAMES.keys()
    assert {format for _, format, _ in cells} == {name for name, entry in FORMATS.items() if entry.holds}


@pytest.mark.parametrize(("part", "format", "cell"), list(table()))
def test_each_cell(tmp_path, part, format, cell):
    name, value = PARTS[part]
    encoded = encode(Page(PIXELS, metadata=Metadata(**{name: value})), Encoding(format))
    encoded.save(tmp_path / "a")
    image = read(tmp_path / "a")
    found = getattr(image.metadata, name)
    if cell == "-":
        assert encoded.notes == (f"{format} cannot hold {NAMES[name]}; dropped",)
        assert not found
        return
    assert encoded.notes == ()
    if name == "resolution":
        assert found == pytest.approx(value, rel=1e-3)
    else:
        assert found == value
    np.testing.assert_array_equal(read(tmp_path / "a").pixels.shape, PIXELS.shape)


def test_dtypes():
    """The table of dtypes names those that are held, and no others."""
    for format, cell in re.findall(
        r"^\| (PNG|JPEG|TIFF|WebP|BMP) \| ([^|]*)\| [-y]", PAGE.read_text(), re.MULTILINE
    ):
        held = set(FORMATS[format.lower()].holds)
        said = set(re.findall(r"\b(?:uint|float)\d+", cell))
        if "integers of 8 to 32 bits" in cell:
            said |= {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32)}
        assert held == said, format
