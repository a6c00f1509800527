"""What a page needs to have a control for a parameter: made of its declaration, as plain data."""

from __future__ import annotations

import math
from typing import Any

from convpipe.stages import ANY_LABEL, Method, families
from convpipe.stages.catalogue import default
from convpipe.stages.footprint import SHAPES, Footprint
from convpipe.stages.matrix import Matrix
from convpipe.stages.names import StageReference
from convpipe.stages.numbers import Count, CountPair, Number, NumberOrWord, NumberPair, Range
from convpipe.stages.parameters import Choice, Flag, Parameter, Text


def control(parameter: Parameter, example: Any = None, scale: float = 255.0) -> dict[str, Any]:
    """Return what a page needs for a parameter.

    Parameters
    ----------
    parameter : Parameter
    example : object, optional
        A value that is typical; default: that of the parameter.
    scale : float
        The full scale of the image, which values of no declared size are of.

    Returns
    -------
    dict
        Beside name, doc and default ``kind``: flag, choice, number, pair, range, matrix, footprint,
        reference, text, or value, of which YAML is written. Numbers have the ends of a slider, ``low`` and
        ``high``; ``log`` where its steps are factors, ``whole`` where they are of whole numbers.

    Examples
    --------
    >>> gaussian = families()["blur"]["gaussian"]
    >>> sigma = control(gaussian.parameters[0], 1.4)
    >>> sigma["kind"], sigma["low"], sigma["high"], sigma["log"]
    ('pair', 0.1, 100.0, True)
    """
    made = {
        "name": parameter.name,
        "doc": parameter.doc,
        "takes": parameter.kind(),
        "default": default(parameter) or None,
        "required": parameter.required,
        "kind": "value",
    }
    return made | _of_kind(parameter, example, scale)


def _of_kind(parameter: Parameter, example: Any, scale: float) -> dict[str, Any]:
    """Return what is of the kind of a parameter alone."""
    if isinstance(parameter, Flag):
        return {"kind": "flag"}
    if isinstance(parameter, Choice):
        return {"kind": "choice", "choices": list(parameter.choices)}
    if isinstance(parameter, Footprint):
        return {"kind": "footprint", "choices": list(SHAPES)}
    if isinstance(parameter, Matrix):
        return {"kind": "matrix"}
    if isinstance(parameter, StageReference):
        return {"kind": "reference"}
    if isinstance(parameter, Text):
        return {"kind": "text"}
    typical = _typical(parameter, example)
    if isinstance(parameter, NumberOrWord):
        return {"kind": "number", "words": list(parameter.words)} | _slider(parameter, typical, scale)
    if isinstance(parameter, NumberPair):
        return {"kind": "pair"} | _slider(parameter, typical, scale)
    if isinstance(parameter, Number):
        return {"kind": "number"} | _slider(parameter, typical, scale)
    if isinstance(parameter, Range):
        return {"kind": "range", "low": -scale, "high": 2 * scale}
    if isinstance(parameter, CountPair):
        return {"kind": "pair", "whole": True} | _steps(parameter.least, math.inf, typical)
    if isinstance(parameter, Count):
        return {"kind": "number", "whole": True} | _steps(parameter.least, parameter.most, typical)
    return {}


def _typical(parameter: Parameter, example: Any) -> float:
    """Return a size that values of a parameter are of; 0 where nothing tells."""
    given = example if example is not None else None if parameter.required else parameter.default
    while isinstance(given, list | tuple):
        given = given[0] if given else None
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    return abs(float(given)) if is_number else 0.0  # type: ignore[arg-type]


def _slider(parameter: Number, typical: float, scale: float) -> dict[str, Any]:
    """Return the ends of a slider over numbers: as declared, or around what is typical."""
    low = parameter.least if parameter.least is not None else parameter.above
    high = parameter.most
    if low is not None and high is not None:
        return {"low": low, "high": high, "log": False}
    if low is not None and low >= 0:
        power = math.floor(math.log10(typical)) if typical else 0
        return {"low": max(10.0 ** (power - 1), low), "high": 10.0 ** (power + 2), "log": True, "least": low}
    reach = max(2 * typical, 1.0) if typical else scale
    return {
        "low": low if low is not None else -reach,
        "high": high if high is not None else reach,
        "log": False,
    }


def _steps(least: int, most: float, typical: float) -> dict[str, Any]:
    """Return the ends of a slider over whole numbers."""
    high = min(most, least + max(4 * typical, 30))
    return {"low": least, "high": int(high), "log": typical > 64}


def controls(method: Method, scale: float = 255.0) -> dict[str, list[dict[str, Any]]]:
    """Return the controls of a method's own parameters, and those of every stage that it takes."""
    own = [control(each, method.example.get(each.name), scale) for each in method.parameters]
    return {"own": own, "common": [control(each, None, scale) for each in method.common]}


def catalogue() -> list[dict[str, Any]]:
    """Return what there is to add: every method, with what to find it by."""
    return [
        {
            "family": family,
            "method": None if name == ANY_LABEL else name,
            "summary": method.summary,
            "words": " ".join([family, name, method.summary, method.formula]).lower(),
        }
        for family, methods in families().items()
        for name, method in methods.items()
    ]


def example_of(family: str, name: str | None) -> dict[str, Any]:
    """Return a stage of a method to begin with, as its entry.

    Examples
    --------
    >>> example_of("blur", "gaussian"), example_of("edge", "sobel")
    ({'blur': 'gaussian', 'sigma': 1.4}, {'edge': 'sobel'})
    """
    method = families()[family][name or ANY_LABEL]
    given = dict(method.example)
    for parameter in method.parameters:
        if isinstance(parameter, StageReference) and parameter.required:
            given[parameter.name] = "input"
    return {family: name or "mine", **given}
