"""What a dtype loses of the values that it is to hold, and what would keep them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from convpipe.interval import Interval
from convpipe.ops import dtype_range, is_integer
from convpipe.plan.stage import StagePlan
from convpipe.stages.wiring import IMAGE


def saturations(
    stages: Sequence[StagePlan], results: Mapping[int, str], level: Sequence[Interval], dtype: str
) -> list[str]:
    """Say of the stages of a plan where a dtype can lose values.

    Parameters
    ----------
    stages : sequence of StagePlan
    results : mapping of int to str
        The dtypes of those stages that give results, by their positions.
    level : sequence of Interval
        Enclose the values of each stage, before its cast, if what interpolates did not overshoot.
    dtype : str
        Of the image.
    """
    rounded = [(at, stage.unrounded, stage.dtype) for at, stage in enumerate(stages)]
    rounded += [(at, stages[at].range, held) for at, held in results.items() if stages[at].dtype != held]
    said = []
    for at, values, held in rounded:
        told, where = _told(stages, at)
        lost = loss(values, held, told.smaller, is_result=at in results)
        if lost is not None and not _holds(held, level[at]):
            shown = _shown(values if told is stages[at] else told.range)
            said.append(f"{told.origin}: {where}of {dtype} images its values can be {shown}; {lost}")
    return said


def _told(stages: Sequence[StagePlan], at: int) -> tuple[StagePlan, str]:
    """Return the stage of the config to be told of what one gives, and in which light its values are."""
    stage = stages[at]
    if stage.index is not None or stage.inputs[0] == IMAGE:
        return stage, ""
    return stages[stage.inputs[0]], "in linear light, "


def _shown(values: Interval) -> str:
    return "of any size" if math.isinf(values.low) and math.isinf(values.high) else str(values)


def loss(values: Interval, dtype: str, smaller: str | None, *, is_result: bool) -> str | None:
    """Say what `dtype` makes of those of `values` that it does not hold; None if it holds all of them."""
    if _holds(dtype, values):
        return None
    wider = next((name for name in ("uint16", "int16", "int32") if _holds(name, values)), "float32")
    keeps = f"{f'fewer with {smaller}, ' if smaller else ''}none with 'dtype: {wider}'"
    instead = f"{keeps} ({_FILES.get(wider, _TIFF_ALONE)})" if is_result else keeps
    if not is_integer(dtype):
        return f"{dtype} makes those beyond {np.finfo(dtype).max:.6g} infinite; {instead}"
    limits = dtype_range(dtype)
    return f"{dtype} holds {limits.low:.10g} to {limits.high:.10g} and saturates the others; {instead}"


_TIFF_ALONE = "in a file with 'format: tiff'; PNG and JPEG do not hold it"
_FILES = {"uint16": "in a file with 'format: png' or tiff; JPEG does not hold it"}
"""Which files hold a result of a type, as `convpipe.images` has it."""


def _holds(dtype: str, values: Interval) -> bool:
    """Tell whether `dtype` holds all of `values`, rounded; wide floating types hold what is computed."""
    if is_integer(dtype):
        limits = dtype_range(dtype)
        return values.within(Interval(limits.low - 0.5, limits.high + 0.5))
    largest = float(np.finfo(dtype).max)
    return dtype != "float16" or values.within(Interval(-largest, largest))
