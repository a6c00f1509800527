"""A YAML file of image filters, compiled into one fused loop.

Names are loaded when first used, so that ``import convpipe`` and the commands that touch no pixel
start without Numba.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convpipe import filters as filters
    from convpipe.conv import Conv2d, conv2d
    from convpipe.errors import (
        BackendError,
        ConfigError,
        ConvpipeError,
        ImageError,
        JobError,
        ParameterError,
        PlanError,
    )
    from convpipe.functions import stencil
    from convpipe.pipeline import Pipeline
    from convpipe.stages import stage

__version__ = "0.1.0"

_HOME = {
    "Conv2d": "conv",
    "conv2d": "conv",
    "Pipeline": "pipeline",
    "stage": "stages",
    "stencil": "functions",
    **dict.fromkeys(
        [
            "BackendError",
            "ConfigError",
            "ConvpipeError",
            "ImageError",
            "JobError",
            "ParameterError",
            "PlanError",
        ],
        "errors",
    ),
}

__all__ = [
    "BackendError",
    "ConfigError",
    "Conv2d",
    "ConvpipeError",
    "ImageError",
    "JobError",
    "ParameterError",
    "Pipeline",
    "PlanError",
    "conv2d",
    "filters",
    "stage",
    "stencil",
]


def __getattr__(name: str) -> Any:
    if name == "filters":
        return importlib.import_module("convpipe.filters")
    if name not in _HOME:
        raise AttributeError(f"module 'convpipe' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"convpipe.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
