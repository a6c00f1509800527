"""Directories of TIFF and EXIF (TIFF 6.0, section 2; BigTIFF): fields as bytes, nothing interpreted."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import BinaryIO

import numpy as np

from convpipe.dataclass import dataclass

MAX_FIELDS = 4096
"""A directory of more is damage: real ones have about twenty fields."""

EXIF, GPS, INTEROPERABILITY = 0x8769, 0x8825, 0xA005
"""Tags whose value is the offset of a directory. That of Interoperability, below Exif's, is never carried."""

CLASSIC_TYPES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of one value by field type, without the types of BigTIFF alone."""

TYPE_BYTES = {**CLASSIC_TYPES, 16: 8, 17: 8, 18: 8}

WORD_BYTES = {**TYPE_BYTES, 5: 4, 10: 4}
"""Bytes of what byte order swaps: a rational is two numbers."""


@dataclass(frozen=True)
class Layout:
    """How a file's directories are stored.

    Parameters
    ----------
    order : {'<', '>'}
    big : bool
        BigTIFF: 64-bit counts and offsets.
    """

    order: str
    big: bool = False

    @cached_property
    def offset(self) -> struct.Struct:
        """Of an offset, and of a field's count."""
        return struct.Struct(self.order + ("Q" if self.big else "I"))

    @cached_property
    def count(self) -> struct.Struct:
        """Of the number of fields."""
        return struct.Struct(self.order + ("Q" if self.big else "H"))

    @cached_property
    def entry(self) -> struct.Struct:
        """Of one field: tag, type, count, value or offset."""
        return struct.Struct(self.order + ("HHQ8s" if self.big else "HHI4s"))

    @cached_property
    def header(self) -> bytes:
        """The bytes of a file before the offset of its first directory."""
        magic = (b"II" if self.order == "<" else b"MM") + struct.pack(
            self.order + "H", 43 if self.big else 42
        )
        return magic + (struct.pack(self.order + "HH", 8, 0) if self.big else b"")


@dataclass(frozen=True)
class Field:
    """One field, its value in the byte order that it was read in."""

    tag: int
    kind: int
    count: int
    data: bytes


Added = tuple[list[Field], dict[int, list[Field]]]
"""Fields of a directory, and of those directories that it points at, by tag."""


@dataclass(frozen=True)
class Entry:
    """One field whose value has not been read: the bytes it takes, and where it begins."""

    tag: int
    kind: int
    count: int
    size: int
    position: int


def layout_of(file: BinaryIO) -> Layout:
    """Return the layout that a file's first bytes show; ValueError where they do not begin a TIFF."""
    file.seek(0)
    head = file.read(8)
    for layout in (Layout("<"), Layout(">"), Layout("<", True), Layout(">", True)):
        if head.startswith(layout.header):
            return layout
    raise ValueError("no TIFF header")


def entries(file: BinaryIO, layout: Layout, offset: int) -> tuple[list[Entry], int]:
    """Return the fields of a directory, values unread, and the offset of the next directory.

    Raises
    ------
    struct.error
        The directory is cut off.
    ValueError
        It has too many fields.
    """
    file.seek(offset)
    (number,) = layout.count.unpack(file.read(layout.count.size))
    if number > MAX_FIELDS:
        raise ValueError(f"a directory of {number} fields")
    step, inline = layout.entry.size, layout.offset.size
    data = file.read(number * step + inline)
    found = []
    for index in range(number):
        tag, kind, count, value = layout.entry.unpack_from(data, index * step)
        size = TYPE_BYTES.get(kind, 1) * count
        position = offset + layout.count.size + index * step + step - inline
        if size > inline:
            (position,) = layout.offset.unpack(value)
        found.append(Entry(tag, kind, count, size, position))
    return found, layout.offset.unpack_from(data, number * step)[0]


def value(file: BinaryIO, entry: Entry) -> Field:
    """Read the value of a field; ValueError where it is cut off."""
    file.seek(entry.position)
    data = file.read(entry.size)
    if len(data) != entry.size:
        raise ValueError(f"the value of tag {entry.tag:#06x} is cut off")
    return Field(entry.tag, entry.kind, entry.count, data)


WHOLE_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
"""Code of one value by field type, for unsigned whole numbers."""


def number(field: Field, layout: Layout) -> int:
    """Return the first value of a field of whole numbers; 0 for any other."""
    code = WHOLE_NUMBERS.get(field.kind)
    if code is None or not field.count:
        return 0
    return int(struct.unpack_from(layout.order + code, field.data)[0])


def numbers(field: Field, layout: Layout) -> tuple[int, ...]:
    """Return all values of a field of whole numbers; none of any other."""
    code = WHOLE_NUMBERS.get(field.kind)
    return struct.unpack(f"{layout.order}{field.count}{code}", field.data) if code is not None else ()


class Directory:
    """The fields of a directory, their values read as they are asked for.

    Parameters
    ----------
    file : file
    layout : Layout
    entries : list of Entry
    following : int
        Offset of the next directory; 0 after the last.
    """

    def __init__(self, file: BinaryIO, layout: Layout, entries: list[Entry], following: int) -> None:
        self._file, self.layout, self.entries, self.following = file, layout, entries, following
        self._by_tag = {entry.tag: entry for entry in reversed(entries)}

    @classmethod
    def at(cls, file: BinaryIO, layout: Layout, offset: int) -> Directory:
        """Read the fields of the directory at an offset; errors as for :func:`entries`."""
        return cls(file, layout, *entries(file, layout, offset))

    def __contains__(self, tag: int) -> bool:
        return tag in self._by_tag

    def count(self, tag: int) -> int:
        """Return the number of a field's values; 0 where there is no such field."""
        return self._by_tag[tag].count if tag in self else 0

    def data(self, tag: int) -> bytes:
        """Return the bytes of a field; none where there is no such field."""
        return value(self._file, self._by_tag[tag]).data if tag in self else b""

    def all(self, tag: int) -> list[bytes]:
        """Return the bytes of each field with this tag: descriptions may be several."""
        return [value(self._file, entry).data for entry in self.entries if entry.tag == tag]

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Return the whole numbers of a field; none where there is no such field."""
        return numbers(value(self._file, self._by_tag[tag]), self.layout) if tag in self else ()

    def number(self, tag: int, default: int) -> int:
        """Return the first whole number of a field."""
        return next(iter(self.numbers(tag)), default)


def pack(fields: Sequence[Field], layout: Layout, at: int, following: int = 0) -> bytes:
    """Return a directory that is to stand at offset ``at`` (even), its long values behind it."""
    head = layout.count.pack(len(fields))
    long_values = b""
    values_at = at + len(head) + len(fields) * layout.entry.size + layout.offset.size
    for field in sorted(fields, key=lambda field: field.tag):
        stored = field.data
        if len(stored) > layout.offset.size:
            stored = layout.offset.pack(values_at + len(long_values))
            long_values += field.data + b"\0" * (len(field.data) % 2)
        head += layout.entry.pack(field.tag, field.kind, field.count, stored)
    return head + layout.offset.pack(following) + long_values


def swapped(field: Field, order: str, wanted: str) -> Field:
    """Return a field in the byte order ``wanted``."""
    size = WORD_BYTES.get(field.kind, 1)
    if order == wanted or size == 1:
        return field
    return replace(field, data=np.frombuffer(field.data, f"u{size}").byteswap().tobytes())


def pointer(tag: int, offset: int, layout: Layout) -> Field:
    """Return a field that points at a directory."""
    return Field(tag, 18 if layout.big else 4, 1, layout.offset.pack(offset))


def pointers(tag: int, offsets: Sequence[int], layout: Layout) -> Field:
    """Return a field that points at several directories."""
    return Field(tag, 18 if layout.big else 13, len(offsets), b"".join(map(layout.offset.pack, offsets)))


def block(fields: Sequence[Field], below: dict[int, list[Field]], order: str) -> bytes:
    """Return EXIF from its TIFF header on: a directory, and those that it points at, by tag."""
    layout = Layout(order)
    first = len(layout.header) + layout.offset.size
    place = first + len(pack([*fields, *(pointer(tag, 0, layout) for tag in below)], layout, first))
    pointers, packed = [], b""
    for tag, own in below.items():
        pointers.append(pointer(tag, place + len(packed), layout))
        packed += pack(own, layout, place + len(packed))
    return layout.header + layout.offset.pack(first) + pack([*fields, *pointers], layout, first) + packed


def unblock(exif: bytes, wanted: str) -> Added:
    """Return the fields of EXIF and of its Exif and GPS directories, in the byte order ``wanted``.

    The opposite of :func:`block`. What cannot be read is left out; so are pointers to yet other directories.
    """
    file = io.BytesIO(exif)
    layout = layout_of(file)
    (first,) = layout.offset.unpack_from(exif, 4)
    fields, below = [], {}
    for field in _values(file, layout, first):
        if field.tag in (EXIF, GPS):
            own = _values(file, layout, number(field, layout))
            below[field.tag] = [swapped(each, layout.order, wanted) for each in own]
        else:
            fields.append(swapped(field, layout.order, wanted))
    return fields, below


def _values(file: BinaryIO, layout: Layout, offset: int) -> Iterator[Field]:
    for entry in entries(file, layout, offset)[0]:
        if entry.tag != INTEROPERABILITY and entry.kind in CLASSIC_TYPES:
            yield value(file, entry)


def extend(file: BinaryIO, added: Sequence[Added]) -> None:
    """Add fields to the directories of a TIFF's pages, in place of those of the same tags.

    What is added to moves to the end of the file.

    Parameters
    ----------
    file : file
        Open to read and write.
    added : sequence of (list, dict)
        For each page, in the byte order of the file.
    """
    layout = layout_of(file)
    link = len(layout.header)
    for own, below in added:
        file.seek(link)
        (offset,) = layout.offset.unpack(file.read(layout.offset.size))
        found, following = entries(file, layout, offset)
        number = len(found)
        there = [value(file, entry) for entry in found]
        if below or not set(own) <= set(there):
            tags = {field.tag for field in own}
            fields = [*(field for field in there if field.tag not in tags), *own]
            for tag, each in below.items():
                place = _append(file, partial(pack, each, layout))
                fields.append(pointer(tag, place, layout))
            offset = _append(file, partial(pack, fields, layout, following=following))
            number = len(fields)
            file.seek(link)
            file.write(layout.offset.pack(offset))
        link = offset + layout.count.size + number * layout.entry.size


def first(file: BinaryIO) -> int:
    """Return the offset of the directory of a TIFF's first page."""
    layout = layout_of(file)
    file.seek(len(layout.header))
    offset: int = layout.offset.unpack(file.read(layout.offset.size))[0]
    return offset


def moved(file: BinaryIO, offset: int, own: Sequence[Field]) -> int:
    """Write a directory at the end of the file, with fields in place of those of the same tags.

    Returns
    -------
    int
        Its offset there. Whatever pointed at it still does so where it was.
    """
    layout = layout_of(file)
    found, following = entries(file, layout, offset)
    tags = {field.tag for field in own}
    fields = [*(value(file, entry) for entry in found if entry.tag not in tags), *own]
    return _append(file, partial(pack, fields, layout, following=following))


def _append(file: BinaryIO, make: Callable[[int], bytes]) -> int:
    """Write what ``make`` returns for its offset at the end of a file, on an even offset; return that."""
    end = file.seek(0, os.SEEK_END)
    file.write(b"\0" * (end % 2))
    file.write(make(end + end % 2))
    return end + end % 2
