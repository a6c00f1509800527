"""Geometry: which pixels of an image there are, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from convpipe.errors import ParameterError
from convpipe.geometry import Extent
from convpipe.ops import IDENTITY, Op, Resample, Stencil, Turn
from convpipe.padding import Kept, Middle, Share, Slice
from convpipe.stages.base import method
from convpipe.stages.boxes import Box, Shares
from convpipe.stages.numbers import Count, CountPair, NumberPair, SizePair
from convpipe.stages.parameters import Choice, Flag
from convpipe.stages.resampling import METHODS, MOST, Doubling, Resizing


@method(
    "geometry",
    "crop",
    "keep some rows and columns; costs nothing, as the others are not read",
    reference="numpy basic slicing: image[top:bottom, left:right]",
    parameters=(
        Box(
            "box",
            "[top, left, bottom, right], the last two not kept; null for none, below 0 from the last",
            None,
        ),
        Shares("relative", "the same as shares of the sides, from 0 to 1, rounded half up to pixels", None),
        CountPair("center", "[rows, cols] in the middle; one left over is at the end", None),
    ),
    example={"box": [0, 0, None, None]},
)
def _crop(
    box: tuple[int, int, int | None, int | None] | None,
    relative: tuple[float, float, float, float] | None,
    center: Extent | None,
) -> tuple[Op, ...]:
    _only("crop", {"box": box, "relative": relative, "center": center})
    kept: Kept
    if box is not None:
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
    ),
    alpha="premultiply",
    example={"factor": 0.5},
)
def _resize(
    size: Extent | Literal["input"] | None,
    factor: tuple[float, float] | None,
    longest: int | None,
    enlarge: bool,
    method: str,
    antialias: bool,
) -> tuple[Op, ...]:
    _only("resize", {"size": size, "factor": factor, "longest": longest})
    if not enlarge and longest is None:
        raise ParameterError(
            "'enlarge: false' is of 'longest': it leaves smaller images as they are", "enlarge"
        )
    if method == "area" and not antialias:
        message = "area is the mean over a pixel of the result, and takes no 'antialias: false'"
        raise ParameterError(message, "antialias")
    return (Resample(Resizing(method, antialias, size, factor, longest, enlarge)),)


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
