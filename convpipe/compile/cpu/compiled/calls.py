"""Call loops one after the other, from a list of what each is told: see :mod:`convpipe.compile.cpu.in_turn`.

It is compiled once, as the driver is: it knows addresses alone.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, misc, var-annotated"
# ruff: noqa: D103 - compiled functions

from __future__ import annotations

from numba import njit, prange

from convpipe.compile.cpu.call_layout import (
    CALL_WORDS,
    COUNT,
    FROM,
    IMAGE,
    LOOP,
    PARAMETERS,
    RESULT,
    ROOM,
    TABLE,
    THREADS,
    TO,
    UNITS,
)
from convpipe.compile.cpu.compiled.addresses import address, hold, place_of, tail
from convpipe.compile.cpu.compiled.drive import array_at, call_band
from convpipe.compile.cpu.compiled.rows import FLAGS, inline


@inline
def moved_to(words, moved, image, out, room):
    # The words of all calls, with the addresses that this image has.
    own = words.copy()
    for k in range(0, len(moved), 2):
        base = moved[k + 1]
        if base == IMAGE:
            own[moved[k]] += place_of(image)
        elif base == RESULT:
            own[moved[k]] += place_of(out)
        elif base == ROOM:
            own[moved[k]] += place_of(room)
        else:
            own[moved[k]] += place_of(own)
    return own


@inline
def call_one(loop, told, given, first, last):
    (table, count), (image, out, parameters) = told, given
    words, nothing = array_at(table, count, True), array_at(0, 0, False)
    return call_band(loop, words, image, out, nothing, parameters, first, last)


@njit(**FLAGS)
def in_turn(words, moved, image, out, room, calls):
    # All calls, on the calling thread; return what they count, together.
    own, found = moved_to(words, moved, image, out, room), 0
    for k in range(calls):
        call = tail(address(own), k * CALL_WORDS)
        told, given = (call[TABLE], call[COUNT]), (call[FROM], call[TO], call[PARAMETERS])
        found += call_one(call[LOOP], told, given, 0, call[UNITS])
    hold(own)
    return found


@njit(parallel=True, **FLAGS)
def in_turn_shared(words, moved, image, out, room, calls):
    # The same, each call on as many threads as it is told.
    own, found = moved_to(words, moved, image, out, room), 0
    for k in range(calls):
        call = tail(address(own), k * CALL_WORDS)
        told, given = (call[TABLE], call[COUNT]), (call[FROM], call[TO], call[PARAMETERS])
        loop, units, threads = call[LOOP], call[UNITS], call[THREADS]
        if threads == 1:
            found += call_one(loop, told, given, 0, units)
        else:
            for share in prange(threads):
                first, last = share * units // threads, (share + 1) * units // threads
                found += call_one(loop, told, given, first, last)
    hold(own)
    return found
