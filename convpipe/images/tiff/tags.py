"""What a TIFF's directory says beside its pixels, and the directory that says it of a result."""

from __future__ import annotations

import struct

from convpipe.images.metadata import gdal, geotiff, imagej
from convpipe.images.metadata.exif import RATIONAL, SHORT, ratio
from convpipe.images.metadata.exif import RESOLUTION_UNIT as UNIT
from convpipe.images.metadata.exif import X_RESOLUTION as X
from convpipe.images.metadata.exif import Y_RESOLUTION as Y
from convpipe.images.metadata.gdal import Gdal
from convpipe.images.metadata.geotiff import Georeference
from convpipe.images.metadata.imagej import ImageJ
from convpipe.images.metadata.model import Metadata, Unit, check_icc, valid_ratio, valid_resolution
from convpipe.images.metadata.ome import Ome, is_ome
from convpipe.images.metadata.raster import DESCRIPTION, Description, Foreign, Raster, is_structured
from convpipe.images.metadata.shaped import Shaped
from convpipe.images.metadata.xmp import check_xmp
from convpipe.images.source import Source
from convpipe.images.tiff import ifd
from convpipe.images.tiff.exif import CARRIED, STRUCTURE, read_exif, write_exif
from convpipe.images.tiff.pages import Chain
from convpipe.limits import Limits

ICC, XMP, IPTC = 34675, 700, 33723
BYTE, UNDEFINED = 1, 7
COLORIMETRY = (318, 319)
"""White point and primaries of RGB that has no profile."""

UNITS: dict[int, tuple[Unit, float]] = {1: ("none", 1.0), 2: ("inch", 1.0), 3: ("centimetre", 2.54)}
"""By ResolutionUnit: its name, and what makes a resolution one per inch."""

OWN = frozenset((DESCRIPTION, X, Y, UNIT, ICC, XMP, IPTC, *COLORIMETRY, *geotiff.TAGS, *gdal.TAGS))
SKIPPED = (STRUCTURE - {X, Y, UNIT}) | (CARRIED - {DESCRIPTION})


def read_tags(
    source: Source, layout: ifd.Layout, offset: int, limits: Limits, page: Raster, file: Chain
) -> Metadata:
    """Return what a directory says beside the pixels; what is not carried is noted.

    Parameters
    ----------
    source : Source
    layout : Layout
    offset : int
        Of the directory.
    limits : Limits
    page : Raster
        Its pixels as stored.
    file : Chain
        Where the pages of the file are.
    """
    exif = read_exif(source, layout, offset, limits)
    try:
        fields = _fields(source, layout, offset)
    except (struct.error, ValueError, OverflowError):
        source.notes.append("broken TIFF fields dropped")
        return Metadata(exif=exif)
    by_tag = {field.tag: field for field in reversed(fields)}
    descriptions = [field.data.partition(b"\0")[0] for field in fields if field.tag == DESCRIPTION]
    programs = [text for text in descriptions if is_structured(text)]
    described = [_description(text, by_tag, page, file, source.notes) for text in programs]
    own_of_imagej = {imagej.BYTE_COUNTS, imagej.METADATA}
    known = OWN | own_of_imagej if any(isinstance(each, ImageJ) for each in described) else OWN
    left = sorted({field.tag for field in fields} - known)
    if left:
        source.notes.append(f"TIFF fields not carried: {', '.join(map(_tag_name, left))}")
    resolution, unit = _resolution(by_tag, layout.order)
    little = {
        tag: ifd.swapped(field, layout.order, "<")
        for tag, field in by_tag.items()
        if field.kind in ifd.CLASSIC_TYPES
    }
    place = tuple(little[tag] for tag in geotiff.TAGS if tag in little)
    own = tuple(little[tag] for tag in gdal.TAGS if tag in little)
    return Metadata(
        icc=check_icc(by_tag[ICC].data if ICC in by_tag else None, source.notes),
        exif=exif,
        resolution=resolution,
        xmp=check_xmp(by_tag[XMP].data if XMP in by_tag else None, source.notes),
        unit=unit,
        iptc=_iptc(by_tag.get(IPTC), layout.order),
        descriptions=tuple(each for each in described if each is not None),
        georeference=Georeference(place) if place else None,
        gdal=Gdal(own, page) if own else None,
        fields=tuple(little[tag] for tag in COLORIMETRY if tag in little),
    )


def written(metadata: Metadata) -> ifd.Added:
    """Return the fields of a little-endian directory that say what metadata does, and of those below it."""
    own, below = write_exif(metadata.exif, "<")
    for tag, kind, data in (
        (ICC, UNDEFINED, metadata.icc), (XMP, BYTE, metadata.xmp), (IPTC, UNDEFINED, metadata.iptc)
    ):  # fmt: skip
        if data is not None:
            own.append(ifd.Field(tag, kind, len(data), data))
    own += [*_resolution_fields(metadata), *metadata.fields]
    for part in (metadata.georeference, metadata.gdal):
        own += part.fields if part is not None else ()
    for description in metadata.descriptions:
        own += description.fields()
    return own, below


def _fields(source: Source, layout: ifd.Layout, offset: int) -> list[ifd.Field]:
    """Return the fields of a directory that no other function reads."""
    fields = []
    for entry in ifd.entries(source.file, layout, offset)[0]:
        if entry.tag in SKIPPED:
            continue
        try:
            fields.append(ifd.value(source.file, entry))
        except ValueError:
            source.notes.append(f"broken TIFF field {_tag_name(entry.tag)} dropped")
    return fields


def _description(
    text: bytes, fields: dict[int, ifd.Field], page: Raster, file: Chain, notes: list[str]
) -> Description | None:
    """Return what a program says; None and a note where it is not true of the pages that are there."""
    try:
        if text.startswith((b"ImageJ=", b"SCIFIO=")):
            return ImageJ.parse(text, fields, file.layout.order, page, file.frames, notes)
        if is_ome(text):
            if file.left:
                raise ValueError("it counts directories that were left")
            return Ome(text, page)
        if is_shaped(text):
            return Shaped.parse(text, page, file.frames)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        notes.append(f"description of the stack dropped: it does not fit the file ({error})"[:200])
        return None
    return Foreign(text, page)


def is_shaped(text: bytes) -> bool:
    """Tell whether a description is tifffile's, as it does itself."""
    return (text.startswith(b"{") and b'"shape":' in text) or text.startswith(b"shape=")


def _resolution(fields: dict[int, ifd.Field], order: str) -> tuple[tuple[float, float] | None, Unit]:
    try:
        stored = struct.unpack(order + "H", fields[UNIT].data)[0] if UNIT in fields else 2
        unit, scale = UNITS[stored]
        (a, b), (c, d) = (struct.unpack(order + "II", fields[tag].data) for tag in (X, Y))
        x, y = scale * a / b, scale * c / d
    except (KeyError, struct.error, ZeroDivisionError):
        return None, "inch"
    return (valid_ratio if unit == "none" else valid_resolution)(x, y), unit


def _resolution_fields(metadata: Metadata) -> list[ifd.Field]:
    """Return the resolution as fields; without one, the pixels are square."""
    unit: Unit = metadata.unit if metadata.resolution is not None else "none"
    stored, scale = next((stored, scale) for stored, (name, scale) in UNITS.items() if name == unit)
    values = [each / scale for each in metadata.resolution or (1.0, 1.0)]
    return [
        *(
            ifd.Field(tag, RATIONAL, 1, struct.pack("<II", *ratio(value)))
            for tag, value in zip((X, Y), values, strict=True)
        ),
        ifd.Field(UNIT, SHORT, 1, struct.pack("<H", stored)),
    ]


def _iptc(field: ifd.Field | None, order: str) -> bytes | None:
    """Return IPTC's records. Many writers store these bytes as 32-bit numbers."""
    return ifd.swapped(field, order, "<").data if field is not None else None


def _tag_name(tag: int) -> str:
    import tifffile

    name = tifffile.TIFF.TAGS.get(tag, "")
    return f"{name} ({tag})" if name else str(tag)
