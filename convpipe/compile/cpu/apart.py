"""What runs the parts of a plan: sweeps, and ops that are in no loop over rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from convpipe.compile.common.pictures import Picture
from convpipe.compile.cpu.hysteresis import Traced
from convpipe.compile.cpu.library import Equalized, Library, Placed
from convpipe.compile.cpu.matched import Matched
from convpipe.compile.cpu.rolling_ball import Rolled
from convpipe.compile.cpu.turned import Turned
from convpipe.compile.cpu.warped import Warped
from convpipe.dataclass import dataclass
from convpipe.ops import (
    Apart,
    Frame,
    Held,
    Hysteresis,
    Layer,
    Matching,
    RollingBall,
    TileEqualization,
    Warp,
)
from convpipe.plan import Plan
from convpipe.plan.parts import Part


class Run(Protocol):
    """What runs a part: from the images that it reads to those that it makes."""

    @property
    def reads(self) -> tuple[int, ...]:
        """Positions of the nodes of the plan whose images it reads."""

    @property
    def makes(self) -> tuple[int, ...]:
        """Positions of those whose images it makes."""

    @property
    def is_silent(self) -> bool:
        """Whether it makes no remark on an image."""

    @property
    def source(self) -> str:
        """The generated Python, under what stands for the rest."""

    def __call__(self, images: Sequence[NDArray[Any]], threads: int | None) -> tuple[list[NDArray[Any]], int]:
        """Return the images that it makes, as rows of samples, and how many NaNs became 0."""

    def warm(self) -> None:
        """Compile what the first image would."""


@dataclass(frozen=True)
class Step:
    """What runs a part, and what becomes of images then.

    Parameters
    ----------
    run : Run
    halves : tuple of int
        The images that it makes which are rounded to float16.
    passed : tuple of int
        Those that nobody reads after it.
    """

    run: Run
    halves: tuple[int, ...]
    passed: tuple[int, ...]


def run_apart(op: Apart, part: Part, given: Picture, made: Picture, plan: Plan) -> Run:
    """Return what runs an op that is in no loop over rows.

    Parameters
    ----------
    op : Apart
    part : Part
        Of its node.
    given, made : Picture
        The first image that it reads, and that it makes.
    plan : Plan
        The whole one.
    """
    (node,), (at,) = part.nodes, part.makes
    run, alpha = (part.reads, part.makes, node.title), plan.alpha
    if isinstance(op, Hysteresis):
        return Traced(*run, given, made, alpha, op)
    if isinstance(op, RollingBall):
        return Rolled(*run, given, made, alpha, op)
    if isinstance(op, Held):
        return Placed(*run, node.inputs, op, made, alpha)
    if isinstance(op, Matching):
        return Matched(*run, node.inputs, op, made, alpha)
    if isinstance(op, TileEqualization):
        return Equalized(*run, node.inputs, op, made, alpha)
    if isinstance(op, Frame):
        return Library(*run, node.inputs, op, made, alpha)
    if isinstance(op, Layer):
        # Numba compiles what these loops need when they are imported: no other plan has to wait for it.
        from convpipe.compile.conv2d.layer import Layered

        return Layered(*run, op, node.axes, given, made)
    if isinstance(op, Warp):
        return Warped(*run, op, given, made, plan.compute, alpha)
    is_result = at in (output.node for output in plan.outputs)
    return Turned(*run, op, given, made, is_result)
