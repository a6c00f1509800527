"""Edges of one pixel: maxima of the gradient across it, and hysteresis."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from convpipe.errors import ParameterError
from convpipe.geometry import Border
from convpipe.interval import Interval
from convpipe.ops import Cast, Graph, Hysteresis, Map, Node, Reduce, Stencil, Taps
from convpipe.stages.base import ImageKind, method
from convpipe.stages.blur import TRUNCATE, gaussian_taps
from convpipe.stages.numbers import Number, NumberPair, in_order
from convpipe.stages.parameters import Choice, Flag
from convpipe.statistics import Statistic

_NEAR = {
    "nw": (0, 0), "n": (0, 1), "ne": (0, 2),
    "w": (1, 0), "e": (1, 2),
    "sw": (2, 0), "s": (2, 1), "se": (2, 2),
}  # fmt: skip
"""The eight neighbours of a pixel, by where they are under a 3x3 window."""

_EIGHTH = 13573
"""The tangent of 22.5 degrees times 2^15, as OpenCV has it."""

_SECTOR = f"""where(abs(y) * 32768 < abs(x) * {_EIGHTH}, {{}},
where((abs(y) - 2 * abs(x)) * 32768 > abs(x) * {_EIGHTH}, {{}},
where(where(x < 0, 1, 0) == where(y < 0, 1, 0), {{}}, {{}})))""".replace("\n", " ")
"""The choice among four directions: along the row, down the column, down the diagonal, up the diagonal."""

_MAXIMA = (("w", "<", "e", "<="), ("n", "<", "s", "<="), ("nw", "<", "se", "<"), ("ne", "<", "sw", "<"))
"""What a maximum along each is: equal neighbours in a line leave one edge, on no diagonal any."""

_ACROSS = "where({near} * (1 - {share}) + {far} * {share} <= m, {rest}, 0)"


def _interpolated() -> str:
    """Return the expression of the maximum among the two points where the gradient's line meets the ring."""
    same = "x * y >= 0"
    steep = "where(abs(y) > abs(x), abs(x) / abs(y), abs(y) / abs(x))"

    def kept(first: tuple[str, str], second: tuple[str, str]) -> str:
        last = _ACROSS.format(near=second[0], far=second[1], share=steep, rest="mark")
        return _ACROSS.format(near=first[0], far=first[1], share=steep, rest=last)

    falling = f"where(abs(y) > abs(x), {kept(('s', 'se'), ('n', 'nw'))}, {kept(('e', 'se'), ('w', 'nw'))})"
    rising = f"where(abs(y) < abs(x), {kept(('e', 'ne'), ('w', 'sw'))}, {kept(('n', 'ne'), ('s', 'sw'))})"
    whole = f"where({same}, {falling}, {rising})"
    inside = "minimum(minimum(nw, ne), minimum(sw, se)) >= 0"
    return f"where(abs(x) + abs(y) > 0, where({inside}, {whole}, 0), 0)"


_NORMS = {"l1": "abs(x) + abs(y)", "l2": "sqrt(square(x) + square(y))"}

_COMPARED = {"interpolated": ">=", "sectors": ">"}


@method(
    "edge",
    "canny",
    "edges of one pixel, white: maxima along the gradient above high, and those above low that are joined to "
    "them; each channel by itself",
    reference="skimage.feature.canny with mode='reflect'; cv2.Canny by 'like: opencv'; J. Canny, 'A "
    "computational approach to edge detection', IEEE Trans. PAMI 8, 1986",
    parameters=(
        NumberPair(
            "sigma", "standard deviation of the blur before it, in pixels; 0: none", (1.0, 1.0), least=0.0
        ),
        Number("low", "magnitude of what is joined; default: a tenth of the full scale", None, least=0.0),
        Number("high", "magnitude of what counts by itself; default: a fifth of it", None, least=0.0),
        Flag("quantiles", "whether low and high are shares of the pixels, from 0 to 1", False),
        Choice("norm", "of the gradient: l2, or l1, the sum of sizes", "l2", choices=("l2", "l1")),
        Choice(
            "suppression",
            "of all but maxima: among points between neighbours, or along the nearest of four directions",
            "interpolated",
            choices=("interpolated", "sectors"),
        ),
        TRUNCATE,
    ),
    formula="x and y by Sobel, undivided; of the maxima along the gradient those from high on (with sectors: "
    "above it), and those from low on that are joined to them over eight neighbours",
)
def _canny(  # noqa: PLR0913 - its parameters
    sigma: tuple[float, float],
    low: float | None,
    high: float | None,
    quantiles: bool,
    norm: str,
    suppression: str,
    truncate: float,
    image: ImageKind,
) -> Graph:
    full = 1.0 if quantiles else image.full_scale
    levels = (0.1 * full if low is None else low, 0.2 * full if high is None else high)
    in_order(*levels)
    if quantiles and levels[1] > 1:
        raise ParameterError(f"high is a share of the pixels, at most 1; given {levels[1]:g}", "high")
    squared = norm == "l2" and suppression == "sectors" and not quantiles
    if squared:  # exact, of integers
        levels = (levels[0] ** 2, levels[1] ** 2)
    magnitude = "square(x) + square(y)" if squared else _NORMS[norm]
    nodes = [
        *_gradient(sigma, truncate, folded=not quantiles and levels[0] > 0),
        Node("m", (Map(magnitude, ("x", "y")),), ("x", "y")),
    ]
    marked = _marked("r" if quantiles else "m", _COMPARED[suppression])
    constants = () if quantiles else (("low", levels[0]), ("high", levels[1]))
    if quantiles:
        found = tuple(
            Statistic(name, "percentile", 100 * level)
            for name, level in zip(("low", "high"), levels, strict=True)
        )
        nodes.append(Node("mark", (Reduce(marked, statistics=found, result=_MARKS),), ("m",)))
        marked = "mark"
    make = _along_sectors if suppression == "sectors" else _between_neighbours
    return Graph(
        (*nodes, *make(marked, constants), Node("edges", (Hysteresis.of(image.full_scale),), ("thin",)))
    )


_MARKS = Interval(0, 2)


def _gradient(sigma: tuple[float, float], truncate: float, *, folded: bool) -> list[Node]:
    """Return the nodes of both derivatives of a blur, `folded` into their taps or before them.

    Folded, all windows are in one loop. But in a flat region sums round to a little beside 0, which only a
    level above 0 leaves out.
    """
    down, along = (gaussian_taps(each, truncate) for each in sigma)
    nodes, source = [], "input"
    if not folded:
        nodes, source = [Node("soft", (Stencil((Taps.outer(down, along),)),))], "soft"
        down, along = np.ones(1), np.ones(1)
    smooth, difference = [1, 2, 1], [-1, 0, 1]
    x = Taps.outer(np.convolve(down, smooth), np.convolve(along, difference))
    y = Taps.outer(np.convolve(down, difference), np.convolve(along, smooth))
    return [*nodes, *(Node(name, (Stencil((taps,)),), (source,)) for name, taps in (("x", x), ("y", y)))]


def _along_sectors(marked: str, constants: tuple[tuple[str, float], ...]) -> list[Node]:
    """Return the nodes that mark maxima along one of four directions.

    A window looks whether a pixel is a maximum along each: bits of a number, behind which its mark stands.
    """
    bits = " + ".join(
        f"where({first} {below} m, where({last} {most} m, {2**k}, 0), 0)"
        for k, (first, below, last, most) in enumerate(_MAXIMA)
    )
    mark, chosen = f" + 16 * {marked}" if constants else "", "found * " + _SECTOR.format(1, 0.5, 0.25, 0.125)
    kinds = Map(bits + mark, ("nw", "n", "ne", "w", "m", "e", "sw", "s", "se"), constants, Interval(0, 47))
    inputs = ("x", "y", "found") if constants else ("x", "y", "found", "mark")
    mark = "floor(found / 16)" if constants else "mark"
    thin = Map(f"(floor({chosen}) - 2 * floor({chosen} / 2)) * {mark}", inputs, result=_MARKS)
    return [
        Node("found", (_window({**_NEAR, "m": (1, 1)}, kinds.inputs, 0.0), kinds), ("m",)),
        Node("thin", (thin, Cast("uint8")), inputs),
    ]


def _between_neighbours(marked: str, constants: tuple[tuple[str, float], ...]) -> list[Node]:
    """Return the nodes that mark maxima among points between neighbours; none beside the border."""
    near = [Node(name, (_window(_NEAR, (name,), -1.0),), ("m",)) for name in _NEAR]
    inputs = ("x", "y", "m", *_NEAR, *(() if constants else ("mark",)))
    thin = Map(_interpolated().replace("mark", marked), inputs, constants, _MARKS)
    return [*near, Node("thin", (thin, Cast("uint8")), inputs)]


def _window(places: Mapping[str, tuple[int, int]], names: tuple[str, ...], outside: float) -> Stencil:
    """Return the window of single pixels of a 3x3 neighbourhood; `outside` lies outside the image."""
    taps = tuple(
        Taps([[float((i, j) == places[name]) for j in range(3)] for i in range(3)]) for name in names
    )
    return Stencil(taps, names, border=Border.CONSTANT, value=outside, has_own_border=True)


def _marked(magnitude: str, compared: str) -> str:
    """Return the expression of the mark of a magnitude."""
    return f"where({magnitude} {compared} high, 2, where({magnitude} {compared} low, 1, 0))"
