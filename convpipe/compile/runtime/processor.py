"""The processor that code is generated for: this one, unless Numba is told another."""

from __future__ import annotations

import llvmlite.binding as llvm
from numba.core import config


def name() -> str:
    """Return its name, which is LLVM's."""
    found: str = getattr(config, "CPU_NAME", None) or llvm.get_host_cpu_name()
    return found


def features() -> str:
    """Return what it has and has not, as LLVM writes it: ``+avx512f,-sse4a``."""
    found: str = getattr(config, "CPU_FEATURES", None) or llvm.get_host_cpu_features().flatten()
    return found
