"""Which pages of a file of several are meant: one, or a range of them."""

from __future__ import annotations

from convpipe.dataclass import dataclass
from convpipe.errors import ReadError


@dataclass(frozen=True)
class PageRange:
    """One page of a file, or a range of them, counted from 0; negative numbers count from the end.

    Parameters
    ----------
    first : int, optional
        Default: the first of the file.
    end : int, optional
        The page behind the last; default: the end of the file.
    step : int, optional
    single : bool, optional
        `first` alone is meant.

    Examples
    --------
    >>> PageRange(0, 10, 2).select(5), PageRange(-1, single=True).select(5)
    (range(0, 5, 2), range(4, 5))
    """

    first: int | None = None
    end: int | None = None
    step: int = 1
    single: bool = False

    def select(self, count: int) -> range:
        """Return the pages that are meant of a file of `count` pages, in order.

        Raises
        ------
        ReadError
            If none is.
        """
        chosen = range(count)[self.first : self.end : self.step]
        if self.single:
            at = self.first or 0
            chosen = range(count)[at : at + 1 or None] if -count <= at < count else range(0)
        if not chosen:
            raise ReadError(f"it has {_pages(count)}; {self} {'is' if self.single else 'are'} none of them")
        return chosen

    def __str__(self) -> str:
        """Return what is meant, as a config has it."""
        if self.single:
            return f"page {self.first}"
        said = [self.first, self.end, *([self.step] if self.step > 1 else [])]
        return f"pages [{', '.join('null' if each is None else str(each) for each in said)}]"


ALL_PAGES = PageRange()
"""Every page of a file."""


def _pages(count: int) -> str:
    return "1 page, 0" if count == 1 else f"{count} pages, 0 to {count - 1}"
