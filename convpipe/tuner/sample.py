"""An image to tune on, read when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property

from convpipe.dataclass import dataclass
from convpipe.display import Shown


@dataclass(frozen=True)
class Sample:
    """An image to tune on.

    Parameters
    ----------
    name : str
        What tells it from others.
    read : callable
        Returns it.
    called : callable, optional
        Returns the context in which it is filtered as a run would: by its name.
    """

    name: str
    read: Callable[[], Shown]
    called: Callable[[], AbstractContextManager[None]] = nullcontext

    @cached_property
    def shown(self) -> Shown:
        """The image, read once."""
        return self.read()
