"""Which image is being filtered: what is drawn at random is another for each of a folder, and again the same.

A table has a row for each, too.

A folder job says so around each image; an array alone has no name.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from pathlib import PurePath

_SUBJECT: ContextVar[tuple[str, int]] = ContextVar("path of the image, and its page", default=("", 0))


def name() -> str:
    """Return the name of the image that is being filtered, which its page is a part of; '' of an array."""
    path, page = _SUBJECT.get()
    return f"{path}[{page}]" if path else ""


def path() -> str:
    """Return its path, relative to the folder of all images, with slashes; '' of an array."""
    return _SUBJECT.get()[0]


class called:  # noqa: N801 - called as a function, and quicker than a generator around a small image
    """Filter a page of the image at a path.

    Examples
    --------
    >>> with called(PurePath("a/b.tif"), 3):
    ...     name(), path()
    ('a/b.tif[3]', 'a/b.tif')
    """

    __slots__ = ("_subject", "_token")
    _token: Token[tuple[str, int]]

    def __init__(self, path: PurePath, page: int = 0) -> None:
        self._subject = path.as_posix(), page

    def __enter__(self) -> None:
        self._token = _SUBJECT.set(self._subject)

    def __exit__(self, *raised: object) -> None:
        _SUBJECT.reset(self._token)
