"""What is to be written, and how: refused before any work is done for it where no file can hold it."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.dtypes import name_of
from convpipe.errors import WriteError
from convpipe.geometry import Extent
from convpipe.images.bounds import WRITTEN
from convpipe.images.formats.registry import (
    CODECS,
    FORMATS,
    OF_ONE_BIT,
    STORES,
    TILED,
    Format,
    entry_of,
    supports,
)

TILE = 256
"""Rows and columns of a tile, where nobody says; readers of slides and maps take it for granted."""

OF_TILES = ("tiles", "codec", "pyramid", "smallest")
"""Options of a format in tiles alone."""


@dataclass(frozen=True)
class Encoding:
    """How an image is encoded; what is None is left to others, or to the format.

    Parameters
    ----------
    format : str, optional
        A name in ``FORMATS``.
    quality : int, optional
        1 to 100. JPEG: default 95. WebP: lossless without it.
    compression : int, 'group4' or 'bilevel', optional
        0 to 9, or what `codec` has; or of black and white, CCITT Group 4 of a TIFF, or bits of a PNG.
        PNG: default fast (one filter for all rows, near repeats). TIFF: default none.
    channels : {'samples', 'pages'}, optional
        What the channels of a TIFF are: samples of each pixel, the default; or a page each, as ImageJ has
        them.
    pages : {'file', 'files'}, optional
        Where the pages of a result go: into one file, the default; or into one each.
    tiles : int, optional
        Rows and columns of the tiles of a TIFF, a multiple of 16; default: it is written in strips, or in
        tiles of 256 with one of the following.
    codec : str, optional
        What compresses the tiles of a TIFF, a name in ``CODECS``.
    pyramid : bool, optional
        Whether smaller sizes are written into a TIFF, too, each half of the one before.
    smallest : int, optional
        Longest side of the smallest of them; default 256.
    """

    format: str | None = None
    quality: int | None = None
    compression: int | str | None = None
    channels: str | None = None
    pages: str | None = None
    tiles: int | None = None
    codec: str | None = None
    pyramid: bool | None = None
    smallest: int | None = None

    @property
    def apart(self) -> bool:
        """Whether each page has a file of its own."""
        return self.pages == "files"

    @property
    def tile(self) -> int | None:
        """The side of its tiles; None of strips.

        Examples
        --------
        >>> Encoding("tiff").tile, Encoding("tiff", tiles=64).tile, Encoding("tiff", pyramid=True).tile
        (None, 64, 256)
        """
        return self.tiles or (TILE if self.by_rows else None)

    @property
    def least(self) -> int | None:
        """The longest side of the smallest size; None where there is one size."""
        return (self.smallest or TILE) if self.pyramid else None

    @property
    def by_rows(self) -> bool:
        """Whether it is written as rows come, whatever the memory: a folder, or by a codec, or in sizes."""
        return bool(self.pyramid) or self.codec is not None or self.format in STORES

    def over(self, other: Encoding) -> Encoding:
        """Return this, and what it does not say as `other` says, but what is of the other's format alone.

        Examples
        --------
        >>> Encoding("tiff").over(Encoding("jpeg", quality=90)) == Encoding("tiff", quality=90)
        True
        >>> Encoding("png").over(Encoding("tiff", compression="group4")).compression is None
        True
        """
        said = {name: value for name, value in asdict(self).items() if value is not None}
        inherited = asdict(other)
        if self.format not in (None, other.format):
            inherited |= dict.fromkeys(OF_TILES)
        if other.compression in OF_ONE_BIT and self.format not in (None, OF_ONE_BIT[other.compression]):
            inherited["compression"] = None
        return Encoding(**{**inherited, **said})

    def of(self, format: str) -> Encoding:
        """Return that of a result in this format, without the options that it has not.

        Examples
        --------
        Smaller sizes stay: they are refused where the format cannot hold them, not left out.

        >>> Encoding(quality=90, compression=3).of("jpeg") == Encoding("jpeg", quality=90)
        True
        """
        entry, tiled = _entry(format), format in TILED
        return Encoding(
            format,
            self.quality if entry.quality else None,
            self.compression if entry.compression else None,
            self.channels if entry.pages else None,
            self.pages,
            self.tiles if tiled else None,
            self.codec if tiled else None,
            self.pyramid,
            self.smallest,
        )


def _entry(format: str) -> Format:
    """Return what is known of a format.

    Raises
    ------
    WriteError
        Nothing is, or it is not written.
    """
    entry = entry_of(format)
    if entry is None or not entry.holds:
        known = ", ".join(name for name, each in (*FORMATS.items(), *STORES.items()) if each.holds)
        raise WriteError(f"cannot write the format {format!r}; the formats to write are {known}")
    return entry


@dataclass(frozen=True)
class ImageSpec:
    """What a format has to hold of an image: all but the values of its pixels.

    Parameters
    ----------
    dtype : str
        NumPy's name.
    channels : int
    alpha : bool, optional
        Whether the last channel is alpha.
    extent : (int, int), optional
        Rows and columns, where they are known.
    """

    dtype: str
    channels: int
    alpha: bool = False
    extent: Extent | None = None

    @classmethod
    def of(cls, pixels: np.ndarray, alpha: bool = False) -> ImageSpec:
        """Return that of an array, (H, W) or (H, W, C), in any byte order.

        >>> ImageSpec.of(np.zeros((2, 3, 4), ">u2"), alpha=True)
        ImageSpec(dtype='uint16', channels=4, alpha=True, extent=(2, 3))
        """
        channels = 1 if pixels.ndim == 2 else pixels.shape[2]
        return cls(name_of(pixels.dtype), channels, alpha, pixels.shape[:2])

    def fits(self, format: str) -> bool:
        """Tell whether a format has its dtype and channels."""
        return supports(format, self.dtype, self.channels, alpha=self.alpha)

    def __str__(self) -> str:
        """Name dtype and channels; where alpha would be expected and is not, say so."""
        if self.alpha:
            return f"{self.dtype} with {self.channels} channels, the last of them alpha"
        if self.channels in (2, 4):
            return f"{self.dtype} with {self.channels} channels of which none is alpha"
        return f"{self.dtype} with {self.channels} channel{'' if self.channels == 1 else 's'}"


def check_output(spec: ImageSpec, encoding: Encoding, pages: int = 1) -> None:
    """Refuse an output that its format cannot hold, before any work is done for it.

    Parameters
    ----------
    spec : ImageSpec
    encoding : Encoding
        Without a format: any that can.
    pages : int, optional
        Number of images in the file.

    Raises
    ------
    WriteError
        It names what was asked for and which formats would do.

    Examples
    --------
    >>> check_output(ImageSpec("float32", 3), Encoding("jpeg"))
    Traceback (most recent call last):
        ...
    convpipe.errors.WriteError: jpeg cannot hold float32 with 3 channels; tiff, npy, npz can
    """
    format = encoding.format
    if format is None or not spec.fits(format):
        able = [name for name in FORMATS if spec.fits(name)]
        if not able:
            raise WriteError(f"no format can hold {spec}")
        if format is None:
            return
        _entry(format)
        raise WriteError(f"{format} cannot hold {spec}; {', '.join(able)} can")
    entry = _entry(format)
    if spec.extent is not None:
        _check_extent(format, spec, spec.extent)
    if pages > 1 and not entry.pages:
        paged = ", ".join(name for name, each in FORMATS.items() if each.pages)
        raise WriteError(
            f"{format} holds one image, and there are {pages} pages; {paged} holds them all, "
            "and 'output: {pages: files}' makes a file of each"
        )
    if encoding.channels == "pages" and not entry.pages:
        paged = ", ".join(name for name, each in FORMATS.items() if each.pages)
        raise WriteError(f"{format} has no pages for channels; {paged} has")
    _check_pyramid(format, encoding)
    if encoding.tile is not None:
        _check_tiles(format, encoding.tile, encoding)
    _check_option(format, "quality", encoding.quality, entry.quality)
    if encoding.compression in OF_ONE_BIT:
        own = OF_ONE_BIT[encoding.compression]
        if format != own or spec.channels != 1:
            way = f"write 'format: {own}'" if format != own else "'color: gray' makes 1 of RGB"
            given = f"given {format} and {spec}"
            raise WriteError(f"compression {encoding.compression} is of a {own} of 1 channel; {given}; {way}")
    elif encoding.codec is None:
        _check_option(format, "compression", encoding.compression, entry.compression)
    else:
        _check_option(encoding.codec, "compression", encoding.compression, CODECS[encoding.codec])


def _check_extent(format: str, spec: ImageSpec, extent: Extent) -> None:
    """Refuse an image without pixels, and one of a size that the format's encoder does not take."""
    if min(extent) < 1:
        raise WriteError(f"an image has 1 row and column or more, not {extent[0]} x {extent[1]}")
    if format in STORES or (broken := WRITTEN[format].broken_by(extent, spec.channels)) is None:
        return
    able = [
        name for name in FORMATS if spec.fits(name) and not WRITTEN[name].broken_by(extent, spec.channels)
    ]
    can = ", ".join(able) or "no format"
    raise WriteError(f"{format} is written with {broken}, not {extent[0]} x {extent[1]}; {can} can hold it")


def _check_pyramid(format: str, encoding: Encoding) -> None:
    """Refuse smaller sizes that a format cannot hold, and what says how small where there are none."""
    if encoding.pyramid and format not in TILED:
        able = " or ".join(TILED)
        raise WriteError(
            f"{format} holds an image in one size; {able} holds a pyramid: 'output: {{format: tiff}}'"
        )
    if encoding.smallest is not None and encoding.pyramid is None:
        raise WriteError("smallest is of the sizes that 'pyramid: true' makes; say that, or leave it out")


def _check_tiles(format: str, side: int, encoding: Encoding) -> None:
    if format not in TILED:
        what = "codec" if encoding.codec else "tiles"
        raise WriteError(f"{format} has no {what}; {' or '.join(TILED)} has")
    if format in STORES and encoding.codec == "lzw":
        raise WriteError(f"{format} has no LZW; it has zstd, deflate and none")
    if encoding.codec is not None and encoding.codec not in CODECS:
        raise WriteError(f"unknown codec {encoding.codec!r}; known are {', '.join(CODECS)}")
    if encoding.by_rows and encoding.channels == "pages":
        raise WriteError(
            "'channels: pages' is of strips, or of tiles without codec and pyramid; leave one of them out"
        )
    if side < 16 or side % 16:
        raise WriteError(f"the tiles of a {format} are of a multiple of 16 rows and columns, not {side}")
    if encoding.compression in OF_ONE_BIT:
        tiled = ", ".join(name for name in OF_TILES if getattr(encoding, name)) or f"format {format}"
        raise WriteError(
            f"compression {encoding.compression} is of strips; leave it out, or what is of tiles: {tiled}"
        )


def _check_option(format: str, name: str, value: int | str | None, span: tuple[int, int] | None) -> None:
    if value is None:
        return
    if span is None:
        raise WriteError(f"{format} has no {name}; leave it out")
    if isinstance(value, str) or not span[0] <= value <= span[1]:
        raise WriteError(f"{name} of {format} is {span[0]} to {span[1]}, not {value}")
