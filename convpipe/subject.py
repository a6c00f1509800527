"""Which image is being filtered: what is drawn at random is another for each of a folder, and again the same.

A table has a row for each, too.

A folder job says so around each image; an array alone has no name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import PurePath

_SUBJECT: ContextVar[tuple[str, int]] = ContextVar("path of the image, and its page", default=("", 0))


def name() -> str:
    """Return the name of the image that is being filtered, which its page is a part of; '' of an array."""
    path, page = _SUBJECT.get()
    return f"{path}[{page}]" if path else ""


def path() -> str:
    """Return its path, relative to the folder of all images, with slashes; '' of an array."""
    return _SUBJECT.get()[0]


@contextmanager
def called(path: PurePath, page: int = 0) -> Iterator[None]:
    """Filter a page of the image at a path.

    Examples
    --------
    >>> with called(PurePath("a/b.tif"), 3):
    ...     name(), path()
    ('a/b.tif[3]', 'a/b.tif')
    """
    token = _SUBJECT.set((path.as_posix(), page))
    try:
        yield
    finally:
        _SUBJECT.reset(token)
