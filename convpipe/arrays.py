"""What a caller hands over as an image becomes a plain array, and the result what the caller handed over."""

from __future__ import annotations

import operator
import os
import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convpipe.engine import Engine
from convpipe.errors import ParameterError, ParameterTypeError
from convpipe.ops import COMPUTE
from convpipe.plan import Plan
from convpipe.plan.places import places
from convpipe.stages.wiring import RESULT

MOST_CHANNELS = 4
"""Channels that a third axis is taken for without being told; more are likelier rows or columns."""


_COMPUTED = {np.dtype(name) for name in COMPUTE}


class Given(NamedTuple):
    """An image as an engine takes it, and the way back.

    Parameters
    ----------
    pixels : ndarray, shape (rows, cols) or (rows, cols, channels)
    channel_axis : int or None
        Where the caller had the channels; None: last, or nowhere.
    labelled : DataArray or None
        The xarray.DataArray that holds the pixels.
    page_axes : tuple of int
        Of a DataArray whose pages are filtered one by one.
    """

    pixels: NDArray[Any]
    channel_axis: int | None = None
    labelled: Any = None
    page_axes: tuple[int, ...] = ()

    def nodata(self, missing: float | str | None) -> float | None:
        """Return what the image says that a missing sample is, where `missing` leaves it to the image.

        Raises
        ------
        ParameterError
            If it cannot say.
        """
        if missing != "file":
            return None
        if self.labelled is None:
            raise ParameterError(
                "missing 'file' is what a file says is no data, and a plain array says nothing of it;"
                " give the value",
                "missing",
            )
        value = self.labelled.attrs.get("_FillValue")
        return None if value is None else float(value)

    def shape_of(self, plan: Plan) -> tuple[int, ...]:
        """Return the shape of the result, channels where the caller has them."""
        shape = list(plan.result_shape(self.pixels.ndim))
        if self.channel_axis is not None and len(shape) == 3:
            shape.insert(self.channel_axis, shape.pop())
        return tuple(shape)

    def restored(self, result: NDArray[Any]) -> NDArray[Any]:
        """Return the result with its channels where the caller has them."""
        if self.channel_axis is None or result.ndim == 2:
            return result
        return np.moveaxis(result, -1, self.channel_axis)

    def wrapped(self, result: NDArray[Any], engine: Engine, alpha: bool, name: str = RESULT) -> Any:
        """Return the result of a name as the caller had the image."""
        if self.labelled is None:
            return self.restored(result)
        plan = engine.plan(self.pixels.shape, self.pixels.dtype.name, alpha)
        node = next(output.node for output in plan.outputs if output.name == name)
        return self.relabelled(self.restored(result), plan, node)

    def relabelled(self, result: Any, plan: Plan, node: int) -> Any:
        """Return what a node gives as a DataArray; coordinates that are no longer true of it are dropped."""
        image = self.labelled
        dims = list(image.dims)
        pages = [dims[axis] for axis in self.page_axes]
        own = [dim for dim in dims if dim not in pages]
        channel = None
        if len(own) == 3:
            channel = own[2] if self.channel_axis is None else dims[self.channel_axis]
        made = plan.nodes[node]
        stale = {channel} if made.channels != plan.image_channels else set()
        spatial = [dim for dim in own if dim != channel]
        kept: dict[Any, slice] = {}
        between: dict[Any, Any] = {}
        placed = places(plan, node)
        is_oblique = plan.sampling(node).is_oblique
        if is_oblique:  # which no coordinates along one axis say
            stale |= set(spatial)
        for place, count in () if is_oblique else zip(placed, made.extent, strict=True):
            dim, (axis, first, step) = spatial[place.axis], place
            ends = first, first + step * (count - 1)
            size = plan.input[axis]
            if min(ends) < -0.5 or max(ends) > size - 0.5:
                stale.add(dim)
                warnings.warn(
                    f"the result has no coordinates along {dim!r}: its padding passes those of the image",
                    stacklevel=4,
                )
            elif first.denominator == step.denominator == 1:
                kept[dim] = place.kept(count)
            else:
                stale.add(dim)
                if dim in image.coords and image.coords[dim].dtype.kind in "iuf" and size > 1:
                    at = float(first) + float(step) * np.arange(count)
                    given = image.coords[dim]
                    between[dim] = (dim, _between(np.asarray(given), at), given.attrs)
        spatial = [spatial[place.axis] for place in placed]
        turned = iter(spatial)
        dims = [dim if dim == channel or dim in pages else next(turned) for dim in dims]
        coords = image.isel(kept).coords
        found = type(image)(
            result,
            dims=dims if result.ndim == len(dims) else [dim for dim in dims if dim != channel],
            coords={name: coord for name, coord in coords.items() if not stale & {*coord.dims}} | between,
            attrs=image.attrs,
        )
        found.name = image.name  # given None, it would take the name of a dask array
        return found


def take(image: Any, channel_axis: int | str | None, engine: Engine, alpha: bool = False) -> Given:
    """Return what a caller hands over as a plain array of numbers, channels last.

    Raises
    ------
    ParameterError
        If it is none, or would lose something by becoming one; the message says what to pass instead.
    """
    if type(image) is np.ndarray and channel_axis is None and is_plain(image.shape, image.dtype):
        return Given(image)  # the quick way, as small images take a few microseconds
    labelled, held = unlabelled(image)
    dims = None if labelled is None else tuple(labelled.dims)
    if isinstance(channel_axis, str):
        channel_axis = axis_of(channel_axis, dims)
    if is_lazy(held):
        raise _lazy(held)
    pixels = _plain(held)
    _check_dtype(pixels, image)
    channels_last(pixels.shape, channel_axis, dims)
    if channel_axis is None:
        return Given(pixels, None, labelled)
    axis = operator.index(channel_axis) % 3
    return Given(np.moveaxis(pixels, axis, -1), axis, labelled)


def is_plain(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    """Tell whether an array is an image as an engine takes it, channels last, if it is an image at all."""
    return dtype in _COMPUTED and not (len(shape) == 3 and shape[2] > MOST_CHANNELS)


def is_lazy(image: Any) -> bool:
    """Tell whether an image is a dask array."""
    return hasattr(image, "__dask_graph__") and hasattr(image, "numblocks")


def unlabelled(image: Any) -> tuple[Any, Any]:
    """Return an image as a DataArray, None if it is none, and the array that holds its pixels.

    Raises
    ------
    ParameterError
        If it is a Dataset.
    """
    if isinstance(image, np.ndarray) or not all(
        hasattr(image, name) for name in ("dims", "coords", "attrs", "isel")
    ):
        return None, image
    if not hasattr(image, "data"):
        raise ParameterTypeError("a Dataset holds several images; pass one of its variables", "image")
    return image, image.data


def take_mask(mask: Any) -> NDArray[Any] | None:
    """Return a mask as a plain array.

    Raises
    ------
    ParameterError
        If it is no array of numbers of two axes.
    """
    if mask is None:
        return None
    pixels = _plain(getattr(mask, "data", mask) if hasattr(mask, "dims") else mask)
    if pixels.ndim != 2 or pixels.dtype.kind not in "biuf":
        raise ParameterError(
            f"a mask is an array of numbers, (rows, cols); given {pixels.dtype} of shape {pixels.shape}",
            "mask",
        )
    return pixels


def axis_of(dim: str, dims: tuple[Any, ...] | None) -> int:
    """Return the axis of a DataArray that has the name `dim`."""
    if dims is None:
        raise ParameterTypeError(
            f"channel_axis needs an int, as arrays have no dims; given {dim!r}", "channel_axis"
        )
    if dim not in dims:
        raise ParameterError(f"channel_axis needs one of the dims {dims}; given {dim!r}", "channel_axis")
    return dims.index(dim)


def channels_last(
    shape: tuple[int, ...], channel_axis: int | None, dims: tuple[Any, ...] | None = None
) -> tuple[int, ...]:
    """Return an image's shape as (rows, cols) or (rows, cols, channels); `dims` name its axes in errors.

    Raises
    ------
    ParameterError
        If it cannot be told which axis has the channels.
    """
    if channel_axis is None:
        if len(shape) == 3 and shape[2] > MOST_CHANNELS:
            first, last = (0, -1) if dims is None else (repr(dims[0]), repr(dims[2]))
            named = "" if dims is None else f" and dims {dims}"
            raise ParameterError(
                f"an image of shape {shape}{named} needs channel_axis, the axis of its channels:"
                f" channel_axis={first} filters {shape[0]} channels of {shape[1]} x {shape[2]} pixels,"
                f" channel_axis={last} {shape[2]} of {shape[0]} x {shape[1]}",
                "channel_axis",
            )
        return shape
    if isinstance(channel_axis, bool) or not hasattr(channel_axis, "__index__"):
        raise ParameterTypeError(f"channel_axis needs an int; given {channel_axis!r}", "channel_axis")
    if len(shape) != 3 or not -3 <= channel_axis < 3:
        raise ParameterError(
            f"channel_axis needs an image of three axes, and one of them; given {channel_axis} and {shape}",
            "channel_axis",
        )
    sizes = list(shape)
    sizes.append(sizes.pop(channel_axis))
    return tuple(sizes)


def check_out(out: object, shape: tuple[int, ...], dtype: str) -> None:
    """Refuse an array that a result cannot be put into.

    Raises
    ------
    ParameterError
        The message says what is needed.
    """
    if not isinstance(out, np.ndarray):
        raise ParameterTypeError(f"out needs an array; given {type(out).__name__}", "out")
    if out.shape != shape or out.dtype.name != dtype:
        raise ParameterError(f"out needs {dtype} {shape}; given {out.dtype} {out.shape}", "out")
    if not out.flags.writeable:
        raise ParameterError("out is read-only", "out")


def _plain(image: Any) -> NDArray[Any]:
    """Return `image` as a plain ndarray; refuse what would silently lose something on the way."""
    if hasattr(image, "getbands"):
        raise _pillow(image)
    if hasattr(image, "columns") and hasattr(image, "to_numpy"):
        raise ParameterTypeError(
            f"{_kind(image)} has labels that a result would lose; pass image.to_numpy()", "image"
        )
    try:
        array = np.asanyarray(image)
    except (TypeError, ValueError) as error:
        raise ParameterTypeError(f"an image is an array of numbers; given {_kind(image)}: {error}") from None
    if isinstance(array, np.ma.MaskedArray):
        if np.ma.is_masked(array):
            raise ParameterTypeError(
                f"{array.mask.sum()} pixels of the image are masked, and have no value to filter;"
                " pass image.filled(value)",
                "image",
            )
        return array.data
    if not isinstance(array, np.matrix | np.memmap) and type(array) is not np.ndarray:
        raise ParameterTypeError(
            f"{_kind(array)} says more of its pixels than a result would; pass image.view(numpy.ndarray)",
            "image",
        )
    return np.asarray(array)


def _pillow(image: Any) -> ParameterTypeError:
    """Return the error for a Pillow image, whose array may hold palette indices, ink or alpha."""
    mode, alpha = image.mode, image.has_transparency_data
    if mode not in ("1", "L", "LA", "RGB", "RGBA", "F", "I", "I;16"):
        image_text = f"image.convert({'RGBA' if alpha else 'RGB'!r})"
    else:
        image_text = "image"
    call = f"numpy.asarray({image_text}){', alpha=True' if alpha else ''}"
    return ParameterTypeError(f"a Pillow image of mode {mode} is no array; pass {call}", "image")


def _check_dtype(pixels: NDArray[Any], image: Any) -> None:
    """Refuse a dtype that is not computed with, and name the cast that is."""
    if pixels.dtype.name in COMPUTE:
        return
    kind = pixels.dtype.kind
    if kind == "c":
        raise ParameterError(f"an image of {pixels.dtype} is not filtered; filter image.real and image.imag")
    if kind not in "iufO" or not _all_real(pixels):
        given = _kind(image) if pixels.ndim == 0 else f"{_kind(image)} of {pixels.dtype}"
        hint = "; run_folder filters files" if isinstance(image, str | os.PathLike) else ""
        raise ParameterTypeError(f"an image is an array of numbers; given {given}{hint}")
    low, high = (pixels.min(), pixels.max()) if pixels.size else (0, 0)
    integers = kind in "iu"
    fits = integers and np.iinfo("int32").min <= low and high <= np.iinfo("int32").max
    fitting = "int32" if fits else "float64"  # a narrower type might fit this image, and not the next
    cast = f"image.astype({fitting!r})" if hasattr(image, "astype") else f"numpy.asarray(image, {fitting!r})"
    raise ParameterError(
        f"an image of {pixels.dtype} is not filtered; pass {cast}, which holds its values, {low} to {high}",
        "dtype",
    )


def _all_real(pixels: NDArray[Any]) -> bool:
    """Tell whether an array of objects holds real numbers alone."""
    return pixels.dtype.kind != "O" or all(isinstance(value, int | float) for value in pixels.flat)


def _lazy(image: Any) -> ParameterTypeError:
    """Return the error for a dask array, with the calls that filter it."""
    pages = ", page_axis=0" if image.ndim > 3 else ""
    return ParameterTypeError(
        f"a dask array is not computed unasked; pipeline.map_blocks(image{pages}) filters it"
        " chunk by chunk, lazily, pipeline(image.compute()) at once",
        "image",
    )


def _between(coordinates: NDArray[Any], places: NDArray[Any]) -> NDArray[np.float64]:
    """Return coordinates at places between those of pixels, or half a pixel beyond the first or the last.

    Examples
    --------
    >>> _between(np.array([10, 20, 40]), np.array([-0.5, 0.5, 1.25, 2.5]))
    array([ 5., 15., 25., 50.])
    """
    at = np.clip(np.floor(places), 0, len(coordinates) - 2).astype(int)
    values = coordinates.astype(np.float64)
    found: NDArray[np.float64] = values[at] + (places - at) * (values[at + 1] - values[at])
    return found


def _kind(image: ArrayLike) -> str:
    return "None" if image is None else f"a {type(image).__name__}"
