"""An array to an image file, complete or not at all."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convpipe.errors import WriteError
from convpipe.images.atomic import Drafts
from convpipe.images.codecs import codec
from convpipe.images.digest import digest_of
from convpipe.images.formats import BY_EXTENSION, check_output, format_of
from convpipe.images.metadata import Metadata
from convpipe.images.source import Pieces, one_line

_DRAFTS = Drafts()
"""Of the calls that name no other."""


@dataclass(frozen=True)
class Encoded:
    """The content of an image file.

    Parameters
    ----------
    pieces : list of bytes
        To be written one after the other.
    """

    pieces: Pieces

    @property
    def size(self) -> int:
        """Number of bytes."""
        return sum(map(len, self.pieces))

    @property
    def digest(self) -> str:
        """Content hash, as :func:`~convpipe.images.digest_file` returns it for the written file."""
        return digest_of(self.pieces)

    def save(
        self, path: str | os.PathLike[str], *, overwrite: bool = False, drafts: Drafts = _DRAFTS
    ) -> None:
        """Write the file. At every moment, even of a kill, ``path`` is absent, old or complete.

        Parameters
        ----------
        path : path-like
            Its folder must exist. A symbolic link there is replaced or refused, never followed.
        overwrite : bool, optional
            Replace an existing file. Without it, one that appears even while this runs is kept.
        drafts : Drafts, optional
            Holds the temporary file while it is written.

        Raises
        ------
        WriteError
            The file exists, the disk is full, ...; ``errno`` is the system's.
        """
        try:
            drafts.write(path, self.pieces, overwrite)
        except FileExistsError as error:
            raise already_exists() from error
        except OSError as error:
            failure = WriteError(f"cannot write: {one_line(error)}")
            failure.errno = error.errno
            raise failure from error


def write(
    path: str | os.PathLike[str],
    pixels: np.ndarray,
    metadata: Metadata | None = None,
    *,
    format: str | None = None,
    quality: int | None = None,
    compression: int | None = None,
    overwrite: bool = False,
) -> None:
    """Write an image. At every moment, even if the process is killed, ``path`` is absent, old or complete.

    Parameters
    ----------
    path : path-like
        Its folder must exist. A symbolic link there is replaced or refused, never followed.
    pixels : ndarray (H, W) or (H, W, C)
        PNG: uint8, uint16. TIFF: also float32, float64. WebP, JPEG, BMP: uint8. 1 to 4 channels; JPEG and
        BMP 1 or 3.
    metadata : Metadata, optional
        What the format can carry is kept. ICC: PNG, JPEG, TIFF, WebP. EXIF: PNG, JPEG, WebP. Resolution:
        PNG, JPEG, TIFF, BMP. A profile for another number of channels is left out.
    format : str, optional
        A name in ``FORMATS``; default by the extension.
    quality : int, optional
        1 to 100. JPEG: default 95. WebP: lossless without it.
    compression : int, optional
        0 to 9. PNG: default fast (level 1, run lengths, average filter). TIFF: default none.
    overwrite : bool, optional
        Replace an existing file. Without it, one that appears even while this runs is kept.

    Raises
    ------
    WriteError
        The format cannot hold the pixels, the file exists, the disk is full; ``errno`` is the system's.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/a.png", np.zeros((2, 3), np.uint8))
    ...     write(f"{folder}/a.png", np.ones((2, 3), np.uint8))
    Traceback (most recent call last):
        ...
    convpipe.errors.WriteError: the output exists; --overwrite replaces it, --resume keeps what is done
    """
    format = format or format_of(path)
    if format is None:
        raise WriteError(
            f"no format has the extension {Path(path).suffix!r}; known are {', '.join(BY_EXTENSION)}"
        )
    if not overwrite and os.path.lexists(path):
        raise already_exists()
    encode(pixels, metadata, format=format, quality=quality, compression=compression).save(
        path, overwrite=overwrite
    )


def encode(
    pixels: np.ndarray,
    metadata: Metadata | None = None,
    *,
    format: str,
    quality: int | None = None,
    compression: int | None = None,
) -> Encoded:
    """Encode an image in memory; parameters and errors as for :func:`write`.

    Examples
    --------
    >>> encode(np.zeros((2, 3), np.uint8), format="bmp").pieces[0][:2]
    b'BM'
    """
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim not in (2, 3):
        raise WriteError(f"an image is (rows, cols) or (rows, cols, channels), not {pixels.shape}")
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    native = pixels.dtype.newbyteorder("=")
    check_output(
        format, native.name, channels, extent=pixels.shape[:2], quality=quality, compression=compression
    )
    kept = (metadata or Metadata()).for_channels(3 if format == "webp" and channels == 1 else channels)
    try:
        pieces = codec(format).encode(np.ascontiguousarray(pixels, native), kept, quality, compression)
    except Exception as error:
        raise WriteError(f"cannot encode as {format}: {one_line(error)}") from error
    return Encoded(pieces)


def already_exists() -> WriteError:
    """Return the error for an output that is there and may not be replaced."""
    failure = WriteError("the output exists; --overwrite replaces it, --resume keeps what is done")
    failure.errno = errno.EEXIST
    return failure
