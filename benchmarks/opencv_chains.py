"""The chains of pipelines.py in OpenCV: as they are usually written, and as fast as we could make them.

The usual form has the fewest calls, keeps 8 bits where that is enough, and lets every call make its
result. The tuned form keeps every intermediate array, and takes the fastest calls found for each step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import pipelines
from pipelines import LEVEL, SCHARR_GAIN, SHARPEN, SOBEL_GAIN

from convpipe import Pipeline

REFLECT = cv2.BORDER_REFLECT_101
SHARPEN_KERNEL = np.array(SHARPEN, np.float32)
Filter = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Chain:
    """A chain on both sides.

    Parameters
    ----------
    ours : Pipeline
    usual : callable
        From image to result, by OpenCV.
    tuned : callable
        From an image's shape to the same, with arrays of that shape kept.
    tolerance : float
        Levels by which results may differ: OpenCV's chain rounds between its calls.
    outliers : float
        Share of pixels that may differ by more, as those near a threshold do.
    """

    ours: Pipeline
    usual: Filter
    tuned: Callable[[tuple[int, ...]], Filter]
    tolerance: float = 2.0
    outliers: float = 0.0


def blur(image: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    return cv2.GaussianBlur(image, (5, 5), 1, dst=out, borderType=REFLECT)


def magnitude(image: np.ndarray, operator: Callable[..., np.ndarray]) -> np.ndarray:
    x = operator(image, cv2.CV_32F, 1, 0, borderType=REFLECT)
    y = operator(image, cv2.CV_32F, 0, 1, borderType=REFLECT)
    return cv2.magnitude(x, y)


class Kept:
    """Arrays of one extent that are used again by every call."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        shape = shape[:2]
        self.gray, self.blurred, self.sharp = (np.empty(shape, np.uint8) for _ in range(3))
        self.x16, self.y16 = np.empty(shape, np.int16), np.empty(shape, np.int16)
        self.x, self.y = np.empty(shape, np.float32), np.empty(shape, np.float32)

    def sobel_magnitude(self, image: np.ndarray) -> np.ndarray:
        """Both derivatives in one pass over 8 bits, then to float32 by NumPy, faster than by OpenCV."""
        cv2.spatialGradient(image, self.x16, self.y16, 3, REFLECT)
        np.copyto(self.x, self.x16)
        np.copyto(self.y, self.y16)
        return cv2.magnitude(self.x, self.y, self.x)

    def scharr_magnitude(self, image: np.ndarray) -> np.ndarray:
        """Both derivatives to float32; OpenCV has no call for the two at once."""
        cv2.Scharr(image, cv2.CV_32F, 1, 0, dst=self.x, borderType=REFLECT)
        cv2.Scharr(image, cv2.CV_32F, 0, 1, dst=self.y, borderType=REFLECT)
        return cv2.magnitude(self.x, self.y, self.x)


def edges(image: np.ndarray) -> np.ndarray:
    return cv2.convertScaleAbs(magnitude(blur(image), cv2.Sobel), alpha=SOBEL_GAIN)


def edges_tuned(shape: tuple[int, ...]) -> Filter:
    kept = Kept(shape)
    return lambda image: cv2.convertScaleAbs(
        kept.sobel_magnitude(blur(image, kept.blurred)), alpha=SOBEL_GAIN
    )


def threshold(image: np.ndarray) -> np.ndarray:
    found = magnitude(blur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)), cv2.Scharr)
    return cv2.compare(found, LEVEL / SCHARR_GAIN, cv2.CMP_GT)


def threshold_tuned(shape: tuple[int, ...]) -> Filter:
    kept = Kept(shape)

    def work(image: np.ndarray) -> np.ndarray:
        gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY, dst=kept.gray)
        found = kept.scharr_magnitude(blur(gray, kept.blurred))
        return cv2.compare(found, LEVEL / SCHARR_GAIN, cv2.CMP_GT)

    return work


def laplacian(image: np.ndarray) -> np.ndarray:
    blurred = cv2.GaussianBlur(image, (9, 9), 2, borderType=REFLECT)
    sharp = cv2.addWeighted(image, 2, blurred, -1, 0)
    return cv2.convertScaleAbs(cv2.Laplacian(sharp, cv2.CV_16S, ksize=1, borderType=REFLECT))


def laplacian_tuned(shape: tuple[int, ...]) -> Filter:
    kept = Kept(shape)

    def work(image: np.ndarray) -> np.ndarray:
        cv2.GaussianBlur(image, (9, 9), 2, dst=kept.blurred, borderType=REFLECT)
        cv2.addWeighted(image, 2, kept.blurred, -1, 0, dst=kept.sharp)
        cv2.Laplacian(kept.sharp, cv2.CV_16S, dst=kept.x16, ksize=1, borderType=REFLECT)
        return cv2.convertScaleAbs(kept.x16)

    return work


def pyramid(image: np.ndarray) -> np.ndarray:
    for _ in range(3):
        image = blur(image)[::2, ::2]
    return image


def binomial_pyramid(image: np.ndarray) -> np.ndarray:
    """OpenCV has one call for a 5x5 binomial at stride 2."""
    for _ in range(3):
        image = cv2.pyrDown(image, borderType=REFLECT)
    return image


def halves(shape: tuple[int, ...]) -> list[np.ndarray]:
    rows, cols = shape[:2]
    return [np.empty((-(-rows // step), -(-cols // step)), np.uint8) for step in (1, 2, 4, 8)]


def pyramid_tuned(shape: tuple[int, ...]) -> Filter:
    levels = halves(shape)

    def work(image: np.ndarray) -> np.ndarray:
        for level, smaller in pairwise(levels):
            blur(image, level)
            image = cv2.resize(level, smaller.shape[::-1], dst=smaller, interpolation=cv2.INTER_NEAREST)
        return image

    return work


def binomial_pyramid_tuned(shape: tuple[int, ...]) -> Filter:
    levels = halves(shape)[1:]

    def work(image: np.ndarray) -> np.ndarray:
        for level in levels:
            image = cv2.pyrDown(image, dst=level, dstsize=level.shape[::-1], borderType=REFLECT)
        return image

    return work


def mix(image: np.ndarray) -> np.ndarray:
    blurred = blur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    sharp = cv2.filter2D(blurred, -1, SHARPEN_KERNEL, borderType=REFLECT)
    return cv2.bitwise_not(cv2.convertScaleAbs(magnitude(sharp, cv2.Sobel), alpha=SOBEL_GAIN))


def mix_tuned(shape: tuple[int, ...]) -> Filter:
    kept = Kept(shape)

    def work(image: np.ndarray) -> np.ndarray:
        cv2.cvtColor(image, cv2.COLOR_RGB2GRAY, dst=kept.gray)
        blur(kept.gray, kept.blurred)
        cv2.filter2D(kept.blurred, -1, SHARPEN_KERNEL, dst=kept.sharp, borderType=REFLECT)
        found = cv2.convertScaleAbs(kept.sobel_magnitude(kept.sharp), alpha=SOBEL_GAIN)
        return cv2.bitwise_not(found, found)

    return work


CHAINS = (
    Chain(pipelines.EDGES, edges, edges_tuned),
    Chain(pipelines.THRESHOLD, threshold, threshold_tuned, tolerance=0, outliers=0.03),
    Chain(pipelines.LAPLACIAN, laplacian, laplacian_tuned, tolerance=12),
    Chain(pipelines.PYRAMID, pyramid, pyramid_tuned),
    Chain(pipelines.BINOMIAL_PYRAMID, binomial_pyramid, binomial_pyramid_tuned),
    Chain(pipelines.MIX, mix, mix_tuned, tolerance=8),
)
