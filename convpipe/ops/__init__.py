"""The few operations that every stage is lowered to; emitters know these and no filter's name.

- Stencil, a window, linear: each bank of taps gives one response per sample
- Bilateral, a window: a mean that is weighted by how alike the samples are
- Rank, a window: the samples of some ranks among those of its footprint
- Resample, a window with taps of its own for every row and every column
- Map, a scalar expression of the responses, giving one value per sample
- Reduce, such an expression that also needs numbers of the whole image: extremes, a threshold
- Lookup, a value from a table, by where the sample lies in it; the image may give the table
- Mix, a matrix across the channels of each pixel
- ChannelMap, expressions that make the channels of each pixel from its channels
- Alpha, to or from colour multiplied by alpha
- Cast, round to a dtype, an integer one saturating, and go on in the type of the arithmetic
- Frame, the whole image through a function of a library; it stands apart from all others
- Hysteresis, what is joined to something certain, by marks; a Frame, too
- RollingBall, how high a ball comes that rolls under the image; a Frame, too
- TileEqualization, local histogram equalisation by tiles; a Frame, too
- Matching, how much windows are like a template; a Frame, too
- Held, an image that is given in the place of the one that enters: a Frame that looks at nothing
- Layer, filters over all channels at once, as those of a network; it stands apart, too
- Turn, the image mirrored or with rows and columns exchanged; it stands apart, too
- Warp, the image interpolated where a map puts its pixels; it stands apart, too

In a chain each op takes what the one before it gave. A window gives a response per bank or rank; the map
that follows combines them, so a chain hands exactly one value per sample on. A :class:`Graph` is of nodes,
each a chain: one with a window, or a join, whose map combines several images pixel by pixel; or an op that
stands apart.
"""

from convpipe.ops.bilateral import Bilateral
from convpipe.ops.dtypes import COMPUTE, dtype_range, is_integer, stored
from convpipe.ops.frame import Frame, TileEqualization
from convpipe.ops.graph import Apart, Graph, Node, Op, has_window, is_rounding, statistics
from convpipe.ops.hysteresis import Hysteresis
from convpipe.ops.layer import Layer
from convpipe.ops.lookup import Lookup
from convpipe.ops.matching import Matching
from convpipe.ops.pointwise import Alpha, Cast, ChannelMap, Map, Mix, Reduce
from convpipe.ops.reference import Held, Reference
from convpipe.ops.resample import Resample, Rule
from convpipe.ops.rolling_ball import RollingBall
from convpipe.ops.taps import IDENTITY, Taps
from convpipe.ops.turn import Turn
from convpipe.ops.warp import Placement, Warp
from convpipe.ops.window import Rank, Stencil, Window

__all__ = [
    "COMPUTE",
    "IDENTITY",
    "Alpha",
    "Apart",
    "Bilateral",
    "Cast",
    "ChannelMap",
    "Frame",
    "Graph",
    "Held",
    "Hysteresis",
    "Layer",
    "Lookup",
    "Map",
    "Matching",
    "Mix",
    "Node",
    "Op",
    "Placement",
    "Rank",
    "Reduce",
    "Reference",
    "Resample",
    "RollingBall",
    "Rule",
    "Stencil",
    "Taps",
    "TileEqualization",
    "Turn",
    "Warp",
    "Window",
    "dtype_range",
    "has_window",
    "is_integer",
    "is_rounding",
    "statistics",
    "stored",
]
