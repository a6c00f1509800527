"""Run a hysteresis: from each strong mark along the weak ones that touch it, in compiled loops."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.common.pictures import Picture
from convpipe.compile.cpu.in_turn import IMAGE, RESULT, ROOM, Call, InTurn, made_ready
from convpipe.compile.cpu.whole import Colours
from convpipe.compile.runtime.threads import shares_among
from convpipe.dataclass import dataclass
from convpipe.ops import Hysteresis

FEWEST = 1 << 16
"""Samples of a share, at least."""

_LOOPS = """\
import numpy as np

from convpipe.compile.cpu.compiled.addresses import row_at
from convpipe.compile.cpu.compiled.rows import inline

BOTH = np.uint64(0x0202020202020202)
MARK, WEAK, STRONG = np.uint8, np.uint8(1), np.uint8(2)
T = np.{dtype}

# Words: the address of the marks in their frame of zeros; rows, columns, and samples from a row to the next;
# the address of the marks as they are given, and of the result; channels; what marks that count become; room
# for places; how many shares the rows have.


@inline
def frame(words, image, out, others, parameters, first, last):
    rows, cols, pitch, step = words[1], words[2], words[3], words[6]
    for share in range(first, last):
        for row in range(share * rows // words[9], (share + 1) * rows // words[9]):
            s = row_at(words[4] + row * cols * step, MARK)
            t = row_at(words[0] + (row + 1) * pitch, MARK)
            t[0] = MARK(0)
            for col in range(cols):
                t[1 + col] = s[col * step]
            for col in range(cols + 1, pitch):
                t[col] = MARK(0)
    return 0


@inline
def reach(s, at, pitch, todo, count):
    # Weak marks around one that counts count, too, and are to be visited.
    for row in range(-1, 2):
        for col in range(-1, 2):
            near = at + row * pitch + col
            if s[near] == WEAK:
                s[near] = STRONG
                todo[count] = near
                count += 1
    return count


@inline
def trace(words, image, out, others, parameters, first, last):
    pitch = words[3]
    s, eight, todo = row_at(words[0], MARK), row_at(words[0], np.uint64), row_at(words[8], np.int64)
    for x in range(pitch):
        s[x], s[(words[1] + 1) * pitch + x] = MARK(0), MARK(0)
    for word in range((words[1] + 2) * pitch // 8):
        if eight[word] & BOTH == np.uint64(0):
            continue
        for at in range(8 * word, 8 * word + 8):
            if s[at] != STRONG:
                continue
            count = reach(s, at, pitch, todo, 0)
            while count > 0:
                count -= 1
                count = reach(s, todo[count], pitch, todo, count)
    return 0


@inline
def store(words, image, out, others, parameters, first, last):
    rows, cols, pitch, step, full = words[1], words[2], words[3], words[6], T(words[7])
    for share in range(first, last):
        for row in range(share * rows // words[9], (share + 1) * rows // words[9]):
            s = row_at(words[0] + (row + 1) * pitch + 1, MARK)
            t = row_at(words[5] + row * cols * step * {size}, T)
            for col in range(cols):
                t[col * step] = full if s[col] == STRONG else T(0)
    return 0
"""


@dataclass(frozen=True)
class Traced(Colours):
    """A hysteresis, called as a sweep is.

    Parameters
    ----------
    op : Hysteresis
    """

    op: Hysteresis

    @property
    def source(self) -> str:
        """Its loops."""
        return f"# {self.title}\n{_source(self.picture.dtype)}"

    def _write(self, samples: NDArray[Any], result: NDArray[Any], colours: int, threads: int | None) -> None:
        marks = np.ascontiguousarray(samples, np.uint8)
        loops, room = self._made(colours, shares_among(threads, marks.size, FEWEST))
        rows = marks.shape[0]
        loops(marks.reshape(rows, -1), result.reshape(rows, -1), memory.empty((room,), np.uint8))

    def warm(self) -> None:
        """Compile its loops."""
        self._made(1, 1)[0].warm()

    @made_ready
    def _made(self, colours: int, shares: int) -> tuple[InTurn, int]:
        """Return the loops, and how many bytes of room they take."""
        calls, room = calls_of_trace(self.picture, colours, self.op.full, shares)
        return InTurn(calls), room


def calls_of_trace(picture: Picture, colours: int, full: float, shares: int) -> tuple[list[Call], int]:
    """Return the loops that write `full` where marks count, 0 elsewhere, and the bytes of room they take.

    The image is of marks, bytes, with as many channels as the result.

    Parameters
    ----------
    picture : Picture
        The result.
    colours : int
        The first of its channels, which are written.
    full : float
        A whole number.
    shares : int
        Of the rows, on a thread each.
    """
    (rows, cols), channels, size = picture.extent, picture.channels, np.dtype(picture.dtype).itemsize
    pitch = -(-(cols + 2) // 8) * 8
    todo, source, calls = ROOM + (rows + 2) * pitch, _source(picture.dtype), []
    for at in range(colours):
        places = (IMAGE + at, RESULT + at * size, channels, int(full), todo)
        words = (ROOM, rows, cols, pitch, *places, shares)
        for entry, pieces in (("frame", shares), ("trace", 1), ("store", shares)):
            calls.append(Call((source, entry), words, pieces, pieces))
    return calls, todo.offset + 8 * rows * cols


def _source(dtype: str) -> str:
    """Return the module of the loops, whose result is of a type."""
    return _LOOPS.format(dtype=dtype, size=np.dtype(dtype).itemsize)
