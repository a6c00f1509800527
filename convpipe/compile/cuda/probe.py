"""Whether CUDA can be used here, found out without starting it: a process may still fork."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path

INSTALL = "pip install 'numba-cuda[cu12]'"


def problems() -> list[str]:
    """Return why CUDA cannot be used here; nothing if it can.

    Looks at the driver's library, the devices of the system and the packages; the driver itself is asked
    when the first image comes. Numba's simulator (``NUMBA_ENABLE_CUDASIM=1``) needs none of them.
    """
    if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1":
        return []
    return [reason for reason in (_driver(), _devices(), _packages()) if reason]


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
