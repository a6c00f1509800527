"""The journal of a folder: a line for each run and a line for each image, appended as the work is done.

Every line is one JSON object. A run begins with a header, which says what made the results that follow; each
record after it is an :class:`~convpipe.report.ImageResult`, without the fields that have their default.
Whatever is no such line is ignored, and so are the records behind a damaged header.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from convpipe.batch.identity import Maker
from convpipe.batch.records import header_of, maker_of, record_of, result_of
from convpipe.errors import JobError
from convpipe.images import Folder
from convpipe.report import ImageResult

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

JOURNAL = ".convpipe-journal.jsonl"
"""Name of the journal in the output folder; never an input."""

SYNC_SECONDS = 1.0
"""At most so much work is lost to the journal when the power fails; it is done again, and found the same."""


@dataclass(frozen=True)
class Line:
    """A line of a journal that could be read: who made the result, and the result; None for a header."""

    maker: Maker
    result: ImageResult | None


class Ledger:
    """The results of a run, by image: all that is kept of a run without a journal."""

    path: Path | None = None
    ignored = 0

    def __init__(self) -> None:
        self.results: dict[str, ImageResult] = {}
        self._guard = threading.Lock()

    def lines(self) -> Iterator[Line]:
        """Yield what earlier runs wrote."""
        return iter(())

    def begin(self, maker: Maker, **more: Any) -> None:
        """Begin a run."""

    def append(self, result: ImageResult) -> None:
        """Take the result of an image that is settled; from any thread."""
        self.keep(result)

    def keep(self, result: ImageResult) -> None:
        """Take over the result of an earlier run, whose record is in the journal already."""
        with self._guard:
            self.results[result.path] = result

    def objects(self, result: ImageResult) -> tuple[str, ...]:
        """Return the lines of the table of objects of an image, page by page."""
        return result.objects

    def in_place(self) -> bool:
        """Tell whether the journal is still the one that its name leads to."""
        return True

    def close(self) -> None:
        """End the run."""


class Journal(Ledger):
    """A journal that is open for one run, and locked against any other.

    Parameters
    ----------
    folder : Folder
        The output folder.

    Raises
    ------
    JobError
        If the journal cannot be written, is a link or no file, or belongs to a run that goes on.
    """

    def __init__(self, folder: Folder) -> None:
        super().__init__()
        self.path, self._folder = folder.path / JOURNAL, folder
        self.ignored = 0
        self._broken = False
        try:
            self._file = _open(folder)
            _drop_torn_line(self._file)
        except BlockingIOError:
            raise JobError(
                f"another run is writing to {str(folder.path)!r}; wait for it, or stop it"
            ) from None
        except OSError as error:
            raise JobError(f"the journal {str(self.path)!r} cannot be written: {_why(error)}") from None
        self._synced = time.monotonic()

    def lines(self) -> Iterator[Line]:
        """Yield what earlier runs wrote, oldest first; lines that say nothing are counted in `ignored`."""
        self._file.seek(0)
        maker: Maker | None = None
        end = 0
        for text in self._file:
            place, end = end, end + len(text)
            try:
                data = json.loads(text)
                if "journal" in data:
                    maker = None
                    maker = maker_of(data)
                    yield Line(maker, None)
                elif maker is not None:
                    yield Line(maker, _lean(result_of(data), place))
                else:
                    self.ignored += 1
            except (ValueError, KeyError, TypeError, RecursionError):
                # A damaged line may have been a header: what follows it has no known maker.
                maker = None
                self.ignored += 1

    def begin(self, maker: Maker, **more: Any) -> None:
        """Write the header of a run, and bring it to the disk together with the journal's name."""
        header = {**header_of(maker), **more}
        try:
            self._write(header)
            self._sync()
            self._folder.sync()
        except OSError as error:
            raise JobError(f"the journal {str(self.path)!r} cannot be written: {_why(error)}") from None

    def append(self, result: ImageResult) -> None:
        """Write the record of an image that is settled; from any thread.

        Raises
        ------
        OSError
            The disk is full or failing. The result is kept for the report; nothing can be appended any more.
        """
        with self._guard:
            place = os.fstat(self._file.fileno()).st_size
            self.results[result.path] = _lean(result, place)
            self._write(record_of(result))
            if time.monotonic() - self._synced >= SYNC_SECONDS:
                self._sync()

    def objects(self, result: ImageResult) -> tuple[str, ...]:
        """Return the lines of the table of objects of an image, page by page, read anew."""
        if result.place is None:
            return result.objects
        with self._guard, os.fdopen(os.dup(self._file.fileno()), "rb") as file:  # with a buffer of its own
            file.seek(result.place)
            return result_of(json.loads(file.readline())).objects

    def in_place(self) -> bool:
        """Tell whether the journal is still the one that its name leads to."""
        return self._folder.holds(JOURNAL, self._file.fileno())

    def close(self) -> None:
        """Bring the last records to the disk; the lock ends with this."""
        with self._guard:
            try:
                if not self._broken:
                    self._sync()
            except OSError:
                pass  # what is lost is done again by the next run
            finally:
                self._broken = True
                self._file.close()

    def _write(self, data: dict[str, Any]) -> None:
        """Append a line; after the first failure there is none, so that no line follows half of one."""
        if self._broken:
            raise OSError(errno.EIO, "an earlier line could not be written")
        if not os.fstat(self._file.fileno()).st_nlink:
            raise OSError(errno.ENOENT, "it was removed")
        line = json.dumps(data, separators=(",", ":")).encode() + b"\n"
        self._broken = True
        while line:
            line = line[os.write(self._file.fileno(), line) :]
        self._broken = False

    def _sync(self) -> None:
        broken, self._broken = self._broken, True
        os.fsync(self._file.fileno())  # never tried again once it has failed
        self._broken, self._synced = broken, time.monotonic()


def _lean(result: ImageResult, place: int) -> ImageResult:
    """Return a result without its objects, of which there may be many, and where its record begins."""
    return replace(result, objects=(), place=place) if result.objects else result


def _open(folder: Folder) -> BinaryIO:
    """Open without following a link or waiting for a pipe, and lock."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
    file = os.fdopen(folder.open(JOURNAL, flags), "r+b", buffering=1 << 16)
    try:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        if found.st_nlink > 1:
            raise OSError(errno.EMLINK, "it is also known by another name (a hard link), which is not ours")
        _lock(file)
    except BaseException:
        file.close()
        raise
    return file


def _lock(file: BinaryIO) -> None:
    """Lock against other runs until the file is closed; a file system without locks does without."""
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return


def _drop_torn_line(file: BinaryIO) -> None:
    """Cut off what stands behind the last line end: a line that was being written when its run was killed."""
    end = file.seek(0, os.SEEK_END)
    start = end
    while start:
        start = max(0, start - (1 << 16))
        file.seek(start)
        if (found := file.read(min(1 << 16, end - start)).rfind(b"\n")) >= 0:
            start += found + 1
            break
    if start < end:
        file.truncate(start)


def _why(error: OSError) -> str:
    return error.strerror or str(error)
