"""What windows have in common that are no sums of products: they look at samples, in a type of their own."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from convpipe.compile.cpu.responses import Responses
from convpipe.dataclass import dataclass
from convpipe.ops import Window


@dataclass(frozen=True)
class Windowed(Responses):
    """Responses of a window without banks, then the loops of what follows them.

    Parameters
    ----------
    window : Window
    """

    window: Window = field(kw_only=True)

    columns_first: ClassVar[bool] = False
    lead: ClassVar[int] = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the responses."""
        return self.window.names
