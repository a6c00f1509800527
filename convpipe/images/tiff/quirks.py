"""Pages of a TIFF in the context of their file: some writers have rules of their own, for every page."""

from __future__ import annotations

from typing import Any

import numpy as np

from convpipe.errors import ReadError
from convpipe.images.source import Source
from convpipe.images.tiff.decode import DEFLATE, LZW, OLD_DEFLATE, PACK_BITS
from convpipe.images.tiff.pages import Place
from convpipe.images.tiff.segments import UNCOMPRESSED

WRAPPED_BYTES = 1 << 32
"""Above it, LSM and NDPI go on with offsets of 32 bits."""

LZMA, ZSTANDARD = 34925, 50000
NONE, HORIZONTAL, FLOATING_POINT = 1, 2, 3
PREDICTED = (LZW, DEFLATE, OLD_DEFLATE, LZMA, ZSTANDARD)
"""Compressions that have a predictor, in libtiff."""

OFFSETS, COUNTS = 273, 279


def tiff_file(source: Source) -> Any:
    """Open a TIFF. Vendors' own ways of listing pages are of no use here: the chain has them all."""
    import tifffile

    source.file.seek(0)
    file: Any = tifffile.TiffFile(source.file, is_scanimage=False, is_ndpi=False, is_lsm=False)
    first = file.pages.first
    file.is_lsm = first.is_lsm  # which its other pages ask for
    if source.size >= WRAPPED_BYTES and not file.is_bigtiff and (first.is_lsm or first.is_ndpi):
        raise ReadError("an LSM or NDPI above 4 GiB, whose offsets are not plain ones")
    return file


def page_at(file: Any, place: Place) -> Any:
    """Return the page at a place, as the rules of its writer and of libtiff have it."""
    import tifffile

    file.filehandle.seek(place.offset)
    page = tifffile.TiffPage(file, place.index)
    if page.jpegheader is not None:
        _as_one_strip(page)
    if file.is_lsm and page.compression != UNCOMPRESSED:
        _measure_strips(page, file.filehandle.size)
    return page


def settle_predictor(page: Any, notes: list[str]) -> None:
    """Drop a predictor that libtiff does not apply, and refuse one that it refuses."""
    if page.predictor == NONE:
        return
    if page.compression not in PREDICTED:
        if page.compression in (UNCOMPRESSED, PACK_BITS):
            notes.append(f"predictor {int(page.predictor)} left out: its compression has none, as in libtiff")
        page.predictor = NONE
        return
    kind, bits = np.dtype(page.dtype).kind, page.bitspersample
    whole = page.predictor == HORIZONTAL and bits in (8, 16, 32, 64)
    if not whole and not (page.predictor == FLOATING_POINT and kind == "f" and bits in (16, 32, 64)):
        raise ReadError(f"predictor {int(page.predictor)} with {page.dtype} of {bits} bits")


def _as_one_strip(page: Any) -> None:
    """Take the strip of an NDPI for the JPEG that it is, not for tiles between its restart markers."""
    page.jpegheader, page.tilelength, page.tilewidth = None, 0, 0
    page.dataoffsets, page.databytecounts = page.tags.valueof(OFFSETS), page.tags.valueof(COUNTS)


def _measure_strips(page: Any, size: int) -> None:
    """Work out the lengths of an LSM's compressed strips: where they should stand are those decoded.

    The last is read on beyond its end; LZW, the only compression there, ends itself.
    """
    offsets = page.dataoffsets
    ends = [*offsets[1:], size]
    page.databytecounts = tuple(
        max(0, min(end if end > at else size, at + 2 * count, size) - at)
        for at, end, count in zip(offsets, ends, page.databytecounts, strict=False)
    )
