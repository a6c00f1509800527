"""Where the pixels of what a node gives lie in the image, axis by axis."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from convpipe.ops import Layer, Turn, Warp
from convpipe.plan.model import Plan
from convpipe.plan.node import NodePlan
from convpipe.polyphase import Polyphase


class Place(NamedTuple):
    """Along which axis of the input an axis of a result lies, where its pixel 0 does, and the step."""

    axis: int
    first: Fraction = Fraction(0)
    step: Fraction = Fraction(1)

    def moved(self, first: Fraction | int, rate: Fraction | int) -> Place:
        """Return the place of what is made of it, from a pixel on and with a step."""
        return Place(self.axis, self.first + first * self.step, self.step * rate)

    def kept(self, count: int) -> slice:
        """Return which pixels of the input the first `count` lie on, where that is one each."""
        first, step = int(self.first), int(self.step)
        end = first + step * count
        return slice(first, None if end < 0 else end, step)


def places(plan: Plan, node: int) -> tuple[Place, Place]:
    """Return where the rows and the columns of what a node gives lie in the input.

    A window lies where the pixel does that it is centred on where its padding is ``same``.
    """
    placed = Place(0), Place(1)
    for each in plan.way_to(node):
        if isinstance(turn := each.apart, Turn):
            rows, cols = (
                place.moved(size - 1, -1) if mirrored else place
                for place, size, mirrored in zip(placed, each.input, turn.mirrored, strict=True)
            )
            placed = (cols, rows) if turn.transposed else (rows, cols)
        elif isinstance(warp := each.apart, Warp):
            own = warp.sampling(each.input)
            rows, cols = (
                place.moved(Fraction(first), Fraction(step))
                for place, first, step in zip(placed, own.first, own.step, strict=True)
            )
            placed = (cols, rows) if own.transposed else (rows, cols)
        elif isinstance(each.apart, Layer) or not (each.is_join or each.apart):
            placed = _moved(each, 0, placed[0]), _moved(each, 1, placed[1])
    return placed


def _moved(node: NodePlan, axis: int, place: Place) -> Place:
    """Return the place of what the window of a node makes along one of its axes."""
    own = node.axes[axis]
    if isinstance(own, Polyphase):
        return place.moved(own.origin, own.rate)
    slid = node.apart if isinstance(node.apart, Layer) else node.window
    centred = replace(slid, padding="same", stride=(1, 1)).axes(node.input)[axis]
    return place.moved(centred.before - own.before, own.rate)
