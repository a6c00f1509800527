"""Where the rows of an image larger than memory come from."""

from convpipe.streaming.sources.model import RowSource
from convpipe.streaming.sources.opened import opened

__all__ = ["RowSource", "opened"]
