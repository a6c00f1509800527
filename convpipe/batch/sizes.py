"""In which sizes results are written: known from a plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from convpipe.batch.results import Result
from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.plan import Plan
from convpipe.report import byte_size
from convpipe.streaming.levels import extents_of


@dataclass(frozen=True)
class Sizes:
    """The sizes of a result.

    Parameters
    ----------
    name : str
        Of the result.
    extents : list of Extent
        Largest first.
    pixel : int
        Bytes of a pixel.
    """

    name: str
    extents: list[Extent]
    pixel: int

    @property
    def nbytes(self) -> int:
        """Bytes of the pixels of all sizes but the first."""
        return self.pixel * sum(map(math.prod, self.extents[1:]))

    def __str__(self) -> str:
        """Say it in a line."""
        sizes = ", ".join(f"{rows}x{cols}" for rows, cols in self.extents)
        return f"sizes of {self.name}: {sizes}; the smaller ones {byte_size(self.nbytes)} of pixels"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"result": self.name, "extents": list(map(list, self.extents)), "bytes": self.nbytes}


def sizes_of(plan: Plan, results: Sequence[Result]) -> list[Sizes]:
    """Return the sizes of those results that are written in several.

    Examples
    --------
    >>> import convpipe
    >>> from convpipe.images import Encoding
    >>> plan = convpipe.Pipeline([convpipe.stage("blur", "box")]).plan((1001, 600))
    >>> [sizes] = sizes_of(plan, [Result("result", Encoding("tiff", pyramid=True))])
    >>> sizes.extents, sizes.nbytes
    ([(1001, 600), (500, 300), (250, 150)], 187500)
    """
    found = []
    for output, result in zip(plan.outputs, results, strict=True):
        if result.encoding.pyramid:
            node = plan.nodes[output.node]
            pixel = node.channels * np.dtype(output.dtype).itemsize
            found.append(Sizes(result.name, extents_of(node.extent, result.encoding.least), pixel))
    return found
