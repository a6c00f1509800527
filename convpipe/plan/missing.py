"""What tells that a sample is missing, and what stands for it in a result."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.ops import is_integer


@dataclass(frozen=True)
class Missing:
    """Which samples of an image are not there.

    Parameters
    ----------
    value : float or None
        Samples of it are missing; NaN is NaN.
    masked : bool
        Whether a mask stands behind the last channel, 0 where a pixel is missing.

    Examples
    --------
    >>> Missing(-9999).of("float32"), Missing(-9999).of("uint8"), Missing(float("nan")).of("int16")
    (Missing(value=-9999.0, masked=False), None, None)
    """

    value: float | None
    masked: bool = False

    def __post_init__(self) -> None:
        if self.value is not None:  # one NaN is not another: equal ones have to be one object
            object.__setattr__(self, "value", math.nan if math.isnan(self.value) else float(self.value))

    def __str__(self) -> str:
        """Return what is missing, for a person."""
        said = [] if self.value is None else [f"{self.value:.10g}"]
        return " and ".join([*said, *(["what a mask leaves out"] if self.masked else [])])

    def of(self, dtype: str) -> Missing | None:
        """Return the same for images of `dtype`, with the number as they hold it; None if nothing is left."""
        if self.value is None:
            return self
        if not is_integer(dtype):
            largest = float(np.finfo(dtype).max)  # as GDAL does with -1.8e308, which means the least float32
            clipped = self.value if math.isnan(self.value) else min(max(self.value, -largest), largest)
            return replace(self, value=float(np.dtype(dtype).type(clipped)))
        limits = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if self.value.is_integer() and limits[0] <= self.value <= limits[1]:
            return self
        return replace(self, value=None) if self.masked else None

    @property
    def present(self) -> tuple[str, tuple[tuple[str, float], ...]]:
        """The condition that a sample ``r`` is there by its value, and its constants."""
        if self.value is None:
            return "0 < 1", ()
        return ("r == r", ()) if math.isnan(self.value) else ("r != gap", (("gap", self.value),))

    @property
    def fill(self) -> float:
        """What stands for a missing sample in a result: by default NaN, of which integers make 0."""
        return math.nan if self.value is None else self.value
