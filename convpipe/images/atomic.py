"""Files that are complete or not there: written under a temporary name, then given their own."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from random import Random
from typing import BinaryIO, NamedTuple

from convpipe.images.folder import Folder
from convpipe.images.source import Piece, gathered

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


class File(NamedTuple):
    """A file to be written: its content, and whether it may replace one that is there."""

    folder: Folder
    name: str
    pieces: Iterable[Piece]
    overwrite: bool


class Drafts:
    """The temporary files of one run.

    Each is locked while its writer lives, so that :func:`clear_stale` can tell what a dead one left.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        # Seeded by the system, which need not be asked again for every name.
        self._names = Random(secrets.randbits(256))
        self._open: set[tuple[Folder, str]] = set()
        self._closed = False

    def write(self, *files: File) -> None:
        """Write files. At every moment, even if the process is killed, each is absent, old or complete.

        The content of all of them is on the disk before the first gets its name, so a disk that is full, or
        a name that is taken, leaves none. A failed fsync is final: the kernel may have dropped the pages,
        and a second one would succeed without them.

        Raises
        ------
        FileExistsError
            A name is taken, and may not be replaced. One that is taken in the moment in which the files get
            their names leaves those that have theirs already.
        OSError
            Anything else; nothing is left of the temporary files, if they can be removed.
        """
        with self.written(*files):
            pass

    @contextmanager
    def written(self, *files: File) -> Iterator[None]:
        """Write files, yield when their content is on the disk, and give them their names when that is done.

        After an error none has its name; as of :meth:`write`.
        """
        with ExitStack() as stack:
            temporaries = [stack.enter_context(self._written(file)) for file in files]
            yield
            _publish_all(files, temporaries)

    @contextmanager
    def writing(self, *files: File) -> Iterator[list[BinaryIO]]:
        """Yield files to be written, and read back, in any order, which get their names when that is done.

        They begin with their pieces; nothing is left of them after an error, which is as of :meth:`write`.
        """
        with ExitStack() as stack:
            drafts = [stack.enter_context(self._draft(file.folder)) for file in files]
            with ExitStack() as opened:
                contents: list[BinaryIO] = []
                for file, (_, descriptor) in zip(files, drafts, strict=True):
                    contents.append(opened.enter_context(os.fdopen(os.dup(descriptor), "w+b")))
                    contents[-1].writelines(file.pieces)
                yield contents
                for content in contents:
                    content.flush()
                    os.fsync(content.fileno())
            _publish_all(files, [temporary for temporary, _ in drafts])

    @contextmanager
    def _written(self, file: File) -> Iterator[str]:
        """Hold the content of a file on the disk, under a temporary name."""
        with self._draft(file.folder) as (temporary, descriptor):
            # A second descriptor: closing the file may report an error, and must not drop the lock.
            content = os.dup(descriptor)
            try:
                for piece in gathered(file.pieces):
                    _write(content, piece)
                os.fsync(content)
            finally:
                os.close(content)
            yield temporary

    @contextmanager
    def _draft(self, folder: Folder) -> Iterator[tuple[str, int]]:
        temporary, descriptor = self._create(folder)
        try:
            yield temporary, descriptor
        finally:
            try:
                # Where that fails, the result is complete all the same, or its own error is the one to tell.
                with suppress(OSError):
                    folder.unlink(temporary)
            finally:
                os.close(descriptor)
                with self._guard:
                    self._open.discard((folder, temporary))

    def _create(self, folder: Folder) -> tuple[str, int]:
        while True:
            temporary = f".{self._names.getrandbits(64):016x}{TEMPORARY_SUFFIX}"
            with self._guard:
                if self._closed:
                    raise InterruptedError(errno.EINTR, "the run has ended")
                descriptor = folder.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL)
                self._open.add((folder, temporary))
            lock(descriptor, wait=True)
            if os.fstat(descriptor).st_nlink:
                return temporary, descriptor
            os.close(descriptor)  # another run took it for a dead one's, before it was locked

    def close(self) -> None:
        """Remove what is still unfinished: from now on no file is begun, and none gets its final name."""
        with self._guard:
            self._closed = True
            for folder, temporary in self._open:
                with suppress(OSError):
                    folder.unlink(temporary)


def clear_stale(folder: Folder) -> int:
    """Remove the temporary files in ``folder`` whose writers have died, and return how many there were.

    Where the file system has no locks none is removed, as nobody can tell.
    """
    return sum(_clear(folder, name) for name in folder.names() if is_temporary(name))


def _clear(folder: Folder, name: str) -> bool:
    """Remove a temporary file if nobody holds its lock."""
    try:
        descriptor = folder.open(name, os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not lock(descriptor, wait=False):
            return False
        folder.unlink(name)  # while it is locked, so that its writer, if it is just born, will see it
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)


def lock(descriptor: int, *, wait: bool) -> bool:
    """Lock a file until its descriptor is closed, by whatever end of the process. False: it is not locked."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _write(descriptor: int, piece: Piece) -> None:
    """Write all of a piece, of which the system may take a part at a time."""
    left = memoryview(piece)
    while left:
        left = left[os.write(descriptor, left) :]


def _publish_all(files: Sequence[File], temporaries: Sequence[str]) -> None:
    """Give finished files their names; none where one of them is taken."""
    # Of one file alone its link says so.
    if len(files) > 1 and any(not file.overwrite and file.folder.exists(file.name) for file in files):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    for file, temporary in zip(files, temporaries, strict=True):
        _publish(file.folder, temporary, file.name, file.overwrite)


def _publish(folder: Folder, temporary: str, name: str, overwrite: bool) -> None:
    """Give the finished file its name. A new hard link, unlike a rename, fails if the name is taken."""
    if overwrite:
        folder.replace(temporary, name)
        return
    try:
        folder.link(temporary, name)
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        # A file system without hard links: a moment stays between the look and the rename.
        if folder.exists(name):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        folder.replace(temporary, name)
