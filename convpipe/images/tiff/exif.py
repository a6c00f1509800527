"""EXIF lies in a TIFF's own directories; everywhere else it is a block of its own."""

from __future__ import annotations

import struct

from convpipe.images.metadata.exif import ORIENTATION, RESOLUTION_UNIT, X_RESOLUTION, Y_RESOLUTION
from convpipe.images.metadata.raster import DESCRIPTION, is_structured
from convpipe.images.source import Source
from convpipe.images.tiff import ifd
from convpipe.limits import Limits

PAGE_NUMBER = 297
CARRIED = frozenset((
    269, DESCRIPTION, 271, 272, 285, PAGE_NUMBER, 305, 306, 315, 316, 18246, 18249, 33432,
    *range(40091, 40096),
))  # fmt: skip
"""What describes the picture, not how its pixels are stored: names of document and page, description, camera,
software, date, artist, host, rating, copyright, and the titles that Windows writes."""

STRUCTURE = frozenset((
    *range(254, 260), 262, 263, 264, 265, 266, 273, ORIENTATION, 277, 278, 279, X_RESOLUTION, Y_RESOLUTION,
    284, 288, 289, 292, 293, RESOLUTION_UNIT, 317, 320, *range(322, 329), 330, 332, 338, 339, 347,
    *range(512, 522), 529, 530, 531, 532, 32995, 32996, 32997, ifd.EXIF, ifd.GPS, 59932,
))  # fmt: skip
"""How samples are stored, which the reader has seen to."""


def read_exif(source: Source, layout: ifd.Layout, offset: int, limits: Limits) -> bytes | None:
    """Return what a page's directory says of the picture as a block of EXIF; None if that is nothing."""
    try:
        found, _ = ifd.entries(source.file, layout, offset)
        own = [entry for entry in found if entry.tag in CARRIED]
        below = {
            entry.tag: ifd.entries(source.file, layout, ifd.number(ifd.value(source.file, entry), layout))[0]
            for entry in found
            if entry.tag in (ifd.EXIF, ifd.GPS) and entry.size <= layout.offset.size
        }
        if not own and not below:
            return None
        limits.check_metadata(sum(entry.size for each in (own, *below.values()) for entry in each))
        values = {tag: _values(source, entries) for tag, entries in below.items()}
        said = [field for field in _values(source, own) if not _is_program_text(field)]
        return ifd.block(said, values, layout.order) if said or values else None
    except (struct.error, ValueError, OverflowError):
        source.notes.append("broken EXIF dropped")
        return None


def _is_program_text(field: ifd.Field) -> bool:
    return field.tag == DESCRIPTION and is_structured(field.data)


def _values(source: Source, entries: list[ifd.Entry]) -> list[ifd.Field]:
    """Read the values of fields, but for 64-bit ones, unknown to EXIF, and pointers left dangling."""
    return [
        ifd.value(source.file, entry)
        for entry in entries
        if entry.kind in ifd.CLASSIC_TYPES and entry.tag != ifd.INTEROPERABILITY
    ]


def unplaced(exif: bytes | None) -> list[int]:
    """Return the tags of EXIF's first directory that a TIFF's own does not take."""
    fields, _ = _unblocked(exif, "<")
    return sorted({field.tag for field in fields} - CARRIED - STRUCTURE)


def write_exif(exif: bytes | None, order: str) -> ifd.Added:
    """Return the fields of a page's directory, and of those below it, that say what a block of EXIF does."""
    fields, below = _unblocked(exif, order)
    return [field for field in fields if field.tag in CARRIED], below


def _unblocked(exif: bytes | None, order: str) -> ifd.Added:
    try:
        return ifd.unblock((exif or b"").removeprefix(b"Exif\0\0"), order)
    except (struct.error, ValueError):  # none, or a caller's own that is damaged
        return [], {}
