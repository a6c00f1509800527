"""A config as YAML."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML


def dump(mapping: Mapping[str, Any]) -> str:
    """Return a config given as plain data as the text of a file that :func:`load` takes.

    Examples
    --------
    >>> print(dump({"border": "wrap", "stages": [{"edge": "sobel"}]}), end="")
    border: wrap
    stages:
    - {edge: sobel}
    """
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = None  # what holds no list or mapping of its own stands on one line
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.allow_unicode = True
    writer.width = 10_000
    out = io.StringIO()
    writer.dump(dict(mapping), out)
    return out.getvalue()
