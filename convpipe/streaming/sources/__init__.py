"""Where the rows of an image larger than memory come from."""

from convpipe.streaming.sources.model import RowSource
from convpipe.streaming.sources.opened import Source, opened
from convpipe.streaming.sources.raw import Raw
from convpipe.streaming.sources.zarr import Zarr

__all__ = ["Raw", "RowSource", "Source", "Zarr", "opened"]
