"""The processor that code is generated for: this one, unless Numba is told another."""

from __future__ import annotations

import llvmlite.binding as llvm

from convpipe.compile.runtime import settings


def name() -> str:
    """Return its name, which is LLVM's."""
    found: str = settings.told().get("CPU_NAME") or llvm.get_host_cpu_name()
    return found


def features() -> str:
    """Return what it has and has not, as LLVM writes it: ``+avx512f,-sse4a``."""
    found: str = settings.told().get("CPU_FEATURES") or llvm.get_host_cpu_features().flatten()
    return found


_FEATURES = {each[1:] for each in features().split(",") if each.startswith("+")}

WIDE = "avx512f" in _FEATURES
"""Whether vectors have 64 bytes: there are 32 of them then, else 16, and a part is stored as quickly."""

VECTOR_BYTES = 64 if WIDE else 32 if "avx" in _FEATURES else 16

PERMUTES_BYTES = {"avx512f", "avx512bw", "avx512vbmi"} <= _FEATURES
"""Whether a vector of 64 bytes can be looked up in two others."""
