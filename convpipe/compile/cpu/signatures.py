"""Which arguments compiled functions take, by name: the types are looked up where one is compiled."""

from __future__ import annotations

_TYPES = "convpipe.compile.cpu.compiled.signatures"

LOOP = f"{_TYPES}:LOOP"
"""Addresses of rows, how many samples, and the address of parameters."""

BAND = f"{_TYPES}:BAND"
"""A table, an image and a result, addresses of others, parameters, and the first and last row."""

ONE, BANDS = f"{_TYPES}:ONE", f"{_TYPES}:BANDS"
"""What runs a band, and bands on all cores."""

IMAGE, SHARED_IMAGE = f"{_TYPES}:IMAGE", f"{_TYPES}:SHARED_IMAGE"
"""The same of one image that is read and one that is written."""

IN_TURN = f"{_TYPES}:IN_TURN"
"""What runs a list of loops."""

PAIR = f"{_TYPES}:PAIR"
"""What transforms a pair of tiles."""

COPY = f"{_TYPES}:COPY"
"""What copies words, in bands."""
