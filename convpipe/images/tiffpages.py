"""The pages of a TIFF, from the chain of its directories alone: nothing is decoded, and loops end."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from convpipe.errors import ReadError
from convpipe.images import ifd
from convpipe.images.source import Source
from convpipe.limits import Limits

NEW_SUBFILE, OLD_SUBFILE, SUB_DIRECTORIES = 254, 255, 330
REDUCED, MASK = 1, 4
OLD_REDUCED = 2


@dataclass
class Chain:
    """Where the pages of a file are.

    Parameters
    ----------
    layout : Layout
    pages : list of int
        Offsets of the directories of whole images; at least one.
    left : int
        Number of reduced images (thumbnails) and masks beside them.
    """

    layout: ifd.Layout
    pages: list[int]
    left: int


def chain(source: Source, limits: Limits) -> Chain:
    """Follow the chain of directories. One that loops, or is cut off, ends where it does, with a note."""
    layout = ifd.layout_of(source.file)
    source.file.seek(len(layout.header))
    (offset,) = layout.offset.unpack(source.file.read(layout.offset.size))
    first, seen = offset, set[int]()
    pages: list[int] = []
    while offset and offset not in seen:
        seen.add(offset)
        limits.check_frames(len(seen))
        try:
            entries, following = ifd.entries(source.file, layout, offset)
        except (struct.error, ValueError, OverflowError, OSError):
            if offset == first:
                raise ReadError("the first directory of the TIFF cannot be read") from None
            source.notes.append("the list of pages is cut off")
            seen.discard(offset)
            break
        limits.check_metadata(sum(entry.size for entry in entries if entry.size > layout.offset.size))
        if not _is_extra(source, layout, entries):
            pages.append(offset)
        offset = following
    if offset in seen:
        source.notes.append("the list of pages runs in a loop")
    if not seen:
        raise ReadError("the TIFF has no directory")
    pages = pages or [first]
    return Chain(layout, pages, len(seen) - len(pages))


def _is_extra(source: Source, layout: ifd.Layout, entries: list[ifd.Entry]) -> bool:
    """Tell whether a directory says that it is a smaller version of another, or its mask."""
    kinds = {each.tag: each for each in entries if each.tag in (NEW_SUBFILE, OLD_SUBFILE) and each.size <= 8}
    if (entry := kinds.get(NEW_SUBFILE)) is not None:
        return bool(ifd.number(ifd.value(source.file, entry), layout) & (REDUCED | MASK))
    if (entry := kinds.get(OLD_SUBFILE)) is not None:
        return ifd.number(ifd.value(source.file, entry), layout) == OLD_REDUCED
    return False
