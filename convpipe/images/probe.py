"""What an image file holds, from its header alone."""

from __future__ import annotations

import os
from pathlib import Path

from convpipe.dataclass import dataclass
from convpipe.images.codecs import checked_header, checked_headers, image_file
from convpipe.images.folder import path_of
from convpipe.images.source import Header, Source
from convpipe.limits import DEFAULT_LIMITS, Limits
from convpipe.pages import ALL_PAGES, PageRange


@dataclass(frozen=True)
class ImageInfo:
    """What :func:`read` would return for a file.

    Parameters
    ----------
    path : Path
    format : str
        By content: png, jpeg, tiff, webp, bmp, gif, npy.
    extent : (int, int)
        Rows and columns, orientation applied.
    channels : int
        Palettes and CMYK converted.
    alpha : bool
        Whether the last channel is alpha: 2 channels are then grey and alpha, 4 are RGBA.
    dtype : str
        NumPy's name.
    frames : int
        Pages or frames in the file, without thumbnails and masks.
    notes : tuple of str
        What a person should know: a wrong extension, frames left, metadata dropped.
    number : int, optional
        Of the page in its file, from 0.
    nodata : float, optional
        The value of samples that are missing, as the file says.
    """

    path: Path
    format: str
    extent: tuple[int, int]
    channels: int
    alpha: bool
    dtype: str
    frames: int
    notes: tuple[str, ...]
    nodata: float | None = None
    number: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the pixels that :func:`read` returns."""
        return self.extent if self.channels == 1 else (*self.extent, self.channels)


def probe(
    path: str | os.PathLike[str],
    limits: Limits = DEFAULT_LIMITS,
    *,
    pages: PageRange = ALL_PAGES,
    allow_truncated: bool = False,
) -> ImageInfo:
    """Read an image file's header; no pixel is decoded and nothing of the image's size allocated.

    Parameters
    ----------
    path : path-like
    limits : Limits, optional
    pages : PageRange, optional
        Those that are meant; the first of them is looked at.
    allow_truncated : bool, optional
        As for :func:`read`.

    Returns
    -------
    ImageInfo

    Raises
    ------
    ReadError
        The file is missing, damaged, or no image that convpipe reads.
    LimitError
        It claims more than the limits.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from convpipe.images import probe, write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/a.png", np.zeros((20, 30, 3), np.uint8))
    ...     probe(f"{folder}/a.png").extent
    (20, 30)
    """
    with image_file(path, limits, allow_truncated) as source:
        return info_of(path, source, checked_header(source, limits, pages))


def probe_pages(
    path: str | os.PathLike[str],
    limits: Limits = DEFAULT_LIMITS,
    *,
    pages: PageRange = ALL_PAGES,
    allow_truncated: bool = False,
) -> tuple[ImageInfo, ...]:
    """Read the headers of all that :func:`read_pages` yields; errors as for :func:`probe`.

    Parameters
    ----------
    path, limits, allow_truncated
        As for :func:`probe`.
    pages : PageRange, optional
        Those of a TIFF that are meant.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from convpipe.images import probe_pages, write_pages
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_pages(f"{folder}/a.tif", [np.zeros((20, 30)), np.zeros((5, 5), np.uint8)])
    ...     [(info.extent, info.dtype) for info in probe_pages(f"{folder}/a.tif")]
    [((20, 30), 'float64'), ((5, 5), 'uint8')]
    """
    with image_file(path, limits, allow_truncated) as source:
        return tuple(info_of(path, source, header) for header in checked_headers(source, limits, pages=pages))


def info_of(path: str | os.PathLike[str], source: Source, header: Header) -> ImageInfo:
    """Return what a page holds, given its header."""
    extent = (header.rows, header.cols) if header.orientation < 5 else (header.cols, header.rows)
    return ImageInfo(
        path=path_of(path),
        format=source.format,
        extent=extent,
        channels=header.channels,
        alpha=header.alpha,
        dtype=header.dtype,
        frames=header.frames,
        notes=tuple(source.notes),
        nodata=header.metadata.nodata,
        number=header.number,
    )
