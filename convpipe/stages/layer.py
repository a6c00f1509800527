"""Layers of networks: filters over all channels of an image at once."""

from __future__ import annotations

from convpipe.ops import Op
from convpipe.ops.layer import Layer, Weights
from convpipe.stages.base import method
from convpipe.stages.filters import Filters
from convpipe.stages.matrix import Numbers
from convpipe.stages.numbers import Count
from convpipe.stages.parameters import REQUIRED

_NAME = "weights"


@method(
    "layer",
    "conv2d",
    "filters over all channels together, a channel for each; alpha stays; padding is same, torch's default 0",
    reference="torch.nn.Conv2d (cross-correlation)",
    parameters=(
        Filters(_NAME, "of each filter, for each channel of its group, rows and columns", REQUIRED),
        Numbers("biases", "added to what each filter gives; default: nothing", None, least=0),
        Count("groups", "of channels: each group of filters sees its own", 1, least=1, most=1 << 20),
    ),
    example={_NAME: [[[[0, -1, 0], [-1, 5, -1], [0, -1, 0]]]]},
)
def _conv2d(weights: Weights, biases: tuple[float, ...] | None, groups: int) -> tuple[Op, ...]:
    return (Layer(weights, biases or (), groups),)
