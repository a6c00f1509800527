"""Rows of an image file, whose content says which format it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from convpipe.images import open_image
from convpipe.limits import Limits
from convpipe.streaming.sources.model import RowSource


@contextmanager
def opened(path: str | os.PathLike[str], limits: Limits) -> Iterator[RowSource]:
    """Open the first page of an image file; errors as for :func:`convpipe.images.open_image`.

    Raises
    ------
    ReadError
        Its rows cannot be read one by one.
    """
    with open_image(path, limits, first=True) as image:
        yield RowSource(image.infos[0], image.rows())
