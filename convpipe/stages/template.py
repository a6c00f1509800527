"""Where a template lies in an image: their normalised cross-correlation.

Sums are of float64, about the mean of the image: of those of squares little is left where a window is bright
and varies little, and that is what counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convpipe.errors import ParameterError
from convpipe.geometry import Extent
from convpipe.interval import Interval
from convpipe.ops import IDENTITY, Frame, Graph, Mix, Node, Op, Reference, Stencil
from convpipe.ops.frame import function
from convpipe.padding import Kept, Padding, Slice
from convpipe.stages.base import ImageKind, method
from convpipe.stages.parameters import Flag
from convpipe.stages.reference import ReferenceImage

Floats = NDArray[np.float64]

_MATCH = "template.match"


@function(_MATCH)
def _matched(colours: Floats, template: Reference) -> Floats:
    from scipy import signal

    known = np.asarray(np.isfinite(colours).all(axis=2))
    whole = bool(known.all())
    mean = colours.mean() if whole else colours[known].mean() if known.any() else 0.0
    centred = colours - mean
    centred[~known] = 0.0
    rows, cols, _ = template.pixels.shape
    wanted = np.broadcast_to(template.pixels.astype(np.float64), (rows, cols, colours.shape[2]))
    wanted = wanted - wanted.mean()
    sides = [(side // 2, (side - 1) // 2) for side in (rows, cols)]
    likeness, sums, squares = (np.zeros(known.shape) for _ in range(3))
    for plane, taps in zip(np.moveaxis(centred, 2, 0), np.moveaxis(wanted, 2, 0), strict=True):
        around = np.pad(plane, sides, constant_values=-mean)  # 0 of the image
        likeness += signal.fftconvolve(around, taps[::-1, ::-1], mode="valid")
        sums += _window_sums(around, (rows, cols))
        squares += _window_sums(np.square(around), (rows, cols))
    variance = squares - np.square(sums) / wanted.size
    varies = variance > 2.0**-50 * (rows + cols) * squares  # more than is rounded off
    spread = np.sqrt(np.where(varies, variance, 1.0) * np.square(wanted).sum())
    found = np.where(varies, np.clip(likeness / spread, -1, 1), 0.0)
    if not whole:
        found[_touched(np.logical_not(known), (rows, cols))] = np.nan
    return np.broadcast_to(found[..., None], colours.shape)


def _window_sums(plane: Floats, extent: Extent) -> Floats:
    """Return the sums of all windows that lie inside, each of its own samples alone.

    Along an axis they are made of sums of 1, 2, 4, ... neighbours: what is rounded off is a share of what
    lies in the window.
    """
    for axis, side in enumerate(extent):
        lines = np.moveaxis(plane, axis, 0)
        count, width, first = len(lines) - side + 1, 1, 0
        total: Floats | float = 0.0
        while True:
            if side & width:
                total = total + lines[first : first + count]
                first += width
            if 2 * width > side:
                break
            lines = lines[:-width] + lines[width:]
            width *= 2
        plane = np.moveaxis(np.asarray(total), 0, axis)
    return plane


def _touched(pixels: NDArray[np.bool_], extent: Extent) -> NDArray[np.bool_]:
    """Return whose windows hold one of some pixels."""
    from scipy import ndimage

    return np.asarray(ndimage.maximum_filter(pixels, extent, mode="constant"))


@dataclass(frozen=True)
class _Matching(Frame):
    """A correlation with a template, which has to fit into the image; as :class:`convpipe.ops.Frame`."""

    def check(self, extent: Extent, colours: int) -> None:
        """Raise ValueError if it is larger than the image, or of other colours."""
        rows, cols, planes = dict(self.parameters)["template"].pixels.shape
        if planes not in (1, colours):
            raise ValueError(f"its template has {planes} channels; the image has {colours}")
        if rows > extent[0] or cols > extent[1]:
            raise ValueError(
                f"its template of {rows}x{cols} is larger than an image of {extent[0]}x{extent[1]}"
            )


@method(
    "objects",
    "match_template",
    "how much the image looks like a template around each pixel: 1 as the template, -1 as its negative",
    reference="skimage.feature.match_template; cv2.matchTemplate, TM_CCOEFF_NORMED; J. P. Lewis, 'Fast "
    "normalized cross-correlation', 1995",
    parameters=(
        ReferenceImage(
            "template", "image that is looked for, of as many colours, or of one; all count together"
        ),
        Flag(
            "pad_input",
            "as large as the image, outside of which it is 0; false: where the template lies inside alone",
            False,
        ),
    ),
    formula="sum of (r - mean r) (t - mean t) / sqrt(sum of (r - mean r)^2 sum of (t - mean t)^2) over the "
    "window; 0 where it is flat; the pixel stands in row rows // 2, column cols // 2 of it",
    example={"template": [[0.0, 40.0, 0.0], [90.0, 255.0, 70.0]]},
    alpha="refuse",
    dtype="float32",
)
def _match_template(template: Reference, pad_input: bool, image: ImageKind) -> tuple[Op, ...] | Graph:
    if not np.isfinite(template.pixels).all():
        raise ParameterError("template has samples that are no finite numbers", "template")
    if template.range.low == template.range.high:
        raise ParameterError("template is of one value, which is like nothing", "template")
    rows, cols, _ = template.pixels.shape
    matching = _Matching(
        _MATCH,
        (("template", template),),
        result=Interval(-1.0, 1.0, image.full_scale == 1),
        operations=200,
        copies=2,
        planes=10,
    )
    kept: Padding | Kept = "same" if pad_input else Kept(_inside(rows), _inside(cols))
    one = (1.0, *(0.0,) * (image.channels - 1))
    last = (Stencil((IDENTITY,), padding=kept), *((Mix((one,)),) if image.channels > 1 else ()))
    return Graph((Node("likeness", (matching,)), Node("result", last, ("likeness",))))


def _inside(side: int) -> Slice:
    """Return the pixels around which a window of so many lies inside."""
    return Slice(side // 2, -((side - 1) // 2) or None)
