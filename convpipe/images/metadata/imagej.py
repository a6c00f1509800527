"""ImageJ's description of a hyperstack, and its own fields: lookup tables, ranges, labels, regions."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, cast

from convpipe.dataclass import dataclass
from convpipe.images.metadata.raster import Raster, text_field
from convpipe.images.metadata.subset import step_of, subset
from convpipe.images.tiff.ifd import Field
from convpipe.sampling import Sampling

BYTE_COUNTS, METADATA = 50838, 50839
KNOWN = frozenset(("Info", "Labels", "Ranges", "LUTs", "Plot", "ROI", "Overlays", "Properties"))
UNITS = {
    **dict.fromkeys((b"um", b"micron", b"microns", b"\xb5m", "µm".encode(), b"\\u00b5m"), 25_400.0),
    b"nm": 25.4e6, b"mm": 25.4, b"cm": 2.54, b"m": 0.0254, b"inch": 1.0, b"in": 1.0,
}  # fmt: skip
"""Units of length in an inch, by the names that ImageJ writes."""

COUNTS = (b"images", b"channels", b"slices", b"frames", b"hyperstack", b"mode", b"min", b"max")
"""What a description says of its planes, and of how they are shown."""

AXES = (b"frames", b"slices", b"channels")
"""Of a hyperstack; the last runs quickest from plane to plane."""

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
        order: str,
        page: Raster,
        pages: int,
        notes: list[str],
    ) -> ImageJ:
        """Read one; ImageJ's own fields are dropped with a note where they are damaged.

        Raises
        ------
        ValueError
            It counts more planes than there are.
        """
        planes, channels = _counted(text)
        if planes * (1 if channels == page.channels and planes * channels > pages else channels) > pages:
            raise ValueError(f"{planes} x {channels} planes of which {pages} are there")
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

    @classmethod
    def of_channels(cls, before: ImageJ | None, page: Raster, count: int) -> ImageJ:
        """Return that of an image each of whose channels is a page; units and the like are as `before`.

        Examples
        --------
        >>> ImageJ.of_channels(None, Raster((2, 3), 1, "uint8"), 64).text.splitlines()[1:3]
        [b'images=64', b'channels=64']
        """
        lines = [line.partition(b"=") for line in (before.text if before else b"ImageJ=1.54f\n").splitlines()]
        kept = [(key, value) for key, _, value in lines if key not in COUNTS]
        counted = [(b"images", b"%d" % count), (b"channels", b"%d" % count), (b"hyperstack", b"true")]
        said = [*kept[:1], *counted, (b"mode", b"grayscale"), *kept[1:]]
        return cls(b"".join(b"%b=%b\n" % each for each in said), (), page, count)

    @property
    def units_per_inch(self) -> float | None:
        """How many units of the resolution are an inch; None where they are no lengths."""
        for line in self.text.splitlines():
            key, _, value = line.partition(b"=")
            if key == b"unit":
                return UNITS.get(value.strip().lower())
        return None

    def followed(self, sampling: Sampling, raster: Raster, notes: list[str]) -> ImageJ:
        """Return that of the result: origins move, regions go, display ranges go with their dtype."""
        if raster.dtype != self.page.dtype:
            return self._unranged(f"they are of {self.page.dtype}", notes)._followed(sampling, raster, notes)
        return self._followed(sampling, raster, notes)

    def _followed(self, sampling: Sampling, raster: Raster, notes: list[str]) -> ImageJ:
        lines = [line.partition(b"=") for line in self.text.splitlines(keepends=True)]
        gone: set[bytes] = set()
        kept = _unpacked({field.tag: field for field in self.own}, "<") if self.own else {}
        planes, channels = _counted(self.text)
        if raster.channels != self.page.channels and channels == self.page.channels and planes == self.pages:
            gone.add(b"channels")  # as Bio-Formats counts the samples of RGB
        moved = sampling.moves or raster.extent != self.page.extent
        if moved and (places := [name for name in PLACES if kept.pop(name, None) is not None]):
            notes.append(f"ImageJ's {' and '.join(places)} dropped: the pixels lie elsewhere")
        text = b"".join(b"".join(_moved(line, sampling)) for line in lines if line[0] not in gone)
        return replace(self, text=text, own=_packed(kept), page=raster)

    def of_pages(self, numbers: Sequence[int], notes: list[str]) -> ImageJ | None:
        """Return that of some of its planes: counts, distances, labels and colours of those that are left."""
        said = _said(self.text)
        frames, slices, channels = (int(said.get(axis, 1)) for axis in AXES)
        if frames * slices * channels == 1:
            slices = int(said.get(b"images", 1))
        of_samples = channels == self.page.channels and frames * slices * channels > self.pages
        places = subset(numbers, (frames, slices, 1 if of_samples else channels))
        if places is None:
            return None
        new = {b"images": _count(len(numbers))}
        new |= {axis: _count(len(own)) for axis, own in zip(AXES, places, strict=True)}
        if of_samples:
            del new[b"channels"]
        new |= {} if len(numbers) > 1 else {b"hyperstack": None}
        new |= {b"mode": None} if len(places[2]) < channels and len(places[2]) == 1 else {}
        for key, own, before in ((b"spacing", places[1], slices), (b"finterval", places[0], frames)):
            step = step_of(own)
            if key in said and before > 1:
                new[key] = None if step is None else b"%r" % (float(said[key]) * step)
                notes += [f"ImageJ's {key.decode()} dropped: one page is left"] if step is None else []
        kept = _unpacked({field.tag: field for field in self.own}, "<") if self.own else {}
        _pick(kept, "Labels", numbers, 1)
        if not of_samples:
            _pick(kept, "Ranges", places[2], 2)
            _pick(kept, "LUTs", places[2], 1)
        if gone := [name for name in PLACES if kept.pop(name, None) is not None]:
            notes.append(f"ImageJ's {' and '.join(gone)} dropped: not all pages are left")
        return replace(self, text=_with(self.text, new), own=_packed(kept), pages=len(numbers))

    def revalued(self, notes: list[str]) -> ImageJ:
        """Return it without the ranges in which values are shown, which are others now."""
        return self._unranged("values mean something else", notes)

    def _unranged(self, why: str, notes: list[str]) -> ImageJ:
        kept = _unpacked({field.tag: field for field in self.own}, "<") if self.own else {}
        said = _said(self.text).keys() & {b"min", b"max"}
        if kept.pop("Ranges", None) is None and not said:
            return self
        notes.append(f"ImageJ's display ranges dropped: {why}")
        return replace(self, text=_with(self.text, dict.fromkeys(said)), own=_packed(kept))

    def unlabelled(self, notes: list[str]) -> ImageJ:
        """Return it without the labels of its planes, which are not those of what is made of several."""
        kept = _unpacked({field.tag: field for field in self.own}, "<") if self.own else {}
        if kept.pop("Labels", None) is None:
            return self
        notes.append("ImageJ's labels dropped: they are of single planes")
        return replace(self, own=_packed(kept))

    def axes(self) -> dict[str, int]:
        """Return the numbers of frames, slices and channels."""
        said = _said(self.text)
        counts = {axis.decode(): int(said.get(axis, 1)) for axis in AXES}
        of_samples = counts["channels"] == self.page.channels > 1
        return {axis: count for axis, count in counts.items() if axis != "channels" or not of_samples}

    def fields(self) -> list[Field]:
        """Return the description and ImageJ's own fields."""
        return [text_field(self.text), *self.own]


def _counted(text: bytes) -> tuple[int, int]:
    """Return the slices of all frames, and the channels, that a description counts."""
    said = {b"slices": 1, b"frames": 1, b"channels": 1}
    for line in text.splitlines():
        key, _, value = line.partition(b"=")
        if key in said:
            said[key] = int(value)
    return said[b"slices"] * said[b"frames"], said[b"channels"]


def _said(text: bytes) -> dict[bytes, bytes]:
    """Return the values of a description by their keys."""
    lines = (line.partition(b"=") for line in text.splitlines())
    return {key: value for key, _, value in lines}


def _count(count: int) -> bytes | None:
    """Return a number of planes as it is written; one alone is not."""
    return b"%d" % count if count > 1 else None


def _with(text: bytes, new: dict[bytes, bytes | None]) -> bytes:
    """Return a description with other values of some of its keys; None removes one."""
    lines = []
    for line in text.splitlines(keepends=True):
        key, sign, _ = line.partition(b"=")
        value = new.get(key, line)
        lines.append(line if value is line else b"" if value is None else b"%b%b%b\n" % (key, sign, value))
    return b"".join(lines)


def _pick(own: dict[str, Any], name: str, places: Sequence[int], each: int) -> None:
    """Leave those values of a field, `each` a place, that are of these places; all, where it has too few."""
    values = own.get(name, ())
    if len(values) > max(places) * each:
        picked = [value for place in places for value in values[place * each : (place + 1) * each]]
        own[name] = tuple(picked) if isinstance(values, tuple) else picked


def _moved(line: tuple[bytes, bytes, bytes], sampling: Sampling) -> tuple[bytes, bytes, bytes]:
    """Return a line whose origin, if it has one, lies where it did."""
    key, sign, value = line
    if not sampling.moves or key not in (b"xorigin", b"yorigin"):
        return line
    if sampling.is_oblique:
        raise ValueError(f"an {key.decode()} of axes that were turned")
    at = float(value)
    row, col = sampling.target((at, at))
    return key, sign, b"%r\n" % (col if key == b"xorigin" else row)


def _unpacked(own: dict[int, Field], order: str) -> dict[str, Any]:
    import tifffile

    counts = own[BYTE_COUNTS]
    numbers = struct.unpack(f"{order}{counts.count}I", counts.data)
    return tifffile.tifffile.imagej_metadata(own[METADATA].data, numbers, cast(Literal["<", ">"], order))


def _packed(own: dict[str, Any]) -> tuple[Field, ...]:
    import tifffile

    tags = tifffile.tifffile.imagej_metadata_tag({key: own[key] for key in own if key in KNOWN}, "<")
    return tuple(Field(tag, kind, count, data) for tag, kind, count, data, _ in tags)
