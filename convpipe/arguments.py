"""What a pipeline is given in Python, checked: errors name the argument and what to write."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from convpipe.compile.backend import BACKENDS
from convpipe.config.measures import make_measure
from convpipe.errors import ParameterError, ParameterTypeError
from convpipe.formula import Measure
from convpipe.geometry import BORDER_NAMES, Border, border_hint
from convpipe.stages import Stage, nearest
from convpipe.stages.wiring import wrong_image


def checked_border(border: object) -> Border:
    """Return the border of that name."""
    if isinstance(border, Border):
        return border
    if not isinstance(border, str) or border not in BORDER_NAMES:
        hint = f"; {known}" if (known := border_hint(border)) else nearest(border, BORDER_NAMES)
        raise ParameterError(f"unknown border {border!r}{hint}", "border")
    return BORDER_NAMES[border]


def check_backend(backend: object) -> None:
    """Refuse a backend that there is not."""
    if backend not in BACKENDS:
        raise ParameterError(f"unknown backend {backend!r}{nearest(backend, BACKENDS)}", "backend")


def check_stages(stages: object) -> None:
    """Refuse what is no list of stages, or an empty one."""
    if isinstance(stages, Stage | str) or not isinstance(stages, Sequence):
        hint = "; Pipeline.from_yaml loads a config" if isinstance(stages, str | os.PathLike) else ""
        raise ParameterTypeError(
            f"stages need a list of convpipe.stage(...); given {stages!r}{hint}", "stages"
        )
    if not stages:
        raise ParameterError("a pipeline needs at least one stage", "stages")
    for item in stages:
        if not isinstance(item, Stage):
            hint = "; Pipeline.from_dict takes mappings" if isinstance(item, Mapping) else ""
            raise ParameterTypeError(f"stages need convpipe.stage(...); given {item!r}{hint}", "stages")


def alike(stages: Sequence[Stage], library: str | None) -> list[Stage]:
    """Return stages in a pipeline that is like a library."""
    found = []
    for at, one in enumerate(stages):
        try:
            found.append(one.like(library))
        except ParameterError as error:
            raise ParameterError(f"stage {at} ({one.name}): {error}", "like") from None
    return found


def checked_shape(given: object) -> tuple[int, ...]:
    """Return the shape of an image; refuse an image in its place."""
    image = getattr(given, "ndim", 1) != 1
    if image or not isinstance(given, Iterable):
        what = f"a {type(given).__name__}; pass image.shape" if image else repr(given)
        raise ParameterTypeError(
            f"a plan needs the shape of an image, as (480, 640) or (480, 640, 3); given {what}", "shape"
        )
    return tuple(given)


def checked_outputs(outputs: Any) -> dict[str, str]:
    """Return the names of results, and of the stages that give them."""
    if outputs is None:
        return {}
    if isinstance(outputs, Mapping) and all(
        isinstance(text, str) for each in outputs.items() for text in each
    ):
        return dict(outputs)
    message = f"outputs need a mapping from names of results to names of stages; given {outputs!r}"
    raise ParameterTypeError(message, "outputs")


def checked_measures(
    measures: Any, stages: Sequence[Stage], outputs: Mapping[str, str]
) -> dict[str, Measure]:
    """Return measures, of images that there are."""
    if not isinstance(measures, Mapping | None):
        raise ParameterTypeError(
            f"measure needs a mapping from names to formulas; given {measures!r}", "measure"
        )
    made = {name: make_measure(name, one) for name, one in (measures or {}).items()}
    for name, one in made.items():
        for image in one.images:
            if message := wrong_image(image, stages, outputs):
                place = one.place(image) if image in one.names else None
                raise ParameterError(f"measure {name!r}: {message}", "measure", offset=place)
    return made
