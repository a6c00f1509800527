"""What gapi_fluid.py starts with an interpreter that has OpenCV 4: a chain as a graph of G-API, by fluid.

    python gapi_peer.py CHAIN IMAGE.npy RESULT.npy FIRST LAST

It writes rows FIRST to before LAST of the result, then makes them anew for each line that it reads, and
answers with a line. All windows of the backend are 3x3.
"""

from __future__ import annotations

import sys

import cv2
import numpy as np

HALO = 4
"""Rows that the windows of a chain reach, and one for good measure."""

REFLECT = cv2.BORDER_REFLECT_101
SCHARR = -1
"""As a size of G-API's Sobel."""

SHARPEN = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], np.float32)

graph = cv2.gapi


def gaussian(image: cv2.GMat) -> cv2.GMat:
    return graph.gaussianBlur(image, (3, 3), 1, 1, REFLECT)


def magnitude(image: cv2.GMat, size: int) -> cv2.GMat:
    """Return the length of both derivatives, which fluid has one pass for only as Sobel's."""
    if size == SCHARR:
        x, y = (graph.Sobel(image, cv2.CV_32F, *order, SCHARR, 1, 0, REFLECT) for order in ((1, 0), (0, 1)))
    else:
        x, y = graph.SobelXY(image, cv2.CV_32F, 1, size, 1, 0, REFLECT)
    return graph.sqrt(graph.add(graph.mul(x, x), graph.mul(y, y)))


def edges(image: cv2.GMat, _: cv2.GScalar) -> cv2.GMat:
    found = magnitude(graph.blur(image, (3, 3), (-1, -1), REFLECT), 3)
    return graph.convertTo(found, cv2.CV_8U, 1 / (4 * np.sqrt(2)))


def threshold(image: cv2.GMat, level: cv2.GScalar) -> cv2.GMat:
    return graph.cmpGT(magnitude(gaussian(graph.RGB2Gray(image)), SCHARR), level)


def unsharp(image: cv2.GMat, _: cv2.GScalar) -> cv2.GMat:
    return graph.addWeighted(image, 2, gaussian(image), -1, 0)


def sharpen(image: cv2.GMat, _: cv2.GScalar) -> cv2.GMat:
    return graph.filter2D(gaussian(image), -1, SHARPEN, (-1, -1), (0, 0, 0, 0), REFLECT)


CHAINS = {"edges": edges, "threshold": threshold, "unsharp": unsharp, "sharpen": sharpen}
LEVELS = {"threshold": 5 * 16 * np.sqrt(2)}
"""Scalars that a chain reads."""


def compiled(chain: str):
    """Return the function of an image; the graph is compiled at its first call, for its size."""
    given, scalar = cv2.GMat(), cv2.GScalar()
    result = CHAINS[chain](given, scalar)
    level = (LEVELS[chain], 0, 0, 0) if chain in LEVELS else None
    inputs = cv2.GIn(given) if level is None else cv2.GIn(given, scalar)
    computation = cv2.GComputation(inputs, cv2.GOut(result))
    kernels = graph.combine(graph.core.fluid.kernels(), graph.imgproc.fluid.kernels())
    numbers = () if level is None else (level,)
    return lambda image: computation.apply(cv2.gin(image, *numbers), args=graph.compile_args(kernels))


def main() -> None:
    chain, source, target, first, last = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
    image, run = np.load(source), compiled(chain)
    start, end = max(0, first - HALO), min(len(image), last + HALO)
    image = np.ascontiguousarray(image[start:end])
    np.save(target, run(image)[first - start : last - start])
    print(cv2.__version__, flush=True)
    for _ in sys.stdin:
        run(image)
        print(flush=True)


if __name__ == "__main__":
    main()
