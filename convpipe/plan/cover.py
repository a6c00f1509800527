"""Images of coverage beside images of samples, as nodes of a plan; and what is made of the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.geometry import Axis
from convpipe.interval import Interval
from convpipe.ops import IDENTITY, Apart, ChannelMap, Map, Mix, Op, Stencil, Taps, Window, has_window
from convpipe.plan.apart import plan_apart
from convpipe.plan.join import plan_join
from convpipe.plan.node import Made, NodePlan, Origin
from convpipe.plan.window import plan_window
from convpipe.stages.wiring import IMAGE

NOTHING = Interval(0.0, 0.0)
SHARE = Interval(0.0, 1.0)
"""How much a sample counts."""


@dataclass(frozen=True, eq=False)
class Cover:
    """Two images by the positions of their nodes: how much each sample counts, and how much it lacks of 1.

    Sums of what lacks are exactly 0 where nothing does; sums of what counts are exact where that is little.

    Parameters
    ----------
    add_counts, add_lacks : callable
        Add the nodes, when they are first read.
    is_binary : bool
        Whether every sample counts in full or not at all.
    """

    add_counts: Callable[[], int]
    add_lacks: Callable[[], int]
    is_binary: bool

    @classmethod
    def of(cls, counts: int, lacks: int, is_binary: bool) -> Cover:
        """Return the cover of two nodes that there are."""
        return cls(lambda: counts, lambda: lacks, is_binary)

    @cached_property
    def counts(self) -> int:
        """How much each sample counts."""
        return self.add_counts()

    @cached_property
    def lacks(self) -> int:
        """How much each lacks of 1."""
        return self.add_lacks()


@dataclass(eq=False)
class Covered:
    """An image of samples, and how much each of them counts.

    Parameters
    ----------
    samples : int
        Position of the node that gives them.
    cover : Cover
    range : Interval
        Encloses those that count.
    is_clean : bool
        Whether they are 0 where nothing counts. Otherwise anything can stand there, NaN too.
    is_weighted : bool
        Whether each is multiplied by what it counts.
    """

    samples: int
    cover: Cover
    range: Interval
    is_clean: bool = False
    is_weighted: bool = False


class Builder:
    """Adds nodes to a plan.

    Parameters
    ----------
    made : Made
        The image, and the nodes so far.
    """

    def __init__(self, made: Made) -> None:
        self.made = made
        self.origin = Origin(None, "", "")

    def add(self, ops: Sequence[Op], *inputs: int) -> int:
        """Add a node, and return its position."""
        is_apart = isinstance(ops[0], Apart)
        plan = plan_apart if is_apart else plan_window if has_window(ops) else plan_join
        self.made.nodes.append(plan(self.origin, tuple(ops), inputs, self.made, self.made.compute))
        return len(self.made.nodes) - 1

    def pixelwise(self, source: int, *ops: Op) -> int:
        """Add what looks at a pixel of one image at a time."""
        return self.add((Stencil((IDENTITY,)), *ops), source)

    def join(self, op: Map, named: Mapping[str, int], *rest: Op) -> int:
        """Add a map of several images, by the names that it has for them."""
        return self.add((op, *rest), *(named[name] for name in op.inputs))

    def cover(self, counts: int, is_binary: bool) -> Cover:
        """Return the cover in which each sample counts as much as an image says."""
        return Cover.of(counts, self.pixelwise(counts, Map("1 - r")), is_binary)

    def plain(self, covered: Covered, *rest: Op) -> int:
        """Return the samples as they are, whatever they count."""
        return self.clean(covered, *rest) if covered.is_weighted else covered.samples

    def weighted(self, covered: Covered) -> int:
        """Return the samples, each multiplied by what it counts."""
        if covered.is_weighted or (covered.is_clean and covered.cover.is_binary):
            return covered.samples
        product = Map("where(c > 0, c * s, 0)", ("s", "c"))
        return self.join(product, {"s": covered.samples, "c": covered.cover.counts})

    def filled(self, covered: Covered, value: float, *rest: Op) -> int:
        """Return the samples, with `value` where nothing counts."""
        range = covered.range if np.isnan(value) else covered.range.join(Interval(value, value))
        sample = "s / c" if covered.is_weighted else "s"
        fill = Map(f"where(c > 0, {sample}, fill)", ("s", "c"), (("fill", value),), range)
        return self.join(fill, {"s": covered.samples, "c": covered.cover.counts}, *rest)

    def clean(self, covered: Covered, *rest: Op) -> int:
        """Return the samples, with 0 where nothing counts."""
        return self.filled(covered, 0.0, *rest)

    def moved(self, cover: Cover, window: Window, axes: Sequence[Axis]) -> Cover:
        """Return the cover of the pixels that a window stands on; outside it is as the border's pixel is."""
        if is_in_place(window, axes):
            return cover
        counts, lacks = (
            self.add((standing(window, value),), at)
            for at, value in ((cover.counts, 1.0), (cover.lacks, 0.0))
        )
        return Cover.of(counts, lacks, cover.is_binary)

    def mixed(self, cover: Cover, op: Mix | ChannelMap, channels: int) -> Cover:
        """Return the cover of a mix of `channels`: the mean of those that it reads, 0 where one is 0."""
        reads = _reads(op, channels)
        if self.made.nodes[cover.counts].channels < channels:
            return cover  # of whole pixels
        reads[~reads.any(axis=1)] = True
        mean = Mix(tuple(map(tuple, (reads / reads.sum(axis=1, keepdims=True)).tolist())))
        most = Map("where(r > least, 1, 0)", constants=(("least", 1 - 0.5 / reads.shape[1]),))
        if cover.is_binary:
            return self.cover(self.pixelwise(cover.counts, mean, most), is_binary=True)
        whole = self.pixelwise(cover.counts, Map("where(r > 0, 1, 0)"), mean, most)
        named = {"c": self.pixelwise(cover.counts, mean), "w": whole}
        return self.cover(self.join(Map("c * w", ("c", "w")), named), is_binary=False)

    def met(self, covers: Sequence[Cover]) -> Cover:
        """Return the cover of a map of several images: the first one's, and none where another has none."""
        first, *others = dict.fromkeys(covers)
        if not others:
            return first
        least = "c1"
        for number in range(2, len(others) + 1):
            least = f"minimum({least}, c{number})"
        named = {f"c{number}": cover.counts for number, cover in enumerate((first, *others))}
        both = Map(f"where({least} > 0, c0, 0)", tuple(named), result=SHARE)
        return self.cover(self.join(both, named), all(cover.is_binary for cover in covers))


def _reads(op: Mix | ChannelMap, channels: int) -> NDArray[np.bool_]:
    """Return which of `channels`, along a row, each channel that `op` makes is made of."""
    if isinstance(op, Mix):
        return np.asarray(np.array(op.matrix) != 0)
    made, taken = len(op.outputs), len(op.inputs)
    reads = np.zeros((op.made(channels), channels), bool)
    reads[:made, :taken] = op.reads
    reads[made:, taken:] = np.eye(channels - taken, dtype=bool)
    return reads


def is_in_place(window: Window, axes: Sequence[Axis]) -> bool:
    """Tell whether a window stands on every pixel of what it reads, one after the other."""
    return all(
        (axis.stride, axis.before, axis.after)
        == (1, centre * axis.dilation, (axis.kernel - 1 - centre) * axis.dilation)
        for axis, centre in zip(axes, window.centre, strict=True)
    )


def standing(window: Window, value: float | None = None) -> Stencil:
    """Return the window that gives the sample `window` stands on; `value` is what a constant border holds."""
    rows, cols = (np.eye(1, size, at)[0] for size, at in zip(window.kernel, window.centre, strict=True))
    return Stencil(
        (Taps.outer(rows, cols),),
        stride=window.stride,
        dilation=window.dilation,
        padding=window.padding,
        border=window.border,
        value=window.value if value is None else value,
        opaque=window.opaque,
        keep_alpha=window.keep_alpha,
        anchor=window.anchor,
    )


def pruned(nodes: Sequence[NodePlan], kept: Sequence[int]) -> tuple[list[NodePlan], dict[int, int]]:
    """Return the nodes that those in `kept` are made of, and where each of them stands now."""
    needed = set(kept)
    for at in range(len(nodes) - 1, -1, -1):
        needed |= set(nodes[at].inputs) if at in needed else set()
    places = {at: number for number, at in enumerate(sorted(needed - {IMAGE}))}
    moved = {IMAGE: IMAGE, **places}
    return [
        replace(nodes[at], inputs=tuple(moved[source] for source in nodes[at].inputs)) for at in places
    ], places
