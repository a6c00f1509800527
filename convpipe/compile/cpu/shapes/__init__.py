"""How the processor makes the sum of a bank of taps: one module a loop shape, with its passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from convpipe.compile.common.banks import Bank, Dense, LowRank, Separable, Uniform
from convpipe.compile.cpu.shapes import dense, lowrank, separable, uniform
from convpipe.compile.cpu.shapes.columns import phases_of
from convpipe.compile.cpu.shapes.part import Geometry, Part, alike
from convpipe.compile.cpu.shapes.sums import PASS_TAPS
from convpipe.compile.cpu.steps import Frame

__all__ = ["PASS_TAPS", "Geometry", "Part", "alike", "parts", "phases_of"]

_PARTS: dict[type[Bank], Callable[[Any, Frame, Geometry], list[Part]]] = {
    Dense: dense.parts,
    LowRank: lowrank.parts,
    Separable: separable.parts,
    Uniform: uniform.parts,
}


def parts(bank: Bank, frame: Frame, given: Geometry) -> list[Part]:
    """Add the steps of a bank to `frame`; return what is left, for each row that is made."""
    return _PARTS[type(bank)](bank, frame, given)
