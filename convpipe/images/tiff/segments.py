"""Strips and tiles of a TIFF's page: there, inside the file, not huge once decoded; or said to be absent."""

from __future__ import annotations

import io
import itertools
import math
from typing import Any

import numpy as np

from convpipe.errors import ReadError
from convpipe.images.formats.jpeg import frame, is_complete
from convpipe.images.metadata.gdal import nodata_of
from convpipe.images.source import Source
from convpipe.images.tiff.planes import altered
from convpipe.limits import Limits

UNCOMPRESSED, JPEG = 1, 7
NODATA = 42113
FIRST_BYTE = 8
"""No data lies in a TIFF's header."""


def check_segments(page: Any, source: Source, limits: Limits) -> None:
    """Check each strip or tile, and set the page's own lists of them to those that are needed.

    A strip or tile whose offset and length are 0 is absent; GDAL writes such files, and reads the nodata
    value there, or 0. Lengths of uncompressed ones are known, whatever the file says, as libtiff has it.
    """
    rows, cols = extent_of(page)
    samples = 1 if page.planarconfig == 2 else page.samplesperpixel
    stored = "uint8" if page.dtype == np.bool_ else np.dtype(page.dtype).name
    what = "a tile" if page.is_tiled else "a strip"
    size = limits.check_array(rows, cols, samples, stored, what)
    if page.is_tiled or page.compression != UNCOMPRESSED:
        limits.check_tile(size)
    needed = math.prod(page.chunked)
    offsets, counts = page.dataoffsets[:needed], page.databytecounts[:needed]
    if min(listed := (len(offsets), len(counts))) < needed:
        raise ReadError(f"{needed} tiles or strips are needed; the file lists {min(listed)}")
    if page.compression == UNCOMPRESSED:
        counts = _uncompressed(page, offsets, counts, source)
    for number, (offset, count) in enumerate(zip(offsets, counts, strict=True)):
        if (count < 1 or offset < FIRST_BYTE) and (count or offset):
            raise ReadError(f"{what} is missing: number {number} of {needed} has no data")
        if offset + count > source.size:
            raise ReadError(f"the file is truncated: {what} ends at byte {offset + count} of {source.size}")
    page.dataoffsets, page.databytecounts = offsets, counts
    _settle_absent(page, what, source)


def extent_of(page: Any) -> tuple[int, int]:
    """Return rows and columns of a tile, or of a strip that is not the last."""
    if page.is_tiled:
        return page.tilelength, page.tilewidth
    return min(page.rowsperstrip, page.imagelength), page.imagewidth


def rows_of(page: Any, number: int) -> int:
    """Return the rows of a strip or tile; of the last strip, what is left."""
    rows, _ = extent_of(page)
    strips = math.ceil(page.imagelength / rows)
    return rows if page.is_tiled else min(rows, page.imagelength - number % strips * rows)


def row_bytes(page: Any) -> int:
    """Return the bytes of a row of a strip or tile, unpacked."""
    samples = 1 if page.planarconfig == 2 else page.samplesperpixel
    bits: int = extent_of(page)[1] * samples * page.bitspersample
    return (bits + 7) // 8


def _uncompressed(
    page: Any, offsets: tuple[int, ...], counts: tuple[int, ...], source: Source
) -> tuple[int, ...]:
    """Return the lengths of uncompressed strips or tiles: no more than they hold, and where 0, that."""
    strips = math.ceil(page.imagelength / extent_of(page)[0])
    sizes = [rows_of(page, 0) * row_bytes(page)] * strips
    if not page.is_tiled:
        sizes[-1] = rows_of(page, strips - 1) * row_bytes(page)
    listed = list(zip(offsets, counts, itertools.cycle(sizes), strict=False))
    if unsaid := sum(at > 0 and not count for at, count, _ in listed):
        source.notes.append(f"{unsaid} lengths of strips or tiles are 0; worked out from the extent")
    held = tuple(min(count or size, size) if at else count for at, count, size in listed)
    if not page.is_tiled and any(
        at and count < size for (at, _, size), count in zip(listed, held, strict=True)
    ):
        raise ReadError("the strips hold fewer bytes than the pixels need")
    return held


def _settle_absent(page: Any, what: str, source: Source) -> None:
    """Have what is absent filled, and what is not contiguous read as such."""
    counts = page.databytecounts
    absent = sum(count == 0 for count in counts)
    if absent or page.is_stk or page.is_lsm:  # tifffile takes the latter two for contiguous unseen
        ends = [at + count for at, count in zip(page.dataoffsets, counts, strict=True)]
        page.is_contiguous = page.is_contiguous and not absent and ends[:-1] == [*page.dataoffsets[1:]]
    if absent:
        page.nodata = _nodata(page)
        kind = what.removeprefix("a ")
        source.notes.append(
            f"{absent} of {len(counts)} {kind}s are not in the file; filled with {page.nodata}"
        )


def _nodata(page: Any) -> float:
    """Return GDAL's nodata value as the samples can hold it; 0 where there is none."""
    text = page.tags.valueof(NODATA)
    try:
        value = nodata_of(str(text).encode())
    except ValueError:
        return 0
    if np.dtype(page.dtype).kind == "f":
        return value
    top = (1 << page.bitspersample) - 1 if np.dtype(page.dtype).kind in "bu" else np.iinfo(page.dtype).max
    bottom = 0 if np.dtype(page.dtype).kind in "bu" else np.iinfo(page.dtype).min
    return 0 if math.isnan(value) else round(min(max(value, bottom), top))


def check_jpeg(page: Any, source: Source) -> None:
    """Check what a JPEG decoder does not: none is larger than its place, or cut off (it would be grey)."""
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        if count:
            source.file.seek(offset)
            check_jpeg_data(page, source.exactly(count, "a JPEG strip or tile"))


def check_jpeg_data(page: Any, data: bytes) -> None:
    """Check one of them."""
    limit, width = extent_of(page)
    _, rows, cols, _ = frame(Source(io.BytesIO(data), len(data), "jpeg"))
    if rows > limit or cols > width:
        raise ReadError(f"a JPEG of {rows} x {cols} in a strip or tile of {limit} x {width}")
    if not is_complete(data):
        raise ReadError("the file is truncated: a JPEG strip or tile ends before its end marker")


def in_short_strips(page: Any, nbytes: int) -> Any:
    """Return a page whose uncompressed strips are cut into some of at most so many bytes, or of a row.

    A file of one strip is as usual as one of many; a part of that is read by itself so.
    """
    rows, row = extent_of(page)[0], row_bytes(page)
    fitting = max(1, nbytes // row)
    if page.is_tiled or page.compression != UNCOMPRESSED or rows <= fitting:
        return page
    if rows < page.imagelength:  # strips begin where those of the file do
        fitting = max(each for each in range(1, fitting + 1) if rows % each == 0)
    view = altered(page)
    offsets, counts = list[int](), list[int]()
    for number, (at, count) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=True)):
        own = rows_of(page, number)
        starts = range(0, own, fitting)
        offsets += (at + y * row if count else 0 for y in starts)
        counts += (min(fitting, own - y) * row if count else 0 for y in starts)
    view.rowsperstrip, view.dataoffsets, view.databytecounts = fitting, tuple(offsets), tuple(counts)
    return view
