"""Text that is safe to show."""

from __future__ import annotations

from convpipe.errors import printable

__all__ = ["extent", "printable"]


def extent(size: tuple[int, int]) -> str:
    """Return rows x columns.

    Examples
    --------
    >>> extent((480, 640))
    '480x640'
    """
    return f"{size[0]}x{size[1]}"
