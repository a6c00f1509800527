"""Whether CUDA can be used here, found out without starting it: a process may still fork."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

INSTALL = "pip install 'convpipe[cuda]'"


def problems() -> list[str]:
    """Return why CUDA cannot be used here; nothing if it can.

    Looks at the driver's library, the devices of the system and the packages, which are imported where
    nothing else is missing; the driver itself is asked when the first image comes. Numba's simulator
    (``NUMBA_ENABLE_CUDASIM=1``) needs none of them.
    """
    if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1":
        return []
    missing = [reason for reason in (_driver(), _devices(), _packages()) if reason]
    unfit = None if missing else _unfit()
    return [unfit] if unfit else missing


def _driver() -> str | None:
    library = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        ctypes.CDLL(library)
    except OSError:
        return f"no NVIDIA driver: {library} cannot be loaded"
    return None


def _devices() -> str | None:
    if os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return "CUDA_VISIBLE_DEVICES hides every device"
    nodes = [*Path("/dev").glob("nvidia[0-9]*"), *Path("/dev").glob("dxg")]  # dxg: Windows' Linux
    return "no NVIDIA device in /dev" if sys.platform == "linux" and not nodes else None


def _packages() -> str | None:
    return None if find_spec("numba_cuda") else f"numba-cuda is missing: {INSTALL}"


def _unfit() -> str | None:
    """Return why Numba's compiler for devices cannot be loaded: it may not know a NumPy that is newer."""
    try:
        import_module("numba.cuda.np.arrayobj")
    except Exception as error:
        return f"numba-cuda cannot be loaded beside the NumPy that is here ({error}): {INSTALL}"
    return None
