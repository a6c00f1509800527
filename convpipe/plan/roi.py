"""A region of what a node gives, from regions of what it reads: a plan of its own, with the same bytes.

Nothing is planned anew: nodes keep their arithmetic, their ranges and the form of their kernels. They get
other extents, and windows over what is inside the image get no border. So a region has the bytes of the whole
result, borders and the phase of strides among them. What needs all of an image (a transform, a library's
function, numbers of it unless they are known) is made of all of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from dataclasses import field, replace

from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Border, Extent
from convpipe.ops import IDENTITY, Layer, Op, Resample, Stencil, Turn
from convpipe.plan.arithmetic import plan_arithmetic
from convpipe.plan.demand import NOTHING, Region, Span, through
from convpipe.plan.model import Output, Plan
from convpipe.plan.node import NodePlan
from convpipe.polyphase import Polyphase
from convpipe.stages.wiring import IMAGE, RESULT


@dataclass(frozen=True)
class RoiPlan:
    """What makes regions of what some nodes of a plan give.

    Parameters
    ----------
    plan : Plan
        Its results are called by the positions of the nodes in the whole plan, as text; the last is `RESULT`.
        Its nodes read the images -1, -2, ...
    reads : tuple of (int, Region)
        Which nodes these are of in the whole plan, or ``IMAGE``, and which region of each.
    made : mapping of int to Region
        The regions that it makes of the nodes that were wanted: those that were asked for, or more.
    measured : mapping of int to int
        The nodes of the whole plan whose numbers have to be given, by the parts of the plan that take them.
    """

    plan: Plan
    reads: tuple[tuple[int, Region], ...]
    made: Mapping[int, Region]
    measured: Mapping[int, int]

    @property
    def names(self) -> dict[int, str]:
        """What the results of the nodes are called."""
        last = max(self.made)
        return {at: RESULT if at == last else str(at) for at in self.made}

    @property
    def kind(self) -> tuple[Hashable, ...]:
        """What tells the plan of one region of an image from that of another: what runs one runs its like."""
        nodes = ((node.inputs, node.input, node.extent, *map(_taps, node.axes)) for node in self.plan.nodes)
        return (*nodes, *(tuple(map(len, region)) for _, region in self.reads))


def _taps(axis: Axis) -> Hashable:
    """Return a window along an axis as a value: that of a resample is none, as it holds arrays."""
    if isinstance(axis, Polyphase):
        return axis.size, axis.step, axis.first.tobytes(), axis.weights.tobytes()
    return axis


def everything(extent: Extent) -> Region:
    """Return all rows and all columns."""
    rows, cols = extent
    return Span(0, rows - 1), Span(0, cols - 1)


def holds(outer: Region, inner: Region) -> bool:
    """Tell whether a region has all of another."""
    return all(
        not its or (own.first <= its.first and its.last <= own.last)
        for own, its in zip(outer, inner, strict=True)
    )


def needs_all(node: NodePlan, measured: bool = False) -> bool:
    """Tell whether a node is made of the whole of what it reads, and as a whole.

    Parameters
    ----------
    node : NodePlan
    measured : bool
        Whether numbers of what it reads are known.
    """
    if node.apart is not None:
        return not isinstance(node.apart, Turn | Layer)
    return (node.reduces and not measured) or node.tiles is not None


def regions(
    plan: Plan,
    wanted: Mapping[int, Region],
    held: Mapping[int, Region],
    measured: Collection[int] = (),
) -> tuple[dict[int, Region], dict[int, Region]]:
    """Return which regions are needed of the nodes, and of those that are there already.

    Parameters
    ----------
    plan : Plan
    wanted : mapping of int to Region
        By the positions of the nodes.
    held : mapping of int to Region
        What is there of some nodes. It is used where it is enough.
    measured : collection of int
        The nodes for which numbers of the whole of what they read are known.

    Returns
    -------
    made : dict
        Of nodes that have to be made.
    read : dict
        Of those that are there, and of the image by ``IMAGE``.

    Examples
    --------
    >>> from convpipe.plan import make_plan
    >>> from convpipe.stages import stage
    >>> plan = make_plan([stage("blur", "box", size=5), stage("edge", "sobel")], (50, 60))
    >>> tile = Span(10, 19), Span(0, 9)
    >>> made, read = regions(plan, {1: tile}, {})
    >>> made[0]
    (Span(first=9, last=20), Span(first=0, last=10))
    >>> read
    {-1: (Span(first=7, last=22), Span(first=0, last=12))}
    >>> made, read = regions(plan, {1: tile}, {0: everything((50, 60))})
    >>> list(made), read
    ([1], {0: (Span(first=9, last=20), Span(first=0, last=10))})
    """
    needed: defaultdict[int, Region] = defaultdict(lambda: (NOTHING, NOTHING), wanted)
    made, read = {}, {}
    for at in range(len(plan.nodes) - 1, -1, -1):
        own = needed.pop(at, (NOTHING, NOTHING))
        if not any(own):
            continue
        if at in held and holds(held[at], own):
            read[at] = own
            continue
        node = plan.nodes[at]
        whole = needs_all(node, at in measured)
        made[at] = everything(node.extent) if whole else _made(node, own)
        for source in node.inputs:
            rows, cols = everything(node.input) if whole else _reads(node, made[at])
            needed[source] = needed[source][0] | rows, needed[source][1] | cols
    if IMAGE in needed:
        read[IMAGE] = needed[IMAGE]
    return made, read


def roi_plan(
    plan: Plan,
    wanted: Mapping[int, Region],
    held: Mapping[int, Region],
    measured: Collection[int] = (),
) -> RoiPlan:
    """Return what makes the regions that are `wanted` of some nodes; as :func:`regions`.

    A node that is wanted must not be held.
    """
    made, _ = regions(plan, wanted, held, measured)
    builder = _Builder(plan, made, measured)
    for at in sorted(made):
        builder.add(at)
    outputs = tuple(Output(str(at), builder.places[at], plan.compute) for at in sorted(wanted)[:-1])
    (first, *_), nodes = builder.reads, tuple(builder.nodes)
    own = replace(
        plan,
        input=_extent(first[1]),
        channels=plan.channels if first[0] == IMAGE else plan.nodes[first[0]].channels,
        nodes=nodes,
        beside=outputs,
        output_dtype=plan.compute,
    )
    heads = {builder.places[at]: at for at in measured if at in made}
    taken = {number: heads[part.at[0]] for number, part in enumerate(own.parts) if part.at[0] in heads}
    return RoiPlan(own, tuple(builder.reads), {at: made[at] for at in wanted}, taken)


@dataclass
class _Builder:
    """Adds the nodes of a plan with the extents of their regions."""

    plan: Plan
    made: Mapping[int, Region]
    measured: Collection[int]
    nodes: list[NodePlan] = field(default_factory=list)
    reads: list[tuple[int, Region]] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    cuts: dict[tuple[int, Region], int] = field(default_factory=dict)

    def add(self, at: int) -> None:
        """Add a node, after what cuts the regions that it reads from those that are made."""
        node, made = self.plan.nodes[at], self.made[at]
        whole = needs_all(node, at in self.measured)
        read = everything(node.input) if whole else _reads(node, made)
        inputs = tuple(self._source(source, read) for source in node.inputs)
        self.places[at] = len(self.nodes)
        axes, ops = node.axes, node.ops
        if _slides(node) and not whole:
            axes = _axis(axes[0], made[0], read[0]), _axis(axes[1], made[1], read[1])
            ops = tuple(_part(op, axes) for op in ops)
        share = _samples(made) / max(1, _samples(everything(node.extent)))
        own = replace(node, ops=ops, inputs=inputs, input=_extent(read), extent=_extent(made), axes=axes)
        self.nodes.append(replace(own, operations=round(node.operations * share)))

    def _source(self, source: int, read: Region) -> int:
        """Return where a region of a node of the whole plan is: a node, or an image that enters."""
        if source not in self.made:
            if (source, read) not in self.reads:
                self.reads.append((source, read))
            return -1 - self.reads.index((source, read))
        if self.made[source] == read:
            return self.places[source]
        if (source, read) not in self.cuts:
            self.cuts[source, read] = len(self.nodes)
            self.nodes.append(self._cut(source, read))
        return self.cuts[source, read]

    def _cut(self, source: int, read: Region) -> NodePlan:
        """Return the node that leaves a region of what another makes."""
        node, whole = self.plan.nodes[source], self.made[source]
        window = Stencil((IDENTITY,), keep_alpha=node.ranges.alpha is not None)
        rows, cols = (
            Axis(1, before=have.first - want.first, after=want.last - have.last)
            for have, want in zip(whole, read, strict=True)
        )
        return replace(
            node,
            ops=(window,),
            inputs=(self.places[source],),
            input=_extent(whole),
            extent=_extent(read),
            axes=(rows, cols),
            arithmetic=plan_arithmetic((window,), node.arithmetic.made, self.plan.compute, image=False),
            operations=_samples(read) * node.channels,
            tiles=None,
            rates=None,
            reaches=None,
            separation=None,
        )


def _slides(node: NodePlan) -> bool:
    """Tell whether a node has a window."""
    return isinstance(node.apart, Layer) or not (node.is_join or node.apart)


def _border(node: NodePlan) -> Border:
    """Return what lies outside for the window of a node."""
    return node.apart.border if isinstance(node.apart, Layer) else node.window.border


def _part(op: Op, axes: tuple[Axis, Axis]) -> Op:
    """Return an op of a node whose windows are `axes`: a resample has taps of its own."""
    rows, cols = axes
    if isinstance(op, Resample) and isinstance(rows, Polyphase) and isinstance(cols, Polyphase):
        return op.part(rows, cols)
    return op


def _made(node: NodePlan, wanted: Region) -> Region:
    """Return the region that a node makes, for one that is wanted: more, where it is given more samples."""
    if not _slides(node):
        return wanted
    whole = everything(node.extent)
    border = _border(node)
    rows, cols = (
        all_of if _turns(axis, border, size, span) else _widened(axis, border, size, span) & all_of
        for axis, size, span, all_of in zip(node.axes, node.input, wanted, whole, strict=True)
    )
    if (rows, cols) == wanted:
        return wanted
    return _made(node, (rows, cols))


def _widened(axis: Axis, border: Border, size: int, span: Span) -> Span:
    """Return the outputs whose windows lie over all samples that those of a span are given."""
    if isinstance(axis, Polyphase):
        return span
    given = _given(axis, border, size, span)
    first = (given.first + axis.before) // axis.stride
    last = -((axis.reach - axis.before - given.last - 1) // axis.stride)
    return Span(min(span.first, first), max(span.last, last))


def _reads(node: NodePlan, made: Region) -> Region:
    """Return the region of its inputs that a node is given for a region of its output."""
    if not _slides(node):
        return through(node, made)
    border = _border(node)
    rows, cols = (
        _given(axis, border, size, span) for axis, size, span in zip(node.axes, node.input, made, strict=True)
    )
    return rows, cols


def _turns(axis: Axis, border: Border, size: int, span: Span) -> bool:
    """Tell whether a window reads beyond the image what is on its far side: it wraps, or reflects twice."""
    low, end = axis.hull(span.first, span.last)
    if low >= 0 and end <= size:
        return False
    return border == Border.WRAP or low <= -size or end >= 2 * size


def _given(axis: Axis, border: Border, size: int, span: Span) -> Span:
    """Return which of `size` samples a window is given, so that what lies outside is as it was.

    A border is told by the first sample, or the last: they are among those given where it is met. What it
    reflects is too.
    """
    if _turns(axis, border, size, span):
        return Span(0, size - 1)
    low, end = axis.hull(span.first, span.last)
    high = end - 1
    if low >= 0 and high < size:
        return Span(low, high)
    first, last = min(max(low, 0), size - 1), max(min(high, size - 1), 0)
    if low < 0:
        first, last = 0, max(last, -low)
    if high >= size:
        first, last = min(first, 2 * (size - 1) - high), size - 1
    return Span(first, min(last, size - 1))


def _axis(axis: Axis, made: Span, read: Span) -> Axis:
    """Return a window over the samples that are given, which makes a span of its outputs.

    The window of the first output begins `before` samples before the first that is given.
    """
    if isinstance(axis, Polyphase):
        return axis.part(made.first, made.last, read.first, len(read))
    before = axis.before + read.first - made.first * axis.stride
    after = (len(made) - 1) * axis.stride + axis.reach - before - len(read)
    return replace(axis, before=before, after=after)


def _extent(region: Region) -> Extent:
    return len(region[0]), len(region[1])


def _samples(region: Region) -> int:
    return len(region[0]) * len(region[1])
