"""Local histogram equalisation, its contrast limited."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convpipe.clahe import EQUALIZED_TILES, Grid, equalized
from convpipe.interval import Interval
from convpipe.ops import Frame, Op, TileEqualization
from convpipe.ops.frame import function
from convpipe.stages.base import ImageKind, method
from convpipe.stages.numbers import CountPair, Number
from convpipe.stages.parameters import Choice

_BINS = 256
"""Of samples that are not integers."""

_ADAPTED = "skimage.exposure.equalize_adapthist"


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


@function(_ADAPTED)
def _adapted(
    colours: NDArray[np.float64], limit: float, tiles: tuple[int, int], low: float
) -> NDArray[np.float64]:
    """Return colours, over the full scale, as scikit-image equalises them: of three the value of HSV."""
    from skimage import exposure

    there = np.isfinite(colours)
    least = colours.min(where=there, initial=1.0)  # which what is missing is taken for
    shares = ((np.where(there, colours, least) - low) / (1 - low)).clip(0, 1)
    size = [max(length // count, 1) for length, count in zip(colours.shape[:2], tiles, strict=True)]

    def adapted(image: NDArray[np.float64]) -> NDArray[np.float64]:
        if image.min() == image.max():
            return image  # which has no contrast to be spread
        made = exposure.equalize_adapthist(image, size, limit / _BINS, _BINS)
        return np.asarray(made, np.float64)

    planes = np.moveaxis(shares, 2, 0)
    made = adapted(shares) if len(planes) == 3 else np.stack([adapted(one) for one in planes], axis=2)
    return np.where(there, made * (1 - low) + low, colours)


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
        Choice(
            "method",
            "OpenCV's, or scikit-image's: of 256 levels between the least and the largest value, which "
            "become black and white; tiles from the first corner on; of RGB the value of HSV",
            "opencv",
            choices=("opencv", "skimage"),
        ),
    ),
    formula="of the table of a tile: (largest level) * (samples up to the level) / (samples of the tile); an "
    "image that tiles do not divide goes on mirrored; floating point has 256 levels and lines between",
)
def _clahe(clip: float, tiles: tuple[int, int], method: str, image: ImageKind) -> tuple[Op, ...]:
    low, ends = image.lowest / image.full_scale, Interval(image.lowest, image.full_scale)
    if method == "skimage":
        shares = (("limit", clip), ("tiles", tiles), ("low", low))
        return (Frame(_ADAPTED, shares, image.full_scale, values=ends, operations=60, copies=6, planes=10),)
    span = int(image.full_scale - image.lowest) + 1
    levels = span if image.full_scale > 1 and span <= 1 << 16 else 0
    given = (("limit", clip), ("tiles", tiles), ("levels", levels), ("low", low))
    scale = image.full_scale
    return (TileEqualization(EQUALIZED_TILES, given, scale, values=ends, operations=20, copies=2, planes=10),)
