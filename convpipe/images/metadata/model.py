"""What travels beside the pixels, checked before it is kept; what becomes of it when they are filtered."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal, TypeVar

from convpipe.dataclass import dataclass
from convpipe.images.formats.registry import FORMATS
from convpipe.images.metadata.exif import follow_exif, with_density
from convpipe.images.metadata.gdal import Gdal
from convpipe.images.metadata.geotiff import Georeference
from convpipe.images.metadata.imagej import ImageJ
from convpipe.images.metadata.raster import Description, Raster
from convpipe.images.metadata.xmp import follow_xmp
from convpipe.images.tiff.ifd import Field
from convpipe.sampling import Sampling

ICC_SPACE = {1: b"GRAY", 2: b"GRAY", 3: b"RGB ", 4: b"RGB "}
"""Colour space, as an ICC header names it, of an image by channels."""

Unit = Literal["inch", "centimetre", "none"]
Chunk = tuple[bytes, bytes]
_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Samples:
    """How a TIFF tags the channels of its pixels, so that a result is tagged alike.

    Parameters
    ----------
    colours : {1, 3}
        The first channels are grey, or RGB; those behind are data, and alpha where the image has it.
    planar : bool
        Whether the channels are stored one after the other.
    """

    colours: int
    planar: bool = False

    @classmethod
    def usual(cls, channels: int, alpha: bool) -> Samples:
        """Return how channels are tagged of which nothing else is known.

        >>> Samples.usual(4, alpha=True), Samples.usual(4, alpha=False)
        (Samples(colours=3, planar=False), Samples(colours=1, planar=False))
        """
        return cls(3 if channels - alpha == 3 else 1)


@dataclass(frozen=True)
class Metadata:
    r"""Metadata that convpipe carries from an input to its output.

    Parameters
    ----------
    icc : bytes, optional
        ICC profile.
    exif : bytes, optional
        EXIF from its TIFF header on (no ``Exif\0\0`` before it). Its orientation is 1, as the pixels are
        upright, and its thumbnail, which would show the unfiltered picture, is unlinked.
        What a TIFF says in its own directory (artist, page name, ...) is in it too.
    resolution : (float, float), optional
        Pixels per inch along a row and along a column (x, y).
    xmp : bytes, optional
        XMP packet, in UTF-8. The orientation in it is 1.
    unit : {'inch', 'centimetre', 'none'}, optional
        How a TIFF states the resolution. With 'none' it is no number per inch: its meaning is told elsewhere,
        or it is the shape of a pixel alone.
    iptc : bytes, optional
        IPTC-IIM records.
    comments : tuple of bytes, optional
        Of a JPEG.
    chunks : tuple of (bytes, bytes), optional
        Names and content of a PNG's chunks of text and of colour (``gAMA``, ``cHRM``, ``sRGB``, ``cICP``).
    descriptions : tuple of Description, optional
        How the pages of a TIFF are one image: ImageJ's, OME's, tifffile's.
    georeference : Georeference, optional
    gdal : Gdal, optional
    fields : tuple of Field, optional
        Of a TIFF, with a meaning that no filter changes.
    samples : Samples, optional
        Of a TIFF, where its channels are not tagged as usual.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    resolution: tuple[float, float] | None = None
    xmp: bytes | None = None
    unit: Unit = "inch"
    iptc: bytes | None = None
    comments: tuple[bytes, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    descriptions: tuple[Description, ...] = ()
    georeference: Georeference | None = None
    gdal: Gdal | None = None
    fields: tuple[Field, ...] = ()
    samples: Samples | None = None

    @property
    def nodata(self) -> float | None:
        """The value of samples that are missing, where the file says of one."""
        return None if self.gdal is None else self.gdal.nodata

    def followed(self, sampling: Sampling, raster: Raster, notes: list[str]) -> Metadata:
        """Return what is true of a result.

        Parameters
        ----------
        sampling : Sampling
            Where its pixels lie in the image that this metadata is of.
        raster : Raster
            Its pixels.
        notes : list of str
            Told what is no longer true, and dropped. Nothing is raised: what is damaged is dropped too.
        """
        if self == BLANK:  # of most images there is nothing to follow
            return self

        def follow(part: _Part | None, name: str, change: Callable[[_Part], _Part | None]) -> _Part | None:
            if part is None:
                return None
            try:
                return change(part)
            except Exception as error:  # written by anybody; its loss must not cost the pixels
                reason = f"{type(error).__name__}: {error}"[:100]
                notes.append(f"{name} dropped: it cannot be made to fit the result ({reason})")
                return None

        if self.samples is not None and self.samples.planar and raster.channels > 1:
            raster = replace(raster, planar=True)
        descriptions = [
            follow(each, each.name, lambda said: said.followed(sampling, raster, notes))
            for each in self.descriptions
        ]
        return replace(
            self,
            exif=follow(self.exif, "EXIF", lambda exif: follow_exif(exif, sampling, raster.extent)),
            xmp=follow(self.xmp, "XMP", lambda xmp: follow_xmp(xmp, sampling, raster.extent)),
            resolution=follow(self.resolution, "resolution", lambda xy: sampling.density(*xy)),
            descriptions=tuple(each for each in descriptions if each is not None),
            georeference=follow(self.georeference, "georeference", lambda geo: geo.followed(sampling)),
            gdal=follow(self.gdal, "GDAL metadata", lambda gdal: gdal.followed(raster, notes)),
        )

    def of_pages(self, numbers: Sequence[int], page: Raster, notes: list[str]) -> Metadata:
        """Return what is true of some of the pages that its descriptions count.

        Parameters
        ----------
        numbers : sequence of int
            Of the pages that are left, in order.
        page : Raster
            The first of them.
        notes : list of str
            Told what is dropped.
        """
        left: list[Description] = []
        for each in self.descriptions:
            said: list[str] = []
            try:
                picked = each.of_pages(numbers, said) if each.page == page else None
            except Exception:  # written by anybody; its loss must not cost the pixels
                picked = None
            if picked is None:
                notes.append(f"{each.name} dropped: it is of other pages, too")
            else:
                left.append(picked)
                notes += said
        return replace(self, descriptions=tuple(left))

    def projected(self, notes: list[str]) -> Metadata:
        """Return what is true of the one page that is made of all that the descriptions count."""
        if not self.descriptions:
            return self
        one = self.of_pages([0], self.descriptions[0].page, notes)
        unlabelled = (
            each.unlabelled(notes) if isinstance(each, ImageJ) else each for each in one.descriptions
        )
        return replace(one, descriptions=tuple(unlabelled))

    def revalued(self, notes: list[str]) -> Metadata:
        """Return what is true of values that mean something else: ranges to show others are gone."""
        descriptions = (
            each.revalued(notes) if isinstance(each, ImageJ) else each for each in self.descriptions
        )
        return replace(self, descriptions=tuple(descriptions)) if self.descriptions else self

    def for_channels(self, channels: int, notes: list[str]) -> Metadata:
        """Return these without an ICC profile that does not fit: an RGB profile says nothing of grey."""
        if self.icc is not None and self.icc[16:20] != self._icc_space(channels):
            space = self.icc[16:20].decode("ascii", "replace").strip()
            if space != "CMYK":  # how ink is converted is a note of its own
                notes.append(f"ICC profile dropped: it is for {space}, and the image is not")
            return replace(self, icc=None)
        return self

    def _icc_space(self, channels: int) -> bytes | None:
        """Return the colour space that a profile needs."""
        if self.samples is not None and self.samples.colours <= channels:
            return ICC_SPACE[self.samples.colours]
        return ICC_SPACE.get(channels)

    def held_by(self, format: str, notes: list[str]) -> Metadata:
        """Return what a format can hold; what it cannot is noted."""
        if self == BLANK:
            return self
        carries, largest = FORMATS[format].carries, FORMATS[format].max_block or math.inf
        held = self if "descriptions" in carries else self._with_resolution_per_inch()
        if "resolution" not in carries and "exif" in carries:
            held = held._with_resolution_in_exif()
        ratio = "ratio" if held.unit == "none" else "resolution"
        gone = [part for part in NAMES if (ratio if part == "resolution" else part) not in carries]
        lost = [NAMES[part] for part in gone if held._says(part)]
        if lost:
            notes.append(f"{format} cannot hold {', '.join(lost)}; dropped")
        for part in ("exif", "xmp", "iptc", "comments"):
            said = getattr(held, part) or b""
            size = len(said) if isinstance(said, bytes) else max(map(len, said))
            if part in carries and size > largest:
                notes.append(f"{NAMES[part]} of {size} bytes dropped: {format} holds {largest}")
                gone.append(part)
        dropped = {part: getattr(BLANK, part) for part in gone if getattr(held, part) != getattr(BLANK, part)}
        return replace(held, **dropped) if dropped else held

    def _with_resolution_per_inch(self) -> Metadata:
        """Return these with a resolution that no description is needed for, where one tells its unit."""
        scales = [getattr(each, "units_per_inch", None) for each in self.descriptions]
        scale = next((each for each in scales if each is not None), None)
        if self.unit != "none" or self.resolution is None or scale is None:
            return self
        x, y = self.resolution
        return replace(self, resolution=valid_resolution(x * scale, y * scale), unit="inch")

    def _with_resolution_in_exif(self) -> Metadata:
        """Return these with the resolution as a part of EXIF, where it can be one."""
        if self.resolution is None or self.unit == "none":
            return self
        exif = with_density(self.exif, *self.resolution)
        return self if exif is None else replace(self, exif=exif, resolution=None)

    def _says(self, part: str) -> bool:
        """Tell whether a part says anything."""
        if part == "resolution" and self.unit == "none" and self.resolution is not None:
            return self.resolution[0] != self.resolution[1]
        return bool(getattr(self, part))


BLANK = Metadata()
"""Of an image of which a file says nothing but its pixels."""

NAMES = {
    "icc": "the ICC profile",
    "exif": "EXIF",
    "xmp": "XMP",
    "iptc": "IPTC",
    "resolution": "the resolution",
    "comments": "comments",
    "chunks": "PNG's chunks of text and colour",
    "descriptions": "the description of the stack",
    "georeference": "the georeference",
    "gdal": "GDAL's metadata",
    "fields": "primaries and white point",
}
"""The parts, as a person calls them."""


def valid_resolution(x: float, y: float) -> tuple[float, float] | None:
    """Return pixels per inch, or None where they cannot be meant (zero, negative, infinite, absurd)."""
    return (x, y) if 0.01 <= x <= 1e6 and 0.01 <= y <= 1e6 else None


def valid_ratio(x: float, y: float) -> tuple[float, float] | None:
    """Return pixels per unknown unit, or None where they cannot be meant."""
    return (x, y) if 1e-9 <= x <= 1e9 and 1e-9 <= y <= 1e9 else None


def shape_of_pixel(x: float, y: float, largest: int) -> tuple[int, int]:
    """Return two whole numbers whose ratio is that of two densities.

    >>> shape_of_pixel(0.5, 1.0, 65535), shape_of_pixel(3e9, 3e9, 65535)
    ((1, 2), (1, 1))
    """
    ratio = Fraction(x / y).limit_denominator(min(largest, 10_000))
    if not 0 < ratio <= largest:
        return (largest, 1) if ratio > 1 else (1, largest)
    return ratio.numerator, ratio.denominator


def check_icc(profile: bytes | None, notes: list[str]) -> bytes | None:
    """Return the profile, or None and a note when its header contradicts it (ICC.1:2022, 7.2)."""
    if profile is None:
        return None
    if (
        len(profile) >= 128
        and profile[36:40] == b"acsp"
        and int.from_bytes(profile[:4], "big") == len(profile)
    ):
        return profile
    notes.append("broken ICC profile dropped")
    return None
