"""A result that is a folder of Zarr, while it is made: it gets its name when it is whole, or is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from convpipe.batch.outputs import result_folder
from convpipe.batch.store_image import digest_of_folder, size_of_folder
from convpipe.dataclass import dataclass
from convpipe.errors import WriteError
from convpipe.images import Encoded, Folder
from convpipe.images.encoded import write_errors
from convpipe.streaming.drafts import Draft


class StoreResult:
    """A store below the output folder, to be filled, and then published or dropped.

    Parameters
    ----------
    output : Folder
    target : Path
        Below it.

    Attributes
    ----------
    draft : Draft
        What a run that was killed left of it is cleared by who fills it.

    Raises
    ------
    WriteError
        It cannot be begun.
    """

    def __init__(self, output: Folder, target: Path) -> None:
        with write_errors(), result_folder(output, target, make=True):
            self.draft = Draft(output.path / target, "", overwrite=False)

    def drop(self) -> None:
        """Remove it, unless it was published."""
        self.draft.leave()

    def to_disk(self) -> None:
        """Bring its content to the disk.

        Raises
        ------
        WriteError
        """
        with write_errors():
            self.draft.to_disk()


@dataclass(frozen=True)
class EncodedStore(Encoded):
    """The content of a folder of Zarr; as :class:`convpipe.images.Encoded`, without pieces.

    Parameters
    ----------
    store : StoreResult, optional
    """

    store: StoreResult | None = None

    @cached_property
    def _folder(self) -> Path:
        if self.store is None:
            raise WriteError("there is no store")
        return self.store.draft.folder

    @cached_property
    def size(self) -> int:
        """Bytes of all its files."""
        return size_of_folder(self._folder)

    @cached_property
    def digest(self) -> str:
        """Hash of the names and the content of all its files."""
        return digest_of_folder(self._folder)


@contextmanager
def dropping(encoded: Iterable[Encoded]) -> Iterator[None]:
    """Remove those stores that were not published when this is left."""
    try:
        yield
    finally:
        drop(encoded)


def drop(encoded: Iterable[Encoded]) -> None:
    """Remove stores that were not published."""
    for each in encoded:
        if isinstance(each, EncodedStore) and each.store is not None:
            each.store.drop()
