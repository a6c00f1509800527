"""An image file that stays open: its headers are read once, and its pages are decoded from them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import cast

import numpy as np

from convpipe.errors import ReadError
from convpipe.images.codecs import (
    RowCodec,
    checked_header,
    checked_headers,
    codec,
    mend,
    note_frames_left,
)
from convpipe.images.formats.registry import BY_ROWS, FORMATS
from convpipe.images.log import collected
from convpipe.images.metadata.raster import Raster
from convpipe.images.probe import ImageInfo, info_of
from convpipe.images.read import Image, image_of, upright_metadata
from convpipe.images.rows import Blocks, RowReader
from convpipe.images.source import Header, Source, opened
from convpipe.limits import DEFAULT_LIMITS, Limits
from convpipe.pages import ALL_PAGES, PageRange

KEPT_BYTES = 64 << 20
"""Memory that the headers of one file may take: more than the most pages of a plain stack do.

Thousands of pages may all claim one large profile, and each would hold it. The header of a page behind this
is read again when the page is."""


class OpenImage:
    """An image file whose headers were read, as :func:`open_image` makes it.

    Attributes
    ----------
    infos : tuple of ImageInfo
        Of the pages that :meth:`read_page` returns.
    """

    def __init__(
        self,
        source: Source,
        headers: Iterator[Header],
        infos: tuple[ImageInfo, ...],
        allow_truncated: bool,
    ) -> None:
        self.infos = infos
        self._source, self._headers, self._allow_truncated = source, headers, allow_truncated

    def read_page(self) -> Image:
        """Decode the next page; errors are as for :func:`convpipe.images.read`.

        Each comes once, one after the other, and what was kept of it goes with it.
        """
        with self._source.reading():
            self._source.fetch()
            return image_of(self._source, next(self._headers), self._allow_truncated)

    def rows(self) -> RowReader:
        """Return what reads rows of the next page as they are asked for, while the file is open.

        They have the bytes of those that :meth:`read_page` returns.

        Raises
        ------
        ReadError
            The format has no rows that can be decoded alone, or the image is stored on its side.
        """
        source = self._source
        with source.reading():
            header = next(self._headers)
            try:
                blocks = blocks_of(source, header)
            except Exception:  # it may still be read as a whole
                self._headers = chain([header], self._headers)
                raise
            raster = Raster((header.rows, header.cols), header.channels, header.dtype)
            metadata = upright_metadata(header, raster, source.notes)
            return RowReader(blocks, header.orientation, metadata, source.notes)


def blocks_of(source: Source, header: Header) -> Blocks:
    """Return the rows of a page as its format decodes them; whatever goes wrong there is a `ReadError`."""
    module = codec(source.format)
    if source.format not in BY_ROWS:
        raise ReadError(
            f"{source.format} is decoded as a whole; {', '.join(BY_ROWS)} can be read by their rows"
        )
    made = cast(RowCodec, module).blocks(source, header)

    def decoded(number: int) -> np.ndarray:
        with source.reading(), collected(source.notes):
            return made.decoded(number)

    return replace(made, decoded=decoded)


@contextmanager
def open_image(
    path: str | os.PathLike[str],
    limits: Limits = DEFAULT_LIMITS,
    *,
    first: bool = False,
    pages: PageRange = ALL_PAGES,
    allow_truncated: bool = False,
) -> Iterator[OpenImage]:
    """Read the headers of an image file, and have it open to decode its pages.

    Parameters
    ----------
    path : path-like
    limits : Limits, optional
    first : bool, optional
        Read the first page alone, as :func:`read` does, and not all, as :func:`read_pages` does.
    pages : PageRange, optional
        Those of a TIFF that are meant, where not the first alone is.
    allow_truncated : bool, optional
        As for :func:`read`.

    Raises
    ------
    ReadError, LimitError
        As for :func:`probe`.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from convpipe.images import open_image, write_pages
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_pages(f"{folder}/a.tif", [np.zeros((2, 3)), np.ones((4, 5))])
    ...     with open_image(f"{folder}/a.tif") as file:
    ...         [(info.extent, file.read_page().pixels.max()) for info in file.infos]
    [((2, 3), np.float64(0.0)), ((4, 5), np.float64(1.0))]
    """
    with opened(path, limits) as source:
        with source.reading():
            mend(source, limits, allow_truncated)
            infos, kept = _read(path, source, limits, None if first else pages)
        # A generator: the headers that were not kept are read when they are asked for.
        headers = chain(_drained(kept), checked_headers(source, limits, len(kept), pages))
        yield OpenImage(source, headers, infos, allow_truncated)


def _read(
    path: str | os.PathLike[str], source: Source, limits: Limits, pages: PageRange | None
) -> tuple[tuple[ImageInfo, ...], deque[Header]]:
    """Return what the pages hold, or without them the first, and the headers of as many as may be kept."""
    infos, kept, nbytes = [], deque[Header](), 0
    for header in (
        [checked_header(source, limits)] if pages is None else checked_headers(source, limits, pages=pages)
    ):
        if pages is not None and not FORMATS[source.format].pages:
            note_frames_left(source, header)
        infos.append(info_of(path, source, header))
        nbytes += header.nbytes
        if nbytes <= KEPT_BYTES:
            kept.append(header)
    return tuple(infos), kept


def _drained(headers: deque[Header]) -> Iterator[Header]:
    while headers:
        yield headers.popleft()
