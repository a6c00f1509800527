"""The module of each format. All have ``header`` and ``decode``; those that are written have ``encode``."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

import numpy as np

from convpipe.images.limits import Limits
from convpipe.images.metadata import Metadata
from convpipe.images.source import Header, Pieces, Source


class Codec(Protocol):
    """What a format's module offers; ``decode`` is called once the header has passed the limits."""

    def header(self, source: Source, limits: Limits) -> Header:
        """Read everything but the pixels, and append to ``source.notes``."""

    def decode(self, source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
        """Return the pixels as stored, (H, W) or (H, W, C), before orientation."""

    def encode(
        self, pixels: np.ndarray, metadata: Metadata, quality: int | None, compression: int | None
    ) -> Pieces:
        """Return the file's content in pieces."""


def codec(format: str) -> Codec:
    """Return a format's module, importing it, and its libraries, only now."""
    return cast(Codec, import_module(f"convpipe.images.{format}"))


def checked_header(source: Source, limits: Limits) -> Header:
    """Read a header, hold it against the limits, and note the frames that will be left."""
    header = codec(source.format).header(source, limits)
    limits.check_array(header.rows, header.cols, header.channels, header.dtype)
    limits.check_frames(header.frames)
    if header.frames > 1:
        source.notes.append(f"first of {header.frames} frames; {header.frames - 1} left")
    return header
