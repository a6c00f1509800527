"""One pixel of the output of one stage: where it reads, and what is said of the ops that look at it alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from functools import cached_property

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.explain.account import Account, Samples, Source
from convpipe.explain.coverage import counts_of
from convpipe.explain.pointwise import looked_up, mapped, why
from convpipe.explain.run import Run
from convpipe.explain.window import places_of, sources_under
from convpipe.ops import Cast, ChannelMap, Lookup, Map, Op, is_integer, statistics
from convpipe.plan import Plan, StagePlan
from convpipe.statistics import Statistic, measure


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


@dataclass(frozen=True, eq=False)
class Pixel:
    """One pixel of the output of one stage, and what is said of it.

    Parameters
    ----------
    run : Run
    position : int
        Of the stage among those of the plan.
    at : (row, column)
        In the output of the stage.
    channel : int
        Of the output of the stage.
    account : Account
        To which all is added.
    """

    run: Run
    position: int
    at: tuple[int, int]
    channel: int
    account: Account = field(default_factory=Account)

    @property
    def plan(self) -> Plan:
        """What the pipeline does to the image."""
        return self.run.plan

    @property
    def stage(self) -> StagePlan:
        """The stage whose output it is of."""
        return self.plan.stages[self.position]

    @property
    def entering(self) -> Samples:
        """What the first image holds that the stage reads, (rows, cols, channels)."""
        return self.run.after(self.stage.inputs[0])

    @property
    def value(self) -> float:
        """What the stage gives, unrounded."""
        return float(self.run.after(self.position)[(*self.at, self.channel)])

    @property
    def is_alpha(self) -> bool:
        """Tell whether it is one of alpha."""
        return self.plan.alpha and self.channel == self.stage.channels - 1

    @cached_property
    def places(self) -> list[list[int]]:
        """The rows and the columns of the input that the taps lie on; outside it too."""
        return places_of(self.stage.axes, self.at)

    @property
    def across(self) -> tuple[Source, ...]:
        """Where the channels of the one pixel come from that a stage without a window reads."""
        at, slid = self.stage.inputs[0], self.stage.nodes[0].window
        found = (
            sources_under(self.entering, slid, self.places, self.source(at, channel=channel))[0][0]
            for channel in range(self.entering.shape[2])
        )
        return tuple(source for source in found if source is not None)

    def source(self, stage: int, row: int = 0, col: int = 0, channel: int | None = None) -> Source:
        """Return a sample of what a stage gives, or of the image; its channel is the pixel's if it can."""
        most = self.run.after(stage).shape[2] - 1
        return Source(stage, row, col, min(self.channel if channel is None else channel, most))

    def names(self, channels: int) -> list[str]:
        """Return what so many channels are called."""
        return channel_names(channels, self.plan.alpha)

    def maps(self, ops: Sequence[Op]) -> None:
        """Say what is done with the responses: expressions with their constants, which leave alpha be."""
        for op in ops:
            if self.is_alpha and isinstance(op, Map | Lookup):
                continue
            if isinstance(op, Map):
                mapped(op, self.constants(op), self.account)
            elif isinstance(op, Lookup):
                looked_up(op, self.account)
            elif isinstance(op, Cast):
                saturates = " and saturated" if is_integer(op.dtype) else ""
                self.account.say(f"then rounded half to even{saturates} to {op.dtype}")

    def constants(self, op: Map | ChannelMap) -> dict[str, float]:
        """Return the constants of an op, with the numbers that the image gives."""
        found: dict[str, float] = {}
        if needed := statistics(op):
            samples = self.entering
            colours = samples[..., :-1] if self.plan.alpha else samples
            if self.plan.alpha or self.plan.missing:
                colours = np.where(counts_of(self.run, self.stage.inputs[0]) > 0, colours, np.nan)
            values = measure(needed, colours.reshape(-1, colours.shape[2]))
            found = {
                one.name: value
                for one, value in zip(needed, values, strict=True)
                if isinstance(one, Statistic)
            }
        return {**dict(op.constants), **found}

    def given(self, rounding: str = "") -> None:
        """Say what the stage gives, and what becomes of it: what the file holds, or which stage takes it."""
        self.account.conclude(f"the stage gives {self.value:.6g}{rounding}")
        plan, position = self.plan, self.position
        later = [stage for stage in plan.stages if position in stage.inputs]
        if own := [f"{stage.place}, {stage.name}" for stage in later if stage.index is not None]:
            how = "" if any(isinstance(op, Cast) for op in self.stage.ops) else ", not rounded,"
            self.account.say(f"it goes on{how} to {' and to '.join(own)}")
            return
        value = self.value
        if later:
            value = float(self.run.after(len(plan.stages) - 1)[(*self.at, self.channel)])
            self.account.say(f"linear_light encodes it again: {value:.6g}")
        result = self.run.stored
        stored, dtype = result[(*self.at, self.channel)], result.dtype.name
        self.account.conclude(f"stored as {dtype}: {stored:.6g}{why(value, dtype)}")
