"""A quick start of Numba, for a process that is convpipe's alone.

Before the first loop, even one from the disk, Numba imports a few hundred modules. Of that a quarter goes to
the collector, which finds no garbage, and a quarter to SciPy's linear algebra, which Numba tries for
``np.dot``; no generated loop has one, and none calls a function of cffi's.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

LOADING = threading.Lock()
"""Held while Numba is loaded, so that no other thread begins to use it half way."""

NOT_NEEDED = ("scipy.linalg", "cffi")
"""What Numba tries to import for programs that are not ours."""


_ours = False
"""Whether Numba is loaded for a process that is convpipe's alone."""


def load() -> None:
    """Import Numba, and start its allocator as the first loop from the disk would; from any thread.

    Numba in this process goes without BLAS and cffi from then on, so this is not for the library's users.
    """
    global _ours
    with LOADING, _no_collector(), _absent(*NOT_NEEDED):
        from numba.core.registry import cpu_target
        from numba.core.runtime.nrt import rtsys

        rtsys.initialize(cpu_target.target_context)
        _ours = True


def fill_tables() -> None:
    """Fill the tables from which Numba compiles, as it would before the first function.

    That takes as long as to import it; code from the disk can mostly do without.
    """
    from numba.core.registry import cpu_target

    with ExitStack() as stack:
        if _ours:
            stack.enter_context(_no_collector())
            stack.enter_context(_absent(*NOT_NEEDED))
        cpu_target.target_context.refresh()


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector away: a look at all of Numba takes as long as half a loop takes to compile."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the collector from looking at what is made, now and later."""
    with uncollected():
        try:
            yield
        finally:
            gc.freeze()


@contextmanager
def _absent(*modules: str) -> Iterator[None]:
    """Make imports of modules fail, but of those that are there already."""
    hidden = [module for module in modules if module not in sys.modules]
    for module in hidden:
        sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for module in hidden:
            del sys.modules[module]
