"""TIFF and BigTIFF (TIFF 6.0), through tifffile. It has no guard, so every claim is checked here."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from convpipe.errors import ReadError
from convpipe.images.colour import apply_palette, ink_to_rgb, scale_bits, straight_alpha
from convpipe.images.exif import ORIENTATION
from convpipe.images.jpeg import frame, is_complete
from convpipe.images.metadata import Metadata
from convpipe.images.raster import Raster
from convpipe.images.source import Header, Source
from convpipe.images.tifflog import collected
from convpipe.images.tifflzw import LZW, without_lzw
from convpipe.images.tiffpages import SUB_DIRECTORIES, chain
from convpipe.images.tifftags import read_tags
from convpipe.images.tiffwrite import encode, encode_pages
from convpipe.limits import Limits

__all__ = ["decode", "encode", "encode_pages", "header", "headers"]

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
UNCOMPRESSED, JPEG = 1, 7
COMPRESSIONS = {
    UNCOMPRESSED: "none", 2: "CCITT RLE", 3: "CCITT T.4", 4: "CCITT T.6", LZW: "LZW", JPEG: "JPEG",
    8: "deflate", 32946: "deflate", 32773: "PackBits", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP",
}  # fmt: skip
"""What is read: decoders known to stop at the size of a tile or strip, and to fail on one that is cut short.
Only CCITT codes do not: nothing in them tells a damaged strip from a picture."""

PREMULTIPLIED = 1
COLOUR_MAP = 320

NUMBERS = (
    "imagelength", "imagewidth", "imagedepth", "samplesperpixel", "bitspersample", "photometric",
    "compression", "planarconfig", "rowsperstrip", "tilelength", "tilewidth",
)  # fmt: skip
"""Attributes of a page that say how its samples are stored."""

CHANNELS = {WHITE_IS_ZERO: (1,), BLACK_IS_ZERO: (1, 2), RGB: (3, 4), PALETTE: (1,), CMYK: (4,), YCBCR: (3,)}
"""Samples per pixel that are read, by photometric interpretation."""


def header(source: Source, limits: Limits) -> Header:
    """Read the directory of the first page."""
    return next(headers(source, limits))


def headers(source: Source, limits: Limits, start: int = 0) -> Iterator[Header]:
    """Yield the header of each page from ``start`` on, checked against the limits and the file.

    Reduced images (thumbnails) and masks, which say that they are no pages of their own, are left.
    """
    import tifffile

    found = chain(source, limits)
    if found.left:
        source.notes.append(f"{found.left} reduced images or masks left")
    if start >= len(found.pages):
        raise ReadError(f"page {start + 1} of {len(found.pages)}")
    source.file.seek(0)
    with collected(source.notes):
        # Vendors' own ways of listing pages are of no use here: the chain has them all.
        file = tifffile.TiffFile(source.file, is_scanimage=False, is_ndpi=False)
    for offset in found.pages[start:]:
        with collected(source.notes):
            file.filehandle.seek(offset)
            page = tifffile.TiffPage(file, 0)
            made = _header(page, source, limits)
        metadata = read_tags(source, found.layout, offset, limits, _raster(page), len(found.pages))
        yield replace(made, frames=len(found.pages), metadata=metadata, private=page)


def _header(page: Any, source: Source, limits: Limits) -> Header:
    _check_kind(page)
    rows, cols, channels = page.imagelength, page.imagewidth, page.samplesperpixel
    stored = _stored_dtype(page)
    limits.check_array(rows, cols, channels, stored)
    _check_segments(page, limits, source.size)
    if page.photometric == PALETTE:
        channels, stored = 3, "uint8"
    elif page.photometric == CMYK:
        channels = 3
    if SUB_DIRECTORIES in page.tags:
        source.notes.append("images below a page (SubIFDs) left")
    dtype = "float32" if stored == "float16" else stored
    orientation = page.tags.valueof(ORIENTATION, 1)
    if orientation not in range(1, 9):
        source.notes.append("orientation is not 1 to 8; taken for 1")
        orientation = 1
    return Header(rows, cols, channels, dtype, alpha=channels in (2, 4), orientation=int(orientation))


def decode(source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
    """Decode the first page and convert it to full-range grey or RGB with straight alpha."""
    page = header.private
    if page.compression == JPEG:
        _check_jpeg_segments(page, source)
    if page.compression == LZW:
        page = without_lzw(page, source)
    with collected(source.notes):
        pixels = page.asarray(squeeze=True, maxworkers=1).reshape(_stored_shape(page))
    if page.planarconfig == 2:
        pixels = np.moveaxis(pixels, 0, -1)
    if pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    return _convert(pixels, page, header.metadata, source.notes).astype(header.dtype, copy=False)


def _check_kind(page: Any) -> None:
    """Refuse what has no plain meaning as grey or RGB pixels."""
    for name in NUMBERS:  # a damaged field may hold thousands of them
        if not isinstance(getattr(page, name), int):
            raise ReadError(f"its {name} is not one number")
    allowed = CHANNELS.get(page.photometric)
    if allowed is None:
        raise ReadError(f"photometric interpretation {getattr(page.photometric, 'name', page.photometric)}")
    if page.compression not in COMPRESSIONS:
        read = ", ".join(sorted(set(COMPRESSIONS.values())))
        raise ReadError(f"compression {getattr(page.compression, 'name', page.compression)}; read are {read}")
    if page.photometric == YCBCR and page.compression != JPEG:
        raise ReadError("YCbCr samples that are not JPEG-compressed")
    if page.samplesperpixel not in allowed:
        raise ReadError(f"{page.samplesperpixel} samples a pixel; read are {allowed} of this kind")
    if page.imagedepth != 1:
        raise ReadError(f"a volume {page.imagedepth} deep")
    if page.dtype is None or np.dtype(page.dtype).kind not in "buif":
        raise ReadError(f"samples of {page.bitspersample} bits, format {page.sampleformat}")
    if page.photometric in (PALETTE, CMYK) and np.dtype(page.dtype).kind not in "bu":
        raise ReadError(f"palette or ink of {page.dtype}")


def _raster(page: Any) -> Raster:
    return Raster((page.imagelength, page.imagewidth), page.samplesperpixel, _stored_dtype(page))


def _stored_dtype(page: Any) -> str:
    return "uint8" if page.dtype == np.bool_ else np.dtype(page.dtype).name


def _stored_shape(page: Any) -> tuple[int, int, int]:
    rows, cols, samples = page.imagelength, page.imagewidth, page.samplesperpixel
    return (samples, rows, cols) if page.planarconfig == 2 else (rows, cols, samples)


def _check_segments(page: Any, limits: Limits, stored_bytes: int) -> None:
    """Check each tile or strip: there, inside the file, and not huge once decoded."""
    segment = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)
    rows, cols = segment if page.is_tiled else (min(segment[0], page.imagelength), segment[1])
    samples = 1 if page.planarconfig == 2 else page.samplesperpixel
    what = "a tile" if page.is_tiled else "a strip"
    stored = _stored_dtype(page)
    size = limits.check_array(rows, cols, samples, stored, what)
    if page.is_tiled or page.compression != UNCOMPRESSED:
        limits.check_tile(size)
    offsets, counts = page.dataoffsets, page.databytecounts
    planes = page.samplesperpixel if page.planarconfig == 2 else 1
    needed = planes * math.ceil(page.imagelength / rows) * math.ceil(page.imagewidth / cols)
    if len(offsets) != len(counts) or len(offsets) < needed:
        raise ReadError(f"{needed} tiles or strips are needed; the file lists {len(offsets)}")
    for number, (offset, count) in enumerate(zip(offsets[:needed], counts[:needed], strict=True)):
        if count < 1 or offset < 8:
            raise ReadError(f"{what} is missing: number {number} of {needed} has no data")
        if offset + count > stored_bytes:
            raise ReadError(f"the file is truncated: {what} ends at byte {offset + count} of {stored_bytes}")
    if page.compression == UNCOMPRESSED:
        bits = page.imagewidth * page.bitspersample * samples
        if sum(counts[:needed]) < planes * page.imagelength * ((bits + 7) // 8):
            raise ReadError("the strips hold fewer bytes than the pixels need")


def _check_jpeg_segments(page: Any, source: Source) -> None:
    """Check what a JPEG decoder does not: none is larger than its place, or cut off (it would be grey)."""
    limit = page.tilelength if page.is_tiled else page.rowsperstrip
    width = page.tilewidth if page.is_tiled else page.imagewidth
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        source.file.seek(offset)
        data = source.exactly(count, "a JPEG strip or tile")
        _, rows, cols, _ = frame(Source(io.BytesIO(data), count, "jpeg"))
        if rows > limit or cols > width:
            raise ReadError(f"a JPEG of {rows} x {cols} in a strip or tile of {limit} x {width}")
        if not is_complete(data):
            raise ReadError("the file is truncated: a JPEG strip or tile ends before its end marker")


def _convert(pixels: np.ndarray, page: Any, metadata: Metadata, notes: list[str]) -> np.ndarray:
    if page.photometric == PALETTE:
        return apply_palette(pixels, np.asarray(page.tags[COLOUR_MAP].value).reshape(3, -1))
    if pixels.dtype.kind in "bu":
        if page.bitspersample not in (1, 8 * pixels.itemsize):
            notes.append(f"{page.bitspersample}-bit samples scaled to {8 * pixels.itemsize} bits")
        pixels = scale_bits(pixels, page.bitspersample)
    if page.photometric == WHITE_IS_ZERO:
        if pixels.dtype.kind == "u":
            return ~pixels
        notes.append("white is stored as zero; kept, as signed and float samples have no fixed white")
    if page.photometric == CMYK:
        return ink_to_rgb(pixels, metadata.icc, notes)
    if PREMULTIPLIED in page.extrasamples:
        notes.append("premultiplied alpha undone")
        return straight_alpha(pixels)
    return pixels
