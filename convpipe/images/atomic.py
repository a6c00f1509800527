"""Files that are complete or not there: written under a temporary name, then given their own."""

from __future__ import annotations

import errno
import os
import re
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed: no lock is needed
    fcntl = None  # type: ignore[assignment]

TEMPORARY_SUFFIX = ".convpipe-tmp"
"""Temporary files are called ``.`` + random + this; a process that was killed leaves one behind."""

_TEMPORARY = re.compile(r"\.[0-9a-f]{16}" + re.escape(TEMPORARY_SUFFIX))

NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def is_temporary(name: str) -> bool:
    """Tell whether a file name is one that :class:`Drafts` makes up.

    >>> is_temporary(".0123456789abcdef.convpipe-tmp"), is_temporary("a.convpipe-tmp")
    (True, False)
    """
    return _TEMPORARY.fullmatch(name) is not None


class Drafts:
    """The temporary files of one run.

    Each is locked while its writer lives, so that :func:`clear_stale` can tell what a dead one left.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._open: set[str] = set()
        self._closed = False

    def write(
        self, path: str | os.PathLike[str], pieces: Iterable[bytes | bytearray | memoryview], overwrite: bool
    ) -> None:
        """Write a file. At every moment, even if the process is killed, ``path`` is absent, old or complete.

        The content is on the disk before it gets its name. A failed fsync is final: the kernel may have
        dropped the pages, and a second one would succeed without them.

        Raises
        ------
        FileExistsError
            ``path`` is there, and ``overwrite`` is not set.
        OSError
            Anything else; nothing is left of the temporary file.
        """
        folder, _ = os.path.split(os.fspath(path))
        with self._draft(folder) as (temporary, descriptor):
            # A second descriptor: closing the file may report an error, and must not drop the lock.
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            _publish(temporary, path, overwrite)

    @contextmanager
    def _draft(self, folder: str) -> Iterator[tuple[str, int]]:
        temporary, descriptor = self._create(folder)
        try:
            yield temporary, descriptor
        finally:
            try:
                _remove(temporary)
            finally:
                os.close(descriptor)
                with self._guard:
                    self._open.discard(temporary)

    def _create(self, folder: str) -> tuple[str, int]:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        while True:
            temporary = os.path.join(folder, f".{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
            with self._guard:
                if self._closed:
                    raise InterruptedError(errno.EINTR, "the run has ended")
                descriptor = os.open(temporary, flags, 0o666)
                self._open.add(temporary)
            _lock(descriptor, wait=True)
            if os.fstat(descriptor).st_nlink:
                return temporary, descriptor
            os.close(descriptor)  # another run took it for a dead one's, before it was locked

    def close(self) -> None:
        """Remove what is still unfinished: from now on no file is begun, and none gets its final name."""
        with self._guard:
            self._closed = True
            for temporary in self._open:
                with suppress(OSError):
                    os.unlink(temporary)


def clear_stale(folder: str | os.PathLike[str]) -> int:
    """Remove the temporary files in ``folder`` whose writers have died, and return how many there were.

    Where the file system has no locks none is removed, as nobody can tell.
    """
    removed = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_temporary(entry.name) and entry.is_file(follow_symlinks=False):
                removed += _clear(entry.path)
    return removed


def _clear(path: str) -> bool:
    """Remove a temporary file if nobody holds its lock."""
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return False
    try:
        if not _lock(descriptor, wait=False):
            return False
        os.unlink(path)  # while it is locked, so that its writer, if it is just born, will see it
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, wait: bool) -> bool:
    """Lock a file until its descriptor is closed, by whatever end of the process. False: it is not locked."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _publish(temporary: str, path: str | os.PathLike[str], overwrite: bool) -> None:
    """Give the finished file its name. A new hard link, unlike a rename, fails if the name is taken."""
    if overwrite:
        os.replace(temporary, path)
        return
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        # A file system without hard links: a moment stays between the look and the rename.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        os.replace(temporary, path)


def _remove(temporary: str) -> None:
    """Remove the temporary name, if publishing has not."""
    try:
        os.unlink(temporary)
    except FileNotFoundError:
        return
