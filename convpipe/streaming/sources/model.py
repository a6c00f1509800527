"""What an image is to those who read it row by row, whatever it is stored as."""

from __future__ import annotations

from dataclasses import dataclass

from convpipe.images import ImageInfo
from convpipe.images.rows import RowReader


@dataclass(frozen=True)
class RowSource:
    """An image that is open to be read by rows.

    Parameters
    ----------
    info : ImageInfo
        What it holds, as its header says.
    reader : RowReader
        Of its rows; its metadata are the image's.
    """

    info: ImageInfo
    reader: RowReader
