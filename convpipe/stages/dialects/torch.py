"""torch.nn: nothing is added around the image unless 'padding' says so, and then zeros."""

from __future__ import annotations

from convpipe.stages.dialects.base import declare

declare("torch", "custom", "LABEL", "torch.nn.functional.conv2d(image, kernel)", border="constant", padding=0)
declare(
    "torch",
    "network",
    "conv",
    "torch.nn.functional.conv2d(image, weights, bias)",
    border="constant",
    padding=0,
)
declare("torch", "network", "relu", "torch.nn.functional.relu(image)")
declare("torch", "network", "leaky_relu", "torch.nn.functional.leaky_relu(image, slope)")
declare("torch", "network", "sigmoid", "torch.sigmoid(image)")
declare("torch", "network", "max_pool", "torch.nn.functional.max_pool2d(image, size)")
declare("torch", "network", "avg_pool", "torch.nn.functional.avg_pool2d(image, size)")
declare("torch", "network", "batch_norm", "torch.nn.functional.batch_norm(image, mean, var, weight, bias)")
declare(
    "torch", "geometry", "resize", "torch.nn.functional.interpolate(image, size, mode=method, antialias=True)"
)
