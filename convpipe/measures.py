"""What is measured of images beside what a pipeline makes of them.

The images that statistics are of are results that nobody stores, in the loops of the pipeline: a formula over
pixels costs its arithmetic, and a pass to count. ``input`` and the results are there as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.engine import Engine
from convpipe.errors import PlanError
from convpipe.formula import Measure
from convpipe.formula.measure import Box
from convpipe.geometry import Extent
from convpipe.losses import Losses
from convpipe.measuring import LAST, measuring
from convpipe.objects import INPUT, LABELS, Objects, check, summaries, tables
from convpipe.plan import Plan
from convpipe.stages.wiring import RESULT, Wiring
from convpipe.statistics import Statistic, measure


@dataclass(frozen=True)
class Measured:
    """What came of one image.

    Parameters
    ----------
    results : dict of str to ndarray
    losses : Losses
    numbers : dict of str to float
        Of its measures, in their order; those of a channel are ``level.0``, ``level.1``, ..., and those of
        objects ``size.count``, ``size.mean``, ``size.min`` and ``size.max``.
    objects : tuple of Objects
        Of each image that labels some.
    """

    results: dict[str, NDArray[Any]]
    losses: Losses
    numbers: dict[str, float]
    objects: tuple[Objects, ...] = ()


class _Given(NamedTuple):
    """What tells one kind of image from another."""

    shape: tuple[int, ...]
    dtype: str
    alpha: bool
    nodata: float | None
    masked: bool


class Gauge:
    """Measures images that an engine filters.

    Parameters
    ----------
    engine : Engine
    wiring : Wiring
        Its stages, and those that are there to be measured alone.
    measures : mapping of str to Measure
        Of these, and of what enters.
    """

    def __init__(self, engine: Engine, wiring: Wiring, measures: Mapping[str, Measure]) -> None:
        self._engine, self.wiring, self.measures = engine, wiring, dict(measures)
        self._engines: dict[tuple[Any, ...], Engine] = {}

    @property
    def settings(self) -> dict[str, Any]:
        """What decides the numbers beside the stages, as plain data: formulas, and which stages they name."""
        named = {one.common["name"]: at for at, one in enumerate(self.wiring.stages)}
        formulas = {name: one.to_data() for name, one in self.measures.items()}
        images = dict.fromkeys(image for one in self.measures.values() for image in one.images)
        return {"formulas": formulas, "stages": {image: named[image] for image in images if image in named}}

    @cached_property
    def of_objects(self) -> tuple[str, ...]:
        """The measures that have a number of each object."""
        return tuple(name for name, one in self.measures.items() if one.labels is not None)

    @cached_property
    def _images(self) -> tuple[str, ...]:
        """The formulas of all images that are counted."""
        found = [counted.image for one in self.measures.values() for counted in one.counted]
        labels = [one.labels for one in self.measures.values() if one.labels is not None]
        return tuple(dict.fromkeys([*found, *labels, *([INPUT] if labels else ())]))

    def plan(
        self,
        shape: Sequence[int],
        dtype: str = "uint8",
        alpha: bool = False,
        *,
        nodata: float | None = None,
        masked: bool = False,
    ) -> Plan:
        """Return the plan of an image with all that is measured; as :meth:`convpipe.engine.Engine.plan`.

        Raises
        ------
        PlanError
            If images of one formula do not meet, or a box is not within its image, too.
        """
        given = _Given(tuple(shape), dtype, alpha, nodata, masked)
        engine, places = self._measuring(given)
        plan = engine.plan(shape, dtype, alpha, nodata=nodata, masked=masked)
        named = {each.name: plan.nodes[each.node] for each in plan.outputs}
        nodes = {_stored_as(name, bool(places)): node for name, node in named.items()}
        nodes |= {image: named[name] for image, name in places.items()}
        extents = {INPUT: plan.input} | {image: node.extent for image, node in nodes.items()}
        channels = {INPUT: plan.channels} | {image: node.channels for image, node in nodes.items()}
        colours = {image: count - alpha for image, count in channels.items()}
        check(self.measures, extents, colours)
        for name, one in self.measures.items():
            for counted in one.counted:
                _check_box(name, one.box, extents[counted.image])
        return plan

    def outputs(
        self,
        image: NDArray[Any],
        threads: int | None = None,
        *,
        alpha: bool = False,
        nodata: float | None = None,
        mask: NDArray[Any] | None = None,
    ) -> Measured:
        """Filter an image, and measure it; as :meth:`convpipe.engine.Engine.outputs`."""
        given = _Given(image.shape, image.dtype.name, alpha, nodata, mask is not None)
        self.plan(*given[:3], nodata=nodata, masked=given.masked)
        engine, places = self._measuring(given)
        made, losses = engine.outputs(image, threads, alpha=alpha, nodata=nodata, mask=mask)
        hidden = {formula: made.pop(name) for formula, name in places.items()}
        results = {_stored_as(name, bool(places)): each for name, each in made.items()}
        images = {INPUT: image, **results, **hidden}
        objects = tables(self.measures, images, alpha)
        return Measured(results, losses, self._numbers(images, objects, alpha, threads), objects)

    def _measuring(self, given: _Given) -> tuple[Engine, dict[str, str]]:
        """Return what filters and measures an image, and the results that are its formulas' images."""
        shape, dtype, alpha, nodata, masked = given
        plain = self._engine.plan(shape, dtype, alpha, nodata=nodata, masked=masked)
        # Where samples are missing the numbers in the results cannot be told from those that stand for them.
        there = () if plain.missing is not None else (INPUT, *dict(self._engine.wiring.outputs))
        wanted = [image for image in self._images if image not in there]
        if not wanted:
            return self._engine, {}
        dtypes = {each.name: each.dtype for each in plain.outputs}
        key = (tuple(dtypes.values()), plain.missing is None)
        if key not in self._engines:
            self._engines[key] = self._engine.rewired(measuring(self.wiring, wanted, dtypes))
        wiring = self._engines[key].wiring
        names = [name for name, _ in wiring.outputs if name in wiring.measured]
        return self._engines[key], dict(zip(wanted, names, strict=True))

    def _numbers(
        self,
        images: Mapping[str, NDArray[Any]],
        objects: Iterable[Objects],
        alpha: bool,
        threads: int | None,
    ) -> dict[str, float]:
        """Return the numbers of all measures."""
        own = self._of_images(images, alpha, threads)
        tabled = {each.labels: each for each in objects}
        found: dict[str, float] = {}
        for name, one in self.measures.items():
            found |= own[name] if one.labels is None else summaries(name, tabled[one.labels])
        return found

    def _of_images(
        self, images: Mapping[str, NDArray[Any]], alpha: bool, threads: int | None
    ) -> dict[str, dict[str, float]]:
        """Return the numbers of each measure of an image, or of its channels."""
        wanted: dict[tuple[str, Box | None], dict[Statistic, float]] = {}
        parts = []
        for name, one in self.measures.items():
            if one.per == LABELS:
                continue
            channels = _channels(one, images, alpha)
            for channel in channels:
                numbers = {}
                for counted in one.counted:
                    alone = channel if _colours(images[counted.image], alpha) > 1 else None
                    kind = counted.statistic
                    statistic = Statistic("", kind.kind, kind.percent, alone)
                    wanted.setdefault((counted.image, one.box), {})[statistic] = np.nan
                    numbers[counted.name] = (counted.image, one.box, statistic)
                parts.append((name, name if channel is None else f"{name}.{channel}", one, numbers))
        for (image, box), found in wanted.items():
            samples = _samples(images[image], box, alpha)
            found |= zip(found, measure(list(found), samples, _counting(threads)), strict=True)
        made: dict[str, dict[str, float]] = {}
        for name, shown, one, own in parts:
            held = {each: wanted[image, box][number] for each, (image, box, number) in own.items()}
            made.setdefault(name, {})[shown] = one.value(held)
        return made


def _stored_as(name: str, measured: bool) -> str:
    """Return what a result is called that stands under a `name` in the plan of what is measured."""
    return RESULT if measured and name == LAST else name


def _check_box(name: str, box: Box | None, extent: Extent) -> None:
    if box is None:
        return
    for first, end, size in zip(box[:2], box[2:], extent, strict=True):
        start, stop, _ = slice(first, end).indices(size)
        inside = all(-size <= side <= size for side in (first, end or 0))
        if start >= stop or not inside:
            rows, cols = extent
            shown = ", ".join("null" if side is None else str(side) for side in box)
            raise PlanError(f"measure {name}: the box [{shown}] is not within an image of {rows}x{cols}")


def _colours(image: NDArray[Any], alpha: bool) -> int:
    """Return the channels of an image that count."""
    return image.shape[2] - alpha if image.ndim == 3 else 1


def _channels(one: Measure, images: Mapping[str, NDArray[Any]], alpha: bool) -> list[int | None]:
    """Return the channels that a measure has a number of each; None for the image as a whole."""
    if one.per == "image":
        return [None]
    return list(range(max(_colours(images[counted.image], alpha) for counted in one.counted)))


def _samples(image: NDArray[Any], box: Box | None, alpha: bool) -> NDArray[Any]:
    """Return the samples that count, (n, channels): of a box, and of pixels that alpha does not hide."""
    if box is not None:
        image = image[box[0] : box[2], box[1] : box[3]]
    pixels = image.reshape(-1, image.shape[2] if image.ndim == 3 else 1)
    if not alpha:
        return pixels
    shown = pixels[:, -1] > 0  # NaN is not
    return pixels[:, :-1] if shown.all() else pixels[shown, :-1]


def _counting(threads: int | None) -> Any:
    from convpipe.compile.cpu.counting import Counting  # Numba loads when the first image comes

    return Counting(threads)
