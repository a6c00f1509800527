"""The JSON in which tifffile says the shape of an array that lies in several pages."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field, replace
from typing import Any

from convpipe.images.ifd import Field
from convpipe.images.raster import Raster, text_field
from convpipe.sampling import Sampling


@dataclass(frozen=True)
class Shaped:
    """A shape, as tifffile writes it.

    Parameters
    ----------
    leading : tuple of int
        Dimensions before those of a page.
    page : tuple of int
        Those of a page.
    axes : str, optional
        Letters of the leading ones.
    others : dict
        What else is said.
    """

    leading: tuple[int, ...]
    page: tuple[int, ...]
    axes: str | None = None
    others: dict[str, Any] = field(default_factory=dict)
    name = "shape of the array"

    @classmethod
    def parse(cls, text: bytes, page: Raster, pages: int) -> Shaped:
        """Read one; ValueError or KeyError where it is none, or does not fit the pages that are there."""
        said = json.loads(text) if text.startswith(b"{") else {"shape": _numbers(text)}
        shape = tuple(int(size) for size in said.pop("shape"))
        said.pop("truncated", None)
        axes = said.pop("axes", None)
        split = len(shape) - _trailing(shape, page)
        if not 1 <= math.prod(shape[:split]) <= pages:
            raise ValueError(f"{math.prod(shape[:split])} pages of which {pages} are there")
        named = axes[:split] if isinstance(axes, str) and len(axes) == len(shape) else None
        return cls(shape[:split], shape[split:], named, said)

    def followed(self, sampling: Sampling, raster: Raster, notes: list[str]) -> Shaped:
        """Return the shape of the results."""
        said = dict(self.others)
        for name, scale in zip(("PhysicalSizeY", "PhysicalSizeX"), sampling.scale, strict=True):
            if isinstance(size := said.get(name), int | float):
                said[name] = size * scale
        page = raster.extent if raster.channels == 1 else (*raster.extent, raster.channels)
        return replace(self, page=page, others=said)

    def fields(self) -> list[Field]:
        """Return the description."""
        said = {"shape": [*self.leading, *self.page], **self.others}
        if self.axes is not None:
            said["axes"] = self.axes + "YXS"[: len(self.page)]
        return [text_field(json.dumps(said).encode())]


def _numbers(text: bytes) -> list[int]:
    """Return the shape in the form of early versions: ``shape=(2, 3)``."""
    return [int(each) for each in re.findall(rb"\d+", text.splitlines()[0])]


def _trailing(shape: tuple[int, ...], page: Raster) -> int:
    """Return how many of the last dimensions are those of a page."""
    rows, cols = page.extent
    for trailing in ((rows, cols, page.channels), (page.channels, rows, cols), (rows, cols)):
        if shape[-len(trailing) :] == trailing:
            return len(trailing)
    raise ValueError(f"pages of {page.extent} in an array of {list(shape)}")
