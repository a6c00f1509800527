"""The JSON Schema of a config, out of the same declarations that validate it.

Draft 7, which is what editors' YAML language server validates by. No error lies inside a ``oneOf``, where a
validator would say no more than that nothing fits: what a key's value decides is asked by ``if``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from convpipe.config.job import (
    INPUT_KEYS,
    JOB_KEYS,
    KNOWN_KEYS,
    LIMIT_KEYS,
    MASK_KEYS,
    MOST_JOBS,
    MOST_STAGES,
    OUTPUT_KEYS,
    RESULT_KEYS,
)
from convpipe.config.measures import COLUMNS, MEASURE_KEYS, RANGE
from convpipe.geometry import Border
from convpipe.objects import SUMMARIES
from convpipe.stages import ANY_LABEL, Method, families, libraries
from convpipe.stages.across import AXIS, STACK
from convpipe.stages.models import PARAMETERS
from convpipe.stages.names import IDENTIFIER, RESERVED
from convpipe.stages.parameters import Parameter

SCHEMA_ID = "urn:convpipe:config"
"""Identifies the schema; a name, not an address."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of a config file, for editors and validators.

    Examples
    --------
    >>> schema()["definitions"]["job"]["required"]
    ['stages']
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": SCHEMA_ID,
        "title": "convpipe config",
        "type": "object",
        "if": {"required": ["jobs"]},
        "then": {"$ref": "#/definitions/jobs"},
        "else": {"$ref": "#/definitions/job"},
        "definitions": {
            "job": {**_job(), "required": ["stages"]},
            "jobs": {
                "type": "object",
                "properties": {
                    "$schema": {"type": "string"},
                    "defaults": {**_job(), "description": "what every job has unless it says otherwise"},
                    "jobs": {
                        "type": "array",
                        "description": "jobs that run one after the other",
                        "items": _job(),
                        "minItems": 1,
                        "maxItems": MOST_JOBS,
                    },
                },
                "required": ["jobs"],
                "propertyNames": _names(["$schema", "defaults", "jobs"]),
            },
            "stage": _stage(),
            **{_title(method): _method(method) for method in _methods()},
            "network-onnx": _model(),
        },
    }


def _job() -> dict[str, Any]:
    job = _object(JOB_KEYS)
    job["propertyNames"] = _names(["$schema", *KNOWN_KEYS])
    job["properties"] |= {
        "$schema": {"type": "string"},
        "input": _or_path(INPUT_KEYS, "which images are filtered; a path alone will do"),
        "output": _or_path(OUTPUT_KEYS, "where results go, and how they are encoded; a path alone will do"),
        "mask": _or_path(MASK_KEYS, "which pixels are missing: 0 in a mask; a path alone will do"),
        "limits": {**_object(LIMIT_KEYS), "description": "what an image file may claim before it is refused"},
        "outputs": _outputs(),
        "measure": _measures(),
        "accept": {
            "type": "object",
            "description": "the measures by which an image passes, each with its range",
            "propertyNames": {"pattern": f"^{IDENTIFIER.pattern}(\\.({'|'.join(SUMMARIES)}))?$"},
            "additionalProperties": _property(RANGE),
        },
        "stages": {
            "type": "array",
            "description": "filters, from the first to the last",
            "items": {"$ref": "#/definitions/stage"},
            "minItems": 1,
            "maxItems": MOST_STAGES,
        },
    }
    return job


def _outputs() -> dict[str, Any]:
    """Return the schema of results by their names, for each of which its stage's name may stand."""
    own = {"type": ["object", "string", "null"], "description": "the stage that gives it, and its format"}
    return {
        "type": "object",
        "description": "results beside that of the last stage, each in the folder of its name",
        "propertyNames": {"pattern": f"^{IDENTIFIER.pattern}$", "not": {"enum": list(RESERVED)}},
        "additionalProperties": {**_object(RESULT_KEYS), **own},
    }


def _measures() -> dict[str, Any]:
    """Return the schema of measures by their names, for each of which its formula may stand."""
    own = {"type": ["object", "string"], "minLength": 1, "description": "a formula of statistics of images"}
    return {
        "type": "object",
        "description": "numbers of each image, by their names",
        "propertyNames": _measure_name(),
        "additionalProperties": {**_object(MEASURE_KEYS), "required": ["formula"], **own},
    }


def _measure_name() -> dict[str, Any]:
    return {"pattern": f"^{IDENTIFIER.pattern}$", "not": {"enum": list(COLUMNS)}}


def _or_path(keys: Sequence[Parameter], description: str) -> dict[str, Any]:
    """Return the schema of a section for which its path may stand."""
    return {**_object(keys), "type": ["object", "string"], "minLength": 1, "description": description}


def _stage() -> dict[str, Any]:
    """Return the schema of a stage: its families with their methods, and what each method then asks for."""
    parameters = {parameter.name for method in _methods() for parameter in method.accepted}
    parameters |= {parameter.name for parameter in PARAMETERS}
    every = [*families(), *libraries()]
    any_family = {"anyOf": [{"required": [family]} for family in every]}
    return {
        "type": "object",
        "properties": {family: _family(family) for family in every},
        "if": any_family,
        "then": {
            "allOf": [
                {"if": _chosen(method), "then": {"$ref": f"#/definitions/{_title(method)}"}}
                for method in _methods()
            ]
            + [{"if": _is("network", "onnx"), "then": {"$ref": "#/definitions/network-onnx"}}]
        },
        "else": {"propertyNames": _names([*every, *sorted(parameters)]), **any_family},
    }


def _family(family: str) -> dict[str, Any]:
    if family in libraries():
        return {"enum": list(libraries()[family].names), "description": libraries()[family].summary}
    methods = families()[family]
    if ANY_LABEL in methods:
        return {"type": "string", "minLength": 1, "description": methods[ANY_LABEL].summary}
    summaries = "; ".join(f"{name}: {method.summary}" for name, method in methods.items())
    more = ["onnx"] if family == "network" else []  # which stands for several stages
    return {"enum": [*methods, *more], "description": summaries}


def _chosen(method: Method) -> dict[str, Any]:
    """Return the schema that the stages of a method satisfy."""
    if method.name != ANY_LABEL:
        return _is(method.family, method.name)
    chosen: dict[str, Any] = {"required": [method.family]}
    if others := [name for name in families()[method.family] if name != ANY_LABEL]:
        chosen["properties"] = {method.family: {"not": {"enum": others}}}
    return chosen


def _is(family: str, name: str) -> dict[str, Any]:
    return {"required": [family], "properties": {family: {"const": name}}}


def _model() -> dict[str, Any]:
    """Return the schema of an entry that stands for the stages that a model is."""
    shape = _object(PARAMETERS)
    shape["description"] = "the layers of an ONNX model, a chain, each a stage"
    shape["propertyNames"] = _names(["network", *shape["properties"]])
    return {**shape, "required": ["file"]}


def _method(method: Method) -> dict[str, Any]:
    shape = _object(method.accepted)
    for name in [each.name for each in method.stacked.parameters] if method.stacked else []:
        plane = shape["properties"][name]  # of whose form the axis decides
        shape["properties"][name] = {key: plane[key] for key in ("description", "default") if key in plane}
    shape["description"] = method.summary
    shape["propertyNames"] = _names([method.family, *shape["properties"]])
    shape["required"] = [parameter.name for parameter in method.parameters if parameter.required]
    if method.stacked is not None:
        shape |= _by_axis(method, method.stacked.parameters)
    return shape


def _by_axis(method: Method, stacked: Sequence[Parameter]) -> dict[str, Any]:
    """Return what is asked of parameters that have three axes where a stage is of a stack."""
    names = {parameter.name for parameter in stacked}
    plane = [parameter for parameter in method.parameters if parameter.name in names]
    return {
        "if": {"required": [AXIS.name], "properties": {AXIS.name: {"const": STACK}}},
        "then": {"properties": {parameter.name: _property(parameter) for parameter in stacked}},
        "else": {"properties": {parameter.name: _property(parameter) for parameter in plane}},
    }


def _methods() -> list[Method]:
    return [method for methods in families().values() for method in methods.values()]


def _title(method: Method) -> str:
    return method.family if method.name == ANY_LABEL else f"{method.family}-{method.name}"


def _object(parameters: Sequence[Parameter]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {parameter.name: _property(parameter) for parameter in parameters},
        "propertyNames": _names([parameter.name for parameter in parameters]),
    }


def _names(known: Iterable[str]) -> dict[str, Any]:
    """Return the schema of the keys of a mapping: those known, and any for anchors and notes.

    With ``additionalProperties: false`` beside ``patternProperties`` a validator would say of a misspelt
    key no more than that it does not match ``^x-``.
    """
    return {"if": {"pattern": "^x-"}, "else": {"enum": list(known)}}


def _property(parameter: Parameter) -> dict[str, Any]:
    described = {**parameter.schema(), "description": parameter.doc}
    default = parameter.default
    if not parameter.required and default is not None:
        described["default"] = default.name.lower() if isinstance(default, Border) else default
    return described
