"""A result that is a folder, while it is made: half of one can be gone on with, or is gone."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from convpipe.errors import WriteError
from convpipe.images import already_exists
from convpipe.images.atomic import lock

SUFFIX = ".convpipe-draft"
"""A folder that is not finished is called ``.`` + its name + this, and lies where it will."""

RECORD, LOCK = "convpipe.json", ".lock"


class Draft:
    """A folder that gets its name when it is complete.

    It is locked while this process makes it. What a process that died left is gone on with if it was recorded
    for the same work, and removed otherwise.

    Parameters
    ----------
    path : path-like
        Of the result.
    identity : str
        Of the work: what decides the bytes of the result.
    overwrite : bool
        Whether it may replace a folder that is there.

    Attributes
    ----------
    folder : Path
        To be filled.

    Raises
    ------
    WriteError
        Another process is at it, or the folder cannot be made.
    """

    def __init__(self, path: str | os.PathLike[str], identity: str, *, overwrite: bool) -> None:
        self._path, self._identity, self._overwrite = Path(path), identity, overwrite
        self._replaced: Path | None = None
        self.folder = self._path.with_name(f".{self._path.name}{SUFFIX}")
        if self.folder.is_symlink():  # what it holds would be cleared
            raise WriteError(f"{self.folder} is a link; remove it first")
        self.folder.mkdir(exist_ok=True)
        self._lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        if not lock(self._lock, wait=False):
            os.close(self._lock)
            raise WriteError(f"another run is making it ({self.folder} is locked)")

    def recorded(self) -> dict[str, Any] | None:
        """Return what was recorded last of this very work; None: nothing."""
        try:
            said = json.loads((self.folder / RECORD).read_text())
        except (OSError, ValueError):
            return None
        if not isinstance(said, dict) or said.get("identity") != self._identity:
            return None
        state = said.get("state")
        return state if isinstance(state, dict) else None

    def record(self, state: dict[str, Any]) -> None:
        """Record how far it is. What that counts on is on the disk already."""
        draft = self.folder / f"{RECORD}.new"
        with draft.open("w") as file:
            json.dump({"identity": self._identity, "state": state}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / RECORD)

    def clear(self) -> None:
        """Begin anew."""
        for entry in self.folder.iterdir():
            if entry.name != LOCK:
                _remove(entry)

    def to_disk(self) -> None:
        """Bring its content to the disk: of each folder the files, and then their names."""
        for at, _, names in os.walk(self.folder, topdown=False):
            for name in names:
                sync(Path(at, name))
            if os.name == "posix":  # elsewhere folders are not opened
                sync(Path(at))

    def place(self, is_ours: Callable[[Path], bool], *, overwrite: bool | None = None) -> None:
        """Give it its name; the content is brought to the disk before.

        What it replaces is kept beside it, until that is settled or taken back.

        Parameters
        ----------
        is_ours : callable
            Tells whether a folder is of the kind that this may replace.
        overwrite : bool, optional
            Whether it may, where that was not known before.

        Raises
        ------
        WriteError
            The name is taken.
        """
        for name in (RECORD, LOCK):
            with suppress(FileNotFoundError):
                (self.folder / name).unlink()
        self.to_disk()
        if not os.path.lexists(self._path):
            self.folder.rename(self._path)
        elif not (self._overwrite if overwrite is None else overwrite):
            raise already_exists()
        elif not is_ours(self._path):
            raise WriteError(f"{self._path.name} is there, and something else; remove it first")
        else:
            self._replace()

    def _replace(self) -> None:
        """Put it in the place of another; the name is free for a moment between."""
        old = self._path.with_name(f"{self.folder.name}-old")
        _remove(old)
        self._path.rename(old)
        try:
            self.folder.rename(self._path)
        except OSError:
            old.rename(self._path)
            raise
        self._replaced = old

    def take_back(self) -> None:
        """Take its name from it, and put back what it replaced, as far as the system lets it."""
        with suppress(OSError):
            self._path.rename(self.folder)
            if self._replaced is not None:
                self._replaced.rename(self._path)
                self._replaced = None

    def settle(self) -> None:
        """Let it have its name for good: what it replaced is gone."""
        if self._replaced is not None:
            _remove(self._replaced)
        self._close()

    def leave(self) -> None:
        """Keep it, for another run to go on with, if anything was recorded; else remove it."""
        if self._lock < 0:
            return
        if self.recorded() is None:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._close()

    def _close(self) -> None:
        os.close(self._lock)
        self._lock = -1


@contextmanager
def placing(is_ours: Callable[[Path], bool]) -> Iterator[Callable[..., None]]:
    """Yield what gives drafts their names, as :meth:`Draft.place`: all have them in the end, or none.

    Parameters
    ----------
    is_ours : callable
        Tells whether a folder is of the kind that they may replace.
    """
    placed: list[Draft] = []

    def place(draft: Draft, *, overwrite: bool | None = None) -> None:
        draft.place(is_ours, overwrite=overwrite)
        placed.append(draft)

    try:
        yield place
    except BaseException:
        for draft in reversed(placed):
            draft.take_back()
        raise
    for draft in placed:
        draft.settle()


def _remove(path: Path) -> None:
    """Remove a file or a folder, or a link and not what it leads to; what is not there is gone already."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Bring a file to the disk, where the system can; one that is not there is none to bring."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)
