"""Compiled loops, each found where one of its structure was made before: in this process or on disk.

An entry is named by a digest of everything the machine code depends on: the generated source, the helpers it
imports, the entry point, the argument types, the versions of Python, Numba and llvmlite, and the processor.
Any number of processes may build the same entry at once. Entries are unpickled: the bytes are those that
`store` has checked. Where the directory cannot be trusted or written, loops are compiled in
memory; a warning and ``convpipe info`` say why.
"""

from __future__ import annotations

import hashlib
import linecache
import logging
import os
import pickle
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import llvmlite.binding as llvm
import platformdirs

from convpipe.compile.runtime import environment, machine, processor, settings, start, threads
from convpipe.compile.runtime.store import Store
from convpipe.dataclass import dataclass
from convpipe.errors import ConvpipeError
from convpipe.paths import expanded

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]

_IMPORT = re.compile(r"^from (convpipe(?:\.\w+)*) import ([\w, *]+)$", re.MULTILINE)

ENTRY = "3: what it needs, a name, and an object file; or what Numba keeps"
"""What an entry holds: one that holds something else must have another name."""

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


def is_empty() -> bool:
    """Tell whether no compiled loop can be found on the disk."""
    try:
        return Store(directory()).is_empty()
    except OSError:
        return True


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


def load(source: str, entry: str, signature: Any, *, plain: bool = False) -> Callable[..., int]:
    """Return function `entry` of the generated module `source`, compiled for `signature`.

    Parameters
    ----------
    source : str
    entry : str
    signature : tuple of numba types, or str
        A name stands for types that only Numba has.
    plain : bool, optional
        Whether it can do without Numba where that is spared: it takes integers and arrays, returns an
        integer, and starts no threads.
    """
    identity = (source, entry, signature)
    if identity not in _loaded:
        if plain and start.is_spared():
            _loaded[identity] = machine.function(address(*identity))
            return _loaded[identity]
        with _loading:  # threads that filter an image each ask for the same loop at once
            if identity not in _loaded:
                _loaded[identity] = _load(*identity)
    return _loaded[identity]


def _load(source: str, entry: str, signature: Any) -> Callable[..., int]:
    threads.prepare()
    compiler = _compiler()
    key = _key(source, entry, signature)
    content = _read(key)
    if content is None:
        _prepare_to_compile()
    function, made = compiler.function(module_of(source, key), entry, signature, content)
    if made is not None:
        _write(key, made)
    return function  # type: ignore[no-any-return]


def _compiler() -> Any:
    """Return the module that has Numba."""
    start.numba()
    with start.LOADING:
        from convpipe.compile.runtime import compiler

    return compiler


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
"""What holds the machine code at those addresses, where it was compiled in this process."""


def _address(source: str, entry: str, signature: Any) -> int:
    environment.check()
    key = _key(source, f"address of {entry}", signature)
    content = _read(key)
    if content is None:
        compiler, before = _compiler(), key
        key = _key(source, f"address of {entry}", signature)
        # Once it is loaded Numba may turn out to have other settings than usual.
        content = None if key == before else _read(key)
        if content is None:
            return _compiled(compiler, source, entry, signature, key)
    needed, name, code = pickle.loads(content)
    if not machine.knows(needed):
        _compiler().context_with(needed)
    return machine.load(code, name)


def _compiled(compiler: Any, source: str, entry: str, signature: Any, key: str) -> int:
    threads.prepare()
    _prepare_to_compile()
    made = compiler.machine_code(module_of(source, key), entry, signature)
    if made.code is not None:
        _write(key, pickle.dumps((made.needed, made.name, made.code)))
    _libraries.append(made.library)
    return int(made.address)


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
    types = signature.partition(":")[0] if isinstance(signature, str) else ""  # the module that has them
    helpers = dict(sorted((*_helpers(types), *_imported(source)))).values()
    told = (f"{name}={value}" for name, value in settings.told().items())
    return hashlib.sha256(
        "\0".join([source, entry, str(signature), *_environment(), *told, *helpers]).encode()
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
    """Return what the machine code depends on beside its source, and what Numba is told."""
    return (
        ENTRY,
        sys.version,
        settings.version(),
        str(llvm.llvm_version_info),
        processor.name(),
        processor.features(),
    )


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)
