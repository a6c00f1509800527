"""What a plan says of one node: a window, and the ops after it that look at one pixel."""

from __future__ import annotations

import math
from dataclasses import field

from convpipe.dataclass import dataclass
from convpipe.fourier import Tiles
from convpipe.geometry import Axis, Extent, Field
from convpipe.interval import Interval
from convpipe.multirate import Rates
from convpipe.ops import Apart, Layer, Op, Resample, Window, has_window, statistics
from convpipe.padding import Sides
from convpipe.plan.arithmetic import Arithmetic
from convpipe.plan.fixed import Fixed
from convpipe.ranges import Ranges
from convpipe.stages.wiring import IMAGE
from convpipe.statistics import Measured

AXIS_NAMES = ("rows", "columns")


@dataclass(frozen=True)
class Origin:
    """The stage that a node is of, in words.

    Parameters
    ----------
    index : int or None
        Position among the stages given, from 0; None for those that an option of the pipeline adds.
    name : str
    method : str
        Family and method that it is of, which unlike its name are convpipe's own words.
    smaller : str or None
        Which of its own parameters make its values smaller, for a person.
    reads : tuple of int
        Positions among the pipeline's stages of those that it reads; ``IMAGE`` is the image that enters.
    folded : str or None
        The stage whose layer has its numbers, for a person, where they are folded into that.
    option : str
        The option that adds it, if one does.
    """

    index: int | None
    name: str
    method: str
    smaller: str | None = None
    reads: tuple[int, ...] = ()
    folded: str | None = None
    option: str = ""

    def __str__(self) -> str:
        """Return which stage it is, for a person."""
        return f"{self.place} ({self.name})"

    @property
    def place(self) -> str:
        """Where it stands, for a person."""
        return self.option if self.index is None else f"stage {self.index}"


@dataclass(frozen=True)
class Separation:
    """A kernel that runs as outer products, each of them a column and a row.

    Parameters
    ----------
    products : int
    error : float
        Most that a response differs from the sum under the kernel in exact arithmetic: because of what the
        products, as they are in the type of the sums, differ from it, and because of what the sums round off.
    """

    products: int
    error: float

    def __str__(self) -> str:
        """Return it for a person.

        Examples
        --------
        >>> print(Separation(2, 1.26e-5))
        a sum of 2 outer products, run as columns and rows: off by at most 1.3e-05
        """
        way = "of rank 1, run as a column and a row"
        if self.products > 1:  # equal columns may be more than the rank
            way = f"a sum of {self.products} outer products, run as columns and rows"
        return f"{way}: off by at most {self.error:.2g}"


@dataclass(frozen=True)
class Entering:
    """An image between nodes.

    Parameters
    ----------
    extent : (rows, cols)
    channels : int
    ranges : Ranges
    field : (Field, Field)
        Receptive field of its pixels in the image that enters the pipeline.
    fixed : Fixed or None
        Its values, if they are fixed-point numbers.
    """

    extent: Extent
    channels: int
    ranges: Ranges
    field: tuple[Field, Field]
    fixed: Fixed | None = None


@dataclass(frozen=True)
class Made:
    """What a node can read: the image, and the nodes that are planned so far.

    Parameters
    ----------
    image : Entering
        What enters the pipeline.
    compute : str
        Floating-point type of the arithmetic.
    nodes : list of NodePlan
    has_holes : bool
        Whether samples of the image can be missing.
    """

    image: Entering
    compute: str
    nodes: list[NodePlan] = field(default_factory=list)
    has_holes: bool = False

    def entering(self, at: int) -> Entering:
        """Return what the node at a position gives, or the image."""
        return self.image if at == IMAGE else self.nodes[at].made

    def of_stage(self, origin: Origin, read: Entering) -> Extent:
        """Return the extent of what enters a stage, of which a node that is planned next reads `read`."""
        return next((node.input for node in self.nodes if node.origin == origin), read.extent)

    def called(self, at: int) -> str:
        """Return what that is, for a person."""
        return "input" if at == IMAGE else str(self.nodes[at].origin)


@dataclass(frozen=True)
class NodePlan:
    """What is planned as one: a window, and the ops after it that look at one pixel; or a join.

    Parameters
    ----------
    origin : Origin
    ops : tuple of Op
    inputs : tuple of int
        Positions among the plan's nodes of those that it reads; ``IMAGE`` is the image that enters.
    input, extent : (rows, cols)
        Extents of its input and output.
    axes : (Axis, Axis)
        Window over rows and over columns, padding resolved.
    field : (Field, Field)
        Receptive field of its output in the image that enters the pipeline.
    channels : int
        Channels of its output.
    dtype : str
        Type of its output: a cast's, or that of the arithmetic.
    unrounded : Interval
        Encloses every value of its output for finite input, before ``dtype`` rounds and saturates it; of
        exact arithmetic, to which rounding adds its relative error.
    ranges : Ranges
        The same after that, of colours and of alpha.
    operations : int
        Arithmetic operations on the whole image; a multiply-add counts as two.
    arithmetic : Arithmetic
        Of its sums, unless they go through Fourier transforms.
    tiles : Tiles or None
        Of these, if its window goes through some.
    separation : Separation or None
        Of a kernel that is given as it is and runs as outer products.
    rates : Rates or None
        Of the last of three nodes that stand for one window: those of that window.
    reaches : Sides or None
        Pixels of what these three read that it reaches to, in the place of `halo`: of the first those that
        all of them do.
    """

    origin: Origin
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    input: Extent
    extent: Extent
    axes: tuple[Axis, Axis]
    field: tuple[Field, Field]
    channels: int
    dtype: str
    unrounded: Interval
    ranges: Ranges
    operations: int
    arithmetic: Arithmetic
    tiles: Tiles | None = None
    rates: Rates | None = None
    reaches: Sides | None = None
    separation: Separation | None = None

    @property
    def title(self) -> str:
        """Its stage and method, without what a caller wrote."""
        return f"{self.origin.place}: {self.origin.method}"

    @property
    def samples(self) -> int:
        """Number of its samples."""
        return math.prod(self.extent) * self.channels

    @property
    def made(self) -> Entering:
        """Its output, as it enters other nodes."""
        return Entering(self.extent, self.channels, self.ranges, self.field, self.arithmetic.made)

    @property
    def is_join(self) -> bool:
        """Tell whether it has no window: its first op is a map of several images, in the order of `inputs`.

        Where the last channel is alpha, that of the first image is kept; an image of one channel beside it
        counts for every channel.
        """
        return self.apart is None and not has_window(self.ops)

    @property
    def apart(self) -> Apart | None:
        """Its one op, if that is in no loop over rows."""
        first = self.ops[0]
        return first if isinstance(first, Apart) else None

    @property
    def window(self) -> Window:
        """Its window, if it has one."""
        return next(op for op in self.ops if isinstance(op, Window))

    @property
    def halo(self) -> Sides:
        """Pixels that its window reaches to, ((above, below), (left, right)) of the one it computes."""
        if self.reaches is not None:
            return self.reaches
        if isinstance(self.apart, Layer):
            return self.apart.halo
        return self.window.halo if has_window(self.ops) else ((0, 0), (0, 0))

    @property
    def reduces(self) -> bool:
        """Tell whether it needs numbers of its whole input."""
        return bool(self.statistics)

    @property
    def statistics(self) -> tuple[Measured, ...]:
        """The numbers of its whole input that it needs."""
        return next((found for op in self.ops if (found := statistics(op))), ())

    @property
    def is_pointwise(self) -> bool:
        """Tell whether it needs no pixel but the one that it changes."""
        if self.is_join or self.apart:
            return False
        window = self.window
        padding = [side for axis in self.axes for side in (axis.before, axis.after)]
        return (
            self.ops[0] is window
            and not window.keep_alpha
            and (window.kernel, window.stride, len(window.names)) == ((1, 1), (1, 1), 1)
            and not any(padding)
            and not isinstance(window, Resample)
        )
