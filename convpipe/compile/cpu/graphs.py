"""Run a plan that is cut into parts: sweeps over the image, and what needs more of it than a few rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.levels import make_program
from convpipe.compile.common.pictures import Band, Outcome, Picture, round_to_half
from convpipe.compile.cpu.apart import Run, Step, run_apart
from convpipe.compile.cpu.counting import Counting
from convpipe.compile.cpu.executable import Executable, Fused, compile_fused
from convpipe.compile.cpu.fourier.transform import Transform
from convpipe.compile.cpu.sweep import Sweep
from convpipe.compile.cpu.tabulated import Tabulated, is_tabulated
from convpipe.compile.cpu.written import written
from convpipe.dataclass import dataclass
from convpipe.geometry import Axis
from convpipe.histograms import Counter
from convpipe.losses import NO_LOSSES, Losses
from convpipe.ops import IDENTITY, Stencil, is_integer, stored
from convpipe.plan import IMAGE, Plan
from convpipe.plan.arithmetic import Arithmetic, Sums
from convpipe.plan.bands import part_bands, wanted_rows
from convpipe.plan.demand import NOTHING, Span
from convpipe.plan.parts import Part, held, levels, overflows
from convpipe.stages.wiring import RESULT

Numbers = Mapping[int, Sequence[float]]
NO_NUMBERS: Numbers = {}


@dataclass(frozen=True)
class GraphExecutable:
    """Parts that run one after the other; an image is let go when the last that reads it has run.

    Parameters
    ----------
    plan : Plan
    entering : tuple of Picture, optional
        The images -1, -2, ... that its nodes read; default: the one that it is of.
    """

    plan: Plan
    entering: tuple[Picture, ...] = ()

    @property
    def source(self) -> str:
        """The schedules, and the generated Python of every loop."""
        return "\n".join(run.source for run in (*self.runs, *self._casts.values()))

    def __call__(self, image: NDArray[Any], threads: int | None = None) -> tuple[NDArray[Any], Losses]:
        """Return the result of the last stage, and what was lost in all of them."""
        if not self._line:
            results, losses = self.outputs(image, threads)
            return results[RESULT], losses
        images, nans = [image], 0
        for run in self._line:
            images, lost = run(images, threads)
            nans += lost
        return self._outcomes[0].finished(images[0], image.ndim, nans)

    def outputs(
        self,
        image: NDArray[Any],
        threads: int | None = None,
        *,
        others: Sequence[NDArray[Any]] = (),
        numbers: Numbers = NO_NUMBERS,
    ) -> tuple[dict[str, NDArray[Any]], Losses]:
        """Return all results by their names, and what was lost in them.

        Parameters
        ----------
        image : ndarray
        threads : int, optional
        others : sequence of ndarray
            The images -2, -3, ..., where several enter.
        numbers : mapping
            As for :meth:`band`, of those parts for which they are known.
        """
        images = {IMAGE - number: each for number, each in enumerate((image, *others))}
        nans = overflows = 0
        for number, step in enumerate(self._steps):
            read = [images[at] for at in step.run.reads]
            if number in numbers:
                assert isinstance(step.run, Sweep | Tabulated)
                made, lost = step.run(read, threads, numbers[number])
            else:
                made, lost = step.run(read, threads)
            nans += lost
            images.update(zip(step.run.makes, made, strict=True))
            for at in step.halves:
                overflows += round_to_half(images[at], images[at])
            for at in step.passed:
                del images[at]
        losses = Losses(nans, overflows) if nans or overflows else NO_LOSSES
        results = {}
        for outcome in self._outcomes:
            name, found, nans = outcome.output.name, images[outcome.output.node], 0
            if cast := self._casts.get(name):
                (found,), nans = cast([found], threads)
            results[name], own = outcome.finished(found, image.ndim, nans)
            losses = losses if own is NO_LOSSES else losses + own
        return results, losses

    def band(
        self, rows: NDArray[Any], origin: int, first: int, last: int, numbers: Numbers = NO_NUMBERS
    ) -> tuple[dict[str, NDArray[Any]], Losses]:
        """Return rows `first` to before `last` of the tallest result, and as large a share of the others.

        They have the bytes of those rows of the results of the whole image. Beside them is what was lost in
        rows that a band before this one, up to `first`, did not make.

        Parameters
        ----------
        rows : ndarray, shape (rows, cols) or (rows, cols, channels)
            Of the image; those that :func:`convpipe.plan.bands.image_rows` says at least.
        origin : int
            Which row of the image the first of them is.
        first, last : int
        numbers : mapping, optional
            Of the whole images that some parts read, by the numbers of these parts.

        Raises
        ------
        PlanError
            If a stage needs the whole image, or its numbers.
        ValueError
            If rows are missing.
        """
        wanted = wanted_rows(self.plan, first, last)
        images, losses = self._bands(wanted, rows, origin, numbers, self._made_before(first, numbers))
        results = {}
        for outcome in self._outcomes:
            span, found = wanted[outcome.output.node], images[outcome.output.node]
            if cast := self._casts.get(outcome.output.name):
                if is_integer(outcome.output.dtype):
                    losses += Losses(int(np.isnan(found.part(span.first, span.last + 1)).sum()))
                (found,), _ = cast.band([found], found.first, found.first + len(found.rows))
            result, lost = outcome.of_band(found.part(span.first, span.last + 1), rows.ndim)
            results[outcome.output.name], losses = result, losses + lost
        return results, losses

    def _made_before(self, first: int, numbers: Numbers) -> list[int]:
        """Return up to which row each part was made for the rows of results before `first`."""
        counted = self._halves or any(run.fused.program.counts_nans for run in self._loops.values())
        if first == 0 or not counted:
            return [0] * len(self.runs)
        bands = part_bands(self.plan, wanted_rows(self.plan, 0, first), measured=bool(numbers))
        return [band.last for band in bands]

    def samples(self, at: int, rows: NDArray[Any], origin: int, span: Span, numbers: Numbers) -> NDArray[Any]:
        """Return the samples that count in statistics of some rows of an image that a part reads, as a band.

        Parameters
        ----------
        at : int
            Position of its node.
        rows, origin
            Of the image that enters, as for :meth:`band`.
        span : Span
        numbers : mapping
            As for :meth:`band`, of the parts that make it.
        """
        images, _ = self._bands({at: span}, rows, origin, numbers, [0] * len(self.runs))
        found = images[at].part(span.first, span.last + 1)
        return self._picture(at).pixels(np.ascontiguousarray(found), self.plan.alpha)

    def kind(self, at: int) -> tuple[np.dtype[Any], int]:
        """Return the type of those samples, and how many a pixel has."""
        picture = self._picture(at)
        return np.dtype(picture.dtype), picture.channels - self.plan.alpha

    def counter(self) -> Counter:
        """Return what counts samples, on the calling thread."""
        return Counting(1)

    def _bands(
        self,
        wanted: Mapping[int, Span],
        rows: NDArray[Any],
        origin: int,
        numbers: Numbers,
        made_before: Sequence[int],
    ) -> tuple[dict[int, Band], Losses]:
        """Return bands of all images that stand, with the rows that are wanted of some, and what was lost.

        Of each part it counts what was lost in rows that were not `made_before`.
        """
        bands = part_bands(self.plan, wanted, measured=bool(numbers))
        needed = wanted.get(IMAGE, NOTHING)
        for band in bands:
            needed |= band.reads.get(IMAGE, NOTHING)
        images, losses = {IMAGE: self._entering(rows, origin, needed)}, Losses()
        for number, (run, band, before) in enumerate(zip(self.runs, bands, made_before, strict=True)):
            if band.first < band.last:
                given = [images[at] for at in run.reads]
                if loop := self._loops.get(number):
                    own = numbers.get(number, ())
                    made, nans = loop.band(given, band.first, band.last, own, before)
                    losses += Losses(nans)
                else:
                    assert isinstance(run, Transform)
                    made = run.band(given, band.first, band.last)
                images |= zip(run.makes, made, strict=True)
                for at in self._halves.intersection(run.makes):
                    losses += Losses(overflows=self._rounded(images[at], at, before))
        return images, losses

    def _rounded(self, image: Band, at: int, made_before: int) -> int:
        """Round rows to float16; return how many finite samples became infinite in those that are new."""
        tallest = max(self.plan.nodes[each].extent[0] for each in self._part_of[at].makes)
        new = max(0, made_before * self.plan.nodes[at].extent[0] // tallest - image.first)
        round_to_half(image.rows[:new], image.rows[:new])
        return round_to_half(image.rows[new:], image.rows[new:])

    @cached_property
    def _part_of(self) -> dict[int, Part]:
        return {at: part for part in self.plan.parts for at in part.makes}

    @cached_property
    def _loops(self) -> dict[int, Sweep]:
        """The sweeps among what runs the parts, by their numbers."""
        found = {
            number: run.sweep if isinstance(run, Tabulated) else run for number, run in enumerate(self.runs)
        }
        return {number: run for number, run in found.items() if isinstance(run, Sweep)}

    def _entering(self, rows: NDArray[Any], origin: int, needed: Span) -> Band:
        """Return rows of the image as a band."""
        entering = self._picture(IMAGE)
        height, cols = entering.extent
        shape = (len(rows), cols, entering.channels)
        if rows.size != math.prod(shape) or origin < 0 or origin + len(rows) > height:
            raise ValueError(
                f"the plan is for {height} rows of {cols} pixels of {entering.channels}; "
                f"given shape {rows.shape} from row {origin} on"
            )
        if needed and not (origin <= needed.first and needed.last < origin + len(rows)):
            raise ValueError(
                f"rows {needed.first} to {needed.last} of the image are needed; "
                f"given {origin} to {origin + len(rows) - 1}"
            )
        samples = np.ascontiguousarray(rows, entering.dtype).reshape(len(rows), cols * entering.channels)
        return Band(samples, origin)

    def warm(self) -> None:
        """Compile every loop."""
        for run in (*self.runs, *self._casts.values()):
            run.warm()

    @cached_property
    def _line(self) -> Sequence[Run]:
        """What runs the parts if each reads the one image that the part before made; nothing if not.

        Small images feel what else there is to keep account of.
        """
        runs: list[Run] = [*self.runs, *self._casts.values()]
        makes = [run.makes for run in runs]
        in_line = [run.reads for run in runs] == [(IMAGE,), *makes[:-1]]
        in_line &= makes[-1] == (self._outcomes[-1].output.node,)
        return runs if in_line and not (self._outcomes[1:] or self.entering or self._halves) else ()

    @cached_property
    def runs(self) -> list[Run]:
        """What runs each part of the plan."""
        return [self._run(part) for part in self.plan.parts]

    @cached_property
    def _outcomes(self) -> list[Outcome]:
        return [Outcome(self.plan, output) for output in self.plan.outputs]

    @property
    def is_silent(self) -> bool:
        """Whether it says nothing of an image beside what was lost."""
        return all(run.is_silent for run in self.runs)

    @cached_property
    def _steps(self) -> list[Step]:
        """What runs the parts, and what becomes of images after each; that which enters is the caller's."""
        entering = {IMAGE - number for number in range(max(1, len(self.entering)))}
        standing, kept = set(entering), {*entering, *(output.node for output in self.plan.outputs)}
        steps = []
        for run, alive in zip(self.runs, (*held(self.plan.parts)[1:], set[int]()), strict=True):
            standing |= {*run.makes}
            passed = standing - kept - alive
            standing -= passed
            steps.append(Step(run, tuple(self._halves.intersection(run.makes)), tuple(passed)))
        return steps

    @cached_property
    def _written(self) -> dict[int, str]:
        """Types of the images that parts make, as they stand."""
        return written(self.plan, self._read, lambda at: self._picture(at).dtype)

    @cached_property
    def _read(self) -> set[int]:
        """The nodes whose images parts read."""
        return {source for part in self.plan.parts for source in part.reads}

    @cached_property
    def _halves(self) -> set[int]:
        """The images that are rounded to float16 as they stand; a result alone is when it is finished."""
        others = {output.node for output in self.plan.outputs if output.dtype != "float16"}
        return {at for at in self._read | others if self._written.get(at) == "float16"}

    def _run(self, part: Part) -> Run:
        plan, nodes = self._of(part), part.nodes
        given = [self._picture(at) for at in part.reads]
        if nodes[0].tiles is not None:
            (at,) = part.makes
            own = replace(plan, dtype=given[0].dtype, output_dtype=self._written[at])
            return Transform(own, part.reads, part.makes)
        if nodes[0].apart:
            (at,) = part.makes
            return run_apart(nodes[0].apart, part, given[0], self._picture(at), self.plan)
        places = {at: number for number, at in enumerate(part.at)}
        outputs = {places[at]: self._written[at] for at in part.makes}
        program = make_program(plan, levels(part), given, list(outputs.items()))
        makes = tuple(part.at[at] for at in program.results)
        pictures = tuple(map(self._picture, makes))
        work = sum(node.operations for node in nodes)
        sweep = Sweep(part.reads, makes, pictures, Fused(program), work, nodes[0].statistics, plan.alpha)
        if sweep.statistics and is_tabulated(plan, part, given[0], pictures[0]):
            return Tabulated(sweep, plan)
        return sweep

    def _picture(self, at: int) -> Picture:
        plan = self.plan
        if at < 0 and self.entering:
            return self.entering[IMAGE - at]
        if at == IMAGE:
            return Picture(plan.input, plan.channels, stored(plan.dtype))
        return Picture(
            plan.nodes[at].extent, plan.nodes[at].channels, stored(self._written[at], plan.compute)
        )

    def _of(self, part: Part) -> Plan:
        """Return the nodes of a part as a plan of their own."""
        first = self._picture(part.reads[0])
        own = part.numbered
        return replace(self.plan, input=first.extent, channels=first.channels, nodes=own, beside=())

    @cached_property
    def _casts(self) -> dict[str, Sweep]:
        """What makes results of images that stand in another type, as others read them, too."""
        plan, found = self.plan, {}
        for outcome in self._outcomes:
            at, dtype = outcome.output.node, outcome.output.dtype
            if self._written[at] == dtype:
                continue
            node, given = plan.nodes[at], self._picture(at)
            window = Stencil((IDENTITY,), keep_alpha=node.ranges.alpha is not None)
            axes = (Axis(1), Axis(1))
            arithmetic = Arithmetic(plan.compute, sums=(Sums(plan.compute),))
            same = replace(
                node,
                ops=(window,),
                inputs=(IMAGE,),
                input=node.extent,
                axes=axes,
                arithmetic=arithmetic,
                tiles=None,
            )
            own = replace(
                plan, input=node.extent, channels=node.channels, dtype=plan.compute, nodes=(same,), beside=()
            )
            program = make_program(own, [(0,)], [given], [(0, dtype)])
            found[outcome.output.name] = Sweep((at,), (at,), (outcome.picture,), Fused(program), node.samples)
        return found


def compile_plan(plan: Plan) -> Executable | GraphExecutable:
    """Return `plan` as machine code; what was compiled before is not compiled again."""
    one_loop = plan.is_chain and len(plan.parts) == 1
    first, last = plan.nodes[0], plan.nodes[-1]
    counts_later = overflows(last, plan.dtype) and plan.output_dtype != last.dtype  # where that stands
    if one_loop and first.tiles is None and not (first.reduces or first.apart or counts_later):
        return compile_fused(plan)
    return GraphExecutable(plan)
