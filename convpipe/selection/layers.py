"""A network in layers: straight lines of code between which rows stand.

What is needed at its own column alone stays in registers, or where LLVM spills them. What is needed at
others, too, is stored as a row first: it ends a layer. A layer is run over some hundred columns before the
next one, so that the rows between them stay in the L1 cache.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from convpipe.dataclass import dataclass
from convpipe.selection.network import Network, Value

FLAT = 50
"""Most instructions for each row that is made of a network that is one layer: to make values anew at other
columns is then quicker than to store and load them. A median of 3x3 pixels takes two thirds of the time of
two layers."""

VECTOR = 64
"""Bytes of a vector of samples: of AVX-512; to a processor of narrower ones it is two or four."""

SCRATCH = 12 * 1024
"""Bytes that the slots are to take: a quarter of an L1 cache, as the rows of the windows and of the results
pass through it, too."""

SHORTEST, LONGEST = 448, 2048
"""Least and most bytes of a slot, but for its reach: each layer takes some time to begin."""


@dataclass(frozen=True)
class Layer:
    """Straight-line code for a vector of columns.

    Parameters
    ----------
    code : str
        Instructions, each a letter and two numbers: ``r`` and ``s`` load from a row of the windows or a slot,
        at so many samples; ``l`` and ``h`` make the lower and the higher of two values; ``w`` and ``o`` store
        to a slot or a row of results a value. Loads and comparisons give values, which are numbered as they
        come.
    more : int
        Samples that it makes beyond those of the results.
    """

    code: str
    more: int


@dataclass(frozen=True)
class Layers:
    """All of a network.

    Parameters
    ----------
    layers : tuple of Layer
    slots : int
        Rows that stand between them at one time.
    reach : int
        Samples beyond those of the results which rows of the window are read to.
    """

    layers: tuple[Layer, ...]
    slots: int
    reach: int

    def pitch(self, itemsize: int) -> int:
        """Return the bytes from a slot to the next: of an odd number of cache lines few meet in a cache."""
        least = min(max(SHORTEST, SCRATCH // max(self.slots, 1)), LONGEST) + 4 * self.reach * itemsize
        return -(-least // VECTOR) * VECTOR | VECTOR

    def short(self, itemsize: int) -> int:
        """Return the bytes of a copy of a row that is shorter than a vector."""
        return -(-(VECTOR + self.reach * itemsize) // VECTOR) * VECTOR

    def scratch(self, rows: int, itemsize: int) -> int:
        """Return the bytes that slots and copies take, where `rows` are of the windows and of the results."""
        return self.slots * self.pitch(itemsize) + rows * (self.short(itemsize) + 8)


@cache
def layers_of(net: Network, step: int) -> Layers:
    """Return a network whose columns are `step` samples apart.

    Examples
    --------
    >>> import numpy as np
    >>> from convpipe.selection.network import network
    >>> [layer.code for layer in layers_of(network(np.ones((1, 2), bool), [0], 1), 1).layers]
    ['r0,0 r0,1 l0,1 o0,2']
    """
    flat = _flat(net, step)
    if len(flat.split()) <= FLAT * len(net.results):
        return Layers((Layer(flat, 0),), 0, net.reach * step)
    return _Maker(net, step).layers()


def _flat(net: Network, step: int) -> str:
    """Return a network as one layer, which makes anew what it needs at other columns."""
    writer = _Writer(net, step, {}, set(range(len(net.nodes))), set(range(len(net.nodes))))
    for number, value in enumerate(value for row in net.results for value in row):
        writer.result(number, value)
    return " ".join(writer.code)


class _Maker:
    """Deals nodes to layers, and rows between these to slots."""

    def __init__(self, net: Network, step: int) -> None:
        self._net, self._step = net, step
        self._cheap: set[int] = set()
        self._layer = self._dealt()
        self._results: dict[int, list[tuple[int, Value]]] = defaultdict(list)
        for number, value in enumerate(value for row in net.results for value in row):
            self._results[self._layer[value.node] + (value.shift > 0)].append((number, value))
        self._count = 1 + max(*self._layer.values(), *self._results)
        self._last = self._last_uses()
        self._slot: dict[int, int] = {}
        self._slots = 0

    def layers(self) -> Layers:
        """Return all of them."""
        made = [self._made(number) for number in range(self._count)]
        return Layers(tuple(made), self._slots, self._net.reach * self._step)

    def _dealt(self) -> dict[int, int]:
        """Return the layer of every node: after those of what it reads at other columns.

        So are rows: nothing is read of a window to the right of where it ends, whatever else a layer makes.
        But the lower or higher of two rows in slots is cheaper to make anew at other columns than to store.
        """
        nodes = self._net.nodes
        layer: dict[int, int] = {}
        for at, node in enumerate(nodes):
            reads = () if node.kind == "row" else (node.a, node.b)
            layer[at] = max(
                (layer[read.node] + (read.shift > 0 and read.node not in self._cheap) for read in reads),
                default=0,
            )
            if reads and all(
                nodes[read.node].kind != "row" and layer[read.node] < layer[at] for read in reads
            ):
                self._cheap.add(at)
        return layer

    def _last_uses(self) -> dict[int, int]:
        """Return the last layer that reads each node which a later layer than its own reads."""
        last: dict[int, int] = {}
        uses = [
            (value, self._layer[at])
            for at, node in enumerate(self._net.nodes)
            if node.kind != "row"
            for value in (node.a, node.b)
        ]
        uses += [(value, layer) for layer, results in self._results.items() for _, value in results]
        for value, layer in uses:
            is_row = self._net.nodes[value.node].kind == "row"
            if value.shift if is_row else layer > self._layer[value.node]:
                last[value.node] = max(last.get(value.node, 0), layer)
        return last

    def _made(self, number: int) -> Layer:
        """Return a layer; what no later one reads gives its slot back after it."""
        own = [at for at, layer in self._layer.items() if layer == number]
        kept = [at for at in own if at in self._last]
        taken = {self._slot[at] for at in self._slot if self._last[at] >= number}
        free = (slot for slot in range(len(taken) + len(kept)) if slot not in taken)
        self._slot = {at: slot for at, slot in self._slot.items() if self._last[at] >= number}
        self._slot |= dict(zip(kept, free, strict=False))
        self._slots = max(self._slots, 1 + max(self._slot.values(), default=-1))
        writer = _Writer(self._net, self._step, self._slot, set(own), self._cheap)
        for result, value in self._results[number]:
            writer.result(result, value)
        for at in kept:
            writer.keep(at)
        more = max((self._net.extra[at] for at in kept), default=0)
        return Layer(" ".join(writer.code), more * self._step)


class _Writer:
    """Writes the code of one layer: each value where it is needed first."""

    def __init__(
        self, net: Network, step: int, slots: dict[int, int], own: set[int], cheap: set[int]
    ) -> None:
        self._net, self._step, self._slots, self._own, self._cheap = net, step, slots, own, cheap
        self._values: dict[Value, int] = {}
        self._kept: set[int] = set()
        self.code: list[str] = []

    def result(self, number: int, value: Value) -> None:
        """Store a value as a result."""
        self.code.append(f"o{number},{self._make(value)}")

    def keep(self, at: int) -> None:
        """Store a node in its slot, if it is not there."""
        made = self._make(Value(at, 0))
        if at not in self._kept:
            self._kept.add(at)
            self.code.append(f"w{self._slots[at]},{made}")

    def _make(self, wanted: Value) -> int:
        stack = [wanted]
        while stack:
            value = stack[-1]
            node = self._net.nodes[value.node]
            if value in self._values:
                stack.pop()
            elif node.kind == "row" and (not value.shift or value.node in self._cheap):
                self._add(value, f"r{node.row},{value.shift * self._step}")
            elif value.node not in self._own or (value.shift and value.node not in self._cheap):
                self._add(value, f"s{self._slots[value.node]},{value.shift * self._step}")
            else:
                reads = [Value(read.node, read.shift + value.shift) for read in (node.a, node.b)]
                if lacking := [read for read in reversed(reads) if read not in self._values]:
                    stack += lacking
                    continue
                self._add(value, f"{node.kind[0]}{self._values[reads[0]]},{self._values[reads[1]]}")
                if value.node in self._slots and not value.shift:
                    self.keep(value.node)
        return self._values[wanted]

    def _add(self, value: Value, instruction: str) -> None:
        self._values[value] = len(self._values)
        self.code.append(instruction)
