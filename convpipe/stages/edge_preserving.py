"""Blurs that keep edges: weights depend on the samples."""

from __future__ import annotations

from typing import Literal

import numpy as np

from convpipe.ops import Bilateral, Graph, Map, Node, Op, Stencil, Taps
from convpipe.stages.base import ImageKind, method
from convpipe.stages.names import StageReference
from convpipe.stages.numbers import Count, Number, check_odd
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
    check_odd(size)
    x = np.arange(size) - size // 2
    squares = x[:, None] ** 2 + x**2
    counts = squares <= (size // 2) ** 2 if footprint == "disk" else np.ones_like(squares, bool)
    spatial = np.where(counts, np.exp(-0.5 * squares / sigma_space**2), 0)
    return (Bilateral(spatial, sigma_color, distance),)


@method(
    "blur",
    "guided",
    "in each window a line over a guide, near the image: smooth regions, and the guide's edges; each colour "
    "by itself",
    reference="K. He, J. Sun, X. Tang, 'Guided image filtering', IEEE Trans. PAMI 35, 2013",
    parameters=(
        Count("size", "rows and columns of the window; odd", 9, least=1, most=4097),
        Number(
            "eps",
            "variance of the guide that is half smoothed, of values over the full scale; below 1e-6 float32 "
            "rounds it off",
            0.01,
            above=0.0,
        ),
        StageReference("guide", "name of the stage whose result has the edges; default: the image", None),
    ),
    formula="a = cov(guide, image) / (var(guide) + eps), b = mean(image) - a mean(guide); the result is "
    "mean(a) guide + mean(b)",
    reads=("from", "guide"),
)
def _guided(size: int, eps: float, guide: str | None, image: ImageKind) -> Graph:
    check_odd(size)
    side = np.full(size, 1 / size)
    mean = Stencil((Taps.outer(side, side),), mean=True)
    nodes = [Node("p", (mean,))]
    if guide is None:
        guides, means = "input", {"p": "p", "g": "p", "gg": "gg", "gp": "gg"}
    else:
        guides, means = "guide", {"p": "p", "g": "g", "gg": "gg", "gp": "gp"}
        product = Map("p * g", ("p", "g"))
        nodes += [
            Node("g", (mean,), ("guide",)),
            Node("product", (product,), ("input", "guide")),
            Node("gp", (mean,), ("product",)),
        ]
    slope = Map(
        "(gp - g * p) / (maximum(gg - square(g), 0) + eps)",
        ("p", "g", "gg", "gp"),
        (("eps", eps * image.full_scale**2),),
    )
    return Graph(
        (
            *nodes,
            Node("square", (Map("square(r)"),), (guides,)),
            Node("gg", (mean,), ("square",)),
            Node("a", (slope,), tuple(means.values())),
            Node("b", (Map("p - a * g", ("p", "a", "g")),), ("p", "a", means["g"])),
            Node("meana", (mean,), ("a",)),
            Node("meanb", (mean,), ("b",)),
            Node("result", (Map("a * g + b", ("g", "a", "b")),), (guides, "meana", "meanb")),
        )
    )
