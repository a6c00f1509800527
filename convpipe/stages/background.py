"""Backgrounds: what changes slowly over the image, found in one of four ways, and taken off."""

from __future__ import annotations

from typing import Any

import numpy as np

from convpipe.errors import ParameterError
from convpipe.ops import Graph, Held, Map, Node, Op, Reference, RollingBall, Stencil
from convpipe.stages.base import ImageKind, method
from convpipe.stages.blur import gaussian
from convpipe.stages.footprint import Footprint
from convpipe.stages.morphology import chain, closed, opened
from convpipe.stages.numbers import CountPair, Number, NumberPair
from convpipe.stages.parameters import Choice
from convpipe.stages.rank import median
from convpipe.stages.reference import ReferenceImage

_OWN: dict[str, dict[str, Any]] = {
    "gaussian": {"sigma": (50.0, 50.0)},
    "tophat": {"size": (51, 51), "footprint": "disk"},
    "median": {"size": (51, 51), "footprint": "square"},
    "rolling_ball": {"radius": 50.0},
}
"""The parameters of each way, with their defaults."""

_TRUNCATE, _TOLERANCE = 4.0, 1e-4


@method(
    "background",
    "subtract",
    "the image less its background, as a blur, an opening, a median or a rolling ball finds it",
    reference="S. R. Sternberg, 'Biomedical image processing', IEEE Computer 16(1), 1983; ImageJ, Process > "
    "Subtract Background; skimage.restoration.rolling_ball",
    parameters=(
        Choice("method", "how the background is found", "gaussian", choices=tuple(_OWN)),
        NumberPair("sigma", "of gaussian: standard deviation in pixels; default: 50", None, above=0.0),
        CountPair("size", "of tophat and median: rows and columns of the footprint; default: 51", None),
        Footprint(
            "footprint",
            "of tophat and median: its shape; default: a disk for tophat, a square for median",
            None,
        ),
        Number(
            "radius", "of rolling_ball: in pixels, and in values of the image; default: 50", None, above=0.0
        ),
        Choice(
            "which",
            "bright objects on a dark background, which becomes 0, or dark ones on a bright one, which "
            "becomes the largest value",
            "bright",
            choices=("bright", "dark"),
        ),
    ),
    formula="image - background; of dark objects: image - background + full scale",
)
def _subtract(  # noqa: PLR0913 - parameters of a stage, by their names
    method: str,
    sigma: Any,
    size: Any,
    footprint: Any,
    radius: float | None,
    which: str,
    image: ImageKind,
) -> Graph:
    given = {"sigma": sigma, "size": size, "footprint": footprint, "radius": radius}
    for name, value in given.items():
        if value is not None and name not in _OWN[method]:
            own = " and ".join(_OWN[method])
            takers = " and ".join(each for each, taken in _OWN.items() if name in taken)
            raise ParameterError(f"{name} is of method {takers}; method {method} has {own}", name)
    taken = _OWN[method] | ({} if isinstance(footprint, str | None) else {"size": (3, 3)})  # rows have theirs
    chosen = {name: default if given[name] is None else given[name] for name, default in taken.items()}
    dark = which == "dark"
    nodes = _found(method, chosen, dark)
    rest = "image - background" + (" + full" if dark else "")
    constants = (("full", image.full_scale),) if dark else ()
    result = Map(rest, ("image", "background"), constants)
    return Graph((*nodes, Node("result", (result,), ("input", nodes[-1].name))))


def _found(method: str, chosen: dict[str, Any], dark: bool) -> list[Node]:
    """Return the nodes that make the background."""
    if method == "tophat":
        return chain((closed if dark else opened)(chosen["size"], chosen["footprint"]))
    found: Op
    if method == "gaussian":
        found = Stencil((gaussian(chosen["sigma"], _TRUNCATE, _TOLERANCE),))
    elif method == "median":
        found = median(chosen["footprint"], chosen["size"])
    else:
        found = RollingBall.of(chosen["radius"], dark)
    return [Node("background", (found,))]


@method(
    "background",
    "flatfield",
    "the image less a dark frame, divided by the light of a flat field; left where that shows none",
    reference="F. J. W.-M. Leong, M. Brady, J. O'D. McGee, 'Correction of uneven illumination (vignetting) "
    "in digital microscopy images', J. Clin. Pathol. 56, 2003; ccdproc.flat_correct of astropy",
    parameters=(
        ReferenceImage("flat", "a picture of nothing but the light, of the image's rows and columns"),
        ReferenceImage("dark", "a picture without light; default: none", None),
    ),
    example={"flat": [[1.0]]},
    formula="(image - dark) * mean(flat - dark) / (flat - dark)",
)
def _flatfield(flat: Reference, dark: Reference | None) -> Graph:
    below = 0.0 if dark is None else dark.pixels.astype(np.float64)
    try:
        light = flat.pixels - below
    except ValueError:
        own, other = ("x".join(map(str, each.pixels.shape)) for each in (dark, flat) if each is not None)
        raise ParameterError(f"dark has {own} samples, and flat {other}", "dark") from None
    lit = light > 0
    mean = light.mean(axis=(0, 1), where=lit) if lit.any(axis=(0, 1)).all() else 1.0
    gain = np.where(lit, mean / np.where(lit, light, 1.0), 1.0)
    nodes = [Node("gain", (Held.of(Reference.of(gain, f"flat {flat.name}")),))]
    formula, names = "image * gain", ["image", "gain"]
    if dark is not None:
        nodes.append(Node("dark", (Held.of(dark),)))
        formula, names = "(image - dark) * gain", [*names, "dark"]
    read = ("input", *names[1:])
    return Graph((*nodes, Node("result", (Map(formula, tuple(names)),), read)))
