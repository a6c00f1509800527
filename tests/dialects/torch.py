"""torch's functions beside the stages that are like them."""

import numpy as np
import pytest
from dialects.case import Case

torch = pytest.importorskip("torch", reason="torch is not installed: its dialect is not compared")

KERNEL = [[1, -2, 3], [0.5, 0, -1], [2, 4, -3.5]]


def _correlated(image, **options):
    kernel = torch.tensor(KERNEL, dtype=torch.float64)[None, None]
    return torch.nn.functional.conv2d(
        torch.from_numpy(image.astype(np.float64))[None, None], kernel, **options
    )[0, 0]


CASES = [
    Case("custom", "LABEL", _correlated, {"kernel": KERNEL}, result="float32"),
    Case(
        "custom",
        "LABEL",
        lambda image: _correlated(image, stride=2, padding=1),
        {"kernel": KERNEL, "stride": 2, "padding": 1},
        result="float32",
    ),
]


def _of_planes(function, *arguments, **options):
    def call(image):
        planes = torch.from_numpy(
            image.astype(np.float64).reshape(*image.shape[:2], -1).transpose(2, 0, 1).copy()
        )[None]
        made = function(planes, *arguments, **options)[0].numpy().transpose(1, 2, 0)
        return made[..., 0] if image.ndim == 2 else made

    return call


F = torch.nn.functional
WEIGHTS = np.random.default_rng(0).normal(size=(3, 3, 3, 5))
BIAS = [1.0, -2.0, 0.5]

CASES += [
    Case(
        "network",
        "conv",
        _of_planes(
            F.conv2d,
            torch.from_numpy(WEIGHTS),
            torch.tensor(BIAS, dtype=torch.float64),
            stride=2,
            padding=(1, 2),
        ),
        {"weights": WEIGHTS.tolist(), "bias": BIAS, "stride": 2, "padding": [1, 2]},
        images="rgb",
        result="float32",
    ),
    Case("network", "relu", _of_planes(F.relu), result="float32"),
    Case("network", "leaky_relu", _of_planes(F.leaky_relu, 0.2), {"slope": 0.2}, result="float32"),
    Case("network", "sigmoid", _of_planes(torch.sigmoid), {}, ("float32",), result="float32"),
    Case(
        "network",
        "max_pool",
        _of_planes(F.max_pool2d, 3, 2, 1),
        {"size": 3, "stride": 2, "padding": 1},
        images="rgb",
        result="float32",
    ),
    Case(
        "network",
        "avg_pool",
        _of_planes(F.avg_pool2d, 3, 2, 1),
        {"size": 3, "stride": 2, "padding": 1},
        images="rgb",
        result="float32",
    ),
    Case(
        "network",
        "batch_norm",
        _of_planes(
            F.batch_norm,
            *(
                torch.tensor(each, dtype=torch.float64)
                for each in ([1.0, 2, 3], [4.0, 5, 6], [0.5, 2, 1], [0.1, 0, -1])
            ),
        ),
        {"mean": [1, 2, 3], "var": [4, 5, 6], "weight": [0.5, 2, 1], "bias": [0.1, 0, -1]},
        images="rgb",
        result="float32",
    ),
    *(
        Case(
            "geometry",
            "resize",
            _of_planes(F.interpolate, s, mode=method, antialias=True),
            {"size": list(s), "method": method},
            images="rgb",
            result="float32",
        )
        for method in ("bilinear", "bicubic")
        for s in ((50, 49), (270, 262))
    ),
]
