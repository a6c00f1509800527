"""What an image is to those who read it row by row, whatever it is stored as."""

from __future__ import annotations

from convpipe.dataclass import dataclass
from convpipe.images import ImageInfo
from convpipe.images.rows import RowReader
from convpipe.streaming.grid import Grid


@dataclass(frozen=True)
class RowSource:
    """An image that is open to be read by rows.

    Parameters
    ----------
    info : ImageInfo
        What it holds, as its header says.
    reader : RowReader
        Of its rows; its metadata are the image's.
    places : Grid, optional
        Where its pixels lie, if more is known of that than metadata say.
    """

    info: ImageInfo
    reader: RowReader
    places: Grid | None = None

    @property
    def grid(self) -> Grid:
        """Where its pixels lie."""
        return self.places or Grid.of(self.reader.metadata)
