"""What a stage declares, and the registry of all of them.

A module of this package declares a filter: its parameters and its mathematics as data. Everything
else - config schema, help, output size, halo, CPU loop, CUDA loop, docs page, report line, tests -
comes from the declaration.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import field, replace
from functools import cached_property, partial
from typing import Any, Literal

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, nearest
from convpipe.geometry import Border
from convpipe.ops import Graph, Op
from convpipe.stages.across import AXIS, NO_PAGES, STACK, Across, Stacked, takes_numbers
from convpipe.stages.common import COMMON, unused
from convpipe.stages.dialects import OWN, Dialect, spoken
from convpipe.stages.dialects import find as find_dialect
from convpipe.stages.elsewhere import advice, advice_in, is_missing
from convpipe.stages.parameters import REQUIRED, Choice, Parameter, Text

Lowering = Callable[..., "tuple[Op, ...] | Graph"]

Alpha = Literal["keep", "premultiply", "refuse"]


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
        From parsed parameters to ops, or to a :class:`convpipe.ops.Graph`, whose input is called ``input``
        or as `reads` says; a parameter named ``image`` receives the :class:`ImageKind`, ``border`` the
        border, ``dtype`` what the result is rounded to.
    alpha : {'keep', 'premultiply', 'refuse'}
        What becomes of an alpha channel: passed on unfiltered; of a mean, filtered with the colours
        multiplied by it; or no image with one is taken.
    example : mapping
        Values for the required parameters, for docs and tests.
    formula : str
        The mathematics in a line, where factors and signs differ between libraries.
    colours : int, optional
        How many colour channels an image needs for it, if not any number.
    reads : tuple of str
        Which parameters name the stages that it reads, in the order of its graph's inputs: by the name of
        one, or of several in the attribute ``names`` of the value. ``from`` without a value is the stage
        before, another nothing.
    dtype : str, optional
        To which a stage rounds that names none; default: it does not round.
    plugin : str, optional
        Which brings it; default: convpipe itself.
    stacked : Stacked, optional
        How it slides windows over the pages of a stack, with ``axis: stack``.
    numbers : bool
        Whether it takes numbers of its image, though that of its example does not.
    across : callable, optional
        Of one that slides windows over pages: from its parameters to what it does.
    """

    family: str
    name: str
    summary: str
    reference: str
    parameters: tuple[Parameter, ...]
    lower: Lowering
    alpha: Alpha = "keep"
    example: Mapping[str, Any] = field(default_factory=dict)
    formula: str = ""
    reads: tuple[str, ...] = ("from",)
    colours: int | None = None
    dtype: str | None = None
    plugin: str | None = None
    stacked: Stacked | None = None
    numbers: bool = False
    across: Callable[..., Across] | None = None

    def __post_init__(self) -> None:
        for word in (self.family, *self.name.split(".")):
            if not _WORD.fullmatch(word):
                raise ValueError(f"a method is named by ASCII letters and digits; given {word!r}")

    @property
    def title(self) -> str:
        """Family and method; the family alone where entries are labelled freely."""
        return self.family if self.name == ANY_LABEL else f"{self.family} {self.name}"

    @property
    def accepted(self) -> tuple[Parameter, ...]:
        """All the parameters a YAML entry may carry."""
        return (*self.parameters, *self.common)

    @cached_property
    def common(self) -> tuple[Parameter, ...]:
        """Those of :data:`COMMON` that it takes and does not declare itself, with a meaning of its own."""
        none = {*self.unused, *self._own, *(() if "from" in self.reads else ("from",))}
        return tuple(
            replace(parameter, choices=(*spoken(self.family, self.name), OWN))
            if isinstance(parameter, Choice) and parameter.name == "like"
            else parameter
            for parameter in COMMON
            if parameter.name not in none
        )

    @cached_property
    def unused(self) -> Mapping[str, str]:
        """Those of :data:`COMMON` that mean nothing to it, each with the reason."""
        found = unused(self._example)
        idle = {} if self.over_stack else {AXIS.name: NO_PAGES}
        return {name: why for name, why in {**found, **idle}.items() if name not in self._own}

    @cached_property
    def over_stack(self) -> Method | None:
        """What it is with ``axis: stack``; None where it filters each page of a stack by itself."""
        if self.stacked is None:
            takes = self.numbers or self.across or takes_numbers(self._example)
            return self if takes else None
        parameters = {each.name: each for each in (*self.parameters, *self.stacked.parameters)}
        plane, lower = self.stacked.plane, self.lower
        return replace(
            self,
            parameters=tuple(parameters.values()),
            lower=lambda **given: lower(**plane(given)),
            stacked=None,
            across=partial(self.stacked.across, lower),
        )

    def along(self, axis: object) -> Method:
        """Return what it is along an axis: see :data:`AXIS`."""
        return self.over_stack or self if axis == STACK else self

    @cached_property
    def _example(self) -> tuple[Op, ...] | Graph:
        """Its mathematics, with the parameters of its example."""
        given = {
            parameter.name: parameter.parse(self.example[parameter.name])
            if parameter.name in self.example
            else parameter.default
            for parameter in self.parameters
        }
        return self.lowered(given, Border.REFLECT, ImageKind(self.colours or 1))

    @property
    def _own(self) -> set[str]:
        return {parameter.name for parameter in self.parameters}

    @property
    def dialects(self) -> tuple[Dialect, ...]:
        """What it is in other libraries."""
        return tuple(
            find_dialect(library, self.family, self.name) for library in spoken(self.family, self.name)
        )

    def lowered(
        self, parameters: Mapping[str, Any], border: Border, image: ImageKind, dtype: str | None = None
    ) -> tuple[Op, ...] | Graph:
        """Return its mathematics, with parameters that are parsed, for an image with a border.

        A result is rounded to `dtype`, if that is not None.
        """
        asked = inspect.signature(self.lower).parameters
        known = {"border": border, "image": image, "dtype": dtype}
        return self.lower(**parameters, **{name: each for name, each in known.items() if name in asked})


ANY_LABEL = "LABEL"
"""Registry name of a family whose YAML value is a free label."""

LABEL = Text("label", "what a stage is called", REQUIRED)

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", re.ASCII)

_REGISTRY: dict[str, dict[str, Method]] = {}

BRINGING: ContextVar[str | None] = ContextVar("bringing", default=None)
"""The plugin that is being loaded."""


def method(  # noqa: PLR0913 - the fields of a Method, by their names
    family: str,
    name: str | None,
    summary: str,
    *,
    reference: str,
    parameters: tuple[Parameter, ...] = (),
    alpha: Alpha = "keep",
    example: Mapping[str, Any] | None = None,
    formula: str = "",
    reads: tuple[str, ...] = ("from",),
    colours: int | None = None,
    dtype: str | None = None,
    stacked: Stacked | None = None,
    numbers: bool = False,
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
        methods[key] = Method(
            family=family,
            name=key,
            summary=summary,
            reference=reference,
            parameters=parameters,
            lower=lower,
            alpha=alpha,
            example=dict(example or {}),
            formula=formula,
            reads=reads,
            colours=colours,
            dtype=dtype,
            plugin=BRINGING.get(),
            stacked=stacked,
            numbers=numbers,
        )
        return lower

    return register


@dataclass(frozen=True)
class Library:
    """A family whose methods are functions of a library, which are found by their names.

    Parameters
    ----------
    names : tuple of str
        Of its methods.
    summary : str
    find : callable
        From a name to a :class:`Method`; raises ParameterError.
    """

    names: tuple[str, ...]
    summary: str
    find: Callable[[str], Method]


_LIBRARIES: dict[str, Library] = {}


def library(
    family: str, names: tuple[str, ...], summary: str
) -> Callable[[Callable[[str], Method]], Callable[[str], Method]]:
    """Register the decorated function as what finds the methods of a library's family."""

    def register(finds: Callable[[str], Method]) -> Callable[[str], Method]:
        _LIBRARIES[family] = Library(names, summary, finds)
        return finds

    return register


def libraries() -> dict[str, Library]:
    """Return the families that are a library's."""
    return dict(_LIBRARIES)


def forget(plugin: str) -> None:
    """Take back what a plugin declared."""
    for family, methods in list(_REGISTRY.items()):
        for name in [name for name, one in methods.items() if one.plugin == plugin]:
            del methods[name]
        if not methods:
            del _REGISTRY[family]


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
    if isinstance(family, str) and family in _LIBRARIES:
        LABEL.parse(name)
        return _LIBRARIES[family].find(name)
    methods = _REGISTRY.get(family) if isinstance(family, str) else None
    if methods is None:
        meant = _meant_by(family, name) or nearest(family, [*_REGISTRY, *_LIBRARIES])
        raise ParameterError(f"unknown stage family {family!r}{meant}", family)
    if ANY_LABEL in methods and (name == ANY_LABEL or name not in methods):
        LABEL.parse(name)
        return methods[ANY_LABEL]
    if not isinstance(name, str) or name not in methods:
        same = "" if isinstance(name, str) else _home(family)  # a filter of the family's name
        own = advice_in(family, name)
        meant = f"; {own}" if own else _home(name) or _advice(name, family) or same or nearest(name, methods)
        raise ParameterError(f"unknown {family} method {name!r}{meant}", family)
    return methods[name]


def _meant_by(family: object, name: object) -> str:
    """Return what to write for a filter whose family is not declared, if either name is known."""
    return (
        _advice(name, family)
        or (_advice(family) if is_missing(family) else "")  # 'noise: gaussian' is no blur
        or _home(name)
        or _home(family)
        or _advice(family)
    )


def _home(name: object) -> str:
    """Return where a method is declared, if one has that name."""
    if not isinstance(name, str) or name == ANY_LABEL:
        return ""
    homes = [f"'{family}: {name}'" for family, methods in _REGISTRY.items() if name in methods]
    return f"; write {' or '.join(homes)}" if homes else ""


def _advice(word: object, family: object = None) -> str:
    found = advice(word, family)
    return f"; {found}" if found else ""
