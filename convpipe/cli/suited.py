"""A config for images like one that is there: what it holds says which stages make sense."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convpipe.dataclass import dataclass

if TYPE_CHECKING:
    from convpipe.images import ImageInfo

MOST_SAMPLES = 1 << 28
"""Of an image that is read to look at its values; of a larger one the header alone is."""

DARK_SHARE = 0.6
"""Of the full scale: values that span less of it are stretched."""


@dataclass(frozen=True)
class Look:
    """What there is to know of an image.

    Parameters
    ----------
    info : ImageInfo
    low, high : float or None
        Least and largest finite value, without alpha; None if it was not read.
    few : bool
        Whether there are at most two values.
    holes : bool
        Whether samples are NaN.
    """

    info: ImageInfo
    low: float | None = None
    high: float | None = None
    few: bool = False
    holes: bool = False

    @property
    def colours(self) -> int:
        """Channels without alpha."""
        return self.info.channels - self.info.alpha

    @property
    def real(self) -> bool:
        """Whether samples are floating point."""
        return self.info.dtype.startswith("float")

    @property
    def dull(self) -> bool:
        """Whether values span little of what an 8-bit type holds."""
        if self.low is None or self.high is None or self.info.dtype != "uint8":
            return False
        return self.high - self.low < DARK_SHARE * 255

    @property
    def said(self) -> str:
        """All of it, as a line."""
        rows, cols = self.info.extent
        channels = f"{self.info.channels} channels" if self.info.channels > 1 else "1 channel"
        parts = [f"{rows}x{cols}", f"{channels} of {self.info.dtype}{', the last alpha' * self.info.alpha}"]
        parts += [f"{self.info.frames} pages"] if self.info.frames > 1 else []
        parts += [f"values {self.low:g} to {self.high:g}"] if self.low is not None else []
        parts += ["with NaN"] if self.holes else []
        parts += [f"nodata {self.info.nodata:g}"] if self.info.nodata is not None else []
        return ", ".join(parts)


def look(path: Path) -> Look:
    """Look at an image: its header, and unless it is very large, its values.

    Raises
    ------
    ReadError
        If it cannot be read; with its name.
    """
    from convpipe import images
    from convpipe.errors import ReadError
    from convpipe.paths import tried

    try:
        info = images.probe(path)
        if info.extent[0] * info.extent[1] * info.channels > MOST_SAMPLES:
            return Look(info)
        pixels = images.read(path).pixels
    except ReadError as error:
        raise type(error)(f"{path}: {error.reason}{'' if path.exists() else tried(path)}") from None
    values = pixels[..., :-1] if info.alpha else pixels
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values.ravel()
    if info.nodata is not None:
        finite = finite[finite != info.nodata]
    if not finite.size:
        return Look(info, holes=True)
    low, high = finite.min(), finite.max()
    few = bool(((finite == low) | (finite == high)).all())
    holes = values.dtype.kind == "f" and bool(np.isnan(values).any())
    return Look(info, float(low), float(high), few, holes)


def config_for(seen: Look) -> list[str]:
    """Return the lines of a config from ``border`` on that suit an image."""
    stages = [*_page(seen), *_stages(seen)]
    return [*_settings(seen), "", "stages:", *(f"  {line}" for line in stages)]


def _settings(seen: Look) -> list[str]:
    lines = ["border: reflect            # outside the image: constant, edge, reflect, symmetric or wrap"]
    if seen.info.nodata is not None:
        lines.append("missing: file              # what the file says to be no data counts for nothing")
    elif seen.holes:
        lines.append("missing: nan               # NaN is no data, and counts for nothing")
    if seen.real:
        lines.append("dtype: float32             # of the results, which TIFF and .npy hold")
    return lines


def _page(seen: Look) -> list[str]:
    """Return how the pages become one, as a comment."""
    if seen.info.frames < 2:
        return []
    return ["# The pages are filtered one by one. One page of all of them:", "# - projection: maximum"]


def _stages(seen: Look) -> list[str]:
    """Return the stages for what the image most likely is."""
    if seen.info.nodata is not None or seen.holes:
        return [
            "# Means of what is there; small holes are filled by what surrounds them.",
            *("- blur: gaussian", "  sigma: 1.5               # in pixels"),
        ]
    if seen.few and seen.colours == 1:
        return [
            "# Two values, as in a scan of text: specks of a pixel or two go, and lines stay.",
            *("- rank: median", "  size: 3"),
        ]
    if seen.colours > 3 or seen.colours == 2:
        return [
            "# Bands: each is filtered by itself. `color: channel` takes one of them.",
            *("- blur: gaussian", "  sigma: 1                 # in pixels"),
        ]
    if seen.colours == 3:
        return _colours(seen)
    return _grey_of_8_bits(seen) if seen.info.dtype == "uint8" else _grey_measured(seen)


def _colours(seen: Look) -> list[str]:
    first = [
        "# Few of the values are used: they are spread over all, every colour alike.",
        *("- contrast: stretch", "  low: 0.5", "  high: 99.5"),
    ]
    return [
        *(first if seen.dull else ()),
        "# A photograph: its edges a little sharper. `color: gray` first makes it grey.",
        *("- sharpen: unsharp", "  sigma: 1.5               # in pixels", "  amount: 0.7"),
    ]


def _grey_of_8_bits(seen: Look) -> list[str]:
    if seen.dull:
        return [
            "# Few of the 256 values are used: single odd pixels go, and the rest is spread over all.",
            *("- rank: median", "  size: 3"),
            *("- contrast: stretch", "  low: 0.5                 # percentiles", "  high: 99.5"),
        ]
    return [
        "# A grey photograph: a little noise away, then its edges a little sharper.",
        *("- rank: median", "  size: 3"),
        *("- sharpen: unsharp", "  sigma: 1.5               # in pixels", "  amount: 0.7"),
    ]


def _grey_measured(seen: Look) -> list[str]:
    """Return stages for what a detector measured: values mean something, and keep their unit."""
    sigma = max(5, min(seen.info.extent) // 10)
    return [
        "# As of a microscope or a telescope: what changes slowly is taken off, bright objects stay.",
        "- background: subtract",
        f"  sigma: {sigma:<18} # in pixels: larger than the objects; `which: dark` for dark ones",
        "# Single hot or dead pixels go.",
        *("- rank: median", "  size: 3"),
        "# For the eye alone, as values lose their unit:",
        "# - contrast: stretch",
    ]
