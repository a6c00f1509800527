"""A window whose weights depend on the samples: near pixels count as far as they are alike."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.geometry import Extent
from convpipe.interval import Interval
from convpipe.ops.window import Window

Distance = Literal["manhattan", "euclidean"]

FAR = 2.0**62
"""A sample that differs so much from all others counts for nothing; its square fits float32."""


@dataclass(frozen=True, eq=False)
class Bilateral(Window):
    """The mean of the pixels under a window, weighted by where they lie and by how alike the centre they are.

    Of a pixel p and its neighbour q, whose colours are D apart, q has the weight
    ``spatial[q - p] * exp(-D**2 / (2 * sigma**2))``. All colours of a pixel have one weight.

    Source: C. Tomasi, R. Manduchi, "Bilateral filtering for gray and color images", ICCV 1998.

    Parameters
    ----------
    spatial : array_like, shape (KH, KW)
        Weights by place, the same in opposite places, and 1 in the middle, of odd sides; 0 of what does not
        count.
    sigma : float
        Standard deviation of the weights by distance of colours, in the units of the samples.
    distance : {'manhattan', 'euclidean'}
        Of colours: the sum of their differences' sizes, or the root of the sum of their squares.

    Raises
    ------
    ParameterError
        If the weights are not of that form, or `sigma` is not above 0.

    Examples
    --------
    >>> Bilateral([[0, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 0]], 25.0).pairs
    (((0, 1), 0.5), ((1, 0), 0.5))
    """

    spatial: NDArray[np.float64]
    sigma: float
    distance: Distance = "euclidean"

    def __post_init__(self) -> None:
        spatial = np.array(self.spatial, np.float64, ndmin=2)
        spatial.setflags(write=False)
        object.__setattr__(self, "spatial", spatial)
        rows, cols = spatial.shape
        odd = rows % 2 == cols % 2 == 1
        if (
            not odd
            or spatial[self.centre] != 1
            or (spatial != spatial[::-1, ::-1]).any()
            or spatial.min() < 0
        ):
            raise ParameterError("a bilateral window needs weights alike in opposite places, 1 in the middle")
        if not self.sigma > 0:
            raise ParameterError(f"sigma needs a number above 0; given {self.sigma}", "sigma")
        super().__post_init__()

    @property
    def names(self) -> tuple[str, ...]:
        """Name of its response."""
        return ("r",)

    @property
    def kernel(self) -> Extent:
        """Rows and columns of the window, before dilation."""
        rows, cols = self.spatial.shape
        return rows, cols

    @property
    def centre(self) -> Extent:
        """Row and column of the pixel that others are compared with."""
        rows, cols = self.kernel
        return rows // 2, cols // 2

    @property
    def is_identity(self) -> bool:
        """Tell whether its one place is the pixel."""
        return not self.pairs

    @property
    def pairs(self) -> tuple[tuple[Extent, float], ...]:
        """Places before the centre that count, with the weight that the opposite place has, too."""
        flat = [(divmod(at, self.kernel[1]), float(w)) for at, w in enumerate(self.spatial.flat)]
        return tuple((place, weight) for place, weight in flat[: len(flat) // 2] if weight > 0)

    @property
    def count(self) -> int:
        """How many places count."""
        return 1 + 2 * len(self.pairs)

    def weights(self, colours: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the weight of each place under a window, of its colours, (KH, KW, colours)."""
        apart = np.abs(colours.astype(np.float64) - colours[self.centre])
        squares = apart.sum(axis=2) ** 2 if self.distance == "manhattan" else (apart**2).sum(axis=2)
        found: NDArray[np.float64] = self.spatial * np.exp(-squares / (2 * self.sigma**2))
        return found

    def responses(self, samples: Interval) -> tuple[Interval, ...]:
        """Enclose the mean, which lies among the samples."""
        return (samples,)
