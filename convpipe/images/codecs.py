"""The module of each format. All have ``header`` and ``decode``; those that are written have ``encode``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib import import_module
from typing import BinaryIO, Protocol, cast

import numpy as np

from convpipe.errors import ReadError
from convpipe.images.bounds import check_readable
from convpipe.images.formats.registry import FORMATS
from convpipe.images.metadata.model import Metadata
from convpipe.images.rows import Blocks
from convpipe.images.source import Header, Page, Pieces, Source, opened
from convpipe.limits import Limits
from convpipe.pages import ALL_PAGES, PageRange


class Codec(Protocol):
    """What a format's module offers; ``decode`` is called once the header has passed the limits."""

    def header(self, source: Source, limits: Limits) -> Header:
        """Read everything but the pixels, and append to ``source.notes``."""

    def decode(self, source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
        """Return the pixels as stored, (H, W) or (H, W, C), before orientation."""

    def encode(
        self,
        pixels: np.ndarray,
        alpha: bool,
        metadata: Metadata,
        quality: int | None,
        compression: int | str | None,
    ) -> Pieces:
        """Return the file's content in pieces."""


class RowCodec(Codec, Protocol):
    """What the module of a format offers beside it whose rows can be decoded some at a time."""

    def blocks(self, source: Source, header: Header) -> Blocks:
        """Return the rows of a page in the blocks in which they are decoded.

        Raises
        ------
        ReadError
            Those of this file cannot be read one by one.
        """


class PagedCodec(Codec, Protocol):
    """What the module of a format of several pages offers beside it."""

    def headers(
        self, source: Source, limits: Limits, start: int = 0, pages: PageRange = ALL_PAGES
    ) -> Iterator[Header]:
        """Yield the header of each of these pages, from their ``start``-th on."""

    def paged(
        self, out: BinaryIO, compression: int | str | None, nbytes: int, tiles: int | None
    ) -> AbstractContextManager[Callable[[Page], None]]:
        """Return what encodes pages, each as it is called with it; the file is whole once that is left."""


@cache
def codec(format: str) -> Codec:
    """Return a format's module, importing it, and its libraries, only now."""
    return cast(Codec, import_module(f"convpipe.images.formats.{format}"))


@contextmanager
def image_file(path: str | os.PathLike[str], limits: Limits, allow_truncated: bool) -> Iterator[Source]:
    """Open an image file to be read there and then: whatever goes wrong is a ``ReadError``."""
    with opened(path, limits) as source, source.reading():
        mend(source, limits, allow_truncated)
        yield source


def mend(source: Source, limits: Limits, allow_truncated: bool) -> None:
    """Put what is left of a damaged PNG in its place, if that is allowed."""
    if allow_truncated and source.format == "png":
        from convpipe.images.formats.salvage import salvage

        salvage(source, limits)


def checked_header(source: Source, limits: Limits, pages: PageRange = ALL_PAGES) -> Header:
    """Read the header of the first frame, or of the first of these; note the frames that will be left."""
    header = next(checked_headers(source, limits, pages=pages))
    if pages == ALL_PAGES:
        note_frames_left(source, header)
    return header


def checked_headers(
    source: Source, limits: Limits, start: int = 0, pages: PageRange = ALL_PAGES
) -> Iterator[Header]:
    """Yield the header of each of these pages, from their ``start``-th on, held against the limits.

    All formats but TIFF have one page: of an animation, that is the first frame.

    Raises
    ------
    ReadError
        None of the pages is there.
    LimitError
        Also for pages that only together decode to too much.
    """
    module = codec(source.format)
    decoded = 0
    if FORMATS[source.format].pages:
        headers = cast(PagedCodec, module).headers(source, limits, start, pages)
    elif start < len(pages.select(1)):
        headers = iter([module.header(source, limits)])
    else:
        raise ReadError(f"page {start + 1} of 1: {source.format} files are read as one image")
    for header in headers:
        limits.check_frames(header.frames)
        check_readable(source.format, header.rows, header.cols)
        decoded += limits.check_array(header.rows, header.cols, header.channels, header.dtype)
        limits.check_ratio(decoded, source.size)
        source.notes[:] = dict.fromkeys(source.notes)  # what holds for many pages is said once
        yield header


def note_frames_left(source: Source, header: Header) -> None:
    """Note the frames behind the first."""
    if header.frames > 1:
        what = "pages" if FORMATS[source.format].pages else "frames"
        source.notes.append(f"first of {header.frames} {what}; {header.frames - 1} not read")
