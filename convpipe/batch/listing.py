"""The images of a job, wherever they lie: below a folder, or below the URL of a store."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from convpipe.batch.find import Found, Listing, Selection, find_images, is_store
from convpipe.errors import JobError
from convpipe.paths import Location
from convpipe.stores import Url


def find_inputs(place: Location, selection: Selection) -> Found:
    """Return the images below a place, or the one that it is.

    Parameters
    ----------
    place : Path or Url
    selection : Selection
        It says nothing about a place that is an image itself.

    Raises
    ------
    JobError
        There is no such place, or it cannot be listed.
    """
    if isinstance(place, Url):
        return _one(place) or _listed(place, selection)
    return find_images(place, selection.include, selection.exclude, selection.recursive)


def is_file(place: Location) -> bool:
    """Tell whether a place is one image, and no folder of them; of an object store, an object.

    Raises
    ------
    JobError
        The store cannot be asked.
    """
    if isinstance(place, Url):
        return _one(place) is not None
    return place.is_file() or (is_store(place) and place.is_dir())


def _one(url: Url) -> Found | None:
    """Return the object that a URL is of; None where it is a prefix."""
    from convpipe.stores.store import Store

    if url.folder:
        return None
    if not url.is_web:
        try:
            if Store(url.parent).look(url.name) is None:
                return None
        except OSError as error:
            raise JobError(f"the input {str(url)!r} cannot be opened: {error.strerror}") from None
    return Found(url.parent, (Path(url.name),))


def _listed(url: Url, selection: Selection) -> Found:
    """Return the objects below a prefix, as those of a folder."""
    from convpipe.stores.store import Store

    if url.is_web:
        raise JobError(
            f"{str(url)!r} is of the web, which lists nothing: name one image, or those below it "
            "by --files-from"
        )
    images = Listing()
    skipped: list[tuple[Path, str]] = []
    unsupported: list[Path] = []
    try:
        for found in Store(url).listed(deep=selection.recursive):
            relative = Path(found.path)
            if not selection.selects(relative):
                continue
            if relative.as_posix() != found.path or ".." in PurePosixPath(found.path).parts:
                skipped.append((relative, f"no path has the name of its key, {found.path!r}"))
            elif selection.takes(relative):
                images.add(relative)
            elif found.size and not relative.name.startswith("."):
                unsupported.append(relative)
    except OSError as error:
        raise JobError(f"the input {str(url)!r} cannot be listed: {error.strerror}") from None
    return Found(url, images.in_order(), tuple(sorted(skipped)), (), tuple(sorted(unsupported)), selection)
