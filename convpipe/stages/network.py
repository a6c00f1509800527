"""Layers of networks, with the meaning of torch: what reads all channels of an image, and what follows it."""

from __future__ import annotations

from convpipe.ops import Op
from convpipe.ops.layer import Layer, Weights
from convpipe.stages.base import method
from convpipe.stages.filters import Filters, PerChannel
from convpipe.stages.numbers import Count
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
