"""Windows that lie elsewhere, and weigh otherwise, for every output: what resampling needs along one axis."""

from __future__ import annotations

from dataclasses import field, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convpipe.dataclass import dataclass
from convpipe.geometry import Axis

NEGLIGIBLE = 1e-14
"""Weights of this size and less are what rounding leaves of 0, as of a sine of a multiple of pi."""


@dataclass(frozen=True, eq=False)
class Polyphase(Axis):
    """Taps of their own for every output: output i is the sum of ``weights[i, k] * sample[first[i] + k]``.

    All windows lie inside the samples: there is no border. None begins before the one above it. A weight of 0
    is no tap.

    Parameters
    ----------
    size : int
        Samples that enter.
    first : ndarray of int64, shape (outputs,)
        Where the windows begin.
    weights : ndarray of float64, shape (outputs, taps)
    step : Fraction
        Samples between outputs.
    origin : Fraction
        Where output 0 is centred, the centre of sample 0 being at 0.

    Examples
    --------
    >>> half = Polyphase.of([[0, 1], [2, 3]], [[0.5, 0.5], [0.5, 0.5]], 5, Fraction(5, 2), Fraction(3, 4))
    >>> half.output(5), half.kernel, half.hull(1, 1)
    (2, 2, (2, 4))
    """

    size: int = 1
    first: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    weights: NDArray[np.float64] = field(default_factory=lambda: np.ones((1, 1)))
    step: Fraction = Fraction(1)
    origin: Fraction = Fraction(0)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @classmethod
    def of(
        cls, places: ArrayLike, weights: ArrayLike, size: int, step: Fraction, origin: Fraction
    ) -> Polyphase:
        """Return the taps of outputs that weigh the samples at `places`.

        Parameters
        ----------
        places : array_like of int, shape (outputs, taps)
            Consecutive in each row; outside the samples only under weights of 0.
        weights : array_like, shape (outputs, taps)
        size, step, origin
            As of the class.
        """
        begins = np.asarray(places, np.int64)[:, 0]
        given = np.array(weights, np.float64)
        given[np.abs(given) <= NEGLIGIBLE] = 0
        used = given != 0
        first = begins + np.argmax(used, axis=1)
        first = np.minimum.accumulate(first[::-1])[::-1]  # so that windows move one way
        taps = int((begins + given.shape[1] - np.argmax(used[:, ::-1], axis=1) - first).max())
        first = np.clip(first, 0, size - taps)
        at = (first - begins)[:, None] + np.arange(taps)
        inside = (at >= 0) & (at < given.shape[1])
        moved = np.where(inside, np.take_along_axis(given, np.where(inside, at, 0), axis=1), 0.0)
        for array in (first, moved):
            array.setflags(write=False)
        return cls(taps, size=size, first=first, weights=moved, step=step, origin=origin)

    @classmethod
    def identity(cls, size: int) -> Polyphase:
        """Return the taps that give every sample as it is."""
        return cls.of(np.arange(size)[:, None], np.ones((size, 1)), size, Fraction(1), Fraction(0))

    def part(self, first: int, last: int, begin: int, size: int) -> Polyphase:
        """Return the taps of outputs `first` to `last` over `size` samples from `begin` on.

        All of their windows lie there, with weights of 0.

        Examples
        --------
        >>> half = Polyphase.of([[0, 1], [2, 3]], [[0.5, 0.5], [0.5, 0.5]], 5, Fraction(2), Fraction(1, 2))
        >>> right = half.part(1, 1, 2, 3)
        >>> right.first, right.hull(0, 0), right.origin
        (array([0]), (0, 2), Fraction(1, 2))
        """
        own = slice(first, last + 1)
        return replace(
            self,
            size=size,
            first=self.first[own] - begin,
            weights=self.weights[own],
            origin=self.origin + first * self.step - begin,
        )

    @property
    def sizes(self) -> Polyphase:
        """The same with the sizes of the weights."""
        return replace(self, weights=np.abs(self.weights))

    @property
    def is_identity(self) -> bool:
        """Tell whether it gives every sample as it is."""
        return len(self.first) == self.size and self.picks and bool((np.diff(self.first) == 1).all())

    @property
    def picks(self) -> bool:
        """Tell whether every output is a sample as it is."""
        return self.kernel == 1 and bool((self.weights == 1).all())

    @property
    def tile(self) -> int | None:
        """How many samples each output is the mean of, where these are all of them in turn; else None.

        Examples
        --------
        >>> Polyphase.of([[0, 1], [2, 3]], [[0.5, 0.5], [0.5, 0.5]], 4, Fraction(2), Fraction(1, 2)).tile
        2
        """
        side, outputs = self.kernel, len(self.first)
        in_turn = side * outputs == self.size and bool((self.first == side * np.arange(outputs)).all())
        return side if in_turn and bool((self.weights == 1 / side).all()) else None

    @property
    def rate(self) -> Fraction:
        """Samples between outputs."""
        return self.step

    @property
    def centre(self) -> Fraction:
        """Where output 0 is centred, the first sample being at 0."""
        return self.origin

    @property
    def nbytes(self) -> int:
        """Most memory that the taps take: as they are, and as a loop reads them."""
        return 3 * (self.first.nbytes + self.weights.nbytes)

    def output(self, size: int) -> int:
        """Return the number of outputs, of as many samples as it is for."""
        assert size == self.size
        return len(self.first)

    def dropped(self, size: int) -> int:
        """Return 0: no sample is left unread by a floor."""
        return 0

    def formula(self, size: int) -> str:
        """Return the number of outputs, for a person."""
        return f"{size} resampled at every {float(self.step):.6g} = {len(self.first)}"

    def hull(self, first: int, last: int) -> tuple[int, int]:
        """Return where the windows of outputs `first` to `last` begin, and where they have ended."""
        begins = self.first[first : last + 1]
        return int(begins.min()), int(begins.max()) + self.kernel

    def alike(self, first: int, last: int) -> tuple[int, int]:
        """Return the longest run of outputs among `first` to before `last` whose taps repeat at every period.

        A period is of ``step.denominator`` outputs and ``step.numerator`` samples.

        Returns
        -------
        begin, end : int
            Of whole periods; equal where there are none.

        Examples
        --------
        >>> pairs = np.arange(10).reshape(5, 2)
        >>> weights = [[1, 1], [2, 1], [2, 1], [2, 1], [1, 1]]
        >>> halved = Polyphase.of(pairs, weights, 10, Fraction(2), Fraction(1, 2))
        >>> halved.alike(0, 5)
        (1, 4)
        """
        outputs, samples = self.step.denominator, self.step.numerator
        one, other = slice(first, last - outputs), slice(first + outputs, last)
        if last - first <= outputs:
            return first, first
        same = (self.first[other] == self.first[one] + samples) & (
            self.weights[other] == self.weights[one]
        ).all(axis=1)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]])))
        if not len(edges):
            return first, first
        begins, ends = edges[::2], edges[1::2]
        longest = int(np.argmax(ends - begins))
        count = (int(ends[longest] - begins[longest]) + outputs) // outputs * outputs
        begin = first + int(begins[longest])
        return begin, begin + count

    def under(self, output: int) -> range:
        """Return the places of the samples in the window of an output."""
        first = int(self.first[output])
        return range(first, first + self.kernel)

    def reads(self, first: int, last: int) -> tuple[int, int]:
        """Return the first sample and the last under a tap of outputs `first` to `last`.

        Examples
        --------
        >>> taps = Polyphase.of([[0, 1], [1, 2]], [[1, 0], [0.5, 0.5]], 3, Fraction(1), Fraction(0))
        >>> taps.hull(0, 0), taps.reads(0, 0)
        ((0, 2), (0, 0))
        """
        low, high = self._taken
        return int(low[first : last + 1].min()), int(high[first : last + 1].max())

    @cached_property
    def _taken(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first sample under a tap of each output, and the last."""
        used = self.weights != 0
        return (
            self.first + np.argmax(used, axis=1),
            self.first + self.kernel - 1 - np.argmax(used[:, ::-1], axis=1),
        )

    @property
    def spread(self) -> tuple[int, int]:
        """How far its windows begin before `rate` times their output, and how far after it they end."""
        at = np.arange(len(self.first)) * float(self.step)
        above = float(np.max(at - self.first))
        return int(np.ceil(above)), int(np.ceil(float(np.max(self.first + self.kernel - at))))
