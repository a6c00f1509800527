"""Types of the arguments of compiled functions."""

from __future__ import annotations

from typing import Any


class Signature(tuple[Any, ...]):
    """Types that are hashed once: Numba's hash all that they are made of, which a small image feels.

    Examples
    --------
    >>> from numba import types
    >>> hash(Signature((types.int64,))) == hash((types.int64,))
    True
    """

    def __hash__(self) -> int:
        if not hasattr(self, "_hash"):
            self._hash = super().__hash__()
        return self._hash
