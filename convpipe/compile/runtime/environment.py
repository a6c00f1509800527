"""Whether loops can be compiled and run here: looked at once, before Numba is loaded and any image is read.

What Numba is told by the environment, and what it finds missing, would otherwise end as the same error for
every image, or as an abort in the middle of one. Numba itself is not imported to find out.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from convpipe.errors import BackendError

MODULES = {"tbb": "tbbpool", "omp": "omppool"}
"""Threading layers that may be entered from several threads, best first, and the module of each in Numba.

Its third, ``workqueue``, aborts the process when two threads enter it.
"""

CHOICES = {
    "default": ("tbb", "omp"),
    "threadsafe": ("tbb", "omp"),
    "safe": ("tbb",),
    "tbb": ("tbb",),
    "omp": ("omp",),
}
"""Values of NUMBA_THREADING_LAYER that leave one of these, and which."""

ONE_BLAS_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""The environment of a process that is convpipe's alone, set before NumPy is loaded.

OpenBLAS starts a thread a core as it is loaded, and where the system refuses one it raises SIGINT, which
looks like Ctrl-C. All that is asked of it here are kernels and a few coordinates.
"""


@cache
def check() -> None:
    """Find out whether loops can run here.

    Raises
    ------
    BackendError
        If they cannot; the message says why, and what would help.
    """
    if _whole("NUMBA_DISABLE_JIT", 0):
        raise compiler_is_off()
    if (count := _whole("NUMBA_NUM_THREADS", 1)) is None or count < 1:
        given = os.environ["NUMBA_NUM_THREADS"]
        raise BackendError(f"NUMBA_NUM_THREADS needs a whole number of at least 1; given {given!r}")
    layer(os.environ.get("NUMBA_THREADING_LAYER", "default"))
    _check_threads(2 * cores())


def compiler_is_off() -> BackendError:
    """Return the error where Numba is told to compile nothing."""
    return BackendError(
        "NUMBA_DISABLE_JIT is set, and loops of uncompiled Python would take minutes an image; unset it"
    )


def layer(asked: str) -> str:
    """Return the threading layer that Numba will take.

    Raises
    ------
    BackendError
        If `asked` is none that may be entered from several threads, or none of those loads.
    """
    choices = CHOICES.get(asked.lower())
    if choices is None:
        why = "aborts when two threads enter it" if asked.lower() == "workqueue" else "is not one of them"
        raise BackendError(
            f"the threading layer {asked!r} {why}; unset NUMBA_THREADING_LAYER, or set it to tbb or omp"
        )
    if "tbb" in choices:
        preload_tbb()
    found = next((name for name in choices if _loads(MODULES[name])), None)
    if found is None:
        needed = " or ".join(choices)
        raise BackendError(f"the threading layer {needed} cannot be loaded; try: pip install tbb")
    return found


def preload_tbb() -> None:
    """Load the TBB that pip puts into the environment, where the system's loader does not look."""
    library = Path(sys.prefix) / "lib" / "libtbb.so.12"
    if library.exists():
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads() -> int:
    """Return how many threads Numba would share a loop among: the cores, or as many as the user says."""
    return _whole("NUMBA_NUM_THREADS", cores()) or 1


def _whole(name: str, default: int) -> int | None:
    """Return the whole number that an environment variable holds; None if it holds something else."""
    try:
        return int(os.environ.get(name, default))
    except ValueError:
        return None


def _loads(module: str) -> bool:
    package = find_spec("numba")
    folders = [Path(folder) for folder in package.submodule_search_locations or ()] if package else []
    for library in (file for folder in folders for file in folder.glob(f"np/ufunc/{module}.*")):
        try:
            ctypes.CDLL(str(library))
        except OSError:
            continue
        return True
    return False


def _check_threads(needed: int) -> None:
    """Start as many threads as a run may have: those that work on images, and those that share a loop.

    Where the system allows fewer, TBB and OpenMP end the process.
    """
    done = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _ in range(needed):
            thread = threading.Thread(target=done.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError:
        raise BackendError(
            f"only {len(started)} of {needed} threads can be started; raise the limit on processes "
            "(ulimit -u), or use fewer cores (taskset)"
        ) from None
    finally:
        done.set()
        for thread in started:
            thread.join()
