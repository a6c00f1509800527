"""The samples of a TIFF's page, through tifffile.

LZW goes through libtiff: the decoder that tifffile calls reads outside its memory on damage. Strips that are
deflated go through libdeflate to their place at once, into memory that earlier images gave back; tifffile has
the word on those that do not inflate so.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any

import numpy as np

from convpipe import memory
from convpipe.errors import ReadError
from convpipe.images.source import Source
from convpipe.images.tiff import ifd
from convpipe.images.tiff.planes import altered
from convpipe.images.tiff.segments import JPEG, UNCOMPRESSED, check_jpeg_data, extent_of, row_bytes, rows_of

LZW, DEFLATE, OLD_DEFLATE, PACK_BITS = 5, 8, 32946, 32773
COMPRESSION, OFFSETS, COUNTS = 259, 273, 279

FETCHED = 16
"""Tiles after which more of their row are asked for, where not all had room at once."""

LONG = 4
STRIP = ifd.Layout("<")
"""Of the files of one strip that libtiff is shown."""


def samples_of(page: Any, source: Source) -> np.ndarray:
    """Return a page's samples as they are stored, decoded."""
    if page.compression == LZW:
        return _unpacked(page, source, _unpacked_lzw)
    if page.compression in (DEFLATE, OLD_DEFLATE):
        with suppress(Exception):
            return _unpacked(page, source, _inflated_whole)
    try:
        samples: np.ndarray = page.asarray(maxworkers=1)
    except Exception:  # of any kind: damage, or a last strip as long as the others, beyond the image
        if page.compression not in PADDED or page.is_tiled:
            raise
        samples = _unpacked(page, source, PADDED[page.compression])
    return samples


def _unpacked(page: Any, source: Source, decode: Decoder) -> np.ndarray:
    """Return a page's samples, its strips or tiles unpacked by `decode`.

    Predictor, bits and byte order are left to tifffile, to which they are uncompressed then.
    """
    plain = _as_unpacked(page)
    samples = memory.empty(page.shaped, page.dtype)
    _, depth, length, width, _ = page.shaped
    for number in range(len(page.dataoffsets)):
        data = _data_of(page, number, source)
        segment, (plane, z, y, x, _), (deep, long, wide, _) = _unpacked_one(page, plain, number, data, decode)
        place = samples[plane, z : z + deep, y : y + long, x : x + wide]
        place[...] = page.nodata if segment is None else segment[: depth - z, : length - y, : width - x]
    return samples


class Segments:
    """The strips or tiles of a page, each decoded alone, from any thread: as :func:`samples_of` has them.

    Parameters
    ----------
    page : tifffile.TiffPage
    source : Source
    """

    def __init__(self, page: Any, source: Source) -> None:
        self._page, self._source, self._reading = page, source, Lock()
        self._plain = _as_unpacked(page)
        _ = page.decode, self._plain.decode  # made once, by this thread

    def decoded(self, number: int) -> Decoded:
        """Return the samples of one, (depth, rows, cols, samples) or None if it is absent, and its place.

        The place is where it begins, (plane, depth, row, column, sample), and its shape.
        """
        page = self._page
        data = self._data(number)
        if data is None:
            absent: Decoded = page.decode(None, number)
            return absent
        if page.compression == LZW:
            return self._unpacked(number, data, _unpacked_lzw)
        if page.compression in (DEFLATE, OLD_DEFLATE):
            with suppress(Exception):
                return self._unpacked(number, data, _inflated_whole)
        try:
            return self._by_tifffile(number, data)
        except Exception:  # as for a whole page
            if page.compression not in PADDED or page.is_tiled:
                raise
            return self._unpacked(number, data, PADDED[page.compression])

    def expect(self, numbers: Iterable[int]) -> None:
        """Begin to fetch what will be decoded, of a file that is not here."""
        if (ranges := self._source.ranges) is not None:
            page = self._page
            ranges.expect((page.dataoffsets[each], page.databytecounts[each]) for each in numbers)

    def _data(self, number: int) -> bytes | None:
        """Return one as it is stored; None if absent."""
        if (ranges := self._source.ranges) is None:
            with self._reading:
                return _data_of(self._page, number, self._source)
        offset, count = self._page.dataoffsets[number], self._page.databytecounts[number]
        return ranges.at(offset, count) if count else None

    def _by_tifffile(self, number: int, data: bytes) -> Decoded:
        page, options = self._page, {}
        if page.compression == JPEG:
            check_jpeg_data(page, data)
            options = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}
        decoded: Decoded = page.decode(data, number, **options)
        return decoded

    def _unpacked(self, number: int, data: bytes, decode: Decoder) -> Decoded:
        return _unpacked_one(self._page, self._plain, number, data, decode)


def samples_of_row(page: Any, segments: Segments, number: int) -> np.ndarray:
    """Return the samples of a row of tiles, or of a strip, as they are stored: (planes, rows, cols, samples).

    Parameters
    ----------
    page : tifffile.TiffPage
    segments : Segments
        Its own.
    number : int
        Which row of them, from the top.
    """
    planes, _, length, width, many = page.shaped
    high, wide = extent_of(page)
    across = -(-width // wide)
    rows = min(high, length - number * high)
    samples = np.empty((planes, rows, width, many), page.dtype)
    own = row_of(page, number)
    for at, each in enumerate(own):
        if at % FETCHED == 0:
            segments.expect(own[at:])
        segment, _, _ = segments.decoded(each)
        plane, column = divmod(at, across)
        place = samples[plane, :, column * wide : (column + 1) * wide]
        place[...] = page.nodata if segment is None else segment[0, :rows, : place.shape[1]]
    return samples


def row_of(page: Any, number: int) -> list[int]:
    """Return the numbers of the tiles of a row of them, or of a strip: one plane after the other."""
    planes, _, length, width, _ = page.shaped
    high, wide = extent_of(page)
    across, down = -(-width // wide), -(-length // high)
    return [(plane * down + number) * across + column for plane in range(planes) for column in range(across)]


Decoded = tuple[np.ndarray | None, tuple[int, int, int, int, int], tuple[int, int, int, int]]
"""As tifffile decodes a strip or tile."""


def _as_unpacked(page: Any) -> Any:
    """Return a page as it is once its strips or tiles are unpacked."""
    plain = altered(page)
    plain.compression, plain.fillorder = UNCOMPRESSED, 1
    return plain


def _unpacked_one(page: Any, plain: Any, number: int, data: bytes | None, decode: Decoder) -> Decoded:
    """Return a strip or tile of a page, unpacked by `decode`."""
    import imagecodecs

    if data is not None:
        bits = bytes(imagecodecs.bitorder_decode(data)) if page.fillorder == 2 else data
        data = decode(bits, rows_of(page, number), extent_of(page)[0], row_bytes(page))
    decoded: Decoded = plain.decode(data, number)
    return decoded


def _data_of(page: Any, number: int, source: Source) -> bytes | None:
    """Return a strip or tile as it is stored; None if absent."""
    offset, count = page.dataoffsets[number], page.databytecounts[number]
    if not count:
        return None
    source.file.seek(offset)
    data: bytes = source.exactly(count, "a strip or tile")
    return data


def _unpacked_lzw(data: bytes, rows: int, _: int, row: int) -> bytes:
    """Decode LZW through libtiff, to which it is a picture of grey bytes."""
    import imagecodecs

    decoded: bytes = imagecodecs.tiff_decode(_file_of(data, rows, row)).tobytes()
    return decoded


def _inflated_whole(data: bytes, rows: int, full: int, row: int) -> bytes:
    """Inflate a strip that holds all its rows, and no more than a full one."""
    import imagecodecs

    inflated = imagecodecs.deflate_decode(data, out=full * row)
    if len(inflated) < rows * row:
        raise ReadError("a strip inflates to less than it should hold")
    return bytes(inflated[: rows * row])


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


def _file_of(strip: bytes, rows: int, cols: int) -> bytes:
    """Return a TIFF of grey bytes in one strip of LZW."""
    at = len(STRIP.header) + STRIP.offset.size
    end = at + len(strip) + len(strip) % 2
    numbers = {256: cols, 257: rows, 258: 8, COMPRESSION: LZW, 262: 1, OFFSETS: at, 277: 1, 278: rows,
               COUNTS: len(strip)}  # fmt: skip
    long = struct.Struct(STRIP.order + "I")
    fields = [ifd.Field(tag, LONG, 1, long.pack(number)) for tag, number in numbers.items()]
    head = STRIP.header + STRIP.offset.pack(end)
    return b"".join([head, strip, b"\0" * (len(strip) % 2), ifd.pack(fields, STRIP, end)])
