r"""EXIF (CIPA DC-008), edited where it lies: a maker's note holds offsets, and moved it would break."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction

from convpipe.geometry import Extent
from convpipe.images.tiff import ifd
from convpipe.images.tiff.ifd import CLASSIC_TYPES, EXIF, GPS
from convpipe.sampling import Sampling

ORIENTATION = 0x0112
SHORT, LONG, RATIONAL = 3, 4, 5
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
DENSITIES = ((X_RESOLUTION, Y_RESOLUTION), (0xA20E, 0xA20F))
"""Pixels per length along rows and columns: of the print, and of the camera's sensor."""

EXTENTS = ((0x0101, 0x0100), (0xA003, 0xA002))
"""Rows and columns of the picture."""

SUBJECTS = (0x9214, 0xA214)
"""Where the subject is: column, row, and perhaps a diameter or a width and a height."""

UNITS = {2: 1.0, 3: 2.54}
"""What a density counts per, as a part of what an inch does: an inch, a centimetre."""

Place = tuple[int, int, int, int]
"""Type, count, position of the value, position of the entry."""


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
        _walk(clean, found, notes)
    except (struct.error, ValueError):
        notes.append("broken EXIF dropped")
        return None, found[-1]
    return bytes(clean), found[-1]


def follow_exif(exif: bytes, sampling: Sampling, extent: Extent) -> bytes:
    """Return EXIF whose sizes, densities and places are those of the result.

    Parameters
    ----------
    exif : bytes
        As from :func:`check_exif`.
    sampling : Sampling
    extent : (rows, cols)
        Of the result.

    Raises
    ------
    struct.error, ValueError
        It is damaged.
    """
    data = bytearray(exif)
    order, found = _found(data)
    for tags in EXTENTS:
        for tag, size in zip(tags, extent, strict=True):
            if tag in found:
                _set_whole(data, order, found[tag], size)
    if not sampling.moves:
        return bytes(data)
    for tags in DENSITIES:
        _follow_density(data, order, [found.get(tag) for tag in tags], sampling)
    for tag in SUBJECTS:
        if tag in found:
            _move_subject(data, order, found[tag], sampling)
    return bytes(data)


def density(exif: bytes | None) -> tuple[float, float] | None:
    """Return the pixels per inch along rows and columns that EXIF states; None where it states none."""
    if exif is None:
        return None
    data = bytearray(exif)
    try:
        order, found = _found(data)
        x, y = (_rational(data, order, found[tag]) for tag in (X_RESOLUTION, Y_RESOLUTION))
        kind, _, position, _ = found.get(RESOLUTION_UNIT, (0, 0, 0, 0))
        unit = struct.unpack_from(order + "H", data, position)[0] if kind == SHORT else 2
    except (struct.error, ValueError, KeyError):
        return None
    return (x * UNITS[unit], y * UNITS[unit]) if x and y and unit in UNITS else None


def with_density(exif: bytes | None, x: float, y: float) -> bytes | None:
    """Return EXIF that states pixels per inch; None where it cannot without moving what is in it."""
    if exif is None:
        values = [struct.pack("<II", *ratio(each)) for each in (x, y)]
        fields = [ifd.Field(tag, RATIONAL, 1, data) for tag, data in zip(DENSITIES[0], values, strict=True)]
        return ifd.block([*fields, ifd.Field(RESOLUTION_UNIT, SHORT, 1, struct.pack("<H", 2))], {}, "<")
    data = bytearray(exif)
    try:
        order, found = _found(data)
        for tag, value in ((X_RESOLUTION, x), (Y_RESOLUTION, y)):
            _set_rational(data, order, found[tag], value)
        if RESOLUTION_UNIT in found:
            _set_whole(data, order, found[RESOLUTION_UNIT], 2)
    except (struct.error, ValueError, KeyError):
        return None
    return bytes(data)


def ratio(value: float) -> tuple[int, int]:
    """Return the numerator and denominator, of 32 bits each, of a value from 0 on.

    >>> ratio(300.0), ratio(118.11)
    ((300, 1), (11811, 100))
    """
    top = 2**32 - 1
    if value >= top:
        return top, 1
    exact = Fraction(value).limit_denominator(max(1, min(10**6, int(top / max(value, 1)) - 1)))
    if exact == 0 and value > 0:
        return 1, min(top, round(1 / value))
    return exact.numerator, exact.denominator


def _walk(data: bytearray, found: list[int], notes: list[str]) -> None:
    """Reset the orientation, appending it to ``found``; check all entries; unlink the thumbnail. In place."""
    order, first = _start(data)
    directories = [first]
    for tag, kind, count, position, _ in _entries(data, order, first):
        if tag == ORIENTATION:
            value = 0
            if (kind, count) == (SHORT, 1):
                (value,) = struct.unpack_from(order + "H", data, position)
                struct.pack_into(order + "H", data, position, 1)
            if 1 <= value <= 8:
                found.append(value)
            else:
                notes.append("EXIF orientation is not 1 to 8; taken for 1")
        elif tag in (EXIF, GPS):
            directories += struct.unpack_from(order + "I", data, position)
    for offset in directories:
        for tag, kind, count, position, _ in _entries(data, order, offset):
            if position + CLASSIC_TYPES.get(kind, 1) * count > len(data):
                raise ValueError(f"the value of tag {tag:#06x} lies outside the data")
    (entries,) = struct.unpack_from(order + "H", data, first)
    link = first + 2 + 12 * entries
    if link + 4 <= len(data) and struct.unpack_from(order + "I", data, link) != (0,):
        struct.pack_into(order + "I", data, link, 0)
        notes.append("EXIF thumbnail left out: it shows the picture before the filters")


def _start(data: bytearray) -> tuple[str, int]:
    """Return the byte order, and the offset of the first directory."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(data[:4]))
    if order is None:
        raise ValueError("no TIFF header")
    return order, struct.unpack_from(order + "I", data, 4)[0]


def _found(data: bytearray) -> tuple[str, dict[int, Place]]:
    """Return the byte order, and the entries of the first directory and of Exif's by tag."""
    order, first = _start(data)
    found: dict[int, Place] = {}
    for tag, *place in _entries(data, order, first):
        found[tag] = (place[0], place[1], place[2], place[3])
    if EXIF in found:
        (below,) = struct.unpack_from(order + "I", data, found[EXIF][2])
        for tag, *place in _entries(data, order, below):
            found.setdefault(tag, (place[0], place[1], place[2], place[3]))
    return order, found


def _entries(data: bytearray, order: str, offset: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield (tag, type, count, position of the value, position of the entry) of a directory's entries."""
    (entries,) = struct.unpack_from(order + "H", data, offset)
    for start in range(offset + 2, offset + 2 + 12 * entries, 12):
        tag, kind, count = struct.unpack_from(order + "HHI", data, start)
        position = start + 8
        if CLASSIC_TYPES.get(kind, 1) * count > 4:
            (position,) = struct.unpack_from(order + "I", data, position)
        yield tag, kind, count, position, start


def _follow_density(data: bytearray, order: str, places: list[Place | None], sampling: Sampling) -> None:
    """Follow the densities along x and y; one that is missing is as the other, one of 0 is unknown."""
    stated = [_rational(data, order, place) if place is not None else None for place in places]
    x, y = stated[0] or stated[1], stated[1] or stated[0]
    if not x or not y:
        return
    for place, value in zip(places, sampling.density(x, y), strict=True):
        if place is not None:
            _set_rational(data, order, place, value)


def _rational(data: bytearray, order: str, place: Place) -> float | None:
    kind, count, position, _ = place
    if (kind, count) != (RATIONAL, 1):
        raise ValueError("a density that is no rational number")
    above, below = struct.unpack_from(order + "II", data, position)
    return float(above / below) if below else None


def _set_rational(data: bytearray, order: str, place: Place, value: float) -> None:
    if place[:2] != (RATIONAL, 1):
        raise ValueError("a density that is no rational number")
    struct.pack_into(order + "II", data, place[2], *ratio(value))


def _set_whole(data: bytearray, order: str, place: Place, value: int) -> None:
    """Write a whole number as a LONG, which takes the place of any single value that is not longer."""
    kind, count, _, entry = place
    if kind not in (SHORT, LONG) or count != 1:
        raise ValueError("a size that is not one whole number")
    short = kind == SHORT and value < 1 << 16
    struct.pack_into(order + "HI", data, entry + 2, SHORT if short else LONG, 1)
    struct.pack_into(order + ("HH" if short else "I"), data, entry + 8, *((value, 0) if short else (value,)))


def _move_subject(data: bytearray, order: str, place: Place, sampling: Sampling) -> None:
    kind, count, position, _ = place
    if kind != SHORT or not 2 <= count <= 4:
        raise ValueError("a subject that is not two to four whole numbers")
    col, row, *size = struct.unpack_from(f"{order}{count}H", data, position)
    row, col = sampling.target((row, col))
    if len(size) == 2:
        size = list(sampling.density(*size))
    elif size:
        size = [size[0] / max(map(abs, sampling.step))]
    values = (min(max(round(each), 0), 0xFFFF) for each in (col, row, *size))
    struct.pack_into(f"{order}{count}H", data, position, *values)
