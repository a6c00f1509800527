"""Make Numba take a threading layer that may be entered from several threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from convpipe.compile.runtime import environment, start


@cache
def prepare() -> None:
    """Make Numba take TBB or OpenMP; a layer that the user named is kept if it is one of these.

    Raises
    ------
    BackendError
        If another one was named, or Numba is told to compile nothing: in the environment, in a file of
        its settings, or by the program.
    """
    environment.check()
    numba = start.numba()
    if numba.config.DISABLE_JIT:
        raise environment.compiler_is_off()
    layer = str(numba.config.THREADING_LAYER)
    environment.layer(layer)
    if layer == "default":
        numba.config.THREADING_LAYER = "threadsafe"


def count() -> int:
    """Return how many threads share a parallel loop; Numba chooses its layer when first asked."""
    return environment.threads() if start.is_spared() else int(_counter()())


@cache
def _counter() -> Callable[[], int]:
    """Return what Numba itself asks, once its threads are there: two locks less, which take a microsecond."""
    prepare()
    numba = start.numba()
    numba.get_num_threads()
    asked: Callable[[], int] = getattr(numba.np.ufunc.parallel, "_get_num_threads", numba.get_num_threads)
    return asked


def shares_among(most: int | None, work: int, fewest: int) -> int:
    """Return on how many threads to share work, `fewest` units each; of `most`, None is all there are."""
    shares = work // fewest
    return min(most or count(), shares) if shares > 1 and most != 1 else 1


@contextmanager
def limited(threads: int | None) -> Iterator[None]:
    """Share parallel loops that this thread calls among at most so many threads; None is all there are."""
    most, numba = count(), start.numba()
    numba.set_num_threads(min(threads or most, most))
    try:
        yield
    finally:
        numba.set_num_threads(most)


def shared(run: Callable[[int, int], int], shares: Sequence[tuple[int, int]]) -> int:
    """Return what a function of the first and the last of some units adds up to, each share on a thread.

    The first is done on the calling one. What one of them raises is raised when all are done.
    """
    found, errors = [0] * len(shares), []

    def work(number: int) -> None:
        try:
            found[number] = run(*shares[number])
        except BaseException as error:
            errors.append(error)

    others = [threading.Thread(target=work, args=(number,)) for number in range(1, len(shares))]
    for thread in others:
        thread.start()
    work(0)
    for thread in others:
        thread.join()
    if errors:
        raise errors[0]
    return sum(found)
