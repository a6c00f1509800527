"""Values that are too many for memory: in a table on the disk, found by their keys and read in order.

The table is SQLite's temporary database. It has no name: it stands in a cache of some pages, which go to a
file that is removed as soon as it is open, and so ends with the process, whatever ends that.
"""

from __future__ import annotations

import pickle
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, Generic, TypeVar, overload

from convpipe.errors import JobError

Value = TypeVar("Value")

BATCH, NEW = 256, 64
"""Values that are read at a time where all are iterated over, and that are written at a time."""

_PUT = "INSERT INTO shelf (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"

_BEGINNING = "SELECT key, value FROM shelf WHERE key >= ? AND key < ? ORDER BY key"


class Lazy(Sequence[Value]):
    """A sequence whose items are made when they are asked for: it equals any sequence of equal items."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)}>"

    @overload
    def __getitem__(self, at: int) -> Value: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Value]: ...

    def __getitem__(self, at: int | slice) -> Value | Sequence[Value]:
        places = range(len(self))[at]  # which also says what is out of range
        return self.chosen(places) if isinstance(places, range) else self._at(places)

    def chosen(self, places: Iterable[int]) -> Sequence[Value]:
        """Return the items at some places, in their order there, as such a sequence."""
        return Chosen(self, places)

    def _at(self, place: int) -> Value:
        """Return the item at a place from 0."""
        raise NotImplementedError


class Chosen(Lazy[Value]):
    """Items of another sequence.

    Parameters
    ----------
    items : sequence
    places : iterable of int
        Where they stand in it.

    Examples
    --------
    >>> some = Chosen("abcdef", [1, 3, 4])
    >>> len(some), some[-1], list(some[1:]), some == ["b", "d", "e"]
    (3, 'e', ['d', 'e'], True)
    """

    def __init__(self, items: Sequence[Value], places: Iterable[int]) -> None:
        self._items, self._places = items, array("q", places)

    def __len__(self) -> int:
        return len(self._places)

    def _at(self, place: int) -> Value:
        return self._items[self._places[place]]


class Shelf(Generic[Value]):
    """Values by their keys, on the disk; of each 8 bytes are in memory once they are read in order.

    Any thread may put and read.

    Parameters
    ----------
    dump, load : callable
        Values as bytes, and back. Pickle is safe here, as nobody else has the file.

    Examples
    --------
    >>> shelf = Shelf()
    >>> for name in ("b", "a", "c", "b"):
    ...     shelf.put(name, name.upper())
    >>> len(shelf), shelf.get("b"), shelf.get("z"), list(shelf.in_order()), list(shelf.in_order_of("cza"))
    (3, 'B', None, ['A', 'B', 'C'], ['C', 'A'])
    """

    def __init__(
        self,
        dump: Callable[[Value], bytes] = pickle.dumps,
        load: Callable[[bytes], Value] = pickle.loads,
    ) -> None:
        self._dump, self._load, self._guard = dump, load, Lock()
        self._new: dict[bytes, bytes] = {}  # not in the table yet
        self._table = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._table.execute("PRAGMA journal_mode = OFF")  # nobody rolls back
        self._table.execute("CREATE TABLE shelf (number INTEGER PRIMARY KEY, key BLOB UNIQUE, value BLOB)")
        self._table.execute("BEGIN")  # one, that never ends: none of it has to be kept

    def __del__(self) -> None:
        if hasattr(self, "_table"):
            self._table.close()

    def __len__(self) -> int:
        (count,) = self._all("SELECT count(*) FROM shelf")[0]
        return int(count)

    def put(self, key: str, value: Value) -> None:
        """Keep a value, in the place of the one that its key had.

        Raises
        ------
        JobError
            The disk is full, or there is no folder for temporary files. Values come to the table some at a
            time, or when one is read: what is raised may be of those before.
        """
        dumped = self._dump(value)
        with self._guard:
            self._new[_bytes_of(key)] = dumped
            if len(self._new) >= NEW:
                self._settle()

    def get(self, key: str) -> Value | None:
        """Return the value of a key; None where it has none."""
        found = self._all("SELECT value FROM shelf WHERE key = ?", _bytes_of(key))
        return self._load(found[0][0]) if found else None

    def beginning(self, text: str) -> list[tuple[str, Value]]:
        """Return the keys that begin with a text, in their order, each with its value.

        Examples
        --------
        >>> shelf = Shelf()
        >>> for name in ("b-2", "b", "b-1", "c-1"):
        ...     shelf.put(name, name.upper())
        >>> shelf.beginning("b-")
        [('b-1', 'B-1'), ('b-2', 'B-2')]
        """
        first = _bytes_of(text)
        found = self._all(_BEGINNING, first, first + b"\xff")  # which is in no key
        return [(_text_of(key), self._load(value)) for key, value in found]

    def in_order(self) -> Shelved[Value]:
        """Return the values that there are, in the order of their keys."""
        numbers = self._all("SELECT number FROM shelf ORDER BY key")
        return Shelved(self, array("q", (number for (number,) in numbers)))

    def in_order_of(self, keys: Iterable[str]) -> Shelved[Value]:
        """Return the values of those keys that have one, in their order."""
        found = (self._all("SELECT number FROM shelf WHERE key = ?", _bytes_of(key)) for key in keys)
        return Shelved(self, array("q", (number for rows in found for (number,) in rows)))

    def values(self, numbers: Sequence[int]) -> Iterator[Value]:
        """Yield the values of some numbers, which are those of the table's rows."""
        marks = ",".join("?" * len(numbers))
        found = dict(self._all(f"SELECT number, value FROM shelf WHERE number IN ({marks})", *numbers))
        yield from (self._load(found[number]) for number in numbers)

    def _all(self, statement: str, *given: Any) -> list[Any]:
        """Run a statement that reads, and return its rows."""
        with self._guard:
            self._settle()
            with _told():
                return self._table.execute(statement, given).fetchall()

    def _settle(self) -> None:
        """Write what is new into the table."""
        if self._new:
            with _told():
                self._table.executemany(_PUT, self._new.items())
            self._new.clear()


@contextmanager
def _told() -> Iterator[None]:
    """Say what SQLite cannot do as an error of the job."""
    try:
        yield
    except sqlite3.DatabaseError as error:  # without a way back, what follows a full disk is damaged, too
        raise JobError(f"no temporary file can be written for what a run keeps: {error}") from None


def _bytes_of(key: str) -> bytes:
    """Return what stands in the table for a key: in the order of code points, and for any file name."""
    return key.encode("utf-8", "surrogatepass")


def _text_of(key: bytes) -> str:
    """Return the key that stands in the table so."""
    return key.decode("utf-8", "surrogatepass")


class Shelved(Lazy[Value]):
    """The values of a shelf in the order that they had when it was asked for; each is read when it is wanted.

    Parameters
    ----------
    shelf : Shelf
    numbers : array of int
        Of the rows of its table.
    """

    def __init__(self, shelf: Shelf[Value], numbers: array[int]) -> None:
        self._shelf, self._numbers = shelf, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Value]:
        for at in range(0, len(self), BATCH):
            yield from self._shelf.values(self._numbers[at : at + BATCH])

    def chosen(self, places: Iterable[int]) -> Shelved[Value]:
        """Return the values at some places, in their order there."""
        return Shelved(self._shelf, array("q", (self._numbers[place] for place in places)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes get the values themselves."""
        return tuple, (tuple(self),)

    def _at(self, place: int) -> Value:
        return next(self._shelf.values([self._numbers[place]]))
