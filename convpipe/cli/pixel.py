"""The arithmetic of one output pixel, step by step, as ``convpipe explain`` prints it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convpipe.cli.apart import called, filtered, interpolated, seen
from convpipe.cli.covered import counts_of, is_weighed, plain_plan, rule, weigh
from convpipe.cli.pointwise import converted, looked_up, mapped, mixed, why
from convpipe.cli.steps import has_steps, reads, shown, walk
from convpipe.cli.streams import emit
from convpipe.cli.window import Samples, grid, ranked, span, summed, taps_of, under, weighed
from convpipe.errors import ParameterError
from convpipe.geometry import Border
from convpipe.interval import Interval
from convpipe.ops import (
    Alpha,
    Bilateral,
    Cast,
    ChannelMap,
    Frame,
    Layer,
    Lookup,
    Map,
    Mix,
    Op,
    Rank,
    Turn,
    Warp,
    Window,
    is_integer,
    statistics,
)
from convpipe.stages.wiring import IMAGE
from convpipe.statistics import Statistic, measure

if TYPE_CHECKING:
    from convpipe.engine import Engine
    from convpipe.pipeline import Pipeline
    from convpipe.plan import Plan, StagePlan


_WEIGHTED = "colours are weighted by alpha: multiplied by it, filtered, divided by filtered alpha"


def channel_names(channels: int, alpha: bool) -> list[str]:
    """Return what the channels of an image are called.

    Examples
    --------
    >>> channel_names(4, True), channel_names(2, False)
    (['red', 'green', 'blue', 'alpha'], ['channel 0', 'channel 1'])
    """
    colours = channels - alpha
    names = {1: ["grey"], 3: ["red", "green", "blue"]}.get(colours)
    return [*(names or [f"channel {i}" for i in range(colours)]), *(["alpha"] if alpha else [])]


@dataclass(frozen=True)
class Pixel:
    """One pixel of the output of one stage.

    Parameters
    ----------
    pipeline : Pipeline
    plan : Plan
        For `pixels`.
    pixels : ndarray
        The image.
    stage : StagePlan
        One of the plan's.
    at : (row, column)
        In the output of `stage`.
    channel : int
        Of the output of `stage`.
    nodata : float, optional
        What the image says that a missing sample is.
    mask : ndarray, optional
        0 where a pixel is missing.
    """

    pipeline: Pipeline
    plan: Plan
    pixels: NDArray[Any]
    stage: StagePlan
    at: tuple[int, int]
    channel: int
    nodata: float | None = None
    mask: NDArray[Any] | None = None

    def explain(self) -> None:
        """Print window, taps, sums, what is done with them, and what is stored."""
        stage, at = self.stage, self.at
        if any(where >= size for where, size in zip(at, stage.extent, strict=True)):
            rows, cols = stage.extent
            raise ParameterError(f"--at needs a row below {rows} and a column below {cols}; given {at}")
        if self.channel >= stage.channels:
            known = ", ".join(f"{i} ({name})" for i, name in enumerate(self._names(stage.channels)))
            raise ParameterError(f"--channel needs one of {known}; given {self.channel}")
        places = self.places()
        name = f", {self._names(stage.channels)[self.channel]}" if stage.channels > 1 else ""
        emit(f"\noutput pixel ({at[0]}, {at[1]}) of {stage.place}, {stage.name}{name}:{self._region(places)}")
        position = next(at for at, one in enumerate(self.plan.stages) if one is stage)
        if plain := plain_plan(self, position):
            self._covered(plain, position)
            return
        weighted = isinstance(stage.nodes[0].ops[0], Alpha)
        if has_steps(stage) and not self.plan.missing and (weighted or not self.plan.alpha):
            if weighted:
                emit(_WEIGHTED)
            walk(self)
            self._given(position)
            return
        if len(stage.nodes) > 1 or stage.nodes[0].is_join or stage.nodes[0].apart:
            self._joined(position)
            return
        entering = self.after(self.stage.inputs[0])
        sums: dict[str, float] = {}
        if mix := next((op for op in stage.ops if isinstance(op, Mix)), None):
            mixed(mix, self._one(entering), self._names(entering.shape[2]), self.channel)
        elif lines := next((op for op in stage.ops if isinstance(op, ChannelMap)), None):
            converted(lines, self._one(entering), self._constants(lines), self.channel)
        else:
            sums = self._window(entering, places)
        self.maps(self.stage.ops)
        value = float(self.after(position)[(*at, self.channel)])
        emit(f"the stage gives {value:.6g}{self._rounding(sums, value)}")
        self._stored(position, value)

    def _region(self, places: list[list[int]]) -> str:
        """Return which rows and columns of its input the pixel depends on; '' of what stands apart."""
        stage = self.stage
        if stage.nodes[0].apart:
            return ""
        if len(stage.nodes) == 1:
            return f" rows {span(places[0])}, columns {span(places[1])} of its input"
        region = reads(self)[stage.nodes[0].inputs[0]]
        if not all(region):
            return " a constant border"
        rows, cols = map(shown, region)
        return f" rows {rows}, columns {cols} of its input"

    def _joined(self, position: int) -> None:
        """Print what a stage that combines several images reads, its expressions, and what they give."""
        first = self.stage.nodes[0]
        op = first.ops[0]
        if isinstance(op, Frame):
            called(op)
        elif isinstance(op, Layer):
            filtered(op, first, self.after(self.stage.inputs[0]), self.at, self.channel)
        elif isinstance(op, Turn) and len(self.stage.nodes) == 1:
            seen(op, first, self.at)
        elif isinstance(op, Warp):
            interpolated(op, first, self.at)
        self._read(self.plan, self.stage)
        self.maps(self.stage.ops)
        self._given(position)

    def _covered(self, plain: Plan, position: int) -> None:
        """Print what a stage makes of samples of which some are missing, or hidden by alpha."""
        stage = plain.stages[position]
        if is_weighed(stage):
            weigh(self, stage)
        elif self.plan.alpha and self.channel == stage.channels:
            emit("alpha is that of the pixel")
        else:
            emit(rule(self))
            self._read(plain, stage)
        self.maps(stage.ops)
        self._given(position)

    def _read(self, plan: Plan, stage: StagePlan) -> None:
        """Print which images a stage combines, and their values where the pixel lies."""
        first = stage.nodes[0]
        op = first.ops[0]
        if not (first.is_join and isinstance(op, Map)):
            return
        for symbol, node in zip(op.inputs, first.inputs, strict=True):
            source = IMAGE if node == IMAGE else plan.stage_of(node)
            name = "input" if source == IMAGE else plan.stages[source].name
            read = self.after(source)
            if first.extent == stage.extent:  # else a stride or padding follows, and pixels move
                value = read[(*self.at, min(self.channel, read.shape[2] - 1))]
                emit(f"{symbol} is {name}: {value:.6g}")
            else:
                emit(f"{symbol} is {name}")

    def _given(self, position: int) -> None:
        """Print what the stage gives, and what becomes of it."""
        value = float(self.after(position)[(*self.at, self.channel)])
        emit(f"the stage gives {value:.6g}")
        self._stored(position, value)

    @property
    def _slid(self) -> Window:
        return self.stage.nodes[0].window

    def _names(self, channels: int) -> list[str]:
        return channel_names(channels, self.plan.alpha)

    def places(self) -> list[list[int]]:
        """Return the rows and the columns of the input that the taps lie on; outside it too."""
        return [list(axis.under(where)) for where, axis in zip(self.at, self.stage.axes, strict=True)]

    def after(self, position: int) -> Samples:
        """Return what a stage gives, (rows, cols, channels), unrounded; or the image."""
        samples = self.pixels
        if position != IMAGE:
            engine = self.up_to(position)
            samples, _ = engine.filter(
                samples, dtype=self.plan.compute, alpha=self.plan.alpha, nodata=self.nodata, mask=self.mask
            )
        return np.atleast_3d(samples).astype(float)

    def up_to(self, position: int) -> Engine:
        """Return what filters an image up to the result of a stage."""
        from convpipe.engine import Engine

        whole = self.pipeline
        return Engine(whole.wiring.up_to(position), whole.border, None, "cpu", whole.missing)

    def _window(self, entering: Samples, places: list[list[int]]) -> dict[str, float]:
        """Print the window, and what is made of it; return that by name, where the value is made of it."""
        slid = self._slid
        premultiplied = any(isinstance(op, Alpha) for op in self.stage.ops)
        names = self._names(entering.shape[2])
        window, outside = under(entering, slid, places)
        samples = window[..., self.channel]
        title = names[self.channel] if len(names) > 1 else "window"
        if self.plan.alpha and self.channel == len(names) - 1 and slid.keep_alpha:
            emit("alpha is passed on from the centre of the window")
            return {}
        weighted = premultiplied and self.channel < len(names) - 1
        if weighted:
            emit(_WEIGHTED)
            grid("window of alpha", window[..., -1], outside)
            samples = samples * window[..., -1]
            title = f"{title} x alpha"
        grid(title if title == "window" else f"window of {title}", samples, outside)
        if outside.any():
            made = f" {slid.value:g}" if slid.border is Border.CONSTANT else ""
            emit(f"in brackets: outside the image, by border {slid.border.name.lower()}{made}")
        if isinstance(slid, Rank):
            return ranked(slid, samples)
        if isinstance(slid, Bilateral):
            return weighed(slid, window[..., :-1] if slid.keep_alpha else window, self.channel)
        taps = dict(zip(slid.names, taps_of(slid, self.at), strict=True))
        for name, weights in taps.items():
            grid(f"taps of {name}", weights)
            emit(f"{name} = {summed(samples, weights)}")
            if weighted:
                emit(f"divided by alpha = {summed(window[..., -1], weights)}")
        if premultiplied:
            return {}
        return {name: float((samples * weights).sum()) for name, weights in taps.items()}

    def _one(self, entering: Samples) -> Samples:
        """Return the channels of the one pixel that a stage looks at."""
        window, _ = under(entering, self._slid, self.places())
        pixel: Samples = window[0, 0]
        return pixel

    def maps(self, ops: Sequence[Op]) -> None:
        """Print what the stage does with its responses: expressions with their constants."""
        for op in ops:
            if isinstance(op, Map):
                mapped(op, self._constants(op))
            elif isinstance(op, Lookup):
                looked_up(op)
            elif isinstance(op, Cast):
                saturates = " and saturated" if is_integer(op.dtype) else ""
                emit(f"then rounded half to even{saturates} to {op.dtype}")

    def _constants(self, op: Map | ChannelMap) -> dict[str, float]:
        """Return the constants of an op, with the numbers that the image gives."""
        found: dict[str, float] = {}
        if needed := statistics(op):
            source = self.stage.inputs[0]
            samples = self.after(source)
            colours = samples[..., :-1] if self.plan.alpha else samples
            if self.plan.alpha or self.plan.missing:
                colours = np.where(counts_of(self, source) > 0, colours, np.nan)
            values = measure(needed, colours.reshape(-1, colours.shape[2]))
            found = {
                one.name: value
                for one, value in zip(needed, values, strict=True)
                if isinstance(one, Statistic)
            }
        return {**dict(op.constants), **found}

    def _rounding(self, sums: dict[str, float], value: float) -> str:
        """Say what the sums that were printed give in exact arithmetic, if rounding can be seen."""
        ops = self.stage.ops
        if not sums or any(statistics(op) or isinstance(op, Lookup) for op in ops):
            return ""
        found = {name: Interval(sum, sum) for name, sum in sums.items()}
        for op in ops:
            if isinstance(op, Map):
                single = len(found) == 1  # whatever its name
                given = {op.inputs[0]: next(iter(found.values()))} if single else found
                found = {"r": op.range(given)}
        (exact,) = found.values()
        middle = (exact.low + exact.high) / 2
        if any(isinstance(op, Cast) for op in ops) or f"{middle:.6g}" == f"{value:.6g}":
            return ""
        return f" (of these sums {middle:.6g}; {self.plan.compute} rounds on the way)"

    def _stored(self, position: int, value: float) -> None:
        """Print what becomes of the value: what the file holds, or which stage takes it."""
        later = [stage for stage in self.plan.stages if position in stage.inputs]
        if own := [f"{stage.place}, {stage.name}" for stage in later if stage.index is not None]:
            how = "" if any(isinstance(op, Cast) for op in self.stage.ops) else ", not rounded,"
            emit(f"it goes on{how} to {' and to '.join(own)}")
            return
        if later:
            value = float(self.after(len(self.plan.stages) - 1)[(*self.at, self.channel)])
            emit(f"linear_light encodes it again: {value:.6g}")
        result, _ = self.pipeline.engine.filter(
            self.pixels, alpha=self.plan.alpha, nodata=self.nodata, mask=self.mask
        )
        stored = np.atleast_3d(result)[(*self.at, self.channel)]
        emit(f"stored as {result.dtype.name}: {stored:.6g}{why(value, result.dtype.name)}")
