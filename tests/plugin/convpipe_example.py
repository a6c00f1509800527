"""What a package that brings stages has: one of ops, and one that is a function of pixels."""

import convpipe
from convpipe.ops import Map
from convpipe.stages import method
from convpipe.stages.numbers import Number


@method(
    "example",
    "fade",
    "multiply by a share",
    reference="none",
    parameters=(Number("share", "multiplies every sample", least=0.0),),
    example={"share": 0.5},
)
def _fade(share):
    return (Map("share * r", constants=(("share", share),)),)


@convpipe.stencil
def _across(a, b, *, gain=0.5):
    return gain * abs(a[0, 1] - b[0, -1])


_across.register("example", "across", "difference of neighbours of two images", reference="none")
