"""Several images in one: their channels side by side, and the stages that take them apart again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convpipe.errors import ParameterError
from convpipe.ops import ChannelMap, Op, dtype_range
from convpipe.stages import COMMON, ImageKind, Method, Stage
from convpipe.stages.names import StageName

Channels = tuple[tuple[str, int], ...]
"""Images by their names, in the order in which they stand side by side; with the colour channels of each."""


def joined(images: Mapping[str, ArrayLike], *, alpha: bool = False) -> tuple[NDArray[Any], Channels]:
    """Return images as one, channels last, and which of its channels are whose; one alone keeps its shape.

    Parameters
    ----------
    images : mapping
        From names to images (rows, cols) or (rows, cols, channels) of one size and dtype. A bool image among
        others is a mask: True is the full scale of their dtype.
    alpha : bool
        Whether the last channel of the first image is alpha, which is that of the whole.

    Raises
    ------
    ParameterError
        If there are none, or their sizes or dtypes differ.

    Examples
    --------
    >>> joined({"a": np.zeros((2, 3), "uint8"), "b": np.ones((2, 3, 3), bool)})[1]
    (('a', 1), ('b', 3))
    """
    given = {name: np.asarray(each) for name, each in images.items()}
    if not given:
        raise ParameterError("needs at least one image", "images")
    dtypes = {each.dtype for each in given.values() if each.dtype != bool} or {np.dtype(bool)}
    sizes = {each.shape[:2] for each in given.values()}
    if len(dtypes) > 1 or len(sizes) > 1 or any(each.ndim not in (2, 3) for each in given.values()):
        said = ", ".join(f"{name} {each.shape} {each.dtype}" for name, each in given.items())
        needed = "images (rows, cols) or (rows, cols, channels) of one size and dtype"
        raise ParameterError(f"needs {needed}; given {said}", list(given)[-1])
    (dtype,) = dtypes
    pixels = [_of(dtype, np.atleast_3d(each)) for each in given.values()]
    opacity = [pixels[0][..., -1:]] if alpha else []
    if alpha:
        pixels[0] = pixels[0][..., :-1]
    channels = tuple((name, each.shape[2]) for name, each in zip(given, pixels, strict=True))
    if channels == ((next(iter(given)), 1),) and next(iter(given.values())).ndim == 2:
        return pixels[0][..., 0], channels
    return np.concatenate([*pixels, *opacity], axis=2), channels


def _of(dtype: np.dtype[Any], pixels: NDArray[Any]) -> NDArray[Any]:
    if pixels.dtype == dtype:
        return pixels
    full = dtype.type(dtype_range(dtype.name).high)
    return np.asarray(np.where(pixels, full, dtype.type(0)))


def parts(channels: Channels) -> list[Stage]:
    """Return the stages that take apart what :func:`joined` put side by side, each with its name."""
    stages, first = [], 0
    for name, count in channels:
        stages.append(_part(StageName("name", "").parse(name), first, count))
        first += count
    return stages


def _part(name: str, first: int, count: int) -> Stage:
    common = {each.name: each.default for each in COMMON}
    parameters = {"first": first, "count": count}
    return Stage(_PART, _PART.name, parameters, parameters, {**common, "name": name, "from": "input"})


def _channels(first: int, count: int, image: ImageKind) -> tuple[Op, ...]:
    """Return what keeps some of the colour channels; alpha stays."""
    inputs = tuple(f"c{at}" for at in range(image.channels - image.alpha))
    outputs = tuple(f"m{at}" for at in range(count))
    text = "\n".join(f"m{at} = c{first + at}" for at in range(count))
    return (ChannelMap(text, inputs, outputs),)


_PART = Method(
    "image",
    "channels",
    "some of the channels, as they are",
    "numpy indexing: image[..., first : first + count]",
    (),
    _channels,
)
"""No filter of the catalogue: images stand side by side in Python alone."""
