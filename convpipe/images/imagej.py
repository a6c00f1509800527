"""ImageJ's description of a hyperstack, and its own fields: lookup tables, ranges, labels, regions."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from convpipe.images.ifd import Field
from convpipe.images.raster import Raster, text_field
from convpipe.sampling import Sampling

BYTE_COUNTS, METADATA = 50838, 50839
KNOWN = frozenset(("Info", "Labels", "Ranges", "LUTs", "Plot", "ROI", "Overlays", "Properties"))
PLACES = ("ROI", "Overlays", "Plot")


@dataclass(frozen=True)
class ImageJ:
    """How the pages of a file are a hyperstack.

    Parameters
    ----------
    text : bytes
        Lines of ``key=value``.
    own : tuple of Field
        ImageJ's own fields, little-endian; empty where it has none.
    page : Raster
        The pages that it describes.
    pages : int
    """

    text: bytes
    own: tuple[Field, ...]
    page: Raster
    pages: int
    name = "ImageJ description"

    @classmethod
    def parse(
        cls,
        text: bytes,
        own: dict[int, Field],
        order: Literal["<", ">"],
        page: Raster,
        pages: int,
        notes: list[str],
    ) -> ImageJ:
        """Read one; ImageJ's own fields are dropped with a note where they are damaged."""
        fields: tuple[Field, ...] = ()
        if METADATA in own:
            try:
                found = _unpacked(own, order)
                if unknown := found.keys() - KNOWN:
                    notes.append(f"ImageJ's {', '.join(sorted(map(repr, unknown)))} not carried")
                fields = _packed(found)
            except Exception:
                notes.append("broken ImageJ metadata (lookup tables, labels, ...) dropped")
        return cls(text, fields, page, pages)

    def followed(self, sampling: Sampling, raster: Raster, notes: list[str]) -> ImageJ:
        """Return that of the result: origins move, regions go, display ranges go with their dtype."""
        lines = [line.partition(b"=") for line in self.text.splitlines(keepends=True)]
        gone: set[bytes] = set()
        kept = _unpacked({field.tag: field for field in self.own}, "<") if self.own else {}
        if raster.dtype != self.page.dtype:
            gone |= {b"min", b"max"} & {key for key, _, _ in lines}
            if kept.pop("Ranges", None) is not None or gone:
                notes.append(f"ImageJ's display ranges dropped: they are of {self.page.dtype}")
        if raster.channels != self.page.channels and self._counts_samples(lines):
            gone.add(b"channels")  # the samples of a page were counted as channels
        moved = sampling.moves or raster.extent != self.page.extent
        if moved and (places := [name for name in PLACES if kept.pop(name, None) is not None]):
            notes.append(f"ImageJ's {' and '.join(places)} dropped: the pixels lie elsewhere")
        text = b"".join(b"".join(_moved(line, sampling)) for line in lines if line[0] not in gone)
        return replace(self, text=text, own=_packed(kept), page=raster)

    def fields(self) -> list[Field]:
        """Return the description and ImageJ's own fields."""
        return [text_field(self.text), *self.own]

    def _counts_samples(self, lines: Sequence[tuple[bytes, bytes, bytes]]) -> bool:
        """Tell whether ``channels`` are the samples of a page, as Bio-Formats writes for RGB."""
        said = {key: int(value) for key, _, value in lines if key in (b"channels", b"slices", b"frames")}
        channels = said.pop(b"channels", 1)
        planes = 1
        for size in said.values():
            planes *= size
        return channels == self.page.channels and planes == self.pages


def _moved(line: tuple[bytes, bytes, bytes], sampling: Sampling) -> tuple[bytes, bytes, bytes]:
    """Return a line whose origin, if it has one, lies where it did."""
    key, sign, value = line
    if not sampling.moves or key not in (b"xorigin", b"yorigin"):
        return line
    at = float(value)
    row, col = sampling.target((at, at))
    return key, sign, b"%r\n" % (col if key == b"xorigin" else row)


def _unpacked(own: dict[int, Field], order: Literal["<", ">"]) -> dict[str, Any]:
    import tifffile

    counts = own[BYTE_COUNTS]
    numbers = struct.unpack(f"{order}{counts.count}I", counts.data)
    return tifffile.tifffile.imagej_metadata(own[METADATA].data, numbers, order)


def _packed(own: dict[str, Any]) -> tuple[Field, ...]:
    import tifffile

    tags = tifffile.tifffile.imagej_metadata_tag({key: own[key] for key in own if key in KNOWN}, "<")
    return tuple(Field(tag, kind, count, data) for tag, kind, count, data, _ in tags)
