"""IPTC-IIM, which in a JPEG is one of Photoshop's image resources (Adobe, "Photoshop File Formats")."""

from __future__ import annotations

import struct

PHOTOSHOP = b"Photoshop 3.0\0"
SIGNATURE, IPTC = b"8BIM", 0x0404


def photoshop_iptc(segment: bytes) -> tuple[bytes | None, bool]:
    """Return the IPTC records of a segment, and whether it holds other resources; damage ends it.

    >>> photoshop_iptc(photoshop_segment(b"title"))
    (b'title', False)
    """
    data = segment.removeprefix(PHOTOSHOP)
    iptc, others, at = None, False, 0
    while data[at : at + 4] == SIGNATURE and at + 12 <= len(data):
        (kind,) = struct.unpack_from(">H", data, at + 4)
        at += 6 + (data[at + 6] + 2) // 2 * 2  # a name with its length before it, padded
        (size,) = struct.unpack(">I", data[at : at + 4].rjust(4, b"\0"))
        value = data[at + 4 : at + 4 + size]
        if kind == IPTC and iptc is None and len(value) == size:
            iptc = value
        else:
            others = True
        at += 4 + (size + 1) // 2 * 2
    return iptc, others


def photoshop_segment(iptc: bytes) -> bytes:
    """Return a segment that holds IPTC records alone."""
    return PHOTOSHOP + SIGNATURE + struct.pack(">HHI", IPTC, 0, len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
