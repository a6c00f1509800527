"""Where the pixels of an image lie in the world, along rows and columns."""

from __future__ import annotations

from convpipe.dataclass import dataclass
from convpipe.images import Metadata
from convpipe.sampling import Sampling

MICROMETRES_PER_INCH = 25_400.0


@dataclass(frozen=True)
class Grid:
    """A grid of pixels: of neighbours the distance, and where the first is.

    Parameters
    ----------
    step : (float, float)
        Between neighbours along a column, and along a row.
    first : (float, float)
        The centre of the first pixel, downwards and to the right.
    unit : str, optional
        Of both; default: pixels of the image.
    """

    step: tuple[float, float] = (1.0, 1.0)
    first: tuple[float, float] = (0.0, 0.0)
    unit: str | None = None

    @classmethod
    def of(cls, metadata: Metadata) -> Grid:
        """Return that of an image whose resolution is known, or not.

        >>> Grid.of(Metadata(resolution=(25_400.0, 12_700.0)))
        Grid(step=(2.0, 1.0), first=(0.0, 0.0), unit='micrometer')
        """
        if metadata.resolution is None or metadata.unit == "none":
            return cls()
        x, y = metadata.resolution
        return cls((MICROMETRES_PER_INCH / y, MICROMETRES_PER_INCH / x), (0.0, 0.0), "micrometer")

    def followed(self, sampling: Sampling) -> Grid:
        """Return that of a result whose pixels lie in the image so; a plain one where that is no grid.

        >>> Grid((0.5, 0.25), unit="micrometer").followed(Sampling((2.0, 2.0), (0.5, 0.5)))
        Grid(step=(1.0, 0.5), first=(0.25, 0.125), unit='micrometer')
        """
        if sampling.is_oblique or sampling.transposed or min(sampling.step) < 0:
            return Grid()
        (down, right), (top, left) = sampling.step, sampling.first
        return Grid(
            (self.step[0] * down, self.step[1] * right),
            (self.first[0] + self.step[0] * top, self.first[1] + self.step[1] * left),
            self.unit,
        )
