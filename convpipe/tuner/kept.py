"""What nodes of plans gave, kept while it is of use: by what makes it, so that other plans find it again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, NamedTuple

from numpy.typing import NDArray

from convpipe.engine import Engine
from convpipe.plan import Plan
from convpipe.plan.demand import Region
from convpipe.plan.roi import holds

MOST_BYTES = 1 << 30
"""What is kept in all: of an image of 24 megapixels in colour, three stages as a whole."""


MOST_NUMBERS = 256
"""Of how many images and settings numbers are remembered."""


class Piece(NamedTuple):
    """A region of what a node gives, (rows, cols, channels)."""

    region: Region
    values: NDArray[Any]


class Kept:
    """Pieces by what makes them; of those that are too many, the longest unused are let go.

    Parameters
    ----------
    most_bytes : int
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._pieces: OrderedDict[Hashable, Piece] = OrderedDict()
        self._numbers: OrderedDict[Hashable, list[float]] = OrderedDict()
        self._guard = threading.Lock()

    def find(self, key: Hashable) -> Piece | None:
        """Return the piece of a key, if there is one."""
        with self._guard:
            if key in self._pieces:
                self._pieces.move_to_end(key)
            return self._pieces.get(key)

    def numbers(self, key: Hashable) -> list[float] | None:
        """Return the numbers of a key, if they are known."""
        with self._guard:
            return self._numbers.get(key)

    def know(self, key: Hashable, numbers: list[float]) -> None:
        """Remember numbers; None is no key."""
        if key is None:
            return
        with self._guard:
            self._numbers[key] = numbers
            if len(self._numbers) > MOST_NUMBERS:
                self._numbers.popitem(last=False)

    def keep(self, key: Hashable, piece: Piece) -> None:
        """Keep a piece, unless more of the same is there."""
        with self._guard:
            before = self._pieces.get(key)
            if before is None or not holds(before.region, piece.region):
                self._pieces[key] = piece
            self._pieces.move_to_end(key)
            while self.nbytes > self._most and len(self._pieces) > 1:
                self._pieces.popitem(last=False)

    @property
    def nbytes(self) -> int:
        """Bytes of all pieces."""
        return sum(piece.values.nbytes for piece in self._pieces.values())

    def clear(self) -> None:
        """Let go of all."""
        with self._guard:
            self._pieces.clear()
            self._numbers.clear()


def keys_of(plan: Plan, engine: Engine, image: Hashable) -> list[Hashable] | None:
    """Return by what each node of a plan is kept: its stage, and those before it, with all that they say.

    None where a stage changes another that comes before it.

    Parameters
    ----------
    plan : Plan
        Of the engine.
    engine : Engine
    image : hashable
        Tells images apart.
    """
    wiring = engine.wiring
    if len(plan.stages) != len(wiring.stages) or any(stage.origin.folded for stage in plan.stages):
        return None
    settings = (image, engine.border, str(engine.missing), engine.scale, plan.dtype, plan.alpha)
    keys: list[Hashable] = []
    for position, stage in enumerate(plan.stages):
        part = wiring.up_to(position)
        for offset, node in enumerate(stage.nodes):
            ops = tuple(type(op).__name__ for op in node.ops)
            place = (offset, len(stage.nodes), node.extent, node.channels, ops)
            keys.append((settings, part.stages, part.reads, place))
    return keys
