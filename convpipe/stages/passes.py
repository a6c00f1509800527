"""Resizing in two passes that each round to 8 bits, as Pillow does.

Source: Pillow, ``precompute_coeffs``, ``normalize_coeffs_8bpc`` and ``ImagingResample`` in Resample.c. A
weight is an integer of 1 / 2**22, and a sum of weighted bytes an integer of 30 bits, which float32 does not
hold. So weights are taken apart into a coarse and a fine part, of which it holds every sum; both are exact.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.errors import PlanError
from convpipe.geometry import Extent
from convpipe.ops import Cast, Graph, Map, Node, Resample
from convpipe.polyphase import Polyphase
from convpipe.stages.resampling import KERNELS, Resizing, check_extent, under

if TYPE_CHECKING:
    from convpipe.stages.base import ImageKind

PRECISION = 22
"""Fraction bits of a weight."""

COARSE = 15
"""Fraction bits of its coarse part: a sum of weighted bytes below 512 has 24 bits."""

MOST_FINE = 3
"""What a sum of fine parts stays below: it and a number from 0 to 1 have a sum of 24 bits at most."""

Half = Literal["coarse", "fine"]

_ROUNDED = "floor(c + 0.5) + floor((c + 0.5) - floor(c + 0.5) + f)"
"""The sum c + f, rounded half up, without a number between of more than 24 bits."""


def is_of_bytes(image: ImageKind) -> bool:
    """Tell whether an image is of bytes, each channel by itself: what Pillow resizes in passes that round."""
    return (image.lowest, image.full_scale) == (0, 255) and not image.alpha


def rounded_passes(resizing: Resizing) -> Graph:
    """Return the graph of a resize whose image is rounded, half up, to 8 bits after each of two passes."""
    nodes = [Node("bytes", (Cast("uint8"),))]
    for is_first, name in ((True, "first"), (False, "second")):
        given = nodes[-1].name
        halves = tuple(
            Node(f"{name}_{half}", (Resample(Pass(resizing, is_first, half), is_mean=False),), (given,))
            for half in ("coarse", "fine")
        )
        rounded = (Map(_ROUNDED, ("c", "f")), Cast("uint8"))
        nodes += [*halves, Node(name, rounded, tuple(half.name for half in halves))]
    return Graph(tuple(nodes))


@dataclass(frozen=True)
class Pass:
    """The taps of one half of the weights of one pass. See :class:`convpipe.ops.Rule`.

    Parameters
    ----------
    resizing : Resizing
    is_first : bool
        Whether it is the first of the two passes.
    half : {'coarse', 'fine'}
    """

    resizing: Resizing
    is_first: bool
    half: Half

    def axes(self, extent: Extent, image: Extent, entering: Extent) -> tuple[Polyphase, Polyphase]:
        """Return the taps of rows and columns, for one of `extent`; as :meth:`Resizing.axes`."""
        made = self.resizing.extent(entering, image)
        check_extent("image", entering)
        check_extent("result", made)
        found = [Polyphase.identity(size) for size in extent]
        axis = 0 if _rows_are_first(entering, made) == self.is_first else 1
        found[axis] = _taps(self.resizing.method, extent[axis], made[axis], self.half)
        rows, cols = found
        return rows, cols


def _rows_are_first(given: Extent, made: Extent) -> bool:
    """Tell whether rows are summed before neighbours in a row are, which Pillow 13 does to spare work."""
    return made[0] < given[0] and 2 * (given[1] - made[1]) < given[0] - made[0]


def _taps(method: str, source: int, target: int, half: Half) -> Polyphase:
    """Return the taps of one half of the weights that make `target` samples of `source`."""
    places, weights = integer_weights(method, source, target)
    coarse, fine = halves(weights)
    if np.abs(fine).sum(axis=1).max() * 255 >= MOST_FINE << PRECISION:
        raise PlanError(
            f"its 'rounding: each_pass' is exact of about 750 samples that are summed along a side; to make "
            f"{target} of {source} takes {weights.shape[1]}; resize twice, or with 'rounding: last'"
        )
    step = Fraction(source, target)
    own = (coarse if half == "coarse" else fine) / (1 << PRECISION)
    return Polyphase.of(places, own, source, step, (step - 1) / 2)


def integer_weights(method: str, source: int, target: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the samples under the kernel of every output, and Pillow's weights, in units of 1 / 2**22.

    Examples
    --------
    >>> integer_weights("bilinear", 4, 2)[1]
    array([[      0, 1797559, 1797559,  599186],
           [ 599186, 1797559, 1797559,       0]])
    """
    kernel = KERNELS[method]._replace(is_continuous=False)  # with centres as floating point has them
    places, weights = under(kernel, source, target, max(source / target, 1.0))
    weights[(places < 0) | (places >= source)] = 0
    weights /= np.cumsum(weights, axis=1)[:, -1:]  # summed one after the other
    scaled = weights * (1 << PRECISION)
    return places, np.trunc(scaled + np.copysign(0.5, scaled)).astype(np.int64)


def halves(weights: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return integers that sum to `weights`: multiples of the coarse unit, and what is left.

    One unit of the largest weight of a row is left, too, so that no row of taps is of nothing.
    """
    unit = 1 << (PRECISION - COARSE)
    coarse = (weights + unit // 2) // unit * unit
    largest = np.argmax(weights, axis=1)
    coarse[np.arange(len(weights)), largest] -= unit
    return coarse, weights - coarse
