"""What a job measures of its images, and which numbers it accepts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from convpipe.config.inside import inside
from convpipe.config.problems import Problems
from convpipe.config.sections import check_keys, values_of
from convpipe.config.stages import Placed
from convpipe.config.tree import Entry, Node
from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, nearest
from convpipe.formula import Measure
from convpipe.formula.measure import PER
from convpipe.objects import LABELS, PROPERTIES, SUMMARIES
from convpipe.stages.boxes import Box
from convpipe.stages.combine import FormulaText
from convpipe.stages.names import IDENTIFIER, StageReference
from convpipe.stages.numbers import Number
from convpipe.stages.parameters import Choice, Parameter, is_list
from convpipe.stages.wiring import wrong_image

COLUMNS = ("path", "page", "accepted")
"""Columns of a table of measures beside theirs, whose names no measure can have."""


@dataclass(frozen=True)
class MeasureText(FormulaText):
    """A formula that is a number; parsed to a :class:`convpipe.formula.Measure`."""

    def read(self, text: str, before: int) -> Measure:
        """Return the measure."""
        return Measure(text, before=before)

    def kind(self) -> str:
        """Return what is needed."""
        return "a formula of numbers of whole images, such as 'mean(result > 0)'"


@dataclass(frozen=True)
class Accepted(Parameter):
    """[least, most] of a measure, of which one may be null; parsed to a tuple."""

    def parse(self, value: Any) -> tuple[float | None, float | None]:
        """Return both."""
        if not is_list(value) or len(value) != 2:
            raise self.refuse_type(value)
        number = Number(self.name, self.doc)
        least, most = (None if end is None else number.parse(end) for end in value)
        if (least is None and most is None) or (least is not None and most is not None and least > most):
            raise self.refuse(value)
        return least, most

    def kind(self) -> str:
        """Return what is needed."""
        return "numbers [least, most], of which one may be null"

    def schema(self) -> dict[str, Any]:
        """Return a list of two numbers."""
        return {"type": "array", "items": {"type": ["number", "null"]}, "minItems": 2, "maxItems": 2}


@dataclass(frozen=True)
class Labels(StageReference):
    """The name of a stage, or of a result, that labels objects."""

    def kind(self) -> str:
        """Return what is needed."""
        return "the name of a stage that numbers objects, as objects: label does, or of a result"


FORMULA = MeasureText("formula", "numbers of 'input', 'result', stages and outputs, and arithmetic of them")

MEASURE_KEYS: tuple[Parameter, ...] = (
    FORMULA,
    Choice(
        "per",
        "what has a number: the image, each of its channels, or each object of labels",
        "image",
        choices=PER,
    ),
    Box("box", "[top, left, bottom, right] in pixels: the part that counts; default: all of it", None),
    Labels("labels", "with 'per: labels': of which each number above 0 is an object", None),
)
"""Keys of a measure, for which its formula alone may stand."""

RANGE = Accepted("accept", "the least and the most that a measure may be in an image that passes")


def make_measure(name: str, given: Any) -> Measure:
    """Return the measure that a formula, or a mapping with one, says.

    Raises
    ------
    ParameterError
        If it is none, or cannot be called so.

    Examples
    --------
    >>> make_measure("level", {"formula": "mean(input)", "per": "channel"}).to_data()
    {'formula': 'mean(input)', 'per': 'channel'}
    """
    if message := _wrong_name(name):
        raise ParameterError(message, "measure")
    if isinstance(given, Measure):
        return given
    if not isinstance(given, Mapping):
        return FORMULA.parse(given)  # type: ignore[no-any-return]
    known = {key.name: key for key in MEASURE_KEYS}
    if unknown := [key for key in given if key not in known]:
        message = f"unknown key {unknown[0]!r} in the measure {name!r}{nearest(str(unknown[0]), known)}"
        raise ParameterError(message, "measure")
    if "formula" not in given:
        raise ParameterError(_without_formula(name), "measure")
    values = {key: known[key].parse(value) for key, value in given.items()}
    return _measure(name, values)


def make_range(name: str, given: Any, measures: Mapping[str, Measure]) -> tuple[float | None, float | None]:
    """Return the range in which a measure is accepted.

    Raises
    ------
    ParameterError
        If it is none, or there is no such measure.
    """
    if message := _unmeasured(name, measures, measures):
        raise ParameterError(message, "accept")
    return RANGE.parse(given)


def _unmeasured(name: str, named: Collection[str], measures: Mapping[str, Measure]) -> str | None:
    """Say why a name is of no number of an image; of a measure that is wrong itself that is not known.

    Parameters
    ----------
    name : str
    named : collection of str
        All measures.
    measures : mapping of str to Measure
        Those that are right.
    """
    own, dot, _ = name.partition(".")
    if own not in named or (dot and own in measures and measures[own].labels is None):
        return f"there is no measure {name!r}{nearest(own, named)}"
    summed = [f"{own}.{kind}" for kind in SUMMARIES]
    if own in measures and measures[own].labels is not None and name not in summed:
        return f"{own} is a number of each object; numbers of an image are {', '.join(summed)}"
    return None


def _measure(name: str, values: Mapping[str, Any]) -> Measure:
    made: Measure = values["formula"]
    if values.get("per") == LABELS and name in (LABELS, *PROPERTIES):
        message = f"{name!r} is a column of the table of objects; a measure of them needs another name"
        raise ParameterError(message, "measure")
    return made.of(values.get("per", "image"), values.get("box"), values.get("labels"))


def _wrong_name(name: Any) -> str | None:
    if not isinstance(name, str) or not IDENTIFIER.fullmatch(name):
        return f"the name of a measure needs letters, digits and _, a letter first; given {name!r}"
    if name in COLUMNS:
        return f"a measure cannot be called {name!r}, a column of the table of measures"
    return None


def _without_formula(name: str) -> str:
    return f"the measure {name!r} needs a formula, such as 'mean(result > 0)'"


def read_measures(entries: Mapping[str, Entry], problems: Problems) -> Iterator[tuple[str, Measure]]:
    """Yield the measures below ``measure`` that are right; a formula alone stands for its mapping."""
    for name, entry in entries.items():
        if message := _wrong_name(name):
            problems.add(entry.mark.error(message))
            continue
        node, before = entry.node, len(problems.found)
        own = node.value if isinstance(node.value, dict) else {"formula": entry}
        if "formula" not in own:
            problems.add(node.mark.error(_without_formula(name)))
        check_keys(own, [key.name for key in MEASURE_KEYS], f"the measure {name!r}", problems)
        others = {key: each for key, each in own.items() if key != "formula"}
        values = values_of(others, MEASURE_KEYS, problems)
        if "formula" in own and not own["formula"].node.broken:
            with problems.gathered():
                values["formula"] = _formula(own["formula"].node)
        if len(problems.found) == before and isinstance(values["formula"], Measure):
            try:
                yield name, _measure(name, values)
            except ParameterError as error:  # of two keys that do not go together
                problems.add(own.get("per", entry).node.mark.error(str(error)))


def _formula(node: Node) -> Measure:
    """Return the formula of a measure; an error is at the character that is wrong."""
    if node.value is None:
        raise node.mark.error(f"formula has no value; it needs {FORMULA.kind()}")
    try:
        return FORMULA.parse(node.value)  # type: ignore[no-any-return]
    except ParameterError as error:
        mark = node.mark if error.offset is None else inside(node, error.offset)
        raise mark.error(str(error)) from None


def check_images(
    measures: Mapping[str, Measure],
    entries: Mapping[str, Entry],
    stages: Sequence[Placed],
    outputs: Mapping[str, Any],
    problems: Problems,
) -> None:
    """Add to `problems` the images of measures that are none: no stage and no result has their name."""
    for name, one in measures.items():
        node = entries[name].node
        own = node.value if isinstance(node.value, dict) else {"formula": entries[name]}
        for image in one.images:
            if message := wrong_image(image, [placed.stage for placed in stages], outputs):
                formula = image in one.names
                mark = inside(own["formula"].node, one.place(image)) if formula else own["labels"].node.mark
                problems.add(mark.error(message))


def read_accepted(
    entries: Mapping[str, Entry],
    measured: Mapping[str, Entry],
    measures: Mapping[str, Measure],
    problems: Problems,
) -> Iterator[tuple[str, tuple[float | None, float | None]]]:
    """Yield the ranges below ``accept`` that are right, of what is `measured`, where that is right."""
    for name, entry in entries.items():
        if message := _unmeasured(name, measured, measures):
            problems.add(entry.mark.error(message))
        elif not entry.node.broken:
            with problems.gathered():
                yield name, _range(entry.node)


def _range(node: Node) -> tuple[float | None, float | None]:
    try:
        return RANGE.parse(node.plain())
    except ParameterError as error:
        raise node.mark.error(str(error)) from None
