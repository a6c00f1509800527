"""An array to an image file, complete or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from convpipe.errors import WriteError
from convpipe.images.atomic import Drafts
from convpipe.images.codecs import PagedCodec, codec
from convpipe.images.digest import digest_of
from convpipe.images.folder import Folder
from convpipe.images.formats.registry import WRITTEN_EXTENSIONS, check_output, format_of
from convpipe.images.metadata.imagej import ImageJ
from convpipe.images.metadata.model import Metadata
from convpipe.images.metadata.raster import Raster
from convpipe.images.source import Page, Pieces, one_line
from convpipe.images.spool import Spool
from convpipe.images.tiff.exif import unplaced
from convpipe.sampling import Sampling

_DRAFTS = Drafts()
"""Of the calls that name no other."""


@dataclass(frozen=True)
class Encoded:
    """The content of an image file.

    Parameters
    ----------
    pieces : list of bytes, or Spool
        To be written one after the other.
    notes : tuple of str
        What of the metadata was dropped, and why.
    """

    pieces: Pieces | Spool
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self.pieces.size if isinstance(self.pieces, Spool) else sum(map(len, self.pieces))

    @property
    def digest(self) -> str:
        """Content hash, as :func:`~convpipe.images.digest_file` returns it for the written file."""
        return digest_of(self.pieces)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        drafts: Drafts = _DRAFTS,
        folder: Folder | None = None,
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
        folder : Folder, optional
            Its folder, if it is open already; ``path`` then gives the name alone.

        Raises
        ------
        WriteError
            The file exists, the disk is full, ...; ``errno`` is the system's.
        """
        try:
            with (
                Folder(os.path.dirname(path) or os.curdir) if folder is None else nullcontext(folder) as open
            ):
                drafts.write(open, os.path.basename(path), self.pieces, overwrite)
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
    alpha: bool = False,
    sampling: Sampling = Sampling(),  # noqa: B008 - frozen
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
        PNG: uint8, uint16. TIFF: also signed and 32-bit integers, float32, float64. WebP, JPEG, BMP:
        uint8. 1 or 3 channels, and alpha, which JPEG and BMP have not; TIFF: 1 to 4, and alpha.
    metadata : Metadata, optional
        What the format can carry is kept: see the page on image formats. A profile for another number of
        channels is left out.
    alpha : bool, optional
        Whether the last channel is alpha.
    sampling : Sampling, optional
        Where the pixels lie in the image that the metadata is of, as ``plan.sampling``: resolution,
        georeference and descriptions follow it. Sizes follow the pixels in any case.
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
    convpipe.errors.WriteError: the output exists; overwrite replaces it
    """
    format = format or format_of(path)
    if format is None:
        raise WriteError(
            f"no format that is written has the extension {Path(path).suffix!r}; "
            f"known are {', '.join(WRITTEN_EXTENSIONS)}"
        )
    if not overwrite and os.path.lexists(path):
        raise already_exists()
    encoded = encode(
        pixels,
        metadata,
        alpha=alpha,
        sampling=sampling,
        format=format,
        quality=quality,
        compression=compression,
    )
    encoded.save(path, overwrite=overwrite)


def write_pages(
    path: str | os.PathLike[str],
    pages: Iterable[np.ndarray | Page],
    *,
    compression: int | None = None,
    overwrite: bool = False,
) -> None:
    """Write several images into one TIFF. At every moment ``path`` is absent, old or complete.

    Parameters and errors are as for :func:`write`, and for :func:`encode_pages`, which takes metadata too.
    """
    made = [page if isinstance(page, Page) else Page(page) for page in pages]
    nbytes = sum(page.pixels.nbytes for page in made)
    with Folder(os.path.dirname(path) or os.curdir) as folder:
        encoded = encode_pages(made, compression=compression, nbytes=nbytes, folder=folder)
        encoded.save(path, overwrite=overwrite, folder=folder)


def encode(
    pixels: np.ndarray,
    metadata: Metadata | None = None,
    *,
    alpha: bool = False,
    sampling: Sampling = Sampling(),  # noqa: B008 - frozen
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
    notes: list[str] = []
    page = Page(pixels, alpha, metadata or Metadata(), sampling)
    page = _checked(page, format, quality, compression, notes)
    try:
        pieces = codec(format).encode(page.pixels, page.alpha, page.metadata, quality, compression)
        return Encoded(pieces, tuple(notes))
    except Exception as error:
        raise _cannot_encode(format, error) from error


def encode_pages(
    pages: Iterable[Page],
    *,
    format: str = "tiff",
    compression: int | None = None,
    nbytes: int = 0,
    folder: Folder | None = None,
) -> Encoded:
    """Encode several images into one file, each as it comes, so that they are never in memory together.

    Parameters
    ----------
    pages : iterable of Page
        Each is as for :func:`encode`; they may differ in extent, channels and dtype. What the iterable
        raises is passed on.
    format : str, optional
        One that holds pages: tiff.
    compression : int, optional
        As for :func:`write`.
    nbytes : int, optional
        Bytes of all the pixels, roughly. Above 4 GB the file is a BigTIFF; above 64 MiB it is made in a
        nameless file, not in memory.
    folder : Folder, optional
        Where that is made.

    Examples
    --------
    >>> encode_pages([Page(np.zeros((2, 3))), Page(np.zeros((4, 5), np.uint8))]).size > 68
    True
    """
    check_output(format, "uint8", 1, compression=compression, pages=2)
    raised: list[BaseException] = []
    notes: list[str] = []

    def checked() -> Iterator[Page]:
        try:
            for page in pages:
                yield _checked(page, format, None, compression, notes)
        except BaseException as error:
            raised.append(error)
            raise

    try:
        spool = Spool(nbytes, folder)
        cast(PagedCodec, codec(format)).encode_pages(checked(), spool.file, compression, nbytes)
        spool.file.flush()  # here, so that a full disk is met where its error is told
    except Exception as error:
        if error in raised:  # not of the encoder's doing
            raise
        raise _cannot_encode(format, error) from error
    return Encoded(spool, tuple(dict.fromkeys(notes)))


def _checked(page: Page, format: str, quality: int | None, compression: int | None, notes: list[str]) -> Page:
    """Return the pixels as encoders take them, with what is true of them and the format can carry."""
    pixels, alpha, metadata, sampling = page
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim not in (2, 3):
        raise WriteError(f"an image is (rows, cols) or (rows, cols, channels), not {pixels.shape}")
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    native = pixels.dtype.newbyteorder("=")
    check_output(
        format,
        native.name,
        channels,
        alpha=alpha,
        extent=pixels.shape[:2],
        quality=quality,
        compression=compression,
    )
    metadata = metadata.followed(sampling, Raster.of(pixels), notes)
    metadata = metadata.for_channels(3 if format == "webp" and channels == 1 else channels, notes)
    metadata = metadata.held_by(format, notes)
    if format == "tiff" and (tags := unplaced(metadata.exif)):  # its own directory takes the place of EXIF's
        notes.append(f"EXIF fields that a TIFF has no place for dropped: {', '.join(map(str, tags))}")
    if (
        format != "tiff"
        and channels - alpha == 3
        and metadata.samples is not None
        and metadata.samples.colours == 1
    ):
        notes.append(f"three channels of data, which {format} has as RGB")
    if compression and any(isinstance(each, ImageJ) for each in metadata.descriptions):
        notes.append("ImageJ reads compressed stacks through Bio-Formats alone")
    return Page(np.ascontiguousarray(pixels, native), alpha, metadata)


def _cannot_encode(format: str, error: Exception) -> WriteError:
    """Return the error of an encoder; what the system refused may be the cause of what the encoder says."""
    refusal: BaseException | None = error
    while refusal is not None and getattr(refusal, "errno", None) is None:
        refusal = refusal.__cause__ or refusal.__context__
    failure = WriteError(f"cannot encode as {format}: {one_line(refusal or error)}")
    failure.errno = getattr(refusal, "errno", None)
    return failure


EXISTS = "the output exists; overwrite replaces it"
"""Reason of a result that would need ``overwrite``."""


def already_exists() -> WriteError:
    """Return the error for an output that is there and may not be replaced."""
    failure = WriteError(EXISTS)
    failure.errno = errno.EEXIST
    return failure
