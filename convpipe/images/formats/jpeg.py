"""JPEG (ITU-T T.81). libjpeg-turbo decodes; the segments around the pixels are read and written here."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import field
from typing import Any

import numpy as np

from convpipe import memory
from convpipe.dataclass import dataclass
from convpipe.errors import LimitError, ReadError
from convpipe.images.colour import ink_to_rgb
from convpipe.images.metadata.exif import check_exif
from convpipe.images.metadata.exif import density as exif_density
from convpipe.images.metadata.iptc import PHOTOSHOP, photoshop_iptc, photoshop_segment
from convpipe.images.metadata.model import (
    Metadata,
    Unit,
    check_icc,
    shape_of_pixel,
    valid_ratio,
    valid_resolution,
)
from convpipe.images.metadata.xmp import check_xmp
from convpipe.images.source import Header, Pieces, Source
from convpipe.limits import Limits

EOI, SOS, COMMENT = 0xD9, 0xDA, 0xFE
APP0, APP1, APP2, APP13, APP14, APP15 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers that start a frame and carry the extent (C4, C8 and CC share their range and do not)."""

PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))

MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")
"""A marker that ends coded data: not a stuffed zero, not a restart."""

MAX_SEGMENTS = 10_000
MAX_SCANS = 500
"""A progressive photograph has about ten; thousands of empty ones cost hours."""

XMP_TAG, MORE_XMP_TAG = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
ICC_TAG = b"ICC_PROFILE\0"
ICC_PIECE = 65_519
MAX_SEGMENT = 65_533
DEFAULT_QUALITY = 95
USUAL_SHRINKAGE = 4
"""Few photographs come to more than this part of their pixels, whatever the quality."""


@dataclass
class _Found:
    """What the segments before the first scan say; ``left`` is what is not carried."""

    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    resolution: tuple[float, float] | None = None
    unit: Unit = "inch"
    profile: dict[int, bytes] = field(default_factory=dict)
    comments: list[bytes] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def header(source: Source, limits: Limits) -> Header:
    """Read the segments before the first scan."""
    precision, rows, cols, components = frame(source)
    found = _Found()
    carried = 0
    for marker, data in _segments(source):
        _take(found, marker, data, source.notes)
        carried += len(data)
        limits.check_metadata(carried)
    if precision != 8 or components not in (1, 3, 4):
        raise ReadError(f"{components} components of {precision} bits; read are 1, 3 or 4 of 8 bits")
    if found.left:
        source.notes.append(f"JPEG segments not carried: {', '.join(dict.fromkeys(found.left))}")
    exif, orientation = check_exif(found.exif, source.notes)
    profile = b"".join(found.profile[i] for i in sorted(found.profile)) if found.profile else None
    if found.unit == "none" or found.resolution is None:
        stated = exif_density(exif)
        found.resolution, found.unit = (stated, "inch") if stated else (found.resolution, found.unit)
    metadata = Metadata(
        icc=check_icc(profile, source.notes),
        exif=exif,
        resolution=found.resolution,
        xmp=check_xmp(found.xmp, source.notes),
        unit=found.unit,
        iptc=found.iptc,
        comments=tuple(found.comments),
    )
    return Header(rows, cols, min(components, 3), "uint8", 1, orientation, metadata, components)


def _take(found: _Found, marker: int, data: bytes, notes: list[str]) -> None:
    """Take what a segment says."""
    if marker == APP0 and data.startswith(b"JFIF\0"):
        found.resolution, found.unit = _density(data)
        found.left += ["JFIF's thumbnail"] if any(data[12:14]) else []
    elif marker == APP1 and data.startswith(b"Exif\0\0"):
        found.exif = found.exif or data
    elif marker == APP1 and data.startswith(XMP_TAG):
        found.xmp = found.xmp or data.removeprefix(XMP_TAG)
    elif marker == APP1 and data.startswith(MORE_XMP_TAG):
        notes.append("extended XMP dropped")
    elif marker == APP2 and data.startswith(ICC_TAG):
        found.profile[data[len(ICC_TAG)]] = data[len(ICC_TAG) + 2 :]
    elif marker == APP2 and data.startswith(b"MPF\0"):
        notes.append("first of several pictures (MPF)")
    elif marker == COMMENT:
        found.comments.append(data)
    elif marker == APP13 and data.startswith(PHOTOSHOP):
        iptc, others = photoshop_iptc(data)
        found.iptc = found.iptc or iptc
        found.left += ["Photoshop's resources"] if others else []
    elif APP0 <= marker <= APP15 and (marker, data[:5]) != (APP14, b"Adobe"):
        name = data[:10].partition(b"\0")[0].decode("ascii", "backslashreplace")
        found.left.append(f"APP{marker - APP0} {name}".rstrip())


def decode(source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
    """Decode; libjpeg fills what is missing with grey and says nothing, so completeness is checked first."""
    import imagecodecs

    data = source.content()
    if not is_complete(data):
        if not allow_truncated:
            raise ReadError("the file is truncated: the JPEG ends before its end marker")
        source.notes.append("truncated: what is missing was filled with grey")
    shape = (header.rows, header.cols) + ((header.private,) if header.private > 1 else ())
    pixels: np.ndarray = imagecodecs.jpeg8_decode(data, out=memory.empty(shape, np.uint8))
    # Adobe's convention, which every CMYK JPEG in the wild follows, stores ink inverted.
    return ink_to_rgb(255 - pixels, header.metadata.icc, source.notes) if header.private == 4 else pixels


def encode(
    pixels: np.ndarray, alpha: bool, metadata: Metadata, quality: int | None, compression: int | None
) -> Pieces:
    """Encode to a list of byte strings, chroma subsampled 4:2:0, metadata behind the JFIF segment."""
    import imagecodecs

    quality = DEFAULT_QUALITY if quality is None else quality
    # Where that is too short libjpeg takes memory of its own, twice as much each time, and copies.
    out: Any = memory.buffer(pixels.nbytes // USUAL_SHRINKAGE)
    data: Any = imagecodecs.jpeg8_encode(pixels, quality, out=out)
    after_jfif = 4 + int.from_bytes(data[4:6], "big")
    jfif = bytearray(data[:after_jfif])
    if metadata.resolution is not None and metadata.unit != "none":
        x, y = (min(round(value), 65_535) or 1 for value in metadata.resolution)
        struct.pack_into(">BHH", jfif, 13, 1, x, y)
    elif metadata.resolution is not None:
        struct.pack_into(">BHH", jfif, 13, 0, *shape_of_pixel(*metadata.resolution, 65_535))
    return [bytes(jfif), *_metadata_segments(metadata), memoryview(data)[after_jfif:]]


def frame(source: Source) -> tuple[int, int, int, int]:
    """Return (bits, rows, cols, components) of the frame header; ReadError where there is none."""
    for marker, data in _segments(source):
        if marker in FRAMES:
            bits, rows, cols, components = struct.unpack_from(">BHHB", data)
            return bits, rows, cols, components
    raise ReadError("no JPEG frame header before the first scan")


def is_complete(data: bytes) -> bool:
    """Say whether an end marker follows the first scan of a JPEG.

    Coded data never holds the bytes of a marker, so a plain search, at the speed of memory, is enough there.
    Only the segments before it, which may hold a thumbnail with an end of its own, are walked one by one.
    Scans are counted only where there may be several: libjpeg refuses a second one after a scan of all
    components of a sequential frame.

    Raises
    ------
    LimitError
        It has more than ``MAX_SCANS`` scans.
    """
    position, components = 2, b""
    while found := MARKER.search(data, position):
        position, marker = found.end(), found[1][0]
        if marker == SOS:
            break
        if marker in FRAMES - PROGRESSIVE:
            components = data[position + 7 : position + 8]
        position += int.from_bytes(data[position : position + 2], "big")
    single = components != b"" and data[position + 2 : position + 3] == components
    if not single and data.count(bytes([0xFF, SOS]), position) > MAX_SCANS:
        raise LimitError(f"the JPEG has more than {MAX_SCANS} scans")
    return data.rfind(bytes([0xFF, EOI]), position) >= 0


def _segments(source: Source) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, data) of each segment before the first scan; stray bytes between them are skipped."""
    source.file.seek(2)
    for _ in range(MAX_SEGMENTS):
        marker = _next_marker(source)
        if marker in (SOS, EOI):
            return
        length = int.from_bytes(source.exactly(2, "a JPEG segment"), "big")
        if length < 2:
            raise ReadError(f"a JPEG segment claims a length of {length}")
        yield marker, source.exactly(length - 2, "a JPEG segment")
    raise LimitError(f"more than {MAX_SEGMENTS} JPEG segments")


def _next_marker(source: Source) -> int:
    """Return the next marker. Stray bytes before it are skipped, as libjpeg does, but not without end."""
    start = source.file.tell()
    window = source.file.read(MAX_SEGMENT)
    found = MARKER.search(window)
    if found is None:
        raise ReadError("the file is truncated: no JPEG marker where one is due")
    source.file.seek(start + found.end())
    return found[1][0]


def _density(jfif: bytes) -> tuple[tuple[float, float] | None, Unit]:
    """Return what a JFIF segment says: unit 1 counts per inch, 2 per centimetre, 0 tells a pixel's shape."""
    unit, x, y = struct.unpack_from(">BHH", jfif, 7)
    if scale := {1: 1.0, 2: 2.54}.get(unit):
        return valid_resolution(x * scale, y * scale), "inch"
    ratio = valid_ratio(x, y)
    return ratio, "none" if ratio else "inch"


def _metadata_segments(metadata: Metadata) -> list[bytes]:
    segments = []
    if metadata.exif is not None:
        segments.append(_segment(APP1, b"Exif\0\0" + metadata.exif))
    if metadata.xmp is not None:
        segments.append(_segment(APP1, XMP_TAG + metadata.xmp))
    if metadata.iptc is not None:
        segments.append(_segment(APP13, photoshop_segment(metadata.iptc)))
    segments += [_segment(COMMENT, comment) for comment in metadata.comments]
    if metadata.icc is not None:
        pieces = [metadata.icc[i : i + ICC_PIECE] for i in range(0, len(metadata.icc), ICC_PIECE)]
        if len(pieces) <= 255:
            for number, piece in enumerate(pieces, 1):
                segments.append(_segment(APP2, ICC_TAG + bytes([number, len(pieces)]) + piece))
    return segments


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data
