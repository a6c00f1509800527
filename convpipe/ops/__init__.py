"""The few operations that every stage is lowered to; emitters know these and no filter's name.

========== =====================================================================
In a chain each op takes what the one before it gave. A window gives a response per bank or rank; the map
that follows combines them, so a chain hands exactly one value per sample on. A :class:`Graph` is of nodes,
each a chain: one with a window, or a join, whose map combines several images pixel by pixel; or an op that
stands apart.
"""

from convpipe.ops.dtypes import COMPUTE, dtype_range, is_integer, stored
from convpipe.ops.frame import Frame
from convpipe.ops.graph import Apart, Graph, Node, Op, has_window, is_rounding
from convpipe.ops.pointwise import Alpha, Cast, ChannelMap, Map, Mix, Reduce
from convpipe.ops.resample import Resample, Rule
from convpipe.ops.taps import IDENTITY, Taps
from convpipe.ops.window import Rank, Stencil, Window

__all__ = [
    "COMPUTE",
    "IDENTITY",
    "Alpha",
    "Apart",
    "Cast",
    "ChannelMap",
    "Frame",
    "Graph",
    "Map",
    "Mix",
    "Node",
    "Op",
    "Rank",
    "Reduce",
    "Resample",
    "Rule",
    "Stencil",
    "Taps",
    "Window",
    "dtype_range",
    "has_window",
    "is_integer",
    "is_rounding",
    "stored",
]
