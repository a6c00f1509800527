"""How much compiled functions take at a time, where those who write calls of them have to know."""

from __future__ import annotations

from convpipe.compile.runtime.processor import PERMUTES_BYTES

GATHERED = 8
"""Words that are stored at once, from as many addresses."""

PIXEL = 4
"""Samples of a pixel that are read and written at once."""

LOOKED_UP = 64 if PERMUTES_BYTES else 0
"""Bytes that are looked up at once."""
