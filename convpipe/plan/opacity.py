"""Alpha in the graph of a plan: the colour of a pixel counts as far as the pixel is opaque.

Alpha stays the last channel, and of a window that is no mean it stays what it is. Means weigh by it as they
are, and give the alpha of what they have seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from convpipe.ops import (
    Alpha,
    Bilateral,
    Cast,
    ChannelMap,
    Frame,
    Lookup,
    Map,
    Op,
    Rank,
    Stencil,
    Turn,
    Window,
    statistics,
)
from convpipe.plan.cover import SHARE, Cover, Covered, is_in_place, standing
from convpipe.plan.coverage import Coverer, Head, stands
from convpipe.plan.node import Made, NodePlan
from convpipe.stages.wiring import IMAGE


def cover_transparent(
    plain: Made, opaque: float, results: Mapping[int, str]
) -> tuple[list[NodePlan], dict[int, int]]:
    """Return the nodes of a plan in which hidden colours reach no pixel; as :meth:`Coverer.run`.

    Parameters
    ----------
    plain : Made
        The image, and the nodes of the plan in which windows that are no means filter all colours alike.
    opaque : float
        Alpha of what is opaque.
    results : mapping of int to str
    """
    return _Opacity(plain, opaque).run(results)


class _Opacity(Coverer):
    """Colours that count as their alpha says, which is the last channel of their own image."""

    def __init__(self, plain: Made, opaque: float) -> None:
        super().__init__(plain, plain.image)
        self._opaque = opaque

    def finish(self, at: int, node: NodePlan, dtype: str) -> int:
        """Return what gives the result: alpha in it says what is hidden."""
        return self.covered[at].samples

    def entering(self) -> Covered:
        """Return the image."""
        return Covered(IMAGE, self._cover(IMAGE), self.plain.image.ranges.colour)

    def _cover(self, samples: int) -> Cover:
        """Return what the colours of a node count; alpha below 0, and NaN, is 0."""

        def counts() -> int:
            colours = self.build.made.entering(samples).channels - 1
            inputs = (*(f"c{channel}" for channel in range(colours)), "a")
            # Twice, as the last channel of an image is taken for its alpha, which nobody asks this one for.
            alone = ChannelMap("s = a\nt = a", inputs, ("s", "t"))
            share = "where(r > 0, minimum(r / opaque, 1), 0)"
            op = Map(share, constants=(("opaque", self._opaque),), result=SHARE)
            return self.build.pixelwise(samples, alone, op)

        found = Cover(counts, lambda: self.build.pixelwise(found.counts, Map("1 - r")), is_binary=False)
        return found

    def join(self, node: NodePlan, given: Sequence[Covered]) -> Covered:
        """Return a map of several images: alpha is the first one's, and what another hides is 0 in it."""
        first, *others = given
        shown = [
            other.samples if other.is_clean or other.cover is first.cover else self.build.clean(other)
            for other in others
        ]

        def joined(ops: Sequence[Op]) -> int:
            return self.build.add((node.ops[0], *ops), first.samples, *shown)

        return self.after(node, joined, node.ops[1:], replace(first, is_clean=False))

    def one(self, node: NodePlan, given: Covered) -> Covered:
        """Return what becomes of one image."""
        window, *rest = node.ops
        if isinstance(window, Rank | Bilateral):
            made = (
                self.weighed(node, window, given)
                if isinstance(window, Bilateral)
                else self.ranked(node, window, given)
            )
            return replace(made, samples=self.build.clean(made), is_clean=True)
        if isinstance(window, Stencil) and node.reduces:
            return self._measured(node, given)
        if isinstance(window, Frame) and window.leaves_out:
            return self._measured(node, given)
        if isinstance(window, Stencil) and not all(stands(bank, window.centre) for bank in window.banks):
            return self.filtered(node, window, given)
        samples = self.build.add(node.ops, given.samples)
        if isinstance(window, Stencil) and is_in_place(window, node.axes) and _keeps_alpha(rest):
            return replace(given, samples=samples, is_clean=given.is_clean and not rest)
        is_clean = isinstance(window, Alpha) or (isinstance(window, Turn) and given.is_clean)
        return Covered(samples, self._cover(samples), given.range, is_clean)

    def framed(self, node: NodePlan, given: Sequence[Covered]) -> Covered:
        """Return what a function makes of several images; hidden colours are still a part."""
        samples = self.build.add(node.ops, *(each.samples for each in given))
        return Covered(samples, self._cover(samples), given[0].range)

    def _measured(self, node: NodePlan, given: Covered) -> Covered:
        """Return what needs numbers of the whole image, or all of it: NaN counts for nothing."""
        at = next((at for at, op in enumerate(node.ops) if statistics(op)), 0) + 1
        shown = self.build.filled(given, math.nan)
        spread = self.build.add(node.ops[:at], shown)
        made = Covered(spread, self._cover(spread), self.build.made.nodes[spread].unrounded)
        samples = self.build.clean(made, *node.ops[at:])
        return Covered(samples, self._cover(samples), node.unrounded, is_clean=True)

    def after(self, node: NodePlan, head: Head, ops: Sequence[Op], given: Covered) -> Covered:
        """Return what the last `ops` of a node make of one pixel after another."""
        samples = head(ops)
        share = given.cover if _keeps_alpha(ops) else self._cover(samples)
        is_clean = given.is_clean and all(isinstance(op, Cast) for op in ops)
        return replace(given, samples=samples, cover=share, is_clean=is_clean)

    def stood_on(self, node: NodePlan, window: Window, given: Covered) -> Covered:
        """Return the samples that a window stands on, and what they count."""
        if is_in_place(window, node.axes):
            return given
        samples = self.build.add((standing(window),), given.samples)
        return Covered(samples, self._cover(samples), given.range, given.is_clean)

    def over_cover(self, window: Window, value: float) -> Window:
        """Return a window as it slides over coverage, which has no alpha."""
        return replace(window, value=value, opaque=None, keep_alpha=False)


def _keeps_alpha(ops: Sequence[Op]) -> bool:
    """Tell whether `ops` leave alpha as it is: a cast rounds it, and channels may be moved."""
    return all(isinstance(op, Map | Lookup) for op in ops)
