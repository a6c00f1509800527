"""Rows of an array of Zarr (formats 2 and 3), alone or of an image of OME-Zarr."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, ReadError
from convpipe.images import ImageInfo, Metadata
from convpipe.images.rows import Blocks, RowReader
from convpipe.images.source import read_errors
from convpipe.limits import Limits
from convpipe.paths import Location
from convpipe.stores import Url
from convpipe.streaming.grid import Grid
from convpipe.streaming.ome import CHANNELS, COLS, ROWS, Multiscale, multiscale_of
from convpipe.streaming.sources.model import RowSource

if TYPE_CHECKING:
    import zarr

MARKS = ("zarr.json", ".zgroup", ".zarray")
"""What a folder holds that is an array or a group of Zarr."""

FILE_SUFFIXES = (".tif", ".tiff", ".npy", ".png", ".raw", ".bip", ".bil", ".bsq")
"""How names of objects end that are looked for nothing below: each look is a request."""

SAFE = frozenset((
    "bytes", "gzip", "zstd", "blosc", "crc32c", "transpose", "sharding_indexed",
    "zlib", "lz4", "lzma", "bz2", "delta", "shuffle", "crc32", "adler32", "fletcher32", "bitround",
    "fixedscaleoffset", "quantize", "astype", "packbits", "lz4hc", "zfpy", "pcodec",
))  # fmt: skip
"""Codecs that give numbers. Others are refused: ``pickle`` runs what it reads."""


@dataclass(frozen=True)
class Zarr:
    """A plane of an array of Zarr.

    Parameters
    ----------
    path : path-like or Url
        Of an array, or of a group that is an image of OME-Zarr, whose largest level is meant.
    plane : mapping of str to int
        The place along axes that are neither rows nor columns, from 0, as ``{"t": 0, "z": 12}``. An axis of
        one place needs none; without one all channels are read, as those of each pixel.

    Raises
    ------
    ParameterError
        Rows or columns are given a place.

    Examples
    --------
    >>> Zarr("cells.zarr", {"z": 12}).plane
    {'z': 12}
    """

    path: str | os.PathLike[str] | Url
    plane: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if wrong := sorted({ROWS, COLS} & self.plane.keys()):
            raise ParameterError(f"a plane has all rows and columns; given a place along {wrong[0]}", "plane")


def is_zarr(path: str | os.PathLike[str] | Url) -> bool:
    """Tell whether a path or URL leads to an array or a group of Zarr."""
    if isinstance(path, Url):
        return path.suffix.lower() not in FILE_SUFFIXES and _is_in_store(path)
    return any(os.path.isfile(os.path.join(path, mark)) for mark in MARKS)


@contextmanager
def opened(source: Zarr, limits: Limits) -> Iterator[RowSource]:
    """Open a plane.

    Raises
    ------
    ReadError
        The package zarr is not installed; the path leads to no image; the plane is not said.
    LimitError
        It claims more than the limits.
    """
    _library()
    place = source.path if isinstance(source.path, Url) else Path(source.path)
    with read_errors("damaged or unsupported zarr"):
        array, axes, grid = _found(_node(place), place)
        plane = _Plane(array, axes, source.plane)
        rows, cols = array.shape[plane.rows], array.shape[plane.cols]
        limits.check_array(rows, cols, plane.channels, plane.dtype)
        if min(array.chunks) < 1:
            raise ReadError(f"damaged zarr: chunks of {array.chunks}, which hold nothing")
        limits.check_tile(int(np.prod(array.chunks)) * array.dtype.itemsize)
        blocks = Blocks(min(array.chunks[plane.rows], rows), rows, plane.block)
    info = ImageInfo(Path(str(place)), "zarr", (rows, cols), plane.channels, False, plane.dtype, 1, ())
    yield RowSource(info, RowReader(blocks, 1, Metadata(), []), grid)


def _library() -> Any:
    try:
        import zarr
    except ModuleNotFoundError as error:
        raise ReadError(
            "the package zarr reads it, and is not installed: pip install convpipe[zarr]"
        ) from error
    return zarr


def _is_in_store(url: Url) -> bool:
    from convpipe.stores.store import Store

    store = Store(url)
    return any(store.look(mark) is not None for mark in MARKS)


def _node(place: Location) -> Any:
    """Open an array or a group."""
    import zarr

    if not isinstance(place, Url):
        return zarr.open(os.fspath(place), mode="r")
    from zarr.storage import ObjectStore

    from convpipe.stores.connect import connect

    store, key = connect(place)
    return zarr.open(ObjectStore(store, read_only=True), path=key, mode="r")


def _found(node: Any, path: Location) -> tuple[zarr.Array[Any], tuple[str, ...], Grid]:
    """Return the array that is meant, the names of its axes, and where its pixels lie."""
    import zarr

    if isinstance(node, zarr.Group):
        image = multiscale_of(node.attrs.asdict())
        if image is None:
            inside = ", ".join(sorted(node.array_keys())) or "none"
            raise ReadError(f"a group of Zarr that is no image of OME-Zarr; name an array in it: {inside}")
        level = next(iter(image.datasets))
        return _of_image(node[level], image, level)
    if is_zarr(path.parent):
        parent = _node(path.parent)
        image = multiscale_of(parent.attrs.asdict()) if isinstance(parent, zarr.Group) else None
        if image is not None and path.name in image.datasets:
            return _of_image(node, image, path.name)
    return node, _named(node), Grid()


def _of_image(array: Any, image: Multiscale, level: str) -> tuple[Any, tuple[str, ...], Grid]:
    axes = tuple(axis.name for axis in image.axes)
    if not hasattr(array, "chunks") or len(axes) != array.ndim:
        raise ReadError(f"OME-Zarr says of {len(axes)} axes; its level {level!r} is no array of so many")
    return array, axes, image.grid(level)


def _named(array: Any) -> tuple[str, ...]:
    """Return the axes of an array that belongs to no image: as it says, or as NumPy's images have them."""
    named = getattr(array.metadata, "dimension_names", None) or array.attrs.asdict().get("_ARRAY_DIMENSIONS")
    if named is not None and {ROWS, COLS} <= set(named):
        return tuple(str(name) for name in named)
    if array.ndim in (2, 3):
        return (ROWS, COLS, CHANNELS)[: array.ndim]
    raise ReadError(
        f"an array of shape {array.shape}, whose axes have no names; needed are (rows, cols) or "
        "(rows, cols, channels), or an image of OME-Zarr"
    )


class _Plane:
    """A plane of an array: which of its samples are whose.

    Parameters
    ----------
    array : zarr.Array
    axes : tuple of str
    chosen : mapping of str to int
    """

    def __init__(self, array: Any, axes: tuple[str, ...], chosen: Mapping[str, int]) -> None:
        self._array = array
        if axes.count(ROWS) != 1 or axes.count(COLS) != 1 or axes.index(COLS) < axes.index(ROWS):
            raise ReadError(f"axes {', '.join(axes)}: needed are rows (y) and behind them columns (x)")
        if unknown := sorted(set(chosen) - set(axes)):
            raise ReadError(f"it has no axis {unknown[0]!r}; its axes are {', '.join(axes)}")
        if array.dtype.kind not in "buif":
            raise ReadError(f"it holds {array.dtype}; needed are numbers")
        if unsafe := sorted(_codecs(array) - SAFE):
            raise ReadError(f"it is encoded by {unsafe[0]}, which is not read")
        self.rows, self.cols = axes.index(ROWS), axes.index(COLS)
        self._fixed = {
            at: self._place(name, array.shape[at], chosen)
            for at, name in enumerate(axes)
            if name not in (ROWS, COLS) and (name != CHANNELS or CHANNELS in chosen)
        }
        self.channels = array.shape[axes.index(CHANNELS)] if CHANNELS in set(axes) - set(chosen) else 1
        self.dtype = "uint8" if array.dtype.kind == "b" else array.dtype.newbyteorder("=").name
        left = [at for at in range(len(axes)) if at not in self._fixed]
        self._order = [left.index(at) for at in (self.rows, self.cols, *(set(left) - {self.rows, self.cols}))]

    @staticmethod
    def _place(name: str, size: int, chosen: Mapping[str, int]) -> int:
        if name not in chosen and size != 1:
            raise ReadError(f"axis {name} has {size} places; say which: Zarr(path, {{{name!r}: 0}})")
        place = chosen.get(name, 0)
        if not 0 <= place < size:
            raise ReadError(f"axis {name} has places 0 to {size - 1}; given {place}")
        return place

    def block(self, number: int) -> np.ndarray:
        """Return the rows of a row of chunks, (rows, cols) or (rows, cols, channels)."""
        height = self._array.chunks[self.rows]
        index: list[int | slice] = [slice(None)] * self._array.ndim
        index[self.rows] = slice(number * height, (number + 1) * height)
        for at, place in self._fixed.items():
            index[at] = place
        with read_errors("damaged or unsupported zarr"):
            samples = np.asarray(self._array[tuple(index)]).transpose(self._order)
        if samples.dtype == np.bool_:
            samples = samples.astype(np.uint8) * np.uint8(255)
        return samples[..., 0] if samples.shape[2:] == (1,) else samples


def _codecs(array: Any) -> set[str]:
    """Return the names of all codecs of an array, those within its shards too."""
    said = array.metadata.to_dict()
    found = {each["id"] for each in (*(said.get("filters") or ()), said.get("compressor") or {}) if each}
    waiting = list(said.get("codecs") or ())
    while waiting:
        codec = waiting.pop()
        found.add(str(codec["name"]).removeprefix("numcodecs."))
        configuration = codec.get("configuration") or {}
        waiting += [*configuration.get("codecs", ()), *configuration.get("index_codecs", ())]
    return found
