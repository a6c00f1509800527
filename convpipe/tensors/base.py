"""What every format of tensors gives: their names, and each when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from numpy.typing import NDArray

from convpipe.dataclass import dataclass

MOST = 1 << 24
"""Numbers of a tensor that is read: those of a layer of 512 x 512 channels and 7x7 taps are 13 million."""


@dataclass(frozen=True)
class Tensor:
    """An array of a file, not read yet.

    Parameters
    ----------
    name : str
        Empty where the file holds one without a name.
    shape : tuple of int
        As the file claims it.
    load : callable
        Returns the array; a ValueError says why there is none.
    """

    name: str
    shape: tuple[int, ...]
    load: Callable[[], NDArray[Any]]

    def __str__(self) -> str:
        """Return name and shape, for a person."""
        return f"{self.name} {self.shape}".strip()


def check_size(shape: tuple[int, ...], size: int, nbytes: int, available: int) -> None:
    """Refuse what claims too many numbers, or more than is there, before anything is allocated.

    Parameters
    ----------
    shape : tuple of int
    size : int
        Bytes of a number.
    nbytes : int
        Bytes that the file has for it, or -1: as many as the shape needs.
    available : int
        Bytes that the file has left.

    Raises
    ------
    ValueError
    """
    if any(length < 0 for length in shape):
        raise ValueError(f"it claims the shape {shape}")
    if prod(shape) > MOST:
        raise ValueError(f"it holds {prod(shape)} numbers; at most {MOST}")
    needed = prod(shape) * size
    if nbytes not in (-1, needed):
        raise ValueError(f"the shape {shape} takes {needed} bytes; it has {nbytes}")
    if needed > available:
        raise ValueError("it is truncated")
