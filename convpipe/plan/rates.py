"""Long smooth windows in the graph of a plan: three nodes at three rates in the place of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from convpipe.dataclass import dataclass
from convpipe.geometry import Border, Extent
from convpipe.multirate import LARGEST_SIDE, Multirate, Rates, rates
from convpipe.ops import Map, Op, Resample, Stencil, Taps
from convpipe.padding import Sides
from convpipe.plan.cover import Builder
from convpipe.plan.node import Made, NodePlan
from convpipe.polyphase import Polyphase
from convpipe.stages.wiring import IMAGE

NOWHERE: Sides = ((0, 0), (0, 0))


def at_rates(plain: Made) -> tuple[list[NodePlan], dict[int, int]]:
    """Return the nodes of a plan with windows that have a tolerance at three rates, where these will do.

    Parameters
    ----------
    plain : Made
        The image, all nodes, and whether samples can be missing.

    Returns
    -------
    nodes : list of NodePlan
    places : dict
        Where among them each node's result is.
    """
    maker = _Maker(Builder(replace(plain, nodes=[])))
    places = {IMAGE: IMAGE}
    for at, node in enumerate(plain.nodes):
        read = replace(node, inputs=tuple(places[source] for source in node.inputs))
        places[at] = maker.add(read)
    return maker.build.made.nodes, places


@dataclass(frozen=True)
class _Interpolation:
    """The rule of taps that are known. See :class:`convpipe.ops.Rule`."""

    rows: Polyphase
    cols: Polyphase

    def axes(self, extent: Extent, image: Extent, entering: Extent) -> tuple[Polyphase, Polyphase]:
        """Return the taps of rows and columns."""
        return self.rows, self.cols


@dataclass(frozen=True)
class _Maker:
    """Adds nodes to those of a builder, some of them as others at three rates."""

    build: Builder

    def add(self, node: NodePlan) -> int:
        """Add a node, or what stands for it; return the position of what gives its result."""
        if not _has_rates(node, self.build.made.has_holes):
            self.build.made.nodes.append(node)
            return len(self.build.made.nodes) - 1
        self.build.origin = node.origin
        window, at = node.window, node.ops.index(node.window)
        before, after = node.ops[:at], node.ops[at + 1 :]
        assert isinstance(window, Stencil)
        if len(window.banks) == 1:
            made = self._three(node, window.banks[0], before, after)
        else:
            first, *rest = after
            assert isinstance(first, Map)
            banks = zip(window.names, window.banks, strict=True)
            made = self.build.join(first, {name: self._one(node, bank) for name, bank in banks}, *rest)
        self._say(made, dtype=node.dtype, unrounded=node.unrounded, ranges=node.ranges)
        return made

    def _one(self, node: NodePlan, bank: Taps) -> int:
        """Add one of several banks; return the position of what gives its response."""
        if _steps(bank) is not None:
            return self._three(node, bank)
        alone = _alone(node, bank)
        if alone.is_identity and alone.stride == (1, 1):
            return node.inputs[0]
        return self.build.add((alone,), *node.inputs)

    def _three(self, node: NodePlan, bank: Taps, before: Sequence[Op] = (), after: Sequence[Op] = ()) -> int:
        """Add the three nodes of a bank, with ops before its window and after it."""
        steps, alone = _steps(bank), _alone(node, bank)
        assert steps is not None
        rows, cols = steps
        down, along = (
            each.place(axis, size)
            for each, axis, size in zip(steps, alone.axes(node.input), node.input, strict=True)
        )
        decimation = replace(
            alone,
            banks=(Taps.outer(rows.decimating, cols.decimating),),
            stride=(down.step, along.step),
            padding=((down.before, down.after), (along.before, along.after)),
            anchor="upper",
            # Windows inside the image see no border: what little these reach beyond it is of the image.
            border=alone.border if _is_padded(node) else Border.REFLECT,
        )
        coarse = Stencil((Taps.outer(rows.coarse, cols.coarse),), padding="valid")
        interpolation = Resample(_Interpolation(down.interpolation, along.interpolation))
        reach: Sides = ((rows.reach, rows.reach), (cols.reach, cols.reach))
        made = self.build.add((*before, decimation), *node.inputs)
        self._say(made, reaches=reach)
        made = self.build.add((coarse,), made)
        self._say(made, reaches=NOWHERE)
        made = self.build.add((interpolation, *after), made)
        self._say(made, reaches=NOWHERE, rates=Rates(rows, cols, node.axes, node.input))
        return made

    def _say(self, at: int, **what: Any) -> None:
        """Have a node say something else of itself."""
        nodes = self.build.made.nodes
        nodes[at] = replace(nodes[at], **what)


def _has_rates(node: NodePlan, has_holes: bool) -> bool:
    """Tell whether a node is to be others at three rates.

    A mean of samples of which some are missing is a quotient, which can be of very little: of the taps as
    they are. Windows of several kernels have the padding ``same``, under which each can be cut to its size.
    """
    if node.is_join or node.apart or not isinstance(node.window, Stencil):
        return False
    window = node.window
    if window.dilation != (1, 1) or window.keep_alpha or (window.mean and has_holes):
        return False
    if all(_steps(bank) is None for bank in window.banks):
        return False
    if max(max(node.input), max(node.extent)) > LARGEST_SIDE:
        return False
    if len(window.banks) == 1:
        return window.banks[0].trimmed.extent == window.kernel
    return (
        node.ops[0] is window
        and isinstance(node.ops[1], Map)
        and window.padding == "same"
        and isinstance(window.anchor, str)
    )


def _steps(bank: Taps) -> tuple[Multirate, Multirate] | None:
    """Return the factors of a bank at three rates; None where one rate is as little work, or none will do."""
    factors = bank.trimmed.factors
    if not bank.tolerance or factors is None:
        return None
    found = rates(factors, bank.tolerance)
    return None if all(each.step == 1 for each in found) else found


def _alone(node: NodePlan, bank: Taps) -> Stencil:
    """Return the window of a node with one of its banks, cut to its own size."""
    window = node.window
    assert isinstance(window, Stencil)
    return replace(window, banks=(bank.trimmed,), names=("r",))


def _is_padded(node: NodePlan) -> bool:
    return any(side > 0 for axis in node.axes for side in (axis.before, axis.after))
