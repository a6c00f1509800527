"""What a stage declares, and the registry of all of them.

A module of this package declares a filter: its parameters and its mathematics as data. Everything
else - config schema, help, output size, halo, CPU loop, CUDA loop, docs page, report line, tests -
comes from the declaration.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from convpipe.errors import ParameterError
from convpipe.geometry import Border, Extent
from convpipe.ops import IDENTITY, Alpha, Cast, Map, Op, Stencil
from convpipe.padding import Anchor, Padding
from convpipe.stages.elsewhere import advice
from convpipe.stages.parameters import (
    REQUIRED,
    BorderName,
    CountPair,
    Number,
    PaddingForm,
    Parameter,
    PixelType,
    Text,
)

Lowering = Callable[..., tuple[Op, ...]]

COMMON: tuple[Parameter, ...] = (
    CountPair("stride", "step between outputs, in pixels", (1, 1)),
    PaddingForm("padding", "pixels added around the image; same: as at stride 1", "same"),
    CountPair("dilation", "step between taps, in pixels", (1, 1)),
    CountPair("anchor", "tap that stands on the pixel, from 0; default: the method's middle", None, least=0),
    BorderName("border", "how pixels outside the image are made; default: the pipeline's", None),
    Number("value", "what a constant border holds; beside alpha it is opaque", 0.0),
    Number("bias", "added to every output sample", 0.0),
    PixelType("dtype", "round and saturate the stage's output to this type", None),
    Text("name", "name of the stage in plans and reports", None),
)
"""Parameters that every stage takes beside its own."""


@dataclass(frozen=True)
class ImageKind:
    """What a stage may know of the image it is lowered for.

    Parameters
    ----------
    channels : int
    alpha : bool
        Whether the last channel is alpha.
    full_scale : float
        Largest value of the image's dtype; 1 for floating point.
    lowest : float
        Smallest value of the image's dtype: below 0 where it is signed, 0 for floating point.
    """

    channels: int = 1
    alpha: bool = False
    full_scale: float = 255.0
    lowest: float = 0.0


@dataclass(frozen=True)
class Method:
    """Declaration of one filter.

    Parameters
    ----------
    family, name : str
        Key and value of its YAML entry: ``- edge: sobel``.
    summary : str
        One line: what it does.
    reference : str
        Source of the mathematics.
    parameters : tuple of Parameter
        Its own parameters, without :data:`COMMON`.
    lower : callable
        From parsed parameters to ops; a parameter named ``image`` receives the :class:`ImageKind`.
    alpha : {'keep', 'premultiply'}
        What becomes of an alpha channel: passed on unfiltered, or filtered with the colours
        multiplied by it.
    example : mapping
        Values for the required parameters, for docs and tests.
    """

    family: str
    name: str
    summary: str
    reference: str
    parameters: tuple[Parameter, ...]
    lower: Lowering
    alpha: Literal["keep", "premultiply"] = "keep"
    example: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for word in (self.family, self.name):
            if not _WORD.fullmatch(word):
                raise ValueError(f"a method is named by ASCII letters and digits; given {word!r}")

    @property
    def title(self) -> str:
        """Family and method; the family alone where entries are labelled freely."""
        return self.family if self.name == ANY_LABEL else f"{self.family} {self.name}"

    @property
    def accepted(self) -> tuple[Parameter, ...]:
        """All the parameters a YAML entry may carry."""
        return self.parameters + COMMON


ANY_LABEL = "LABEL"
"""Registry name of a family whose YAML value is a free label."""

LABEL = Text("label", "what a stage is called", REQUIRED)

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", re.ASCII)

_REGISTRY: dict[str, dict[str, Method]] = {}


def method(
    family: str,
    name: str | None,
    summary: str,
    *,
    reference: str,
    parameters: tuple[Parameter, ...] = (),
    alpha: Literal["keep", "premultiply"] = "keep",
    example: Mapping[str, Any] | None = None,
) -> Callable[[Lowering], Lowering]:
    """Register the decorated function as the mathematics of a filter.

    With `name` None the family has one method and its YAML value is a free label, as in
    ``- custom: my sharpening``.
    """

    def register(lower: Lowering) -> Lowering:
        methods = _REGISTRY.setdefault(family, {})
        key = name or ANY_LABEL
        if key in methods:
            raise ValueError(f"{family} {key} is declared twice")
        methods[key] = Method(family, key, summary, reference, parameters, lower, alpha, dict(example or {}))
        return lower

    return register


def families() -> dict[str, dict[str, Method]]:
    """Return every declared method, by family and name."""
    return {family: dict(methods) for family, methods in sorted(_REGISTRY.items())}


def find(family: str, name: str) -> Method:
    """Return the declaration of a filter.

    Raises
    ------
    ParameterError
        If there is none of that name; the nearest right name is offered.
    """
    methods = _REGISTRY.get(family) if isinstance(family, str) else None
    if methods is None:
        raise ParameterError(
            f"unknown stage family {family!r}{_meant(family, name) or nearest(family, _REGISTRY)}", family
        )
    if ANY_LABEL in methods:
        LABEL.parse(name)
        return methods[ANY_LABEL]
    if not isinstance(name, str) or name not in methods:
        raise ParameterError(
            f"unknown {family} method {name!r}{_meant(name) or nearest(name, methods)}", family
        )
    return methods[name]


def _meant(*words: object) -> str:
    """Return what to write for a family or method that is not declared under that name, if it is known."""
    for word in words:
        if not isinstance(word, str):
            continue
        homes = [family for family, methods in _REGISTRY.items() if word in methods and word != ANY_LABEL]
        if homes:
            return f"; write '{homes[0]}: {word}'"
        if found := advice(word):
            return f"; {found}"
    return ""


def nearest(word: object, known: Any) -> str:
    """Return '; did you mean ...?' for a misspelt `word`, or the list of what is known."""
    names = sorted(known)
    close = difflib.get_close_matches(str(word), names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(names)}"


@dataclass(frozen=True, eq=False)
class Stage:
    """One entry of a pipeline: a method with its parameters, validated.

    Made by :func:`stage`. Stages that mean the same are equal: ``stride=2`` and ``stride=[2, 2]``.

    Parameters
    ----------
    method : Method
    label : str
        What the YAML entry named: the method, or the free label of a custom stage.
    given : mapping
        The parameters as the caller gave them, as plain data.
    parameters : mapping
        The method's own parameters, parsed, defaults filled in.
    common : mapping
        The parameters of :data:`COMMON`, likewise.
    implied : bool
        Whether an option of the pipeline brings it, so that it has no number among the stages given.
    """

    method: Method
    label: str
    given: Mapping[str, Any]
    parameters: Mapping[str, Any]
    common: Mapping[str, Any]
    implied: bool = False

    def __repr__(self) -> str:
        given = "".join(f", {key}={value!r}" for key, value in self.given.items())
        return f"stage({self.method.family!r}, {self.label!r}{given})"

    def to_dict(self) -> dict[str, Any]:
        """Return the stage as its YAML entry."""
        return {self.method.family: self.label, **self.given}

    @cached_property
    def _meaning(self) -> tuple[Any, ...]:
        """What makes a stage: its method, and every parameter as the mathematics takes it."""
        parameters = {**self.parameters, **self.common}
        return self.method.family, self.method.name, self.label, tuple(sorted(parameters.items()))

    def __eq__(self, other: object) -> bool:
        return self._meaning == other._meaning if isinstance(other, Stage) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._meaning)

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self.method.family, self.label, dict(self.given))

    @property
    def name(self) -> str:
        """Name in plans and reports: the given one, or 'family label'."""
        return self.common["name"] or f"{self.method.family} {self.label}"

    @property
    def dtype(self) -> str | None:
        """The dtype the stage rounds to, if it says one."""
        dtype: str | None = self.common["dtype"]
        return dtype

    def lower(self, border: Border, image: ImageKind) -> tuple[Op, ...]:
        """Return the stage as ops.

        Parameters
        ----------
        border : Border
            The pipeline's, for a stage that names none.
        image : ImageKind
            Of the stage's input.
        """
        lower = self.method.lower
        known = {"image": image} if "image" in inspect.signature(lower).parameters else {}
        stencil, *rest = _with_stencil(lower(**self.parameters, **known))
        stride: Extent = self.common["stride"]
        padding: Padding = self.common["padding"]
        anchor: Anchor = self.common["anchor"] or ("lower" if padding == "same_lower" else stencil.anchor)
        own = self.common["border"]
        ops: list[Op] = [
            replace(
                stencil,
                stride=stride,
                padding=padding,
                dilation=self.common["dilation"],
                border=border if own is None else own,
                value=self.common["value"],
                anchor=anchor,
                opaque=image.full_scale if image.alpha else None,
                keep_alpha=image.alpha and self.method.alpha == "keep",
            ),
            *rest,
        ]
        if image.alpha and self.method.alpha == "premultiply":
            ops = [Alpha(), *ops, Alpha(undo=True)]
        if self.common["bias"]:
            ops.append(Map("r + bias", constants=(("bias", self.common["bias"]),)))
        if self.dtype is not None:
            ops.append(Cast(self.dtype))
        return tuple(ops)


def _with_stencil(ops: tuple[Op, ...]) -> tuple[Any, ...]:
    """Put the 1x1 identity before ops that are pointwise, so that every stage has a geometry."""
    return ops if isinstance(ops[0], Stencil) else (Stencil((IDENTITY,)), *ops)


def stage(family: str, name: str, /, **parameters: Any) -> Stage:
    """Return a validated stage.

    Parameters
    ----------
    family, name : str
        As in YAML's ``- family: name``.
    **parameters
        The method's own and those of every stage (stride, padding, dilation, border, value, bias,
        dtype, name).

    Raises
    ------
    ParameterError
        If the stage or a parameter is unknown, missing or out of range.
    ParameterTypeError
        If a value has the wrong type.

    Examples
    --------
    >>> stage("blur", "gaussian", sigma=1.4, stride=2).name
    'blur gaussian'
    >>> stage("edge", "sobell")
    Traceback (most recent call last):
        ...
    convpipe.errors.ParameterError: unknown edge method 'sobell'; did you mean 'sobel'?
    """
    made, errors = attempt(family, name, parameters)
    if made is None:
        raise errors[0]
    return made


def attempt(
    family: str, name: str, parameters: Mapping[str, Any]
) -> tuple[Stage | None, tuple[ParameterError, ...]]:
    """Return the stage of :func:`stage`; or None, and everything that is wrong with it."""
    try:
        declared = find(family, name)
    except ParameterError as error:
        return None, (error,)
    known = {parameter.name: parameter for parameter in declared.accepted}
    errors = [
        ParameterError(f"{family} {name} has no parameter {key!r}{nearest(key, known)}", key)
        for key in parameters
        if key not in known
    ]
    parsed = {}
    for key, parameter in known.items():
        try:
            parsed[key] = _parsed(parameter, parameters, f"{family} {name}")
        except ParameterError as error:
            errors.append(error)
    if errors:
        return None, tuple(errors)
    common = {parameter.name: parsed.pop(parameter.name) for parameter in COMMON}
    given = {key: _plain(value) for key, value in parameters.items()}
    made = Stage(declared, str(name), given, parsed, common)
    try:
        made.lower(Border.REFLECT, ImageKind())  # what only the mathematics can refuse, refused here
    except ParameterError as error:
        return None, (error,)
    return made, ()


def _parsed(parameter: Parameter, given: Mapping[str, Any], stage_name: str) -> Any:
    if parameter.name in given:
        return parameter.parse(given[parameter.name])
    if parameter.required:
        raise ParameterError(f"{stage_name} needs {parameter.name}: {parameter.kind()}", parameter.name)
    return parameter.default


def _remade(family: str, label: str, given: dict[str, Any]) -> Stage:
    return stage(family, label, **given)


def _plain(value: Any) -> Any:
    """Return a parameter that was accepted as what YAML could hold."""
    if isinstance(value, Border):
        return value.name.lower()
    if value is None or isinstance(value, bool | str):
        return value
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return int(value) if hasattr(value, "__index__") else float(value)
