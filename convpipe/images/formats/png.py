"""PNG (W3C PNG, third edition). libpng decodes, what ISA-L inflates; chunks are read and written here."""

from __future__ import annotations

import struct
import zlib
from dataclasses import field
from itertools import accumulate, groupby
from typing import Any

import numpy as np

from convpipe import memory
from convpipe.dataclass import dataclass
from convpipe.errors import ReadError
from convpipe.images.bilevel import white
from convpipe.images.formats import scanlines
from convpipe.images.formats.chunks import SIGNATURE, chunk, chunks_of
from convpipe.images.formats.inflated import raw_size, with_stored_pixels
from convpipe.images.formats.png_rows import blocks
from convpipe.images.formats.registry import BILEVEL
from convpipe.images.metadata.exif import check_exif
from convpipe.images.metadata.exif import density as exif_density
from convpipe.images.metadata.model import (
    Chunk,
    Metadata,
    Unit,
    check_icc,
    shape_of_pixel,
    valid_ratio,
    valid_resolution,
)
from convpipe.images.metadata.raster import Raster
from convpipe.images.metadata.xmp import check_xmp
from convpipe.images.source import Header, Pieces, Source
from convpipe.limits import Limits

__all__ = ["SIGNATURE", "blocks", "chunk", "decode", "encode", "header"]

METRES_PER_INCH = 0.0254
MAX_PART = 1 << 30
"""Bytes of pixel data in a chunk, and those of a piece more; it could have twice as many."""

PALETTE = 3
SAMPLES = {0: 1, 2: 3, PALETTE: 3, 4: 2, 6: 4}
"""Channels by colour type, palettes expanded."""

COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}
"""Colour type by channels, as it is written."""

DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Legal bit depths by colour type."""

# What the decoder is shown. It never meets other chunks: no text to inflate, no animation to trip over, no
# warnings on stderr about a colour profile.
DECODED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
KEPT = (b"iCCP", b"eXIf", b"pHYs", b"acTL")
COLOUR = (b"cICP", b"mDCV", b"cLLI", b"sRGB", b"gAMA", b"cHRM")
"""What the samples mean, by falling precedence, beside a profile; no filter changes that."""

TEXT = (b"tEXt", b"zTXt", b"iTXt")
RAW_PROFILE = b"Raw profile type "
"""How ImageMagick writes EXIF and the like as text: its orientation and sizes would no longer be true."""

ANIMATION = (b"acTL", b"fcTL", b"fdAT")
XMP_TAG = b"XML:com.adobe.xmp\0"


@dataclass
class _Found:
    """What the chunks of a file are.

    Parameters
    ----------
    pieces : list of (int, int)
        Position and length of what the decoder is shown.
    decoded : int
        Number of chunks in it.
    once : dict
        Content of those that stand once, by name.
    texts : list of Chunk
    left : list of str
        What is not carried.
    """

    pieces: list[tuple[int, int]] = field(default_factory=list)
    decoded: int = 0
    once: dict[bytes, bytes] = field(default_factory=dict)
    texts: list[Chunk] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def header(source: Source, limits: Limits) -> Header:
    """Read every chunk but the pixels: a PNG may carry EXIF behind them."""
    found = _read(source, limits)
    once = found.once
    if len(once.get(b"IHDR", b"")) != 13:
        raise ReadError("the IHDR chunk is missing or not 13 bytes long")
    if found.decoded < 2 + sum(name in once for name in (b"PLTE", b"tRNS")) + 1:
        raise ReadError("no pixel data (IDAT chunk)")
    cols, rows, depth, colour = struct.unpack(">IIBB", once[b"IHDR"][:10])
    if depth not in DEPTHS.get(colour, ()):
        raise ReadError(f"bit depth {depth} with colour type {colour} does not exist")
    if found.left:
        source.notes.append(f"PNG chunks not carried: {', '.join(dict.fromkeys(found.left))}")
    frames = struct.unpack_from(">I", once.get(b"acTL", b"\0\0\0\1"))[0] or 1
    metadata, orientation = _metadata(found, source.notes, limits)
    transparent = b"tRNS" in once and colour in (0, 2, 3)
    channels, alpha = SAMPLES[colour] + transparent, transparent or colour in (4, 6)
    dtype = "uint16" if depth == 16 else "uint8"
    return Header(rows, cols, channels, dtype, frames, orientation, metadata, found.pieces, alpha=alpha)


def _read(source: Source, limits: Limits) -> _Found:
    """Read what is needed of each chunk."""
    found, carried = _Found(), 0
    for name, position, length in chunks_of(source):
        if name in DECODED:
            _extend(found.pieces, position, 12 + length)
            found.decoded += 1
        elif not name[0] & 0x20:
            raise ReadError(f"unknown critical chunk {name!r}")
        elif name not in (*KEPT, *COLOUR, *TEXT, *ANIMATION):
            found.left.append(name.decode("ascii"))
            continue
        if name in (b"IDAT", b"fcTL", b"fdAT"):
            continue
        limits.check_metadata(carried := carried + length)
        data = _checked(source, name, position, length)
        if data is None:
            continue
        if name not in TEXT or data.startswith(XMP_TAG):
            found.once.setdefault(name, data)
        elif data.startswith(RAW_PROFILE):
            found.left.append(data.partition(b"\0")[0].decode("latin-1"))
        else:
            found.texts.append((name, data))
    return found


def decode(source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
    """Decode; libpng has the word on all that is damaged, and expands palettes and small depths."""
    import imagecodecs

    data: Any = source.buffered()
    if header.private != [(len(SIGNATURE), len(data) - len(SIGNATURE))]:
        data = _only(data, header.private)
    data = with_stored_pixels(data, _inflated_size(data, header))
    shape = (header.rows, header.cols) + ((header.channels,) if header.channels > 1 else ())
    out = memory.empty(shape, header.dtype)
    pixels: np.ndarray = imagecodecs.png_decode(data, out=out)
    return pixels


def _inflated_size(data: bytes | memoryview, header: Header) -> int:
    """Return the bytes of all scanlines."""
    depth, colour, interlaced = struct.unpack_from(">BB2xB", data, len(SIGNATURE) + 16)
    bits = depth * (1 if colour == PALETTE else SAMPLES.get(colour, 0))
    return raw_size(header.rows, header.cols, bits, bool(interlaced))


def encode(
    pixels: np.ndarray, alpha: bool, metadata: Metadata, quality: int | None, compression: int | str | None
) -> Pieces:
    """Encode to a list of byte strings.

    Without a level: one filter type for all rows, and no repeats but near ones. With a level: libpng's
    adaptive filters, and full matching. Of black and white: one bit a pixel.
    """
    if compression == BILEVEL:
        return _assembled(_fields(pixels.shape, 1), metadata, scanlines.of_bits(white(pixels, BILEVEL)))
    if compression is None:
        return _assembled(_fields(pixels.shape, 8 * pixels.itemsize), metadata, scanlines.deflated(pixels))
    assert isinstance(compression, int)
    data: Any = _by_libpng(pixels, compression)
    after_ihdr = len(SIGNATURE) + 12 + 13
    return [data[:after_ihdr], *_metadata_chunks(metadata), data[after_ihdr:]]


def _assembled(fields: bytes, metadata: Metadata, stream: list[bytes]) -> Pieces:
    """Return a PNG of what IHDR says, of metadata and of the zlib stream of its scanlines."""
    return [*_head(fields, metadata), *_pixel_chunks(stream), chunk(b"IEND", b"")]


def _head(fields: bytes, metadata: Metadata) -> list[bytes]:
    """Return what stands before the pixels."""
    return [SIGNATURE + chunk(b"IHDR", fields), *_metadata_chunks(metadata)]


def head_of(raster: Raster, metadata: Metadata) -> list[bytes]:
    """Return what a file begins with, before the pixels of an image of 8 or 16 bits."""
    fields = _fields((*raster.extent, raster.channels), 8 * np.dtype(raster.dtype).itemsize)
    return _head(fields, metadata)


def _by_libpng(pixels: np.ndarray, compression: int) -> Any:
    import imagecodecs

    # What deflate cannot shorten it stores, 5 bytes longer a block; libpng adds 12 a chunk, and 1 a row.
    out: Any = memory.buffer(pixels.nbytes + pixels.nbytes // 64 + len(pixels) + 1024)
    return imagecodecs.png_encode(pixels, compression, strategy=0, filter=248, out=out)


def _fields(shape: tuple[int, ...], depth: int) -> bytes:
    """Return the content of IHDR, of so many bits a sample."""
    rows, cols, channels = (*shape, 1)[:3]
    colour = COLOURS[channels]
    return struct.pack(">IIBBBBB", cols, rows, depth, colour, 0, 0, 0)


def _pixel_chunks(stream: list[bytes]) -> Pieces:
    """Return the pieces of a zlib stream with the heads and ends of the chunks that hold them."""
    from isal import isal_zlib

    content: Pieces = []
    ends = accumulate(map(len, stream))
    for _, group in groupby(zip(ends, stream, strict=True), lambda each: each[0] // MAX_PART):
        parts = [part for _, part in group]
        crc = isal_zlib.crc32(b"IDAT")
        for part in parts:
            crc = isal_zlib.crc32(part, crc)
        content += [struct.pack(">I4s", sum(map(len, parts)), b"IDAT"), *parts, struct.pack(">I", crc)]
    return content


def _extend(pieces: list[tuple[int, int]], position: int, length: int) -> None:
    """Append a piece of the file (position, length), or lengthen the last one if it ends there."""
    if pieces and sum(pieces[-1]) == position:
        position, length = pieces[-1][0], pieces.pop()[1] + length
    pieces.append((position, length))


def _only(data: memoryview, pieces: list[tuple[int, int]]) -> bytes:
    """Return a PNG of some of its pieces."""
    return b"".join([SIGNATURE, *(data[position : position + length] for position, length in pieces)])


def _checked(source: Source, name: bytes, position: int, length: int) -> bytes | None:
    """Return a chunk's data, its CRC verified; a damaged one that the pixels do not need is dropped."""
    label = name.decode("ascii")
    needed = name in DECODED
    source.file.seek(position + 4)
    content = source.exactly(4 + length, f"a PNG {label} chunk")
    if int.from_bytes(source.exactly(4, f"a PNG {label} chunk"), "big") == zlib.crc32(content):
        return content[4:]
    if needed:
        raise ReadError(f"the CRC of the PNG {label} chunk at byte {position} is wrong")
    source.notes.append(f"broken PNG {label} chunk dropped")
    return None


def _metadata(found: _Found, notes: list[str], limits: Limits) -> tuple[Metadata, int]:
    once = found.once
    exif, orientation = check_exif(once.get(b"eXIf"), notes)
    resolution, unit = _resolution(once.get(b"pHYs", b""))
    profile = _inflate(once[b"iCCP"].partition(b"\0")[2][1:], limits) if b"iCCP" in once else None
    xmp = _xmp(once[b"iTXt"], limits) if b"iTXt" in once else None
    metadata = Metadata(
        icc=check_icc(profile, notes),
        exif=exif,
        resolution=resolution or exif_density(exif),
        xmp=check_xmp(xmp, notes),
        unit=unit,
        chunks=(*((name, once[name]) for name in COLOUR if name in once), *found.texts),
    )
    return metadata, orientation


def _resolution(density: bytes) -> tuple[tuple[float, float] | None, Unit]:
    """Return what pHYs says: pixels per metre, or the shape of a pixel."""
    if len(density) != 9:
        return None, "inch"
    x, y, metric = struct.unpack(">IIB", density)
    if metric:
        return valid_resolution(x * METRES_PER_INCH, y * METRES_PER_INCH), "inch"
    ratio = valid_ratio(x, y)
    return ratio, "none" if ratio else "inch"


def _xmp(text: bytes, limits: Limits) -> bytes:
    """Return the packet of an iTXt chunk: keyword, is it deflated and how, language, translation, text."""
    deflated, rest = text[len(XMP_TAG) : len(XMP_TAG) + 1], text[len(XMP_TAG) + 2 :]
    packet = rest.partition(b"\0")[2].partition(b"\0")[2]
    return _inflate(packet, limits) if deflated == b"\1" else packet


def _inflate(data: bytes, limits: Limits) -> bytes:
    """Return what was deflated; empty, which no check accepts, where it cannot be inflated."""
    try:
        inflated = zlib.decompressobj().decompress(data, limits.max_metadata_bytes + 1)
    except zlib.error:
        return b""
    limits.check_metadata(len(inflated))
    return inflated


def _metadata_chunks(metadata: Metadata) -> list[bytes]:
    """Return the chunks that carry metadata; they stand between IHDR and the pixels."""
    chunks = []
    if metadata.icc is not None:
        chunks.append(chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc)))
    chunks += [chunk(name, data) for name, data in metadata.chunks if metadata.icc is None or name != b"sRGB"]
    if metadata.resolution is not None and metadata.unit != "none":
        x, y = (round(value / METRES_PER_INCH) for value in metadata.resolution)
        chunks.append(chunk(b"pHYs", struct.pack(">IIB", x, y, 1)))
    elif metadata.resolution is not None and metadata.resolution[0] != metadata.resolution[1]:
        x, y = shape_of_pixel(*metadata.resolution, 2**31 - 1)
        chunks.append(chunk(b"pHYs", struct.pack(">IIB", x, y, 0)))
    if metadata.exif is not None:
        chunks.append(chunk(b"eXIf", metadata.exif))
    if metadata.xmp is not None:
        chunks.append(chunk(b"iTXt", XMP_TAG + bytes(4) + metadata.xmp))
    return chunks
