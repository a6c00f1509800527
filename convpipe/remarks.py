"""What there is to say of an image while it is filtered, though nothing failed.

Who filters an image listens around it, and tells a person: a report by its notes, Python by warnings. What
nobody listens to is lost.
"""

from __future__ import annotations

from contextvars import ContextVar, Token

_HEARD: ContextVar[list[str] | None] = ContextVar("remarks on the image", default=None)


def remark(text: str) -> None:
    """Say something of the image that is being filtered."""
    if (heard := _HEARD.get()) is not None and text not in heard:
        heard.append(text)


class heard:  # noqa: N801 - called as a function, and quicker than a generator around a small image
    """Collect what is said within, in the calling thread: each text once.

    Examples
    --------
    >>> with heard() as said:
    ...     remark("dark")
    >>> said
    ['dark']
    """

    __slots__ = ("_token",)
    _token: Token[list[str] | None]

    def __enter__(self) -> list[str]:
        found: list[str] = []
        self._token = _HEARD.set(found)
        return found

    def __exit__(self, *raised: object) -> None:
        _HEARD.reset(self._token)
