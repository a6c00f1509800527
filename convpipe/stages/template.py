"""Where a template lies in an image: their normalised cross-correlation."""

from __future__ import annotations

import numpy as np

from convpipe.errors import ParameterError
from convpipe.ops import IDENTITY, Graph, Matching, Mix, Node, Op, Reference, Stencil
from convpipe.padding import Kept, Padding, Slice
from convpipe.stages.base import ImageKind, method
from convpipe.stages.parameters import Flag
from convpipe.stages.reference import ReferenceImage


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
    matching = Matching.of(template, image.full_scale)
    kept: Padding | Kept = "same" if pad_input else Kept(_inside(rows), _inside(cols))
    one = (1.0, *(0.0,) * (image.channels - 1))
    last = (Stencil((IDENTITY,), padding=kept), *((Mix((one,)),) if image.channels > 1 else ()))
    return Graph((Node("likeness", (matching,)), Node("result", last, ("likeness",))))


def _inside(side: int) -> Slice:
    """Return the pixels around which a window of so many lies inside."""
    return Slice(side // 2, -((side - 1) // 2) or None)
