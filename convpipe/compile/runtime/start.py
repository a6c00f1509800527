"""A quick start of Numba, for a process that is convpipe's alone.

Before the first loop, even one from the disk, Numba imports a few hundred modules and fills its tables. Of
that half a second, a quarter goes to the collector, which finds no garbage, and a quarter to SciPy's linear
algebra, which Numba tries for ``np.dot``; no generated loop has one.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LOADING = threading.Lock()
"""Held while Numba is loaded, so that no other thread begins to use it half way."""

LINEAR_ALGEBRA = "scipy.linalg"


def load() -> None:
    """Import Numba, and fill its tables as the first loop would; from any thread.

    Numba in this process goes without BLAS from then on, so this is not for the library's users.
    """
    with LOADING, _no_collector(), _absent(LINEAR_ALGEBRA):
        from numba.core.registry import cpu_target

        cpu_target.target_context.refresh()


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the collector from looking at what is made, now and later."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


@contextmanager
def _absent(module: str) -> Iterator[None]:
    """Make imports of a module fail, unless it is there already."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
