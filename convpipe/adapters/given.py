"""Pipelines from what the users of other libraries have at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convpipe import config
from convpipe.errors import ParameterError
from convpipe.pipeline import Pipeline

Given = Pipeline | Mapping[str, Any] | str | Path


def pipeline_of(given: Given, overrides: Mapping[str, Any] | None = None) -> Pipeline:
    r"""Return the pipeline of a config in any form, some of whose values are others.

    Parameters
    ----------
    given : Pipeline, mapping, path or str
        A str of several lines is the YAML itself.
    overrides : mapping, optional
        From keys as ``--set`` takes them, ``"stages.0.sigma"`` or ``"NAME.sigma"``, to values.

    Raises
    ------
    ConfigError
        If the config is wrong, holds several jobs, or has nothing at such a key.
    ParameterError
        If this is no config.

    Examples
    --------
    >>> pipeline_of("stages:\n  - blur: gaussian\n    sigma: 1\n", {"stages.0.sigma": 2})
    Pipeline([stage('blur', 'gaussian', sigma=2)])
    """
    if isinstance(given, Pipeline) and not overrides:
        return given
    changes = [f"{key}={json.dumps(value, default=_plain)}" for key, value in (overrides or {}).items()]
    if isinstance(given, Pipeline):
        jobs = config.load_text(given.to_yaml(), changes)
    elif isinstance(given, Mapping):
        jobs = config.load_text(config.dump(dict(given)), changes)
    elif isinstance(given, str) and "\n" in given:
        jobs = config.load_text(given, changes)
    elif isinstance(given, str | Path):
        jobs = config.load(given, changes)
    else:
        kinds = "a Pipeline, a mapping, the path of a config, or its text"
        raise ParameterError(f"needs {kinds}; given {type(given).__name__}", "config")
    if len(jobs) > 1:
        raise ParameterError(f"needs a config of one job; this one has {len(jobs)}", "config")
    return Pipeline.from_job(jobs[0])


def _plain(value: Any) -> Any:
    """Return a number or an array of NumPy's as what JSON, and so YAML, can hold."""
    if not hasattr(value, "tolist"):
        raise ParameterError(f"needs numbers, text, lists; given {type(value).__name__}", "overrides")
    return value.tolist()
