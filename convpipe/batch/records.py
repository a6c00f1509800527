"""What the lines of a journal hold, as plain data; what is read back is checked field by field."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from convpipe.batch.identity import Identity, Maker
from convpipe.report import ImageResult, ResultFile, Steps

_DEFAULTS = {field.name: field.default for field in fields(ImageResult)}


def header_of(maker: Maker) -> dict[str, Any]:
    """Return the header of a run as plain data."""
    identity = maker.identity
    return {
        "journal": identity.format,
        "convpipe": identity.version,
        "config": identity.config,
        "backend": identity.backend,
        "input": maker.root,
    }


def maker_of(data: dict[str, Any]) -> Maker:
    """Return who wrote a header; KeyError or ValueError if it is none."""
    texts = [data[name] for name in ("convpipe", "config", "backend", "input")]
    if not (_is_count(data["journal"]) and all(map(_is_text, texts))):
        raise ValueError("no header")
    version, config, backend, root = texts
    return Maker(Identity(data["journal"], version, config, backend), root)


def record_of(result: ImageResult) -> dict[str, Any]:
    """Return a result as plain data, without the fields that have their default, and without its place."""
    data = {
        name: value for name, value in vars(result).items() if value != _DEFAULTS[name] and name != "place"
    }
    if result.measures:
        data["measures"] = [[(name, _written(number)) for name, number in page] for page in result.measures]
    if result.beside:
        data["beside"] = [each._asdict() for each in result.beside]
    return data


def result_of(data: dict[str, Any]) -> ImageResult:
    """Return the result that a record holds; KeyError, TypeError or ValueError if it is none."""
    if not isinstance(data, dict):
        raise ValueError("no record")
    found = {name: _tuples(value) for name, value in data.items()}
    for name, value in found.items():
        if not (_KINDS[name](value) or (value is None and _DEFAULTS[name] is None)):
            raise ValueError(f"{name} is {value!r}")
    beside = tuple(ResultFile(**each) for each in found.pop("beside", ()))
    pages = found.pop("measures", ())
    measures = tuple(tuple((name, _read(number)) for name, number in page) for page in pages)
    if found.get("steps") is not None:
        found["steps"] = Steps(*found["steps"])
    return ImageResult(**found, beside=beside, measures=measures)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _written(number: float) -> float | str:
    """Return a number as JSON has it: what is not finite is a text."""
    return number if math.isfinite(number) else str(number)


def _read(number: float | str) -> float:
    """Return a number as it was measured: a count stays whole."""
    return float(number) if isinstance(number, str) else number


def _is_number(value: Any) -> bool:
    return value in ("nan", "inf", "-inf") if isinstance(value, str) else type(value) in (int, float)


def _is_measure(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and _is_text(value[0]) and _is_number(value[1])


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0  # True is an int too, and says nothing


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_time(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < math.inf


def _is_steps(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == len(Steps._fields) and all(map(_is_time, value))


def _is_extent(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_is_count, value))


def _is_stage(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and _is_text(value[0]) and _is_extent(value[1])


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and all(_KINDS[name](each) for name, each in value.items())


def _all(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple) and all(map(kind, value))


_KINDS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(
        ("path", "name", "stage", "reason", "input_hash", "mask_hash", "output", "output_hash"), _is_text
    ),
    **dict.fromkeys(
        ("bytes_read", "bytes_written", "nans", "overflows", "pages", "pixels", "retries"), _is_count
    ),
    **dict.fromkeys(("quarantined", "kept"), _is_flag),
    "status": ("done", "failed", "skipped").__contains__,
    "seconds": _is_time,
    "steps": _is_steps,
    "input": _is_extent,
    "channels": _is_count,
    "stages": _all(_is_stage),
    "notes": _all(_is_text),
    "beside": _all(_is_file),
    "measures": _all(_all(_is_measure)),
    "objects": _all(_is_text),
}
"""What each field of a record may hold, beside None where that is its default."""
