"""Blurs that keep edges: weights depend on the samples."""

from __future__ import annotations

from typing import Literal

import numpy as np

from convpipe.errors import ParameterError
from convpipe.ops import Bilateral, Op
from convpipe.stages.base import method
from convpipe.stages.numbers import Count, Number
from convpipe.stages.parameters import Choice


@method(
    "blur",
    "bilateral",
    "mean of near pixels that are alike, all colours together: smooth regions and sharp edges",
    reference="C. Tomasi, R. Manduchi, 'Bilateral filtering for gray and color images', ICCV 1998; "
    "cv2.bilateralFilter; the weights by place of skimage.restoration.denoise_bilateral 0.26 are skewed",
    parameters=(
        Count("size", "rows and columns of the window; odd", 9, least=1, most=255),
        Number("sigma_color", "standard deviation in colour, in the image's own units", above=0.0, most=1e9),
        Number("sigma_space", "standard deviation in pixels", 3.0, above=0.0),
        Choice("footprint", "which pixels of the window count", "disk", choices=("disk", "square")),
        Choice(
            "distance",
            "of colours: euclidean, or manhattan, the sum of the sizes of differences",
            "euclidean",
            choices=("euclidean", "manhattan"),
        ),
    ),
    example={"sigma_color": 25},
    formula="weights exp(-(distance of places)^2 / (2 sigma_space^2) - (distance of colours)^2 / "
    "(2 sigma_color^2)), over their sum",
)
def _bilateral(
    size: int,
    sigma_color: float,
    sigma_space: float,
    footprint: str,
    distance: Literal["euclidean", "manhattan"],
) -> tuple[Op, ...]:
    if size % 2 == 0:
        raise ParameterError(f"size needs an odd number; given {size}", "size")
    x = np.arange(size) - size // 2
    squares = x[:, None] ** 2 + x**2
    counts = squares <= (size // 2) ** 2 if footprint == "disk" else np.ones_like(squares, bool)
    spatial = np.where(counts, np.exp(-0.5 * squares / sigma_space**2), 0)
    return (Bilateral(spatial, sigma_color, distance),)
