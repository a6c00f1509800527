"""What an image file holds, from its header alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from convpipe.images.codecs import checked_header
from convpipe.images.limits import DEFAULT_LIMITS, Limits
from convpipe.images.source import opened


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
        1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; palettes and CMYK converted.
    dtype : str
        NumPy's name.
    frames : int
        Pages or frames in the file; only the first is read.
    notes : tuple of str
        What a person should know: a wrong extension, frames left, metadata dropped.
    """

    path: Path
    format: str
    extent: tuple[int, int]
    channels: int
    dtype: str
    frames: int
    notes: tuple[str, ...]


def probe(path: str | os.PathLike[str], limits: Limits = DEFAULT_LIMITS) -> ImageInfo:
    """Read an image file's header; no pixel is decoded and nothing of the image's size allocated.

    Parameters
    ----------
    path : path-like
    limits : Limits, optional

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
    with opened(path, limits) as source:
        header = checked_header(source, limits)
        extent = (header.rows, header.cols) if header.orientation < 5 else (header.cols, header.rows)
        return ImageInfo(
            Path(path),
            source.format,
            extent,
            header.channels,
            header.dtype,
            header.frames,
            tuple(source.notes),
        )
