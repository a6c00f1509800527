"""The header of an image that a run would filter, wherever it lies."""

from __future__ import annotations

from pathlib import Path

from convpipe import images
from convpipe.batch.find import Found, is_store
from convpipe.batch.remote import opened_at
from convpipe.batch.store_image import opened_store
from convpipe.images import ImageInfo
from convpipe.limits import Limits
from convpipe.pages import ALL_PAGES, PageRange


def header_of(
    found: Found, relative: Path, pages: PageRange, limits: Limits, *, allow_truncated: bool
) -> ImageInfo:
    """Read the header of the first page of an image.

    Parameters
    ----------
    found : Found
    relative : Path
        One of its images.
    pages : PageRange
        Those that are filtered.
    limits : Limits
    allow_truncated : bool

    Raises
    ------
    ReadError
    """
    if (members := found.members.get(relative)) is not None:
        relative, pages = members[pages.select(len(members))[0]], ALL_PAGES
    elif is_store(relative) and isinstance(found.root, Path):
        with opened_store(found.root / relative, limits) as store:
            return store.infos[0]
    with opened_at(found.root, relative, limits) as file:
        return images.probe(file, limits, pages=pages, allow_truncated=allow_truncated)
