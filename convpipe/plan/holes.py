"""Missing samples in the graph of a plan: a value of the image, or a mask, says which are not there."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from convpipe.errors import PlanError
from convpipe.interval import Interval
from convpipe.ops import (
    Bilateral,
    Cast,
    ChannelMap,
    Frame,
    Map,
    Mix,
    Op,
    Rank,
    Resample,
    Stencil,
    Turn,
    Warp,
    Window,
    is_integer,
    is_rounding,
)
from convpipe.ops.resample import LEAST_SHARE
from convpipe.ops.warp import LEAST_KNOWN
from convpipe.plan.cover import NOTHING, SHARE, Cover, Covered, is_in_place, standing
from convpipe.plan.coverage import Coverer, Head, stands
from convpipe.plan.missing import Missing
from convpipe.plan.node import Entering, Made, NodePlan
from convpipe.ranges import Ranges
from convpipe.stages.wiring import IMAGE


def cover_missing(
    plain: Made, missing: Missing, results: Mapping[int, str], measured: Collection[int] = ()
) -> tuple[list[NodePlan], dict[int, int]]:
    """Return the nodes of a plan in which missing samples count for nothing; as :meth:`Coverer.run`.

    In the results of the nodes `measured` NaN stands for them, which no number can be taken for.
    """
    return _Holes(plain, missing, measured).run(results)


class _Holes(Coverer):
    """Samples that count in full, or not at all; beside them an image of what they count."""

    def __init__(self, plain: Made, missing: Missing, measured: Collection[int]) -> None:
        super().__init__(plain, _with_mask(plain.image) if missing.masked else plain.image)
        self._missing, self._measured = missing, measured

    def finish(self, at: int, node: NodePlan, dtype: str) -> int:
        """Add the result, filled with what stands for a missing sample."""
        casts = [op for op in node.ops[-1:] if isinstance(op, Cast)]
        covered, fill = self.covered[at], math.nan if at in self._measured else self._missing.fill
        if math.isnan(fill) and is_integer(dtype):  # which hold 0 in its place
            covered = replace(covered, range=covered.range.join(NOTHING))
        made = self.build.filled(covered, fill, *casts)
        self.say(made, node)
        return made

    def entering(self) -> Covered:
        """Return the image, and which of its samples are there."""
        there, constants = self._missing.present
        colour = self.plain.image.ranges.colour
        if self._missing.masked:
            return self._masked(there, constants)

        def made(yes: str, no: str, result: Interval) -> int:
            op = Map(f"where({there}, {yes}, {no})", constants=constants, result=result)
            return self.build.pixelwise(IMAGE, op)

        share = Cover.of(made("1", "0", SHARE), made("0", "1", SHARE), is_binary=True)
        return Covered(made("r", "0", colour.join(NOTHING)), share, colour, is_clean=True)

    def _masked(self, there: str, constants: tuple[tuple[str, float], ...]) -> Covered:
        """Return the image without the mask behind its last channel, and which of its samples are there."""
        build, image = self.build, self.plain.image
        inputs = (*(f"c{channel}" for channel in range(image.channels)), "m")
        made = tuple(f"s{channel}" for channel in range(image.channels))
        own = "\n".join(f"{name} = {given}" for name, given in zip(made, inputs, strict=False))
        samples = build.pixelwise(IMAGE, ChannelMap(own, inputs, made))
        shown = build.pixelwise(IMAGE, ChannelMap("s = m", inputs, ("s",)))
        both = Map(f"where(m > 0, where({there}, 1, 0), 0)", ("r", "m"), constants, SHARE)
        share = build.cover(build.join(both, {"r": samples, "m": shown}), is_binary=True)
        return Covered(samples, share, image.ranges.colour)

    def join(self, node: NodePlan, given: Sequence[Covered]) -> Covered:
        """Return a map of several images."""
        build, (op, *rest) = self.build, node.ops
        assert isinstance(op, Map)
        images = [build.plain(each) for each in given]
        share = build.met([each.cover for each in given])

        def joined(ops: Sequence[Op]) -> int:
            return build.join(op, dict(zip(op.inputs, images, strict=True)), *ops)

        return self.after(node, joined, rest, Covered(IMAGE, share, node.unrounded))

    def one(self, node: NodePlan, given: Covered) -> Covered:
        """Return a window, and what happens to its responses."""
        window = node.ops[0]
        if isinstance(window, Turn):
            return self._turned(node, given)
        if isinstance(window, Warp):
            return self._warped(window, node, given)
        if isinstance(window, Resample) and window.is_mean:
            return self._mean(node, window, given)
        if isinstance(window, Rank):
            return self.ranked(node, window, given)
        if isinstance(window, Bilateral):
            return self.weighed(node, window, given)
        if not isinstance(window, Stencil):
            return self.framed(node, (given,))
        if node.reduces:  # NaN counts for no statistic
            samples = self.build.filled(given, math.nan)
            given = replace(given, samples=samples, is_clean=False, is_weighted=False)
        if all(stands(bank, window.centre) for bank in window.banks):
            return self._standing(node, window, given)
        return (self._mean if window.mean else self.filtered)(node, window, given)

    def framed(self, node: NodePlan, given: Sequence[Covered]) -> Covered:
        """Return what a function makes that leaves NaN out; refuse one that knows of no hole."""
        build, frame = self.build, node.ops[0]
        if isinstance(frame, Frame) and frame.leaves_out:
            made = build.add(node.ops, *(build.filled(each, math.nan) for each in given))
            return Covered(made, build.met([each.cover for each in given]), node.unrounded)
        message = "does not know yet what to leave out; it takes no image in which samples can be missing"
        raise PlanError(f"{node.origin} {message}", node.origin.name)

    def after(self, node: NodePlan, head: Head, ops: Sequence[Op], given: Covered) -> Covered:
        """Return what the last `ops` of a node make of one pixel after another."""
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

    def _turned(self, node: NodePlan, given: Covered) -> Covered:
        """Return an image, and what its samples count, from another side."""
        counts, lacks, samples = (
            self.build.add(node.ops, each) for each in (given.cover.counts, given.cover.lacks, given.samples)
        )
        return replace(given, samples=samples, cover=Cover.of(counts, lacks, given.cover.is_binary))

    def _warped(self, warp: Warp, node: NodePlan, given: Covered) -> Covered:
        """Return the mean of the samples around each place that are there, if they weigh enough."""
        build = self.build
        counts = build.add((replace(warp, value=1.0),), given.cover.counts)
        if warp.method == "nearest":
            lacks = build.add((replace(warp, value=0.0),), given.cover.lacks)
            cover = Cover.of(counts, lacks, given.cover.is_binary)
            return Covered(build.add((warp,), build.plain(given)), cover, node.unrounded, given.is_clean)
        enough = Map("where(r >= least, r, 0)", constants=(("least", LEAST_KNOWN),))
        share = build.cover(build.pixelwise(counts, enough), is_binary=False)
        weighted = build.add((warp,), build.weighted(given))
        made = Covered(weighted, share, node.unrounded, is_weighted=True)
        return Covered(build.clean(made), share, node.unrounded, is_clean=True)

    def _standing(self, node: NodePlan, window: Stencil, given: Covered) -> Covered:
        """Return what reads no pixel but the one that it stands on."""
        build, rest = self.build, node.ops[1:]
        samples = build.plain(given)
        share = build.moved(given.cover, window, node.axes)
        is_clean = given.is_clean or given.is_weighted

        def placed(ops: Sequence[Op]) -> int:
            return build.add((window, *ops), samples)

        return self.after(node, placed, rest, Covered(IMAGE, share, node.unrounded, is_clean))

    def _mean(self, node: NodePlan, window: Window, given: Covered) -> Covered:
        """Return the mean of what counts."""
        build, rest = self.build, node.ops[1:]
        weighted = build.weighted(given)
        can_be_less = window.responses(SHARE)[0].low < 0  # than nothing, by negative taps
        counts = build.add((replace(window, value=1.0),), given.cover.counts)
        if can_be_less:
            assert isinstance(window, Resample)
            sizes = build.add((window.sizes,), given.cover.counts)
            enough = Map(
                "where(r > 0, where(r >= least * a, r, 0), 0)", ("r", "a"), (("least", LEAST_SHARE),)
            )
            counts = build.join(enough, {"r": counts, "a": sizes})
        share = build.cover(counts, is_binary=False)
        made = Covered(build.add((window,), weighted), share, node.unrounded, is_clean=True, is_weighted=True)
        if not rest and not can_be_less:
            return made

        def divided(ops: Sequence[Op]) -> int:
            return build.plain(made, *ops)

        return self.after(node, divided, rest, replace(made, is_weighted=False))

    def stood_on(self, node: NodePlan, window: Window, given: Covered) -> Covered:
        """Return the samples that a window stands on, as they are, and what they count."""
        samples, share = self.build.plain(given), self.build.moved(given.cover, window, node.axes)
        if not is_in_place(window, node.axes):
            samples = self.build.add((standing(window),), samples)
        return replace(given, samples=samples, cover=share, is_weighted=False)

    def over_cover(self, window: Window, value: float) -> Window:
        """Return a window as it slides over coverage, whose images have the channels of the samples."""
        return replace(window, value=value)


def _with_mask(image: Entering) -> Entering:
    """Return an image with a mask behind its last channel."""
    colour = image.ranges.colour.join(SHARE)
    return replace(image, channels=image.channels + 1, ranges=Ranges(colour))
