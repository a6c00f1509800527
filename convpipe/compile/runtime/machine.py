"""Machine code that was kept on the disk: LLVM makes it ready to run, and nothing of Numba is needed.

To import Numba takes longer than all else before the first image, and it is there to compile.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from numpy.typing import NDArray

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


def function(address: int) -> Callable[..., int]:
    """Return the function at an address as one for Python, which lets other threads run meanwhile.

    Parameters
    ----------
    address : int
        Of a function of integers and arrays that returns an integer, compiled by Numba.
    """

    def call(*given: int | NDArray[Any]) -> int:
        words = [word for each in given for word in _words(each)]
        result, raised = ctypes.c_int64(), ctypes.c_void_p()
        kind = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_int64] * (2 + len(words)))
        if kind(address)(ctypes.addressof(result), ctypes.addressof(raised), *words):
            raise MemoryError  # nothing else is raised in what is compiled
        return result.value

    return call


def _words(given: int | NDArray[Any]) -> Iterator[int]:
    """Yield what Numba hands over for an argument.

    Of an array that is who owns it, and with whom; how many elements, and the bytes of one; its address,
    shape and strides.
    """
    if isinstance(given, np.ndarray):
        address: int = given.__array_interface__["data"][0]
        yield from (0, 0, given.size, given.itemsize, address, *given.shape, *given.strides)
    else:
        yield given
