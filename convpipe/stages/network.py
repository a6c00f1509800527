"""Layers of networks, with the meaning of torch: what reads all channels of an image, and what follows it."""

from __future__ import annotations

from convpipe.ops import Map, Op
from convpipe.ops.layer import Layer, Weights
from convpipe.stages.base import method
from convpipe.stages.filters import Filters, PerChannel
from convpipe.stages.numbers import Count, Number
from convpipe.stages.parameters import REQUIRED

_NAME = "weights"


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
def _conv(weights: Weights, bias: tuple[float, ...] | float, groups: int) -> tuple[Op, ...]:
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
