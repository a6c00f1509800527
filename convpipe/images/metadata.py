"""What travels beside the pixels: ICC profile, EXIF, XMP, resolution, checked before they are kept."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from convpipe.images.ifd import CLASSIC_TYPES, EXIF, GPS

ORIENTATION = 0x0112

XMP_ORIENTATION = re.compile(rb"""(<tiff:Orientation>\s*|tiff:Orientation=["'])[2-8](\s*<|["'])""")
"""The two ways in which XMP repeats the orientation of EXIF."""

ICC_SPACE = {1: b"GRAY", 2: b"GRAY", 3: b"RGB ", 4: b"RGB "}
"""Colour space, as an ICC header names it, of an image by channels."""


@dataclass(frozen=True)
class Metadata:
    r"""Metadata that convpipe carries from an input to its output.

    Parameters
    ----------
    icc : bytes, optional
        ICC profile.
    exif : bytes, optional
        EXIF from its TIFF header on (no ``Exif\0\0`` before it). Its orientation is 1, as the pixels are
        upright, and its thumbnail, which would show the unfiltered picture, is unlinked.
        What a TIFF says in its own directory (description, artist, page name, ...) is in it too.
    resolution : (float, float), optional
        Pixels per inch along a row and along a column (x, y).
    xmp : bytes, optional
        XMP packet, in UTF-8. The orientation in it is 1.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    resolution: tuple[float, float] | None = None
    xmp: bytes | None = None

    def for_channels(self, channels: int) -> Metadata:
        """Return these without an ICC profile that does not fit: an RGB profile says nothing of grey."""
        if self.icc is not None and self.icc[16:20] != ICC_SPACE.get(channels):
            return replace(self, icc=None)
        return self


def valid_resolution(x: float, y: float) -> tuple[float, float] | None:
    """Return pixels per inch, or None where they cannot be meant (zero, negative, infinite, absurd)."""
    return (x, y) if 0.01 <= x <= 1e6 and 0.01 <= y <= 1e6 else None


def check_icc(profile: bytes | None, notes: list[str]) -> bytes | None:
    """Return the profile, or None and a note when its header contradicts it (ICC.1:2022, 7.2)."""
    if profile is None:
        return None
    if (
        len(profile) >= 128
        and profile[36:40] == b"acsp"
        and int.from_bytes(profile[:4], "big") == len(profile)
    ):
        return profile
    notes.append("broken ICC profile dropped")
    return None


def check_xmp(packet: bytes | None, notes: list[str]) -> bytes | None:
    """Return the packet with its orientation set to 1, or None and a note where it is none (ISO 16684-1)."""
    if packet is None:
        return None
    packet = packet.rstrip(b"\0")
    if b"<rdf:RDF" in packet and b"</rdf:RDF>" in packet:
        return XMP_ORIENTATION.sub(rb"\g<1>1\g<2>", packet)
    notes.append("broken XMP dropped")
    return None


def check_exif(data: bytes | None, notes: list[str]) -> tuple[bytes | None, int]:
    r"""Return EXIF to keep and the orientation (1 to 8) that the pixels still need.

    Parameters
    ----------
    data : bytes or None
        EXIF as found in a file, with or without ``Exif\0\0`` before it.
    notes : list of str
        Told what was dropped.

    Returns
    -------
    exif : bytes or None
        A copy whose orientation is 1 and whose thumbnail is unlinked; None where it was damaged.
    orientation : int
        As the data says, even where the rest of it is damaged; 1 where it does not say.
    """
    if data is None:
        return None, 1
    clean, found = bytearray(data.removeprefix(b"Exif\0\0")), [1]
    try:
        _walk_exif(clean, found, notes)
    except (struct.error, ValueError):
        notes.append("broken EXIF dropped")
        return None, found[-1]
    return bytes(clean), found[-1]


def _walk_exif(data: bytearray, found: list[int], notes: list[str]) -> None:
    """Reset the orientation, appending it to ``found``; check all entries; unlink the thumbnail. In place."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(data[:4]))
    if order is None:
        raise ValueError("no TIFF header")
    (first,) = struct.unpack_from(order + "I", data, 4)
    directories = [first]
    for tag, kind, count, position in _entries(data, order, first):
        if tag == ORIENTATION:
            value = 0
            if (kind, count) == (3, 1):
                (value,) = struct.unpack_from(order + "H", data, position)
                struct.pack_into(order + "H", data, position, 1)
            if 1 <= value <= 8:
                found.append(value)
            else:
                notes.append("EXIF orientation is not 1 to 8; taken for 1")
        elif tag in (EXIF, GPS):
            directories += struct.unpack_from(order + "I", data, position)
    for offset in directories:
        for tag, kind, count, position in _entries(data, order, offset):
            if position + CLASSIC_TYPES.get(kind, 1) * count > len(data):
                raise ValueError(f"the value of tag {tag:#06x} lies outside the data")
    (entries,) = struct.unpack_from(order + "H", data, first)
    if first + 2 + 12 * entries + 4 <= len(data):
        struct.pack_into(order + "I", data, first + 2 + 12 * entries, 0)


def _entries(data: bytearray, order: str, offset: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (tag, type, count, position of the value) of each entry of a directory."""
    (entries,) = struct.unpack_from(order + "H", data, offset)
    for start in range(offset + 2, offset + 2 + 12 * entries, 12):
        tag, kind, count = struct.unpack_from(order + "HHI", data, start)
        position = start + 8
        if CLASSIC_TYPES.get(kind, 1) * count > 4:
            (position,) = struct.unpack_from(order + "I", data, position)
        yield tag, kind, count, position
