"""TIFF and BigTIFF (TIFF 6.0), through tifffile. It has no guard, so every claim is checked here."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np

from convpipe.errors import ReadError
from convpipe.images.log import collected
from convpipe.images.metadata.exif import ORIENTATION
from convpipe.images.metadata.model import Metadata, Samples
from convpipe.images.metadata.raster import Description, Raster
from convpipe.images.rows import Blocks
from convpipe.images.source import Header, Page, Source
from convpipe.images.tiff import tiled, write
from convpipe.images.tiff.decode import LZW, Segments, row_of, samples_of, samples_of_row
from convpipe.images.tiff.pages import NUMBER_BYTES, SUB_DIRECTORIES, Chain, Place, chain
from convpipe.images.tiff.planes import plane
from convpipe.images.tiff.quirks import page_at, settle_predictor, tiff_file
from convpipe.images.tiff.samples import CMYK, JPEG, PALETTE, YCBCR, Pixel
from convpipe.images.tiff.segments import (
    UNCOMPRESSED,
    check_jpeg,
    check_segments,
    extent_of,
    in_short_strips,
)
from convpipe.images.tiff.tags import read_tags
from convpipe.images.tiff.write import encode
from convpipe.limits import Limits
from convpipe.pages import ALL_PAGES, PageRange

__all__ = ["blocks", "decode", "encode", "header", "headers", "paged"]

COMPRESSIONS = {
    UNCOMPRESSED: "none", 2: "CCITT RLE", 3: "CCITT T.4", 4: "CCITT T.6", LZW: "LZW", JPEG: "JPEG",
    8: "deflate", 32946: "deflate", 32773: "PackBits", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP",
}  # fmt: skip
"""What is read: decoders known to stop at the size of a tile or strip, and to fail on one that is cut short.
Only CCITT codes do not: nothing in them tells a damaged strip from a picture."""


NUMBERS = (
    "imagelength", "imagewidth", "imagedepth", "samplesperpixel", "bitspersample", "photometric", "predictor",
    "fillorder", "compression", "planarconfig", "rowsperstrip", "tilelength", "tilewidth", "tiledepth",
)  # fmt: skip
"""Attributes of a page that say how its samples are stored."""

SHORT_BYTES = 1 << 20
"""Of an uncompressed strip, of which more is read by parts."""

PAGE_BYTES = 5000
"""Memory of a page, as tifffile has it, beside the values of long fields; measured."""


def header(source: Source, limits: Limits) -> Header:
    """Read the directory of the first page."""
    return next(headers(source, limits))


def headers(source: Source, limits: Limits, start: int = 0, pages: PageRange = ALL_PAGES) -> Iterator[Header]:
    """Yield the header of each of these pages from their ``start``-th on, checked against limits and file.

    Reduced images (thumbnails) and masks, which say that they are no pages of their own, are left. A stack
    whose planes are counted outside its directories has a page for each.
    """
    found = chain(source, limits)
    if found.left:
        source.notes.append(f"{found.left} reduced images or masks left")
    chosen = pages.select(found.frames)
    if start >= len(chosen):
        raise ReadError(f"page {start + 1} of {found.frames}")
    with collected(source.notes):
        file = tiff_file(source)
    opening = _opening(source, file, found, limits) if len(chosen) < found.frames else Metadata()
    first = 0
    for place in found.places:
        numbers = _between(chosen[start:], first, first + place.planes)
        if numbers:
            page, metadata = _directory(source, file, found, place, limits)
            raster, told = _raster(page), metadata.descriptions if numbers[0] == first else ()
            if len(chosen) < found.frames:
                own = [number - first for number in _between(chosen, first, found.frames)]
                told = _left(replace(metadata, descriptions=told if first else ()), own, raster, source)
                told += _left(opening, chosen, raster, source) if numbers[0] == chosen[0] else ()
            metadata = replace(metadata, descriptions=told)
            settle_predictor(page, source.notes)
            shared = place.nbytes + len(metadata.exif or b"")
        for number in numbers:
            with collected(source.notes):
                view = plane(page, number - first, place.planes)
                made = _header(view, metadata, source, limits)
            nbytes = shared + PAGE_BYTES + NUMBER_BYTES * len(view.dataoffsets)
            yield replace(made, frames=found.frames, number=number, nbytes=nbytes)
            metadata, shared = replace(metadata, descriptions=()), 0  # of the whole stack, once
        first += place.planes


def _between(numbers: range, first: int, end: int) -> range:
    """Return those of increasing numbers that are in a span."""
    return numbers[bisect_left(numbers, first) : bisect_left(numbers, end)]


def _directory(source: Source, file: Any, found: Chain, place: Place, limits: Limits) -> tuple[Any, Metadata]:
    """Return what a directory says, as tifffile has it, and its metadata."""
    with collected(source.notes):
        page = page_at(file, place)
        _check_kind(page)
    return page, read_tags(source, found.layout, place.offset, limits, _raster(page), found)


def _opening(source: Source, file: Any, found: Chain, limits: Limits) -> Metadata:
    """Return the metadata of the first page, which is told of all; empty where it is damaged.

    What is noted of it goes: it is noted again if the page is read.
    """
    notes = list(source.notes)
    try:
        return _directory(source, file, found, found.places[0], limits)[1]
    except Exception:
        return Metadata()
    finally:
        source.notes[:] = notes


def _left(
    metadata: Metadata, numbers: Sequence[int], raster: Raster, source: Source
) -> tuple[Description, ...]:
    """Return what descriptions say of some of their pages."""
    return metadata.of_pages(numbers, raster, source.notes).descriptions


def _header(page: Any, metadata: Metadata, source: Source, limits: Limits) -> Header:
    if page.imagedepth != 1:
        raise ReadError(f"a volume {page.imagedepth} deep")
    pixel = Pixel(page, source.notes)
    limits.check_array(page.imagelength, page.imagewidth, page.samplesperpixel, pixel.dtype)
    check_segments(page, source, limits)
    if SUB_DIRECTORIES in page.tags:
        source.notes.append("images below a page (SubIFDs) left")
    orientation = page.tags.valueof(ORIENTATION, 1)
    if orientation not in range(1, 9):
        source.notes.append("orientation is not 1 to 8; taken for 1")
        orientation = 1
    if pixel.channels not in (1, 3) or pixel.samples != Samples.usual(pixel.channels, pixel.alpha):
        metadata = replace(metadata, samples=pixel.samples)
    return Header(
        page.imagelength,
        page.imagewidth,
        pixel.channels,
        "float32" if pixel.dtype == "float16" else pixel.dtype,
        alpha=pixel.alpha,
        orientation=int(orientation),
        metadata=metadata,
        private=(page, pixel),
    )


def decode(source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
    """Decode the page and convert it to full-range grey or RGB, with data and straight alpha behind."""
    page, _ = header.private
    if page.compression == JPEG:
        check_jpeg(page, source)
    return _converted(samples_of(page, source), page.imagelength, header, source.notes)


def blocks(source: Source, header: Header) -> Blocks:
    """Return the rows of a page in the blocks in which they are decoded: those that lie in the same tiles."""
    page = in_short_strips(header.private[0], SHORT_BYTES)
    segments, (block, _) = Segments(page, source), extent_of(page)
    block = min(block, page.imagelength)

    def decoded(number: int) -> np.ndarray:
        rows = min(block, page.imagelength - number * block)
        notes: list[str] = []
        found = _converted(samples_of_row(page, segments, number), rows, header, notes)
        source.notes += [note for note in notes if note not in source.notes]
        return found

    def soon(number: int) -> None:
        segments.expect(row_of(page, number))

    return Blocks(block, page.imagelength, decoded, soon=None if source.ranges is None else soon)


def paged(
    out: BinaryIO, compression: int | str | None, nbytes: int, tiles: int | None = None
) -> AbstractContextManager[Callable[[Page], None]]:
    """Return what encodes pages, in strips or in tiles of so many rows and columns."""
    if tiles is None:
        return write.paged(out, compression, nbytes)
    if isinstance(compression, str):
        raise ValueError(f"compression {compression} in tiles")
    return tiled.paged(out, compression, nbytes, tiles)


def _converted(samples: np.ndarray, rows: int, header: Header, notes: list[str]) -> np.ndarray:
    """Return so many rows of samples as stored as those of pixels."""
    page, pixel = header.private
    cols, many = page.imagewidth, page.samplesperpixel
    separate = page.planarconfig == 2
    pixels = samples.reshape((many, rows, cols) if separate else (rows, cols, many))
    if separate:
        pixels = np.moveaxis(pixels, 0, -1)
    converted: np.ndarray = pixel.convert(pixels, header.metadata.icc, notes)
    if header.channels == 1:
        converted = converted[..., 0]
    return converted.astype(header.dtype, copy=False)


def _check_kind(page: Any) -> None:
    """Refuse what has no plain meaning as numbers."""
    for name in NUMBERS:  # a damaged field may hold thousands of them
        if not isinstance(getattr(page, name), int):
            raise ReadError(f"its {name} is not one number")
    if page.compression not in COMPRESSIONS:
        read = ", ".join(sorted(set(COMPRESSIONS.values())))
        raise ReadError(f"compression {getattr(page.compression, 'name', page.compression)}; read are {read}")
    if page.photometric == YCBCR and page.compression != JPEG:
        raise ReadError("YCbCr samples that are not JPEG-compressed")
    if page.dtype is None or np.dtype(page.dtype).kind not in "buif":
        raise ReadError(f"samples of {page.bitspersample} bits, format {page.sampleformat}")
    if page.photometric in (PALETTE, CMYK) and np.dtype(page.dtype).kind not in "bu":
        raise ReadError(f"palette or ink of {page.dtype}")


def _raster(page: Any) -> Raster:
    stored = "uint8" if page.dtype == np.bool_ else np.dtype(page.dtype).name
    planar = page.planarconfig == 2 and page.samplesperpixel > 1
    return Raster((page.imagelength, page.imagewidth), page.samplesperpixel, stored, planar)
