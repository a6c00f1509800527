"""Names of dtypes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np


@lru_cache(maxsize=64)
def name_of(dtype: np.dtype[Any]) -> str:
    """Return NumPy's name of a dtype, whatever its byte order; NumPy makes it up anew each time, in Python.

    Examples
    --------
    >>> name_of(np.dtype(">u2"))
    'uint16'
    """
    return dtype.name
