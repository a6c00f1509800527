"""What a stage takes beside its method's own parameters, and what of it a filter has no use for."""

from __future__ import annotations

from collections.abc import Mapping

from convpipe.errors import ParameterError
from convpipe.ops import IDENTITY, Frame, Graph, Layer, Op, Rank, Resample, Stencil, Turn, Window, has_window
from convpipe.padding import Kept, Padding, Pooled, Repeated
from convpipe.stages.across import AXIS
from convpipe.stages.dialects import LIBRARIES, OWN
from convpipe.stages.names import StageName, StageReference
from convpipe.stages.numbers import CountPair, Number
from convpipe.stages.parameters import BorderName, Choice, PaddingForm, Parameter, PixelType

COMMON: tuple[Parameter, ...] = (
    CountPair("stride", "step between outputs, in pixels", (1, 1)),
    PaddingForm("padding", "pixels added around the image; same: as at stride 1", "same"),
    CountPair("dilation", "step between taps, in pixels", (1, 1)),
    CountPair("anchor", "tap that stands on the pixel, from 0; default: the method's middle", None, least=0),
    BorderName("border", "how pixels outside the image are made; default: the pipeline's", None),
    Number("value", "what a constant border holds; beside alpha it is opaque", 0.0),
    Number("bias", "added to every output sample", 0.0),
    PixelType("dtype", "round the stage's output to this type; integers saturate", None),
    Choice(
        "like",
        "library whose border, scaling, radii and rounding it has where the entry gives none; default: the "
        "pipeline's",
        None,
        choices=(*LIBRARIES, OWN),
        aliases={"cv2": "opencv", "ndimage": "scipy", "scikit-image": "skimage", "PIL": "pillow"},
        elsewhere={"imagej": "it runs on a Java machine, so that no test here compares with it"},
    ),
    AXIS,
    StageName("name", "name of the stage: in plans and reports, and for others to refer to", None),
    StageReference("from", "name of the stage that it reads, or input; default: the stage before", None),
)
"""Parameters of stages beside their method's own: of every one but those that are :func:`unused` by it, and
``from`` where it names what it reads in a parameter of its own."""

_PADS = "'geometry: pad' adds pixels"

_OF_WINDOWS = {
    "padding": f"its windows keep the size of what they read; 'geometry: crop' after it cuts, and {_PADS}",
    "anchor": "it is of several windows, which stand so that nothing moves",
}
_OF_PIXELS = dict.fromkeys(("dilation", "anchor"), "it slides no window of taps")
_OF_CROP = {
    **_OF_PIXELS,
    "padding": f"it cuts; in a stage after it, {_PADS}",
    "border": "it needs nothing outside the image",
    "value": "it needs nothing outside the image",
}
_OF_TILE = {**_OF_CROP, "padding": f"it repeats; in a stage after it, {_PADS}"}
_OF_PAD = {**_OF_PIXELS, "padding": "it adds as many pixels as 'by' says"}
_OF_GROUPS = {**_OF_CROP, "padding": "its groups of pixels lie inside the image"}
_OF_POOLS = {
    "anchor": "its padding says where it stands",
    "border": "its windows leave out what lies outside",
    "value": "its windows leave out what lies outside",
}
_UNPADDED = {"border": "it needs nothing outside the image; with 'padding: N' it says what is added"}


def unused(found: tuple[Op, ...] | Graph, padding: Padding | None = None) -> dict[str, str]:
    """Return the names in :data:`COMMON` that mean nothing to a filter, each with the reason.

    Parameters
    ----------
    found : tuple of Op or Graph
        What its method lowers to.
    padding : Padding, optional
        That of the stage; default: any.

    Examples
    --------
    >>> from convpipe.ops import IDENTITY, Map
    >>> unused((Map("abs(r)"),))["dilation"]
    'it slides no window of taps'
    """
    first = found.nodes[-1].ops[0] if isinstance(found, Graph) else found[0]
    if isinstance(first, Window) and isinstance(first.padding, Pooled):
        return _OF_POOLS
    if isinstance(found, Graph) and any(has_window(node.ops) for node in found.nodes):
        return _OF_WINDOWS
    if isinstance(first, Stencil):
        return _unused_by(first)
    if isinstance(first, Rank | Layer):
        return {}
    adds = padding is None or not (isinstance(padding, str) or padding == ((0, 0), (0, 0)))
    has_own_rule = isinstance(first, Resample | Frame | Turn)
    return {**_UNPADDED, **_OF_PIXELS} if has_own_rule and not adds else _OF_PIXELS


def _unused_by(window: Stencil) -> dict[str, str]:
    """Return the same of a window that may say itself where it stands."""
    if isinstance(window.padding, Kept):
        return _OF_TILE if isinstance(window.padding.rows, Repeated) else _OF_CROP
    if window.padding == "valid":
        return _OF_GROUPS
    if window.padding != "same":
        return _OF_PAD
    return _OF_PIXELS if window.banks[0] is IDENTITY else {}


def not_taken(title: str, name: str, idle: Mapping[str, str]) -> ParameterError:
    """Return the error for a parameter that means nothing to the filter of that title."""
    return ParameterError(f"{title} takes no {name}: {idle[name]}", name)
