"""Images of a job that a report shows: pictures of every stage, values of the results, times of stages."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.report.result import ImageResult


class Shot(NamedTuple):
    """What a stage gives of an image, as a picture.

    Parameters
    ----------
    stage : int
        Its position among the stages of the job; -1 is the image.
    name : str
    extent : (rows, cols)
        Of the values.
    shape : (rows, cols)
        Of the picture.
    kind : {'png', 'jpeg'}
    content : bytes
        The file.
    notes : tuple of str
        How values are shown.
    seconds : float or None
        What the stages up to this one take together, as one loop.
    """

    stage: int
    name: str
    extent: Extent
    shape: Extent
    kind: str
    content: bytes
    notes: tuple[str, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True)
class Histogram:
    """The values of a result before they were rounded and saturated.

    Parameters
    ----------
    dtype : str
        Of the result.
    low, high : float
        Ends of the bins, which are equally wide.
    counts : tuple of int
        Samples in each.
    range : (float, float) or None
        What the dtype holds, where it is of integers.
    below, above : int
        Samples that are saturated.
    nans : int
    """

    dtype: str
    low: float
    high: float
    counts: tuple[int, ...]
    range: tuple[float, float] | None = None
    below: int = 0
    above: int = 0
    nans: int = 0


@dataclass(frozen=True)
class Sample:
    """An image that a report shows.

    Parameters
    ----------
    path : str
    why : str
        What it is a sample of.
    shots : tuple of Shot
        The image, and then what each stage gives.
    histogram : Histogram or None
    notes : tuple of str
    error : str or None
        Why it could not be shown.
    """

    path: str
    why: str
    shots: tuple[Shot, ...] = ()
    histogram: Histogram | None = None
    notes: tuple[str, ...] = ()
    error: str | None = None


def choose(results: Sequence[ImageResult], count: int) -> list[tuple[str, str]]:
    """Return which images a report shows, and why: the first, the first of each kind, and some between.

    Kinds are those of input extent, of channels, of pages and of the file's format. The choice depends on the
    results alone.

    Parameters
    ----------
    results : sequence of ImageResult
        In the order of the inputs.
    count : int
        At most so many.

    Returns
    -------
    list of (path, why)
        In the order of the inputs.

    Examples
    --------
    >>> done = [ImageResult(f"{at}.png", "done", input=(4, 4 + (at == 3))) for at in range(9)]
    >>> choose(done, 3)
    [('0.png', 'the first image'), ('3.png', 'the first of 4x5 png'), ('5.png', 'one of 4x4 png')]
    """
    chosen: dict[int, str] = {}
    kinds: set[str] = set()
    left = array("q")
    for at, result in enumerate(results):
        if result.status != "done":
            continue
        if len(chosen) < count and (kind := _kind(result)) not in kinds:
            chosen[at] = f"the first of {kind}" if kinds else "the first image"
            kinds.add(kind)
        else:
            left.append(at)
    wanted = min(count - len(chosen), len(left))
    for number in range(wanted):
        at = left[(2 * number + 1) * len(left) // (2 * wanted)]
        chosen[at] = f"one of {_kind(results[at])}"
    return [(results[at].path, chosen[at]) for at in sorted(chosen)]


def _kind(result: ImageResult) -> str:
    rows, cols = result.input or (0, 0)
    many = f", {result.pages} pages" if result.pages > 1 else ""
    return f"{rows}x{cols} {PurePath(result.path).suffix.lstrip('.').lower()}{many}".strip()
