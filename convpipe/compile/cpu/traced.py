"""Run a hysteresis: from each strong mark along the weak ones that touch it, in a compiled loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.pictures import Picture
from convpipe.compile.cpu import drive
from convpipe.compile.cpu.executable import NOTHING_ELSE, one_band
from convpipe.compile.runtime import cache
from convpipe.ops import Hysteresis

_TRACE = """\
import numpy as np

from convpipe.compile.cpu.addresses import placed
from convpipe.compile.cpu.rows import inline

BOTH = np.uint64(0x0202020202020202)
MARK, WEAK, STRONG = np.uint8, np.uint8(1), np.uint8(2)


@inline
def reach(s, at, pitch, todo, count):
    # Weak marks around one that counts count, too, and are to be visited.
    for row in range(-1, 2):
        for col in range(-1, 2):
            near = at + row * pitch + col
            if s[near] == WEAK:
                s[near] = STRONG
                todo[count] = np.int32(near)
                count += 1
    return count


@inline
def trace(words, image, out, others, parameters, first, last):
    # Words: the address of the marks, framed by zeros; how many; from a row to the next; room for places.
    s, eight, todo = placed(words[0], MARK), placed(words[0], np.uint64), placed(words[3], np.int32)
    pitch = words[2]
    for word in range(words[1] // 8):
        if eight[word] & BOTH == np.uint64(0):
            continue
        for at in range(8 * word, 8 * word + 8):
            if s[at] != STRONG:
                continue
            count = reach(s, at, pitch, todo, 0)
            while count > 0:
                count -= 1
                count = reach(s, np.int64(todo[count]), pitch, todo, count)
    return 0
"""


@dataclass(frozen=True)
class Traced:
    """A hysteresis, called as a sweep is.

    Parameters
    ----------
    reads, makes : tuple of int
        Positions of the nodes of the plan whose images it reads and makes.
    title : str
        For a person.
    hysteresis : Hysteresis
    picture : Picture
        That it makes.
    alpha : bool
        Whether the last channel is alpha, which stays what it was.
    """

    reads: tuple[int, ...]
    makes: tuple[int, ...]
    title: str
    op: Hysteresis
    picture: Picture
    alpha: bool

    @property
    def source(self) -> str:
        """Its loop."""
        return f"# {self.title}\n{_TRACE}"

    def __call__(self, images: Sequence[NDArray[Any]], threads: int | None) -> tuple[list[NDArray[Any]], int]:
        """Return the image that it makes, and that no NaN became 0."""
        picture = self.picture
        samples = images[0].reshape(*picture.extent, picture.channels)
        colours = picture.channels - self.alpha
        rows = picture.empty()
        result = rows.reshape(samples.shape)
        full = result.dtype.type(self.op.full)
        for channel in range(colours):
            joined = _joined(samples[..., channel])
            np.multiply(joined, full, out=result[..., channel], casting="unsafe")
        result[..., colours:] = samples[..., colours:]
        return [rows], 0

    def warm(self) -> None:
        """Compile its loop."""
        _joined(np.zeros((1, 1), np.uint8))


def _joined(marks: NDArray[Any]) -> NDArray[np.uint8]:
    """Return 1 where marks count, of one channel."""
    rows, cols = marks.shape
    framed = np.zeros((rows + 2, -(-(cols + 2) // 8) * 8), np.uint8)
    inside = framed[1:-1, 1 : cols + 1]
    inside[...] = marks
    todo = np.empty(marks.size + 1, np.int32)
    words = np.array([framed.ctypes.data, framed.size, framed.strides[0], todo.ctypes.data], np.int64)
    words.flags.writeable = False
    one_band()(
        cache.address(_TRACE, "trace", drive.BAND), words, _NOTHING, _OUT, _NO_PARAMETERS, NOTHING_ELSE, 0, 1
    )
    framed >>= 1
    return inside


_NOTHING, _OUT, _NO_PARAMETERS = np.empty((1, 1), np.uint8), np.empty((1, 1), np.uint8), np.empty(1, np.uint8)
_NOTHING.flags.writeable = _NO_PARAMETERS.flags.writeable = False
