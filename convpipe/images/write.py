"""An array to an image file, complete or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self, cast

import numpy as np

from convpipe.errors import WriteError
from convpipe.images.atomic import Drafts, File
from convpipe.images.codecs import PagedCodec, codec
from convpipe.images.encoded import Encoded, already_exists, save_all
from convpipe.images.folder import Folder
from convpipe.images.formats.registry import WRITTEN_EXTENSIONS, check_output, format_of
from convpipe.images.metadata.imagej import ImageJ
from convpipe.images.metadata.model import Metadata
from convpipe.images.metadata.raster import Raster
from convpipe.images.source import Page, one_line
from convpipe.images.spool import Spool
from convpipe.images.tiff.exif import unplaced
from convpipe.sampling import Sampling


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
        Where the pixels lie in the image that the metadata is of, as ``plan.sampling()``: resolution,
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
        save_all([File(folder, os.path.basename(path), encoded.pieces, overwrite)], Drafts())


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
    format, compression, nbytes, folder
        As for :class:`PageEncoder`.

    Examples
    --------
    >>> encode_pages([Page(np.zeros((2, 3))), Page(np.zeros((4, 5), np.uint8))]).size > 68
    True
    """
    with PageEncoder(format, compression=compression, nbytes=nbytes, folder=folder) as encoder:
        for page in pages:
            encoder.add(page)
        return encoder.finish()


class PageEncoder:
    """Encodes images into one file as they are handed to it, beside other encoders that get theirs.

    Parameters
    ----------
    format : str, optional
        One that holds pages: tiff.
    compression : int, optional
        As for :func:`write`.
    nbytes : int, optional
        Bytes of all the pixels, roughly. Above 4 GB the file is a BigTIFF; above 64 MiB it is made in a
        nameless file, not in memory.
    folder : Folder, optional
        Where that is made.

    Raises
    ------
    WriteError
        The format holds one image, the disk is full; ``errno`` is the system's.

    Examples
    --------
    >>> with PageEncoder() as encoder:
    ...     encoder.add(Page(np.zeros((2, 3))))
    ...     encoder.finish().size > 8
    True
    """

    def __init__(
        self,
        format: str = "tiff",
        *,
        compression: int | None = None,
        nbytes: int = 0,
        folder: Folder | None = None,
    ) -> None:
        check_output(format, "uint8", 1, compression=compression, pages=2)
        self._format, self._compression = format, compression
        self._notes: list[str] = []
        self._open = ExitStack()
        with self._told():
            self._spool = Spool(nbytes, folder)
            paged = cast(PagedCodec, codec(format)).paged(self._spool.file, compression, nbytes)
            self._encode = self._open.enter_context(paged)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):  # of a file that nobody will have
            self._open.close()

    def add(self, page: Page) -> None:
        """Encode the next page, which is as for :func:`encode`.

        Raises
        ------
        WriteError
            The format cannot hold it, or the disk is full.
        """
        checked = _checked(page, self._format, None, self._compression, self._notes)
        with self._told():
            self._encode(checked)

    def finish(self) -> Encoded:
        """Return the content of the file; no page can be added any more."""
        with self._told():
            self._open.close()
            self._spool.file.flush()  # here, so that a full disk is met where its error is told
        return Encoded(self._spool, tuple(dict.fromkeys(self._notes)))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise _cannot_encode(self._format, error) from error


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
