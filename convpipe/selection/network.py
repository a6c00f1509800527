"""What stands at a rank among the samples of a window, as minima and maxima of rows.

Nothing is compared and branched on: a window is taken apart into minima and maxima of two samples each, the
same for every pixel, so that a processor does many pixels at once. What windows beside each other, or above
each other, have in common is sorted once:

- a value is a row of which column x is the same function of the samples around x, so what one window needs at
  x the next one needs at x + 1: nodes are kept with the distance at which they are read;
- columns of samples are sorted, pairs of sorted columns merged, pairs of these merged, and so on;
- of several rows that are made at a time, the samples that all their windows hold are sorted first; a sample
  that has too many below or above it to be of the rank any more is forgotten.

Sources: K. E. Batcher, "Sorting networks and their applications", AFIPS 1968 (odd-even merges; of unlike
lengths: D. E. Knuth, The Art of Computer Programming 3, 5.3.4); A. Adams, "Fast median filters using
separable sorting networks", ACM Trans. Graph. 40(4), 2021.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property, reduce
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass

Kind = Literal["row", "low", "high"]

Place = tuple[int, int]
"""Row and column of a sample, counted from the first of the topmost window."""


class Value(NamedTuple):
    """A node, and at how many columns from x it is read."""

    node: int
    shift: int


FEW = 9
"""Up to this many samples of a rectangle are best sorted by columns and rows."""

Fold = Callable[[Value, Value], Value]


class Node(NamedTuple):
    """A row of samples, or the lower or the higher of two values."""

    kind: Kind
    row: int = 0
    a: Value = Value(0, 0)
    b: Value = Value(0, 0)


@dataclass(frozen=True)
class Network:
    """Minima and maxima that give some results from rows of samples.

    Parameters
    ----------
    nodes : tuple of Node
        Each after those that it reads.
    results : tuple of tuple of Value
        For each row that is made at a time, a value for each rank.
    """

    nodes: tuple[Node, ...]
    results: tuple[tuple[Value, ...], ...]

    @cached_property
    def operations(self) -> float:
        """Minima and maxima for each row that is made."""
        return sum(node.kind != "row" for node in self.nodes) / len(self.results)

    @cached_property
    def reach(self) -> int:
        """Columns from x to the last sample that is read."""
        return max(self.extra[at] for at, node in enumerate(self.nodes) if node.kind == "row")

    @cached_property
    def extra(self) -> tuple[int, ...]:
        """Columns beyond the last result to which each node is needed."""
        needed = [0] * len(self.nodes)
        for value in (value for row in self.results for value in row):
            needed[value.node] = max(needed[value.node], value.shift)
        for at in range(len(self.nodes) - 1, -1, -1):
            if self.nodes[at].kind != "row":
                for read in (self.nodes[at].a, self.nodes[at].b):
                    needed[read.node] = max(needed[read.node], needed[at] + read.shift)
        return tuple(needed)


ROWS = 4
"""Rows that are made at a time, where windows above each other overlap: the more, the more they share."""


def network(footprint: NDArray[np.bool_], ranks: Sequence[int], rows: int) -> Network:
    """Return the network of a window, for some rows that are made at a time.

    Parameters
    ----------
    footprint : ndarray of bool, shape (KH, KW)
    ranks : sequence of int
        Each from 0 to the number of places less 1.
    rows : int

    Examples
    --------
    >>> median = network(np.ones((3, 3), bool), [4], rows=4)
    >>> median.operations
    19.5
    >>> network(np.ones((1, 16), bool), [0], rows=1).operations  # minima of 4, then of 16 neighbours
    6.0
    """
    return _network(footprint.shape, np.packbits(footprint).tobytes(), tuple(ranks), rows)


@cache
def _network(shape: tuple[int, int], packed: bytes, ranks: tuple[int, ...], rows: int) -> Network:
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=shape[0] * shape[1])
    places = [(int(i), int(j)) for i, j in zip(*np.nonzero(bits.reshape(shape)), strict=True)]
    windows = [frozenset((i + row, j) for i, j in places) for row in range(rows)]
    maker = _Maker()
    by_rank = [maker.of_rank(windows, rank) for rank in ranks]
    return maker.network(list(zip(*by_rank, strict=True)))


class _Maker:
    """Makes nodes, each once: what reads the same at another distance is the same node."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._known: dict[Node, int] = {}

    def network(self, results: Sequence[tuple[Value, ...]]) -> Network:
        """Return the nodes that `results` need."""
        needed = {value.node for row in results for value in row}
        for at in range(len(self._nodes) - 1, -1, -1):
            if at in needed and self._nodes[at].kind != "row":
                needed |= {self._nodes[at].a.node, self._nodes[at].b.node}
        kept = sorted(needed)
        moved = {old: new for new, old in enumerate(kept)}

        def there(value: Value) -> Value:
            return Value(moved[value.node], value.shift)

        nodes = [
            one if one.kind == "row" else one._replace(a=there(one.a), b=there(one.b))
            for one in (self._nodes[at] for at in kept)
        ]
        return Network(tuple(nodes), tuple(tuple(map(there, row)) for row in results))

    def of_rank(self, windows: Sequence[frozenset[Place]], rank: int) -> list[Value]:
        """Return what stands at a rank in each of `windows`, which are one above the other."""
        if rank in (0, len(windows[0]) - 1):
            fold = self.low if rank == 0 else self.high
            return [self._extreme(window, windows, fold) for window in windows]
        if len(windows[0]) <= FEW and _is_rectangle(windows[0]):
            return [self._of_table(window, windows, rank) for window in windows]
        return self._selected(windows, frozenset(), [], rank)

    def sample(self, place: Place) -> Value:
        """Return a sample."""
        row, col = place
        return Value(self._node(Node("row", row)), col)

    def low(self, a: Value, b: Value) -> Value:
        """Return the lower of two."""
        return self._of_two("low", a, b)

    def high(self, a: Value, b: Value) -> Value:
        """Return the higher of two."""
        return self._of_two("high", a, b)

    def _of_two(self, kind: Kind, a: Value, b: Value) -> Value:
        if a == b:
            return a
        first, second = sorted((a, b), key=lambda value: (value.shift, value.node))
        base = first.shift
        node = Node(kind, 0, Value(first.node, 0), Value(second.node, second.shift - base))
        return Value(self._node(node), base)

    def _node(self, node: Node) -> int:
        if node not in self._known:
            self._known[node] = len(self._nodes)
            self._nodes.append(node)
        return self._known[node]

    def _selected(
        self, windows: Sequence[frozenset[Place]], done: frozenset[Place], ranked: list[Value], rank: int
    ) -> list[Value]:
        """Return the values of `rank` among those `ranked`, and those of each window that are not `done`."""
        common = frozenset.intersection(*windows)
        left = len(windows[0]) - len(common)
        fresh = self._sorted(common - done)
        if not left:
            return [self._kth(ranked, fresh, rank)] * len(windows)
        together = self._merged(ranked, fresh)
        # What has more than `rank` below it, or too many above, is of the rank in none of the windows.
        lowest = max(0, rank - left)
        together, rank = together[lowest : rank + 1], rank - lowest
        half = len(windows) // 2
        return [
            value
            for part in (windows[:half], windows[half:])
            for value in self._selected(part, common, together, rank)
        ]

    def _of_table(self, window: frozenset[Place], windows: Sequence[frozenset[Place]], rank: int) -> Value:
        """Return the value of `rank` of a rectangle whose columns are sorted, and then its rows.

        What stands in row i and column j is then as high as all above it and left of it, and as low as the
        others: where these are too many it is not of the rank. Of 3x3 there are three left for the median.
        """
        columns: dict[int, list[Value]] = defaultdict(list)
        for place in sorted(window, key=lambda place: (-_held(place, windows), place)):
            columns[place[1]] = self._merged(columns[place[1]], [self.sample(place)])
        rows = [
            self._column(list(row)) for row in zip(*(columns[col] for col in sorted(columns)), strict=True)
        ]
        height, width, below = len(rows), len(columns), 0
        left: list[Value] = []
        for i, row in enumerate(rows):
            lows = [j for j in range(width) if (height - i) * (width - j) > len(window) - rank]
            highs = [j for j in range(width) if (i + 1) * (j + 1) > rank + 1]
            below += len(lows)
            left = self._merged(left, row[len(lows) : width - len(highs)])
        return left[rank - below]

    def _extreme(self, window: frozenset[Place], windows: Sequence[frozenset[Place]], fold: Fold) -> Value:
        """Return the extreme of a window: of its columns, and then of runs of columns that are alike.

        A column begins with what most of the windows hold, and goes out from their middle: so windows above
        each other, and columns of a disk, have most of it in common.
        """
        columns = defaultdict(list)
        for place in window:
            columns[place[1]].append(place)
        rows = [row for other in windows for row, _ in other]
        middle = (min(rows) + max(rows)) / 2

        def order(place: Place) -> tuple[float, ...]:
            return -_held(place, windows), abs(place[0] - middle), place[0]

        runs: list[tuple[Value, int]] = []
        for col in sorted(columns):
            value = reduce(fold, map(self.sample, sorted(columns[col], key=order)))
            first, count = runs[-1] if runs else (value, 0)
            if count and value == Value(first.node, first.shift + count):
                runs[-1] = first, count + 1
            else:
                runs.append((value, 1))
        return reduce(fold, (self._run(value, count, fold) for value, count in runs))

    @staticmethod
    def _run(value: Value, count: int, fold: Fold) -> Value:
        """Return the extreme of `count` neighbours: of 4, of 16, ..., and of as many of these as it takes.

        The last of them may overlap the one before. By twos it would be fewer operations, but more rows that
        are stored and loaded again.
        """
        width = 1
        while 4 * width <= count:
            value = reduce(fold, (Value(value.node, value.shift + k * width) for k in range(4)))
            width *= 4
        starts = [*range(0, count - width, width), count - width]
        return reduce(fold, (Value(value.node, value.shift + start) for start in starts))

    def _sorted(self, places: Iterable[Place]) -> list[Value]:
        """Return the samples at some places, sorted: columns, then pairs of columns, then pairs of these."""
        columns = defaultdict(list)
        for place in sorted(places):
            columns[place[1]].append(self.sample(place))
        parts = [self._column(columns[col]) for col in sorted(columns)]
        while len(parts) > 1:
            parts = [self._merged(*parts[k : k + 2]) for k in range(0, len(parts), 2)]
        return parts[0] if parts else []

    def _column(self, values: list[Value]) -> list[Value]:
        if len(values) < 2:
            return values
        half = len(values) // 2
        return self._merged(self._column(values[:half]), self._column(values[half:]))

    def _merged(self, a: list[Value], b: list[Value] | None = None) -> list[Value]:
        """Return two sorted lists as one: those of even and of odd places first, each merged by itself."""
        if not a or not b:
            return a or b or []
        if len(a) == len(b) == 1:
            return [self.low(a[0], b[0]), self.high(a[0], b[0])]
        even, odd = self._merged(a[::2], b[::2]), self._merged(a[1::2], b[1::2])
        found = [even[0]]
        for k, value in enumerate(odd):
            if k + 1 < len(even):
                found += [self.low(value, even[k + 1]), self.high(value, even[k + 1])]
            else:
                found.append(value)
        return found + even[len(odd) + 1 :]

    def _kth(self, a: list[Value], b: list[Value], k: int) -> Value:
        """Return the value of rank `k` among two sorted lists: the highest of the lower of a[i], b[k - i]."""
        terms = [self.low(a[i], b[k - i]) for i in range(max(0, k - len(b) + 1), min(k + 1, len(a)))]
        if 0 <= k - len(b) < len(a):  # b has none so high
            terms.append(a[k - len(b)])
        if 0 <= k - len(a) < len(b):
            terms.append(b[k - len(a)])
        return reduce(self.high, terms)


def _held(place: Place, windows: Sequence[frozenset[Place]]) -> int:
    """Return how many windows hold a sample."""
    return sum(place in window for window in windows)


def _is_rectangle(window: frozenset[Place]) -> bool:
    rows, cols = (set(along) for along in zip(*window, strict=True))
    return len(window) == len(rows) * len(cols)
