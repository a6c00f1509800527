"""Local histogram equalisation, its contrast limited."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convpipe.clahe import EQUALIZED_TILES, Grid, equalized
from convpipe.interval import Interval
from convpipe.ops import Frame, Op
from convpipe.ops.frame import function
from convpipe.stages.base import ImageKind, method
from convpipe.stages.numbers import CountPair, Number

_BINS = 256
"""Of samples that are not integers."""


@function(EQUALIZED_TILES)
def _equalized(
    colours: NDArray[np.float64], limit: float, tiles: tuple[int, int], levels: int, low: float
) -> NDArray[np.float64]:
    """Return colours, over the full scale, from that of the least level on, each equalised by itself."""
    rows, cols, count = colours.shape
    grid, span = Grid(tiles, (rows, cols)), 1 - low
    whole = levels > 0
    planes = [
        equalized((colours[..., k] - low) / span, grid, limit, levels or _BINS, whole) for k in range(count)
    ]
    return np.stack(planes, axis=2) * span + low


@method(
    "contrast",
    "clahe",
    "histogram equalisation of tiles, its contrast limited, and between their middles lines from each to the "
    "next; each colour by itself, alpha stays",
    reference="cv2.createCLAHE, whose tileGridSize is (columns, rows); K. Zuiderveld, 'Contrast limited "
    "adaptive histogram equalization', Graphics Gems IV, 1994",
    parameters=(
        Number(
            "clip",
            "most samples of a level, in multiples of their mean; those beyond are spread over all levels",
            2.0,
            above=0.0,
        ),
        CountPair("tiles", "rows and columns of tiles", (8, 8)),
    ),
    formula="of the table of a tile: (largest level) * (samples up to the level) / (samples of the tile); an "
    "image that tiles do not divide goes on mirrored; floating point has 256 levels and lines between",
)
def _clahe(clip: float, tiles: tuple[int, int], image: ImageKind) -> tuple[Op, ...]:
    span = int(image.full_scale - image.lowest) + 1
    levels = span if image.full_scale > 1 and span <= 1 << 16 else 0
    low = image.lowest / image.full_scale
    given = (("limit", clip), ("tiles", tiles), ("levels", levels), ("low", low))
    ends = Interval(image.lowest, image.full_scale)
    return (Frame(EQUALIZED_TILES, given, image.full_scale, values=ends, operations=20, copies=2, planes=10),)
