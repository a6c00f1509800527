"""Where results go: a tree that mirrors the input's, checked before any work begins."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from convpipe.batch.find import Found
from convpipe.batch.keys import Keys
from convpipe.batch.listing import is_file
from convpipe.batch.results import Result
from convpipe.errors import JobError, WriteError
from convpipe.images import Folder, OutsideError, format_of
from convpipe.images.formats.registry import entry_of
from convpipe.paths import Location, located, tried
from convpipe.shelf import Lazy
from convpipe.stores import Url

SHOWN = 10
"""Most clashing names listed in one message."""


def output_path(relative: Path, format: str | None) -> Path:
    """Return the result's path for an input's: the same, with the extension of `format` if that differs.

    Examples
    --------
    >>> output_path(Path("a/b.JPG"), "png").as_posix(), output_path(Path("a/b.JPG"), "jpeg").as_posix()
    ('a/b.png', 'a/b.JPG')
    """
    if format is None or format_of(relative) == format:
        return relative
    entry = entry_of(format)
    assert entry is not None
    if relative.suffix.lower() in entry.extensions:
        return relative
    return relative.with_name(relative.stem + entry.extensions[0])


_NUMBERED = re.compile(r"(.+)-[0-9]{3,}((?:\.[^.]*)?)")


def page_path(target: Path, number: int, count: int) -> Path:
    """Return the path of a page of a result, where each has a file of its own.

    Parameters
    ----------
    target : Path
        That the result would have as one file.
    number, count : int
        Of the page in its image, from 0, and of the pages there.

    Examples
    --------
    >>> page_path(Path("a/b.tif"), 7, 12).as_posix(), page_path(Path("b.png"), 7, 5000).as_posix()
    ('a/b-007.tif', 'b-0007.png')
    """
    digits = max(3, len(str(count - 1)))
    return target.with_name(f"{target.stem}-{number:0{digits}}{target.suffix}")


def result_of_page(path: Path) -> Path | None:
    """Return the path of which another may be that of a page; None where it is none.

    Examples
    --------
    >>> result_of_page(Path("a/b-007.tif")).as_posix(), result_of_page(Path("b.tif"))
    ('a/b.tif', None)
    """
    found = _NUMBERED.fullmatch(path.name)
    return None if found is None else path.with_name("".join(found.groups()))


def place(input: Location, output: str | Location) -> tuple[Location, str | None]:
    """Return the output folder, and the name of the one result, if `output` is a file for an image.

    Parameters
    ----------
    input : Path or Url
    output : str, Path or Url
        A file, unless `input` is a folder, or it is a folder that exists, or text that ends in a slash.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile(suffix=".png") as image:
    ...     place(Path(image.name), "new.png"), place(Path(image.name), "new/"), place(Path("/"), "new")
    ((PosixPath('.'), 'new.png'), (PosixPath('new'), None), (PosixPath('new'), None))
    """
    target = located(output)
    return (target.parent, target.name) if is_new(output) and is_file(input) else (target, None)


def is_new(output: str | Location) -> bool:
    """Tell whether a path may be a file's: it is no folder that is there, and does not end in a slash."""
    target = located(output)
    if isinstance(target, Url):
        return not target.folder
    separators = tuple(filter(None, (os.sep, os.altsep)))
    return bool(target.name) and not str(output).endswith(separators) and not target.is_dir()


Targets = tuple[Path, ...]
"""Where the results of an image go, in the order of the results, relative to the output folder.

Of a result whose pages have files of their own it is the name that they are numbered from
(:func:`page_path`)."""


def map_outputs(found: Found, output: Location, results: Sequence[Result], file: str | None = None) -> Pairs:
    """Return each input with where its results go, and make the output folder.

    Parameters
    ----------
    found : Found
    output : Path or Url
    results : sequence of Result
        Of every input; a format of None keeps that of each.
    file : str, optional
        Name of the one result.

    Raises
    ------
    JobError
        If two inputs map to one output, a result would replace an input or be an input of the next run,
        there are several for one file, or the folder cannot be made or written. Nothing has been written
        then.
    """
    if file is not None and found.selection is not None:
        raise JobError(f"the input {str(found.root)!r} is a folder, and cannot become one file, {file!r}")
    if file is not None and len(results) > 1:
        names = ", ".join(result.name for result in results)
        raise JobError(
            f"the job gives several results ({names}), and cannot write them to one file, {file!r}; "
            f"for a folder of that name, write {str(output / file) + os.sep!r}"
        )
    if file is not None and any(result.encoding.apart for result in results):
        raise JobError(
            f"each page goes to a file of its own, and cannot go to one file, {file!r}; for a folder of that "
            f"name, write {str(output / file) + os.sep!r}"
        )
    _check_folders(found, results)
    pairs = Pairs(found.images, results, file)
    _check_distinct(pairs, results)
    _check_apart(found, output, pairs, results)
    _check_writable(output)
    return pairs


class Pairs(Lazy[tuple[Path, Targets]]):
    """Images, each with where its results go.

    Parameters
    ----------
    images : sequence of Path
    results : sequence of Result
        Of every image.
    file : str or None
        Name of the one result.
    """

    def __init__(self, images: Sequence[Path], results: Sequence[Result], file: str | None) -> None:
        self._images, self._results, self._file = images, results, file

    def __len__(self) -> int:
        return len(self._images)

    def __iter__(self) -> Iterator[tuple[Path, Targets]]:
        return ((image, self._targets(image)) for image in self._images)

    def _at(self, place: int) -> tuple[Path, Targets]:
        image = self._images[place]
        return image, self._targets(image)

    def _targets(self, image: Path) -> Targets:
        if self._file is not None:
            return (Path(self._file),)
        return tuple(each.folder / output_path(image, each.encoding.format) for each in self._results)


def _check_folders(found: Found, results: Sequence[Result]) -> None:
    """Refuse a folder of the input that would be mirrored into the folder of a result."""
    names = {_key(result.folder): result.name for result in results if result.folder.name}
    for relative in found.files if names else ():
        if len(relative.parts) > 1 and (name := names.get(_key(Path(relative.parts[0])))) is not None:
            raise JobError(
                f"the results {name!r} go to a folder of that name, and so would the last stage's of "
                f"{str(relative)!r}; call the output otherwise, or rename or exclude that folder"
            )


def _each(pairs: Pairs) -> Iterator[tuple[Path, Path]]:
    """Yield each input with each of its results."""
    return ((relative, target) for relative, own in pairs for target in own)


def _check_apart(found: Found, output: Location, pairs: Pairs, results: Sequence[Result]) -> None:
    inner, outer = _real(output), _real(found.root)
    if not _meet(inner, outer):
        return
    inputs = Keys(lambda: (_key(outer / relative) for relative in found.files))
    pages = Keys(lambda: (_key(outer / of) for of in map(result_of_page, found.files) if of is not None))
    for relative, own in pairs:
        for target, result in zip(own, results, strict=True):
            if _key(inner / target) in (pages if result.encoding.apart else inputs):
                raise JobError(
                    f"the result of {str(relative)!r} would replace an input, {str(inner / target)!r}"
                    f"{' with a number' if result.encoding.apart else ''}; choose another output folder"
                )
    folder = _below(inner, outer)
    if found.selection is None or folder is None:
        return
    made = (
        page_path(target, 0, 1) if result.encoding.apart else target
        for _, own in pairs
        for target, result in zip(own, results, strict=True)
    )
    if any(found.selection.takes(folder / target) for target in made):
        others = f", or exclude '{folder.as_posix()}/**'" if folder != Path() else ""
        raise JobError(
            f"the output {str(output)!r} lies inside the input {str(found.root)!r}: its results would be "
            f"inputs of the next run; choose another output{others}"
        )


def _meet(one: Location, other: Location) -> bool:
    """Tell whether a folder is another, or lies in it."""
    if isinstance(one, Url) or isinstance(other, Url):
        return _below(one, other) is not None or _below(other, one) is not None
    folders = Path(_key(one)), Path(_key(other))
    return folders[0].is_relative_to(folders[1]) or folders[1].is_relative_to(folders[0])


def whole(place: Location) -> str:
    """Return a place as text that does not depend on links or on the working directory."""
    return str(_real(place))


def _real(place: Location) -> Location:
    return place if isinstance(place, Url) else Path(os.path.realpath(place))


def _below(inner: Location, outer: Location) -> Path | None:
    """Return the way from one place to another; None where that does not lie in it."""
    if isinstance(inner, Url) or isinstance(outer, Url):
        way = inner.below(outer) if isinstance(inner, Url) and isinstance(outer, Url) else None
        return None if way is None else Path(way)
    return inner.relative_to(outer) if inner.is_relative_to(outer) else None


def _check_distinct(pairs: Pairs, results: Sequence[Result]) -> None:
    keys = Keys(lambda: (_key(target) for _, target in _each(pairs)))
    parents = {target.parent for _, target in _each(pairs)}
    folders = {folder for parent in parents for folder in (parent, *parent.parents)} - {Path()}
    if keys.may_repeat or any(_key(folder) in keys for folder in folders):
        _refuse_clashes(pairs, results)


def _refuse_clashes(pairs: Pairs, results: Sequence[Result]) -> None:
    """Say which inputs share an output, and which results are folders of others."""
    owners: dict[str, Path] = {}
    clashes: list[str] = []
    for relative, target in _each(pairs):
        owner = owners.setdefault(_key(target), relative)
        if owner is not relative:
            clashes.append(f"{_pair(owner, relative)} both become {str(target)!r}")
    for relative, target in _each(pairs):
        for folder in target.parents[:-1]:
            if (file := owners.get(_key(folder))) is not None:
                clashes.append(f"{str(file)!r} becomes {str(folder)!r}, a folder of {str(relative)!r}")
    if clashes:
        more = [f"and {len(clashes) - SHOWN} more"] if len(clashes) > SHOWN else []
        converted = any(result.encoding.format for result in results)
        help = "rename or exclude one of each" + (", or set no output format" if converted else "")
        raise JobError(f"inputs share an output; {help}: " + "; ".join(clashes[:SHOWN] + more))


def _pair(one: Path, other: Path) -> str:
    """Name two paths; where they differ in their Unicode form alone, which cannot be seen, by escapes."""
    alike = unicodedata.normalize("NFC", str(one)) == unicodedata.normalize("NFC", str(other))
    show = ascii if alike else repr
    return f"{show(str(one))} and {show(str(other))}"


def _key(path: Location) -> str:
    """Names that differ in letter case or Unicode form alone are one file on some file systems."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(path)).casefold())


def _check_writable(output: Location) -> None:
    if isinstance(output, Url):
        return  # its store says so when the journal begins
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"{error.strerror}{tried(output)}"
        raise JobError(f"the output folder {str(output)!r} cannot be made: {why}") from None
    if not os.access(output, os.W_OK | os.X_OK):
        raise JobError(f"the output folder {str(output)!r} cannot be written{tried(output)}")


def result_folder(output: Folder, target: Path, *, make: bool = False) -> Folder:
    """Open the folder that a result goes to.

    Raises
    ------
    WriteError
        It is a link that leads out of the output folder, or cannot be made.
    FileNotFoundError
        It is not there, and not to be made.
    """
    try:
        return output.below(target.parent, make=make)
    except OutsideError:
        shown = str(output.path / target.parent)
        raise WriteError(f"its folder {shown!r} leads out of the output folder") from None
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not make:
            raise
        shown = str(output.path / target.parent)
        failure = WriteError(f"cannot {'make' if make else 'open'} the folder {shown!r}: {error.strerror}")
        failure.errno = error.errno
        raise failure from error
