"""Types of the arguments of compiled functions, by the names in :mod:`convpipe.compile.cpu.signatures`."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from numba import types

from convpipe.compile.cpu.compiled.addresses import Row

LOOP = (Row(types.int64), types.int64, types.intp)

WORDS = types.Array(types.int64, 1, "C", readonly=True)
OTHERS = types.Array(types.int64, 1, "C")
BAND = (WORDS, types.int64, types.int64, OTHERS, types.int64, types.int64, types.int64)
READ, WRITTEN = (types.Array(types.uint8, 2, "C", readonly=readonly) for readonly in (True, False))
GIVEN = types.Array(types.uint8, 1, "C", readonly=True)
ONE = (types.int64, WORDS, READ, WRITTEN, GIVEN, OTHERS, types.int64, types.int64)
BANDS = (*ONE, types.int64)
IMAGE = (*4 * (types.int64,), READ, WRITTEN, types.int64, types.int64)
SHARED_IMAGE = (*IMAGE, types.int64)

IN_TURN = (WORDS, WORDS, READ, WRITTEN, types.Array(types.uint8, 1, "C"), types.int64)
COPY = (*2 * (types.Array(types.uint64, 1, "C"),), types.int64)
PAIR = (types.Array(types.int64, 1, "C"),)
