"""Results that go to a store: put together on the disk, and written when all of them are complete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from convpipe.errors import WriteError
from convpipe.images import already_exists
from convpipe.images.encoded import write_errors
from convpipe.images.spool import MOST_IN_MEMORY, Spool
from convpipe.stores import Url

MANY_OBJECTS = (
    "zarr in a store is many objects, which no store lets appear together; write it to a disk, and copy that"
)


def check_target(url: Url, format: str) -> None:
    """Refuse what cannot be written to a store.

    Raises
    ------
    JobError
        Nothing can be written there.
    WriteError
        No such result can.
    """
    url.to_write("the result")
    if format == "zarr":
        raise WriteError(MANY_OBJECTS)


def size_there(url: Url) -> int | None:
    """Return how many bytes the object of a result's name has, None where there is none.

    Raises
    ------
    JobError
        Nothing can be written there.
    WriteError
        It cannot be told.
    """
    from convpipe.stores.store import Store

    url.to_write("the result")
    with write_errors():
        found = Store(url.parent).look(url.name)
    return None if found is None else found.size


@contextmanager
def uploading(targets: Sequence[tuple[Url, bool]]) -> Iterator[list[BinaryIO]]:
    """Yield files to be written, whose content becomes objects when that is done; after an error none does.

    Parameters
    ----------
    targets : sequence of (Url, bool)
        And whether what is there may be replaced.

    Raises
    ------
    WriteError
        One is there, or cannot be written.
    """
    from convpipe.stores.store import Store

    spools = [Spool(MOST_IN_MEMORY + 1) for _ in targets]
    yield [spool.file for spool in spools]
    if len(targets) > 1 and any(size_there(url) is not None for url, overwrite in targets if not overwrite):
        raise already_exists()
    with write_errors():
        for spool, (url, overwrite) in zip(spools, targets, strict=True):
            Store(url.parent).write(url.name, spool, spool.size, new=not overwrite)
