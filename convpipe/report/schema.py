"""What ``report.json`` holds, as a JSON Schema."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of ``report.json``, and of what ``run --json`` prints.

    Examples
    --------
    >>> schema()["properties"]["done"]["description"]
    'Whose results are there, by this run or an earlier one.'
    """
    text = files("convpipe.report").joinpath("report.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
