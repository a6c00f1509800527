"""What decodes images for a run."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Protocol

from convpipe import images
from convpipe.images import ImageInfo, Limits
from convpipe.images.rows import RowReader
from convpipe.pages import ALL_PAGES, PageRange

Named = str | os.PathLike[str]
"""A path, or a file that is open already and has one (:class:`convpipe.images.OpenFile`)."""


class Opened(Protocol):
    """An image file whose headers were read: :class:`convpipe.images.OpenImage`, here or elsewhere."""

    @property
    def infos(self) -> tuple[ImageInfo, ...]:
        """Of the pages that :meth:`read_page` returns."""

    def read_page(self) -> images.Image:
        """Decode the next page; the pixels of the one before may be gone then."""

    def rows(self) -> RowReader:
        """Return what reads rows of the next page, in the place of :meth:`read_page`."""


class Reader(Protocol):
    """Decodes images: in this process, or in others."""

    limits: Limits

    def open(self, file: Named, *, first: bool = False) -> AbstractContextManager[Opened]:
        """Read the headers of the pages that are meant, or of the first alone.

        As :func:`convpipe.images.open_image`.
        """

    def abort(self) -> None:
        """Give up what is being decoded, where that can be done; from any thread."""

    def close(self) -> None:
        """Let go of everything, when no thread reads any more."""


class DirectReader:
    """Decodes on the thread that asks."""

    def __init__(self, limits: Limits, allow_truncated: bool, pages: PageRange = ALL_PAGES) -> None:
        self.limits, self._allow_truncated, self._pages = limits, allow_truncated, pages

    def open(self, file: Named, *, first: bool = False) -> AbstractContextManager[Opened]:
        """As :func:`convpipe.images.open_image`."""
        return images.open_image(
            file, self.limits, first=first, pages=self._pages, allow_truncated=self._allow_truncated
        )

    def abort(self) -> None:
        """Do nothing: a thread cannot be stopped."""

    def close(self) -> None:
        """Do nothing: nothing is held."""
