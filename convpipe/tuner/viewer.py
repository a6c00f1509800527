"""Pictures of stages: the part that is looked at, made of what is kept of the stages before.

The values of the stage before the one that is tuned are kept, for the part that is seen and what lies around
it; from there on the part alone is run again. What needs all of an image is made of all of it, and kept too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.display import Shown, numbers_objects
from convpipe.engine import Engine, with_mask
from convpipe.plan import Plan
from convpipe.plan.demand import Region
from convpipe.plan.roi import needs_all, regions
from convpipe.stages import stage
from convpipe.stages.wiring import Wiring, wire
from convpipe.tuner.kept import Kept, keys_of
from convpipe.tuner.maker import Maker, Sign, clipped, cut
from convpipe.tuner.numbers import Measurer
from convpipe.tuner.sample import Sample


@dataclass(frozen=True)
class View:
    """What is looked at.

    Parameters
    ----------
    stage : int
        Its number among the stages; -1 is the image.
    region : Region, optional
        Of its result, or of groups of pixels; default: all.
    reduced : int
        Pixels of a group along each axis, which are shown as their mean; 1 shows the pixels.
    size : (int, int), optional
        Rows and columns of a picture of all of it, whose pixels are the means of what they cover. Numbers of
        objects have no means: of them a pixel shows one.
    focus : int, optional
        The number of the stage that is tuned.
    estimates : bool
        Whether numbers of the whole image may be estimates, so that the picture is there at once.
    """

    stage: int
    region: Region | None = None
    reduced: int = 1
    focus: int | None = None
    size: tuple[int, int] | None = None
    estimates: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it shows the pixels as they are."""
        return self.reduced == 1 and self.size is None


@dataclass(frozen=True)
class Seen:
    """What a view shows.

    Parameters
    ----------
    values : ndarray, shape (rows, cols, channels)
        In the type of the arithmetic, neither rounded nor saturated.
    region : Region
        Which they are.
    extent : (rows, cols)
        Of all there is to see.
    seconds : float
        That the loops took, compiled.
    step : (float, float)
        Rows and columns of pixels for one that is shown.
    labels : bool
        Whether they number objects.
    """

    values: NDArray[Any]
    region: Region
    extent: tuple[int, int]
    seconds: float
    step: tuple[float, float] = (1.0, 1.0)
    is_estimated: bool = False
    labels: bool = False


class Viewer:
    """Shows what the stages of a pipeline give.

    Parameters
    ----------
    engine : Engine
        Of all the stages.
    sample : Sample
        The image.
    kept : Kept
        What was made, for this pipeline or others.
    sign : callable, optional
        Is told what is going on.
    """

    def __init__(self, engine: Engine, sample: Sample, kept: Kept, sign: Sign = lambda text: None) -> None:
        # An engine of its own: what is planned may be another thing for every image.
        self._engine = engine.rewired(engine.wiring)
        self._sample, self._kept, self._sign = sample, kept, sign
        self._plans = lru_cache(maxsize=32)(self._plan)

    @property
    def shown(self) -> Shown:
        """The image."""
        return self._sample.shown

    @property
    def stages(self) -> list[int]:
        """The positions of the stages of the config, by their numbers, among those of the engine."""
        return [at for at, one in enumerate(self._engine.stages) if not one.implied]

    @property
    def engine(self) -> Engine:
        """What makes all of them."""
        return self._engine

    def dtype_of(self, number: int) -> str:
        """Return the type of what a stage gives: of the last that of the result, which is stored.

        What others give is neither rounded nor saturated.
        """
        if number < 0:
            return self.shown.pixels.dtype.name
        plan = self.plan()
        return plan.output_dtype if number == len(self.stages) - 1 else plan.compute

    def labels(self, number: int) -> bool:
        """Tell whether a stage numbers objects; the image does not."""
        return number >= 0 and numbers_objects(self._engine.stages[self.stages[number]])

    def plan(self) -> Plan:
        """Return the plan of the whole pipeline."""
        with self._sample.called():
            return self._planned(self._engine)

    def look(self, view: View, check: Callable[[], None] = lambda: None) -> Seen:
        """Return what a view shows.

        Parameters
        ----------
        view : View
        check : callable
            Is called now and then while numbers of a whole image are found, and raises what ends that.

        Raises
        ------
        PlanError
            If a stage does not take the image.
        """
        if view.stage < 0 and view.is_plain:
            pixels = np.atleast_3d(self.shown.pixels)
            extent = pixels.shape[:2]
            region = clipped(view.region, extent)
            return Seen(cut(pixels, region), region, extent, 0.0)
        with self._sample.called():
            engine, plan, keys = self._plans(view.stage, view.reduced, view.size)
            at = len(plan.nodes) - 1
            extent = plan.nodes[at].extent
            region = clipped(view.region, extent)
            maker = Maker(plan, keys, self._entering, self._kept, self._sign)
            before = self._worth_keeping(engine, maker, at, region, view.focus)
            found = Measurer(maker, frozenset(before), check).find(at, region, estimate=view.estimates)
            maker = replace(maker, numbers=found.numbers)
            kept = self._worth_keeping(engine, maker, at, region, view.focus)
            maker.keep(kept - _behind(plan, found.estimated), at, region)
            piece, seconds = maker.make(at, region)
        seen = Seen(cut(piece.values, region, piece.region), region, extent, seconds, _step(plan, view))
        return replace(seen, is_estimated=bool(found.estimated), labels=self.labels(view.stage))

    def time(self) -> float:
        """Return the seconds that a run over the whole image takes, compiled, without reading and writing."""
        shown, engine = self.shown, self._engine
        given: dict[str, Any] = {"alpha": shown.alpha, "nodata": shown.nodata, "mask": shown.mask}
        took = []
        with self._sample.called():
            for _ in range(2):  # the first compiles
                began = time.perf_counter()
                engine.outputs(shown.pixels, **given)
                took.append(time.perf_counter() - began)
        return min(took)

    def _plan(
        self, number: int, reduced: int, size: tuple[int, int] | None
    ) -> tuple[Engine, Plan, list[Hashable] | None]:
        """Return what makes a stage's result, or means of its pixels, of groups or to a size.

        Of numbers of objects some, in the place of their means.
        """
        whole = self._engine
        linear_light = any(one.implied for one in whole.stages)
        before = [] if number < 0 else list(self._up_to(number).stages)
        stages = [one for one in before if not one.implied]
        if size is not None:
            method = "nearest" if self.labels(number) else "area"
            stages.append(stage("geometry", "resize", size=list(size), method=method))
        elif reduced > 1:
            method = "decimate" if self.labels(number) else "bin"
            stages.append(stage("geometry", method, factor=reduced))
        engine = whole.rewired(wire(stages, linear_light=linear_light))
        plan = self._planned(engine)
        return engine, plan, keys_of(plan, engine, self._sample.name)

    def _up_to(self, number: int) -> Wiring:
        return self._engine.wiring.up_to(self.stages[number])

    def _planned(self, engine: Engine) -> Plan:
        shown = self.shown
        return engine.plan(
            shown.pixels.shape,
            shown.pixels.dtype.name,
            shown.alpha,
            nodata=shown.nodata,
            masked=shown.mask is not None,
        )

    @property
    def _entering(self) -> NDArray[Any]:
        """The image as loops read it: with its mask behind the last channel."""
        shown = self.shown
        pixels = shown.pixels if shown.mask is None else with_mask(shown.pixels, shown.mask, shown.alpha)
        return np.atleast_3d(pixels)

    def _worth_keeping(
        self, engine: Engine, maker: Maker, at: int, region: Region, focus: int | None
    ) -> set[int]:
        """Return the nodes whose results are to be kept: before what is tuned, or what is made of all."""
        plan, measured = maker.plan, maker.numbers
        if len(plan.stages) != len(engine.wiring.stages):
            return set()
        own = {each: number for number, part in enumerate(plan.stages) for each in _nodes(part)}
        if focus is not None and focus < len(self.stages):
            tuned = self._engine.stages[self.stages[focus]]
            after = _after(engine.wiring, [p for p, one in enumerate(engine.stages) if one is tuned])
            behind = [each for each in range(at + 1) if own[each] in after]
            if behind:
                inputs = {source for each in behind for source in plan.nodes[each].inputs}
                return {source for source in inputs if source >= 0 and own[source] not in after}
        made, _ = regions(plan, {at: region}, {}, measured)
        return {each for each in made if each != at and needs_all(plan.nodes[each], each in measured)}


def _nodes(part: Any) -> range:
    return range(part.first, part.first + len(part.nodes))


def _after(wiring: Wiring, begun: Iterable[int]) -> set[int]:
    """Return the positions of some stages, and of all that read them."""
    found = set(begun)
    for at, sources in enumerate(wiring.reads):
        if found.intersection(sources):
            found.add(at)
    return found


def _behind(plan: Plan, begun: Collection[int]) -> set[int]:
    """Return some nodes, and all that read them."""
    found = set(begun)
    for at, node in enumerate(plan.nodes):
        if found.intersection(node.inputs):
            found.add(at)
    return found


def _step(plan: Plan, view: View) -> tuple[float, float]:
    """Return how many rows and columns of pixels one is that is shown."""
    if view.size is None:
        return float(view.reduced), float(view.reduced)
    (rows, cols), (of_rows, of_cols) = plan.nodes[-1].extent, plan.nodes[-1].input
    return of_rows / rows, of_cols / cols
