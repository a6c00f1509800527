"""From the stages of a pipeline to the steps of a stack."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from convpipe.engine import Engine
from convpipe.geometry import Border
from convpipe.ops import COMPUTE, Op, Stencil, Taps, dtype_range
from convpipe.stack.slide import Slide
from convpipe.stack.steps import EachPage, Filled, OneOfAll, Step, WholeStack
from convpipe.stack.windows import AT_ONCE, PagesByTurns, SummedPages, WeighedPages
from convpipe.stages import ImageKind, Stage, stage
from convpipe.stages.across import AXIS, PROJECTION, PageSum
from convpipe.stages.wiring import IMAGE, RESULT, Wiring


def runs_of(stages: Sequence[Stage]) -> list[list[Stage]]:
    """Return stages cut before each that reads several pages, and behind those that read a whole stack.

    So the first of a run alone reads several pages; stages after it filter one page after the other.
    """
    runs: list[list[Stage]] = []
    for one in stages:
        before = runs[-1][-1] if runs else None
        tall = before is not None and before.is_across and not before.slides
        if before is None or one.reads_pages or tall:
            runs.append([])
        runs[-1].append(one)
    return runs


def make_steps(engine: Engine, dtype: str, result: str | None, missing: float | None) -> tuple[Step, ...]:
    """Return the steps of a pipeline for stacks of a dtype.

    Parameters
    ----------
    engine : Engine
        Of all its stages.
    dtype : str
        Of the pages.
    result : str, optional
        Of what comes of them; default: that of the arithmetic.
    missing : float, optional
        What stands for samples that are missing. Between steps NaN does.
    """
    make, runs, compute = _Maker(engine, dtype), runs_of(engine.wiring.stages), COMPUTE[dtype]
    fills = missing is not None and not math.isnan(missing)
    steps: list[Step] = []
    for number, run in enumerate(runs):
        between = fills or number + 1 < len(runs)
        hole = missing if number == 0 or missing is None else math.nan
        steps.append(make.step(run, compute if between else result or compute, hole, between=between))
    if fills:
        assert missing is not None
        steps.append(Filled(make.engine([stage(PROJECTION, "mean")], None), result or compute, missing))
    return tuple(steps)


class _Maker:
    """Makes steps of an engine's stages, for pages that are or were of a dtype."""

    def __init__(self, engine: Engine, dtype: str) -> None:
        self._engine, self._dtype = engine, dtype
        scale = dtype_range(dtype)
        self._kind = ImageKind(1, alpha=False, full_scale=scale.high, lowest=scale.low)

    def engine(self, run: Sequence[Stage], missing: float | None, *, between: bool = False) -> Engine:
        """Return what filters one page after the other; of what stands between steps, NaN is missing."""
        reads = tuple((at - 1 if at else IMAGE,) for at in range(len(run)))
        measured = frozenset({RESULT} if between and missing is not None else ())
        wiring = Wiring(tuple(run), reads, ((RESULT, len(run) - 1),), measured)
        return self._engine.of_computed(wiring, self._dtype, missing)

    def step(self, run: Sequence[Stage], dtype: str, missing: float | None, *, between: bool) -> Step:
        """Return a run of stages as a step that gives pages of a dtype."""
        first, *others = run
        if first.method.family == PROJECTION:
            same = stage(PROJECTION, "mean", **first.given)
            engine = self.engine([same, *others], None)
            return OneOfAll(engine, dtype, first.name, first.method.name, COMPUTE[self._dtype])
        if not first.reads_pages:
            return EachPage(self.engine(run, missing, between=between), dtype)
        if not first.slides:
            return WholeStack(self.engine(run, missing, between=between), dtype, first.name)
        across = first.across(self._kind)
        if isinstance(across, PageSum):
            return self._summed(run, across, dtype, missing, between=between)
        assert across is not None
        slide = Slide(across.pages, across.before, *self._outside(first))
        engine = self.engine([_over_page(first, across.ops), *others], missing, between=between)
        return PagesByTurns(engine, dtype, first.name, slide, across.halo)

    def _summed(
        self, run: Sequence[Stage], across: PageSum, dtype: str, missing: float | None, *, between: bool
    ) -> SummedPages:
        """Return a stage that sums pages, and those after it."""
        first, *others = run
        border, value = self._outside(first)
        slide = Slide(across.pages, across.before, border, value, AT_ONCE)
        taps = Stencil((Taps.outer(across.weights, [1.0]),), padding="valid")
        sums = self.engine([_plain(_over_page(first, (taps,)), border=None, value=0.0)], None)
        whole = sum(across.weights)
        plane = _over_page(first, across.ops, value=value * whole)
        if missing is None:
            return SummedPages(self.engine([plane, *others], None), dtype, first.name, slide, sums)
        rest = {name: first.common[name] for name in ("bias", "dtype") if first.common[name]}
        same = [stage(PROJECTION, "mean", **rest), *others]
        return WeighedPages(
            self.engine(same, math.nan, between=between),
            dtype,
            first.name,
            slide,
            sums,
            missing,
            self.engine([_plain(plane)], None),
            self.engine([_plain(_over_page(first, across.ops, value=whole))], None),
        )

    def _outside(self, one: Stage) -> tuple[Border, float]:
        """Return how what lies outside a stage's images is made, and what a constant border holds."""
        common = one.spelled_out(self._kind).common
        border = common["border"]
        return self._engine.border if border is None else border, common["value"]


def _over_page(one: Stage, ops: tuple[Op, ...], value: float | None = None) -> Stage:
    """Return a stage of other ops, for what is made of several pages."""
    own = {} if value is None else {"value": value}
    method = replace(one.method, lower=lambda **_: ops, across=None)
    return replace(one, method=method, common={**one.common, AXIS.name: AXIS.default, **own})


def _plain(one: Stage, **common: Any) -> Stage:
    """Return a stage that gives what its ops do, and nothing that every stage may do to that."""
    return replace(one, common={**one.common, "bias": 0.0, "dtype": None, "like": None, **common})
