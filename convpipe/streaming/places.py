"""Where results of one image may go: refused before any work is done for them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from convpipe.errors import WriteError
from convpipe.images import already_exists
from convpipe.paths import Location, located
from convpipe.stores import Url
from convpipe.streaming import sinks
from convpipe.streaming.sinks.remote import check_target, size_there
from convpipe.streaming.sources import Source
from convpipe.streaming.sources.zarr import is_zarr

ITSELF = "it is the image itself; give the result another name"


def check_places(source: Source, targets: Iterable[Location], *, overwrite: bool) -> None:
    """Refuse results that cannot get their names.

    Parameters
    ----------
    source : path-like, URL, Url, Raw or Zarr
        What is read.
    targets : iterable of Path or Url
    overwrite : bool
        Whether they may replace what is there.

    Raises
    ------
    WriteError
        One has the name of no format that is written row by row, is there already, or is what may not be
        replaced; its folder is none; or it lies in what is read, or holds it.
    """
    path = source if isinstance(source, str | os.PathLike | Url) else source.path
    read = located(path if isinstance(path, str | Url) else Path(path))
    for target in targets:
        format = sinks.format_of(target)
        if isinstance(target, Url):
            _check_url(read, target, format, overwrite=overwrite)
            continue
        folder = target.parent
        if not folder.is_dir():
            what = "is no folder" if os.path.lexists(folder) else "is not there; make it first"
            raise WriteError(f"its folder {str(folder)!r} {what}")
        if isinstance(read, Path):
            _check_beside(read, target)
        if os.path.lexists(target):
            _check_replaced(target, format, overwrite=overwrite)


def _check_url(read: Location, target: Url, format: str, *, overwrite: bool) -> None:
    """Refuse a result that a store cannot take."""
    if isinstance(read, Url) and read.below(target) == "":
        raise WriteError(ITSELF)
    check_target(target, format)
    if not overwrite and size_there(target) is not None:
        raise already_exists()


def _check_beside(read: Path, target: Path) -> None:
    """Refuse to write into what is read, also by another name, or over it."""
    source, place = read.resolve(), target.resolve()
    store = source
    while is_zarr(store.parent):
        store = store.parent
    if place == source or (read.exists() and target.exists() and target.samefile(read)):
        raise WriteError(ITSELF)
    if source.is_relative_to(place):
        raise WriteError(f"it holds the image, {str(read)!r}; give the result another name")
    if store.is_dir() and place.is_relative_to(store):
        raise WriteError(f"it lies in the store of the image, {str(store)!r}; write it beside that")


def _check_replaced(target: Path, format: str, *, overwrite: bool) -> None:
    """Refuse to replace what is there, unless that was said and it is of the kind of the result."""
    if format == "zarr":
        if not is_zarr(target) and not target.is_symlink():
            what = "a folder that is no store of Zarr" if target.is_dir() else "a file"
            raise WriteError(f"{what} is there, which is not replaced; remove it first")
    elif target.is_dir() and not target.is_symlink():
        raise WriteError("a folder is there, which no file replaces; give the result another name")
    if not overwrite:
        raise already_exists()
