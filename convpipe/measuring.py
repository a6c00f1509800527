"""Stages beside those of a pipeline, which give the images that numbers are of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from convpipe.formula import Formula
from convpipe.objects import INPUT
from convpipe.ops import is_integer
from convpipe.stages import Stage, stage
from convpipe.stages.wiring import IMAGE, RESULT, Wiring

LAST = "last result"
"""What the last stage's result is called where images that are measured come after it."""


def measuring(wiring: Wiring, formulas: Iterable[str], dtypes: Mapping[str, str]) -> Wiring:
    """Return stages with others after them, which give the images of formulas as results to be measured.

    In them the name of a result stands for what is stored, and that of a stage for what it gives.

    Parameters
    ----------
    wiring : Wiring
    formulas : iterable of str
    dtypes : mapping of str to str
        Of the results.
    """
    maker = _Maker(wiring, dtypes)
    made = [(f"measured {number}", maker.formula(text)) for number, text in enumerate(formulas)]
    *beside, (_, last) = wiring.outputs
    names = [name for name, _ in made]
    outputs = [*beside, (LAST, last), *made[:-1], (RESULT, made[-1][1])]
    return Wiring(tuple(maker.stages), tuple(maker.reads), tuple(outputs), frozenset([*names[:-1], RESULT]))


class _Maker:
    """Adds stages to those of a wiring.

    Parameters
    ----------
    wiring : Wiring
    dtypes : mapping of str to str
    """

    def __init__(self, wiring: Wiring, dtypes: Mapping[str, str]) -> None:
        self.stages, self.reads = list(wiring.stages), list(wiring.reads)
        self._outputs, self._dtypes = dict(wiring.outputs), dtypes
        self._named = {one.common["name"]: at for at, one in enumerate(wiring.stages)}
        self._linear = bool(wiring.stages[0].implied)
        self._places: dict[str, int] = {INPUT: IMAGE}

    def formula(self, text: str) -> int:
        """Add the stage of a formula over names, after what it reads; return its position."""
        names = Formula(text).names
        reads = tuple(self._place(name) for name in names)
        return self._add(stage("combine", "measure", formula=text, name=f"measure of {text}"), reads)

    def _add(self, one: Stage, reads: tuple[int, ...]) -> int:
        self.stages.append(replace(one, implied="measure"))
        self.reads.append(reads)
        return len(self.stages) - 1

    def _place(self, name: str) -> int:
        """Return the position of what a formula calls `name`."""
        if name not in self._places:
            self._places[name] = self._stored(name) if name in self._outputs else self._plain(name)
        return self._places[name]

    def _plain(self, name: str) -> int:
        at = self._named[name]
        return self._add(stage("light", "srgb"), (at,)) if self._linear else at

    def _stored(self, name: str) -> int:
        """Add a result as it is stored: rounded and saturated, with 0 for NaN in integers."""
        dtype, at = self._dtypes[name], self._outputs[name]
        formula: dict[str, Any] = {"formula": "r", "dtype": dtype}
        if is_integer(dtype):  # a cast would count NaN as lost once more
            low, high = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
            formula = {"formula": f"where(r == r, clip(round(r), {low}, {high}), 0)"}
        return self._add(stage("combine", "stored", name=f"stored {name}", **formula), (at,))
