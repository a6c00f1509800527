"""An array to an image file, complete or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

import numpy as np

from convpipe.errors import WriteError
from convpipe.images.codecs import codec
from convpipe.images.formats import BY_EXTENSION, check_output, format_of
from convpipe.images.metadata import Metadata
from convpipe.images.source import Pieces, one_line

TEMPORARY_SUFFIX = ".convpipe-tmp"
"""Temporary files are called ``.`` + random + this; a process that was killed leaves one behind."""

NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


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
    convpipe.errors.WriteError: the output exists; ask to overwrite it
    """
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim not in (2, 3):
        raise WriteError(f"an image is (rows, cols) or (rows, cols, channels), not {pixels.shape}")
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    format = format or format_of(path)
    if format is None:
        raise WriteError(
            f"no format has the extension {Path(path).suffix!r}; known are {', '.join(BY_EXTENSION)}"
        )
    native = pixels.dtype.newbyteorder("=")
    check_output(
        format, native.name, channels, extent=pixels.shape[:2], quality=quality, compression=compression
    )
    if not overwrite and os.path.lexists(path):
        raise already_exists()
    kept = (metadata or Metadata()).for_channels(3 if format == "webp" and channels == 1 else channels)
    try:
        pieces = codec(format).encode(np.ascontiguousarray(pixels, native), kept, quality, compression)
    except Exception as error:
        raise WriteError(f"cannot encode as {format}: {one_line(error)}") from error
    _write_atomically(path, pieces, overwrite)


def _write_atomically(path: str | os.PathLike[str], pieces: Pieces, overwrite: bool) -> None:
    folder, _ = os.path.split(os.fspath(path))
    temporary = os.path.join(folder, f".{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
    try:
        flags = (
            os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        )
        descriptor = os.open(temporary, flags, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            _publish(temporary, path, overwrite)
        finally:
            _remove(temporary)
    except FileExistsError as error:
        raise already_exists() from error
    except OSError as error:
        failure = WriteError(f"cannot write: {one_line(error)}")
        failure.errno = error.errno
        raise failure from error


def _publish(temporary: str, path: str | os.PathLike[str], overwrite: bool) -> None:
    """Give the finished file its name. A new hard link, unlike a rename, fails if the name is taken."""
    if overwrite:
        os.replace(temporary, path)
        return
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        # A file system without hard links: a moment stays between the look and the rename.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        os.replace(temporary, path)


def _remove(temporary: str) -> None:
    """Remove the temporary name, if publishing has not."""
    try:
        os.unlink(temporary)
    except FileNotFoundError:
        return


def already_exists() -> WriteError:
    """Return the error for an output that is there and may not be replaced."""
    failure = WriteError("the output exists; ask to overwrite it")
    failure.errno = errno.EEXIST
    return failure
