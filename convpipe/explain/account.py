"""An account of the arithmetic of a pixel: sentences, numbers in rows, and sums of products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass

Samples = NDArray[np.floating[Any]]


class Source(NamedTuple):
    """A sample that a number comes from.

    Parameters
    ----------
    stage : int
        Position among those of the plan; ``IMAGE`` is the image.
    row, col, channel : int
    """

    stage: int
    row: int
    col: int
    channel: int


Sources = Sequence[Sequence[Source | None]]
"""Of numbers in rows; None is of those that no sample gives, as a constant border."""


Places = Sequence[Sequence[int]]
"""Of numbers in rows: the rows and the columns that they lie on."""


@dataclass(frozen=True)
class Sentence:
    """What is said in words.

    Parameters
    ----------
    text : str
    sources : tuple of Source
        Of the numbers in it that come from elsewhere.
    is_result : bool
        Whether it is what all of it comes to.
    """

    text: str
    sources: tuple[Source, ...] = ()
    is_result: bool = False


@dataclass(frozen=True, eq=False)
class Grid:
    """Numbers in rows, under a title.

    Parameters
    ----------
    title : str
    values : ndarray, shape (rows, cols)
    outside : ndarray of bool, shape (rows, cols), optional
        Which of them lie outside the image, and are made by the border's rule.
    sources : rows of Source, optional
    places : (rows, cols), optional
        Where they lie in what is read; negative ones are outside.
    border : str, optional
        The rule that makes what lies outside, where it is to be said.
    """

    title: str
    values: NDArray[Any]
    outside: NDArray[np.bool_] | None = None
    sources: Sources | None = None
    places: Places | None = None
    border: str | None = None


@dataclass(frozen=True, eq=False)
class Products:
    """Samples times taps, and their sum.

    Parameters
    ----------
    title : str
        What the sum is, up to where it begins: ``r =``.
    samples, taps : ndarray, shape (rows, cols)
    """

    title: str
    samples: Samples
    taps: NDArray[np.float64]

    @property
    def sum(self) -> float:
        """The sum of all products.

        Examples
        --------
        >>> Products("r =", np.array([[2.0, 3.0]]), np.array([[10.0, 1.0]])).sum
        23.0
        """
        return float((self.samples * self.taps).sum())


Part = Sentence | Grid | Products


class Account:
    """What has been said so far.

    Attributes
    ----------
    parts : list of Sentence, Grid or Products

    Examples
    --------
    >>> account = Account()
    >>> account.conclude("the stage gives 2")
    >>> account.parts
    [Sentence(text='the stage gives 2', sources=(), is_result=True)]
    """

    def __init__(self) -> None:
        self.parts: list[Part] = []

    def say(self, text: str, *sources: Source) -> None:
        """Add a sentence, and where numbers in it come from."""
        self.parts.append(Sentence(text, sources))

    def conclude(self, text: str) -> None:
        """Add a sentence that says what all of it comes to."""
        self.parts.append(Sentence(text, is_result=True))

    def add(self, part: Part) -> None:
        """Add what is made already."""
        self.parts.append(part)

    def grid(self, title: str, values: NDArray[Any]) -> None:
        """Add numbers in rows."""
        self.parts.append(Grid(title, values))

    def products(self, title: str, samples: Samples, taps: NDArray[np.float64]) -> None:
        """Add a sum of samples times taps."""
        self.parts.append(Products(title, samples, taps))
