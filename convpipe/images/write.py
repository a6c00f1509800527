"""An array to an image file, complete or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Self, cast

import numpy as np

from convpipe.errors import Retelling, WriteError
from convpipe.images.atomic import Drafts, File
from convpipe.images.codecs import PagedCodec, codec
from convpipe.images.encoded import Encoded, already_exists, save_all
from convpipe.images.folder import Folder
from convpipe.images.formats.registry import WRITTEN_EXTENSIONS, format_of
from convpipe.images.metadata.imagej import ImageJ
from convpipe.images.metadata.model import Metadata
from convpipe.images.metadata.raster import Description, Raster
from convpipe.images.output import Encoding, ImageSpec, check_output
from convpipe.images.source import Page, Pieces, gathered, one_line
from convpipe.images.spool import Spool
from convpipe.images.tiff.exif import unplaced

TIFF = Encoding("tiff")


def write(
    path: str | os.PathLike[str],
    image: np.ndarray | Page,
    encoding: Encoding = Encoding(),  # noqa: B008 - frozen
    *,
    overwrite: bool = False,
) -> None:
    """Write an image. At every moment, even if the process is killed, ``path`` is absent, old or complete.

    Parameters
    ----------
    path : path-like
        Its folder must exist. A symbolic link there is replaced or refused, never followed.
    image : ndarray (H, W) or (H, W, C), or Page
        PNG: uint8, uint16. TIFF: also signed and 32-bit integers, float32, float64. WebP, JPEG, BMP:
        uint8. 1 or 3 channels, and alpha, which JPEG and BMP have not; TIFF: 1 to 4, and alpha. Whether the
        last channel is alpha a :class:`Page` says, which also brings metadata and where its pixels lie. What
        the format can carry of it is kept: see the page on image formats. A profile for another number of
        channels is left out.
    encoding : Encoding, optional
        Default: the format by the extension, and what is usual for it.
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
    format = encoding.format or format_of(path)
    if format is None:
        raise WriteError(
            f"no format that is written has the extension {Path(path).suffix!r}; "
            f"known are {', '.join(WRITTEN_EXTENSIONS)}"
        )
    if not overwrite and os.path.lexists(path):
        raise already_exists()
    encode(image, replace(encoding, format=format)).save(path, overwrite=overwrite)


def write_pages(
    path: str | os.PathLike[str],
    pages: Iterable[np.ndarray | Page],
    encoding: Encoding = TIFF,
    *,
    overwrite: bool = False,
) -> None:
    """Write several images into one TIFF. At every moment ``path`` is absent, old or complete.

    Parameters and errors are as for :func:`write` and :func:`encode_pages`.
    """
    made = [_page(page) for page in pages]
    nbytes = sum(page.pixels.nbytes for page in made)
    with Folder(os.path.dirname(path) or os.curdir) as folder:
        encoded = encode_pages(made, encoding, nbytes=nbytes, folder=folder)
        save_all([File(folder, os.path.basename(path), encoded.pieces, overwrite)], Drafts())


def encode(image: np.ndarray | Page, encoding: Encoding) -> Encoded:
    """Encode an image in memory; parameters and errors as for :func:`write`, and the format is needed.

    Examples
    --------
    >>> encode(np.zeros((2, 3), np.uint8), Encoding("bmp")).pieces[0][:2]
    b'BM'
    """
    with PageEncoder(encoding, pages=1) as encoder:
        encoder.add(_page(image))
        return encoder.finish()


def encode_pages(
    pages: Iterable[Page],
    encoding: Encoding = TIFF,
    *,
    nbytes: int = 0,
    folder: Folder | None = None,
) -> Encoded:
    """Encode several images into one file, each as it comes, so that they are never in memory together.

    Parameters
    ----------
    pages : iterable of Page
        Each is as for :func:`encode`; they may differ in extent, channels and dtype. What the iterable
        raises is passed on.
    encoding, nbytes, folder
        As for :class:`PageEncoder`.

    Examples
    --------
    >>> encode_pages([Page(np.zeros((2, 3))), Page(np.zeros((4, 5), np.uint8))]).size > 68
    True
    """
    with PageEncoder(encoding, nbytes=nbytes, folder=folder) as encoder:
        for page in pages:
            encoder.add(page)
        return encoder.finish()


class PageEncoder:
    """Encodes the images of a file as they are handed to it, beside other encoders that get theirs.

    Parameters
    ----------
    encoding : Encoding, optional
        Default: TIFF, which holds several.
    pages : int, optional
        How many come: one, which any format holds, or several.
    nbytes : int, optional
        Bytes of all the pixels, roughly, or of all tiles. Above 4 GB the file is a BigTIFF; above 64 MiB
        several pages, or tiles, are put together in a nameless file, not in memory.
    folder : Folder, optional
        Where that is made.

    Examples
    --------
    >>> with PageEncoder() as encoder:
    ...     encoder.add(Page(np.zeros((2, 3))))
    ...     encoder.finish().size > 8
    True
    """

    def __init__(
        self,
        encoding: Encoding = TIFF,
        *,
        pages: int = 2,
        nbytes: int = 0,
        folder: Folder | None = None,
    ) -> None:
        if encoding.format is None:
            raise WriteError("no format is named to encode as")
        if encoding.by_rows:
            raise WriteError(
                "a codec, smaller sizes and folders are of results that are written as rows come: by folder "
                "jobs and convpipe.streaming.stream"
            )
        self.encoding, self._format = encoding, encoding.format
        self._pages, self._nbytes, self._folder = pages, nbytes, folder
        self._fitting = set[ImageSpec]()
        self._notes: list[str] = []
        self._open = ExitStack()
        self._encode: Callable[[Page], None] | None = None
        self._pieces: Pieces | Spool = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What encodes is a method of this: with that the content would stay until the collector comes.
        self._encode, self._pieces = None, []
        with suppress(Exception):  # of a file that nobody will have
            self._open.close()

    def check(self, spec: ImageSpec) -> None:
        """Refuse an image that the file cannot hold; what was found to fit is not looked at again.

        Raises
        ------
        WriteError
        """
        if spec not in self._fitting:
            check_output(spec, self.encoding, self._pages)
            self._fitting.add(spec)

    def add(self, page: Page) -> None:
        """Encode the next page, which is as for :func:`encode`.

        Raises
        ------
        WriteError
            The format cannot hold it, or the disk is full.
        """
        pixels = page.pixels
        if pixels.ndim == 3 and pixels.shape[2] == 1:
            pixels = pixels[..., 0]
        if pixels.ndim not in (2, 3):
            raise WriteError(f"an image is (rows, cols) or (rows, cols, channels), not {pixels.shape}")
        self.check(ImageSpec.of(pixels, page.alpha))
        if self.encoding.channels == "pages" and pixels.ndim == 3:
            for each in self._apart(page):
                self._add(each)
        else:
            self._add(page._replace(pixels=pixels))

    def _apart(self, page: Page) -> Iterator[Page]:
        """Yield a page for each channel; the first says how they are one image, if no other comes."""
        count = page.pixels.shape[2]
        if page.alpha:
            self._notes.append("the last page is alpha, which its file does not say")
        told = page.metadata.descriptions
        if self._pages > 1:
            described: tuple[Description, ...] = ()
            self._notes += [f"{each.name} dropped: every channel is a page" for each in told]
        else:
            before = next((each for each in told if isinstance(each, ImageJ)), None)
            described = (ImageJ.of_channels(before, Raster.of(page.pixels[..., 0]), count),)
        metadata = replace(page.metadata, descriptions=described, samples=None)
        for channel in range(count):
            yield Page(page.pixels[..., channel], False, metadata, page.sampling)
            metadata = replace(metadata, descriptions=())

    def _add(self, page: Page) -> None:
        fitted = _fitted(page, self._format, self._notes)
        if self.encoding.compression and any(
            isinstance(each, ImageJ) for each in fitted.metadata.descriptions
        ):
            self._notes.append("ImageJ reads compressed stacks through Bio-Formats alone")
        with told(self._format):
            self._encoder()(fitted)

    def finish(self) -> Encoded:
        """Return the content of the file; no page can be added any more."""
        with told(self._format):
            self._encoder()
            self._open.close()
            if isinstance(self._pieces, Spool):
                self._pieces.file.flush()  # here, so that a full disk is met where its error is told
        return Encoded(self._pieces, tuple(dict.fromkeys(self._notes)))

    def _encoder(self) -> Callable[[Page], None]:
        """Return what encodes pages; that of several begins the file."""
        if self._encode is None:
            if self._pages == 1 and self.encoding.channels != "pages" and not self.encoding.tiles:
                self._encode = self._encode_one
            else:
                self._pieces = Spool(self._nbytes, self._folder)
                module, encoding = cast(PagedCodec, codec(self._format)), self.encoding
                paged = module.paged(self._pieces.file, encoding.compression, self._nbytes, encoding.tiles)
                self._encode = self._open.enter_context(paged)
        return self._encode

    def _encode_one(self, page: Page) -> None:
        quality, compression = self.encoding.quality, self.encoding.compression
        pieces = codec(self._format).encode(page.pixels, page.alpha, page.metadata, quality, compression)
        self._pieces = list(gathered(pieces))


class told(Retelling):  # noqa: N801 - called as a function
    """Say what goes wrong in the encoder of a format as an error of an image."""

    __slots__ = ("_format",)

    def __init__(self, format: str) -> None:
        self._format = format

    def retold(self, error: Exception) -> WriteError:
        """Return what stands for any error; what the system refused may be the cause of the encoder's."""
        refusal: BaseException | None = error
        while refusal is not None and getattr(refusal, "errno", None) is None:
            refusal = refusal.__cause__ or refusal.__context__
        failure = WriteError(f"cannot encode as {self._format}: {one_line(refusal or error)}")
        failure.errno = getattr(refusal, "errno", None)
        return failure


def _page(image: np.ndarray | Page) -> Page:
    return image if isinstance(image, Page) else Page(image)


def _fitted(page: Page, format: str, notes: list[str]) -> Page:
    """Return a page as encoders take it, with what is true of its pixels and the format can carry."""
    pixels, alpha, metadata, sampling = page
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if alpha and format in ("npy", "npz"):
        notes.append(f"the last channel is alpha, which {format} does not say")
    metadata = fitted(metadata.followed(sampling, Raster.of(pixels), notes), channels, format, notes)
    if (
        format != "tiff"
        and channels - alpha == 3
        and metadata.samples is not None
        and metadata.samples.colours == 1
    ):
        notes.append(f"three channels of data, which {format} has as RGB")
    native = pixels.dtype.newbyteorder("=")
    return Page(np.ascontiguousarray(pixels, native), alpha, metadata)


def fitted(metadata: Metadata, channels: int, format: str, notes: list[str]) -> Metadata:
    """Return what a format can carry of what is said of an image of so many channels."""
    metadata = metadata.for_channels(3 if format == "webp" and channels == 1 else channels, notes)
    metadata = metadata.held_by(format, notes)
    if format == "tiff" and (tags := unplaced(metadata.exif)):  # its own directory takes the place of EXIF's
        notes.append(f"EXIF fields that a TIFF has no place for dropped: {', '.join(map(str, tags))}")
    return metadata
