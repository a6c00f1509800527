"""How an image will be filtered in the memory that there is: known before a pixel of it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from convpipe import images
from convpipe.batch.budget import Need
from convpipe.batch.encode import pixel_bytes
from convpipe.batch.results import Result
from convpipe.batch.streamed import Obstacles, in_sizes, tile_of
from convpipe.dataclass import dataclass
from convpipe.errors import ConvpipeError, ReadError
from convpipe.images import Limits
from convpipe.images.output import TILE
from convpipe.plan import Plan
from convpipe.report import byte_size, number
from convpipe.streaming import Bands, banded
from convpipe.streaming.looks import looks_of


@dataclass(frozen=True)
class Forecast:
    """How an image is filtered.

    Parameters
    ----------
    need : Need
        What it takes as a whole.
    memory : int
        Bytes that images may take.
    bands : Bands, optional
        Those in which it is streamed, where it does not fit.
    looks : int
        Passes before, for numbers of the whole image.
    reason : str, optional
        Why it cannot be streamed, where it would have to be.
    """

    need: Need
    memory: int
    bands: Bands | None = None
    looks: int = 0
    reason: str | None = None

    @property
    def fits(self) -> bool:
        """Whether it is filtered as a whole."""
        return self.need.total <= self.memory

    def __str__(self) -> str:
        """Say it in a line."""
        whole = f"about {byte_size(self.need.total)}, of {byte_size(self.memory)} that images may take"
        if self.fits:
            return f"memory: {whole}"
        if self.bands is None:
            return f"memory: {whole}; and it cannot be streamed: {self.reason}"
        bands = self.bands
        passes = "1 pass" if self.looks == 1 else f"{self.looks} passes"
        before = f", after {passes} for numbers of the whole image" if self.looks else ""
        return (
            f"memory: as a whole {whole}; streamed in {number(len(bands), 'band')} of {bands.height} rows on "
            f"{number(bands.threads, 'thread')}, {byte_size(bands.nbytes)}{before}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        found: dict[str, Any] = {"whole_bytes": self.need.total, "most_bytes": self.memory, "streamed": None}
        if self.bands is not None:
            found["streamed"] = {
                "bands": len(self.bands),
                "rows": self.bands.height,
                "threads": self.bands.threads,
                "bytes": self.bands.nbytes,
                "passes": 1 + self.looks,
            }
        return found if self.reason is None else {**found, "reason": self.reason}


def forecast_of(
    plan: Plan,
    results: Sequence[Result],
    obstacles: Obstacles,
    memory: int,
    *,
    threads: int,
    image: tuple[Path, Limits, bool] | None = None,
) -> Forecast:
    """Return how an image of a plan is filtered; of a file, how its rows are decoded is looked at.

    Parameters
    ----------
    plan : Plan
    results : sequence of Result
    obstacles : Obstacles
        Of the job.
    memory : int
    threads : int
        That filter an image.
    image : (Path, Limits, bool), optional
        And whether one that breaks off is read; default: a TIFF in tiles of 256.
    """
    format, nbytes, block = ("tiff", 0, partial(int, TILE)) if image is None else _file(*image)
    encodings = [each.encoding.of(each.encoding.format or format) for each in results]
    need = Need.of(nbytes, [plan], threads=threads, encoders=pixel_bytes(plan, encodings))
    if need.total <= memory:
        return Forecast(need, memory)
    try:
        obstacles.check([plan], encodings)
        tile, pyramid = tile_of(encodings), in_sizes(encodings)
        bands = banded(plan, memory, threads=threads, block=block(), tile=tile, pyramid=pyramid)
        return Forecast(need, memory, bands, looks_of(plan))
    except ConvpipeError as error:
        return Forecast(need, memory, reason=str(error))


def _file(path: Path, limits: Limits, allow_truncated: bool) -> tuple[str, int, Callable[[], int]]:
    """Return format and size of an image file, and what tells how many of its rows are decoded together."""
    with images.open_image(path, limits, first=True, allow_truncated=allow_truncated) as opened:
        try:
            height = opened.rows().height
        except ReadError as error:
            failure = error

            def refused() -> int:
                raise failure

            return opened.infos[0].format, path.stat().st_size, refused
        return opened.infos[0].format, path.stat().st_size, partial(int, height)
