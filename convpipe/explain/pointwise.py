"""The arithmetic of what looks at one pixel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from convpipe.explain.account import Account, Samples
from convpipe.interval import Interval
from convpipe.ops import ChannelMap, Lookup, Map, Mix, dtype_range, is_integer

if TYPE_CHECKING:
    from convpipe.explain.pixel import Pixel


def mixed(mix: Mix, channels: Samples, pixel: Pixel) -> None:
    """Say a weighted sum over the channels that a pixel reads."""
    weights, names = mix.matrix[pixel.channel], pixel.names(len(channels))
    terms = [f"{w:.4g}*{x:.5g} ({name})" for w, x, name in zip(weights, channels, names, strict=True) if w]
    pixel.account.say(f"{' + '.join(terms)} = {float(np.dot(weights, channels)):.6g}", *pixel.across)


def converted(op: ChannelMap, channels: Samples, pixel: Pixel) -> None:
    """Say the channels that a pixel reads, and the lines that make others of them."""
    account = pixel.account
    if pixel.channel >= len(op.outputs):
        account.say(f"alpha stays: {channels[-1]:.6g}", pixel.across[-1])
        return
    known = {**dict(zip(op.inputs, map(float, channels), strict=False)), **pixel.constants(op)}
    account.say(", ".join(f"{name} = {value:.6g}" for name, value in known.items()), *pixel.across)
    for name, line in op.lines:
        values = {each: Interval(known[each], known[each]) for each in line.inputs}
        found = line.range(values)
        known[name] = (found.low + found.high) / 2
        account.say(f"{name} = {line.expression} = {known[name]:.6g}")
    account.say(f"the channel is {op.outputs[pixel.channel]}")


def mapped(op: Map, constants: Mapping[str, float], account: Account) -> None:
    """Say an expression with its constants."""
    given = ", ".join(f"{name} = {value:.6g}" for name, value in constants.items())
    account.say(f"then {op.expression}" + (f", {given}" if given else ""))


def looked_up(op: Lookup, account: Account) -> None:
    """Say what a table is of."""
    how = f"that the image gives: its {op.measured}" if op.measured else f"of {len(op.table)} entries"
    ends = "" if op.measured else f", from {op.low:g} to {op.high:g}"
    account.say(f"then looked up in a table {how}{ends}, between two on the line from one to the other")


_OVERFLOWS = 65520.0
"""The least number that float16 rounds to infinity: half a step above the largest that it holds."""


def why(value: float, dtype: str) -> str:
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
