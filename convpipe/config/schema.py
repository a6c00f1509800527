"""The JSON Schema of a config, out of the same declarations that validate it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from convpipe.config.job import INPUT_KEYS, JOB_KEYS, LIMIT_KEYS, OUTPUT_KEYS
from convpipe.geometry import Border
from convpipe.stages import ANY_LABEL, Method, families
from convpipe.stages.parameters import Parameter


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a config file, for editors and validators.

    Examples
    --------
    >>> schema()["$defs"]["job"]["required"]
    ['stages']
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "convpipe config",
        "oneOf": [{"$ref": "#/$defs/job"}, {"$ref": "#/$defs/jobs"}],
        "$defs": {
            "job": {**_job(), "required": ["stages"]},
            "jobs": {
                "type": "object",
                "properties": {
                    "defaults": {**_job(), "description": "what every job has unless it says otherwise"},
                    "jobs": {
                        "type": "array",
                        "description": "jobs that run one after the other",
                        "items": _job(),
                        "minItems": 1,
                    },
                },
                "required": ["jobs"],
                "additionalProperties": False,
            },
            "stage": {"oneOf": [_stage(m) for methods in families().values() for m in methods.values()]},
        },
    }


def _job() -> dict[str, Any]:
    job = _object(JOB_KEYS)
    job["properties"] |= {
        "input": {**_object(INPUT_KEYS), "description": "which images are filtered"},
        "output": {**_object(OUTPUT_KEYS), "description": "where results go, and how they are encoded"},
        "limits": {**_object(LIMIT_KEYS), "description": "what an image file may claim before it is refused"},
        "stages": {
            "type": "array",
            "description": "filters, from the first to the last",
            "items": {"$ref": "#/$defs/stage"},
            "minItems": 1,
        },
    }
    return job


def _stage(method: Method) -> dict[str, Any]:
    label = {"type": "string", "minLength": 1} if method.name == ANY_LABEL else {"const": method.name}
    shape = _object(method.accepted)
    shape["title"] = f"{method.family}: {method.name}"
    shape["description"] = method.summary
    shape["properties"] = {
        method.family: {**label, "description": method.summary},
        **shape["properties"],
    }
    shape["required"] = [method.family, *(p.name for p in method.parameters if p.required)]
    return shape


def _object(parameters: Iterable[Parameter]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {parameter.name: _property(parameter) for parameter in parameters},
        "additionalProperties": False,
    }


def _property(parameter: Parameter) -> dict[str, Any]:
    described = {**parameter.schema(), "description": parameter.doc}
    default = parameter.default
    if not parameter.required and default is not None:
        described["default"] = default.name.lower() if isinstance(default, Border) else default
    return described
