"""Roll a ball under an image: for each row, of the ball row by row, the smallest sum of a sample and a drop.

Rows alike far above and below are joined first, and pixels alike far to the left and to the right as they are
read, so that four places of the ball take one sum. Places whose drop is more than the samples differ by lower
nothing and are left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.cpu.shares import run_shares
from convpipe.compile.cpu.whole import Colours
from convpipe.compile.runtime.threads import count
from convpipe.dataclass import dataclass
from convpipe.memory import empty
from convpipe.ops import RollingBall
from convpipe.ops.rolling_ball import drops

AT_ONCE = 4
"""Columns of the ball that a loop takes together: more of them keep more registers than there are."""

FEWEST = 8
"""Rows of a share, at least."""

_LOOPS = """\
import numpy as np

from convpipe.compile.cpu.compiled.addresses import row_at, source, target
from convpipe.compile.cpu.compiled.rows import inline

S, T, INF = np.{sample}, np.{result}, np.{result}(np.inf)

# Words: the addresses of the samples, of the plane that is made of them, and of the result; rows, columns,
# and samples from a pixel to the next; 1, or -1 where all is upside down; how many shares the rows have; the
# address of the drops, rows and columns of them, and the address of how many columns of each row count; the
# address of the rows of a share, and how many bytes each has.


@inline
def lay(words, image, out, others, parameters, first, last):
    rows, cols, step, sign = words[3], words[4], words[5], T(words[6])
    for share in range(first, last):
        for row in range(share * rows // words[7], (share + 1) * rows // words[7]):
            s = row_at(words[0] + row * cols * step * {sample_size}, S)
            t = row_at(words[1] + row * cols * {size}, T)
            for x in range(cols):
                v = sign * T(s[x * step])
                t[x] = v if v == v else INF
    return 0


@inline
def join(plane, above, below, joined, cols):
    # The lower of two rows that are alike far away.
    a, b = row_at(plane + above * cols * {size}, T), row_at(plane + below * cols * {size}, T)
    for x in range(cols):
        joined[x] = a[x] if a[x] < b[x] else b[x]


@inline
def lower(rows, drop, middle, begin, last, n):
    # Of a row of the ball, some columns to either side.
{columns}
    t0 = target(rows, 0, T)
    for x in range(n):
        v = t0[x]
{sums}
        t0[x] = v


@inline
def roll(words, image, out, others, parameters, first, last):
    rows, cols, step, sign, margin = words[3], words[4], words[5], T(words[6]), words[10]
    counts = row_at(words[11], np.int64)
    for share in range(first, last):
        # The lowest sums, the joined rows between margins, and the addresses that a loop takes its rows from.
        own = words[12] + share * words[13]
        low, middle = row_at(own, T), own + (cols + margin) * {size}
        joined, taken = row_at(middle, T), row_at(own + words[13] - {taken}, np.int64)
        taken[0] = own
        around = row_at(middle - margin * {size}, T)
        for x in range(margin):
            around[x], joined[cols + x] = INF, INF
        for row in range(share * rows // words[7], (share + 1) * rows // words[7]):
            for x in range(cols):
                low[x] = INF
            for far in range(words[9]):
                above, below = row - far, row + far
                if above < 0 and below >= rows:
                    break
                join(words[1], above if above >= 0 else below, below if below < rows else above, joined, cols)
                drop = row_at(words[8] + far * margin * {size}, T)
                for begin in range(0, counts[far], {at_once}):
                    lower(taken, drop, middle, begin, counts[far] - 1, cols)
            t = row_at(words[2] + row * cols * step * {size}, T)
            for x in range(cols):
                t[x * step] = sign * low[x]
    return 0
"""


@dataclass(frozen=True)
class Rolled(Colours):
    """A ball that rolls, called as a sweep is.

    Parameters
    ----------
    op : RollingBall
    """

    op: RollingBall

    @property
    def source(self) -> str:
        """Its loops."""
        return f"# {self.title}\n{_source(self.given.dtype, self.picture.dtype)}"

    def _write(self, samples: NDArray[Any], result: NDArray[Any], colours: int, threads: int | None) -> None:
        roll(samples, result, colours, self.op, threads)

    def warm(self) -> None:
        """Compile its loops."""
        one = np.zeros((1, 1, 1), self.given.dtype)
        roll(one, one.astype(self.picture.dtype), 1, self.op, 1)


def roll(
    samples: NDArray[Any], result: NDArray[Any], colours: int, op: RollingBall, threads: int | None = None
) -> None:
    """Write how high the ball comes at each pixel into a result, of its first channels.

    Parameters
    ----------
    samples, result : ndarray, shape (rows, cols, channels)
        The result of floating point, whose arithmetic it is.
    colours : int
    op : RollingBall
    threads : int, optional
        1 runs on the calling thread; None uses every core.
    """
    rows, cols, channels = samples.shape
    dtype, size = result.dtype, result.itemsize
    shares = max(1, min(threads or count(), rows // FEWEST))
    drop = drops(op.radius, (rows, cols)).astype(dtype)
    plane = empty((rows, cols), dtype)
    room = -(-(2 * cols + 3 * drop.shape[1]) * size // 64) * 64 + _TAKEN
    spare = empty((shares * room,), np.uint8)
    source = _source(samples.dtype.name, dtype.name)
    for at in range(colours):
        given, made = samples[..., at:], result[..., at:]
        places = (given.ctypes.data, plane.ctypes.data, made.ctypes.data)
        words = (*places, rows, cols, channels, -1 if op.dark else 1, shares)
        run_shares((source, "lay"), words, shares, shares)
        counts = _counted(drop, plane)
        ball = (drop.ctypes.data, *drop.shape, counts.ctypes.data)
        run_shares((source, "roll"), (*words, *ball, spare.ctypes.data, room), shares, shares)


def _counted(drop: NDArray[Any], plane: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many columns of each row of the ball can lower a sample.

    Where the lowest sample and a drop come to no less than the highest one, none does. An infinite sample,
    and a NaN that became one, is higher than all.
    """
    low, high = plane.min(), plane.max()
    counts: NDArray[np.int64] = ((low + drop < high) & (drop < np.inf)).sum(axis=1, dtype=np.int64)
    counts[0] = max(counts[0], 1)  # itself
    return counts


def _source(sample: str, result: str) -> str:
    """Return the module of the loops, for samples and results of a type."""
    size, columns, sums = np.dtype(result).itemsize, [], []
    for k in range(AT_ONCE):
        columns += [
            f"    c{k} = min(begin + {k}, last)",
            f"    rows[{2 * k + 1}], rows[{2 * k + 2}] = middle - c{k} * {size}, middle + c{k} * {size}",
            f"    d{k}, l{k}, r{k} = drop[c{k}], source(rows, {2 * k + 1}, T), source(rows, {2 * k + 2}, T)",
        ]
        sums += [
            f"        u = (l{k}[x] if l{k}[x] < r{k}[x] else r{k}[x]) + d{k}",
            "        v = u if u < v else v",
        ]
    sizes = {"size": size, "sample_size": np.dtype(sample).itemsize, "taken": _TAKEN, "at_once": AT_ONCE}
    texts = {"columns": "\n".join(columns), "sums": "\n".join(sums)}
    return _LOOPS.format(sample=sample, result=result, **sizes, **texts)


_TAKEN = -(-(2 * AT_ONCE + 1) * 8 // 64) * 64
"""Bytes of the addresses that a loop takes its rows from."""
