"""Contrast taken over from another image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convpipe.errors import ParameterError
from convpipe.interval import Interval
from convpipe.ops import Frame, Lookup, Op, Reference
from convpipe.ops.frame import function
from convpipe.ops.lookup import MOST_ENTRIES
from convpipe.stages.base import ImageKind, method
from convpipe.stages.parameters import Choice
from convpipe.stages.reference import ReferenceImage
from convpipe.statistics import Matched

Floats = NDArray[np.float64]

_MATCH = "skimage.exposure.match_histograms"


@function(_MATCH)
def _matched(colours: Floats, reference: Reference, each: bool) -> Floats:
    template = np.asarray(reference.pixels, np.float64)
    if not each:
        return _taken_over(colours, template)
    template = np.broadcast_to(template, (*template.shape[:2], colours.shape[2]))
    planes = [_taken_over(colours[..., k], template[..., k]) for k in range(colours.shape[2])]
    return np.stack(planes, axis=2)


def _taken_over(samples: Floats, template: Floats) -> Floats:
    """Return samples with the distribution of others; of both, what is not finite counts for nothing."""
    from skimage import exposure

    held, others = np.isfinite(samples), template[np.isfinite(template)]
    made = np.where(np.isnan(samples), np.nan, np.where(samples > 0, others.max(), others.min()))
    if held.any():
        made[held] = exposure.match_histograms(samples[held], others)
    return made


@method(
    "contrast",
    "match",
    "the values of a reference image in the place of those of as large a share of the image",
    reference=_MATCH,
    parameters=(
        ReferenceImage("reference", "image of any extent whose values are taken over, in their own units"),
        Choice(
            "channels",
            "each colour by that of the reference, or all by all of its samples, as of one colour",
            "each",
            choices=("each", "together"),
        ),
    ),
    example={"reference": [[0.0, 40.0], [80.0, 255.0]]},
    formula="the value of the reference up to which its share is that of the samples up to r, on the line "
    "between two; in one loop for integers of one colour, or of all together",
)
def _match(reference: Reference, channels: str, image: ImageKind) -> tuple[Op, ...]:
    colours, planes = image.channels - image.alpha, reference.pixels.shape[2]
    if channels == "each" and colours > 1 and planes not in (1, colours):
        raise ParameterError(f"reference has {planes} channels; the image has {colours} colours", "reference")
    each = channels == "each" and colours > 1
    held = np.asarray(reference.pixels, np.float64)
    finite = np.isfinite(held)
    if not (finite.any(axis=(0, 1)).all() if each else finite.any()):
        raise ParameterError("reference has no finite sample", "reference")
    held = held[finite]
    ends = Interval(float(held.min()), float(held.max()))
    if each or image.full_scale == 1:  # whose values are as many as there are samples
        given = (("reference", reference), ("each", each))
        copies, work = (1, 8) if each else (8, 1)  # one colour after the other, or all of them
        return (
            Frame(_MATCH, given, result=ends, operations=60, copies=copies, planes=work, leaves_out=True),
        )
    return (Lookup.of(Matched.to(held, MOST_ENTRIES, integers=True), ends),)
