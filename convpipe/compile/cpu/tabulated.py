"""A sweep that looks at one sample at a time, over 8 bits: its 256 results, and then those by the samples.

The results are those of the sweep's own loops, so the bytes are the same. To look a byte up takes less than a
table of floating point, a line between two entries, and a rounding; where 64 are looked up at once, less than
any arithmetic of floating point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.levels import make_program
from convpipe.compile.common.pictures import Picture
from convpipe.compile.cpu.counting import FEWEST, calls_of_bytes, room_of_bytes
from convpipe.compile.cpu.executable import Fused
from convpipe.compile.cpu.in_turn import IMAGE, RESULT, ROOM, Call, InTurn, made_ready
from convpipe.compile.cpu.numbers import call_of_numbers, has_loop
from convpipe.compile.cpu.sizes import LOOKED_UP
from convpipe.compile.cpu.sweep import Sweep
from convpipe.compile.runtime.threads import shares_among
from convpipe.dataclass import dataclass
from convpipe.ops import Cast, Lookup, Map, Op, Stencil
from convpipe.plan import Plan
from convpipe.plan.parts import Part

LOOK_UP = """\
import numpy as np

from convpipe.compile.cpu.compiled.addresses import row_at
from convpipe.compile.cpu.compiled.rows import inline
from convpipe.compile.cpu.compiled.lookup import look_up
from convpipe.compile.cpu.sizes import LOOKED_UP


@inline
def share(words, image, out, others, parameters, first, last):
    # Bytes first..last, in units: words are how many a unit has, and how many bytes there are.
    i, end = first * words[0], min(last * words[0], words[1])
    while LOOKED_UP and i + LOOKED_UP <= end:
        look_up(parameters, image + i, out + i)
        i += LOOKED_UP
    s, d, table = row_at(image, np.uint8), row_at(out, np.uint8), row_at(parameters, np.uint8)
    while i < end:
        d[i] = table[np.int64(s[i])]
        i += 1
    return 0
"""

_UNIT = 1 << 15
"""Bytes that are looked up by a thread, or by another."""

_FEWEST = 1 << 18 if LOOKED_UP else 1 << 15
"""Bytes that a thread looks up at least, for a wake costs as much."""

_PARAMETERS = 256
"""Bytes of the table, behind which the parameters are."""


def is_tabulated(plan: Plan, part: Part, given: Picture, made: Picture) -> bool:
    """Tell whether a part is a chain over samples of 8 bits, one at a time, that gives such again.

    It looks some up, or a processor has vectors of those that are looked up.
    """
    bytes_only = given == made and given.dtype == "uint8"
    ops = [op for node in part.nodes for op in node.ops]
    return (
        bytes_only
        and not plan.alpha
        and len(part.makes) == 1
        and all(node.inputs == (k - 1,) for k, node in enumerate(part.numbered))
        and all(_is_of_a_sample(op) for op in ops)
        and (LOOKED_UP > 0 or any(isinstance(op, Lookup) for op in ops))
    )


def _is_of_a_sample(op: Op) -> bool:
    return op.is_identity if isinstance(op, Stencil) else isinstance(op, Map | Lookup | Cast)


@dataclass(frozen=True)
class Tabulated:
    """A sweep over bytes, by a table of what it makes of each.

    Parameters
    ----------
    sweep : Sweep
        Of a part for which :func:`is_tabulated` holds.
    plan : Plan
        Of its nodes alone.
    """

    sweep: Sweep
    plan: Plan

    is_silent = True

    @property
    def reads(self) -> tuple[int, ...]:
        """Positions of the nodes of the plan whose images it reads."""
        return self.sweep.reads

    @property
    def makes(self) -> tuple[int, ...]:
        """Positions of those whose images it makes."""
        return self.sweep.makes

    @property
    def source(self) -> str:
        """The schedule of the sweep over all bytes, and its loops."""
        return f"# of each of 256 samples, and then by a table\n{self._over_all.source}"

    def __call__(
        self, images: Sequence[NDArray[Any]], threads: int | None, known: Sequence[float] = ()
    ) -> tuple[list[NDArray[Any]], int]:
        """Return the image that it makes, and how many NaNs became 0; as a :class:`Sweep`."""
        (picture,) = self.sweep.pictures
        rows, out = picture.rows(images[0]), picture.empty()
        counting = 0 if known or not self._is_counted else shares_among(threads, rows.size, FEWEST)
        loops, size = self._made(counting, shares_among(threads, rows.size, _FEWEST))
        room = np.empty(size, np.uint8)
        if not counting:
            known = known or self.sweep.measured(images[0], threads)
            given = self._over_all.parameters_with(known)
            room[_PARAMETERS : _PARAMETERS + given.size] = given
        if loops(rows, out, room):  # so many NaNs became 0: where they are is not known
            return self.sweep(images, threads, known)
        return [out], 0

    def warm(self) -> None:
        """Compile its loops."""
        for counting in {0, int(self._is_counted)}:
            self._made(counting, 1)[0].warm()

    @cached_property
    def _is_counted(self) -> bool:
        """Whether loops find the numbers, too."""
        return has_loop(self.sweep.statistics)

    @made_ready
    def _made(self, counting: int, looking_up: int) -> tuple[InTurn, int]:
        """Return the loops, and how many bytes of room they take: the table, the parameters and counts.

        Parameters
        ----------
        counting : int
            Threads that count the samples; 0: the numbers are among the parameters.
        looking_up : int
            Threads.
        """
        fused, (picture,) = self._over_all, self.sweep.pictures
        size = math.prod(picture.extent) * picture.channels
        parameters = ROOM + _PARAMETERS
        counts = parameters + -(-fused.parameters.size // 64) * 64
        calls: list[Call] = []
        if counting:
            found, tables = calls_of_bytes(size, counting, counts)
            calls = [*found, call_of_numbers(self.sweep.statistics, fused, counts, tables, parameters)]
        calls.append(fused.call(_ALL, ROOM, parameters))
        units = -(-size // _UNIT)
        calls.append(Call((LOOK_UP, "share"), (_UNIT, size), units, looking_up, IMAGE, RESULT, ROOM))
        return InTurn(calls), counts.offset + (room_of_bytes(size, counting) if counting else 0)

    @cached_property
    def _over_all(self) -> Fused:
        picture = Picture(_ALL.shape, 1, "uint8")
        extent = picture.extent
        nodes = tuple(replace(node, input=extent, extent=extent, channels=1) for node in self.plan.nodes)
        plan = replace(self.plan, input=extent, channels=1, nodes=nodes, beside=())
        last = len(nodes) - 1
        return Fused(make_program(plan, [tuple(range(len(nodes)))], [picture], [(last, "uint8")]))


_ALL = np.arange(256, dtype=np.uint8).reshape(1, 256)
