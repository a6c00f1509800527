"""Numba, asked to compile: imported where there is something to compile, or to be called through it."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import pickle
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

import llvmlite.binding as llvm
from numba import njit
from numba.core import config, registry, serialize
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.compiler_lock import global_compiler_lock
from numba.core.runtime.nrt import rtsys

from convpipe.compile.runtime import start
from convpipe.compile.runtime.remember import remembered

_OUTSIDE = re.compile(r'^(?:declare [^@\n]*@|@(?=\S+ = external ))("[^"]+"|[^\s(]+)', re.MULTILINE)
"""A name in LLVM's text that is defined elsewhere."""


class MachineCode(NamedTuple):
    """A function that was compiled.

    Parameters
    ----------
    address : int
        Of this process.
    name : str
        Of the function in `code`.
    needed : tuple of str
        What the code takes from elsewhere.
    code : bytes or None
        An object file; None if it holds addresses of this process.
    library : object
        What holds the code at that address.
    """

    address: int
    name: str
    needed: tuple[str, ...]
    code: bytes | None
    library: Any


def machine_code(module: ModuleType, entry: str, signature: Any) -> MachineCode:
    """Compile a function for others that call it: without what Python would need for that.

    Parameters
    ----------
    module : module
        A generated one.
    entry : str
        Name of the function.
    signature : tuple of numba types, or str
    """
    signature = _types(signature)
    function = _unwrapped(getattr(module, entry))
    with _as_told(module):
        function.compile(signature)
    compiled = function.overloads[signature]
    library, name = compiled.library, compiled.fndesc.llvm_func_name
    _, _, (code, _) = library.serialize_using_object_code()
    kept = None if library.has_dynamic_globals else code
    return MachineCode(library.get_pointer_to_function(name), name, _needed(library), kept, library)


def _unwrapped(function: Any) -> Any:
    """Return a function as one that Python cannot call, which compiles a quarter faster."""
    options = {name: value for name, value in function.targetoptions.items() if name != "nopython"}
    if options.get("no_cpython_wrapper"):
        return function
    options |= {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return njit(pipeline_class=function._compiler.pipeline_class, **options)(function.py_func)


def function(
    module: ModuleType, entry: str, signature: Any, content: bytes | None
) -> tuple[Any, bytes | None]:
    """Return a function that Python calls through Numba, and what is to be kept of it, if it was compiled.

    Parameters
    ----------
    module, entry, signature
        As for :func:`machine_code`.
    content : bytes or None
        What was kept, if it was compiled before.
    """
    kept, found = _Kept(content), getattr(module, entry)
    found._cache = kept
    with _as_told(module):
        found.compile(_types(signature))
    found.disable_compile()
    return found, kept.made


def _types(signature: Any) -> Any:
    """Return the types of arguments; of some there is only a name, ``module:NAME``, where Numba is not."""
    if not isinstance(signature, str):
        return signature
    module, _, name = signature.partition(":")
    return getattr(import_module(module), name)


@contextmanager
def _as_told(module: ModuleType) -> Iterator[None]:
    """Compile without the collector, and on LLVM's level `LLVM_LEVEL`, if a module names one.

    The level is a setting of Numba's for the process: nobody else compiles meanwhile.
    """
    with start.uncollected(), global_compiler_lock, remembered():
        settings: Any = config
        level = settings.OPT
        settings.OPT = type(level)(min(level, getattr(module, "LLVM_LEVEL", level)))
        try:
            yield
        finally:
            settings.OPT = level


class _Kept(NullCache):
    """What Numba asks for a compiled function, and gives one that it compiled.

    Numba's own caches open files by their path, and find none but next to a source file.

    Parameters
    ----------
    content : bytes or None
        The function, if it was compiled before.

    Attributes
    ----------
    made : bytes or None
        The function, if it was compiled now.
    """

    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.made: bytes | None = None

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Return the compiled function, or None."""
        if self.content is None:
            return None
        needed, code = pickle.loads(self.content)
        return CompileResult._rebuild(context_with(needed), *code)

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep a compiled function, unless it holds addresses of this process."""
        if not compiled.library.has_dynamic_globals:
            self.made = serialize.dumps((_needed(compiled.library), compiled._reduce()))


def _needed(library: Any) -> tuple[str, ...]:
    """Return the names that the code of a library takes from elsewhere."""
    names = sorted({name.strip('"') for name in _OUTSIDE.findall(library.get_llvm_str())})
    return tuple(name for name in names if not name.startswith("llvm."))


def context_with(needed: Iterable[str]) -> Any:
    """Return what Numba loads code into, with those names known there: it aborts at one that is not.

    Its allocator is all that most loops need. Its tables, from which it compiles, take four times as long to
    fill, and bring the names of everything else.
    """
    target = registry.cpu_target.target_context
    rtsys.initialize(target)
    if not all(map(llvm.address_of_symbol, needed)):
        start.fill_tables()
    return target
