"""Compiled loops, each found where one of its structure was made before: in this process or on disk.

An entry is named by a digest of everything the machine code depends on: the generated source, the helpers it
imports, the entry point, the argument types, the versions of Python, Numba and llvmlite, and the processor.
Any number of processes may build the same entry at once. Numba loads machine code by unpickling it: the bytes
are those that `store` has checked. Where the directory cannot be trusted or written, loops are compiled in
memory; a warning and ``convpipe info`` say why.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import hashlib
import linecache
import logging
import os
import pickle
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import llvmlite.binding as llvm
import numba
import platformdirs
from numba.core import config, registry, serialize
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.compiler_lock import global_compiler_lock
from numba.core.runtime.nrt import rtsys

from convpipe.compile.runtime import processor, start, threads
from convpipe.compile.runtime.store import Store
from convpipe.dataclass import dataclass
from convpipe.errors import ConvpipeError
from convpipe.paths import expanded

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]

_IMPORT = re.compile(r"^from (convpipe(?:\.\w+)*) import ([\w, *]+)$", re.MULTILINE)

ENTRY = "2: what it needs, and the code"
"""What an entry holds: one that holds something else must have another name."""

_OUTSIDE = re.compile(r'^(?:declare [^@\n]*@|@(?=\S+ = external ))("[^"]+"|[^\s(]+)', re.MULTILINE)
"""A name in LLVM's text that is defined elsewhere."""

SETTINGS = ("CPU_NAME", "CPU_FEATURES", "ENABLE_AVX", "OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK")
"""Numba's settings that make other machine code: code for another processor must not be found by this one."""

_on_compile: list[Callable[[], None]] = []


@contextmanager
def announced(announce: Callable[[], None]) -> Iterator[None]:
    """Call `announce` before each compilation inside the ``with`` block."""
    _on_compile.append(announce)
    try:
        yield
    finally:
        _on_compile.remove(announce)


def directory() -> Path:
    """Return where compiled loops are kept: ``$CONVPIPE_CACHE_DIR``, or the user's cache directory."""
    given = os.environ.get("CONVPIPE_CACHE_DIR")
    return expanded(given) if given else platformdirs.user_cache_path("convpipe")


@dataclass(frozen=True)
class State:
    """What is in the cache directory.

    Parameters
    ----------
    directory : Path
    entries : int
    bytes : int
    problem : str or None
        Why nothing is kept there, if nothing can be.
    """

    directory: Path
    entries: int
    bytes: int
    problem: str | None


def state() -> State:
    """Look at the cache directory; nothing in it changes, and none is made."""
    root = directory()
    try:
        sizes = Store(root).sizes()
    except OSError as error:
        return State(root, 0, 0, _reason(error))
    return State(root, len(sizes), sum(sizes), None)


def clear() -> int:
    """Remove every entry, and what killed processes left; return how many entries there were.

    Raises
    ------
    ConvpipeError
        If the directory cannot be trusted to be ours; nothing is removed then.
    """
    _loaded.clear()
    _addresses.clear()
    try:
        return Store(directory()).clear()
    except OSError as error:
        raise ConvpipeError(f"no compiled loop was removed: {_reason(error)}") from error


_loaded: dict[tuple[str, str, Any], Callable[..., int]] = {}
_loading = threading.Lock()


def load(source: str, entry: str, signature: Any) -> Callable[..., int]:
    """Return function `entry` of the generated module `source`, compiled for `signature`.

    Parameters
    ----------
    source : str
    entry : str
    signature : tuple of numba types
    """
    identity = (source, entry, signature)
    if identity not in _loaded:
        with _loading:  # threads that filter an image each ask for the same loop at once
            if identity not in _loaded:
                _loaded[identity] = _load(*identity)
    return _loaded[identity]


def _load(source: str, entry: str, signature: Any) -> Callable[..., int]:
    threads.prepare()
    key = _key(source, entry, signature)
    kept = _Kept(_read(key))
    if kept.content is None:
        _prepare_to_compile()
    module = module_of(source, key)
    function: Any = getattr(module, entry)
    function._cache = kept
    with _as_told(module):
        function.compile(signature)
    function.disable_compile()
    if kept.made is not None:
        _write(key, kept.made)
    return function  # type: ignore[no-any-return]


def _prepare_to_compile() -> None:
    for announce in _on_compile:
        announce()
    start.fill_tables()


def address(source: str, entry: str, signature: Any) -> int:
    """Return where the machine code of such a function is: for others that call it; Python cannot.

    Found on disk it is not even read as Python: what is kept is machine code and the name of its symbol.
    """
    identity = (source, entry, signature)
    if identity not in _addresses:
        with _loading:
            if identity not in _addresses:
                _addresses[identity] = _address(*identity)
    return _addresses[identity]


_addresses: dict[tuple[str, str, Any], int] = {}
_libraries: list[Any] = []
"""What holds the machine code at those addresses."""


def _address(source: str, entry: str, signature: Any) -> int:
    threads.prepare()
    key = _key(source, f"address of {entry}", signature)
    content = _read(key)
    if content is not None:
        needed, name, machine_code = pickle.loads(content)
        library = _target(needed).codegen().unserialize_library(machine_code)
    else:
        _prepare_to_compile()
        module = module_of(source, key)
        function: Any = getattr(module, entry)
        with _as_told(module):
            function.compile(signature)
        compiled = function.overloads[signature]
        library, name = compiled.library, compiled.fndesc.llvm_func_name
        if not library.has_dynamic_globals:
            _write(key, pickle.dumps((_needed(library), name, library.serialize_using_object_code())))
    _libraries.append(library)
    return int(library.get_pointer_to_function(name))


@contextmanager
def _as_told(module: ModuleType) -> Iterator[None]:
    """Compile without the collector, and on LLVM's level `LLVM_LEVEL`, if a module names one.

    The level is a setting of Numba's for the process: nobody else compiles meanwhile.
    """
    with start.uncollected(), global_compiler_lock:
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
        return CompileResult._rebuild(_target(needed), *code)

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep a compiled function, unless it holds addresses of this process."""
        if not compiled.library.has_dynamic_globals:
            self.made = serialize.dumps((_needed(compiled.library), compiled._reduce()))


def _needed(library: Any) -> tuple[str, ...]:
    """Return the names that the code of a library takes from elsewhere."""
    names = sorted({name.strip('"') for name in _OUTSIDE.findall(library.get_llvm_str())})
    return tuple(name for name in names if not name.startswith("llvm."))


def _target(needed: Iterable[str]) -> Any:
    """Return what Numba loads code into, with those names known there: it aborts at one that is not.

    Its allocator is all that most loops need. Its tables, from which it compiles, take four times as long to
    fill, and bring the names of everything else.
    """
    target = registry.cpu_target.target_context
    rtsys.initialize(target)
    if not all(map(llvm.address_of_symbol, needed)):
        start.fill_tables()
    return target


def _read(key: str) -> bytes | None:
    try:
        return Store(directory()).read(key)
    except ValueError as error:
        log.warning("compiled loop %s is built again: %s", key[:12], error)
    except OSError as error:
        _say_not_kept(_reason(error))
    return None


def _write(key: str, content: bytes) -> None:
    try:
        Store(directory()).write(key, content)
    except OSError as error:
        _say_not_kept(_reason(error))


@cache
def _say_not_kept(reason: str) -> None:  # once, not for every loop
    log.warning("compiled loops are not kept: %s", reason)


def module_of(source: str, key: str) -> ModuleType:
    """Return generated `source` as a module whose lines tracebacks and Numba can find."""
    module = ModuleType(f"convpipe_loop_{key[:16]}")
    module.__file__ = path = f"<convpipe loop {key[:12]}>"
    sys.modules[module.__name__] = module  # compiled code finds its globals by the module's name
    # Numba, tracebacks and debuggers look a function's source up here, as it has no file.
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    exec(compile(source, path, "exec"), module.__dict__)
    return module


def _key(source: str, entry: str, signature: Any) -> str:
    helpers = dict(sorted(_imported(source))).values()
    return hashlib.sha256(
        "\0".join([source, entry, str(signature), *_environment(), *helpers]).encode()
    ).hexdigest()


def _imported(source: str) -> Iterator[tuple[str, str]]:
    """Yield (name, source) of the modules of convpipe that `source` imports, and of those that they do."""
    for package, names in _IMPORT.findall(source):
        for module in (package, *(f"{package}.{name.strip()}" for name in names.split(","))):
            yield from _helpers(module)


@cache
def _helpers(module: str) -> tuple[tuple[str, str], ...]:
    path = ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py")
    if not path.is_file():  # a function of its package, or a package
        return ()
    text = path.read_text()
    return ((module, text), *_imported(text))


@cache
def _environment() -> tuple[str, ...]:
    """Return what the machine code depends on beside its source."""
    settings = [str(getattr(numba.config, name, None)) for name in SETTINGS]
    return (
        ENTRY,
        sys.version,
        numba.__version__,
        str(llvm.llvm_version_info),
        processor.name(),
        processor.features(),
        *settings,
    )


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)
