"""Morphology of grey images: minima and maxima under a flat footprint, and what is made of them.

Source: J. Serra, Image Analysis and Mathematical Morphology, 1982. In an opening or a closing the dilation
has the footprint turned by 180 degrees, so that nothing moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.geometry import Border
from convpipe.ops import Frame, Graph, Map, Node, Op, Rank
from convpipe.ops.frame import function
from convpipe.stages.base import method
from convpipe.stages.footprint import FOOTPRINT, SIZE
from convpipe.stages.names import StageReference
from convpipe.stages.numbers import Connectivity, Count
from convpipe.stages.parameters import Choice
from convpipe.stages.rank import window

_REPEATING = (Border.REFLECT, Border.SYMMETRIC, Border.WRAP)
"""Borders that are mirror images, or copies, of the image."""

ITERATIONS = Count("iterations", "how often, one after the other", 1, least=1, most=100)


def _eroded(size: tuple[int, int], footprint: Any) -> Rank:
    return window(footprint, size, 0)


def _dilated(size: tuple[int, int], footprint: Any) -> Rank:
    return window(footprint, size, -1)


def _turned(slid: Rank) -> Rank:
    """Return a window with its footprint turned by 180 degrees about the pixel."""
    return replace(slid, footprint=slid.footprint[::-1, ::-1], anchor="upper")


def chain(windows: Sequence[Rank]) -> list[Node]:
    """Return windows one after the other."""
    names = ["input", *(f"window{k}" for k in range(len(windows)))]
    return [Node(names[k + 1], (slid,), (names[k],)) for k, slid in enumerate(windows)]


def _repeated(windows: Sequence[Rank]) -> Graph | tuple[Op, ...]:
    """Return windows one after the other; one alone as a window of the stage."""
    return Graph(tuple(chain(windows))) if len(windows) > 1 else tuple(windows)


@method(
    "morphology",
    "erode",
    "the lowest pixel under the footprint: what is bright becomes smaller",
    reference="cv2.erode, scipy.ndimage.minimum_filter",
    parameters=(SIZE, FOOTPRINT, ITERATIONS),
)
def _erode(size: tuple[int, int], footprint: Any, iterations: int) -> Graph | tuple[Op, ...]:
    return _repeated([_eroded(size, footprint)] * iterations)


@method(
    "morphology",
    "dilate",
    "the highest pixel under the footprint: what is bright becomes larger",
    reference="cv2.dilate, scipy.ndimage.maximum_filter",
    parameters=(SIZE, FOOTPRINT, ITERATIONS),
)
def _dilate(size: tuple[int, int], footprint: Any, iterations: int) -> Graph | tuple[Op, ...]:
    return _repeated([_dilated(size, footprint)] * iterations)


def opened(size: tuple[int, int], footprint: Any, iterations: int = 1) -> list[Rank]:
    """Return the windows of an opening, the first one first."""
    return [_eroded(size, footprint)] * iterations + [_turned(_dilated(size, footprint))] * iterations


def closed(size: tuple[int, int], footprint: Any, iterations: int = 1) -> list[Rank]:
    """Return the windows of a closing, the first one first."""
    return [_turned(_dilated(size, footprint))] * iterations + [_eroded(size, footprint)] * iterations


@method(
    "morphology",
    "open",
    "eroded, then dilated: what is bright and smaller than the footprint goes",
    reference="scipy.ndimage.grey_opening, cv2.MORPH_OPEN",
    parameters=(SIZE, FOOTPRINT, ITERATIONS),
)
def _open(size: tuple[int, int], footprint: Any, iterations: int) -> Graph | tuple[Op, ...]:
    return _repeated(opened(size, footprint, iterations))


@method(
    "morphology",
    "close",
    "dilated, then eroded: what is dark and smaller than the footprint goes",
    reference="scipy.ndimage.grey_closing, cv2.MORPH_CLOSE",
    parameters=(SIZE, FOOTPRINT, ITERATIONS),
)
def _close(size: tuple[int, int], footprint: Any, iterations: int) -> Graph | tuple[Op, ...]:
    return _repeated(closed(size, footprint, iterations))


@method(
    "morphology",
    "gradient",
    "dilated less eroded: how much the image changes under the footprint",
    reference="cv2.MORPH_GRADIENT: scipy.ndimage.maximum_filter - minimum_filter",
    parameters=(SIZE, FOOTPRINT),
    formula="dilated - eroded",
)
def _gradient(size: tuple[int, int], footprint: Any) -> tuple[Op, ...]:
    ends = window(footprint, size, -1, 0, names=("dilated", "eroded"))
    return ends, Map("maximum(dilated - eroded, 0)", ("dilated", "eroded"))  # as the plan is to know, too


def _compared(windows: Sequence[Rank], formula: str, border: Border) -> Graph:
    """Return the image compared with what windows made of it.

    An opening is nowhere above the image, and a closing nowhere below it, if what lies outside the eroded
    image is the eroded outside: under a footprint that is its own mirror image, where borders repeat pixels.
    Elsewhere SciPy's differences are below 0 in places near the border, and so are these.
    """
    footprint = windows[0].footprint
    mirrored = (footprint == footprint[::-1]).all() and (footprint == footprint[:, ::-1]).all()
    if mirrored and all(side % 2 for side in footprint.shape) and border in _REPEATING:
        formula = f"maximum({formula}, 0)"  # which changes nothing, as the plan is to know
    nodes = chain(windows)
    return Graph((*nodes, Node("result", (Map(formula, ("image", "other")),), ("input", nodes[-1].name))))


@method(
    "morphology",
    "tophat",
    "what an opening takes away: bright spots smaller than the footprint, on a level ground",
    reference="cv2.MORPH_TOPHAT, scipy.ndimage.white_tophat",
    parameters=(SIZE, FOOTPRINT),
    formula="image - opened",
)
def _tophat(size: tuple[int, int], footprint: Any, border: Border) -> Graph:
    return _compared(opened(size, footprint, 1), "image - other", border)


@method(
    "morphology",
    "blackhat",
    "what a closing fills: dark spots smaller than the footprint",
    reference="cv2.MORPH_BLACKHAT, scipy.ndimage.black_tophat",
    parameters=(SIZE, FOOTPRINT),
    formula="closed - image",
)
def _blackhat(size: tuple[int, int], footprint: Any, border: Border) -> Graph:
    return _compared(closed(size, footprint, 1), "other - image", border)


_RECONSTRUCTION = "skimage.morphology.reconstruction"


@function(_RECONSTRUCTION)
def _reconstructed(
    image: NDArray[np.float64], seed: NDArray[np.float64], *, method: str, connectivity: int
) -> NDArray[np.float64]:
    from skimage import morphology

    nearer, end = {"dilation": (np.minimum, -np.inf), "erosion": (np.maximum, np.inf)}[method]
    hole = np.isnan(image)
    image, seed = (np.where(np.isnan(each), end, each) for each in (image, seed))
    rows, cols = np.ogrid[-1:2, -1:2]
    footprint = np.abs(rows) + np.abs(cols) <= connectivity
    made = np.empty(image.shape)
    for colour in range(image.shape[2]):
        mask = image[..., colour]
        made[..., colour] = morphology.reconstruction(
            nearer(seed[..., colour], mask), mask, method, footprint
        )
    return np.where(hole, np.nan, made)


@method(
    "morphology",
    "reconstruct",
    "another stage's result, the seed, dilated (or eroded) again and again, never above (below) the image; "
    "each colour by itself, alpha stays, and nothing passes a NaN",
    reference=f"{_RECONSTRUCTION}, of a seed that is nowhere above (below) the image; L. Vincent, "
    "'Morphological grayscale reconstruction in image analysis', IEEE Trans. Image Processing 2, 1993",
    parameters=(
        StageReference("seed", "name of the stage whose result grows under the image"),
        Choice("method", "from below, or from above", "dilation", choices=("dilation", "erosion")),
        Connectivity("connectivity", "where it grows: 1, to the sides; 2, to corners, too", 2),
    ),
    example={"seed": "input"},
    formula="dilation: s = minimum(dilated s, image) until nothing changes, from minimum(seed, image)",
    reads=("from", "seed"),
)
def _reconstruct(seed: str, method: str, connectivity: int) -> Graph:
    given = (("method", method), ("connectivity", connectivity))
    frame = Frame(_RECONSTRUCTION, given, operations=500, planes=20, copies=2, images=2)
    return Graph((Node("result", (frame,), ("input", "seed")),))
