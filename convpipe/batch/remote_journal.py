"""The journal of a run in a store: objects, as nothing can be appended to one.

A run writes parts (:class:`convpipe.stores.parts.Parts`), each of which begins with the header of the run.
"""

from __future__ import annotations

import errno
import json
import re
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from convpipe.batch.identity import Maker
from convpipe.batch.journal import SYNC_SECONDS, Ledger
from convpipe.batch.journal_files import FOLDER, Line, journal_name, lean, parsed
from convpipe.batch.records import header_of, record_of, result_of
from convpipe.errors import JobError
from convpipe.report import ImageResult
from convpipe.shards import Shard
from convpipe.stores import Url
from convpipe.stores.parts import Parts
from convpipe.stores.store import Store

AT_ONCE = 16
"""Parts that are read at a time."""


class StoreJournal(Ledger):
    """A journal below the URL of an output.

    No run locks out another, which a store has no means for: each has parts of its own, and records of all of
    them are read by the next.

    Parameters
    ----------
    url : Url
        The output.
    shard : Shard, optional
    """

    def __init__(self, url: Url, shard: Shard | None = None) -> None:
        super().__init__()
        self._url = url / FOLDER
        self.path, self.ignored = self._url, 0
        self._store = Store(self._url)
        self._run, self._shard = "", shard
        self._parts: Parts | None = None
        self._read = lru_cache(maxsize=2)(self._store.read)

    def lines(self) -> Iterator[Line]:
        """Yield what earlier runs wrote, oldest first."""
        try:
            for line in read_lines(self._store):
                if line.maker is None:
                    self.ignored += 1
                else:
                    yield line
        except OSError as error:
            raise JobError(f"the journal {str(self._url)!r} cannot be read: {error.strerror}") from None

    def begin(self, maker: Maker, **more: Any) -> None:
        """Write the header of a run, and go on to write what follows once a second."""
        header = {**header_of(maker), **more}
        began = re.sub("[^0-9T]", "", str(header.get("began")).partition("+")[0])
        label = journal_name(self._shard).removeprefix(FOLDER).removesuffix(".jsonl")
        self._run = f"{began}-{secrets.token_hex(4)}{label}"
        head = json.dumps(header, separators=(",", ":")).encode() + b"\n"
        self._parts = Parts(self._store, self._run, head, SYNC_SECONDS)
        self._parts.begin()
        if self._parts.failed is not None:
            raise JobError(f"the journal {str(self._url)!r} cannot be written: {self._parts.failed}")

    def append(self, result: ImageResult) -> None:
        """Take the record of an image that is settled; from any thread, and without waiting for the store.

        Raises
        ------
        OSError
            An earlier record could not be written.
        """
        parts = self._begun
        line = json.dumps(record_of(result), separators=(",", ":")).encode() + b"\n"
        with self._guard:
            self.keep(lean(result, parts.add(line)))
        if parts.failed is not None:
            raise OSError(errno.EIO, parts.failed)

    def objects(self, result: ImageResult) -> tuple[str, ...]:
        """Return the lines of the table of objects of an image, read anew."""
        if result.place is None:
            return result.objects
        name, at = result.place
        held = None if self._parts is None else self._parts.held(name)
        text = self._read(name) if held is None else held
        return result_of(json.loads(text[at : text.index(b"\n", at)])).objects

    def lost(self) -> str | None:
        """Return why what it was told is not kept."""
        self._begun.send()
        failed = self._begun.failed
        return None if failed is None else f"as the journal cannot be written ({failed})"

    def close(self) -> None:
        """Write the last records."""
        if self._parts is not None:
            self._parts.close()

    @property
    def mark(self) -> Path:
        """The first part, relative to the output."""
        return Path(FOLDER, self._run, f"{0:05}.jsonl")

    @property
    def _begun(self) -> Parts:
        """The parts of the run, which has begun."""
        assert self._parts is not None
        return self._parts


def read_lines(store: Store) -> Iterator[Line]:
    """Yield the lines of all journals, run by run in the order in which they began, each header once.

    Raises
    ------
    OSError
    """
    names = sorted(found.path for found in store.listed() if found.path.endswith(".jsonl"))
    for _, parts in groupby(names, key=lambda name: name.rpartition("/")[0]):
        header = b""
        for name, text in _texts(store, parts):
            for line in parsed(text.splitlines(keepends=True), name):
                repeated = line.result is None and line.maker is not None and line.text == header
                if not repeated:
                    yield line
                if line.result is None and line.maker is not None:
                    header = line.text


def _texts(store: Store, names: Iterator[str]) -> Iterator[tuple[str, bytes]]:
    """Yield names of parts with their content, a few of them read at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while some := list(islice(names, AT_ONCE)):
            yield from zip(some, pool.map(store.read, some), strict=True)
