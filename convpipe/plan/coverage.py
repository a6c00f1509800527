"""Coverage as a matter of the graph: nodes that weigh samples by what they count, in place of others.

Of samples s that count c, from 0 to 1, a window R of taps w becomes

- for a mean, R(c s) / R(c): that of what counts;
- for any other, R(c s) + s0 (S - R(c)): a neighbour counts as far as it is covered, and the sample s0 that
  the window stands on is in the place of the rest. S, the sum of the taps, is R(1): so that is
  R(c s) + s0 R(1 - c), which is R(s) to the bit where nothing is missing.

A bilateral mean compares whole pixels: a colour that counts nothing is as far from all others as can be.

A rank among samples is that of the window in which s0 is in the place of every sample that counts nothing: s0
itself, but no less than with the least number in those places and no more than with the largest. Extremes are
those of the samples that count at all.

What a mean makes counts R(c). Everything else counts what the pixel does that it stands on; a map of several
images what the first does, and nothing where another counts nothing.

Source: H. Knutsson, C.-F. Westin, "Normalized and differential convolution", CVPR 1993.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from convpipe import expression
from convpipe.geometry import Extent
from convpipe.ops import Bilateral, Map, Op, Rank, Stencil, Taps, Window
from convpipe.ops.bilateral import FAR
from convpipe.plan.cover import NOTHING, SHARE, Builder, Covered, pruned
from convpipe.plan.node import Entering, Made, NodePlan
from convpipe.stages.wiring import IMAGE

T = TypeVar("T")

_FEW = 4
"""Responses, at most, that a map of them may say in full each time."""

Head = Callable[[Sequence[Op]], int]
"""Adds the node of a window or a join, with ops after it; returns its position."""


class Coverer(ABC):
    """Makes nodes that know of coverage from those that do not, one after the other.

    Parameters
    ----------
    plain : Made
        The image, and the nodes of the plan in which every sample counts.
    image : Entering
        What enters in its place.
    """

    def __init__(self, plain: Made, image: Entering) -> None:
        self.plain = plain
        self.build = Builder(Made(image, plain.compute))
        self.covered: dict[int, Covered] = {}

    def run(self, results: Mapping[int, str]) -> tuple[list[NodePlan], dict[int, int]]:
        """Return all nodes, and where those stand that give the results.

        Parameters
        ----------
        results : mapping of int to str
            Types of the results, by the nodes of the plain plan that give them.

        Raises
        ------
        PlanError
            If a stage does not know what to leave out.
        """
        places = {}
        for at, node in enumerate(self.plain.nodes):
            self.build.origin = node.origin
            if IMAGE not in self.covered:
                self.covered[IMAGE] = self.entering()
            given = [self.covered[source] for source in node.inputs]
            found = self._found(node, given)
            self.covered[at] = replace(found, range=node.ranges.colour)
            self.say(found.samples, node)
            if at in results:
                places[at] = self.finish(at, node, results[at])
        nodes, moved = pruned(self.build.made.nodes, list(places.values()))
        return nodes, {at: moved[made] for at, made in places.items()}

    def _found(self, node: NodePlan, given: Sequence[Covered]) -> Covered:
        if node.is_join:
            return self.join(node, given)
        return self.one(node, given[0]) if len(given) == 1 else self.framed(node, given)

    def say(self, made: int, node: NodePlan) -> None:
        """Have a node say of its values what the plain one does."""
        nodes = self.build.made.nodes
        unrounded = nodes[made].unrounded.join(node.unrounded)
        nodes[made] = replace(nodes[made], dtype=node.dtype, unrounded=unrounded)

    @abstractmethod
    def entering(self) -> Covered:
        """Return the image, and what its samples count."""

    @abstractmethod
    def join(self, node: NodePlan, given: Sequence[Covered]) -> Covered:
        """Return a map of several images."""

    @abstractmethod
    def one(self, node: NodePlan, given: Covered) -> Covered:
        """Return what becomes of one image."""

    @abstractmethod
    def framed(self, node: NodePlan, given: Sequence[Covered]) -> Covered:
        """Return what a function of a library makes of several images."""

    @abstractmethod
    def finish(self, at: int, node: NodePlan, dtype: str) -> int:
        """Add what gives the result of a node, of type `dtype`; return its position."""

    @abstractmethod
    def after(self, node: NodePlan, head: Head, ops: Sequence[Op], given: Covered) -> Covered:
        """Return what the last `ops` of a node make of one pixel after another.

        Parameters
        ----------
        node : NodePlan
        head : callable
            Adds the node that they come after, and those of them that it is given.
        ops : sequence of Op
        given : Covered
            What the head makes, but for where that is.
        """

    @abstractmethod
    def stood_on(self, node: NodePlan, window: Window, given: Covered) -> Covered:
        """Return the samples that a window stands on, as they are, and what they count."""

    @abstractmethod
    def over_cover(self, window: Window, value: float) -> Window:
        """Return a window as it slides over coverage; `value` is what a constant border holds."""

    def filtered(self, node: NodePlan, window: Stencil, given: Covered) -> Covered:
        """Return a window in which the sample that it stands on is in the place of what does not count."""
        build, stood = self.build, self.stood_on(node, window, given)
        named = {"s": stood.samples, "c": stood.cover.counts}
        weighted: int | None = None
        responses: dict[str, str] = {}
        weights: list[tuple[str, float]] = []
        for k, (name, bank) in enumerate(zip(window.names, window.banks, strict=True)):
            if stands(bank, window.centre):
                weights.append((f"w{k}", bank.weight(*window.centre)))
                responses[name] = f"(w{k} * s)"
                continue
            one = replace(window, banks=(bank,), names=("r",), keep_alpha=False, opaque=None)
            weighted = build.weighted(given) if weighted is None else weighted
            named[f"a{k}"] = build.add((one,), weighted)
            named[f"b{k}"] = build.add((self.over_cover(one, 0.0),), given.cover.lacks)
            responses[name] = f"(a{k} + where(b{k} == 0, 0, s * b{k}))"
        return self._responded(node, responses, named, replace(stood, range=given.range), weights)

    def _responded(
        self,
        node: NodePlan,
        responses: Mapping[str, str],
        named: Mapping[str, int],
        stood: Covered,
        weights: Sequence[tuple[str, float]] = (),
    ) -> Covered:
        """Return what follows the responses of a window, each an expression over images that are `named`."""
        window, *rest = node.ops
        assert isinstance(window, Stencil | Rank | Bilateral)
        first, ops = (rest[0], rest[1:]) if rest and isinstance(rest[0], Map) else (Map("r"), rest)
        ranges = window.ranges(stood.range)
        text, constants = _of_responses(first, responses)
        result = first.range(_named(first, ranges)).join(NOTHING)
        op = Map(f"where(c > 0, {text}, 0)", tuple(named), (*constants, *weights), result)

        def joined(ops: Sequence[Op]) -> int:
            return self.build.join(op, named, *ops)

        return self.after(node, joined, ops, replace(stood, range=node.unrounded, is_clean=True))

    def weighed(self, node: NodePlan, window: Bilateral, given: Covered) -> Covered:
        """Return a bilateral mean: a sample that does not count is like no other but such a one."""
        stood = self.stood_on(node, window, given)
        mean = self.build.add((window,), self.build.filled(given, FAR))
        named = {"a": mean, "c": stood.cover.counts}
        return self._responded(node, {"r": "a"}, named, replace(stood, range=given.range))

    def ranked(self, node: NodePlan, window: Rank, given: Covered) -> Covered:
        """Return what stands at ranks of a window."""
        if window.is_extreme:
            return self._extremes(node, window, given)
        build, stood = self.build, self.stood_on(node, window, given)
        named = {"s": stood.samples, "c": stood.cover.counts}
        low, high = (build.filled(given, value) for value in (-math.inf, math.inf))
        responses: dict[str, str] = {}
        for k, (name, rank) in enumerate(zip(window.names, window.ranks, strict=True)):
            one = replace(window, ranks=(rank,), names=("r",))
            found = {f"a{k}": build.add((one,), low), f"b{k}": build.add((one,), high)}
            text = f"maximum(a{k}, minimum(s, b{k}))"
            if len(window.ranks) > _FEW:  # which the map names often
                op = Map(text, (*found, "s"), result=given.range.join(NOTHING))
                found, text = {f"r{k}": build.join(op, {**found, "s": stood.samples})}, f"r{k}"
            named |= found
            responses[name] = text
        return self._responded(node, responses, named, replace(stood, range=given.range))

    def _extremes(self, node: NodePlan, window: Rank, given: Covered) -> Covered:
        """Return the least and the largest of what counts at all: what does not is beyond every other."""
        build, rest = self.build, node.ops[1:]
        share = self.stood_on(node, window, given).cover
        if not window.footprint[window.centre]:  # all that it looks at can be missing, and the pixel not
            most = replace(window, ranks=(-1,), names=("r",))
            named = {"c": share.counts, "most": build.add((self.over_cover(most, 1.0),), given.cover.counts)}
            seen = Map("where(most > 0, c, 0)", tuple(named), result=SHARE)
            share = build.cover(build.join(seen, named), share.is_binary)
        beyond = {rank: math.inf if rank == 0 else -math.inf for rank in window.ranks}
        filled = {rank: build.filled(given, value) for rank, value in beyond.items()}
        ones = {
            name: (replace(window, ranks=(rank,), names=("r",)), filled[rank])
            for name, rank in zip(window.names, window.ranks, strict=True)
        }
        if len(ones) == 1:
            ((one, source),) = ones.values()

            def looked(ops: Sequence[Op]) -> int:
                return build.add((one, *ops), source)

            return self.after(node, looked, rest, Covered(IMAGE, share, node.unrounded))
        first, *ops = rest
        assert isinstance(first, Map)
        made = {name: build.add((one,), source) for name, (one, source) in ones.items()}

        def joined(ops: Sequence[Op]) -> int:
            return build.join(first, made, *ops)

        return self.after(node, joined, ops, Covered(IMAGE, share, node.unrounded))


def stands(bank: Taps, centre: Extent) -> bool:
    """Tell whether a bank has one tap, on the sample that its window stands on."""
    return bank.count == 1 and bank.weight(*centre) != 0


def _named(op: Map, responses: Mapping[str, T]) -> Mapping[str, T]:
    """Return responses by the names that `op` has for them; a single one has whatever name."""
    return dict(zip(op.inputs, responses.values(), strict=True)) if len(responses) == 1 else responses


def _of_responses(op: Map, responses: Mapping[str, str]) -> tuple[str, list[tuple[str, float]]]:
    """Return the expression of `op` over what its responses are made of, and its constants, numbered."""
    numbered = {name: f"k{k}" for k, (name, _) in enumerate(op.constants)}
    text = expression.renamed(op.expression, {**_named(op, responses), **numbered})
    return text, [(numbered[name], value) for name, value in op.constants]
