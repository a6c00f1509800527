"""Which image a cluster gets next: new ones, those whose failure may have passed, and at the end suspects."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count

from convpipe.batch.again import delay
from convpipe.batch.settle import Pair
from convpipe.dataclass import dataclass
from convpipe.report import ImageResult

DEATHS = 2
"""Workers that an image may take with it, before it is quarantined."""


@dataclass(frozen=True)
class Try:
    """An image on its way to a worker.

    Parameters
    ----------
    pair : (Path, tuple of Path)
        The image and its results.
    tries : int
        Which of them this is, from 1.
    deaths : int
        Workers that died while they had it.
    lost : int
        Decoders that were lost by it.
    again : bool
        Whether an earlier try may have left results.
    failed : ImageResult or None
        What the last try came to.
    """

    pair: Pair
    tries: int = 1
    deaths: int = 0
    lost: int = 0
    again: bool = False
    failed: ImageResult | None = None


class Tries:
    """The images that are left, lazily: of those that nobody asked for yet none is held.

    Parameters
    ----------
    pairs : iterable of Pair
    retries : int
        How many times an image is tried again whose failure may pass.
    clock : callable
        Returns the time in seconds.
    """

    def __init__(
        self, pairs: Iterable[Pair], retries: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._new, self._retries, self._clock = iter(pairs), retries, clock
        self._later: list[tuple[float, int, Try]] = []
        self._numbers = count()  # so that no two tries are compared
        self._suspects: deque[Try] = deque()
        self._ready: deque[Try] = deque()

    def take(self) -> Try | None:
        """Return what is to be tried now, among others; None if there is nothing at the moment."""
        if self._ready:
            return self._ready.popleft()
        if self._later and self._later[0][0] <= self._clock():
            return heapq.heappop(self._later)[2]
        pair = next(self._new, None)
        return None if pair is None else Try(pair)

    def take_suspect(self) -> Try | None:
        """Return what is to be tried alone on a worker, which only it can be to blame for then."""
        return self._suspects.popleft() if self._suspects else None

    @property
    def waiting(self) -> bool:
        """Whether something is to be tried after a pause."""
        return bool(self._later)

    @property
    def left(self) -> bool:
        """Whether something waits, for a pause or for a worker; new images are not asked for."""
        return bool(self._later or self._ready or self._suspects)

    def repeat(self, one: Try) -> None:
        """Have an image done of which nothing was heard, whether a worker had it or not."""
        one = replace(one, again=True)
        (self._suspects if one.deaths or one.lost else self._ready).append(one)

    def retry(self, one: Try, failed: ImageResult) -> bool:
        """Have an image tried again that failed for what may pass; False if that was done often enough."""
        if one.tries > self._retries:
            return False
        due = self._clock() + delay(one.tries)
        again = replace(one, tries=one.tries + 1, failed=failed)
        heapq.heappush(self._later, (due, next(self._numbers), again))
        return True

    def lose(self, one: Try) -> None:
        """Have an image tried again, alone, whose decoder was lost."""
        self._suspects.append(replace(one, tries=one.tries + 1, lost=one.lost + 1))

    def last(self, one: Try) -> bool:
        """Tell whether an image is given up if its decoder is lost once more."""
        return one.lost >= max(1, self._retries)

    def bury(self, one: Try) -> bool:
        """Have an image tried again, alone, whose worker died; False if it may take no more with it."""
        if one.deaths + 1 >= DEATHS:
            return False
        self._suspects.append(replace(one, tries=one.tries + 1, deaths=one.deaths + 1, again=True))
        return True

    def failures(self) -> Iterable[ImageResult]:
        """Return what those came to that wait to be tried again."""
        waiting = (one for _, _, one in self._later)
        return [one.failed for one in (*waiting, *self._ready, *self._suspects) if one.failed is not None]
