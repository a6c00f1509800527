"""Filters of the catalogue against the quickest library that has them: same threads, results compared first.

    python benchmarks/catalogue.py [--side 2048] [--threads 2] [--first 0]

A filter is a `Case` in `CASES`: add a line. 8-bit images are held against OpenCV (Pillow where it has none),
16-bit and float32 ones against what has them: scikit-image mostly, in one thread, since it has no other way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import samples
from PIL import Image
from skimage import exposure, feature, filters, restoration
from stack_windows import over_stacks
from timing import Bench, Peer, Row, Table, compared, run

from convpipe import Pipeline, stage

Filter = Callable[[np.ndarray], np.ndarray]

KINDS: dict[str, Callable[[int], np.ndarray]] = {
    "uint8": samples.gray,
    "uint16": lambda side: samples.gray(side).astype(np.uint16) * np.uint16(257),
    "float32": samples.single,
    "RGB uint8": samples.rgb,
}


GRAY = ("uint8", "uint16", "float32")


@dataclass(frozen=True)
class Case:
    """A filter here and elsewhere, on images of one type.

    Parameters
    ----------
    name : str
    kind : str
        Of the images: one of `KINDS`.
    ours : Pipeline
    library : str
    theirs : callable
        From the image to what ours gives.
    tolerance : float
        Largest difference of the results.
    outliers : float
        Share of the samples that may differ by more.
    """

    name: str
    kind: str
    ours: Pipeline
    library: str
    theirs: Filter
    tolerance: float = 0.0
    outliers: float = 0.0


def one(family: str, name: str, **parameters: object) -> Pipeline:
    return Pipeline([stage(family, name, **parameters)])


def white(image: np.ndarray, level: float | np.ndarray) -> np.ndarray:
    """Return the full scale of the type where the image is above a level, as users write it."""
    full = 1 if image.dtype.kind == "f" else np.iinfo(image.dtype).max
    return np.where(image > level, image.dtype.type(full), image.dtype.type(0))


def otsu(image: np.ndarray) -> np.ndarray:
    return cv2.threshold(image, 0, float(np.iinfo(image.dtype).max), cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]


def equalized(image: np.ndarray) -> np.ndarray:
    """Return the shares over the full scale of the type, from a bin for each integer."""
    if image.dtype.kind == "f":
        return exposure.equalize_hist(image).astype(np.float32)
    return np.rint(exposure.equalize_hist(image, 65536) * 65535).astype(np.uint16)


ADAPTIVE = {"mean": cv2.ADAPTIVE_THRESH_MEAN_C, "gauss": cv2.ADAPTIVE_THRESH_GAUSSIAN_C}


def adaptive(size: int, kind: str) -> Case:
    """Return the threshold against OpenCV's, which sums its Gaussian in another order."""
    ours = one("threshold", "adaptive", size=size, method=kind, border="edge")

    def theirs(image: np.ndarray) -> np.ndarray:
        return cv2.adaptiveThreshold(image, 255, ADAPTIVE[kind], cv2.THRESH_BINARY, size, 2)

    return Case(f"adaptive {kind} {size}", "uint8", ours, "OpenCV", theirs, outliers=1e-5)


def adaptive_wide(size: int, kind: str) -> Case:
    """Return the same of other types against the level of scikit-image, which is of float64."""
    ours = one("threshold", "adaptive", size=size, offset=0, border="symmetric")

    def theirs(image: np.ndarray) -> np.ndarray:
        level = filters.threshold_local(image, size, "mean")
        return white(image, np.rint(level) if image.dtype.kind == "u" else level)

    return Case(f"adaptive mean {size}", kind, ours, "scikit-image", theirs, outliers=1e-3)


def clahe(tiles: int, kind: str) -> Case:
    """Return local equalisation, in which ours blends the tables of rows first."""
    theirs = cv2.createCLAHE(2.0, (tiles, tiles)).apply
    return Case(f"clahe {tiles}x{tiles}", kind, one("contrast", "clahe", tiles=tiles), "OpenCV", theirs, 1.0)


def local(name: str, kind: str) -> Case:
    def theirs(image: np.ndarray) -> np.ndarray:
        return white(image, getattr(filters, f"threshold_{name}")(image))

    return Case(name, kind, one("threshold", name), "scikit-image", theirs, outliers=1e-3)


SHAPES = {"square": cv2.MORPH_RECT, "ellipse": cv2.MORPH_ELLIPSE}


def tophat(size: int, shape: str, kind: str) -> Case:
    """Return the top-hat against OpenCV's, which has every type."""
    ours = one("morphology", "tophat", size=size, footprint=shape, border="edge")
    kernel = cv2.getStructuringElement(SHAPES[shape], (size, size))

    def theirs(image: np.ndarray) -> np.ndarray:
        return cv2.morphologyEx(image, cv2.MORPH_TOPHAT, kernel, borderType=cv2.BORDER_REPLICATE)

    return Case(f"tophat {shape} {size}", kind, ours, "OpenCV", theirs)


def mode(size: int, kind: str) -> Case:
    """Return the most frequent value against that of scikit-image, which counts no pixel outside."""
    window = np.ones((size, size), np.uint8)
    ours = one("rank", "mode", size=size, border="edge")
    return Case(
        f"mode {size}",
        kind,
        ours,
        "scikit-image",
        partial(filters.rank.modal, footprint=window),
        outliers=5e-3,
    )


def bilateral(size: int, kind: str) -> Case:
    """Return the filter against OpenCV's, which rounds 8 bits down at small sizes, and has no 16 bits."""
    color = {"uint8": 25.0, "uint16": 6000.0, "float32": 0.1}[kind]
    ours = one("blur", "bilateral", size=size, sigma_color=color, distance="manhattan")

    def theirs(image: np.ndarray) -> np.ndarray:
        held = image.astype(np.float32) if kind == "uint16" else image
        return cv2.bilateralFilter(held, size, color, 3).astype(image.dtype)

    library = "OpenCV, of float32" if kind == "uint16" else "OpenCV"
    return Case(f"bilateral {size}", kind, ours, library, theirs, 1e-5 if kind == "float32" else 1.0)


def rolling_ball(radius: int, kind: str) -> Case:
    """Return the image less its background; scikit-image's background is float64's, and not rounded."""
    ours = one("background", "subtract", method="rolling_ball", radius=radius)

    def theirs(image: np.ndarray) -> np.ndarray:
        held = image if image.dtype.kind == "f" else image.astype(np.float64)
        rest = held - restoration.rolling_ball(held, radius=radius)
        return rest if image.dtype.kind == "f" else np.rint(rest).astype(image.dtype)

    tolerance = 1e-5 if kind == "float32" else 0.0
    return Case(f"rolling ball {radius}", kind, ours, "scikit-image", theirs, tolerance)


def canny(norm: str) -> Case:
    """Return the edges of 8 bits, the same bytes."""
    given = {"low": 100, "high": 200, "norm": norm}
    ours = Pipeline([stage("edge", "canny", like="opencv", **given)])
    theirs = partial(cv2.Canny, threshold1=100, threshold2=200, L2gradient=norm == "l2")
    return Case(f"canny {norm}", "uint8", ours, "OpenCV", theirs)


def canny_wide(kind: str) -> Case:
    """Return those of other types against scikit-image, which computes integers in float64."""
    ours = one("edge", "canny", border="symmetric")

    def theirs(image: np.ndarray) -> np.ndarray:
        return white(feature.canny(image, mode="reflect").astype(image.dtype), 0)

    return Case("canny", kind, ours, "scikit-image", theirs, outliers=1e-3)


RESIZES = ((0.37, "lanczos3"), (2.0, "bicubic"))


def resize(factor: float, method: str, kind: str) -> Case:
    """Return the resize against Pillow's, the same bytes but for what it rounds between its two passes.

    OpenCV has the means over areas alike.
    """
    ours = one("geometry", "resize", factor=factor, method=method)
    if method == "area":

        def theirs(image: np.ndarray) -> np.ndarray:
            return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)

        tolerance = 1e-5 if kind == "float32" else 1.0
        return Case(f"resize {method} {factor:g}", kind, ours, "OpenCV", theirs, tolerance)

    def pillow(image: np.ndarray) -> np.ndarray:
        rows, cols = (int(factor * side + 0.5) for side in image.shape)
        made = Image.fromarray(image).resize((cols, rows), getattr(Image.Resampling, method.upper()[:7]))
        return np.asarray(made)

    tolerance = 1e-5 if kind == "float32" else 1.0
    return Case(f"resize {method} {factor:g}", kind, ours, "Pillow", pillow, tolerance)


def cubic(factor: float, kind: str) -> Case:
    """Return OpenCV's cubic interpolation, which has a sharper kernel, and fixed point for 8 bits."""
    ours = one("geometry", "resize", factor=factor, method="bicubic", antialias=False)
    theirs = partial(cv2.resize, dsize=None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    tolerance = 1e-5 if kind == "float32" else 1.0
    return Case(f"resize bicubic {factor:g}, a -0.75", kind, ours, "OpenCV", theirs, tolerance)


WARPED = {"uint8": 1.0, "uint16": 16.0, "float32": 1e-3, "RGB uint8": 1.0}
"""How far OpenCV is off, whose places are of float32."""


def rotation(angle: float, kind: str, method: str = "bilinear") -> Case:
    """Return OpenCV's rotation, to a level where it rounds otherwise."""
    flag = {"bilinear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST}[method]

    def theirs(image: np.ndarray) -> np.ndarray:
        rows, cols, *_ = image.shape
        matrix = cv2.getRotationMatrix2D(((cols - 1) / 2, (rows - 1) / 2), angle, 1)
        return cv2.warpAffine(image, matrix, (cols, rows), flags=flag)

    ours = one("geometry", "rotate", angle=angle, method=method, border="constant")
    return Case(f"rotate {angle:g}, {method}", kind, ours, "OpenCV", theirs, WARPED[kind])


def perspective(kind: str) -> Case:
    """Return OpenCV's perspective, to a level where it rounds otherwise."""
    matrix = np.array([[1.02, 0.09, -40.0], [-0.05, 0.97, 60.0], [2e-5, 3e-5, 1.0]])

    def theirs(image: np.ndarray) -> np.ndarray:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpPerspective(image, matrix, image.shape[1::-1], flags=flags)

    ours = one("geometry", "perspective", matrix=matrix.tolist(), border="constant")
    return Case("perspective, bilinear", kind, ours, "OpenCV", theirs, WARPED[kind])


def polar(kind: str) -> Case:
    """Return OpenCV's polar image of an image, to a level where it rounds otherwise."""

    def theirs(image: np.ndarray) -> np.ndarray:
        rows, cols = image.shape
        middle = (cols - 1) / 2, (rows - 1) / 2
        flags = cv2.INTER_LINEAR | cv2.WARP_FILL_OUTLIERS
        return cv2.warpPolar(image, (cols, rows), middle, 1000.0, flags)

    ours = one("geometry", "polar", size="input", radius=1000, border="constant")
    return Case("polar, bilinear", kind, ours, "OpenCV", theirs, WARPED[kind], 1e-3)


def template(side: int, kind: str) -> Case:
    """Return scikit-image's match of a template, whose sums are of float32."""
    sought = np.random.default_rng(1).integers(0, 255, (side, side), dtype=np.uint8)

    def theirs(image: np.ndarray) -> np.ndarray:
        return feature.match_template(image, sought).astype(np.float32)

    ours = one("objects", "match_template", template=sought)
    return Case(f"match_template {side}", kind, ours, "scikit-image", theirs, 1e-2)


CASES = (
    # Ours is the share of the samples up to each; OpenCV's does without those of the darkest level.
    Case("equalize", "uint8", one("contrast", "equalize"), "OpenCV", cv2.equalizeHist, 1.0),
    Case("equalize", "uint16", one("contrast", "equalize"), "scikit-image", equalized, 1.0),
    Case("equalize", "float32", one("contrast", "equalize"), "scikit-image", equalized, 1e-5),
    Case("otsu", "uint8", one("threshold", "otsu"), "OpenCV", otsu),
    Case("otsu", "uint16", one("threshold", "otsu"), "OpenCV", otsu),
    Case(
        "otsu",
        "float32",
        one("threshold", "otsu"),
        "scikit-image",
        lambda image: white(image, filters.threshold_otsu(image)),
    ),
    *(adaptive(size, kind) for size in (11, 51) for kind in ADAPTIVE),
    *(adaptive_wide(size, kind) for size in (11, 51) for kind in ("uint16", "float32")),
    *(clahe(tiles, kind) for tiles in (8, 16) for kind in ("uint8", "uint16")),
    *(local(name, kind) for name in ("niblack", "sauvola") for kind in GRAY),
    *(tophat(size, shape, kind) for size in (15, 31) for shape in SHAPES for kind in GRAY),
    *(mode(size, "uint8") for size in (3, 5)),
    *(bilateral(size, kind) for size in (5, 9, 15) for kind in GRAY),
    *(rolling_ball(25, kind) for kind in GRAY),
    *(canny(norm) for norm in ("l1", "l2")),
    *(canny_wide(kind) for kind in ("uint16", "float32")),
    *(resize(0.5, "area", kind) for kind in GRAY),
    *(resize(factor, name, kind) for factor, name in RESIZES for kind in ("uint8", "float32")),
    *(cubic(2.0, kind) for kind in GRAY),
    *(rotation(30, kind) for kind in KINDS),
    *(rotation(30, kind, "nearest") for kind in KINDS),
    *(perspective(kind) for kind in KINDS),
    *(polar(kind) for kind in ("uint8", "float32")),
    *(template(32, kind) for kind in ("uint8", "float32")),
)


def rows(bench: Bench) -> Iterator[Row]:
    for case in CASES[bench.flags["first"] :]:
        image = KINDS[case.kind](bench.side)
        row = bench.compare(
            {"filter": case.name, "images": case.kind, "peer": case.library},
            partial(case.ours, image),
            Peer(partial(case.theirs, image), "peer"),
            image,
            tolerance=case.tolerance,
            outliers=case.outliers,
        )
        print(f"{case.name} {case.kind}: {row['ratio']:.3g}", flush=True)
        yield row


def tables(bench: Bench) -> Iterator[Table]:
    yield compared("The catalogue", rows(bench))
    yield compared("Windows over the pages of a stack", over_stacks(bench))


if __name__ == "__main__":
    flag = {"first": (0, "case to begin with")}
    run(__doc__, tables, side=2048, flags=flag, prepare=cv2.setNumThreads)
