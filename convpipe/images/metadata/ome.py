"""OME-XML (2016-06), edited where it lies: what convpipe does not know of stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field, replace
from xml.parsers import expat

from convpipe.dataclass import dataclass
from convpipe.images.metadata.raster import Raster, text_field
from convpipe.images.metadata.subset import step_of, subset
from convpipe.images.tiff.ifd import Field
from convpipe.sampling import Sampling

TYPES = {"float32": "float", "float64": "double"}
"""OME's name of a dtype, where it is not NumPy's."""

PLACES = ("ROI", "ROIRef")
ATTRIBUTE = rb"""(\s%s\s*=\s*)("[^"]*"|'[^']*')"""


@dataclass(eq=False)
class _Element:
    """An element of a document: its name without prefix, and where its first and last tag begin."""

    name: str
    attributes: dict[str, str]
    begin: int
    last: int = 0
    children: list[_Element] = field(default_factory=list)


@dataclass(frozen=True)
class Ome:
    """How the pages of a file are images of five dimensions.

    Parameters
    ----------
    xml : bytes
        In UTF-8.
    page : Raster
        The pages that it describes.
    """

    xml: bytes
    page: Raster
    name = "OME-XML"

    def followed(self, sampling: Sampling, raster: Raster, notes: list[str]) -> Ome | None:
        """Return that of the result; regions go where the pixels lie elsewhere.

        Raises
        ------
        ValueError
            It has a document type, which may hold entities without end; its sizes are not those of the
            pages; or its images are of unlike types.
        expat.ExpatError
            It is no XML.
        """
        elements = _elements(self.xml)
        edits: list[tuple[int, int, bytes]] = []
        if any(element.name == "BinaryOnly" for element in elements):
            notes.append("its OME-XML stands in a companion file, which is left as it is")
        images = [element for element in elements if element.name == "Pixels"]
        _check_alike(images)
        for pixels in images:
            edits += self._pixels(pixels, sampling, raster)
        if any("SignificantBits" in pixels.attributes for pixels in images):
            notes.append("OME's SignificantBits dropped: results may use all bits")
        if sampling.moves or raster.extent != self.page.extent:
            regions = [element for element in elements if element.name in PLACES]
            edits += [(element.begin, _end(self.xml, element), b"") for element in regions]
            if regions:
                notes.append("OME's regions of interest dropped: the pixels lie elsewhere")
        return replace(self, xml=_edited(self.xml, edits), page=raster)

    def _pixels(self, pixels: _Element, sampling: Sampling, raster: Raster) -> list[tuple[int, int, bytes]]:
        said = pixels.attributes
        rows, cols = self.page.extent
        if (int(said["SizeY"]), int(said["SizeX"])) != (rows, cols):
            raise ValueError(f"{said['SizeX']} x {said['SizeY']} pixels in pages of {cols} x {rows}")
        new: dict[str, str | None] = {"SizeY": str(raster.extent[0]), "SizeX": str(raster.extent[1])}
        new |= _spacing(said, sampling)
        new |= {"Type": TYPES.get(raster.dtype, raster.dtype), "SignificantBits": None, "BigEndian": "false"}
        edits = []
        channels = _channels(pixels)
        samples = self.page.channels
        if raster.channels != samples:
            if int(said["SizeC"]) % samples or any(_samples(channel) != samples for channel in channels):
                raise ValueError(f"channels that are not of {samples} samples")
            new["SizeC"] = str(int(said["SizeC"]) // samples * raster.channels)
            edits += [_set(self.xml, each, {"SamplesPerPixel": str(raster.channels)}) for each in channels]
        return [_set(self.xml, pixels, new), *edits]

    def of_pages(self, numbers: Sequence[int], notes: list[str]) -> Ome | None:
        """Return that of some of the pages of one image: its sizes, channels and distances.

        What it says of single planes goes. None where it has several images, or lists its planes one by one.
        """
        elements = _elements(self.xml)
        images = [element for element in elements if element.name == "Pixels"]
        if len(images) != 1 or any(element.name == "BinaryOnly" for element in elements):
            return None
        (pixels,) = images
        said, listed = pixels.attributes, [each for each in pixels.children if each.name == "TiffData"]
        if len(listed) > 1 or any(int(each.attributes.get("IFD", 0)) for each in listed):
            return None
        axes = said["DimensionOrder"][:1:-1]  # XYZCT: Z runs quickest
        samples = self.page.channels
        sizes = {axis: int(said[f"Size{axis}"]) // (samples if axis == "C" else 1) for axis in axes}
        places = subset(numbers, [sizes[axis] for axis in axes])
        if places is None:
            return None
        left = dict(zip(axes, places, strict=True))
        new: dict[str, str | None] = {f"Size{axis}": str(len(left[axis])) for axis in "ZT"}
        new["SizeC"] = str(len(left["C"]) * samples)
        for name, axis in (("PhysicalSizeZ", "Z"), ("TimeIncrement", "T")):
            if name in said and sizes[axis] > 1:
                step = step_of(left[axis])
                new[name] = None if step is None else repr(float(said[name]) * step)
                new |= {f"{name}Unit": None} if step is None else {}
                notes += [f"OME's {name} dropped: one page is left"] if step is None else []
        edits = [_set(self.xml, pixels, new)]
        edits += [_set(self.xml, each, {"PlaneCount": str(len(numbers))}) for each in listed]
        gone = [each for each in pixels.children if each.name == "Plane"]
        if gone:
            notes.append("what OME-XML says of single planes dropped: not all pages are left")
        gone += [each for at, each in enumerate(_channels(pixels)) if at not in left["C"]]
        edits += [(each.begin, _end(self.xml, each), b"") for each in gone]
        return replace(self, xml=_edited(self.xml, edits))

    def axes(self) -> dict[str, int]:
        """Return the numbers of times, slices and channels, and of images."""
        images = [element.attributes for element in _elements(self.xml) if element.name == "Pixels"]
        named = {"T": "times", "Z": "slices", "C": "channels"}
        counts = {name: max(int(each[f"Size{axis}"]) for each in images) for axis, name in named.items()}
        return {**counts, "channels": counts["channels"] // self.page.channels, "images": len(images)}

    def fields(self) -> list[Field]:
        """Return the description."""
        return [text_field(self.xml)]


def _check_alike(images: list[_Element]) -> None:
    """Refuse images of unlike types: what became of the first page tells nothing of the pages of others."""
    types = {pixels.attributes["Type"]: None for pixels in images if "Type" in pixels.attributes}
    samples = {_samples(channel): None for pixels in images for channel in _channels(pixels)}
    if len(types) > 1:
        raise ValueError(f"images of {' and '.join(types)}")
    if len(samples) > 1:
        raise ValueError(f"images of {' and '.join(map(str, samples))} samples a pixel")


def _channels(pixels: _Element) -> list[_Element]:
    return [child for child in pixels.children if child.name == "Channel"]


def _samples(channel: _Element) -> int:
    return int(channel.attributes.get("SamplesPerPixel", 1))


def _spacing(said: dict[str, str], sampling: Sampling) -> dict[str, str | None]:
    """Return the attributes of the lengths of a pixel, along whichever axes they are stated."""
    names = {"Y": 0, "X": 1}
    mixes = sampling.transposed or sampling.is_oblique
    if mixes and not said.keys() >= {"PhysicalSizeX", "PhysicalSizeY"}:
        stated = [name for name in said if name.startswith("PhysicalSize") and name[12:13] in names]
        if stated:
            raise ValueError(f"{', '.join(stated)} of axes that changed places")
        return {}
    lengths = sampling.spacing(*(float(said.get(f"PhysicalSize{axis}", "nan")) for axis in names))
    new: dict[str, str | None] = {}
    for (axis, at), other in zip(names.items(), "XY", strict=True):
        if f"PhysicalSize{axis}" in said:
            new[f"PhysicalSize{axis}"] = repr(lengths[at])
        if sampling.transposed:
            new[f"PhysicalSize{axis}Unit"] = said.get(f"PhysicalSize{other}Unit")
    return new


def is_ome(text: bytes) -> bool:
    """Tell whether a description ends as OME-XML does, which is how its readers know it."""
    return text.rstrip().endswith((b"OME>", b":OME>"))


def _elements(xml: bytes) -> list[_Element]:
    """Return the elements of a document in order."""
    parser = expat.ParserCreate("utf-8")
    found: list[_Element] = []
    open_: list[_Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        element = _Element(name.rpartition(":")[2], attributes, parser.CurrentByteIndex)
        if open_:
            open_[-1].children.append(element)
        found.append(element)
        open_.append(element)

    def end(name: str) -> None:
        open_.pop().last = parser.CurrentByteIndex

    def refuse(*_: object) -> None:
        raise ValueError("XML with a document type")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(xml, True)
    return found


def _end(xml: bytes, element: _Element) -> int:
    """Return where an element ends."""
    end = _tag_end(xml, element.begin)
    return end if xml[end - 2 : end] == b"/>" else _tag_end(xml, element.last)


def _tag_end(xml: bytes, begin: int) -> int:
    """Return where the tag that begins there ends: at the first ``>`` outside quotes."""
    match = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""").match(xml, begin)
    if match is None:
        raise ValueError("a tag that does not end")
    return match.end()


def _set(xml: bytes, element: _Element, values: dict[str, str | None]) -> tuple[int, int, bytes]:
    """Return the edit that gives attributes that an element has other values; None removes one."""
    from xml.sax.saxutils import quoteattr  # slow to load: it brings what opens addresses

    end = _tag_end(xml, element.begin)
    tag = xml[element.begin : end]
    for name, value in values.items():
        pattern = re.compile(ATTRIBUTE % re.escape(name.encode()))
        replacement = b"" if value is None else b" %s=%s" % (name.encode(), quoteattr(value).encode())
        tag = pattern.sub(lambda _, new=replacement: new, tag)  # type: ignore[misc]
    return element.begin, end, tag


def _edited(xml: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Return a document with some of its parts replaced; what lies in a part that goes, goes with it."""
    pieces, at = [], 0
    for begin, end, new in sorted(edits):
        if begin >= at:
            pieces += [xml[at:begin], new]
            at = end
    return b"".join([*pieces, xml[at:]])
