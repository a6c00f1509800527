"""The bytes that the ops define, by plain NumPy in the type of the arithmetic: what every loop must give.

A stencil's sum is a product and then fused multiply-adds in the order of its taps; where a kernel is taken
apart, those of the column and then those of the row, one outer product onto the others before it. A map
rounds every operation by itself. How a kernel is taken apart is read from the product; the arithmetic and the
borders are not.
"""

import numpy as np
import oracle
from rounding import fma

from convpipe.compile.common.banks import Dense, LowRank, Separable, choose
from convpipe.ops import Alpha, Cast, ChannelMap, Lookup, Map, Mix, Resample, Stencil
from convpipe.plan.arithmetic import Sums


def run(plan, image):
    """Run the stages of `plan` on an (H, W, C) image; the result is in the type of the arithmetic."""
    compute = np.dtype(plan.compute).type
    values = image.astype(compute)
    integers = image.dtype if image.dtype.kind in "iu" else None
    with np.errstate(all="ignore"):
        for stage in plan.stages:
            for op in stage.ops:
                values = _apply(op, values, compute, integers)
                integers = None
            if isinstance(values, dict):
                (values,) = values.values()
    return values


def _apply(op, values, compute, integers):
    if isinstance(op, Stencil):
        assert not op.keep_alpha
        banks = zip(op.names, op.banks)
        return {name: _response(op, taps, values, compute, integers) for name, taps in banks}
    if isinstance(op, Resample):
        return {"r": _resampled(op, values, compute)}
    if isinstance(op, Map):
        values = values if isinstance(values, dict) else {"r": values}
        constants = {name: compute(value) for name, value in op.constants}
        return eval(op.expression, {"__builtins__": {}}, {**oracle.FUNCTIONS, **constants, **values})
    if isinstance(values, dict):
        (values,) = values.values()
    if isinstance(op, Mix):
        channels = [values[..., j] for j in range(values.shape[2])]
        return np.stack([_fused([compute(w) for w in row], channels) for row in op.matrix], axis=2)
    if isinstance(op, Lookup):
        return _looked_up(op, values, compute)
    if isinstance(op, ChannelMap):
        return _channel_map(op, values, compute)
    if isinstance(op, Cast):
        return oracle.round_to(values, op.dtype).astype(compute)
    assert not isinstance(op, Alpha)
    raise TypeError(op)


def _looked_up(op, values, compute):
    table, last = np.array(op.table, compute), len(op.table) - 1
    at = np.clip((values - compute(op.low)) * compute(op.scale), 0, last)
    first = at.astype(int)
    second = np.minimum(first + 1, last)
    return table[first] + (at - first.astype(compute)) * (table[second] - table[first])


def _channel_map(op, values, compute):
    scope = {**oracle.FUNCTIONS, **{name: compute(value) for name, value in op.constants}}
    scope |= {name: values[..., k] for k, name in enumerate(op.inputs)}
    for line in op.text.strip().splitlines():
        name, text = (part.strip() for part in line.split("=", 1))
        scope[name] = eval(text, {"__builtins__": {}}, scope)
    made = (np.asarray(scope[name], compute) for name in op.outputs)
    return np.stack([np.broadcast_to(each, values.shape[:2]) for each in made], axis=2)


def _fused(weights, samples, total=None):
    for weight, sample in zip(weights, samples, strict=True):
        total = weight * sample if total is None else fma(weight, sample, total)
    return total


def _resampled(op, values, compute):
    """Sums down the columns, then along the rows, in the order of the taps; more rows are made last."""
    rows, _ = op.phases
    order = (1, 0) if len(rows.first) > rows.size else (0, 1)
    for axis in order:
        taps = op.phases[axis]
        if taps.picks:
            values = np.take(values, taps.first, axis)
            continue
        lines, made = np.moveaxis(values, axis, 0), []
        for first, weights in zip(taps.first, taps.weights, strict=True):
            used = np.flatnonzero(weights)
            made.append(_fused([compute(weights[k]) for k in used], [lines[first + k] for k in used]))
        values = np.moveaxis(np.stack(made), 0, axis)
    return values


def _response(op, taps, values, compute, integers):
    """One bank: samples under each tap, for every output, then the sum that its shape defines."""
    padded = oracle.pad(op, values)
    exact = integers is not None and _sums_exactly(integers, op, taps)
    counted = exact and taps.uniform
    bank = choose("r", taps, Sums("int32" if counted else np.dtype(compute).name, counted=counted))
    weights = [compute(w) for w in bank.weights]
    rows, cols = (
        (padded.shape[a] - (taps.extent[a] - 1) * op.dilation[a] - 1) // op.stride[a] + 1 for a in range(2)
    )

    def under(array, i, j):
        top, left = i * op.dilation[0], j * op.dilation[1]
        down, across = op.stride
        return array[top : top + (rows - 1) * down + 1 : down, left : left + (cols - 1) * across + 1 : across]

    if isinstance(bank, Dense):
        return _fused(weights, [under(padded, i, j) for i, j in bank.taps])

    def down_columns(i):
        top = i * op.dilation[0]
        return padded[top : top + (rows - 1) * op.stride[0] + 1 : op.stride[0]]

    def along(array, j):
        left = j * op.dilation[1]
        return array[:, left : left + (cols - 1) * op.stride[1] + 1 : op.stride[1]]

    if isinstance(bank, Separable):
        count = len(bank.column)
        sums = _fused(weights[:count], [down_columns(i) for i in bank.column])
        return _fused(weights[count:], [along(sums, j) for j in bank.row])
    if isinstance(bank, LowRank):
        total, weights = None, iter(weights)
        columns = [[next(weights) for _ in product.column] for product in bank.products]
        for product, column in zip(bank.products, columns):
            rows_under = [down_columns(i) for i in product.column]
            sums = _fused(column, rows_under, sums if product.onto else None)
            total = _fused([next(weights) for _ in product.row], [along(sums, j) for j in product.row], total)
        return total
    kind = np.int64 if exact else compute
    sums = sum((down_columns(i).astype(kind) for i in bank.rows[1:]), down_columns(0).astype(kind))
    rows_of = {1: sums}
    for width in bank.doubled:
        half = rows_of[width // 2]
        shift = width // 2 * op.dilation[1]
        rows_of[width] = half[:, : half.shape[1] - shift] + half[:, shift:]
    (width, first), *rest = bank.parts
    whole = along(rows_of[width], first)
    for width, first in rest:
        whole = whole + along(rows_of[width], first)
    return weights[0] * whole.astype(compute)


def _sums_exactly(dtype, op, taps):
    limits = np.iinfo(dtype)
    held = op.border.name != "CONSTANT" or (op.value.is_integer() and limits.min <= op.value <= limits.max)
    return held and max(-int(limits.min), int(limits.max)) * np.prod(taps.extent) < 2**31
