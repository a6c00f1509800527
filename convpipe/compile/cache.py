"""Compiled loops on disk, so that a pipeline of a known structure starts without compiling.

An entry is a folder named by a digest of everything the machine code depends on: the generated source, the
helpers it imports, the entry point, the argument types, the versions of Python, Numba and llvmlite, and the
processor. It is built under a temporary name and renamed into place, so that any number of processes may
build the same entry at once: the first one wins and the others' work is dropped.

Numba keeps its own cache files in the folder. Loading them is unpickling and mapping machine code, and
a damaged byte there crashes the process. So the folder lies in a directory that is private to the user,
and a manifest of digests is checked before anything is loaded; an entry that fails is built again.
Where no private directory can be had, loops are compiled in memory; ``convpipe info`` says why.
"""

from __future__ import annotations

import hashlib
import json
import linecache
import logging
import os
import shutil
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import llvmlite.binding as llvm
import numba
import platformdirs

from convpipe import geometry
from convpipe.compile import addresses, rows, scalars, threads

log = logging.getLogger(__name__)

SOURCE, MANIFEST = "loop.py", "manifest.json"

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
    return Path(given) if given else platformdirs.user_cache_path("convpipe")


def processor() -> str:
    """Return the name of the processor that code is generated for."""
    name: str = llvm.get_host_cpu_name()
    return name


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
    """Look at the cache directory."""
    root = directory()
    try:
        _private(root)
    except OSError as error:
        return State(root, 0, 0, _reason(error))
    entries = [path for path in root.iterdir() if (path / MANIFEST).is_file()]
    size = sum(file.stat().st_size for entry in entries for file in entry.rglob("*") if file.is_file())
    return State(root, len(entries), size, None)


def clear() -> int:
    """Remove every entry, and what interrupted builds left; return how many entries there were."""
    before = state()
    if before.problem is None:
        for path in before.directory.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
    _loaded.clear()
    return before.entries


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
    try:
        root = _private(directory())
        kept = root / key
        if kept.exists() and not _intact(kept):
            log.warning("compiled loop %s is damaged; it is built again", key[:12])
            _remove(kept)
        if kept.exists():
            return _compiled(module_of(source, kept / SOURCE, key), entry, signature, keep=True)
        return _build(root, key, source, entry, signature)
    except OSError as error:
        log.warning("compiled loops cannot be kept: %s", _reason(error))
        _announce()
        return _compiled(module_of(source, Path(f"<{key[:12]}>"), key), entry, signature, keep=False)


def _build(root: Path, key: str, source: str, entry: str, signature: Any) -> Callable[..., int]:
    """Compile in a folder of our own, then rename it into place unless another process was first."""
    _announce()
    folder = Path(tempfile.mkdtemp(prefix=".building-", dir=root))
    try:
        path = folder / SOURCE
        path.write_text(source)
        function = _compiled(module_of(source, path, key), entry, signature, keep=True)
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        digests = {str(file.relative_to(folder)): _digest(file.read_bytes()) for file in files}
        (folder / MANIFEST).write_text(json.dumps(digests))
        if not (root / key).exists():
            os.rename(folder, root / key)
    except OSError:
        if not (root / key).exists():  # not a lost race, but a folder that cannot be written
            raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return function


def _announce() -> None:
    for announce in _on_compile:
        announce()


def module_of(source: str, path: Path, key: str) -> ModuleType:
    """Return generated `source` as a module whose lines tracebacks and Numba can find under `path`."""
    module = ModuleType(f"convpipe_loop_{key[:16]}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # Numba's cached code finds its globals by the module's name
    # Numba, tracebacks and debuggers look a function's source up here when it has no file.
    linecache.cache[str(path)] = (len(source), None, source.splitlines(keepends=True), str(path))
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


def _compiled(module: ModuleType, entry: str, signature: Any, keep: bool) -> Callable[..., int]:
    function: Any = getattr(module, entry)
    if keep:
        function.enable_caching()
    function.compile(signature)
    function.disable_compile()
    return function  # type: ignore[no-any-return]


def _private(root: Path) -> Path:
    """Return `root`, made if need be, once it is a directory that nobody else can write or read."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = root.stat()
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        raise PermissionError(None, "it belongs to another user", str(root))
    if os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
        root.chmod(0o700)
    if not os.access(root, os.W_OK | os.X_OK):
        raise PermissionError(None, "it cannot be written", str(root))
    return root


def _intact(entry: Path) -> bool:
    """Tell whether every file of the entry is as it was built."""
    try:
        digests = json.loads((entry / MANIFEST).read_bytes())
        files = {str(file.relative_to(entry)): file for file in entry.rglob("*") if file.is_file()}
        del files[MANIFEST]
        return files.keys() == digests.keys() and all(
            _digest(file.read_bytes()) == digests[name] for name, file in files.items()
        )
    except (OSError, ValueError, AttributeError):
        return False


def _remove(entry: Path) -> None:
    """Remove an entry in one step, so that no other process loads half of it."""
    doomed = Path(tempfile.mkdtemp(prefix=".removed-", dir=entry.parent))
    try:
        os.rename(entry, doomed / entry.name)
    except FileNotFoundError:
        pass  # another process was faster
    finally:
        shutil.rmtree(doomed, ignore_errors=True)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _key(source: str, entry: str, signature: Any) -> str:
    return _digest("\0".join([source, entry, str(signature), *_environment()]).encode())


@cache
def _environment() -> tuple[str, ...]:
    """Return what the machine code depends on beside its source."""
    helpers = [Path(module.__file__ or "").read_text() for module in (geometry, addresses, rows, scalars)]
    return (
        sys.version,
        numba.__version__,
        str(llvm.llvm_version_info),
        processor(),
        llvm.get_host_cpu_features().flatten(),
        *helpers,
    )


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)
