"""Machine code that was kept on the disk: LLVM makes it ready to run, and nothing of Numba is needed.

To import Numba takes longer than all else before the first image, and it is there to compile.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import llvmlite.binding as llvm

_DESTRUCTOR = "NRT_MemInfo_call_dtor"
"""Gives back the memory of an array that is Numba's; what is called from here gets NumPy's alone."""


def knows(names: Iterable[str]) -> bool:
    """Tell whether all names that code takes from elsewhere are known: LLVM aborts at one that is not."""
    _engine()
    return all(map(llvm.address_of_symbol, names))


def load(code: bytes, name: str) -> int:
    """Return where a function is, of code as LLVM writes it to a file; not from two threads at once.

    Parameters
    ----------
    code : bytes
        An object file.
    name : str
        Of the function, in it.
    """
    engine = _engine()
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return int(engine.get_function_address(name))


@cache
def _engine() -> Any:
    """Return what links code and holds it, until the process ends."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)  # which names the C library, too
    if not llvm.address_of_symbol(_DESTRUCTOR):
        llvm.add_symbol(_DESTRUCTOR, llvm.address_of_symbol("abort"))
    return engine
