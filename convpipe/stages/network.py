"""Layers of networks, with the meaning of torch: what reads all channels of an image, and what follows it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from convpipe.errors import ParameterError
from convpipe.geometry import Border, Extent
from convpipe.ops import IDENTITY, ChannelMap, Graph, Map, Node, Op, Rank, Resample, Stencil
from convpipe.ops.layer import Layer, Weights
from convpipe.padding import Padding
from convpipe.stages.base import ImageKind, method
from convpipe.stages.filters import Filters, PerChannel
from convpipe.stages.footprint import footprint_of
from convpipe.stages.numbers import Count, CountPair, Number
from convpipe.stages.parameters import REQUIRED, Flag, PaddingForm
from convpipe.stages.pooling import Averaging, Pool

_NAME = "weights"

_FEW = 4
"""Channels that are written out in a loop; of more, the loops of layers take as long for each."""

Each = tuple[float, ...] | float
"""A number for each channel, or one for all."""


@method(
    "network",
    "conv",
    "filters over all channels together, a channel for each; alpha stays; padding is same, torch's default 0",
    reference="torch.nn.Conv2d (cross-correlation)",
    parameters=(
        Filters(_NAME, "of each filter, for each channel of its group, rows and columns", REQUIRED),
        PerChannel("bias", "added to what each filter gives", 0.0),
        Count("groups", "of channels: each group of filters sees its own", 1, least=1, most=1 << 20),
    ),
    example={_NAME: [[[[0, -1, 0], [-1, 5, -1], [0, -1, 0]]]]},
)
def _conv(weights: Weights, bias: Each, groups: int) -> tuple[Op, ...]:
    if isinstance(bias, float):
        bias = (bias,) * weights.shape[0] if bias else ()
    return (Layer(weights, bias, groups),)


@method(
    "network",
    "relu",
    "0 below 0",
    reference="torch.nn.ReLU",
    formula="max(x, 0)",
)
def _relu() -> tuple[Op, ...]:
    return (Map("maximum(r, 0)"),)


@method(
    "network",
    "leaky_relu",
    "multiplied by a slope below 0",
    reference="torch.nn.LeakyReLU",
    formula="x above 0, slope * x below",
    parameters=(Number("slope", "multiplies what is below 0", 0.01),),
)
def _leaky_relu(slope: float) -> tuple[Op, ...]:
    return (Map("where(r > 0, r, slope * r)", constants=(("slope", slope),)),)


@method(
    "network",
    "sigmoid",
    "the logistic function, from 0 to 1",
    reference="torch.nn.Sigmoid",
    formula="1 / (1 + exp(-x))",
)
def _sigmoid() -> tuple[Op, ...]:
    return (Map("1 / (1 + exp(-r))"),)


_POOL = (
    CountPair("size", "rows and columns of the window", REQUIRED),
    CountPair("stride", "step between outputs, in pixels; default: the size", None),
    PaddingForm("padding", "pixels outside that windows may reach to, at most half of one", ((0, 0), (0, 0))),
    CountPair("dilation", "step between the places of a window, in pixels", (1, 1)),
    Flag("ceil_mode", "whether a last window may reach beyond the padding", False),
)


@method(
    "network",
    "max_pool",
    "largest pixel of each window",
    reference="torch.nn.MaxPool2d, ONNX MaxPool",
    parameters=_POOL,
    example={"size": 3, "stride": 2, "padding": 1},
)
def _max_pool(
    size: Extent, stride: Extent | None, padding: Padding, dilation: Extent, ceil_mode: bool
) -> tuple[Op, ...]:
    pool = Pool(size, stride or size, padding, dilation, ceil_mode)
    window = Rank(
        footprint_of("square", size), (-1,), stride=pool.stride, dilation=dilation, padding=pool.rule
    )
    if dilation == (1, 1):  # what reaches outside has the pixel at the edge, too: no number is needed there
        return (replace(window, border=Border.EDGE),)
    return (replace(window, border=Border.CONSTANT, value=-math.inf),)


@method(
    "network",
    "avg_pool",
    "mean of each window",
    reference="torch.nn.AvgPool2d, ONNX AveragePool",
    parameters=(
        *_POOL,
        Flag("count_include_pad", "whether padding counts as pixels of 0; or not at all", True),
    ),
    alpha="premultiply",
    example={"size": 3, "stride": 2, "padding": 1},
)
def _avg_pool(
    size: Extent,
    stride: Extent | None,
    padding: Padding,
    dilation: Extent,
    ceil_mode: bool,
    count_include_pad: bool,
) -> tuple[Op, ...] | Graph:
    pool = Pool(size, stride or size, padding, dilation, ceil_mode)
    if not count_include_pad or padding in ("valid", ((0, 0), (0, 0))):
        return (Resample(Averaging(pool, is_padded=False), padding=pool.rule),)
    black = Stencil((IDENTITY,), padding=pool.padded, border=Border.CONSTANT, has_own_border=True)
    mean = Resample(Averaging(pool, is_padded=True), padding=pool.rule)
    return Graph((Node("padded", (black,), ("input",)), Node("result", (mean,), ("padded",))))


@method(
    "network",
    "batch_norm",
    "mean and variance of each channel taken out, as of a trained network; folded into a conv before it",
    reference="torch.nn.BatchNorm2d in evaluation; S. Ioffe, C. Szegedy, 'Batch Normalization', 2015",
    formula="weight * (x - mean) / sqrt(var + eps) + bias",
    parameters=(
        PerChannel("mean", "of each channel", REQUIRED),
        PerChannel("var", "variance of each channel", REQUIRED, least=0),
        PerChannel("weight", "multiplies each channel", 1.0),
        PerChannel("bias", "added to each channel", 0.0),
        Number("eps", "added to the variance", 1e-5, least=0),
    ),
    example={"mean": 0.5, "var": 4},
)
def _batch_norm(mean: Each, var: Each, weight: Each, bias: Each, eps: float, image: ImageKind) -> Graph:
    means, variances, weights, biases = _as_many(
        {"mean": mean, "var": var, "weight": weight, "bias": bias}, image
    )
    spread = np.sqrt(variances + eps)
    if not spread.all():
        raise ParameterError("var and eps are 0 together, which nothing is divided by", "var")
    return _scaled(weights / spread, biases - weights * means / spread, image)


@method(
    "network",
    "normalize",
    "mean and deviation of each colour taken out, as networks want their images",
    reference="torchvision.transforms.Normalize after ToTensor",
    formula="(x / full scale - mean) / std",
    parameters=(
        PerChannel("mean", "of each channel, of samples from 0 to 1", REQUIRED),
        PerChannel("std", "standard deviation of each channel, of samples from 0 to 1", REQUIRED, above=0),
    ),
    example={"mean": 0.5, "std": 0.25},
)
def _normalize(mean: Each, std: Each, image: ImageKind) -> tuple[Op, ...] | Graph:
    means, deviations = _as_many({"mean": mean, "std": std}, image)
    gains, shifts = 1 / (deviations * image.full_scale), -means / deviations
    colours, alike = image.channels - image.alpha, np.ptp(gains) == np.ptp(shifts) == 0
    if len(gains) != colours or (colours > _FEW and not alike):  # of another number the planner says so
        return _scaled(gains, shifts, image)
    if alike:
        numbers = (("gain", float(gains[0])), ("shift", float(shifts[0])))
        return (Map("gain * r + shift", constants=numbers),)
    return (_written_out(gains.tolist(), shifts.tolist()),)


def _written_out(gains: Sequence[float], shifts: Sequence[float]) -> ChannelMap:
    """Return few channels, each with numbers of its own, for a loop."""
    count = range(len(gains))
    lines = "\n".join(f"d{k} = g{k} * c{k} + s{k}" for k in count)
    numbers = [(f"{letter}{k}", each[k]) for letter, each in (("g", gains), ("s", shifts)) for k in count]
    return ChannelMap(lines, tuple(f"c{k}" for k in count), tuple(f"d{k}" for k in count), tuple(numbers))


def _as_many(given: Mapping[str, Each], image: ImageKind) -> list[NDArray[np.float64]]:
    """Return numbers for as many channels as the lists among those given have, or else as the image has."""
    lengths = {name: len(each) for name, each in given.items() if isinstance(each, tuple)}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ParameterError(f"lists need a number for each channel; given {said}", next(iter(lengths)))
    count = next(iter(lengths.values()), image.channels - image.alpha)
    return [np.broadcast_to(np.array(each, np.float64), (count,)) for each in given.values()]


def _scaled(gains: NDArray[np.float64], shifts: NDArray[np.float64], image: ImageKind) -> Graph:
    """Return channels by themselves as a layer, into which those before it take them."""
    opaque = image.full_scale if image.alpha else None
    return Graph((Node("scaled", (Layer.scaling(gains.tolist(), shifts.tolist(), opaque),)),))
