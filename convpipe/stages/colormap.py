"""False colours: a colour for every grey."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from convpipe.ops import Graph, Lookup
from convpipe.stages.base import ImageKind, method
from convpipe.stages.color import merged
from convpipe.stages.parameters import Choice

_ENTRIES = 256

_LISTED = ("viridis", "magma", "inferno", "plasma", "cividis")
"""Maps that stand in a file beside this module, with their source and licence."""


@cache
def _listed() -> dict[str, NDArray[np.float64]]:
    """Return the colours of these maps, (entries, 3), of 8 bits."""
    text = resources.files(__package__).joinpath("colormaps.txt").read_text("ascii")
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {
        name: np.frombuffer(bytes.fromhex(colours), np.uint8).reshape(_ENTRIES, 3).astype(np.float64)
        for name, colours in lines
    }


def colours_of(name: str) -> NDArray[np.float64]:
    """Return the colours of a map, (entries, 3), of 8 bits.

    Examples
    --------
    >>> colours_of("viridis")[[0, 255]].tolist(), colours_of("jet")[128].tolist()
    ([[68.0, 1.0, 84.0], [253.0, 231.0, 37.0]], [130.0, 255.0, 126.0])
    """
    if name in _LISTED:
        return _listed()[name]
    levels = np.arange(_ENTRIES, dtype=np.float64)[:, None]
    if name == "gray":
        return np.repeat(levels, 3, axis=1)
    ramps = 255 * 1.5 - np.abs(4 * levels - [255.0 * 3, 255.0 * 2, 255.0])  # MATLAB's jet
    return np.asarray(np.rint(np.clip(ramps, 0, 255)))


@method(
    "color",
    "colormap",
    "the colours of a map in the place of greys, over the range of the dtype; between two of them a mean",
    reference="matplotlib, the viridis family; MATLAB, jet; cv2.applyColorMap",
    parameters=(Choice("map", "which", "viridis", choices=(*_LISTED, "jet", "gray")),),
    colours=1,
)
def _colormap(map: str, image: ImageKind) -> Graph:
    colours = colours_of(map) * (image.full_scale / 255)
    ends = image.lowest, image.full_scale
    return merged([("input", (Lookup(tuple(each), *ends),)) for each in colours.T.tolist()])
