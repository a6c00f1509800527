"""Choose a threading layer that may be entered from several threads at once."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from pathlib import Path

import numba

from convpipe.errors import BackendError


@cache
def prepare() -> None:
    """Make Numba take TBB or OpenMP; a layer that the user named is kept if it is one of these.

    Numba's own fallback, ``workqueue``, aborts the process when two threads enter it.

    Raises
    ------
    BackendError
        If ``workqueue`` was asked for.
    """
    layer = str(numba.config.THREADING_LAYER).lower()  # type: ignore[attr-defined]
    if layer == "workqueue":
        raise BackendError(
            "the threading layer 'workqueue' aborts when two threads enter it; unset NUMBA_THREADING_LAYER,"
            " or set it to tbb or omp"
        )
    if layer != "omp":
        preload_tbb()
    if layer == "default":
        numba.config.THREADING_LAYER = "threadsafe"  # type: ignore[attr-defined]


def count() -> int:
    """Return how many threads share a parallel loop; Numba chooses its layer when first asked."""
    prepare()
    return int(numba.get_num_threads())


def preload_tbb() -> None:
    """Load the TBB that pip puts into the environment, where the system's loader does not look."""
    library = Path(sys.prefix) / "lib" / "libtbb.so.12"
    if library.exists():
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
