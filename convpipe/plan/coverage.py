"""Coverage as a matter of the graph: nodes that weigh samples by what they count, in place of others.

Of samples s that count c, from 0 to 1, a window R of taps w becomes

- for a mean, R(c s) / R(c): that of what counts;
- for any other, R(c s) + s0 (S - R(c)): a neighbour counts as far as it is covered, and the sample s0 that
  the window stands on is in the place of the rest. S, the sum of the taps, is R(1): so that is
  R(c s) + s0 R(1 - c), which is R(s) to the bit where nothing is missing.

What a mean makes counts R(c). Everything else counts what the pixel does that it stands on; a map of several
images what the first does, and nothing where another counts nothing.

Source: H. Knutsson, C.-F. Westin, "Normalized and differential convolution", CVPR 1993.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from convpipe import expression
from convpipe.errors import PlanError
from convpipe.geometry import Extent
from convpipe.interval import Interval
from convpipe.ops import (
    Cast,
    ChannelMap,
    Map,
    Mix,
    Op,
    Rank,
    Resample,
    Stencil,
    Taps,
    Turn,
    Window,
    is_rounding,
)
from convpipe.plan.cover import NOTHING, SHARE, Builder, Cover, Covered, is_in_place, pruned, standing
from convpipe.plan.missing import Missing
from convpipe.plan.node import Entering, Made, NodePlan
from convpipe.ranges import Ranges
from convpipe.stages.wiring import IMAGE

T = TypeVar("T")


def cover(plain: Made, missing: Missing, results: Mapping[int, str]) -> tuple[list[NodePlan], dict[int, int]]:
    """Return the nodes of a plan in which missing samples count for nothing.

    Parameters
    ----------
    plain : Made
        The image, and the nodes of the plan in which they count.
    missing : Missing
    results : mapping of int to str
        Types of the results, by the nodes that give them.

    Returns
    -------
    nodes : list of NodePlan
    places : dict of int to int
        Where the nodes stand that give the results.

    Raises
    ------
    PlanError
        If a stage does not know what to make of missing samples.
    """
    coverer = _Coverer(plain, missing)
    places = {}
    for at, node in enumerate(plain.nodes):
        coverer.add(at, node)
        if at in results:
            places[at] = coverer.finish(at, node, results[at])
    nodes, moved = pruned(coverer.build.made.nodes, list(places.values()))
    return nodes, {at: moved[made] for at, made in places.items()}


class _Coverer:
    """Makes nodes that know of coverage from those that do not, one after the other."""

    def __init__(self, plain: Made, missing: Missing) -> None:
        self._plain, self._missing = plain, missing
        self.build = Builder(Made(_with_mask(plain.image) if missing.masked else plain.image, plain.compute))
        self._covered: dict[int, Covered] = {}

    def add(self, at: int, node: NodePlan) -> None:
        """Add what `node`, which stands at `at` in the plain plan, becomes."""
        self.build.origin = node.origin
        if IMAGE not in self._covered:
            self._covered[IMAGE] = self._entering()
        given = [self._covered[source] for source in node.inputs]
        if node.is_join:
            found = self._join(node, given)
        else:
            found = (self._turned if isinstance(node.apart, Turn) else self._window)(node, given[0])
        self._covered[at] = replace(found, range=node.ranges.colour)
        self._say(found.samples, node)

    def finish(self, at: int, node: NodePlan, dtype: str) -> int:
        """Add what gives the result of a node, of type `dtype`; return its position."""
        casts = [op for op in node.ops[-1:] if isinstance(op, Cast)]
        made = self.build.filled(self._covered[at], self._missing.fill(dtype), *casts)
        self._say(made, node)
        return made

    def _say(self, made: int, node: NodePlan) -> None:
        """Have a node say of its values what the plain one does."""
        nodes = self.build.made.nodes
        unrounded = nodes[made].unrounded.join(node.unrounded)
        nodes[made] = replace(nodes[made], dtype=node.dtype, unrounded=unrounded)

    def _entering(self) -> Covered:
        """Return the image, and which of its samples are there."""
        there, constants = self._missing.present
        colour = self._plain.image.ranges.colour
        if self._missing.masked:
            return self._masked(there, constants)

        def made(yes: str, no: str, result: Interval) -> int:
            op = Map(f"where({there}, {yes}, {no})", constants=constants, result=result)
            return self.build.pixelwise(IMAGE, op)

        share = Cover(made("1", "0", SHARE), made("0", "1", SHARE), is_binary=True)
        return Covered(made("r", "0", colour.join(NOTHING)), share, colour, is_clean=True)

    def _masked(self, there: str, constants: tuple[tuple[str, float], ...]) -> Covered:
        """Return the image without the mask behind its last channel, and which of its samples are there."""
        build, image = self.build, self._plain.image
        inputs = (*(f"c{channel}" for channel in range(image.channels)), "m")
        made = tuple(f"s{channel}" for channel in range(image.channels))
        own = "\n".join(f"{name} = {given}" for name, given in zip(made, inputs, strict=False))
        samples = build.pixelwise(IMAGE, ChannelMap(own, inputs, made))
        shown = build.pixelwise(IMAGE, ChannelMap("s = m", inputs, ("s",)))
        both = Map(f"where(m > 0, where({there}, 1, 0), 0)", ("r", "m"), constants, SHARE)
        share = build.cover(build.join(both, {"r": samples, "m": shown}), is_binary=True)
        return Covered(samples, share, image.ranges.colour)

    def _join(self, node: NodePlan, given: Sequence[Covered]) -> Covered:
        """Return a map of several images."""
        build, (op, *rest) = self.build, node.ops
        assert isinstance(op, Map)
        images = [build.plain(each) for each in given]
        share = build.met([each.cover for each in given])

        def joined(ops: Sequence[Op]) -> int:
            return build.join(op, dict(zip(op.inputs, images, strict=True)), *ops)

        return self._after(node, joined, rest, Covered(IMAGE, share, node.unrounded))

    def _turned(self, node: NodePlan, given: Covered) -> Covered:
        """Return an image, and what its samples count, from another side."""
        samples, counts, lacks = (
            self.build.add(node.ops, each) for each in (given.samples, given.cover.counts, given.cover.lacks)
        )
        return replace(given, samples=samples, cover=replace(given.cover, counts=counts, lacks=lacks))

    def _window(self, node: NodePlan, given: Covered) -> Covered:
        """Return a window, and what happens to its responses."""
        window = node.ops[0]
        if isinstance(window, Resample):
            return self._mean(node, window, given)
        if isinstance(window, Rank) and {*window.ranks} <= {0, window.count - 1}:
            return self._extremes(node, window, given)
        if not isinstance(window, Stencil):
            message = "does not know yet what to leave out; it takes no image in which samples can be missing"
            raise PlanError(f"{node.origin} {message}", node.origin.name)
        if node.reduces:  # NaN counts for no statistic
            samples = self.build.filled(given, math.nan)
            given = replace(given, samples=samples, is_clean=False, is_weighted=False)
        if all(_stands(bank, window.centre) for bank in window.banks):
            return self._standing(node, window, given)
        return (self._mean if window.mean else self._filtered)(node, window, given)

    def _after(
        self, node: NodePlan, head: Callable[[Sequence[Op]], int], ops: Sequence[Op], given: Covered
    ) -> Covered:
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
        share, is_clean, channels = given.cover, given.is_clean, node.channels
        for op in reversed(ops):
            channels = op.taken(channels) if isinstance(op, Mix | ChannelMap) else channels
        runs: list[list[Op]] = [[]]
        for op in ops:
            if isinstance(op, Mix | ChannelMap):
                share = self.build.mixed(share, op, channels)
                channels = op.made(channels)
            is_clean = is_clean and isinstance(op, Cast)
            if is_rounding(op) and not is_clean:  # it would count a NaN that stands there
                runs.append([])
                is_clean = True
            runs[-1].append(op)
        made = replace(given, samples=head(runs[0]), cover=share, is_clean=is_clean)
        for run in runs[1:]:
            made = replace(made, samples=self.build.clean(made, *run))
        return made

    def _standing(self, node: NodePlan, window: Stencil, given: Covered) -> Covered:
        """Return what reads no pixel but the one that it stands on."""
        build, rest = self.build, node.ops[1:]
        samples = build.plain(given)
        share = build.moved(given.cover, window, node.axes)
        is_clean = given.is_clean or given.is_weighted

        def placed(ops: Sequence[Op]) -> int:
            return build.add((window, *ops), samples)

        return self._after(node, placed, rest, Covered(IMAGE, share, node.unrounded, is_clean))

    def _mean(self, node: NodePlan, window: Window, given: Covered) -> Covered:
        """Return the mean of what counts."""
        build, rest = self.build, node.ops[1:]
        weighted = build.weighted(given)
        can_be_less = window.responses(SHARE)[0].low < 0  # than nothing, by negative taps: that is nothing
        least = (Map("where(r > 0, r, 0)"),) if can_be_less else ()
        counts = build.add((replace(window, value=1.0), *least), given.cover.counts)
        share = build.cover(counts, is_binary=False)
        made = Covered(build.add((window,), weighted), share, node.unrounded, is_clean=True, is_weighted=True)
        if not rest and not can_be_less:
            return made

        def divided(ops: Sequence[Op]) -> int:
            return build.plain(made, *ops)

        return self._after(node, divided, rest, replace(made, is_weighted=False))

    def _filtered(self, node: NodePlan, window: Stencil, given: Covered) -> Covered:
        """Return a window in which the sample that it stands on is in the place of what does not count."""
        build, rest = self.build, node.ops[1:]
        share = build.moved(given.cover, window, node.axes)
        named = {"s": self._stood_on(node, window, given), "c": share.counts}
        responses: dict[str, str] = {}
        weights: list[tuple[str, float]] = []
        for k, (name, bank) in enumerate(zip(window.names, window.banks, strict=True)):
            if _stands(bank, window.centre):
                weights.append((f"w{k}", bank.weight(*window.centre)))
                responses[name] = f"(w{k} * s)"
                continue
            one = replace(window, banks=(bank,), names=("r",))
            named[f"a{k}"] = build.add((one,), build.weighted(given))
            named[f"b{k}"] = build.add((replace(one, value=0.0),), given.cover.lacks)
            responses[name] = f"(a{k} + where(b{k} == 0, 0, s * b{k}))"
        first, ops = (rest[0], rest[1:]) if rest and isinstance(rest[0], Map) else (Map("r"), rest)
        ranges = window.ranges(given.range)
        text, constants = _of_responses(first, responses)
        result = first.range(_named(first, ranges)).join(NOTHING)
        op = Map(f"where(c > 0, {text}, 0)", tuple(named), (*constants, *weights), result)

        def joined(ops: Sequence[Op]) -> int:
            return build.join(op, named, *ops)

        return self._after(node, joined, ops, Covered(IMAGE, share, node.unrounded, is_clean=True))

    def _extremes(self, node: NodePlan, window: Rank, given: Covered) -> Covered:
        """Return the least and the largest of what counts at all: what does not is beyond every other."""
        build, rest = self.build, node.ops[1:]
        share = build.moved(given.cover, window, node.axes)
        if not window.footprint[window.centre]:  # all that it looks at can be missing, and the pixel not
            most = replace(window, ranks=(-1,), names=("r",), value=1.0)
            named = {"c": share.counts, "most": build.add((most,), given.cover.counts)}
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

            return self._after(node, looked, rest, Covered(IMAGE, share, node.unrounded))
        first, *ops = rest
        assert isinstance(first, Map)
        made = {name: build.add((one,), source) for name, (one, source) in ones.items()}

        def joined(ops: Sequence[Op]) -> int:
            return build.join(first, made, *ops)

        return self._after(node, joined, ops, Covered(IMAGE, share, node.unrounded))

    def _stood_on(self, node: NodePlan, window: Stencil, given: Covered) -> int:
        """Return the samples that a window stands on."""
        samples = self.build.plain(given)
        return samples if is_in_place(window, node.axes) else self.build.add((standing(window),), samples)


def _with_mask(image: Entering) -> Entering:
    """Return an image with a mask behind its last channel."""
    colour = image.ranges.colour.join(SHARE)
    return replace(image, channels=image.channels + 1, ranges=Ranges(colour))


def _stands(bank: Taps, centre: Extent) -> bool:
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
