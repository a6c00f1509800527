"""One entry of a pipeline: a filter with its parameters, as a value; and its ops."""

from __future__ import annotations

import keyword
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, PlanError, nearest
from convpipe.geometry import Border
from convpipe.ops import Graph
from convpipe.stages import plugins
from convpipe.stages.across import AXIS, PROJECTION, STACK, Across, check_stacked
from convpipe.stages.base import ANY_LABEL, LABEL, ImageKind, Method, find
from convpipe.stages.common import COMMON, not_taken
from convpipe.stages.dialects import OWN, Dialect
from convpipe.stages.dialects import find as find_dialect
from convpipe.stages.elsewhere import meant_here
from convpipe.stages.lowering import lowered
from convpipe.stages.parameters import Parameter, Text


class Reference(NamedTuple):
    """The name of a stage that another reads, the parameter that has it, and where in its text."""

    name: str | None
    parameter: str
    offset: int | None


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
        The parameters of :data:`COMMON`, likewise; the default of one that the method has of its own.
    implied : str
        The option of the pipeline that brings it, so that it has no number among the stages given; else ''.
    """

    method: Method
    label: str
    given: Mapping[str, Any]
    parameters: Mapping[str, Any]
    common: Mapping[str, Any]
    implied: str = ""

    def __post_init__(self) -> None:
        LABEL.parse(self.label)
        if self.method.name not in (ANY_LABEL, self.label):
            raise ParameterError(
                f"the label of {self.method.title} is its method; given {self.label!r}", "label"
            )
        for parameter in COMMON:
            if isinstance(parameter, Text) and self.common[parameter.name] is not None:
                parameter.parse(self.common[parameter.name])

    def __repr__(self) -> str:
        words = ((f"{key}_" if keyword.iskeyword(key) else key, value) for key, value in self.given.items())
        given = "".join(f", {key}={value!r}" for key, value in words)
        return f"stage({self.method.family!r}, {self.label!r}{given})"

    def to_dict(self) -> dict[str, Any]:
        """Return the stage as its YAML entry."""
        return {self.method.family: self.label, **self.given}

    @cached_property
    def _meaning(self) -> tuple[Any, ...]:
        """What makes a stage: its method, and every parameter as the mathematics takes it."""
        parameters = {**self.common, **self.parameters}
        return self.method.family, self.method.name, self.label, tuple(sorted(parameters.items()))

    def __eq__(self, other: object) -> bool:
        return self._meaning == other._meaning if isinstance(other, Stage) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._meaning)

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self.method.family, self.label, dict(self.given), self.method.plugin)

    @property
    def name(self) -> str:
        """Name in plans and reports: the given one, or 'family label'."""
        return self.common["name"] or f"{self.method.family} {self.label}"

    @property
    def dtype(self) -> str | None:
        """The dtype the stage rounds to, if it, or else its method, says one."""
        dtype: str | None = self.common["dtype"]
        return dtype or self.method.dtype

    @property
    def is_across(self) -> bool:
        """Tell whether it is of the whole stack: by windows over pages, or by numbers of all of them."""
        return bool(self.common[AXIS.name] == STACK)

    @property
    def reads_pages(self) -> bool:
        """Tell whether it reads several pages of a stack."""
        return self.is_across or self.method.family == PROJECTION

    @property
    def slides(self) -> bool:
        """Tell whether it slides windows over pages."""
        return self.method.across is not None

    def across(self, image: ImageKind) -> Across | None:
        """Return what it does with several pages of a stack; None where it slides no window over them."""
        method = self.method
        return None if method.across is None else method.across(**self.spelled_out(image).parameters)

    @property
    def given_common(self) -> dict[str, Any]:
        """Those of :data:`COMMON` that differ from their defaults."""
        return {each.name: value for each in COMMON if (value := self.common[each.name]) != each.default}

    @property
    def reads(self) -> tuple[str | None, ...]:
        """Names of the stages that it reads, or ``input``; None is the stage before."""
        return tuple(name for name, _, _ in self.references)

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """What it reads, and where it says so."""
        found = []
        for key in self.method.reads:
            value = self.common[key] if key in self.common else self.parameters[key]
            if isinstance(value, str) or key == "from":
                found.append(Reference(value, key, None))
            elif value is None:
                continue
            else:
                found += [Reference(name, key, value.place(name)) for name in value.names]
        return tuple(found)

    @property
    def dialect(self) -> Dialect | None:
        """What the method is in the library that the stage is `like`; None where it has its own meaning."""
        library = self.common["like"]
        if library in (None, OWN):
            return None
        return find_dialect(library, self.method.family, self.method.name)

    def like(self, library: str | None) -> Stage:
        """Return the stage in a pipeline that is like a library; it may say itself what it is like.

        Raises
        ------
        ParameterError
            If what the method is in that library is not known.
        """
        if library is None or self.common["like"] is not None:
            return self
        find_dialect(library, self.method.family, self.method.name)  # says more than a choice that is none
        return stage(self.method.family, self.label, **{**self.given, "like": library})

    def spelled_out(self, image: ImageKind) -> Stage:
        """Return the stage with the parameters of its dialect where the entry gives none."""
        if self.dialect is None:
            return self
        known = {parameter.name: parameter for parameter in self.method.accepted}
        sets = {
            name: known[name].parse(value)
            for name, value in self.dialect.parameters(self.parameters, image).items()
            if name not in self.given
        }
        own, common = (
            {name: sets.get(name, value) for name, value in each.items()}
            for each in (self.parameters, self.common)
        )
        return replace(self, parameters=own, common=common)

    def lower(self, border: Border, image: ImageKind) -> Graph:
        """Return the stage as a graph, whose inputs are in the order of what it `reads`.

        Parameters
        ----------
        border : Border
            The pipeline's, for a stage that names none.
        image : ImageKind
            Of the stage's input.
        """
        asked = border, image
        if asked not in self._lowered:
            self._lowered[asked] = lowered(self.spelled_out(image), border, image)
        return self._lowered[asked]

    @cached_property
    def _lowered(self) -> dict[tuple[Border, ImageKind], Graph]:
        """The graphs that were asked for: of whatever size images are, taps are taken apart once."""
        return {}


def stage(family: str, name: str, /, **parameters: Any) -> Stage:
    """Return a validated stage.

    Parameters
    ----------
    family, name : str
        As in YAML's ``- family: name``.
    **parameters
        The method's own and those of every stage (stride, padding, dilation, border, value, bias,
        dtype, name, from). What is a word of Python has an underscore: ``from_``, ``with_``.

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
    given = {}
    for key, value in parameters.items():
        plain = key[:-1] if keyword.iskeyword(key[:-1]) else key
        if plain in given:
            raise ParameterError(f"{plain} is given twice, as {plain}_ too", plain)
        given[plain] = value
    made, errors = attempt(family, name, given)
    if made is None:
        raise errors[0]
    return made


def attempt(
    family: str, name: str, parameters: Mapping[str, Any]
) -> tuple[Stage | None, tuple[ParameterError, ...]]:
    """Return the stage of :func:`stage`; or None, and everything that is wrong with it."""
    try:
        declared = find(family, name).along(parameters.get(AXIS.name))
    except ParameterError as error:
        return None, (error,)
    known = {parameter.name: parameter for parameter in declared.accepted}
    errors = [_unknown(key, declared, name) for key in parameters if key not in known]
    parsed = {}
    for key, parameter in known.items():
        try:
            parsed[key] = _parsed(parameter, parameters, f"{family} {name}")
        except ParameterError as error:
            errors.append(_of_three_axes(error, declared, key, parameters.get(key)))
    if errors:
        return None, tuple(errors)
    common = {parameter.name: parameter.default for parameter in COMMON}
    common |= {parameter.name: parsed.pop(parameter.name) for parameter in declared.common}
    given = {key: _plain(value) for key, value in parameters.items()}
    made = Stage(declared, str(name), given, parsed, common)
    try:
        # What only the mathematics can refuse is refused here.
        found = made.lower(Border.REFLECT, ImageKind(declared.colours or 1))
        if made.is_across:
            made.across(ImageKind())
            check_stacked(declared.title, made.given_common, found, slides=made.slides)
    except ParameterError as error:
        return None, (error,)
    except PlanError:  # the stage is of images of more channels, which a plan knows
        pass
    return made, ()


def _of_three_axes(error: ParameterError, declared: Method, key: str, value: Any) -> ParameterError:
    """Return an error that says of a value which is right over a stack what it needs to be."""
    for parameter in declared.stacked.parameters if declared.stacked is not None else ():
        if parameter.name == key:
            with suppress(ParameterError):
                parameter.parse(value)
                return type(error)(f"{error}; [pages, rows, cols] are of 'axis: stack'", key)
    return error


def _unknown(key: str, declared: Method, label: str) -> ParameterError:
    """Return the error for a parameter that a method does not take."""
    if key in declared.unused:
        return not_taken(declared.title, key, declared.unused)
    known = [parameter.name for parameter in declared.accepted]
    hint = meant_here(key, known) or nearest(key, known)
    return ParameterError(f"{declared.family} {label} has no parameter {key!r}{hint}", key)


def is_explained(key: str, declared: Method) -> bool:
    """Tell whether the error for a parameter that a method does not take says what to do."""
    known = [parameter.name for parameter in declared.accepted]
    return key in declared.unused or bool(meant_here(key, known))


def _parsed(parameter: Parameter, given: Mapping[str, Any], stage_name: str) -> Any:
    if parameter.name in given:
        return parameter.parse(given[parameter.name])
    if parameter.required:
        raise ParameterError(f"{stage_name} needs {parameter.name}: {parameter.kind()}", parameter.name)
    return parameter.default


def _remade(family: str, label: str, given: dict[str, Any], plugin: str | None) -> Stage:
    """Return a stage in another process, which has the plugin that the first was allowed to load."""
    if plugin is not None:
        plugins.load(plugin)
    return stage(family, label, **given)


def _plain(value: Any) -> Any:
    """Return a parameter that was accepted as what YAML could hold."""
    if isinstance(value, Border):
        return value.name.lower()
    if value is None or isinstance(value, bool | str):
        return value
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return int(value) if hasattr(value, "__index__") else float(value)
