"""A directory of files that hold machine code: nothing of it is believed but what this user wrote.

Loading an entry runs what it holds. So the directory, every file in it that is opened, and its content are
checked, by descriptor: whoever may write to a directory may put another one in its place between a look at
its path and the next. What does not hold is refused with the reason, and never mended: the directory may be
one that the user gave by mistake. Nothing is removed but files that have the name and the header of an entry.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from convpipe.dataclass import dataclass

HEADER = b"convpipe compiled loop 1\n"
"""What every entry begins with; the digest of what follows, and that, come after it."""

DIGEST = hashlib.sha256().digest_size

ENTRY = re.compile(r"[0-9a-f]{64}\.loop")
DRAFT = re.compile(r"[0-9a-f]{64}\.[0-9a-f]{16}\.draft")

STALE_SECONDS = 3600
"""A draft is renamed to its entry within milliseconds: one as old as this was left by a killed process."""

POSIX = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")


@dataclass(frozen=True)
class Store:
    """The entries in a directory. Every method raises OSError where the directory cannot be trusted.

    Parameters
    ----------
    root : Path
        Made when the first entry is written, for its user alone.
    """

    root: Path

    def read(self, key: str) -> bytes | None:
        """Return what was written as `key`; None if there is no such entry.

        Raises
        ------
        ValueError
            If the entry is damaged, or not of our making.
        """
        try:
            with self._opened() as folder:
                return _content(folder, f"{key}.loop")
        except FileNotFoundError:
            return None

    def write(self, key: str, content: bytes) -> None:
        """Keep `content` as `key`, complete or not at all; an entry of that name is replaced."""
        self._make()
        with self._opened() as folder:
            _remove_drafts(folder, time.time() - STALE_SECONDS)
            draft = f"{key}.{secrets.token_hex(8)}.draft"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            try:
                with os.fdopen(os.open(draft, flags, 0o600, dir_fd=folder), "wb") as file:
                    file.write(HEADER + hashlib.sha256(content).digest() + content)
                os.replace(draft, f"{key}.loop", src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(draft, dir_fd=folder)
                raise

    def sizes(self) -> list[int]:
        """Return the size of every entry, in bytes."""
        try:
            with self._opened() as folder:
                return [size for _, size in _entries(folder)]
        except FileNotFoundError:
            return []

    def is_empty(self) -> bool:
        """Tell whether no file has the name of an entry, which takes no look at each."""
        try:
            with self._opened() as folder:
                return not any(map(ENTRY.fullmatch, os.listdir(folder)))
        except FileNotFoundError:
            return True

    def clear(self) -> int:
        """Remove every entry, and the drafts that killed processes left; return how many entries."""
        try:
            with self._opened() as folder:
                names = [name for name, _ in _entries(folder)]
                for name in names:
                    os.unlink(name, dir_fd=folder)
                _remove_drafts(folder, time.time() - STALE_SECONDS)
                return len(names)
        except FileNotFoundError:
            return 0

    @property
    def _path(self) -> Path:
        """The directory, with links above it followed: these are checked, and it may not be one."""
        given = Path(os.path.abspath(self.root))
        return given.parent.resolve() / given.name

    def _make(self) -> None:
        missing = [folder for folder in (self._path, *self._path.parents) if not os.path.lexists(folder)]
        for folder in reversed(missing):
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """Give the directory's descriptor, once it is known to be one that nobody else writes to."""
        path = self._path
        if not POSIX:
            raise PermissionError(None, "this system cannot show that nobody else writes to it", str(path))
        _check_parents(path)
        try:
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            if path.is_symlink():
                raise PermissionError(None, "it is a link; name the folder itself", str(path)) from error
            raise
        try:
            if problem := _problem(os.fstat(folder)):
                raise PermissionError(None, problem, str(path))
            if not os.access(path, os.W_OK | os.X_OK):
                raise PermissionError(None, "it cannot be written", str(path))
            yield folder
        finally:
            os.close(folder)


def _problem(found: os.stat_result) -> str | None:
    """Say why what was found cannot be trusted, if others made it or may change it."""
    if found.st_uid != os.geteuid():
        return "it belongs to another user"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"others may write to it (mode {stat.S_IMODE(found.st_mode):o}); chmod go-w, if it is yours"
    return None


def _check_parents(path: Path) -> None:
    """Refuse a directory that others may exchange for another one.

    They may where they write to a directory above it, unless that keeps everybody's files apart (the sticky
    bit of /tmp). The user's own group is taken for a private one, as distributions make it. Whose the
    directories above are does not count: to name one in another user's home is to trust that user.
    """
    for parent in path.parents:
        with suppress(FileNotFoundError):
            found = parent.stat()
            shared = stat.S_IWOTH | (0 if found.st_gid == os.getegid() else stat.S_IWGRP)
            if found.st_mode & shared and not found.st_mode & stat.S_ISVTX:
                raise PermissionError(None, f"others may exchange it: they may write to {parent}", str(path))


def _open_file(folder: int, name: str) -> int | None:
    """Return the descriptor of a file of our own; None if it is anything else."""
    try:  # without waiting for somebody to open the other end, where it is a pipe
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError:
        return None
    found = os.fstat(file)
    if stat.S_ISREG(found.st_mode) and _problem(found) is None:
        return file
    os.close(file)
    return None


def _content(folder: int, name: str) -> bytes:
    descriptor = _open_file(folder, name)
    if descriptor is None:
        raise ValueError("it is not a file that this user alone may write")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read()
    start = len(HEADER) + DIGEST
    digest, content = data[len(HEADER) : start], data[start:]
    if not data.startswith(HEADER) or hashlib.sha256(content).digest() != digest:
        raise ValueError("it is damaged")
    return content


def _entries(folder: int) -> Iterator[tuple[str, int]]:
    """Yield name and size of every file that is an entry by its name and by its header."""
    for name in filter(ENTRY.fullmatch, os.listdir(folder)):
        with suppress(FileNotFoundError):
            descriptor = _open_file(folder, name)
            if descriptor is None:
                continue
            with os.fdopen(descriptor, "rb") as file:
                if file.read(len(HEADER)) == HEADER:
                    yield name, os.fstat(file.fileno()).st_size


def _remove_drafts(folder: int, before: float) -> None:
    for name in filter(DRAFT.fullmatch, os.listdir(folder)):
        with suppress(OSError):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_mtime <= before:
                os.unlink(name, dir_fd=folder)
