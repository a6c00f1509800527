"""Geometry: which pixels of an image there are, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from convpipe.boxes import Boxes, OwnPart
from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import Border, Extent
from convpipe.ops import IDENTITY, Graph, Map, Op, Resample, Stencil, Taps, Turn
from convpipe.padding import Kept, Middle, Repeated, Share, Sides, Slice
from convpipe.stages.base import ImageKind, method
from convpipe.stages.boxes import Box, Shares
from convpipe.stages.numbers import Count, CountPair, NumberPair, SizePair
from convpipe.stages.parameters import Choice, Flag, PaddingForm
from convpipe.stages.passes import is_of_bytes, rounded_passes
from convpipe.stages.resampling import KERNELS, METHODS, MOST, Doubling, Resizing


@method(
    "geometry",
    "crop",
    "keep some rows and columns; costs nothing, as the others are not read",
    reference="numpy basic slicing: image[top:bottom, left:right]",
    parameters=(
        Box(
            "box",
            "[top, left, bottom, right], the last two not kept; null for none, below 0 from the last. Or a "
            ".csv file of them for each image: columns name, top, left, bottom, right",
            None,
        ),
        Shares("relative", "the same as shares of the sides, from 0 to 1, rounded half up to pixels", None),
        CountPair("center", "[rows, cols] in the middle; one left over is at the end", None),
    ),
    example={"box": [0, 0, None, None]},
)
def _crop(
    box: tuple[int, int, int | None, int | None] | Boxes | None,
    relative: tuple[float, float, float, float] | None,
    center: Extent | None,
) -> tuple[Op, ...]:
    _only("crop", {"box": box, "relative": relative, "center": center})
    kept: Kept
    if isinstance(box, Boxes):
        kept = Kept(OwnPart(box, 0), OwnPart(box, 1))
    elif box is not None:
        top, left, bottom, right = box
        kept = Kept(Slice(top, bottom), Slice(left, right))
    elif relative is not None:
        low, first, high, last = relative
        kept = Kept(Share(low, high), Share(first, last))
    else:
        assert center is not None
        kept = Kept(Middle(center[0]), Middle(center[1]))
    return (Stencil((IDENTITY,), padding=kept),)


def _only(name: str, given: Mapping[str, object]) -> None:
    """Refuse all but one value that is not None."""
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        found = " and ".join(named) or "none"
        raise ParameterError(f"geometry {name} needs one of {', '.join(given)}; given {found}")


@method(
    "geometry",
    "resize",
    "another number of rows and columns; a smaller image is made of means, so that it does not alias",
    reference="Pillow, Image.resize; area: skimage.transform.resize_local_mean; without antialias: torch"
    " interpolate, align_corners=False",
    formula="out[i] = sum of f((j + 0.5 - c)/s) in[j] / sum of f; c = (i + 0.5) in/out, s = max(in/out, 1)",
    parameters=(
        SizePair("size", "of the result; input: as the image that enters; give it, factor or longest", None),
        NumberPair("factor", "of rows and columns, above 0; sides are rounded half up", None, above=0),
        Count(
            "longest",
            "longer side of the result, the other in proportion; of a smaller image too: see enlarge",
            None,
            least=1,
            most=MOST,
        ),
        Flag("enlarge", "false: an image that is smaller than longest stays as it is", True),
        Choice(
            "method",
            "kernel f: bicubic has a = -0.5, without antialias -0.75; area is the exact mean over a pixel",
            "bicubic",
            choices=METHODS,
            aliases={"linear": "bilinear", "cubic": "bicubic", "lanczos": "lanczos3"},
        ),
        Flag(
            "antialias",
            "widen the kernel where the result is smaller; false: s = 1, the first and last pixel repeated",
            True,
        ),
        Choice(
            "rounding",
            "each_pass: along rows and down columns, each rounded to 8 bits, as Pillow has it; last: of the "
            "result",
            "last",
            choices=("last", "each_pass"),
        ),
    ),
    alpha="premultiply",
    example={"factor": 0.5},
)
def _resize(  # noqa: PLR0913 - the parameters of the method
    size: Extent | Literal["input"] | None,
    factor: tuple[float, float] | None,
    longest: int | None,
    enlarge: bool,
    method: str,
    antialias: bool,
    rounding: str,
    image: ImageKind,
) -> tuple[Op, ...] | Graph:
    _only("resize", {"size": size, "factor": factor, "longest": longest})
    if not enlarge and longest is None:
        raise ParameterError(
            "'enlarge: false' is of 'longest': it leaves smaller images as they are", "enlarge"
        )
    if method == "area" and not antialias:
        message = "area is the mean over a pixel of the result, and takes no 'antialias: false'"
        raise ParameterError(message, "antialias")
    resizing = Resizing(method, antialias, size, factor, longest, enlarge)
    if rounding == "last":
        return (Resample(resizing),)
    if method not in KERNELS or not antialias:
        message = f"'rounding: each_pass' is of the methods {', '.join(KERNELS)} with antialias"
        raise ParameterError(message, "rounding")
    if not is_of_bytes(image):
        raise PlanError("geometry resize: 'rounding: each_pass' is of images of uint8 without alpha")
    return rounded_passes(resizing)


@method(
    "geometry",
    "pyramid_up",
    "twice as many rows and columns, smooth: pixel (2 i, 2 j) of the result lies on pixel (i, j)",
    reference="cv2.pyrUp; P. J. Burt, E. H. Adelson, 'The Laplacian pyramid as a compact image code', 1983",
    formula="along each axis out[2 i] = (in[i - 1] + 6 in[i] + in[i + 1]) / 8, out[2 i + 1] = (in[i] + "
    "in[i + 1]) / 2; in[-1] = in[1] and in[n] = in[n - 1], whatever the border",
    alpha="premultiply",
)
def _pyramid_up() -> tuple[Op, ...]:
    return (Resample(Doubling()),)


@method(
    "geometry",
    "pyramid_down",
    "a binomial blur of 5x5 and then every second pixel: half as many rows and columns, rounded up",
    reference="cv2.pyrDown; P. J. Burt, E. H. Adelson, 'The Laplacian pyramid as a compact image code', 1983",
    formula="along each axis out[i] = (in[2 i - 2] + 4 in[2 i - 1] + 6 in[2 i] + 4 in[2 i + 1] + in[2 i + 2])"
    " / 16",
    alpha="premultiply",
)
def _pyramid_down() -> tuple[Op, ...]:
    binomial = np.array([1, 4, 6, 4, 1]) / 16
    return (Stencil((Taps.outer(binomial, binomial),), stride=(2, 2)),)


@method(
    "geometry",
    "pad",
    "rows and columns added around the image, by the rule of its border",
    reference="numpy.pad",
    parameters=(
        PaddingForm("by", "pixels added: at every side, of rows and columns, or at each side", rules=()),
    ),
    example={"by": 1},
)
def _pad(by: Sides) -> tuple[Op, ...]:
    return (Stencil((IDENTITY,), padding=by),)


@method(
    "geometry",
    "tile",
    "the image repeated, down and along, as a seamless texture is looked at; it cuts nothing into pieces",
    reference="numpy.tile of rows and columns; libvips, replicate; ImageMagick, -virtual-pixel tile",
    parameters=(CountPair("count", "how often down and along: [rows, cols], or both alike"),),
    example={"count": 2},
)
def _tile(count: Extent) -> tuple[Op, ...]:
    parts = Kept(Repeated(count[0]), Repeated(count[1]))
    return (Stencil((IDENTITY,), padding=parts, border=Border.WRAP, has_own_border=True),)


@method(
    "geometry",
    "decimate",
    "every so manieth pixel, from the first; nothing is blurred before, so that what is fine aliases",
    reference="numpy basic slicing: image[::rows, ::cols]; libvips, subsample",
    parameters=(CountPair("factor", "step between the pixels that are kept"),),
    example={"factor": 2},
)
def _decimate(factor: Extent) -> tuple[Op, ...]:
    return (Stencil((IDENTITY,), stride=factor),)


@method(
    "geometry",
    "bin",
    "one pixel of each group of pixels: their mean, or their sum; what fills no group is left out",
    reference="ImageJ, Image > Transform > Bin; skimage.measure.block_reduce, where groups fill the image",
    parameters=(
        CountPair("factor", "rows and columns of a group"),
        Choice(
            "method",
            "what a pixel becomes; a sum counts hidden pixels as the mean",
            "mean",
            choices=("mean", "sum"),
        ),
    ),
    alpha="premultiply",
    example={"factor": 2},
)
def _bin(factor: Extent, method: str) -> tuple[Op, ...]:
    rows, cols = factor
    if rows * cols > MOST:
        raise ParameterError(f"factor must be of at most {MOST} pixels; given {list(factor)}", "factor")
    mean = Taps.outer(np.full(rows, 1 / rows), np.full(cols, 1 / cols))
    window = Stencil((mean,), stride=factor, padding="valid")
    return (window,) if method == "mean" else (window, Map("r * count", constants=(("count", rows * cols),)))


_MIRRORED = {"rows": (True, False), "columns": (False, True), "both": (True, True)}


@method(
    "geometry",
    "flip",
    "rows, columns or both in reverse order; metadata follows",
    reference="numpy.flip; axis 0 are the rows",
    parameters=(
        Choice(
            "axis",
            "what is in reverse order: columns for a mirror image",
            "columns",
            choices=tuple(_MIRRORED),
        ),
    ),
)
def _flip(axis: str) -> tuple[Op, ...]:
    return (Turn(_MIRRORED[axis]),)


@method(
    "geometry",
    "rotate90",
    "turned by quarters, counterclockwise; metadata follows",
    reference="numpy.rot90",
    parameters=(Count("quarters", "how many; 3 turn it clockwise by one", 1, least=1, most=3),),
)
def _rotate90(quarters: int) -> tuple[Op, ...]:
    mirrored = {1: (False, True), 2: (True, True), 3: (True, False)}[quarters]
    return (Turn(mirrored, transposed=quarters != 2),)


@method(
    "geometry",
    "transpose",
    "rows become columns; metadata follows",
    reference="numpy.swapaxes of rows and columns",
)
def _transpose() -> tuple[Op, ...]:
    return (Turn(transposed=True),)
