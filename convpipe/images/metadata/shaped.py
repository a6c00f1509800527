"""The JSON in which tifffile says the shape of an array that lies in several pages."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import field, replace
from typing import Any

from convpipe.dataclass import dataclass
from convpipe.images.metadata.raster import Raster, text_field
from convpipe.images.metadata.subset import subset
from convpipe.images.tiff.ifd import Field
from convpipe.sampling import Sampling


@dataclass(frozen=True)
class Shaped:
    """A shape, as tifffile writes it.

    Parameters
    ----------
    leading : tuple of int
        Dimensions before those of a page.
    page : Raster
    letters : str, optional
        Letters of the leading ones.
    others : dict
        What else is said.
    """

    leading: tuple[int, ...]
    page: Raster
    letters: str | None = None
    others: dict[str, Any] = field(default_factory=dict)
    name = "shape of the array"

    @classmethod
    def parse(cls, text: bytes, page: Raster, pages: int) -> Shaped:
        """Read one; ValueError or KeyError where it is none, or does not fit the pages that are there."""
        said = json.loads(text) if text.startswith(b"{") else {"shape": _numbers(text)}
        shape = tuple(int(size) for size in said.pop("shape"))
        said.pop("truncated", None)
        axes = said.pop("axes", None)
        stored, _ = _page(page)
        if page.channels == 1 and shape[-3:] == (*stored, 1):
            stored = (*stored, 1)
        split = len(shape) - len(stored)
        if split < 0 or shape[split:] != stored or not 1 <= math.prod(shape[:split]) <= pages:
            raise ValueError(f"an array of {list(shape)} in {pages} pages of {list(stored)}")
        named = axes[:split] if isinstance(axes, str) and len(axes) == len(shape) else None
        return cls(shape[:split], page, named, said)

    def followed(self, sampling: Sampling, raster: Raster, notes: list[str]) -> Shaped:
        """Return the shape of the results."""
        said = dict(self.others)
        names = "PhysicalSizeY", "PhysicalSizeX"
        lengths = sampling.spacing(*(float(said.get(name, math.nan)) for name in names))
        for name, length in zip(names, lengths, strict=True):
            if name in said and math.isnan(length):
                raise ValueError(f"{name} of an axis that changed places")
            said |= {name: length} if name in said else {}
        return replace(self, page=raster, others=said)

    def of_pages(self, numbers: Sequence[int], notes: list[str]) -> Shaped | None:
        """Return the shape of some of the pages; spacing along other axes than those of a page goes."""
        places = subset([number for number in numbers if number < math.prod(self.leading)], self.leading)
        if places is None or not all(places):
            return None
        said = {name: value for name, value in self.others.items() if not name.startswith("PhysicalSizeZ")}
        if said != self.others:
            notes.append("PhysicalSizeZ dropped: not all pages are left")
        return replace(self, leading=tuple(map(len, places)), others=said)

    def axes(self) -> dict[str, int]:
        """Return how many places there are along each axis of its pages."""
        names = self.letters or map(str, range(len(self.leading)))
        return {f"along axis {name}": size for name, size in zip(names, self.leading, strict=True)}

    def fields(self) -> list[Field]:
        """Return the description."""
        shape, letters = _page(self.page)
        said = {"shape": [*self.leading, *shape], **self.others}
        if self.letters is not None:
            said["axes"] = self.letters + letters
        return [text_field(json.dumps(said).encode())]


def _numbers(text: bytes) -> list[int]:
    """Return the shape in the form of early versions: ``shape=(2, 3)``."""
    return [int(each) for each in re.findall(rb"\d+", text.splitlines()[0])]


def _page(raster: Raster) -> tuple[tuple[int, ...], str]:
    """Return the dimensions of a page, and their letters."""
    if raster.channels == 1:
        return raster.extent, "YX"
    if raster.planar:
        return (raster.channels, *raster.extent), "SYX"
    return (*raster.extent, raster.channels), "YXS"
