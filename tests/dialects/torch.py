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
