"""What tells that a sample is missing, and what stands for it in a result."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from convpipe.ops import is_integer


@dataclass(frozen=True)
class Missing:
    """Which samples of an image are not there.

    Parameters
    ----------
    value : float or None
        Samples of it are missing; NaN is NaN.

    Examples
    --------
    >>> Missing(-9999).of("float32"), Missing(-9999).of("uint8"), Missing(float("nan")).of("int16")
    (Missing(value=-9999.0), None, None)
    """

    value: float | None

    def __post_init__(self) -> None:
        if self.value is not None:  # one NaN is not another: equal ones have to be one object
            object.__setattr__(self, "value", math.nan if math.isnan(self.value) else float(self.value))

    def __str__(self) -> str:
        """Return the value, for a person."""
        return "nothing" if self.value is None else f"{self.value:.10g}"

    def of(self, dtype: str) -> Missing | None:
        """Return the same for images of `dtype`, with the number as they hold it; None if they cannot."""
        if self.value is None:
            return None
        if not is_integer(dtype):
            with np.errstate(over="ignore"):
                return Missing(float(np.dtype(dtype).type(self.value)))
        limits = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        held = self.value.is_integer() and limits[0] <= self.value <= limits[1]
        return self if held else None

    @property
    def present(self) -> tuple[str, tuple[tuple[str, float], ...]]:
        """The condition that a sample ``r`` is there, and its constants."""
        assert self.value is not None
        return ("r == r", ()) if math.isnan(self.value) else ("r != gap", (("gap", self.value),))

    def fill(self, dtype: str) -> float:
        """Return what stands for a missing sample in a result of `dtype`."""
        assert self.value is not None
        return self.value
