"""Which module reads an image by its rows."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from convpipe.images.source import read_errors
from convpipe.limits import Limits
from convpipe.stores import Url, is_url
from convpipe.streaming.sources import files, raw, zarr
from convpipe.streaming.sources.model import RowSource
from convpipe.streaming.sources.raw import Raw
from convpipe.streaming.sources.zarr import Zarr

Source = str | os.PathLike[str] | Url | Raw | Zarr
"""An image file or a folder of Zarr, on a disk or in a store, which says itself what it holds; samples, as
they are said to lie; or a plane of an array."""


def opened(source: Source, limits: Limits) -> AbstractContextManager[RowSource]:
    """Open an image to be read by rows.

    Parameters
    ----------
    source : path-like, URL, Url, Raw or Zarr
    limits : Limits
        What it may claim.

    Raises
    ------
    ReadError
        It is missing or damaged, or its rows cannot be read one by one.
    LimitError
        It claims more than the limits.
    """
    source = Url.parse(source) if isinstance(source, str) and is_url(source) else source
    if isinstance(source, Raw):
        return raw.opened(source, limits)
    if isinstance(source, Zarr):
        return zarr.opened(source, limits)
    with read_errors("cannot open"):
        is_zarr = zarr.is_zarr(source)
    return zarr.opened(Zarr(source), limits) if is_zarr else files.opened(source, limits)
