"""An example of the call of a filter, as its docstring shows it and as a test runs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convpipe.filters.annotations import python_name
from convpipe.stages.across import PROJECTION
from convpipe.stages.names import StageReference, StageReferences

if TYPE_CHECKING:
    from convpipe.filters.function import Filter

SAMPLES = 240
"""Of an image in an example: one of each level, so that it can be written in a line."""

SHAPES = {1: (15, 16), 3: (8, 10, 3)}
"""Of images of so many colours."""

STACK = (3, 8, 10)


def example(function: Filter) -> Iterator[str]:
    """Yield an example as lines of a docstring: an image, a call, and the shape of what it returns.

    Examples
    --------
    >>> import convpipe
    >>> *_, call, shape = example(convpipe.filters.edge.sobel)
    >>> call, shape
    ('>>> convpipe.filters.edge.sobel(image).shape', '(15, 16)')
    """
    name = "pages" if function.method.family == PROJECTION else "image"
    shape = STACK if name == "pages" else SHAPES[_colours(function)]
    given = _given(function)
    images = [f"{name}={name}"] if function.is_formula else [name] * _count(function)
    arguments = ", ".join([*images, *(f"{key}={value!r}" for key, value in given.items())])
    yield f'>>> {name} = np.arange({SAMPLES}, dtype="uint8").reshape{shape}'
    yield f">>> convpipe.filters.{function.method.family}.{function.__name__}({arguments}).shape"
    yield str(_result_shape(function, np.zeros(shape, np.uint8), given))


def _colours(function: Filter) -> int:
    """Return the colours of an image on which the filter shows what it is for."""
    of_colour = function.method.family == "color" and function.images == ("image",)
    return function.method.colours or (3 if of_colour else 1)


def _given(function: Filter) -> dict[str, Any]:
    """Return the parameters of the method's example that are no images."""
    images = {
        each.name for each in function.method.parameters if isinstance(each, StageReference | StageReferences)
    }
    given = {python_name(key): value for key, value in function.method.example.items() if key not in images}
    return {**given, "formula": "abs(image - 128)"} if function.is_formula else given


def _count(function: Filter) -> int:
    """Return how many images the example of the method reads."""
    several = [
        value
        for parameter in function.method.parameters
        if isinstance(parameter, StageReferences)
        for value in function.method.example[parameter.name]
    ]
    read = [name for name in function.method.reads if name == "from" or name in function.method.example]
    return len(several) or len(read)


def _result_shape(function: Filter, image: NDArray[Any], given: dict[str, Any]) -> tuple[int, ...]:
    """Return the shape of the result, as it is planned."""
    if function.is_formula:
        call = function.prepared(image=image, **given)
    else:
        call = function.prepared(*[image] * _count(function), **given)
    shape = call.image.shape[1:] if call.over_stack else call.image.shape
    axis = call.options.get("channel_axis")
    return call.pipeline.plan(shape, channel_axis=axis).result_shape(len(shape))
