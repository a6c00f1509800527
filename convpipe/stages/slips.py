"""Text that is nearly a number, or true or false."""

from __future__ import annotations

import re

_SLIPS = (
    (re.compile(r"[-+]?\d+,\d+"), "a decimal is written with a point, as in 1.4"),
    (re.compile(r"[-+]?\d*\.?\d+([eE][-+]?\d+)?"), "leave out the quotes"),
    (re.compile(r"[-+]?[\d.]+ *(px|pixels?|%)"), "a number stands alone, without a unit"),
    (re.compile(r"[-+\d.]+( +[-+\d.]+)+"), "numbers are separated by commas"),
    (re.compile(r"yes|no|on|off", re.IGNORECASE), "write true or false: in YAML 1.2 the others are text"),
)
"""Ways in which text is nearly something else, and what to do."""


def slip(value: object) -> str:
    """Return, for an error, what keeps text from being what it was meant for."""
    if not isinstance(value, str) or len(value) > 100:
        return ""
    return next((f"; {advice}" for form, advice in _SLIPS if form.fullmatch(value.strip())), "")
