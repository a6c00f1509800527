"""Geometry: which pixels of an image there are."""

from __future__ import annotations

from convpipe.ops import IDENTITY, Op, Stencil
from convpipe.padding import Kept, Part
from convpipe.stages.base import method
from convpipe.stages.parameters import Span


@method(
    "geometry",
    "crop",
    "keep some rows and columns; costs nothing, as the others are not read",
    reference="numpy basic slicing: image[first:end, first:end]",
    parameters=(
        Span(
            "rows",
            "[first, end]: end is the first not kept, null for none; below 0 from the last",
        ),
        Span("columns", "the same of columns", (0, None)),
    ),
    example={"rows": [0, None]},
)
def _crop(rows: Part, columns: Part) -> tuple[Op, ...]:
    return (Stencil((IDENTITY,), padding=Kept(rows, columns)),)
