"""How images are correlated with a bank of filters, on both backends."""

from __future__ import annotations

from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Border


@dataclass(frozen=True)
class Correlation:
    """What `conv2d` does to (N, C, H, W), beside its arrays.

    Parameters
    ----------
    windows : (Axis, Axis)
        Over rows and over columns.
    groups : int
        Of channels and of filters: each group of filters sees its own channels.
    border : Border
    """

    windows: tuple[Axis, Axis]
    groups: int
    border: Border
