"""Where the results of a run lie, and the few things that a run does there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple, Protocol, Self

from convpipe import images
from convpipe.batch.find import is_store
from convpipe.batch.journal import Journal, Ledger
from convpipe.batch.outputs import result_folder
from convpipe.batch.store_image import digest_of_folder, size_of_folder
from convpipe.batch.store_result import EncodedStore, StoreResult
from convpipe.images import Drafts, Encoded, File, Folder, OpenFile
from convpipe.images.encoded import write_errors
from convpipe.shards import Shard
from convpipe.streaming.drafts import placing
from convpipe.streaming.sources.zarr import is_zarr


class NewFile(NamedTuple):
    """A file to be written: where, its content, and whether it may replace one that is there."""

    path: Path
    pieces: Iterable[bytes | bytearray | memoryview]
    overwrite: bool
    store: StoreResult | None = None
    """What is written in its place, where it is a folder."""

    @classmethod
    def of(cls, path: Path, content: Encoded, overwrite: bool) -> NewFile:
        """Return that of some content, which may be a folder."""
        return cls(
            path, content.pieces, overwrite, content.store if isinstance(content, EncodedStore) else None
        )


class Destination(Protocol):
    """Takes files, each complete or not at all, at paths relative to it.

    All of it may be called from any thread.
    """

    @property
    def spool(self) -> Folder | None:
        """Where content too large for memory is put together; None: where the system does that."""

    def shown(self, target: Path) -> str:
        """Return where a file lies, for a person."""

    def taken(self, target: Path) -> bool:
        """Tell whether there is something of this name, be it what it may."""

    def holds(self, target: Path, size: int, digest: str | None) -> bool:
        """Tell whether there is a file of this size and content."""

    def head(self, target: Path, count: int) -> bytes:
        """Return the first bytes of a file; nothing of one that cannot be read."""

    def save(self, files: Sequence[NewFile]) -> None:
        """Write files that belong together.

        Raises
        ------
        WriteError
            A name is taken and may not be replaced, or something cannot be written; ``errno`` says what.
        """

    def journal(self, shard: Shard | None) -> Ledger:
        """Open the journal of a run.

        Raises
        ------
        JobError
            It cannot be written, or another run is at it.
        """

    def clear_stale(self, folders: Iterable[Path]) -> None:
        """Remove what dead runs left unfinished in folders."""

    def in_place(self) -> bool:
        """Tell whether it is still what its name leads to."""

    def end(self) -> None:
        """From now on begin no file, and give none its name."""

    def anew(self) -> Destination:
        """Return the same as it was before its end, for what is written then; it is closed with this."""


class FolderDestination:
    """A folder, opened once.

    Parameters
    ----------
    folder : Folder
        Closed together with this.
    """

    def __init__(self, folder: Folder) -> None:
        self.spool, self._drafts = folder, Drafts()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.spool.close()

    @property
    def drafts(self) -> Drafts:
        """What holds files while they are written."""
        return self._drafts

    def shown(self, target: Path) -> str:
        """Return the path of a file."""
        return str(self.spool.path / target)

    def taken(self, target: Path) -> bool:
        """Tell whether a name is there; a link counts, wherever it leads."""
        try:
            with result_folder(self.spool, target) as folder:
                return folder.exists(target.name)
        except FileNotFoundError:
            return False

    def holds(self, target: Path, size: int, digest: str | None) -> bool:
        """Tell whether there is a regular file, not a link, of this size and content."""
        if is_store(target):
            return self._holds_store(self.spool.path / target, size, digest)
        try:
            with OpenFile(target, self._open(target)) as file:
                return file.stamp()[0] == size and images.digest_file(file) == digest
        except OSError:
            return False

    def _holds_store(self, path: Path, size: int, digest: str | None) -> bool:
        """Tell whether there is a folder, not a link, of this size and content."""
        try:
            whole = not path.is_symlink() and is_zarr(path) and size_of_folder(path) == size
            return whole and digest_of_folder(path) == digest
        except OSError:
            return False

    def head(self, target: Path, count: int) -> bytes:
        """Return the first bytes of a file that is no link."""
        with suppress(OSError), os.fdopen(self._open(target), "rb") as file:
            return file.read(count)
        return b""

    def _open(self, target: Path) -> int:
        with self.spool.below(target.parent) as folder:
            return folder.open(target.name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))

    def save(self, files: Sequence[NewFile]) -> None:
        """Write files: the content of all is on the disk before the first gets its name.

        Stores of Zarr have theirs all together, and before the files: where one fails, no store keeps it.
        """
        with ExitStack() as stack:
            folders: dict[Path, Folder] = {}
            for file in files:
                if (parent := file.path.parent) not in folders:
                    folders[parent] = stack.enter_context(result_folder(self.spool, file.path, make=True))
            stores = [(file, file.store) for file in files if file.store is not None]
            if stores and any(self.taken(file.path) for file in files if not file.overwrite):
                raise images.already_exists()
            for _, store in stores:
                store.to_disk()
            kept = [file for file in files if file.store is None]
            new = (File(folders[path.parent], path.name, pieces, may) for path, pieces, may, _ in kept)
            with write_errors(), placing(is_zarr) as place, self._drafts.written(*new):
                for file, store in stores:
                    place(store.draft, overwrite=file.overwrite)

    def journal(self, shard: Shard | None) -> Ledger:
        """Open the journal in the folder, which no other run may have open."""
        return Journal(self.spool, shard)

    def clear_stale(self, folders: Iterable[Path]) -> None:
        """Remove the temporary files of runs that were killed."""
        for path in set(folders):
            with suppress(OSError), self.spool.below(path) as folder:  # not made yet, or not ours to list
                images.clear_stale(folder)

    def in_place(self) -> bool:
        """Tell whether the path still leads to this very folder."""
        return self.spool.in_place()

    def end(self) -> None:
        """Remove what is unfinished."""
        self._drafts.close()

    def anew(self) -> FolderDestination:
        """Return one of the same folder."""
        return FolderDestination(self.spool)
