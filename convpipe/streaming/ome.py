"""What OME-Zarr says of an image (versions 0.4 and 0.5): axes, levels, and where pixels lie.

Both are read, 0.5 is written: https://ngff.openmicroscopy.org/0.5/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from convpipe.dataclass import dataclass
from convpipe.errors import ReadError
from convpipe.streaming.grid import Grid

VERSION = "0.5"
ROWS, COLS, CHANNELS = "y", "x", "c"


@dataclass(frozen=True)
class Axis:
    """An axis of an array.

    Parameters
    ----------
    name : str
    unit : str, optional
    """

    name: str
    unit: str | None = None


@dataclass(frozen=True)
class Multiscale:
    """An image in several sizes.

    Parameters
    ----------
    axes : tuple of Axis
    datasets : mapping of str to mapping of str to (scale, translation)
        Of each level, by its path, largest first: along each axis the distance of neighbours, and where the
        first is.
    """

    axes: tuple[Axis, ...]
    datasets: Mapping[str, Mapping[str, tuple[float, float]]]

    def grid(self, path: str) -> Grid:
        """Return where the pixels of a level lie."""
        placed = self.datasets[path]
        (down, top), (right, left) = placed[ROWS], placed[COLS]
        if min(down, right) <= 0:
            return Grid()
        units = {axis.name: axis.unit for axis in self.axes}
        unit = units[ROWS] if units[ROWS] == units[COLS] else None
        return Grid((down, right), (top, left), unit)


def multiscale_of(attributes: Mapping[str, Any]) -> Multiscale | None:
    """Return the first image of a group, by its attributes; None where they say of none.

    Raises
    ------
    ReadError
        What they say of it cannot be meant.

    Examples
    --------
    >>> said = attributes_of("cells", 2, [Grid((0.5, 0.5), unit="micrometer")])
    >>> multiscale_of(said).grid("0")
    Grid(step=(0.5, 0.5), first=(0.0, 0.0), unit='micrometer')
    """
    said = attributes.get("ome", attributes)
    if not isinstance(said, Mapping) or not said.get("multiscales"):
        return None
    try:
        first = said["multiscales"][0]
        axes = tuple(Axis(str(each["name"]), each.get("unit")) for each in first["axes"])
        shared = first.get("coordinateTransformations", ())
        datasets = {
            str(each["path"]): _placed(axes, each.get("coordinateTransformations", ()), shared)
            for each in first["datasets"]
        }
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise ReadError(
            f"what OME-Zarr says of its image is damaged: {type(error).__name__} {error}"
        ) from error
    if not datasets:
        raise ReadError("OME-Zarr lists no level of its image")
    return Multiscale(axes, datasets)


def _placed(axes: Sequence[Axis], *transforms: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float, float]]:
    """Return scale and translation along each axis: those of a level, and then those of all."""
    placed = {axis.name: (1.0, 0.0) for axis in axes}
    for transform in (each for sequence in transforms for each in sequence):
        kind = transform["type"]
        if kind not in ("scale", "translation"):
            continue
        for axis, value in zip(axes, transform[kind], strict=True):
            scale, first = placed[axis.name]
            by, more = (float(value), 0.0) if kind == "scale" else (1.0, float(value))
            placed[axis.name] = scale * by, first * by + more
    return placed


def attributes_of(name: str, dimensions: int, levels: Sequence[Grid]) -> dict[str, Any]:
    """Return the attributes of a group that holds an image as levels ``0``, ``1``, ...

    Parameters
    ----------
    name : str
    dimensions : {2, 3}
        Rows and columns, or channels before them.
    levels : sequence of Grid
        Largest first.
    """
    before = dimensions - 2
    unit = levels[0].unit
    spatial = [{"name": axis, "type": "space", **({"unit": unit} if unit else {})} for axis in (ROWS, COLS)]
    axes = [{"name": CHANNELS, "type": "channel"}][:before] + spatial
    datasets = [
        {"path": str(at), "coordinateTransformations": _transforms(before, grid)}
        for at, grid in enumerate(levels)
    ]
    return {"ome": {"version": VERSION, "multiscales": [{"name": name, "axes": axes, "datasets": datasets}]}}


def _transforms(before: int, grid: Grid) -> list[dict[str, Any]]:
    scale = {"type": "scale", "scale": [1.0] * before + list(grid.step)}
    translation = {"type": "translation", "translation": [0.0] * before + list(grid.first)}
    return [scale] if grid.first == (0.0, 0.0) else [scale, translation]
