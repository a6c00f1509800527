"""XMP (ISO 16684-1), edited as text: what convpipe does not know of stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from convpipe.geometry import Extent
from convpipe.images.metadata.exif import ratio
from convpipe.sampling import Sampling

THUMBNAILS = re.compile(rb"<(xmp|xap):Thumbnails[\s>].*?</\1:Thumbnails>", re.DOTALL)

EXTENDED = re.compile(
    rb"""\sxmpNote:HasExtendedXMP\s*=\s*("[^"]*"|'[^']*')|<xmpNote:HasExtendedXMP>[^<]*</xmpNote:HasExtendedXMP>"""
)
"""Names a second packet, of JPEGs alone, which is never carried."""

TURNED = frozenset(b"%d" % orientation for orientation in range(2, 9))


def check_xmp(packet: bytes | None, notes: list[str]) -> bytes | None:
    """Return the packet, upright and without thumbnails; None and a note where it is none."""
    if packet is None:
        return None
    packet = packet.rstrip(b"\0")
    if b"<rdf:RDF" not in packet or b"</rdf:RDF>" not in packet:
        notes.append("broken XMP dropped")
        return None
    packet, thumbnails = THUMBNAILS.subn(b"", packet)
    if thumbnails:
        notes.append("XMP thumbnail left out: it shows the picture before the filters")
    packet = EXTENDED.sub(b"", packet)
    return _changed(packet, "tiff:Orientation", lambda value: b"1" if value in TURNED else value)


def follow_xmp(packet: bytes, sampling: Sampling, extent: Extent) -> bytes:
    """Return the packet with the sizes and densities of the result.

    >>> follow_xmp(b'<a exif:PixelXDimension="9" tiff:XResolution="300/1"/>', Sampling((1, 2)), (9, 5))
    b'<a exif:PixelXDimension="5" tiff:XResolution="150/1"/>'
    """
    rows, cols = (b"%d" % size for size in extent)
    for name, value in (
        ("tiff:ImageWidth", cols), ("tiff:ImageLength", rows),
        ("exif:PixelXDimension", cols), ("exif:PixelYDimension", rows),
    ):  # fmt: skip
        packet = _changed(packet, name, lambda _, value=value: value)  # type: ignore[misc]
    if sampling.moves:
        for x, y in (
            ("tiff:XResolution", "tiff:YResolution"),
            ("exif:FocalPlaneXResolution", "exif:FocalPlaneYResolution"),
        ):
            packet = _follow_density(packet, x, y, sampling)
    return packet


def _follow_density(packet: bytes, x: str, y: str, sampling: Sampling) -> bytes:
    stated = [next(_values(packet, name), None) for name in (x, y)]
    along_x, along_y = stated[0] or stated[1], stated[1] or stated[0]  # one that is missing is as the other
    if along_x is None or along_y is None:
        return packet
    followed = sampling.density(_number(along_x), _number(along_y))
    for name, value in zip((x, y), followed, strict=True):
        packet = _changed(packet, name, lambda _, value=value: b"%d/%d" % ratio(value))  # type: ignore[misc]
    return packet


def _number(text: bytes) -> float:
    """Return a rational, as XMP writes it; ValueError or ZeroDivisionError where it is none."""
    above, _, below = text.partition(b"/")
    return int(above) / int(below or b"1")


def _property(name: str) -> re.Pattern[bytes]:
    """Match the two ways to write a simple property: as an element and as an attribute."""
    word = re.escape(name.encode())
    return re.compile(rb"(<%s>\s*|\s%s\s*=\s*[\"'])([^<\"']*?)(\s*</|[\"'])" % (word, word))


def _values(packet: bytes, name: str) -> Iterator[bytes]:
    for match in _property(name).finditer(packet):
        yield match[2]


def _changed(packet: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    return _property(name).sub(lambda match: match[1] + change(match[2]) + match[3], packet)
