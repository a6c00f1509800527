"""Where the stages of a graph stand when it is drawn: in layers, each below all that it reads.

A short form of K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system
structures", 1981: layers by the longest path, places on the way of long edges, order by barycentres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from itertools import pairwise

from convpipe.dataclass import dataclass

SWEEPS = 4
"""How often the order of layers is mended."""

PLACE = 0.3
"""Width of the way of an edge that passes a layer, in widths of a stage."""


@dataclass(eq=False)
class Spot:
    """A stage in a layer, or the way of an edge through one.

    Parameters
    ----------
    stage : int or None
        Its position; -1 is the image, None a way.
    layer : int
    x : float
        Of its middle, in widths of a stage.
    above : list of Spot
        Of the layer before, from which edges come.
    """

    stage: int | None
    layer: int
    x: float = 0.0
    above: list[Spot] = field(default_factory=list)

    @property
    def wide(self) -> float:
        """Its width."""
        return PLACE if self.stage is None else 1.0


@dataclass(frozen=True)
class Drawn:
    """A graph, laid out.

    Parameters
    ----------
    spots : dict of int to Spot
        Of the stages, and of the image as -1.
    edges : list of (int, int, list of Spot)
        Source, target, and the spots between and at both ends.
    layers : int
    left, right : float
        Ends, in widths of a stage.
    """

    spots: dict[int, Spot]
    edges: list[tuple[int, int, list[Spot]]]
    layers: int
    left: float
    right: float


def laid_out(reads: Sequence[Sequence[int]]) -> Drawn:
    """Return where stages stand.

    Parameters
    ----------
    reads : sequence of sequence of int
        Of each stage the positions of those that it reads; -1 is the image.

    Examples
    --------
    >>> drawn = laid_out([(-1,), (-1,), (0, 1)])
    >>> [(at, spot.layer, spot.x) for at, spot in drawn.spots.items()]
    [(-1, 0, 0.0), (0, 1, -0.55), (1, 1, 0.55), (2, 2, 0.0)]
    """
    depth = {-1: 0}
    for at, sources in enumerate(reads):
        depth[at] = 1 + max((depth[source] for source in sources), default=0)
    spots = {at: Spot(at, layer) for at, layer in depth.items()}
    layers: list[list[Spot]] = [[] for _ in range(max(depth.values()) + 1)]
    for spot in spots.values():
        layers[spot.layer].append(spot)
    edges = []
    for at, sources in enumerate(reads):
        for source in dict.fromkeys(sources):
            way = [Spot(None, layer) for layer in range(depth[source] + 1, depth[at])]
            for spot in way:
                layers[spot.layer].append(spot)
            path = [spots[source], *way, spots[at]]
            for before, after in pairwise(path):
                after.above.append(before)
            edges.append((source, at, path))
    for _ in range(SWEEPS):
        for layer in layers:
            _place(layer)
    every = [spot for layer in layers for spot in layer]
    left = min(spot.x - spot.wide / 2 for spot in every)
    right = max(spot.x + spot.wide / 2 for spot in every)
    return Drawn(spots, edges, len(layers), left, right)


def _place(layer: list[Spot]) -> None:
    """Place the spots of a layer, each as near to the middle of those above as its neighbours let it."""
    wanted = {
        id(spot): sum(each.x for each in spot.above) / len(spot.above) if spot.above else spot.x
        for spot in layer
    }
    layer.sort(key=lambda spot: (round(wanted[id(spot)], 6), spot.stage is None))
    at = 0.0
    for number, spot in enumerate(layer):
        if number:
            at += (layer[number - 1].wide + spot.wide) / 2 + 0.1
            at = max(at, wanted[id(spot)])
        else:
            at = wanted[id(spot)]
        spot.x = at
    shift = sum(spot.x - wanted[id(spot)] for spot in layer) / len(layer)
    for spot in layer:
        spot.x = round(spot.x - shift, 6)
