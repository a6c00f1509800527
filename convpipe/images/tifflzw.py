"""LZW in TIFF goes through libtiff: the decoder that tifffile calls reads outside its memory on damage."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from convpipe.images import ifd
from convpipe.images.source import Source
from convpipe.images.tiffplanes import altered
from convpipe.images.tiffsegments import row_bytes, rows_of

LZW, DEFLATE = 5, 8
COMPRESSION, OFFSETS, COUNTS = 259, 273, 279

LONG = 4
STRIP = ifd.Layout("<")
"""Of the files of one strip that libtiff is shown."""


def without_lzw(page: Any, source: Source) -> Any:
    """Return the page as one that holds the same bytes, not in LZW but as they are, in deflate's blocks."""
    import tifffile

    out = io.BytesIO(_file_of(b"", 1, 1, ifd.layout_of(source.file)))
    out.seek(0, io.SEEK_END)
    places = []
    for number, (offset, count) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=True)):
        stored = zlib.compress(_decoded(page, number, (offset, count), source), 0) if count else b""
        places.append((out.tell() if count else 0, len(stored)))
        out.write(stored)
    view = altered(page)
    out.seek(0)
    view.parent, view.compression, view.fillorder = tifffile.TiffFile(out), DEFLATE, 1
    view.dataoffsets, view.databytecounts = zip(*places, strict=True)
    return view


def _decoded(page: Any, number: int, place: tuple[int, int], source: Source) -> bytes:
    """Return what a strip or tile holds: to libtiff, a picture of grey bytes."""
    import imagecodecs

    source.file.seek(place[0])
    data = source.exactly(place[1], "a strip or tile")
    if page.fillorder == 2:
        data = bytes(imagecodecs.bitorder_decode(data))
    file = _file_of(data, rows_of(page, number), row_bytes(page))
    decoded: bytes = imagecodecs.tiff_decode(file).tobytes()
    return decoded


def _file_of(strip: bytes, rows: int, cols: int, layout: ifd.Layout = STRIP) -> bytes:
    """Return a TIFF of grey bytes in one strip of LZW."""
    at = len(layout.header) + layout.offset.size
    end = at + len(strip) + len(strip) % 2
    numbers = {256: cols, 257: rows, 258: 8, COMPRESSION: LZW, 262: 1, OFFSETS: at, 277: 1, 278: rows,
               COUNTS: len(strip)}  # fmt: skip
    long = struct.Struct(layout.order + "I")
    fields = [ifd.Field(tag, LONG, 1, long.pack(number)) for tag, number in numbers.items()]
    head = layout.header + layout.offset.pack(end)
    return b"".join([head, strip, b"\0" * (len(strip) % 2), ifd.pack(fields, layout, end)])
