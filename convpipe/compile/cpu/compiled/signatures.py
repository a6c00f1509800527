"""Types of the arguments of compiled functions, by the names in :mod:`convpipe.compile.cpu.signatures`."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from numba import types

from convpipe.compile.cpu.compiled.addresses import Row
from convpipe.compile.runtime.signature import Signature

LOOP = Signature((Row(types.int64), types.int64, types.intp))

WORDS = types.Array(types.int64, 1, "C", readonly=True)
OTHERS = types.Array(types.int64, 1, "C")
BAND = Signature((WORDS, types.int64, types.int64, OTHERS, types.int64, types.int64, types.int64))
READ, WRITTEN = (types.Array(types.uint8, 2, "C", readonly=readonly) for readonly in (True, False))
GIVEN = types.Array(types.uint8, 1, "C", readonly=True)
ONE = Signature((types.int64, WORDS, READ, WRITTEN, GIVEN, OTHERS, types.int64, types.int64))
BANDS = Signature((*ONE, types.int64))
IMAGE = Signature((*4 * (types.int64,), READ, WRITTEN, types.int64, types.int64))
SHARED_IMAGE = Signature((*IMAGE, types.int64))

IN_TURN = Signature((WORDS, WORDS, READ, WRITTEN, types.Array(types.uint8, 1, "C"), types.int64))
COPY = Signature((*2 * (types.Array(types.uint64, 1, "C"),), types.int64))
PAIR = Signature((types.Array(types.int64, 1, "C"),))
