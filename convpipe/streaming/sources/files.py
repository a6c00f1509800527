"""Rows of an image file, whose content says which format it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

from convpipe.images import OpenFile, open_file, open_image
from convpipe.images.remote import opened_remote
from convpipe.images.source import read_errors
from convpipe.limits import Limits
from convpipe.stores import Url
from convpipe.streaming.sources.model import RowSource


@contextmanager
def opened(place: str | os.PathLike[str] | Url, limits: Limits) -> Iterator[RowSource]:
    """Open the first page of an image file; errors as for :func:`convpipe.images.open_image`.

    Raises
    ------
    ReadError
        Its rows cannot be read one by one.
    """
    with held(place) as file, open_image(file, limits, first=True) as image:
        yield RowSource(image.infos[0], image.rows())


def held(place: str | os.PathLike[str] | Url) -> OpenFile:
    """Open a file, or an object of which ranges are fetched.

    Raises
    ------
    ReadError
        It cannot be opened.
    """
    with read_errors("cannot open"):
        if not isinstance(place, Url):
            return open_file(place)
        from convpipe.stores.store import Store

        return opened_remote(Store(place.parent), PurePath(place.name))
