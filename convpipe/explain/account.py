"""An account of the arithmetic of a pixel: sentences, numbers in rows, and sums of products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Sentence:
    """What is said in words.

    Parameters
    ----------
    text : str
    """

    text: str


@dataclass(frozen=True, eq=False)
class Grid:
    """Numbers in rows, under a title.

    Parameters
    ----------
    title : str
    values : ndarray, shape (rows, cols)
    outside : ndarray of bool, shape (rows, cols), optional
        Which of them lie outside the image, and are made by the border's rule.
    """

    title: str
    values: NDArray[Any]
    outside: NDArray[np.bool_] | None = None


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
    >>> account.say("the stage gives 2")
    >>> account.parts
    [Sentence(text='the stage gives 2')]
    """

    def __init__(self) -> None:
        self.parts: list[Part] = []

    def say(self, text: str) -> None:
        """Add a sentence."""
        self.parts.append(Sentence(text))

    def grid(self, title: str, values: NDArray[Any], outside: NDArray[np.bool_] | None = None) -> None:
        """Add numbers in rows; some may lie outside the image."""
        self.parts.append(Grid(title, values, outside))

    def products(self, title: str, samples: Samples, taps: NDArray[np.float64]) -> None:
        """Add a sum of samples times taps."""
        self.parts.append(Products(title, samples, taps))
