"""Loops that run one after the other over an image, all of them by one call.

What they are told is made once for all images of a shape and type: where an image, its result and what else
they work in lie is added by the call. A small image takes a few microseconds, and each loop that Python
calls takes one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache, partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.cpu import call_layout, signatures
from convpipe.compile.cpu.compiled import text_of
from convpipe.compile.runtime import cache
from convpipe.dataclass import dataclass

Of = TypeVar("Of")
Made = TypeVar("Made")
P = ParamSpec("P")

KEPT = 16
"""Shapes of work, by threads and types, whose loops are kept ready beside each other."""

_SOURCE = text_of("calls")


@dataclass(frozen=True)
class Place:
    """An address that is known when an image is.

    Parameters
    ----------
    base : int
        Of :mod:`convpipe.compile.cpu.call_layout`: the image, the result or the room.
    offset : int
        In bytes.
    """

    base: int
    offset: int = 0

    def __add__(self, more: int) -> Place:
        return Place(self.base, self.offset + more)


_NO_ROOM = np.empty(0, np.uint8)

IMAGE, RESULT, ROOM = Place(call_layout.IMAGE), Place(call_layout.RESULT), Place(call_layout.ROOM)

Word = int | Place | NDArray[Any]
"""A number, an address that is yet to be known, or an array whose address it is."""


@dataclass(frozen=True)
class Call:
    """A loop, and what it is told.

    Parameters
    ----------
    loop : (str, str)
        A module, and its function of words, image, result, others, parameters, first and last unit.
    words : sequence of Word, or ndarray of int64
    units : int
        Of its work.
    threads : int
        That share them; 1 is the calling one.
    image, result, parameters : Word
    """

    loop: tuple[str, str]
    words: Sequence[Word] | NDArray[np.int64]
    units: int = 1
    threads: int = 1
    image: Word = 0
    result: Word = 0
    parameters: Word = 0


def made_ready(make: Callable[Concatenate[Of, P], Made]) -> cached_property[Callable[P, Made]]:
    """Decorate a method: what it makes is kept, for the last few things that it was asked for."""

    def kept(of: Of) -> Any:
        return lru_cache(maxsize=KEPT)(partial(make, of))

    return cached_property(kept)


class InTurn:
    """Calls of loops, made ready.

    Parameters
    ----------
    given : sequence of Call
    """

    def __init__(self, given: Sequence[Call]) -> None:
        self.calls = given
        self._is_shared = any(call.threads > 1 for call in given)

    def __call__(self, image: NDArray[Any], result: NDArray[Any], room: NDArray[np.uint8] = _NO_ROOM) -> int:
        """Run all loops; return what they count, together.

        Parameters
        ----------
        image, result : ndarray, shape (rows, samples)
            C-contiguous.
        room : ndarray, shape (bytes,)
            What else they work in.
        """
        words, moved = self._packed
        return self._run(words, moved, as_bytes(image), as_bytes(result), room, len(self.calls))

    def warm(self) -> None:
        """Compile all loops."""
        _ = self._packed, self._run

    @cached_property
    def _run(self) -> Callable[..., int]:
        if self._is_shared:
            return cache.load(_SOURCE, "in_turn_shared", signatures.IN_TURN)
        return cache.load(_SOURCE, "in_turn", signatures.IN_TURN, plain=True)

    @cached_property
    def _packed(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The words of all calls and then of their loops; and which of them are moved, and by what."""
        packed: list[int] = [0] * (call_layout.CALL_WORDS * len(self.calls))
        moved: list[int] = []

        def put(at: int, word: Word) -> None:
            if isinstance(word, Place):
                packed[at] = word.offset
                moved.extend((at, word.base))
            else:
                packed[at] = memory.address(word) if isinstance(word, np.ndarray) else word

        for number, call in enumerate(self.calls):
            table: Word = Place(call_layout.OWN, len(packed) * 8)
            if isinstance(call.words, np.ndarray):
                table = call.words
            else:
                first = len(packed)
                packed += [0] * len(call.words)
                for k, word in enumerate(call.words):
                    put(first + k, word)
            given = {
                call_layout.LOOP: cache.address(*call.loop, signatures.BAND),
                call_layout.TABLE: table,
                call_layout.COUNT: len(call.words),
                call_layout.FROM: call.image,
                call_layout.TO: call.result,
                call_layout.PARAMETERS: call.parameters,
                call_layout.UNITS: call.units,
                call_layout.THREADS: call.threads,
            }
            for k, word in given.items():
                put(number * call_layout.CALL_WORDS + k, word)
        words, places = (memory.read_only(np.array(each, np.int64)) for each in (packed, moved))
        return words, places


_BYTE = np.dtype(np.uint8)


def as_bytes(rows: NDArray[Any]) -> NDArray[np.uint8]:
    """Return rows as bytes: as they are, if they are such, as a view takes as long as several rows of loops.

    What is only read may be writeable or not: Numba takes either where read-only memory is asked for.
    """
    return rows if rows.dtype == _BYTE else rows.view(np.uint8)
