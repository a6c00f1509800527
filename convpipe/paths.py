"""Paths as a person gives them: ``~`` is the home folder, and an error says where a relative one led.

Those in a config that lies at a URL are relative to that.
"""

from __future__ import annotations

import difflib
import os
import posixpath
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from convpipe.errors import ParameterError, printable
from convpipe.stores import Url, is_url

MOST_LOOKED_AT, MOST_LETTERS = 2000, 100
"""Of a folder, files, and of a name, letters that are compared with one that is not there."""

_BASE: ContextVar[Url | None] = ContextVar("what relative paths are below, if no folder", default=None)


def from_home(text: str) -> str:
    """Return a path as text with ``~`` and ``~name`` at its beginning replaced by the home folder.

    Raises
    ------
    ParameterError
        If there is no such user, or no home folder.

    Examples
    --------
    >>> from_home("photos/~a/"), from_home("./~a")
    ('photos/~a/', './~a')
    """
    full = os.path.expanduser(text)
    if text.startswith("~") and full == text:
        raise ParameterError(f"{text!r}: no home folder is known; write the path out, or './~...'")
    return full


def expanded(path: str | Path) -> Path:
    """Return a path given as text as :func:`from_home` has it; one that is a Path already is taken as it is.

    So a path is expanded once: of ``./~`` a Path is ``~``.

    Examples
    --------
    >>> str(expanded("./~a")), str(expanded(Path("~a")))
    ('~a', '~a')
    """
    return path if isinstance(path, Path) else Path(from_home(path))


Location = Path | Url
"""Where files lie: a path, or a URL of a store."""


def located(place: str | Location) -> Location:
    """Return what a text names: a URL, or a path as :func:`expanded` has it.

    Raises
    ------
    ParameterError
        It is a URL that nothing is known of, or one that holds credentials.

    Examples
    --------
    >>> str(located("s3://bucket/in")), str(located("photos"))
    ('s3://bucket/in', 'photos')
    """
    if isinstance(place, Url):
        return place
    place = based(place) if isinstance(place, str) else place
    return Url.parse(place) if isinstance(place, str) and is_url(place) else expanded(place)


@contextmanager
def relative_to(base: Url | None) -> Iterator[None]:
    """Take relative paths that are given as text to be below a URL; without one, as ever.

    Examples
    --------
    >>> with relative_to(Url.parse("s3://bucket/jobs/edges")):
    ...     based("in/"), based("../kernels/a.npz"), based("/data/in")
    ('s3://bucket/jobs/edges/in/', 's3://bucket/jobs/kernels/a.npz', '/data/in')
    """
    token = _BASE.set(base)
    try:
        yield
    finally:
        _BASE.reset(token)


def based(text: str) -> str:
    """Return a path or URL as text so that it leads to the same from everywhere, as :func:`relative_to` says.

    Raises
    ------
    ParameterError
        It leads out of the bucket.
    """
    base = _BASE.get()
    if base is None or not text or text.startswith("~") or os.path.isabs(text) or is_url(text):
        return text
    key = posixpath.normpath(posixpath.join(base.key, text))
    if key.split("/")[0] == "..":
        raise ParameterError(f"{text!r} leads out of {base.scheme}://{base.host}: the config is at {base}")
    whole = replace(base, key="" if key == "." else key, query="")
    return (whole.address if whole.is_web else str(whole)) + "/" * text.endswith("/")


def shipped(name: str) -> Path:
    """Return a folder that comes with the package: ``recipes`` or ``docs``.

    In a wheel it lies beside the modules; in a checkout it is a folder of the whole.

    Examples
    --------
    >>> (shipped("recipes") / "edges.yaml").is_file(), (shipped("docs") / "formulas.md").is_file()
    (True, True)
    """
    package = Path(__file__).parent
    installed = package / name
    return installed if installed.is_dir() else package.parent / {"recipes": "configs"}.get(name, name)


def open_at_once(path: str | os.PathLike[str]) -> int:
    """Return a descriptor of a file to be read; that of a FIFO which nobody writes to is not waited for."""
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    return os.open(path, flags)


def irregular(mode: int) -> str:
    """Return why an open file of this mode is not to be read; nothing, if it is a regular one."""
    if stat.S_ISREG(mode):
        return ""
    return f"not a regular file ({'a directory' if stat.S_ISDIR(mode) else 'a pipe, socket or device'})"


def opened(path: str | os.PathLike[str], use: Callable[[BinaryIO, int], Any]) -> Any:
    """Return what `use` makes of the open file at `path`, or of the object of a URL, and its size in bytes.

    Raises
    ------
    ValueError
        It names the path.
    """
    text = based(os.fspath(path))
    if is_url(text):
        return _fetched(Url.parse(text), use)
    try:
        descriptor = open_at_once(from_home(text))
    except (OSError, ValueError) as error:  # of a name that holds what no name can, too
        said = getattr(error, "strerror", None) or str(error)
        raise ValueError(f"{text!r} cannot be read: {said}{tried(text)}") from None
    try:
        found = os.fstat(descriptor)
        if reason := irregular(found.st_mode):
            raise ValueError(reason)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return use(file, found.st_size)
    except (ValueError, OSError, EOFError, MemoryError) as error:
        raise ValueError(f"{text!r}: {error}") from None
    finally:
        os.close(descriptor)


def _fetched(url: Url, use: Callable[[BinaryIO, int], Any]) -> Any:
    """Return what `use` makes of an object, as :func:`opened` does of a file."""
    import tempfile

    from convpipe.stores.store import Store

    if url.query:  # the path of a file that a parameter names is shown, and kept
        raise ValueError(f"{str(url)!r} cannot be read: one with a query (a signature) is of an input alone")

    def room(size: int) -> BinaryIO:
        return cast(BinaryIO, tempfile.TemporaryFile())

    try:
        found, file = Store(url.parent).fetch(url.name, room)
    except OSError as error:
        raise ValueError(f"{str(url)!r} cannot be read: {error.strerror}") from None
    try:
        with file:
            file.seek(0)
            return use(file, found.size)
    except (ValueError, OSError, EOFError, MemoryError) as error:
        raise ValueError(f"{str(url)!r}: {error}") from None


def tried(path: str | os.PathLike[str] | Url) -> str:
    """Return the end of an error about `path`: where it led, if it depends on the working directory.

    Where there is no such file, it says what there is of nearly that name.

    Examples
    --------
    >>> tried("/data/photos")
    ''
    """
    if isinstance(path, Url):
        return ""
    text = os.fspath(path)
    if os.path.isabs(text):
        return _meant(text)
    try:
        full = os.path.abspath(text)
    except (OSError, ValueError):  # a working directory that is gone
        return "; the working directory is gone"
    where = "relative paths are taken from the working directory, not from the config's folder"
    return f" (tried {full!r}: {where}){_meant(text)}"


def _meant(text: str) -> str:
    """Return, as the end of an error, what lies in its folder and has nearly its name; '' if it is there."""
    folder, name = os.path.split(text.rstrip(os.sep))
    try:
        if os.path.lexists(text):
            return ""
        with os.scandir(folder or ".") as entries:
            names = [entry.name for entry in islice(entries, MOST_LOOKED_AT)]
    except (OSError, ValueError):
        return ""
    close = difflib.get_close_matches(name[:MOST_LETTERS], names, n=1, cutoff=0.75)
    return f"; did you mean {printable(os.path.join(folder, close[0]))!r}?" if close else ""
