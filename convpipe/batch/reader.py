"""What decodes images for a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Protocol

from convpipe import images
from convpipe.images import ImageInfo, Limits

Named = str | os.PathLike[str]
"""A path, or a file that is open already and has one (:class:`convpipe.images.OpenFile`)."""


class Reader(Protocol):
    """Decodes images: in this process, or in others."""

    limits: Limits

    def probe(self, file: Named) -> ImageInfo:
        """Read the header."""

    def read(self, file: Named) -> images.Image:
        """Decode."""

    def probe_pages(self, file: Named) -> tuple[ImageInfo, ...]:
        """Read the header of every page."""

    def read_pages(self, file: Named, pages: int) -> Iterator[images.Image]:
        """Decode one page after the other; the pixels of one may be gone when the next is asked for."""

    def abort(self) -> None:
        """Give up what is being decoded, where that can be done; from any thread."""

    def close(self) -> None:
        """Let go of everything, when no thread reads any more."""


class DirectReader:
    """Decodes on the thread that asks."""

    def __init__(self, limits: Limits, allow_truncated: bool) -> None:
        self.limits, self._allow_truncated = limits, allow_truncated

    def probe(self, file: Named) -> ImageInfo:
        """As :func:`convpipe.images.probe`."""
        return images.probe(file, self.limits, allow_truncated=self._allow_truncated)

    def read(self, file: Named) -> images.Image:
        """As :func:`convpipe.images.read`."""
        return images.read(file, self.limits, allow_truncated=self._allow_truncated)

    def probe_pages(self, file: Named) -> tuple[ImageInfo, ...]:
        """As :func:`convpipe.images.probe_pages`."""
        return images.probe_pages(file, self.limits, allow_truncated=self._allow_truncated)

    def read_pages(self, file: Named, pages: int) -> Iterator[images.Image]:
        """As :func:`convpipe.images.read_pages`."""
        return images.read_pages(file, self.limits, allow_truncated=self._allow_truncated)

    def abort(self) -> None:
        """Do nothing: a thread cannot be stopped."""

    def close(self) -> None:
        """Do nothing: nothing is held."""
