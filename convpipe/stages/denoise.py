"""Denoising: by functions of scikit-image that look at the whole image, and by medians."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.ops import Frame, Graph, Map, Node, Op
from convpipe.ops.frame import function
from convpipe.stages.base import ImageKind, method
from convpipe.stages.footprint import FOOTPRINT, SIZE
from convpipe.stages.numbers import Count, Number, check_odd
from convpipe.stages.parameters import Choice
from convpipe.stages.rank import median

_CHAMBOLLE = "skimage.restoration.denoise_tv_chambolle"
_NL_MEANS = "skimage.restoration.denoise_nl_means"


@function(_CHAMBOLLE)
def _chambolle(colours: NDArray[np.float64], **options: Any) -> NDArray[np.float64]:
    from skimage import restoration

    denoised: NDArray[np.float64] = restoration.denoise_tv_chambolle(colours, channel_axis=-1, **options)
    return denoised


@function(_NL_MEANS)
def _nl_means(colours: NDArray[np.float64], **options: Any) -> NDArray[np.float64]:
    from skimage import restoration

    denoised: NDArray[np.float64] = restoration.denoise_nl_means(
        colours, fast_mode=True, preserve_range=True, channel_axis=-1, **options
    )
    return denoised.reshape(colours.shape)  # which loses an axis of one colour


@method(
    "denoise",
    "tv",
    "the least total variation near the image: flat regions and sharp edges; each colour by itself, alpha "
    "stays, and a NaN spreads",
    reference=f"{_CHAMBOLLE}; A. Chambolle, 'An algorithm for total variation minimization and "
    "applications', J. Math. Imaging Vision 20, 2004",
    parameters=(
        Number("weight", "how much is smoothed, of values over the full scale", 0.1, above=0.0),
        Number("eps", "stop when a step changes the cost by less than this share of it", 2e-4, above=0.0),
        Count("iterations", "most of them", 200, least=1, most=100_000),
    ),
)
def _tv(weight: float, eps: float, iterations: int, image: ImageKind) -> tuple[Op, ...]:
    given = (("weight", weight), ("eps", eps), ("max_num_iter", iterations))
    # The dual variable, a vector, is never longer than the weight. Its divergence takes both components at
    # the pixel, and one at either neighbour before it.
    beyond = (math.sqrt(2) + 2) * weight
    return (Frame(_CHAMBOLLE, given, image.full_scale, beyond, operations=25 * iterations, planes=10),)


@method(
    "denoise",
    "nlmeans",
    "means of near pixels whose surroundings are alike; all colours together, alpha stays, and a NaN spreads",
    reference=f"{_NL_MEANS} with fast_mode; A. Buades, B. Coll, J.-M. Morel, 'A non-local algorithm for "
    "image denoising', CVPR 2005",
    parameters=(
        Number("h", "how alike: larger smooths more, of values over the full scale", 0.1, above=0.0),
        Count("size", "pixels of what is compared, on a side; odd", 7, least=1, most=1001),
        Count("distance", "how far alike surroundings are searched, in pixels", 11, least=1, most=1000),
        Number(
            "sigma", "standard deviation of the noise, which is taken off the differences", 0.0, least=0.0
        ),
    ),
)
def _nlmeans(h: float, size: int, distance: int, sigma: float, image: ImageKind) -> tuple[Op, ...]:
    check_odd(size)
    given = (("h", h), ("patch_size", size), ("patch_distance", distance), ("sigma", sigma))
    work = 15 * (2 * distance + 1) ** 2
    return (Frame(_NL_MEANS, given, image.full_scale, operations=work, copies=3, planes=6),)


_DISTANCES = {
    "bright": "image - median",
    "dark": "median - image",
    "both": "abs(image - median)",
}
"""What of a pixel must pass the tolerance."""


@method(
    "denoise",
    "outliers",
    "the median in place of pixels that are too far from it; others, and NaNs, stay as they are",
    reference="ImageJ, Process > Noise > Remove Outliers: ij.plugin.filter.RankFilters, but for 'both'",
    parameters=(
        Number("tolerance", "how far is not too far, in the image's own units", least=0.0),
        Choice("which", "pixels above the median, below it, or both", "bright", choices=tuple(_DISTANCES)),
        SIZE,
        FOOTPRINT,
    ),
    example={"tolerance": 50},
    formula="median if image - median > tolerance, else image; of ImageJ's radius 2 the footprint is 5x5 "
    "without its corners, and the border edge",
)
def _outliers(tolerance: float, which: str, size: tuple[int, int], footprint: Any) -> Graph:
    chosen = Map(
        f"where({_DISTANCES[which]} > tolerance, median, image)",
        ("image", "median"),
        (("tolerance", tolerance),),
    )
    return Graph((Node("median", (median(footprint, size),)), Node("result", (chosen,), ("input", "median"))))
