"""The kernels of a part of a plan: passes in groups, with their source and run-time values.

This module imports no CUDA.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property

from convpipe.compile.common.levels import make_program
from convpipe.compile.common.pictures import Picture
from convpipe.compile.cuda.emit import emit
from convpipe.compile.cuda.groups import Group, Tiling, make_groups
from convpipe.compile.cuda.passes import Pass, Values
from convpipe.compile.cuda.separate import Step, make_passes
from convpipe.compile.cuda.supported import check
from convpipe.dataclass import dataclass
from convpipe.geometry import Border, Extent
from convpipe.ops import stored
from convpipe.plan import IMAGE, Plan
from convpipe.plan.demand import NOTHING, Span, read
from convpipe.plan.parts import Part, cut_at_need, levels

Standing = tuple[int, str]
"""An image that stands between parts, or a result: the node that gives it, or ``IMAGE``, and its type."""


@dataclass(frozen=True)
class Kernels:
    """The kernels of a part of a plan, for one image extent.

    Parameters
    ----------
    part : Part
    reads, makes : tuple of Standing
        The images that it reads, and those that it writes.
    given : tuple of Picture
        Those that it reads.
    compute : str
    passes : tuple of Pass
    groups : tuple of Group
        The passes of each kernel.
    values : Values
    source : str
        The generated Python.
    """

    part: Part
    reads: tuple[Standing, ...]
    makes: tuple[Standing, ...]
    given: tuple[Picture, ...]
    compute: str
    passes: tuple[Pass, ...]
    groups: tuple[Group, ...]
    values: Values
    source: str

    @cached_property
    def results(self) -> tuple[int, ...]:
        """The passes that write what it makes, in that order."""
        return tuple(one.index for one in self.passes if one.final and one.level.output is not None)

    def picture(self, image: int) -> Picture:
        """Return an image of the kernels: what a pass gives, or, -1, -2, ..., one that enters."""
        if image < 0:
            return self.given[-1 - image]
        one = self.passes[image]
        dtype = (one.level.output if one.final else None) or self.compute
        rows, _, cols, _ = map(int, self.values.geometry[image])
        return Picture((one.axes[0].output(rows), cols), one.outputs, dtype)

    def demand(self, wanted: Mapping[int, Span]) -> dict[int, Span]:
        """Return which rows of every image are read or made, for rows of results, by their passes."""
        needed = dict.fromkeys(range(-len(self.given), len(self.passes)), NOTHING) | dict(wanted)
        for one in reversed(self.passes):
            rows, _, _, border = map(int, self.values.geometry[one.index])
            under = read(one.axes[0], Border(border), rows, needed[one.index])
            for source in one.reads:
                needed[source] |= under
        return needed

    def grid(self, group: Group, rows: Mapping[int, Span]) -> tuple[Extent, int, int]:
        """Return blocks and planes that compute `rows` of what `group` writes, and where they begin.

        After the blocks come the row of the grid of tiles that they begin with, and the tiles beside each
        other.
        """
        block = group.block
        if not group.fits:
            (one,) = group.passes
            samples = len(rows[one.index]) * self.picture(one.index).extent[1]
            planes = one.level.channels if block.by_channel else 1
            return (-(-samples // block.tile[1]), planes), 0, 1
        down, along = block.tile
        first, last, across = [], [], []
        for one in group.passes:
            if one.index in block.written:
                density = block.density(one)
                first.append(rows[one.index].first // density[0])
                last.append(rows[one.index].last // density[0])
                across.append(-(-self.picture(one.index).extent[1] // (density[1] * along)))
        origin, beside = min(first), max(across)
        blocks = ((max(last) - origin) // down + 1) * beside
        return (blocks, group.passes[0].level.channels if block.by_channel else 1), origin, beside


def make_kernels(plan: Plan, tiling: Tiling) -> tuple[Kernels, ...]:
    """Return the kernels of every part of `plan`; no CUDA is needed for it.

    Raises
    ------
    BackendError
        If it has an op that no kernel is written for.
    """
    check(plan)
    parts = cut_at_need(plan.nodes, [output.node for output in plan.outputs], plan.dtype)
    read_later = {source for part in parts for source in part.reads}
    return tuple(_kernels(plan, part, read_later, tiling) for part in parts)


def _kernels(plan: Plan, part: Part, read_later: Collection[int], tiling: Tiling) -> Kernels:
    """Return the kernels of one part; others read what nodes in `read_later` give."""
    wanted = dict.fromkeys((at, plan.compute) for at in part.makes if at in read_later)
    wanted |= dict.fromkeys(
        (output.node, stored(output.dtype, plan.compute)) for output in plan.outputs if output.node in part.at
    )
    own = replace(plan, nodes=part.numbered, beside=())
    # The host rounds a result to float16, and counts what that loses.
    own_types = {
        (output.node, stored(output.dtype, plan.compute)): output.dtype
        for output in plan.outputs
        if output.node not in read_later
    }
    outputs = [(part.at.index(at), own_types.get((at, dtype), dtype)) for at, dtype in wanted]
    given = tuple(_picture(plan, at) for at in part.reads)
    program = make_program(own, levels(part), given, outputs)
    steps = [_step(plan, at) for at in part.reads]
    passes, values = make_passes(program, steps)
    groups = make_groups(passes, plan.compute, tiling)
    written = [level.output for level in program.levels if level.output is not None]
    return Kernels(
        part=part,
        reads=tuple((at, picture.dtype) for at, picture in zip(part.reads, given, strict=True)),
        makes=tuple((part.at[at], dtype) for at, dtype in zip(program.results, written, strict=True)),
        given=given,
        compute=plan.compute,
        passes=passes,
        groups=groups,
        values=values,
        source=emit(program, groups),
    )


def _picture(plan: Plan, at: int) -> Picture:
    if at == IMAGE:
        return Picture(plan.input, plan.channels, stored(plan.dtype))
    return Picture(plan.nodes[at].extent, plan.nodes[at].channels, plan.compute)


def _step(plan: Plan, at: int) -> Step:
    """Return the pixels of the image that enters the pipeline between those of an image."""
    if at == IMAGE:
        return 1, 1
    rows, cols = plan.nodes[at].field
    return rows.stride, cols.stride
