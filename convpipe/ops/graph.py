"""Programs: ops in a chain, and chains that read each other by name."""

from __future__ import annotations

from collections.abc import Sequence

from convpipe.dataclass import dataclass
from convpipe.ops.dtypes import is_integer
from convpipe.ops.frame import Frame
from convpipe.ops.layer import Layer
from convpipe.ops.lookup import Lookup
from convpipe.ops.pointwise import Alpha, Cast, ChannelMap, Map, Mix, Reduce
from convpipe.ops.turn import Turn
from convpipe.ops.warp import Warp
from convpipe.ops.window import Window
from convpipe.statistics import Measured

Apart = Frame | Turn | Warp | Layer
"""What no loop over rows has: it is a node by itself, and runs by itself."""

Op = Window | Map | Lookup | Mix | ChannelMap | Alpha | Cast | Apart


def is_rounding(op: Op) -> bool:
    """Tell whether `op` rounds to integers."""
    return isinstance(op, Cast) and is_integer(op.dtype)


def statistics(op: Op) -> tuple[Measured, ...]:
    """Return the numbers that `op` needs of all samples that enter it."""
    return op.statistics if isinstance(op, Reduce | Lookup | ChannelMap) else ()


def has_window(ops: Sequence[Op]) -> bool:
    """Tell whether `ops` look at more than the pixel that they change, or at one by a window of its size."""
    return any(isinstance(op, Window) for op in ops)


@dataclass(frozen=True)
class Node:
    """A chain of ops: a window with what happens to its responses, or a join; or one op that stands apart.

    A join is a chain without a window. Its first op is a map of several images of one extent, whose inputs
    are, in their order, those of the node. An image of one channel counts for every channel. A frame takes
    several images, too.

    Parameters
    ----------
    name : str
    ops : tuple of Op
    inputs : tuple of str
        Names of the nodes, or of the inputs of the graph, that it reads.

    Raises
    ------
    ValueError
        If it reads several images and is no join of as many, or has other ops beside one that stands apart.

    Examples
    --------
    >>> Node("d", (Map("a - b", ("a", "b")),), ("fine", "coarse")).is_join
    True
    """

    name: str
    ops: tuple[Op, ...]
    inputs: tuple[str, ...] = ("input",)

    def __post_init__(self) -> None:
        if not self.ops or not self.inputs:
            raise ValueError(f"node {self.name!r} needs ops and an input")
        if any(isinstance(op, Apart) for op in self.ops) and len(self.ops) > 1:
            raise ValueError(f"node {self.name!r} has ops beside one that stands apart")
        if len(self.inputs) == 1:
            return
        if has_window(self.ops) or _images(self.ops[0]) != len(self.inputs):
            count = len(self.inputs)
            raise ValueError(f"node {self.name!r} reads {count} images: it needs a map of as many, no window")

    @property
    def is_join(self) -> bool:
        """Tell whether it is a map of several images."""
        return len(self.inputs) > 1 and not self.is_apart

    @property
    def is_apart(self) -> bool:
        """Tell whether it is of one op that stands apart."""
        return isinstance(self.ops[0], Apart)


def _images(op: Op) -> int:
    """Return how many images an op combines; 0 for one that takes no more than one."""
    if isinstance(op, Frame):
        return op.images
    return len(op.inputs) if isinstance(op, Map) and not isinstance(op, Reduce) else 0


@dataclass(frozen=True)
class Graph:
    """Nodes, each after those that it reads; the last gives the result.

    Parameters
    ----------
    nodes : tuple of Node
        Of different names. What they read and none of them is called is an input of the graph.

    Raises
    ------
    ValueError
        If two nodes have one name, a node is read before it is made, or one but the last is read by none.

    Examples
    --------
    >>> from convpipe.ops import IDENTITY, Stencil
    >>> blurred = Node("blurred", (Stencil((IDENTITY,)),))
    >>> Graph((blurred, Node("high", (Map("a - b", ("a", "b")),), ("input", "blurred")))).inputs
    ('input',)
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        names = [node.name for node in self.nodes]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"a graph needs nodes of different names; given {', '.join(names) or 'none'}")
        for at, node in enumerate(self.nodes):
            if late := set(node.inputs) & set(names[at:]):
                raise ValueError(f"node {node.name!r} reads {', '.join(sorted(late))} before it is made")
        read = {name for node in self.nodes for name in node.inputs}
        if unread := [name for name in names[:-1] if name not in read]:
            raise ValueError(f"nothing reads {', '.join(unread)}")

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the images that enter it, as they are first read."""
        own = {node.name for node in self.nodes}
        read = dict.fromkeys(name for node in self.nodes for name in node.inputs)
        return tuple(name for name in read if name not in own)
