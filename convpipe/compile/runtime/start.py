"""A quick start of Numba, for a process that is convpipe's alone, where it cannot do without.

Numba imports a few hundred modules. Of that a quarter goes to the collector, which finds no garbage, and a
third to SciPy, whose version Numba asks for, and whose linear algebra it tries for ``np.dot``; no generated
loop has one, and none calls a function of cffi's. PyYAML reads a file of settings, of which most users have
none.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from typing import Any

from convpipe.compile.runtime import settings

LOADING = threading.RLock()
"""Held while Numba is loaded, so that no other thread begins to use it half way."""

NOT_NEEDED = frozenset({"scipy", "cffi"})
"""What Numba tries to import for programs that are not ours."""

_ours = False
"""Whether Numba is loaded for a process that is convpipe's alone."""

_spared = False
"""Whether machine code from the disk is run without Numba."""


def load() -> None:
    """Import Numba, and start its allocator as the first loop from the disk would; from any thread.

    Numba in this process goes without BLAS and cffi from then on, so this is not for the library's users.
    """
    global _ours
    if _ours:
        return
    without = NOT_NEEDED if settings.FILE.exists() else NOT_NEEDED | {"yaml"}
    with LOADING, _no_collector(), _absent(without):
        from numba.core.registry import cpu_target
        from numba.core.runtime.nrt import rtsys

        rtsys.initialize(cpu_target.target_context)
        _ours = True


def numba() -> Any:
    """Return Numba, loaded by one thread, whichever needs it first."""
    if _spared:
        load()
    with LOADING:
        return import_module("numba")


def spare() -> None:
    """Do without Numba from now on, but where something is compiled, or runs by its threads or its allocator.

    A function is called by its address then, which takes some microseconds more: for large images.
    """
    global _spared
    _spared = True


def is_spared() -> bool:
    """Tell whether to do without Numba."""
    return _spared


def fill_tables() -> None:
    """Fill the tables from which Numba compiles, as it would before the first function.

    That takes as long as to import it; code from the disk can mostly do without.
    """
    from numba.core.registry import cpu_target

    with ExitStack() as stack:
        if _ours:
            stack.enter_context(_no_collector())
            stack.enter_context(_absent(NOT_NEEDED))
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
def _absent(modules: Collection[str]) -> Iterator[None]:
    """Make imports of modules fail on this thread, but of those that are there already."""
    finder = _Refusal(modules, threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Refusal(MetaPathFinder):
    """Says of modules that there are none, to one thread; what others import meanwhile they get."""

    def __init__(self, modules: Collection[str], thread: int) -> None:
        self._modules, self._thread = modules, thread

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        """Refuse a module; of all others the finders after this one are asked."""
        if name in self._modules and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
