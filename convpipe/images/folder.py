"""Folders that are opened once: what they hold is reached relative to them, whatever becomes of their names.

A check of a path and a later use of it may meet different files: a link can be planted, a folder moved, in
between. Where the system can (POSIX), every step is therefore taken from a folder that is open already, and
no step follows a link. Elsewhere paths are used, and a moment stays between the check and the use.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any, BinaryIO, Self, cast

from convpipe.errors import ReadError
from convpipe.paths import irregular, open_at_once

HELD_BYTES = 1 << 23
"""Of a file that is read once, and kept while it is open: there are as many as threads."""

RELATIVE = {os.open, os.mkdir, os.unlink, os.stat, os.link, os.rename} <= os.supports_dir_fd
"""Whether this system takes names relative to an open folder."""

_ENTER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
"""A folder of which only the names that one knows may be used (mode 311) can be entered too."""

_ALWAYS = sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_BINARY", "O_NOFOLLOW"))
"""Of every file in a folder."""

_LINK = {errno.ELOOP, errno.ENOTDIR, errno.EMLINK}
"""What systems answer to a step that would follow a link."""


class OutsideError(OSError):
    """A path leads out of the folder that it was given relative to."""


class Folder:
    """An open folder.

    Parameters
    ----------
    path : path-like
        Links in it are followed: it is the caller's.

    Raises
    ------
    OSError
        It is missing, no folder, or may not be entered.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as path, Folder(path) as folder:
    ...     with folder.below("a/b", make=True) as b:
    ...         folder.below("a").names(), b.exists("c")
    (['b'], False)
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._real = os.path.realpath(path)
        self._descriptor = os.open(path, _ENTER) if RELATIVE else None
        if not RELATIVE:
            os.stat(os.path.join(path, ""))

    @staticmethod
    def _opened(path: Path, real: str, descriptor: int | None) -> Folder:
        folder = Folder.__new__(Folder)
        folder.path, folder._real, folder._descriptor = path, real, descriptor
        return folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def in_place(self) -> bool:
        """Tell whether its path still leads to this very folder."""
        try:
            return not RELATIVE or os.path.samestat(os.stat(self.path), os.fstat(self._held))
        except OSError:
            return False

    def below(self, relative: str | os.PathLike[str], *, make: bool = False) -> Folder:
        """Open a folder below this one.

        Parameters
        ----------
        relative : path-like
            Links in it are followed as long as they stay within this folder.
        make : bool
            Make what is missing of it.

        Raises
        ------
        OutsideError
            It leads out of this folder.
        OSError
            Anything else.
        """
        parts = _parts(relative)
        try:
            return self._walk(parts, make)
        except OSError as error:
            return self._walk(self._resolved(parts, error), make)

    def open_file(self, relative: str | os.PathLike[str]) -> int:
        """Open a file below this folder, without waiting for a pipe; links and errors as for `below`."""
        parts = _parts(relative)
        try:
            return self._open_file(parts)
        except OSError as error:
            return self._open_file(self._resolved(parts, error))

    def _open_file(self, parts: Sequence[str]) -> int:
        with self._walk(parts[:-1], make=False) as folder:
            return folder.open(parts[-1], os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))

    def _walk(self, parts: Sequence[str], make: bool) -> Folder:
        """Go down step by step, each from the last one, following no link."""
        folder: Folder = _Lent(self)
        for part in parts:
            with folder as above:
                folder = above._step(part, make)
        return folder

    def _step(self, name: str, make: bool) -> Folder:
        place, at = self._at(name)
        if make:
            with suppress(FileExistsError):
                os.mkdir(place, **at)
        if not RELATIVE:
            if os.path.islink(place):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            os.stat(os.path.join(place, ""))
            descriptor = None
        else:
            descriptor = os.open(place, _ENTER | getattr(os, "O_NOFOLLOW", 0), **at)
        return self._opened(self.path / name, os.path.join(self._real, name), descriptor)

    def _resolved(self, parts: Sequence[str], error: OSError) -> Sequence[str]:
        """Return the way without links, where a link was in the way; raise `error` where none was."""
        if error.errno not in _LINK:
            raise error
        real = Path(os.path.realpath(os.path.join(self._real, *parts)))
        if not real.is_relative_to(self._real):
            raise OutsideError(errno.EXDEV, "it leads out of the folder") from None
        way = real.relative_to(self._real).parts
        if way == tuple(parts):
            raise error
        return way

    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        """Open a file in this folder, which may be no link, and return its descriptor."""
        place, at = self._at(name)
        if not RELATIVE and os.path.islink(place):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        return os.open(place, flags | _ALWAYS, mode, **at)

    def nameless(self) -> BinaryIO:
        """Open a file that has no name, to be written and read: no end of the process leaves it behind."""
        try:
            descriptor = self.open(".", os.O_RDWR | os.O_TMPFILE)
        except (AttributeError, OSError):  # not every system has such files, nor every file system
            name = f".{secrets.token_hex(8)}"
            descriptor = self.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            self.unlink(name)
        return os.fdopen(descriptor, "w+b")

    def exists(self, name: str) -> bool:
        """Tell whether the folder holds a name; a link counts, wherever it leads."""
        place, at = self._at(name)
        try:
            os.stat(place, follow_symlinks=False, **at)
        except FileNotFoundError:
            return False
        return True

    def holds(self, name: str, descriptor: int) -> bool:
        """Tell whether a name stands for the file that is open as `descriptor`."""
        place, at = self._at(name)
        try:
            return os.path.samestat(os.stat(place, follow_symlinks=False, **at), os.fstat(descriptor))
        except OSError:
            return False

    def names(self) -> list[str]:
        """Return the names in the folder."""
        if not RELATIVE:
            return os.listdir(self.path)
        descriptor = self.open(".", os.O_RDONLY)
        try:
            return os.listdir(descriptor)
        finally:
            os.close(descriptor)

    def link(self, name: str, new: str) -> None:
        """Give a file another name, which must be free."""
        (old, _), (made, _) = self._at(name), self._at(new)
        os.link(old, made, follow_symlinks=False, **self._both())

    def replace(self, name: str, new: str) -> None:
        """Give a file the name of another one, which is gone then."""
        (old, _), (made, _) = self._at(name), self._at(new)
        os.replace(old, made, **self._both())

    def unlink(self, name: str) -> None:
        """Remove a name."""
        place, at = self._at(name)
        os.unlink(place, **at)

    def sync(self) -> None:
        """Bring the names in the folder to the disk, where the system can."""
        if not RELATIVE:
            return
        descriptor = self.open(".", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
        finally:
            os.close(descriptor)

    def _at(self, name: str) -> tuple[str, dict[str, Any]]:
        """Return a name as the calls of the system take it."""
        return (name, {"dir_fd": self._held}) if RELATIVE else (os.path.join(self.path, name), {})

    def _both(self) -> dict[str, Any]:
        return {"src_dir_fd": self._held, "dst_dir_fd": self._held} if RELATIVE else {}

    @property
    def _held(self) -> int:
        if self._descriptor is None:
            raise OSError(errno.EBADF, "the folder is closed")
        return self._descriptor


class _Lent(Folder):
    """A folder that another object has opened, and that object alone closes: a step down that goes nowhere.

    So an image in the input folder itself costs no descriptor of its own.
    """

    def __init__(self, owner: Folder) -> None:
        self.path, self._real, self._owner = owner.path, owner._real, owner
        self._descriptor = None

    def close(self) -> None:
        """Do nothing."""

    @property
    def _held(self) -> int:
        return self._owner._held


def _parts(relative: str | os.PathLike[str]) -> tuple[str, ...]:
    return (relative if isinstance(relative, PurePath) else Path(relative)).parts


class OpenFile:
    """A regular file that is open already: readers read it, and take its path for a name alone.

    So one file is hashed and decoded, whatever its name may stand for meanwhile. It is an `os.PathLike` by
    its method: the checks for a class that derives from that one take several times as long.

    Parameters
    ----------
    path : path-like
    descriptor : int
        Closed together with this.

    Attributes
    ----------
    opening : tuple of int
        Its :meth:`stamp` when it was opened, before anything of it was read.

    Raises
    ------
    ReadError
        It is no regular file.
    """

    def __init__(self, path: str | os.PathLike[str], descriptor: int) -> None:
        self.path, self.descriptor = path if isinstance(path, Path) else Path(path), descriptor
        found = os.fstat(descriptor)
        if reason := irregular(found.st_mode):
            os.close(descriptor)
            raise ReadError(reason)
        self.opening = _stamp_of(found)
        self._size, self._content = found.st_size, cast("bytes | None", None)

    version: str | None = None
    """A hash by which it is known without being read; None: there is none, and its content counts."""

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)

    def held(self) -> bytes | None:
        """Return the content of a short file, read once; None of a longer one.

        So what is hashed is the very bytes that are decoded.
        """
        if self._content is None and self._size <= HELD_BYTES:
            if hasattr(os, "pread"):
                self._content = os.pread(self.descriptor, self._size, 0)
            else:
                os.lseek(self.descriptor, 0, os.SEEK_SET)
                self._content = os.read(self.descriptor, self._size)
        return self._content

    def open(self) -> BinaryIO:
        """Return the file from its beginning; one such at a time, as they share a position."""
        if self._content is not None:
            return io.BytesIO(self._content)
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        return open(self.path, "rb", opener=lambda *_: os.dup(self.descriptor))  # with its name

    def stamp(self) -> tuple[int, ...]:
        """Return what changes when the file is written to, gets or loses a name, or is replaced."""
        return _stamp_of(os.fstat(self.descriptor))


def _stamp_of(found: os.stat_result) -> tuple[int, ...]:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def path_of(file: str | os.PathLike[str]) -> Path:
    """Return the path of a file, which may be one that is open."""
    return file.path if isinstance(file, OpenFile) else Path(file)


def open_file(path: str | os.PathLike[str]) -> OpenFile:
    """Open a regular file to be read, following links; FIFOs and devices are refused without waiting."""
    return OpenFile(path, open_at_once(path))
