"""The chains that are timed against several peers, as convpipe says them."""

from __future__ import annotations

import numpy as np
import samples

from convpipe import Pipeline, stage

SOBEL_GAIN = 1 / (4 * np.sqrt(2))
"""convpipe's Sobel magnitude over OpenCV's: it keeps the range of the image."""

SCHARR_GAIN = 1 / (16 * np.sqrt(2))

LEVEL = 5.0
"""Of the threshold, in magnitudes of ours."""

SCALES = 1.0, 2.0
"""Of the difference of Gaussians, in pixels."""

SPOT = 2.0
"""Of its threshold."""

BINOMIAL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
SHARPEN = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]

BLUR = stage("blur", "gaussian", sigma=1, truncate=2)
"""5x5."""

GRAY = stage("color", "gray", weights="bt601")


def image_for(pipeline: Pipeline, rows: int, cols: int | None = None) -> np.ndarray:
    """Return an 8-bit image of the kind that `pipeline` takes."""
    return (samples.rgb if pipeline.stages[0] is GRAY else samples.gray)(rows, cols)


def named(name: str, *stages: object) -> Pipeline:
    return Pipeline(stages, name=name)


EDGES = named("blur 5x5, sobel magnitude", BLUR, stage("edge", "sobel"))
THRESHOLD = named(
    "RGB to gray, blur, scharr, threshold",
    GRAY,
    BLUR,
    stage("edge", "scharr"),
    stage("point", "threshold", level=LEVEL),
)
LAPLACIAN = named(
    "unsharp, laplacian, abs",
    stage("sharpen", "unsharp", sigma=2, truncate=2),
    stage("edge", "laplacian"),
    stage("point", "abs"),
)
UNSHARP = named("unsharp", stage("sharpen", "unsharp", sigma=2, truncate=2))
SPOTS = named(
    "difference of Gaussians, threshold",
    stage("edge", "dog", sigma=SCALES[0], ratio=SCALES[1] / SCALES[0], truncate=2),
    stage("point", "threshold", level=SPOT),
)
HALVE = stage("blur", "gaussian", sigma=1, truncate=2, stride=2, padding=2)
PYRAMID = named("pyramid of three stride-2 blurs", HALVE, HALVE, HALVE)
BINOMIAL_PYRAMID = named(
    "pyramid of three stride-2 binomials",
    *[stage("custom", "binomial", kernel=BINOMIAL.tolist(), stride=2, padding=2)] * 3,
)
MIX = named(
    "RGB to gray, blur, sharpen, sobel, invert",
    GRAY,
    BLUR,
    stage("custom", "sharpen", kernel=SHARPEN),
    stage("edge", "sobel"),
    stage("point", "invert"),
)
