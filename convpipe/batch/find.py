"""Find the images of a folder: in a fixed order, never hanging, every refusal with its reason."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from convpipe.errors import JobError
from convpipe.images import TEMPORARY_SUFFIX, format_of


@dataclass(frozen=True)
class Found:
    """The inputs of a job.

    Parameters
    ----------
    root : Path
        The input folder.
    images : tuple of Path
        Relative to `root`, sorted.
    skipped : tuple of (Path, str)
        What matched but is no image file, and why.
    """

    root: Path
    images: tuple[Path, ...]
    skipped: tuple[tuple[Path, str], ...] = ()


def matches(relative: Path, patterns: Sequence[str]) -> bool:
    """Tell whether a glob matches the relative path, letter case aside.

    ``*`` matches folders too: ``*.png`` matches at any depth, ``photographs/*`` all below that folder.

    Examples
    --------
    >>> matches(Path("a/b/C.PNG"), ["*.png"]), matches(Path("a/b.png"), ["b*"])
    (True, True)
    """
    names = (relative.as_posix().lower(), relative.name.lower())
    return any(fnmatchcase(name, pattern.lower()) for pattern in patterns for name in names)


def find_images(
    root: Path, include: Sequence[str] = (), exclude: Sequence[str] = (), recursive: bool = True
) -> Found:
    """Return the images below `root`, or `root` itself when it is a file.

    Parameters
    ----------
    root : Path
    include, exclude : sequence of str
        Globs, see :func:`matches`; without `include`, every file with an image's extension.
    recursive : bool

    Raises
    ------
    JobError
        If there is no `root`, or it cannot be listed.
    """
    if root.is_file():
        return Found(root.parent, (Path(root.name),))
    if not root.is_dir():
        raise JobError(f"the input {str(root)!r} is neither a folder nor a file")

    def wanted(relative: Path) -> bool:
        if relative.name.endswith(TEMPORARY_SUFFIX) or matches(relative, exclude):
            return False
        return matches(relative, include) if include else format_of(relative) is not None

    images: list[Path] = []
    skipped: list[tuple[Path, str]] = []
    for relative, problem in _walk(root, Path(), recursive):
        if wanted(relative):
            if problem is None:
                images.append(relative)
            else:
                skipped.append((relative, problem))
    return Found(root, tuple(sorted(images)), tuple(sorted(skipped)))


def _walk(root: Path, below: Path, recursive: bool) -> Iterator[tuple[Path, str | None]]:
    """Yield every file below `root`, with the reason if it is not a regular one."""
    try:
        with os.scandir(root / below) as entries:
            listed = list(entries)
    except OSError as error:
        if below == Path():
            raise JobError(f"the input {str(root)!r} cannot be listed: {error.strerror}") from None
        return
    for entry in listed:
        relative = below / entry.name
        if entry.is_dir(follow_symlinks=False):
            if recursive:
                yield from _walk(root, relative, recursive)
            yield relative, "a folder, not an image"
        else:
            yield relative, _problem(root, entry)


def _problem(root: Path, entry: os.DirEntry[str]) -> str | None:
    """Return why `entry` is no file to read, or None."""
    try:
        mode = entry.stat().st_mode
    except OSError as error:
        return f"cannot be followed: {error.strerror}"
    if stat.S_ISDIR(mode):
        return "a link to a folder; folders are not followed through links"
    if not stat.S_ISREG(mode):
        return "not a regular file"
    if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root.resolve()):
        return "a link out of the input folder"
    return None
