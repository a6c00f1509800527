"""Where results go: a tree that mirrors the input's, checked before any work begins."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from convpipe.batch.find import Found, matches
from convpipe.errors import JobError
from convpipe.images import FORMATS, format_of


def output_path(relative: Path, format: str | None) -> Path:
    """Return the result's path for an input's: the same, with the extension of `format` if that differs.

    Examples
    --------
    >>> output_path(Path("a/b.JPG"), "png").as_posix(), output_path(Path("a/b.JPG"), "jpeg").as_posix()
    ('a/b.png', 'a/b.JPG')
    """
    if format is None or format_of(relative) == format:
        return relative
    return relative.with_name(relative.stem + FORMATS[format].extensions[0])


def check_outputs(found: Found, output: Path, format: str | None, exclude: Sequence[str]) -> None:
    """Refuse an output folder or a mapping that would lose something.

    Raises
    ------
    JobError
        If the output lies in the scanned input, two inputs map to one output, or the folder cannot
        be made or written.
    """
    _check_apart(found.root, output, exclude)
    _check_distinct(found.images, format)
    _check_writable(output)


def _check_apart(root: Path, output: Path, exclude: Sequence[str]) -> None:
    inner, outer = output.resolve(), root.resolve()
    if inner == outer:
        raise JobError(f"input and output are the same folder, {str(root)!r}; choose another output")
    if inner.is_relative_to(outer) and not matches(inner.relative_to(outer) / "image.png", exclude):
        raise JobError(
            f"the output {str(output)!r} lies inside the input {str(root)!r}: its results would be inputs of "
            f"the next run; choose another output, or exclude '{inner.relative_to(outer).as_posix()}/*'"
        )


def _check_distinct(images: Sequence[Path], format: str | None) -> None:
    """Names that differ in case or Unicode form alone are one file on some file systems."""
    owners: dict[str, Path] = {}
    clashes: list[str] = []
    for relative in images:
        target = output_path(relative, format)
        key = unicodedata.normalize("NFC", str(target)).casefold()
        if key in owners:
            clashes.append(f"{str(owners[key])!r} and {str(relative)!r} -> {str(target)!r}")
        owners.setdefault(key, relative)
    if clashes:
        raise JobError("inputs share an output; rename or exclude one of each: " + "; ".join(clashes))


def _check_writable(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JobError(f"the output folder {str(output)!r} cannot be made: {error.strerror}") from None
    if not os.access(output, os.W_OK | os.X_OK):
        raise JobError(f"the output folder {str(output)!r} cannot be written")


def prepare(output: Path, relative: Path) -> Path:
    """Return the full path of a result, its folder made; refuse one that a link leads out of `output`."""
    target = output / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.parent.resolve().is_relative_to(output.resolve()):
        raise JobError(f"the folder {str(target.parent)!r} is a link out of the output folder")
    return target
