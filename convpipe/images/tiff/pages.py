"""The pages of a TIFF, from the chain of its directories alone: nothing is decoded, and loops end."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from convpipe.dataclass import dataclass
from convpipe.errors import ReadError
from convpipe.images.source import Source
from convpipe.images.tiff import ifd
from convpipe.images.tiff.planes import Claim, claim, data_start, note_room, settle, software_of
from convpipe.limits import Limits

NEW_SUBFILE, OLD_SUBFILE, SUB_DIRECTORIES = 254, 255, 330
REDUCED, MASK = 1, 4
OLD_REDUCED = 2

NUMBER_BYTES = 40
"""That one number of a field takes in a tuple."""

BYTES = (1, 2, 6, 7)
"""Types of fields that are read as bytes; both tifffile and the metadata hold them."""


@dataclass(frozen=True)
class Place:
    """Where a page is, or the planes of a stack.

    Parameters
    ----------
    offset : int
        Of its directory.
    index : int
        Its place in the chain of all directories, from 0.
    planes : int
        Number of images that it stands for; more than 1 in a stack that the file counts elsewhere.
    nbytes : int
        Memory that its directory takes once it is read, roughly.
    """

    offset: int
    index: int
    planes: int
    nbytes: int = 0


@dataclass(frozen=True)
class Chain:
    """Where the pages of a file are.

    Parameters
    ----------
    layout : Layout
    places : list of Place
        Of whole images; at least one.
    frames : int
        Number of images at all of them.
    left : int
        Number of reduced images (thumbnails) and masks beside them.
    """

    layout: ifd.Layout
    places: list[Place]
    frames: int
    left: int


def chain(source: Source, limits: Limits) -> Chain:
    """Follow the chain of directories. One that loops, or is cut off, ends where it does, with a note."""
    layout = ifd.layout_of(source.file)
    walked: list[tuple[int, bool, int]] = []
    claims: list[Claim | None] = []
    software, below = b"", False
    for offset, found in _walk(source, layout, limits):
        if not walked:
            software, below = software_of(found), SUB_DIRECTORIES in found
        extra = _is_extra(found)
        walked.append((offset, extra, _nbytes(found)))
        if not extra:
            claims.append(claim(found, first=len(walked) == 1, software=software))
    if not claims:
        if below:
            raise ReadError("its first image is a reduced one of another below it, as in raw camera files")
        walked[0], claims = (walked[0][0], False, walked[0][2]), [None]
    pages = [(offset, index, nbytes) for index, (offset, extra, nbytes) in enumerate(walked) if not extra]
    taken = [offset for offset, *_ in walked]
    if any(claims):
        taken += [data_start(ifd.Directory.at(source.file, layout, offset)) for offset, *_ in pages]
    planes = settle(claims, taken, source)
    if claims == [None] and len(walked) == 1 and not below:
        note_room(found, walked[0][0], source)
    limits.check_frames(sum(planes))
    places = [
        Place(offset, index, each, nbytes)
        for (offset, index, nbytes), each in zip(pages, planes, strict=True)
    ]
    return Chain(layout, places, sum(planes), len(walked) - len(places))


def _walk(source: Source, layout: ifd.Layout, limits: Limits) -> Iterator[tuple[int, ifd.Directory]]:
    """Yield each directory and its offset."""
    source.file.seek(len(layout.header))
    (offset,) = layout.offset.unpack(source.file.read(layout.offset.size))
    seen = set[int]()
    while offset and offset not in seen:
        limits.check_frames(len(seen) + 1)
        try:
            found = ifd.Directory.at(source.file, layout, offset)
        except (struct.error, ValueError, OverflowError, OSError):
            if not seen:
                raise ReadError("the first directory of the TIFF cannot be read") from None
            source.notes.append("the list of pages is cut off")
            return
        seen.add(offset)
        limits.check_metadata(sum(each.size for each in found.entries if each.size > layout.offset.size))
        yield offset, found
        offset = found.following
    if offset:
        source.notes.append("the list of pages runs in a loop")
    if not seen:
        raise ReadError("the TIFF has no directory")


def _nbytes(found: ifd.Directory) -> int:
    return sum(2 * each.size if each.kind in BYTES else NUMBER_BYTES * each.count for each in found.entries)


def _is_extra(found: ifd.Directory) -> bool:
    """Tell whether a directory says that it is a smaller version of another, or its mask."""
    if NEW_SUBFILE in found:
        return bool(found.number(NEW_SUBFILE, 0) & (REDUCED | MASK))
    return found.number(OLD_SUBFILE, 0) == OLD_REDUCED
