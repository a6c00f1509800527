"""Which module reads an image by its rows."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from convpipe.limits import Limits
from convpipe.streaming.sources import files, raw
from convpipe.streaming.sources.model import RowSource
from convpipe.streaming.sources.raw import Raw

Source = str | os.PathLike[str] | Raw
"""An image file, which says itself what it holds; or samples, as they are said to lie."""


def opened(source: Source, limits: Limits) -> AbstractContextManager[RowSource]:
    """Open an image to be read by rows.

    Parameters
    ----------
    source : path-like or Raw
    limits : Limits
        What it may claim.

    Raises
    ------
    ReadError
        It is missing or damaged, or its rows cannot be read one by one.
    LimitError
        It claims more than the limits.
    """
    if isinstance(source, Raw):
        return raw.opened(source, limits)
    return files.opened(source, limits)
