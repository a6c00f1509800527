"""LZW in TIFF goes through libtiff: the decoder that tifffile calls reads outside its memory on damage."""

from __future__ import annotations

import io
import math
import struct
import zlib
from typing import Any

from convpipe.images import ifd
from convpipe.images.source import Source

LZW, DEFLATE = 5, 8
COMPRESSION, FILL_ORDER, OFFSETS, COUNTS = 259, 266, (273, 324), (279, 325)

LONG = 4
STRIP = ifd.Layout("<")
"""Of the files of one strip that libtiff is shown."""


def without_lzw(page: Any, source: Source) -> Any:
    """Return the page as one that holds the same bytes, not in LZW but as they are, in deflate's blocks."""
    import tifffile

    layout = ifd.layout_of(source.file)
    out = io.BytesIO()
    out.write(layout.header + layout.offset.pack(0))
    places: list[tuple[int, int]] = []
    needed = math.prod(page.chunked)
    for number, place in enumerate(zip(page.dataoffsets[:needed], page.databytecounts, strict=False)):
        stored = zlib.compress(_decoded(page, number, place, source), 0)
        places.append((out.tell(), len(stored)))
        out.write(stored)
    found, _ = ifd.entries(source.file, layout, page.offset)
    fields = [
        ifd.value(source.file, entry)
        for entry in found
        if entry.tag not in (COMPRESSION, FILL_ORDER, *OFFSETS, *COUNTS) and entry.kind in ifd.TYPE_BYTES
    ]
    kind, code = (16, "Q") if layout.big else (LONG, "I")
    for tag, numbers in ((OFFSETS, [at for at, _ in places]), (COUNTS, [count for _, count in places])):
        data = struct.pack(f"{layout.order}{len(numbers)}{code}", *numbers)
        fields.append(ifd.Field(tag[page.is_tiled], kind, len(numbers), data))
    fields.append(ifd.Field(COMPRESSION, 3, 1, struct.pack(layout.order + "H", DEFLATE)))
    out.write(b"\0" * (out.tell() % 2))
    at = out.tell()
    out.write(ifd.pack(fields, layout, at))
    out.seek(len(layout.header))
    out.write(layout.offset.pack(at))
    out.seek(0)
    return tifffile.TiffFile(out).pages.first


def _decoded(page: Any, number: int, place: tuple[int, int], source: Source) -> bytes:
    """Return what a strip or tile holds: to libtiff, a picture of grey bytes."""
    import imagecodecs

    source.file.seek(place[0])
    data = source.exactly(place[1], "a strip or tile")
    if page.fillorder == 2:
        data = bytes(imagecodecs.bitorder_decode(data))
    width, rows = page.imagewidth, page.rowsperstrip
    if page.is_tiled:
        width, rows = page.tilewidth, page.tilelength
    else:  # the last strip is as long as what is left
        rows = min(rows, page.imagelength)
        strips = math.ceil(page.imagelength / rows)
        rows = min(rows, page.imagelength - number % strips * rows)
    samples = 1 if page.planarconfig == 2 else page.samplesperpixel
    row_bytes = math.ceil(width * samples * page.bitspersample / 8)
    decoded: bytes = imagecodecs.tiff_decode(_file_of(data, rows, row_bytes)).tobytes()
    return decoded


def _file_of(strip: bytes, rows: int, cols: int) -> bytes:
    """Return a TIFF of grey bytes in one strip of LZW."""
    at = len(STRIP.header) + STRIP.offset.size
    end = at + len(strip) + len(strip) % 2
    numbers = {256: cols, 257: rows, 258: 8, COMPRESSION: LZW, 262: 1, OFFSETS[0]: at, 277: 1, 278: rows,
               COUNTS[0]: len(strip)}  # fmt: skip
    fields = [ifd.Field(tag, LONG, 1, STRIP.offset.pack(number)) for tag, number in numbers.items()]
    head = STRIP.header + STRIP.offset.pack(end)
    return b"".join([head, strip, b"\0" * (len(strip) % 2), ifd.pack(fields, STRIP, end)])
