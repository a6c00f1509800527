"""The arithmetic of one output pixel, step by step, as ``convpipe explain`` prints it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convpipe.cli.apart import called, filtered, seen
from convpipe.cli.covered import plain_stage, weigh
from convpipe.cli.steps import has_steps, reads, shown, walk
from convpipe.cli.streams import emit
from convpipe.cli.window import Samples, grid, ranked, span, summed, taps_of, under
from convpipe.errors import ParameterError
from convpipe.geometry import Border
from convpipe.interval import Interval
from convpipe.ops import (
    Alpha,
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
    Window,
    dtype_range,
    is_integer,
    statistics,
)
from convpipe.stages.wiring import IMAGE
from convpipe.statistics import Statistic, measure

if TYPE_CHECKING:
    from convpipe.engine import Engine
    from convpipe.pipeline import Pipeline
    from convpipe.plan import Plan, StagePlan


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
        if plain := plain_stage(self, position):
            weigh(self, plain)
            self.maps(plain.ops)
            self._given(position)
            return
        if has_steps(stage) and not (self.plan.alpha or self.plan.missing):
            walk(self)
            self._given(position)
            return
        if len(stage.nodes) > 1 or stage.nodes[0].is_join or stage.nodes[0].apart:
            self._joined(position)
            return
        entering = self.after(self.stage.inputs[0])
        sums: dict[str, float] = {}
        if any(isinstance(op, Mix) for op in stage.ops):
            self._mix(entering)
        elif mapped := next((op for op in stage.ops if isinstance(op, ChannelMap)), None):
            self._channels(entering, mapped)
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
        named = zip(op.inputs, first.inputs, strict=True) if first.is_join and isinstance(op, Map) else ()
        for symbol, node in named:
            source = IMAGE if node == IMAGE else self.plan.stage_of(node)
            name = "input" if source == IMAGE else self.plan.stages[source].name
            read = self.after(source)
            if first.extent == self.stage.extent:  # else a stride or padding follows, and pixels move
                value = read[(*self.at, min(self.channel, read.shape[2] - 1))]
                emit(f"{symbol} is {name}: {value:.6g}")
            else:
                emit(f"{symbol} is {name}")
        self.maps(self.stage.ops)
        self._given(position)

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
            emit("colours are weighted by alpha: multiplied by it, filtered, divided by filtered alpha")
            grid("window of alpha", window[..., -1], outside)
            samples = samples * window[..., -1]
            title = f"{title} x alpha"
        grid(title if title == "window" else f"window of {title}", samples, outside)
        if outside.any():
            made = f" {slid.value:g}" if slid.border is Border.CONSTANT else ""
            emit(f"in brackets: outside the image, by border {slid.border.name.lower()}{made}")
        if isinstance(slid, Rank):
            return ranked(slid, samples)
        taps = dict(zip(slid.names, taps_of(slid, self.at), strict=True))
        for name, weights in taps.items():
            grid(f"taps of {name}", weights)
            emit(f"{name} = {summed(samples, weights)}")
            if weighted:
                emit(f"divided by alpha = {summed(window[..., -1], weights)}")
        if premultiplied:
            return {}
        return {name: float((samples * weights).sum()) for name, weights in taps.items()}

    def _mix(self, entering: Samples) -> None:
        """Print a weighted sum over the channels of the pixel."""
        (mix,) = (op for op in self.stage.ops if isinstance(op, Mix))
        window, _ = under(entering, self._slid, self.places())
        pixel, names = window[0, 0], self._names(entering.shape[2])
        weights = mix.matrix[self.channel]
        terms = [f"{w:.4g}*{x:.5g} ({name})" for w, x, name in zip(weights, pixel, names, strict=True) if w]
        emit(f"{' + '.join(terms)} = {float(np.dot(weights, pixel)):.6g}")

    def _channels(self, entering: Samples, op: ChannelMap) -> None:
        """Print the channels of the pixel, and the lines that make others of them."""
        window, _ = under(entering, self._slid, self.places())
        pixel = window[0, 0]
        if self.channel >= len(op.outputs):
            emit(f"alpha stays: {pixel[-1]:.6g}")
            return
        known = {**dict(zip(op.inputs, map(float, pixel), strict=False)), **self._constants(op)}
        emit(", ".join(f"{name} = {value:.6g}" for name, value in known.items()))
        for name, line in op.lines:
            values = {each: Interval(known[each], known[each]) for each in line.inputs}
            found = line.range(values)
            known[name] = (found.low + found.high) / 2
            emit(f"{name} = {line.expression} = {known[name]:.6g}")
        emit(f"the channel is {op.outputs[self.channel]}")

    def maps(self, ops: Sequence[Op]) -> None:
        """Print what the stage does with its responses: expressions with their constants."""
        for op in ops:
            if isinstance(op, Map):
                constants = ", ".join(f"{name} = {value:.6g}" for name, value in self._constants(op).items())
                emit(f"then {op.expression}" + (f", {constants}" if constants else ""))
            elif isinstance(op, Lookup):
                how = (
                    f"that the image gives: its {op.measured}"
                    if op.measured
                    else f"of {len(op.table)} entries"
                )
                ends = "" if op.measured else f", from {op.low:g} to {op.high:g}"
                emit(f"then looked up in a table {how}{ends}, between two on the line from one to the other")
            elif isinstance(op, Cast):
                saturates = " and saturated" if is_integer(op.dtype) else ""
                emit(f"then rounded half to even{saturates} to {op.dtype}")

    def _constants(self, op: Map | ChannelMap) -> dict[str, float]:
        """Return the constants of an op, with the numbers that the image gives."""
        found: dict[str, float] = {}
        if needed := statistics(op):
            samples = self.after(self.stage.inputs[0])
            colours = samples[..., :-1] if self.plan.alpha else samples
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
        emit(f"stored as {result.dtype.name}: {stored:.6g}{_why(value, result.dtype.name)}")


_OVERFLOWS = 65520.0
"""The least number that float16 rounds to infinity: half a step above the largest that it holds."""


def _why(value: float, dtype: str) -> str:
    """Return how a value became what is stored."""
    if dtype == "float16" and np.isfinite(value) and abs(value) >= _OVERFLOWS:
        return f" (overflow: {dtype} holds up to {np.finfo(dtype).max:g})"
    if not is_integer(dtype):
        return ""
    limits = dtype_range(dtype)
    if np.isnan(value):
        return " (NaN becomes 0)"
    if not limits.low - 0.5 <= value <= limits.high + 0.5:
        return f" (saturated: {dtype} holds {limits.low:g} to {limits.high:g})"
    return "" if value == round(value) else " (rounded half to even)"
