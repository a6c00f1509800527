"""Inputs that a list names, in the place of a walk through the folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from convpipe.batch.find import Found, Listing, Selection, is_store
from convpipe.batch.journal_files import is_journal
from convpipe.errors import JobError
from convpipe.images import is_temporary
from convpipe.paths import Location, tried
from convpipe.stores import Url, is_url

PIECE = 1 << 20
"""Bytes of a list that are read at once; no system has paths of as many."""


def read_list(file: BinaryIO, *, null: bool = False) -> tuple[str, ...]:
    r"""Return the paths of a list: one a line, or, so that names may hold line ends, one before each null.

    Raises
    ------
    JobError
        If it is none: a device that never ends, or an image.

    Examples
    --------
    >>> from io import BytesIO
    >>> read_list(BytesIO(b"a.png\r\n\nb/c.png\n")), read_list(BytesIO(b"a\nb.png\0"), null=True)
    (('a.png', 'b/c.png'), ('a\nb.png',))
    """
    end, begun = (b"\0" if null else b"\n"), b""
    names: list[bytes] = []
    while piece := file.read(PIECE):
        *ended, begun = (begun + piece).split(end)
        found = [name for name in (part if null else part.rstrip(b"\r") for part in ended) if name]
        if len(piece) == PIECE and not found:
            raise _no_list(len(names), begun)
        names += found
    names += [last for last in [begun if null else begun.rstrip(b"\r")] if last]
    return tuple(os.fsdecode(name) for name in names)


def _no_list(before: int, begun: bytes) -> JobError:
    what = f"begins with {os.fsdecode(begun[:5])!r} and does not end" if begun else "does not come"
    needed = "a list has a path a line, or before each null with --null"
    return JobError(f"name {before + 1} of the list {what} within {PIECE} bytes; {needed}")


def find_listed(root: Location, files: Iterable[str], selection: Selection) -> Found:
    """Return the images that a list names, each once, in the order of a walk.

    They are taken as they are named, whatever their extensions and what a config includes. One that cannot be
    had is told with the reason, as a file is that cannot be looked at.

    Parameters
    ----------
    root : Path or Url
        The input folder.
    files : iterable of str
        Relative to it, or absolute and inside it.
    selection : Selection
        What a walk would take: it says whether results would be inputs of the next one.

    Raises
    ------
    JobError
        If `root` is no folder, or the list is empty.
    """
    if not isinstance(root, Url) and not root.is_dir():
        raise JobError(f"the input {str(root)!r} is no folder, in which a list could name files{tried(root)}")
    images = Listing()
    refused: dict[Path, str] = {}
    for given in files:
        relative = _relative(root, given)
        reason = _problem(root, relative, given)
        if reason is None:
            images.add(relative)
        else:
            refused[relative] = reason
    if not images and not refused:
        raise JobError("the list of files names none")
    return Found(root, images.in_order(), unreadable=tuple(sorted(refused.items())), selection=selection)


def _relative(root: Location, given: str) -> Path:
    """Return a path relative to the folder, without `.` and `..`; one outside of it as it was given."""
    if is_url(given):
        url = Url.parse(given)
        below = url.below(root) if isinstance(root, Url) and not url.query else None
        return Path(below or f"/{url}")
    if isinstance(root, Url):
        return Path(os.path.normpath(given))
    path = os.path.normpath(given)
    if os.path.isabs(path):
        for folder in (os.path.abspath(root), os.path.realpath(root)):
            if Path(path).is_relative_to(folder):
                return Path(path).relative_to(folder)
    return Path(path)


def _problem(root: Location, relative: Path, given: str) -> str | None:
    """Return why a file cannot be an input, or None; whether an object is there is seen when it is read."""
    if relative.is_absolute() or relative.parts[:1] == ("..",):
        shown = str(root) if isinstance(root, Url) else os.path.abspath(root)
        return f"it lies outside the input folder, {shown}"
    if is_journal(relative.name) or is_temporary(relative.name):
        return "it is a file of a run's own"
    if isinstance(root, Url):
        return None
    try:
        mode = (root / relative).stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a null character
        return f"cannot be opened: {getattr(error, 'strerror', None) or error}{_advice(root, given)}"
    if stat.S_ISDIR(mode) and is_store(relative):
        return None
    if stat.S_ISDIR(mode):
        return "a folder, not an image"
    return None if stat.S_ISREG(mode) else "not a regular file (a pipe, socket or device)"


def _advice(root: Path, given: str) -> str:
    """Say so where a path was meant from the working directory, as `find` prints it."""
    path = os.path.abspath(given)
    if (
        os.path.isabs(given)
        or not os.path.exists(path)
        or not Path(path).is_relative_to(os.path.abspath(root))
    ):
        return ""
    return f"; paths of a list are relative to the input folder: {os.path.relpath(path, root)!r}"
