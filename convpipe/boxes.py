"""Parts of images by the images' names: a table of boxes, and what is kept of the image that is filtered."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO
from unicodedata import normalize

from convpipe import subject
from convpipe.dataclass import dataclass
from convpipe.errors import PlanError
from convpipe.geometry import LARGEST
from convpipe.padding import Slice

if TYPE_CHECKING:
    from _csv import Reader

Box = tuple[int, int, int | None, int | None]
"""(top, left, bottom, right), the last two not kept; None is the end, below 0 they count from the end."""

COLUMNS = ("name", "top", "left", "bottom", "right")
"""Of a table; it may have others, which nobody reads."""

MOST_BYTES = 1 << 26
"""Of the file of a table."""

_SEPARATORS = ",;\t"


def check_box(box: Box) -> None:
    """Raise ValueError if a box keeps nothing of any image."""
    top, left, bottom, right = box
    for first, end in ((top, bottom), (left, right)):
        if max(abs(first), abs(end or 0)) > LARGEST:
            raise ValueError(f"a place beyond {LARGEST}")
        if end is not None and (first < 0) == (end < 0) and first >= end:
            raise ValueError(f"from {first} to {end} there is nothing")


@dataclass(frozen=True)
class Boxes:
    """A box for each image; those of the same content are equal.

    Parameters
    ----------
    source : str
        For a person: where they come from.
    boxes : mapping of str to Box
        By the path of an image relative to its folder, or by its file name.
    digest : str
        Of the names and the boxes.
    """

    source: str = field(compare=False)
    boxes: Mapping[str, Box] = field(compare=False, repr=False)
    digest: str

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, Box]], source: str = "the mapping") -> Boxes:
        """Return the table of some rows: where each stands, the name and the box.

        Raises
        ------
        ValueError
            If there are none, or two of one name.
        """
        boxes: dict[str, Box] = {}
        places: dict[str, str] = {}
        for place, name, box in rows:
            key = _plain(name)
            if key in boxes:
                raise ValueError(f"{places[key]} and {place} are both of {name!r}; each image has one box")
            try:
                check_box(box)
            except ValueError as error:
                raise ValueError(f"{place}, of {name!r}: {error}") from None
            boxes[key], places[key] = box, place
        if not boxes:
            raise ValueError("it has no row")
        return cls(source, boxes, sha256(repr(sorted(boxes.items())).encode()).hexdigest())

    def find(self) -> Box | None:
        """Return the box of the image that is filtered: of its path, or else of its file name."""
        path = _plain(subject.path())
        return self.boxes.get(path) or self.boxes.get(PurePosixPath(path).name)

    def box(self) -> Box:
        """Return the same.

        Raises
        ------
        PlanError
            If there is none.
        """
        found = self.find()
        if found is not None:
            return found
        if not subject.path():
            raise PlanError(
                f"its boxes, {self.source}, are by the names of images in a folder, and this image has none; "
                "run it over a folder, or give one box"
            )
        path = PurePosixPath(subject.path())
        names = f"{str(path)!r}" if str(path) == path.name else f"{str(path)!r} or {path.name!r}"
        raise PlanError(f"{self.source} has no row that is named {names}")

    def __format__(self, _: str) -> str:
        return self.source


@dataclass(frozen=True)
class OwnPart:
    """Of an axis, what the box of the image that is filtered keeps. See :class:`convpipe.padding.Part`.

    Parameters
    ----------
    boxes : Boxes
    axis : int
        0 for rows, 1 for columns.
    """

    boxes: Boxes
    axis: int

    def span(self, size: int, name: str) -> tuple[int, int]:
        """Return the first sample that is kept, and the end."""
        box = self.boxes.box()
        try:
            return Slice(box[self.axis] or 0, box[self.axis + 2]).span(size, name)
        except PlanError as error:
            raise PlanError(f"{self.boxes.source}, {subject.path()!r}: {error}") from None


def _plain(name: str) -> str:
    """Return a path without what means nothing: ``./``, and the form in which accents are written."""
    return normalize("NFC", str(PurePosixPath(name)))


def read_boxes(file: BinaryIO, size: int, source: str) -> Boxes:
    r"""Return the table that a file of comma-separated values holds; semicolons and tabs separate too.

    The first line names columns: name, top, left, bottom and right, in any order. An empty bottom or right
    is the end of the image.

    Raises
    ------
    ValueError
        If it is none, with the line.

    Examples
    --------
    >>> text = b"name,top,left,bottom,right\na.png,0,0,10,\n"
    >>> read_boxes(io.BytesIO(text), len(text), "boxes.csv").boxes
    {'a.png': (0, 0, 10, None)}
    """
    if size > MOST_BYTES:
        raise ValueError(f"it has {size} bytes; at most {MOST_BYTES}")
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no text in UTF-8: {error.reason} at byte {error.start}") from None
    head = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return Boxes.of(_rows(reader), source)
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None


def _rows(reader: Reader) -> Iterator[tuple[str, str, Box]]:
    """Yield the rows of a table."""
    header = [title.strip().lower() for title in next(reader, [])]
    lacking = [column for column in COLUMNS if header.count(column) != 1]
    if lacking:
        raise ValueError(
            f"its first line needs the columns {', '.join(COLUMNS)}, each once; it has "
            f"{', '.join(header)[:200] or 'nothing'}"
        )
    at = [header.index(column) for column in COLUMNS]
    for row in reader:
        place = f"line {reader.line_num}"
        if not any(cell.strip() for cell in row):
            continue
        if len(row) < len(header):
            raise ValueError(f"{place} has {len(row)} cells; its first line has {len(header)}")
        name, *cells = (row[column].strip() for column in at)
        if not name:
            raise ValueError(f"{place} has no name")
        yield place, name, _box(place, cells)


def _box(place: str, cells: list[str]) -> Box:
    """Return the four numbers of a row."""
    found: list[int | None] = []
    for column, cell in zip(COLUMNS[1:], cells, strict=True):
        try:
            found.append(None if cell == "" and column in COLUMNS[3:] else int(cell[:20]))
        except ValueError:
            raise ValueError(f"{place}: {column} needs a whole number; given {cell[:40]!r}") from None
    top, left, bottom, right = found
    assert top is not None
    assert left is not None
    return top, left, bottom, right
