"""The samples of a TIFF's page, through tifffile.

LZW goes through libtiff: the decoder that tifffile calls reads outside its memory on damage.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from convpipe.errors import ReadError
from convpipe.images.source import Source
from convpipe.images.tiff import ifd
from convpipe.images.tiff.planes import altered
from convpipe.images.tiff.segments import extent_of, row_bytes, rows_of

LZW, DEFLATE, OLD_DEFLATE, PACK_BITS = 5, 8, 32946, 32773
COMPRESSION, OFFSETS, COUNTS = 259, 273, 279

LONG = 4
STRIP = ifd.Layout("<")
"""Of the files of one strip that libtiff is shown."""


def samples_of(page: Any, source: Source) -> np.ndarray:
    """Return a page's samples as they are stored, decoded."""
    if page.compression == LZW:
        page = _stored(page, source, _unpacked_lzw)
    try:
        samples: np.ndarray = page.asarray(maxworkers=1)
    except Exception:  # of any kind: damage, or a last strip as long as the others, beyond the image
        if page.compression not in PADDED or page.is_tiled:
            raise
        samples = _stored(page, source, PADDED[page.compression]).asarray(maxworkers=1)
    return samples


def _stored(page: Any, source: Source, decode: Decoder) -> Any:
    """Return the page as one that holds the same bytes, not packed but as they are, in deflate's blocks."""
    import imagecodecs
    import tifffile

    out = io.BytesIO(_file_of(b"", 1, 1, ifd.layout_of(source.file)))
    out.seek(0, io.SEEK_END)
    places = []
    for number, (offset, count) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=True)):
        if not count:
            places.append((0, 0))
            continue
        source.file.seek(offset)
        data = source.exactly(count, "a strip or tile")
        if page.fillorder == 2:
            data = bytes(imagecodecs.bitorder_decode(data))
        unpacked = decode(data, rows_of(page, number), extent_of(page)[0], row_bytes(page))
        stored = zlib.compress(unpacked, 0)
        places.append((out.tell(), len(stored)))
        out.write(stored)
    view = altered(page)
    out.seek(0)
    view.parent, view.compression, view.fillorder = tifffile.TiffFile(out), DEFLATE, 1
    view.dataoffsets, view.databytecounts = zip(*places, strict=True)
    return view


def _unpacked_lzw(data: bytes, rows: int, _: int, row: int) -> bytes:
    """Decode LZW through libtiff, to which it is a picture of grey bytes."""
    import imagecodecs

    decoded: bytes = imagecodecs.tiff_decode(_file_of(data, rows, row)).tobytes()
    return decoded


def _inflated(data: bytes, rows: int, full: int, row: int) -> bytes:
    """Inflate, through the checksum, up to a full strip."""
    inflate = zlib.decompressobj()
    inflated = inflate.decompress(data, full * row + 1)
    if not inflate.eof:
        raise ReadError("a strip inflates to more than it holds, or breaks off")
    return inflated[: rows * row]


def _unpacked_bits(data: bytes, rows: int, full: int, row: int) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.packbits_decode(data, out=full * row))[: rows * row]


Decoder = Callable[[bytes, int, int, int], bytes]
"""Takes the data of a strip or tile, its rows, those of a full one, and bytes a row."""

PADDED: Mapping[int, Decoder] = {DEFLATE: _inflated, OLD_DEFLATE: _inflated, PACK_BITS: _unpacked_bits}
"""Compressions whose last strip some writers pad; libtiff leaves what is too much."""


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
