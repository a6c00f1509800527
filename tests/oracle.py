"""Every op computed slowly, in float64, by plain NumPy: what the compiled loops are held against.

Shares the ops (data) with convpipe and no code: borders come from ``numpy.pad``, sums from explicit
loops over the taps.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from types import SimpleNamespace

import numpy as np
from scipy.ndimage import map_coordinates
from skimage import restoration

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
    Rank,
    Reduce,
    Resample,
    RollingBall,
    Turn,
    Warp,
    Window,
)
from convpipe.ops.transformation import Affine, Polar, Projective
from convpipe.padding import Kept, Pooled, Repeated, Share, Slice
from convpipe.stages.pooling import Padded
from convpipe.statistics import Matched, measure

FUNCTIONS = {
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "abs": np.abs,
    "square": np.square,
    "floor": np.floor,
    "round": np.rint,
    "power": np.power,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "where": np.where,
    "sin": np.sin,
    "cos": np.cos,
    "arctan2": np.arctan2,
    "hypot": np.hypot,
    "clip": np.clip,
}


def run(programs, image, output_dtype=None):
    """Run the lowered stages `programs` on an (H, W, C) image, in float64 up to the cast."""
    values = image.astype(np.float64)
    for ops in programs:
        values = run_stage(ops, values)
    return values if output_dtype is None else cast(values, output_dtype)


def run_graph(plan, image):
    """Run the nodes of `plan` on an (H, W, C) image, in float64; return what every one of them gives."""
    image = image.astype(np.float64)
    made = []
    for node in plan.nodes:
        read = [image if at < 0 else made[at] for at in node.inputs]
        if len(read) == 1:
            made.append(run_stage(node.ops, read[0], alpha=plan.alpha))
        elif isinstance(node.ops[0], Frame):
            made.append(framed(node.ops[0], read, plan.alpha))
        else:
            first, *rest = node.ops
            joined = join(first, read, plan.alpha)
            made.append(run_stage(rest, joined, kept=joined[..., -1] if plan.alpha else None))
    return made


def join(op, read, alpha):
    """Combine images pixel by pixel; alpha, where there is one, is that of the first."""
    colours = [values[..., :-1] if alpha else values for values in read]
    scope = {**FUNCTIONS, **dict(op.constants), **dict(zip(op.inputs, colours, strict=True))}
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        made = eval(op.expression, {"__builtins__": {}}, scope)
    return np.concatenate([made, read[0][..., -1:]], axis=2) if alpha else made


def run_stage(ops, values, kept=None, alpha=False):
    """Run one chain of ops on the (H, W, C) array `values`; `kept` is the alpha that it leaves as it is."""
    entering = values
    responses = {}
    premultiplied = after_undo = False
    for op in ops:
        if isinstance(op, Resample):
            responses = {"r": resample(op, values)}
            values = responses["r"]
        elif isinstance(op, Window):
            if op.keep_alpha:
                kept = centre(op, values)[..., -1]
            make = bilateral if isinstance(op, Bilateral) else ranked if isinstance(op, Rank) else stencil
            responses = make(op, values, premultiplied)
            values = next(iter(responses.values()))
        elif isinstance(op, Map):
            inputs = responses if len(op.inputs) > 1 else {op.inputs[0]: values}
            scope = {**FUNCTIONS, **dict(op.constants), **inputs}
            if isinstance(op, Reduce):
                colours = entering if kept is None else entering[..., :-1]
                names = [one.name for one in op.statistics]
                scope |= dict(zip(names, measure(op.statistics, colours), strict=True))
            with np.errstate(
                invalid="ignore", divide="ignore", over="ignore"
            ):  # n / 0 in the branch that `where` does not take
                mapped = eval(op.expression, {"__builtins__": {}}, scope)
            mapped = np.broadcast_to(
                mapped, values.shape
            )  # a number of the image alone is its value everywhere
            if after_undo:
                mapped = np.concatenate([mapped[..., :-1], values[..., -1:]], axis=2)
            values = mapped
        elif isinstance(op, Mix):
            values = np.einsum("ij,rcj->rci", np.array(op.matrix), values)
        elif isinstance(op, ChannelMap):
            if op.reads_alpha and kept is not None:  # and from here on alpha is what it makes of it
                values, kept, after_undo = (
                    np.concatenate([values[..., :-1], kept[..., None]], axis=2),
                    None,
                    True,
                )
            values = channel_map(op, values, entering if kept is None else entering[..., :-1])
        elif isinstance(op, Lookup):
            values = lookup(op, values, entering if kept is None else entering[..., :-1])
        elif isinstance(op, Alpha):
            values = unpremultiply(values) if op.undo else premultiply(values)
            premultiplied, after_undo = not op.undo, op.undo
        elif isinstance(op, Turn):
            values = turned(op, values)
        elif isinstance(op, Warp):
            values = warped(op, values, alpha)
        elif isinstance(op, Layer):
            values = layer(op, values)
        elif isinstance(op, Frame):
            values = framed(op, [values], alpha)
        elif isinstance(op, Cast):
            values = round_to(values, op.dtype)
            kept = None if kept is None else round_to(kept, op.dtype)
        else:
            raise TypeError(op)
    if kept is not None:
        values = np.concatenate([values[..., :-1], kept[..., None]], axis=2)
    return values


def framed(op, read, alpha):
    """The function of a library on the colours of images; alpha, where there is one, is that of the first."""
    call = partial(rolling_ball, op) if isinstance(op, RollingBall) else op
    if not alpha:
        return call(*read)
    return np.concatenate([call(*(values[..., :-1] for values in read)), read[0][..., -1:]], axis=2)


def rolling_ball(op, values):
    """Background under each channel, as scikit-image finds it; upside down of dark objects."""
    sign = -1 if op.dark else 1
    planes = [restoration.rolling_ball(sign * each, radius=op.radius) for each in np.moveaxis(values, 2, 0)]
    return sign * np.stack(planes, axis=2)


def layer(op, values):
    """Sum of products over the channels of a group and the taps, filter by filter; alpha from the centre."""
    weights = op.weights.array
    sides = [around(op, axis) for axis in range(2)]
    if op.padding == "valid":
        sides = [(0, 0), (0, 0)]
    elif not isinstance(op.padding, str):
        sides = op.padding
    mode = op.border.name.lower()
    constant = {"constant_values": op.value} if mode == "constant" else {}
    padded = np.pad(values, (*sides, (0, 0)), mode=mode, **constant)
    if op.opaque is not None and constant:
        outside = np.pad(np.zeros(values.shape[:2], bool), sides, constant_values=True)
        padded[outside, -1] = op.opaque
    (down, across), (high, wide) = op.stride, weights.shape[2:]

    def under(i, j):
        last = [n - (k - 1) * d for n, k, d in zip(padded.shape, (high, wide), op.dilation)]
        top, left = i * op.dilation[0], j * op.dilation[1]
        return padded[top : top + last[0] : down, left : left + last[1] : across]

    made = np.zeros((*under(0, 0).shape[:2], len(weights)))
    group = len(weights) // op.groups
    for f, i, j in np.ndindex(len(weights), high, wide):
        first = f // group * weights.shape[1]
        made[..., f] += under(i, j)[..., first : first + weights.shape[1]] @ weights[f, :, i, j]
    made += np.array(op.biases or [0.0])
    return made if op.opaque is None else np.concatenate([made, under(*op.centre)[..., -1:]], axis=2)


def turned(op, values):
    """Each pixel from where it was, one after the other."""
    rows, cols = values.shape[:2]
    made = np.empty(((cols, rows) if op.transposed else (rows, cols)) + values.shape[2:], values.dtype)
    for i, j in np.ndindex(made.shape[:2]):
        row, col = (j, i) if op.transposed else (i, j)
        made[i, j] = values[
            rows - 1 - row if op.mirrored[0] else row, cols - 1 - col if op.mirrored[1] else col
        ]
    return made


def lookup(op, values, samples):
    """Look values up in a table, or in that of the shares of `samples`."""
    if op.measured is None:
        table, places = op.table, np.linspace(op.low, op.high, len(op.table))
    else:
        counts, places = histogram(op.measured, samples[np.isfinite(samples)])
        lowest = counts[0] if op.measured.from_lowest else 0
        if lowest == counts.sum():
            return values
        table = op.measured.scale * (np.cumsum(counts) - lowest) / (counts.sum() - lowest)
        if isinstance(op.measured, Matched):
            table = np.interp(table, op.measured.shares, op.measured.values)
    return np.where(np.isnan(values), values, np.interp(values, places, table))


def histogram(measured, held):
    """Count samples by whole numbers, of an integer image, or in bins; return also the middles of these."""
    is_flat = held.min() == held.max()  # which one bin is for
    if is_flat or (measured.integers and (held == np.rint(held)).all()):
        values, counts = np.unique(held, return_counts=True)
        return counts, values
    counts, edges = np.histogram(held, measured.bins)
    return counts, (edges[1:] + edges[:-1]) / 2


def channel_map(op, values, samples=None):
    """Run the lines of `op` on the first channels; those after them stay. Its numbers are of `samples`."""
    scope = {**FUNCTIONS, **dict(op.constants)}
    if op.statistics:
        held = samples.reshape(-1, samples.shape[-1])
        names = [one.name for one in op.statistics]
        scope |= dict(zip(names, measure(op.statistics, held), strict=True))
    scope |= {name: values[..., k] for k, name in enumerate(op.inputs)}
    for line in op.text.strip().splitlines():
        name, text = (part.strip() for part in line.split("=", 1))
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            scope[name] = eval(text, {"__builtins__": {}}, scope)
    made = np.stack([np.broadcast_to(scope[name], values.shape[:2]) for name in op.outputs], axis=2)
    return np.concatenate([made, values[..., len(op.inputs) :]], axis=2)


def sides_of(op, rule, shape):
    """Return how many pixels a padding adds before and after, rows first."""
    sides = []
    for axis in range(2):
        size, kernel = shape[axis], op.kernel[axis]
        stride, dilation = op.stride[axis], op.dilation[axis]
        reach = (kernel - 1) * dilation + 1
        if rule == "valid":
            sides.append((0, 0))
        elif rule == "same":
            sides.append(around(op, axis))
        elif rule in ("same_upper", "same_lower"):
            total = max((int(np.ceil(size / stride)) - 1) * stride + reach - size, 0)
            halves = (total // 2, total - total // 2)
            sides.append(halves if rule == "same_upper" else halves[::-1])
        elif isinstance(rule, Pooled):
            before, after = sides_of(op, rule.given, shape)[axis]
            if rule.ceil:  # the last is the first that reaches the end, if it begins before the padding there
                begins = [
                    b
                    for b in range(-before, size, stride)
                    if b == -before or b - stride + reach < size + after
                ]
                after = begins[-1] + reach - size
            sides.append((before, after))
        else:
            sides.append(rule[axis])
    return sides


def kept(part, size):
    """The slice of an axis that a crop keeps."""
    if isinstance(part, Slice):
        return slice(part.first, part.end)
    if isinstance(part, Share):
        return slice(*(int(np.floor(share * size + 0.5)) for share in (part.low, part.high)))
    left = size - part.count
    return slice(left // 2, size - left + left // 2)


def pad(op, values, premultiplied=False):
    sides = None
    if isinstance(op.padding, Kept) and isinstance(op.padding.rows, Padded):  # which keeps more than all
        pool = op.padding.rows.pool
        slid = SimpleNamespace(kernel=pool.size, dilation=pool.dilation, stride=pool.stride, anchor="upper")
        sides = sides_of(slid, pool.padding, values.shape)
    elif isinstance(op.padding, Kept):
        parts = (op.padding.rows, op.padding.cols)
        if isinstance(parts[0], Repeated):
            return np.tile(values, (parts[0].count, parts[1].count, 1))
        rows, cols = (kept(part, size) for part, size in zip(parts, values.shape, strict=False))
        return values[rows, cols]
    sides = sides or sides_of(op, op.padding, values.shape)
    cut = tuple(slice(None, after if after < 0 else None) for _, after in sides)
    values, sides = values[cut], [(before, max(after, 0)) for before, after in sides]
    mode = op.border.name.lower()
    if mode != "constant":
        return np.pad(values, (*sides, (0, 0)), mode=mode)
    padded = np.pad(values, (*sides, (0, 0)), constant_values=op.value)
    if op.opaque is not None:
        outside = np.pad(np.zeros(values.shape[:2], bool), sides, constant_values=True)
        padded[outside, :-1] = op.value * (op.opaque if premultiplied else 1)
        padded[outside, -1] = op.opaque
    return padded


def around(op, axis):
    """How far the window reaches before and after its pixel: half each, an even one further to one side."""
    span = (op.kernel[axis] - 1) * op.dilation[axis]
    if op.anchor == "upper":
        return int(np.floor(span / 2)), int(np.ceil(span / 2))
    if op.anchor == "lower":
        return int(np.ceil(span / 2)), int(np.floor(span / 2))
    before = op.anchor[axis] * op.dilation[axis]
    return before, span - before


def windows(op, values, premultiplied=False):
    """Yield (row, column, samples under that tap for every output)."""
    padded = pad(op, values, premultiplied)
    rows, cols = op.kernel
    reach = [(n - 1) * d + 1 for n, d in zip((rows, cols), op.dilation)]
    count = [int(np.floor((padded.shape[a] - reach[a]) / op.stride[a])) + 1 for a in range(2)]
    for i in range(rows):
        for j in range(cols):
            top, left = i * op.dilation[0], j * op.dilation[1]
            yield (
                i,
                j,
                padded[
                    top : top + (count[0] - 1) * op.stride[0] + 1 : op.stride[0],
                    left : left + (count[1] - 1) * op.stride[1] + 1 : op.stride[1],
                ],
            )


def stencil(op, values, premultiplied=False):
    responses = dict.fromkeys(op.names, 0.0)
    for i, j, samples in windows(op, values, premultiplied):
        for name, bank in zip(op.names, op.banks):
            if bank.weights[i, j] != 0:
                responses[name] = responses[name] + bank.weights[i, j] * samples
    shape = samples.shape
    return {name: np.broadcast_to(response, shape) for name, response in responses.items()}


def resample(op, values, sizes=lambda weights: weights):
    """Sums down the columns and then along the rows; a weight of 0 is no tap, whatever lies under it."""
    for axis, taps in enumerate(op.phases):
        lines = np.moveaxis(values, axis, 0)
        made = [
            sum(weight * lines[first + k] for k, weight in enumerate(weights) if weight != 0)
            for first, weights in zip(taps.first, sizes(taps.weights), strict=True)
        ]
        values = np.moveaxis(np.stack(made), 0, axis)
    return values


def ranked(op, values, premultiplied=False):
    """Sort the samples under the footprint; NaNs come last."""
    samples = [under for i, j, under in windows(op, values, premultiplied) if op.footprint[i, j]]
    ordered = np.sort(np.stack(samples), axis=0)
    return {name: ordered[k] for name, k in zip(op.names, op.ranks)}


def bilateral(op, values, premultiplied=False):
    """Weigh the colours under each place by how far off they are, in place and in colour."""
    colours = slice(-1) if op.keep_alpha else slice(None)
    middle = centre(op, values)[..., colours]
    under = [(i, j, s[..., colours]) for i, j, s in windows(op, values, premultiplied)]
    mean = bilateral_of(op, under, middle)
    return {"r": np.concatenate([mean, middle[..., :1]], axis=2) if op.keep_alpha else mean}


def bilateral_of(op, places, middle):
    """The mean of the samples in some places, all colours together."""
    total = weights = 0
    for i, j, under in places:
        apart = np.abs(under - middle)
        far = apart.sum(axis=2) ** 2 if op.distance == "manhattan" else (apart**2).sum(axis=2)
        weight = (op.spatial[i, j] * np.exp(-far / (2 * op.sigma**2)))[..., None]
        total, weights = total + weight * under, weights + weight
    return total / weights


def centre(op, values):
    shape = op.kernel
    middle = {"upper": tuple((n - 1) // 2 for n in shape), "lower": tuple(n // 2 for n in shape)}.get(
        op.anchor, op.anchor
    )
    return next(samples for i, j, samples in windows(op, values) if (i, j) == middle)


SCIPY = {0: "grid-constant", 1: "nearest", 2: "mirror", 3: "reflect", 4: "grid-wrap"}
"""SciPy's words for the borders, by number."""


def warped(op, values, alpha):
    """An image interpolated where a matrix puts its pixels, by samples that SciPy takes with their border."""
    at = places(op.transformation, *np.indices(op.extent))
    weighs = alpha and op.method != "nearest"
    outside = np.full(values.shape[2], op.value)
    if alpha:
        outside[-1] = op.opaque
    if weighs:
        values, outside = premultiply(values), premultiply(outside[None, None])[0, 0]
    planes = [interpolated(op, values[..., k], at, outside[k]) for k in range(len(outside))]
    made = np.stack(planes, axis=2)
    return unpremultiply(made) if weighs else made


def places(map, rows, cols):
    """Rows and columns at which a transformation has pixels read, as complex numbers have circles."""
    if isinstance(map, Affine | Projective):
        matrix = np.array([*map.matrix, (0, 0, 1)][:3], float)
        row, col, divisor = np.tensordot(matrix, [rows, cols, np.ones_like(rows)], 1)
        return np.stack([row / divisor, col / divisor])
    middle = complex(map.center[1], map.center[0])
    if isinstance(map, Polar):
        far = np.exp(cols / map.cols) if map.log else cols / map.cols
        at = middle + far * np.exp(1j * rows / map.rows)
        return np.stack([at.imag, at.real])
    seen = cols + 1j * rows - middle
    far = np.log(np.maximum(np.abs(seen), 1)) if map.log else np.abs(seen)
    return np.stack([np.angle(seen) % (2 * np.pi) * map.rows, far * map.cols])


def interpolated(op, plane, at, value):
    """One channel of that: a sum over the pixels around each place, weighted by how far each lies."""
    if op.method == "nearest":
        first, near = np.floor(at + 0.5), [0]
        weights = np.ones((2, 1, *at.shape[1:]))
    else:
        first = np.floor(at)
        near = range(2) if op.method == "bilinear" else range(-1, 3)
        weights = np.stack([keys(at - first - k, op.method) for k in near], axis=1)
    total = np.zeros(at.shape[1:])
    for i, down in enumerate(near):
        for j, along in enumerate(near):
            place = first + np.array([down, along])[:, None, None]
            if op.transformation.wraps[0]:
                place[0] %= plane.shape[0]
            taken = map_coordinates(plane, place, order=0, mode=SCIPY[int(op.border)], cval=value)
            weight = weights[0, i] * weights[1, j]
            total += np.where(weight == 0, 0, weight * taken)
    return total


def keys(x, method):
    """The weight of a sample at a distance."""
    x = np.abs(x)
    if method == "bilinear":
        return np.maximum(1 - x, 0)
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x < 2, far, 0))


def premultiply(values):
    alpha = np.maximum(values[..., -1:], 0)
    return np.concatenate([values[..., :-1] * alpha, alpha], axis=2)


def unpremultiply(values):
    alpha = values[..., -1:]
    colour = np.divide(values[..., :-1], alpha, out=np.zeros_like(values[..., :-1]), where=alpha > 0)
    return np.concatenate([colour, alpha], axis=2)


def round_to(values, dtype):
    if np.dtype(dtype).kind == "f":
        with np.errstate(over="ignore"):
            return values.astype(dtype).astype(values.dtype)
    limits = np.iinfo(dtype)
    return np.clip(np.rint(np.nan_to_num(values, posinf=np.inf, neginf=-np.inf)), limits.min, limits.max)


def cast(values, dtype):
    return round_to(values, dtype).astype(dtype)


def near(got, plan, image, tolerance):
    """Hold a result against the oracle: exactly after rounding, or within a share of the largest value."""
    want = run_graph(plan, image.reshape(*plan.input, plan.channels))[-1]
    assert got.dtype == plan.output_dtype
    assert got.shape[:2] == plan.extent == want.shape[:2]
    near_values(got, want, plan.output_dtype, tolerance)


def near_values(got, want, dtype, tolerance):
    """Hold one result of a plan against what the oracle gives."""
    got = got.reshape(want.shape).astype(np.float64)
    if np.dtype(dtype).kind == "f" and np.dtype(dtype) != np.float64:
        with np.errstate(over="ignore"):  # what the arithmetic does not hold is infinite
            want = want.astype(np.float32).astype(np.float64)
    scale = max(np.abs(want).max(where=np.isfinite(want), initial=0), 1)
    if np.dtype(dtype).kind in "iu":
        rounded = round_to(want, dtype)
        assert np.abs(got - rounded).max() <= 1
        # A level of difference only where the exact value lies on the rounding edge.
        with np.errstate(invalid="ignore"):  # infinities lie on none
            edge = np.abs(np.abs(want - np.floor(want)) - 0.5) < tolerance * scale
        np.testing.assert_array_equal(got[~edge], rounded[~edge])
    else:
        np.testing.assert_allclose(got, want, rtol=0, atol=tolerance * scale)


def run_covered(plan, image, there):
    """Run the nodes of a plan that knows of nothing missing, on what is `there`; return samples and covers.

    `there` says how much each sample of the (H, W, C) `image` counts; where that is 0, it may be anything.
    """
    entering = (np.where(there > 0, image.astype(np.float64), 0), there.astype(np.float64))
    made = []
    for node in plan.nodes:
        read = [entering if at < 0 else made[at] for at in node.inputs]
        if isinstance(node.ops[0], Turn):
            made.append(tuple(turned(node.ops[0], each) for each in read[0]))
            continue
        if isinstance(node.ops[0], Warp):
            made.append(covered_warp(node.ops[0], *read[0]))
            continue
        if isinstance(node.ops[0], Frame):  # of one that leaves NaN out
            ((samples, cover),) = read
            found = node.ops[0](np.where(cover > 0, samples, np.nan))
            made.append((np.where(cover > 0, found, 0), cover))
            continue
        if len(read) > 1:
            values, cover = covered_join(node.ops[0], read)
            rest = node.ops[1:]
        else:
            values, cover, rest = covered_window(node.ops, *read[0])
        for op in rest:
            samples = np.where(read[0][1] > 0, read[0][0], np.nan)
            values, cover = covered_step(op, values, cover, samples)
        made.append((np.where(cover > 0, values, 0), cover))
    return made


def covered_warp(op, samples, cover):
    """The mean of what counts around each place, where that is half of what is read, or more."""
    counted = warped(dataclasses.replace(op, value=1.0), cover, alpha=False)
    if op.method == "nearest":
        return warped(op, samples, alpha=False), counted
    counted = np.where(counted >= 0.5 - 1e-6, counted, 0)
    weighted = warped(op, samples * cover, alpha=False)
    return np.divide(weighted, counted, out=np.zeros(counted.shape), where=counted > 0), counted


def covered_join(op, read):
    """A map of several images: it counts what the first does, and nothing where another counts nothing."""
    values = join(op, [samples for samples, _ in read], alpha=False)
    cover = np.broadcast_to(read[0][1], values.shape)
    for _, other in read[1:]:
        cover = np.where(other > 0, cover, 0)
    return values, cover


def covered_window(ops, samples, cover):
    """A window and the map of its responses: a mean of what counts, or that and the centre pixel."""
    window, rest = ops[0], list(ops[1:])
    if isinstance(window, Resample):
        weighted, counted = resample(window, cover * samples), np.maximum(resample(window, cover), 0)
        if min(taps.weights.min() for taps in window.phases) < 0:
            counted = np.where(counted >= 0.25 * resample(window, cover, np.abs), counted, 0)
        mean = np.divide(weighted, counted, out=np.zeros(counted.shape), where=counted > 0)
        return mean, counted, rest
    first = rest.pop(0) if rest and isinstance(rest[0], Map) else None
    inside = {"under": [], "count": []}
    covered = dataclasses.replace(window, value=1.0)
    for (i, j, s), (_, _, c) in zip(windows(window, samples), windows(covered, cover)):
        inside["under"].append((i, j, s, c))
        if (i, j) == window.centre:
            s0, c0 = s, c
    responses = {}
    if isinstance(window, Bilateral):
        far = [(i, j, np.where(c > 0, s, 1e9)) for i, j, s, c in inside["under"]]
        responses["r"] = bilateral_of(window, far, np.where(c0 > 0, s0, 1e9))
    if isinstance(window, Rank):
        places = [(s, c) for i, j, s, c in inside["under"] if window.footprint[i, j]]
        extremes = {*window.ranks} <= {0, window.count - 1}
        for name, rank in zip(window.names, window.ranks):
            absent = (np.inf if rank == 0 else -np.inf) if extremes else s0
            responses[name] = np.sort([np.where(c > 0, s, absent) for s, c in places], axis=0)[rank]
        if extremes:
            c0 = np.where(np.max([c for _, c in places], axis=0) > 0, c0, 0)
    for name, bank in zip(window.names, getattr(window, "banks", ())):
        weighted = sum(bank.weights[i, j] * c * s for i, j, s, c in inside["under"])
        counted = sum(bank.weights[i, j] * c for i, j, _, c in inside["under"])
        if window.mean:
            responses[name] = np.divide(weighted, counted, out=np.zeros(counted.shape), where=counted > 0)
            c0 = counted
        else:
            responses[name] = weighted + s0 * (bank.weights.sum() - counted)
    if first is None:
        (values,) = responses.values()
        return values, c0, rest
    if len(responses) == 1:
        responses = {first.inputs[0]: next(iter(responses.values()))}
    scope = {**FUNCTIONS, **dict(first.constants), **responses}
    if isinstance(first, Reduce):
        found = measure(first.statistics, np.where(cover > 0, samples, np.nan))
        scope |= dict(zip([one.name for one in first.statistics], found, strict=True))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return eval(first.expression, {"__builtins__": {}}, scope), c0, rest


def covered_mix(matrix, cover):
    """What each row of a matrix counts: the mean of what it reads, and nothing if one of that does."""
    covers = []
    for row in matrix:
        all_of_them = not any(row)  # as a constant that stands for a pixel
        read = [cover[..., j] for j, weight in enumerate(row) if weight or all_of_them]
        covers.append(np.where(np.all(np.array(read) > 0, axis=0), np.mean(read, axis=0), 0))
    return np.stack(covers, axis=2)


def covered_step(op, values, cover, samples):
    """What happens to a pixel; a mix counts the mean of what it reads, and nothing if one of them does.

    `samples` are those that enter, NaN where they are missing: what a whole image gives is of the others.
    """
    if isinstance(op, Map):
        scope = {**FUNCTIONS, **dict(op.constants), op.inputs[0]: values}
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            return eval(op.expression, {"__builtins__": {}}, scope), cover
    if isinstance(op, Mix):
        return np.einsum("ij,rcj->rci", np.array(op.matrix), values), covered_mix(op.matrix, cover)
    if isinstance(op, ChannelMap):
        taken = len(op.inputs)
        covers = np.concatenate([covered_mix(op.reads, cover[..., :taken]), cover[..., taken:]], axis=2)
        return channel_map(op, values, samples), covers
    if isinstance(op, Lookup):
        return lookup(op, values, samples), cover
    assert isinstance(op, Cast)
    return round_to(values, op.dtype), cover
