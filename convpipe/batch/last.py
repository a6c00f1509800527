"""The last record of each image that journals have: on the disk, as there may be very many."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from convpipe.batch.find import in_order_of_walk
from convpipe.shelf import Shelf

Value = TypeVar("Value")


class LastRecords(Shelf[Value]):
    """Values of images, of each the last; they come in the order of a walk through the folder.

    Examples
    --------
    >>> last = LastRecords()
    >>> for path, value in (("b.png", 1), ("a!.png", 2), ("a/c.png", 3), ("b.png", 4)):
    ...     last.take(path, value)
    >>> last.take("b.png", 5, job=1)
    >>> list(last.in_order())
    [3, 2, 4, 5]
    """

    def take(self, path: str, value: Value, job: int = 0) -> None:
        """Keep the value of an image, in the place of an earlier one.

        Parameters
        ----------
        path : str
        value
        job : int
            Of several that know images of the same names, from 0.
        """
        self.put(f"{in_order_of_walk(Path(path))}\0\0{job:08}\0{path}", value)
