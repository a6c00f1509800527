"""Which image is being filtered: what is drawn at random is another for each of a folder, and again the same.

A folder job says so around each image; an array alone has no name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_NAME: ContextVar[str] = ContextVar("name of the image", default="")


def name() -> str:
    """Return the name of the image that is being filtered; '' of an array."""
    return _NAME.get()


@contextmanager
def called(text: str) -> Iterator[None]:
    """Filter an image of that name.

    Examples
    --------
    >>> with called("a/b.png"):
    ...     name()
    'a/b.png'
    """
    token = _NAME.set(text)
    try:
        yield
    finally:
        _NAME.reset(token)
