"""Methods of dataclasses that are compiled when they are first called, in a process that is a command's.

`dataclasses` writes six methods for most classes as text, and compiles them at once. A command imports 350
such classes and calls few of the methods; without ``__init__`` they take a seventh of its start.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

LATE = frozenset(("__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__"))
"""What is compiled late. ``__init__`` is not, as its signature is looked at; few classes have an order."""


def compile_when_called() -> None:
    """Have methods of the dataclasses that are defined from now on compiled late.

    The function that compiles them is private to `dataclasses`: where it is not found, all is as usual.
    """
    create: Callable[..., Any] | None = getattr(dataclasses, "_create_fn", None)
    if create is not None:
        dataclasses._create_fn = partial(_created, create)  # type: ignore[attr-defined]


def _created(
    create: Callable[..., Any], name: str, arguments: Sequence[str], body: Sequence[str], **more: Any
) -> Any:
    """Return a method as `create` does, or what makes it in time."""
    make = partial(create, name, arguments, body, **more)
    return _late(name, make) if name in LATE else make()


def _late(name: str, make: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
    """Return a method that takes its own place in its class when it is called.

    That of ``__repr__`` it cannot take: what is in the class is a guard against endless recursion around it.
    """
    made: Callable[..., Any] | None = None

    def late(self: Any, *arguments: Any) -> Any:
        nonlocal made
        if made is None:
            made = make()
            made.__qualname__ = late.__qualname__
            for owner in type(self).__mro__:
                if owner.__dict__.get(name) is late:
                    type.__setattr__(owner, name, made)
        return made(self, *arguments)

    late.__name__ = name
    return late
