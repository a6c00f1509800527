"""Find the images of a folder: in a fixed order, never hanging, every refusal with its reason."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path, PurePosixPath

from convpipe.batch.journal_files import FOLDER, is_journal
from convpipe.batch.patterns import matches
from convpipe.dataclass import dataclass
from convpipe.errors import JobError
from convpipe.images import format_of, is_temporary
from convpipe.paths import Location, tried
from convpipe.shelf import Shelf
from convpipe.stores import Url

Refused = tuple[tuple[Path, str], ...]
"""Paths relative to the input folder, each with the reason."""


def is_store(path: Path) -> bool:
    """Tell whether a folder of this name is one image, a store of Zarr, which is not looked into.

    >>> is_store(Path("cells.ome.zarr")), is_store(Path("cells.tif"))
    (True, False)
    """
    return path.suffix.lower() == ".zarr"


@dataclass(frozen=True)
class Selection:
    """Which files of a folder are inputs.

    Parameters
    ----------
    include, exclude : tuple of str
        Globs, see :func:`~convpipe.batch.patterns.matches`. Without `include`, every file with an image's
        extension. An `include` that names no extension (``photographs/**``) takes those files too, one that
        does (``*.dat``) takes any file but a run's own, and its content decides. An `exclude` that matches
        a folder leaves out all that it holds.
    recursive : bool
        Whether to look into folders.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    recursive: bool = True

    def takes(self, relative: Path) -> bool:
        """Tell whether the file would be an input."""
        patterns = self._include
        if format_of(relative) is None and not is_store(relative):
            patterns = tuple(each for each in patterns if PurePosixPath(each).suffix not in ("", ".*"))
        return self._selects(relative, patterns)

    def selects(self, relative: Path) -> bool:
        """Tell whether the file would be an input if it were of a format that is read."""
        return self._selects(relative, self._include)

    @property
    def _include(self) -> tuple[str, ...]:
        return self.include or ("*",)

    def _selects(self, relative: Path, patterns: Sequence[str]) -> bool:
        if not self.recursive and len(relative.parts) > 1:
            return False
        own = FOLDER in relative.parts or is_journal(relative.name) or is_temporary(relative.name)
        if own or self.excludes(relative):
            return False
        return any(matches(relative, pattern) for pattern in patterns)

    def excludes(self, relative: Path) -> bool:
        """Tell whether an `exclude` matches the path or a folder that it is in."""
        return any(
            matches(path, pattern) for pattern in self.exclude for path in (relative, *relative.parents[:-1])
        )


@dataclass(frozen=True)
class Found:
    """The inputs of a job.

    Parameters
    ----------
    root : Path or Url
        The input folder; the folder of the image, where the input is one.
    images : sequence of Path
        Relative to `root`, sorted. Those of a folder are on the disk.
    skipped : tuple of (Path, str)
        What would be an input but is no file to read, and why.
    unreadable : tuple of (Path, str)
        Folders that could not be listed and files that could not be looked at, and why.
    unsupported : tuple of Path
        Other files that were selected, whose names say no format that is read; hidden ones are left out.
    selection : Selection or None
        What decided; None where the input is one image.
    members : mapping of Path to tuple of Path
        The files whose images are the pages of one of `images`, which is then none itself.
    """

    root: Location
    images: Sequence[Path]
    skipped: Refused = ()
    unreadable: Refused = ()
    unsupported: tuple[Path, ...] = ()
    selection: Selection | None = None
    members: Mapping[Path, tuple[Path, ...]] = field(default_factory=dict)

    @property
    def files(self) -> Iterator[Path]:
        """The files that are read, relative to `root`."""
        return (file for image in self.images for file in self.members.get(image, (image,)))

    def stacked(self) -> Found:
        """Return the same where the files of each folder are the pages of one image, called after it.

        They are in natural order: numbers in names count as such.

        Raises
        ------
        JobError
            If the input is no folder, or one is called as the folder that it is in, which has images too.

        Examples
        --------
        >>> files = Path("a/p10.png"), Path("a/p9.png"), Path("a/b/x.tif")
        >>> found = Found(Path("."), files, selection=Selection()).stacked()
        >>> {str(image): list(map(str, files)) for image, files in found.members.items()}
        {'a/b.tif': ['a/b/x.tif'], 'a.tif': ['a/p9.png', 'a/p10.png']}
        """
        if self.selection is None:
            raise JobError("the input is one image; stack: folder makes one of those of a folder")
        whole = self.root if isinstance(self.root, Url) else self.root.resolve()
        own = Path(f"{whole.name or 'stack'}.tif")
        members: dict[Path, list[Path]] = {}
        for file in self.images:
            inside = file.parent != Path()
            image = file.parent.with_name(f"{file.parent.name}.tif") if inside else own
            group = members.setdefault(image, [])
            if group and group[0].parent != file.parent:
                raise JobError(
                    f"the images of {str(self.root)!r} and of {file.parent.name!r} in it would both become "
                    f"{str(image)!r}; exclude those of one of them"
                )
            group.append(file)
        ordered = {image: tuple(sorted(files, key=_natural)) for image, files in sorted(members.items())}
        return replace(self, images=tuple(ordered), members=ordered)


def find_images(
    root: Path, include: Sequence[str] = (), exclude: Sequence[str] = (), recursive: bool = True
) -> Found:
    """Return the images below `root`, or `root` itself when it is a file.

    Parameters
    ----------
    root : Path
    include, exclude : sequence of str
        Globs, see :class:`Selection`. They say nothing about a `root` that is a file.
    recursive : bool
        Whether to look into folders. Links to folders are never followed, links to files only within `root`.

    Raises
    ------
    JobError
        If there is no `root`, or it cannot be listed.
    """
    try:
        mode = root.stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a null character
        raise JobError(f"the input {str(root)!r} cannot be opened: {_why(error)}{tried(root)}") from None
    if stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and is_store(root)):
        return Found(root.parent, (Path(root.name),))
    if not stat.S_ISDIR(mode):
        raise JobError(f"the input {str(root)!r} is neither a folder nor a regular file{tried(root)}")
    scan = _Scan(root, Selection(tuple(include), tuple(exclude), recursive))
    return scan.run()


class Listing(Shelf[Path]):
    """Paths, each once, in the order in which :class:`~pathlib.Path` sorts them: by their parts."""

    def __init__(self) -> None:
        super().__init__(dump=os.fsencode, load=lambda path: Path(os.fsdecode(path)))

    def add(self, path: Path) -> None:
        """Take a path."""
        self.put(in_order_of_walk(path), path)


def in_order_of_walk(path: Path) -> str:
    """Return a text by which paths are sorted as by their parts: a folder comes before what its name begins.

    Examples
    --------
    >>> sorted(["a!.png", "a/b.png", "a"], key=lambda name: in_order_of_walk(Path(name)))
    ['a', 'a/b.png', 'a!.png']
    """
    return str(path).replace(os.sep, "\0")


@dataclass
class _Scan:
    """A walk through a folder: a list of folders still to be listed, not recursion, so any depth will do."""

    root: Path
    selection: Selection
    images: Listing = field(default_factory=Listing)
    skipped: list[tuple[Path, str]] = field(default_factory=list)
    unreadable: list[tuple[Path, str]] = field(default_factory=list)
    unsupported: list[Path] = field(default_factory=list)

    def run(self) -> Found:
        left = [Path()]
        while left:
            below = left.pop()
            try:
                left.extend(self._folder(below))
            except OSError as error:
                if below == Path():
                    why = f"{_why(error)}{tried(self.root)}"
                    raise JobError(f"the input {str(self.root)!r} cannot be listed: {why}") from None
                self.unreadable.append((below, f"the folder cannot be listed: {_why(error)}"))
        return Found(
            self.root,
            self.images.in_order(),
            tuple(sorted(self.skipped)),
            tuple(sorted(self.unreadable)),
            tuple(sorted(self.unsupported)),
            self.selection,
        )

    def _folder(self, below: Path) -> Iterator[Path]:
        """Sort the entries of one folder, and yield the folders among them."""
        with os.scandir(self.root / below) as entries:
            for entry in entries:
                relative = below / entry.name
                if self.selection.excludes(relative):
                    continue
                try:
                    mode = entry.stat().st_mode
                except OSError as error:
                    if entry.is_dir(follow_symlinks=False) and self.selection.recursive:
                        yield relative  # which will not be listed either, and is told then
                    else:
                        self._unknown(relative, entry.is_symlink(), error)
                    continue
                is_folder = stat.S_ISDIR(mode) and not entry.is_symlink()
                if is_folder and self.selection.recursive and not is_store(relative):
                    yield relative
                self._sort(relative, mode, entry)

    def _sort(self, relative: Path, mode: int, entry: os.DirEntry[str]) -> None:
        """Put an entry where it belongs."""
        if (problem := self._problem(mode, entry)) is None:
            if self.selection.takes(relative) and stat.S_ISDIR(mode) == is_store(relative):
                self.images.add(relative)
            elif self.selection.selects(relative) and not relative.name.startswith("."):
                self.unsupported.append(relative)
        # Linked folders may hold images, whatever their names.
        elif self.selection.takes(relative) or (problem is LINKED_FOLDER and self.selection.recursive):
            self.skipped.append((relative, problem))

    def _unknown(self, relative: Path, link: bool, error: OSError) -> None:
        """Put an entry that cannot be looked at where it belongs: an image may be there, and be lost."""
        dangling = link and error.errno in LEADS_NOWHERE
        if self.selection.takes(relative):
            where = self.skipped if dangling else self.unreadable
            where.append((relative, f"cannot be {'followed' if link else 'opened'}: {_why(error)}"))
        elif link and not dangling and self.selection.recursive:
            self.skipped.append((relative, f"a link that cannot be followed: {_why(error)}"))

    def _problem(self, mode: int, entry: os.DirEntry[str]) -> str | None:
        """Return why `entry` is no file to read, or None."""
        if stat.S_ISDIR(mode):
            if is_store(Path(entry.name)) and not entry.is_symlink():
                return None
            return LINKED_FOLDER if entry.is_symlink() else "a folder, not an image"
        if not stat.S_ISREG(mode):
            return "not a regular file (a pipe, socket or device)"
        if entry.is_symlink() and not within(Path(entry.path), self.root):
            return "a link out of the input folder"
        return None


LINKED_FOLDER = "a link to a folder; such links are not followed"

LEADS_NOWHERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
"""What the system says of a link that leads to nothing. Anything else, as that a folder on its way may not be
searched or that the disk fails, says that there may be an image, and that it cannot be had."""


def _natural(path: Path) -> tuple[tuple[tuple[int, str], ...], str]:
    """Return what names are sorted by, so that page 9 comes before page 10; equal numbers by their text."""
    pieces = re.split(r"([0-9]+)", path.name)
    return tuple((int(each), "") if at % 2 else (0, each) for at, each in enumerate(pieces)), path.name


def within(path: Path, folder: Path) -> bool:
    """Tell whether `path` lies in `folder`, or is it, once all links are followed."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
