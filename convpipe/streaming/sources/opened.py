"""Which module reads an image by its rows."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from convpipe.limits import Limits
from convpipe.streaming.sources import files
from convpipe.streaming.sources.model import RowSource


def opened(source: str | os.PathLike[str], limits: Limits) -> AbstractContextManager[RowSource]:
    """Open an image to be read by rows.

    Parameters
    ----------
    source : path-like
    limits : Limits
        What it may claim.

    Raises
    ------
    ReadError
        It is missing or damaged, or its rows cannot be read one by one.
    LimitError
        It claims more than the limits.
    """
    return files.opened(source, limits)
