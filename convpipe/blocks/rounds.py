"""Numbers of images that are never together: in each round a few questions go to all parts of an image.

What is found in parts is put together to what the whole has, bit for bit: counts and extremes have no order,
and sums are of the same shares of pixels. What is asked may depend on answers: bins lie between extremes.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import radix
from convpipe.dataclass import dataclass
from convpipe.errors import PlanError
from convpipe.histograms import Counter, Moments, Samples, Survey, shares_of
from convpipe.statistics import Cumulative, Measured


@dataclass(frozen=True)
class Question:
    """What is to be found of all samples of an image.

    Parameters
    ----------
    kind : str
        ``survey``, ``whole``, ``bins``, ``digits``, ``moments``, ``first``, ``least`` or ``largest``.
    channel : int, optional
        Of one channel alone.
    given : tuple of float
        What the kind takes: the ends of whole numbers, the edges of bins, how many digits of keys are known
        and which, the origin of moments.
    """

    kind: str
    channel: int | None
    given: tuple[float, ...] = ()

    def of(self, samples: NDArray[Any], shares: Sequence[int], counter: Counter) -> Any:
        """Return what is found of some samples.

        Parameters
        ----------
        samples : ndarray, shape (n, channels)
        shares : sequence of int
            How many pixels are in each share.
        counter : Counter
        """
        own = samples if self.channel is None else samples[:, self.channel : self.channel + 1]
        match self.kind:
            case "survey":
                return counter.survey(own)
            case "whole":
                return counter.whole(own, *map(int, self.given))
            case "bins":
                return counter.bins(own, np.array(self.given))
            case "digits":
                known, *first = map(int, self.given)
                return radix.count_digits(own, known, first)
            case "moments":
                parts = np.split(own, np.cumsum(shares)[:-1])
                return np.concatenate([counter.moments(part, *self.given) for part in parts])
            case "first":
                held = np.flatnonzero(np.isfinite(own))
                return float(own.reshape(-1)[held[0]]) if held.size else math.nan
            case _:
                reduce = np.fmax.reduce if self.kind == "largest" else np.fmin.reduce
                return float(reduce(own, axis=None))

    def joined(self, answers: Sequence[Any]) -> Any:
        """Return what is found of all, of what was of some samples after the other."""
        match self.kind:
            case "survey":
                return functools.reduce(Survey.__or__, answers)
            case "whole" | "bins" | "digits":
                return np.sum(answers, axis=0)
            case "moments":
                return np.concatenate(answers)
            case "first":
                return next((each for each in answers if math.isfinite(each)), math.nan)
            case _:
                return float((np.fmax if self.kind == "largest" else np.fmin).reduce(answers))


Answers = Mapping[Question, Any]


class _Asked(Exception):  # noqa: N818
    """Something is not known yet."""

    def __init__(self, question: Question) -> None:
        self.question = question


@dataclass(frozen=True)
class Unseen:
    """Stands for samples of which there are answers alone.

    Parameters
    ----------
    dtype : dtype
    size : int
    answers : mapping
    channel : int, optional
    """

    dtype: np.dtype[Any]
    size: int
    answers: Answers
    channel: int | None = None

    def find(self, kind: str, *given: float) -> Any:
        """Return an answer, or ask for it."""
        question = Question(kind, self.channel, given)
        if question not in self.answers:
            raise _Asked(question)
        return self.answers[question]


class UnseenCounter(Counter):
    """Knows of samples what answers say."""

    def survey(self, samples: Any) -> Survey:
        """Return what the finite samples are like."""
        return samples.find("survey")  # type: ignore[no-any-return]

    def whole(self, samples: Any, low: int, high: int) -> NDArray[np.int64]:
        """Return how many of the samples are each of low to high."""
        return samples.find("whole", low, high)  # type: ignore[no-any-return]

    def bins(self, samples: Any, edges: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many samples lie between each two of some edges."""
        return samples.find("bins", *edges.tolist())  # type: ignore[no-any-return]

    def run(self, function: Callable[..., Any], *given: Any) -> Any:
        """Return what a function of counts gives, compiled."""
        from convpipe.compile.cpu.counting import Counting  # Numba loads when the first image comes

        return Counting(1).run(function, *given)

    def moments(self, samples: Any, origin: float) -> NDArray[np.float64]:
        """Return of each share of the samples its count, total and squares."""
        return samples.find("moments", origin)  # type: ignore[no-any-return]


class UnseenSamples(Samples):
    """What is found of samples that are not there, of answers.

    Parameters
    ----------
    samples : Unseen
    """

    def __init__(self, samples: Unseen) -> None:
        super().__init__(samples, UnseenCounter())  # type: ignore[arg-type]
        self._unseen = samples

    def all(self, channel: int | None) -> Any:
        """Return those of a channel, or of all."""
        own = self._unseen
        return own if channel is None else Unseen(own.dtype, own.size, own.answers, channel)

    def extreme(self, channel: int | None, *, largest: bool) -> float:
        """Return the largest or the smallest of them; NaN of none."""
        return float(self.all(channel).find("largest" if largest else "least"))

    def percentile(self, channel: int | None, percent: float) -> float:
        """Return a percentile of the finite ones, which are counted by the digits of their keys."""
        own = self.all(channel)
        return radix.percentile(own.dtype, percent, lambda known, first: own.find("digits", known, *first))

    def finite(self, channel: int | None) -> NDArray[np.float64]:
        """Refuse to return all of them."""
        raise PlanError("a number needs all samples of the image in order of size")

    def _moments(self, samples: Any) -> Moments | None:
        origin = samples.find("first")
        if not math.isfinite(origin):
            return None
        return Moments.of_shares(samples.find("moments", origin), origin)


@dataclass(frozen=True)
class Inquiry:
    """Numbers of an image that are sought, and what is known of its samples.

    Parameters
    ----------
    statistics : tuple of Statistic or Cumulative
    dtype : str
        Of the samples.
    size : int
        How many there are.
    answers : mapping, optional
    """

    statistics: tuple[Measured, ...]
    dtype: str
    size: int
    answers: Answers | None = None

    @property
    def numbers(self) -> list[float]:
        """The numbers, one after the other.

        Raises
        ------
        PlanError
            If one needs all samples at once.
        """
        return [number for one in self.statistics for number in one.of(self._samples)]

    @property
    def questions(self) -> list[Question]:
        """What has to be known next; nothing, if all numbers are."""
        found = dict.fromkeys(self._open())
        return list(found)

    def _open(self) -> Iterator[Question]:
        for one in self.statistics:
            try:
                one.of(self._samples)
            except _Asked as asked:
                yield asked.question

    def told(self, parts: Sequence[Answers]) -> Inquiry:
        """Return the same with the answers to its questions, of all parts from the first to the last."""
        known = {**(self.answers or {}), **put_together(self.questions, parts)}
        return Inquiry(self.statistics, self.dtype, self.size, known)

    @property
    def are_few(self) -> bool:
        """Whether the samples' type has few values."""
        return self._samples.are_few

    @property
    def _samples(self) -> UnseenSamples:
        return UnseenSamples(Unseen(np.dtype(self.dtype), self.size, self.answers or {}))


def most_rounds(inquiry: Inquiry) -> int:
    """Return in how many rounds at most all numbers are known.

    Examples
    --------
    >>> from convpipe.statistics import Statistic
    >>> level, mean = Statistic("t", "otsu"), Statistic("m", "mean")
    >>> most_rounds(Inquiry((level, mean), "uint8", 9)), most_rounds(Inquiry((level,), "float32", 9))
    (1, 2)
    >>> most_rounds(Inquiry((Statistic("m", "percentile", 50),), "float32", 9))
    2
    """
    few = inquiry.are_few
    found = [1]
    for one in inquiry.statistics:
        if isinstance(one, Cumulative) or one.kind == "multiotsu":  # in fewer bins than there are values
            found.append(3)
        elif one.kind == "percentile" and not few:
            found.append(radix.digits_of(inquiry.dtype))
        elif not (few or one.is_extreme):
            found.append(2)
    return max(found)


def put_together(questions: Iterable[Question], parts: Sequence[Answers]) -> dict[Question, Any]:
    """Return the answers of parts, from the first to the last, put together."""
    return {question: question.joined([part[question] for part in parts]) for question in questions}


@dataclass(frozen=True)
class Strip:
    """Pixels of an image that follow each other, in whole shares.

    Parameters
    ----------
    ends : tuple of int
        The first pixel of each share, and the one after the last, in an image row by row.
    """

    ends: tuple[int, ...]

    @property
    def shares(self) -> list[int]:
        """How many pixels are in each share."""
        return np.diff(self.ends).tolist()

    def rows(self, width: int) -> tuple[int, int]:
        """Return the first and the last row that holds some of it, of so many pixels."""
        return self.ends[0] // width, (self.ends[-1] - 1) // width

    def of(self, rows: NDArray[Any], width: int) -> NDArray[Any]:
        """Return its samples, of those of its rows, (n, channels)."""
        above = self.ends[0] // width * width
        return rows[self.ends[0] - above : self.ends[-1] - above]


def strips(pixels: int, many: int) -> list[Strip]:
    """Return an image of so many pixels in about as many strips as are asked for.

    Examples
    --------
    >>> [each.shares for each in strips(200_000, 2)]
    [[50000, 50000], [50000, 50000]]
    """
    shares = shares_of(pixels)
    ends = [number * pixels // shares for number in range(shares + 1)]
    many = min(many, shares)
    bounds = [number * shares // many for number in range(many + 1)]
    return [Strip(tuple(ends[first : last + 1])) for first, last in itertools.pairwise(bounds)]
