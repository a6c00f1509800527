"""JPEG (ITU-T T.81). libjpeg-turbo decodes; the segments around the pixels are read and written here."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import numpy as np

from convpipe import memory
from convpipe.errors import LimitError, ReadError
from convpipe.images.colour import ink_to_rgb
from convpipe.images.metadata import Metadata, check_exif, check_icc, check_xmp, valid_resolution
from convpipe.images.source import Header, Pieces, Source
from convpipe.limits import Limits

EOI, SOS, APP0, APP1, APP2 = 0xD9, 0xDA, 0xE0, 0xE1, 0xE2
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


def header(source: Source, limits: Limits) -> Header:
    """Read the segments before the first scan."""
    precision, rows, cols, components = frame(source)
    exif, xmp, resolution = None, None, None
    carried = 0
    profile: dict[int, bytes] = {}
    for marker, data in _segments(source):
        if marker == APP0 and data.startswith(b"JFIF\0"):
            resolution = _density(data)
        elif marker == APP1 and data.startswith(b"Exif\0\0"):
            exif = exif or data
        elif marker == APP1 and data.startswith(XMP_TAG):
            xmp = xmp or data.removeprefix(XMP_TAG)
        elif marker == APP1 and data.startswith(MORE_XMP_TAG):
            source.notes.append("extended XMP dropped")
        elif marker == APP2 and data.startswith(ICC_TAG):
            profile[data[len(ICC_TAG)]] = data[len(ICC_TAG) + 2 :]
        elif marker == APP2 and data.startswith(b"MPF\0"):
            source.notes.append("first of several pictures (MPF)")
        carried += len(data)
        limits.check_metadata(carried)
    if precision != 8 or components not in (1, 3, 4):
        raise ReadError(f"{components} components of {precision} bits; read are 1, 3 or 4 of 8 bits")
    clean, orientation = check_exif(exif, source.notes)
    icc = check_icc(b"".join(profile[i] for i in sorted(profile)) if profile else None, source.notes)
    channels = min(components, 3)
    metadata = Metadata(icc, clean, resolution, check_xmp(xmp, source.notes))
    return Header(rows, cols, channels, "uint8", 1, orientation, metadata, components)


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

    data = imagecodecs.jpeg8_encode(pixels, DEFAULT_QUALITY if quality is None else quality)
    after_jfif = 4 + int.from_bytes(data[4:6], "big")
    jfif = bytearray(data[:after_jfif])
    if metadata.resolution is not None:
        x, y = (min(round(value), 65_535) or 1 for value in metadata.resolution)
        struct.pack_into(">BHH", jfif, 13, 1, x, y)
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


def _density(jfif: bytes) -> tuple[float, float] | None:
    """Return pixels per inch of a JFIF segment: unit 1 counts per inch, 2 per centimetre."""
    unit, x, y = struct.unpack_from(">BHH", jfif, 7)
    scale = {1: 1.0, 2: 2.54}.get(unit)
    return None if scale is None else valid_resolution(x * scale, y * scale)


def _metadata_segments(metadata: Metadata) -> list[bytes]:
    segments = []
    if metadata.exif is not None and len(metadata.exif) + 6 <= MAX_SEGMENT:
        segments.append(_segment(APP1, b"Exif\0\0" + metadata.exif))
    if metadata.xmp is not None and len(metadata.xmp) + len(XMP_TAG) <= MAX_SEGMENT:
        segments.append(_segment(APP1, XMP_TAG + metadata.xmp))
    if metadata.icc is not None:
        pieces = [metadata.icc[i : i + ICC_PIECE] for i in range(0, len(metadata.icc), ICC_PIECE)]
        if len(pieces) <= 255:
            for number, piece in enumerate(pieces, 1):
                segments.append(_segment(APP2, ICC_TAG + bytes([number, len(pieces)]) + piece))
    return segments


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data
