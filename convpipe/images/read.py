"""An image file to an array."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import ReadError
from convpipe.images.codecs import checked_header, checked_headers, codec, image_file, note_frames_left
from convpipe.images.colour import orient
from convpipe.images.formats.registry import FORMATS
from convpipe.images.log import collected
from convpipe.images.metadata.model import Metadata
from convpipe.images.metadata.raster import Raster
from convpipe.images.source import Header, Source
from convpipe.limits import DEFAULT_LIMITS, Limits
from convpipe.sampling import Sampling


@dataclass(frozen=True)
class Image:
    """An image as read.

    Parameters
    ----------
    pixels : ndarray (H, W) or (H, W, C)
        C-contiguous, native byte order, upright. Integers span their dtype's full range.
    alpha : bool
        Whether the last channel is alpha, straight; as the file says.
    metadata : Metadata
    format : str
        By content, a name in ``FORMATS``.
    notes : tuple of str
        What was converted, dropped or left, in words.
    """

    pixels: np.ndarray
    alpha: bool
    metadata: Metadata
    format: str
    notes: tuple[str, ...]


def read(
    path: str | os.PathLike[str],
    limits: Limits = DEFAULT_LIMITS,
    *,
    page: int | None = None,
    allow_truncated: bool = False,
) -> Image:
    """Read the first frame of an image file, whole or not at all.

    Depth is kept: 8 and 16 bits, and for TIFF and .npy also other integers, float32 and float64. Converted,
    with a note where anything is lost: palettes to RGB or RGBA, single bits to 0 and 255, 2 to 14 bits
    stretched to 8 or 16, CMYK to RGB, float16 to float32, premultiplied to straight alpha. EXIF orientation
    is applied, once.

    Parameters
    ----------
    path : path-like
        The content decides the format, not the extension.
    limits : Limits, optional
        Checked from the header, before anything is allocated.
    page : int, optional
        Of a TIFF, from 0. Default: the first, with a note if there are others.
    allow_truncated : bool, optional
        Read a JPEG that breaks off, its missing part grey, and a PNG that breaks off or has a wrong CRC, its
        missing part black, with a note. Other formats are refused all the same.

    Returns
    -------
    Image

    Raises
    ------
    ReadError
        The file is missing, damaged, truncated, or no image that convpipe reads; one line says which.
    LimitError
        It claims more than the limits.

    Examples
    --------
    >>> import tempfile
    >>> from convpipe.images import write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/a.png", np.full((2, 3), 40_000, np.uint16))
    ...     read(f"{folder}/a.png").pixels
    array([[40000, 40000, 40000],
           [40000, 40000, 40000]], dtype=uint16)
    """
    with image_file(path, limits, allow_truncated) as source:
        if page is None:
            header = checked_header(source, limits)
        else:
            header = next(checked_headers(source, limits, page))
        return image_of(source, header, allow_truncated)


def read_pages(
    path: str | os.PathLike[str], limits: Limits = DEFAULT_LIMITS, *, allow_truncated: bool = False
) -> Iterator[Image]:
    """Yield the pages of a TIFF one by one; of any other file the image that :func:`read` returns.

    Parameters and errors are as for :func:`read`. Pages may differ in extent, channels and dtype. Reduced
    images (thumbnails) and masks are no pages; a note says that they are left.

    Examples
    --------
    >>> import tempfile
    >>> from convpipe.images import write_pages
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_pages(f"{folder}/a.tif", [np.zeros((2, 3)), np.ones((4, 5))])
    ...     [image.pixels.shape for image in read_pages(f"{folder}/a.tif")]
    [(2, 3), (4, 5)]
    """
    with image_file(path, limits, allow_truncated) as source:
        for header in checked_headers(source, limits):
            if not FORMATS[source.format].pages:
                note_frames_left(source, header)
            yield image_of(source, header, allow_truncated)


def image_of(source: Source, header: Header, allow_truncated: bool) -> Image:
    """Decode a page, given its header."""
    with collected(source.notes):
        stored = codec(source.format).decode(source, header, allow_truncated)
    _check_decoded(stored, header)
    pixels = orient(stored, header.orientation)
    pixels = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("="))
    metadata = upright_metadata(header, Raster.of(pixels), source.notes)
    return Image(pixels, header.alpha, metadata, source.format, tuple(source.notes))


def upright_metadata(header: Header, raster: Raster, notes: list[str]) -> Metadata:
    """Return what a header says of its image, once that is upright and of the channels of its decoder."""
    metadata = header.metadata
    if header.orientation != 1:
        sampling = Sampling.upright(header.orientation, (header.rows, header.cols))
        metadata = metadata.followed(sampling, raster, notes)
    return metadata.for_channels(header.channels, notes)


def _check_decoded(pixels: np.ndarray, header: Header) -> None:
    """A decoder that disagrees with the header (or with the plan made from it) has read something else."""
    expected = (header.rows, header.cols) + ((header.channels,) if header.channels > 1 else ())
    shape = pixels.shape[:2] if pixels.shape[2:] == (1,) else pixels.shape
    if shape != expected or pixels.dtype.newbyteorder("=") != header.dtype:
        raise ReadError(
            f"decoded to {pixels.dtype} {pixels.shape}; the header says {header.dtype} {expected}"
        )
