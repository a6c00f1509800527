"""The files of journals: their names, their locks, and the lines that they hold."""

from __future__ import annotations

import errno
import heapq
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from convpipe.batch.identity import Maker
from convpipe.batch.records import maker_of, result_of
from convpipe.dataclass import dataclass
from convpipe.images import Folder
from convpipe.report import ImageResult
from convpipe.shards import Shard

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

JOURNAL = ".convpipe-journal.jsonl"
"""Name of the journal in the output folder; never an input."""

FOLDER = ".convpipe-journal"
"""Of the journals in a store, which are of several objects each."""

_OF_SHARD = ".convpipe-journal.", ".jsonl"
"""What stands before and after the label of a shard in the name of its journal."""

BLOCK = 1 << 18
"""Bytes of a journal that are read at a time."""


@dataclass(frozen=True)
class Line:
    """A line of a journal.

    Parameters
    ----------
    name : str
        Of the journal.
    text : bytes
        With its line end.
    began : str
        When the run began that wrote it.
    header : mapping
        Of that run. Empty where it is not known.
    maker : Maker or None
        Who that was; None where the line says nothing.
    result : ImageResult or None
        None for a header.
    """

    name: str
    text: bytes
    began: str
    header: dict[str, Any]
    maker: Maker | None = None
    result: ImageResult | None = None

    @property
    def shard(self) -> Shard | None:
        """Which shard the run was of; None of a whole one."""
        return Shard.labelled(str(self.header.get("shard")).replace("/", "-of-"))


def journal_name(shard: Shard | None) -> str:
    """Return the name of the journal of a run, or of a shard of one.

    Examples
    --------
    >>> journal_name(None), journal_name(Shard(1, 4))
    ('.convpipe-journal.jsonl', '.convpipe-journal.1-of-4.jsonl')
    """
    return JOURNAL if shard is None else shard.label.join(_OF_SHARD)


def shard_of(name: str) -> Shard | None:
    """Return the shard whose journal is called so; None where it is that of none.

    Examples
    --------
    >>> shard_of(".convpipe-journal.1-of-4.jsonl"), shard_of(".convpipe-journal.4-of-4.jsonl")
    (Shard(index=1, count=4), None)
    """
    begin, end = _OF_SHARD
    inner = len(name) > len(begin) + len(end) and name.startswith(begin) and name.endswith(end)
    return Shard.labelled(name[len(begin) : -len(end)]) if inner else None


def is_journal(name: str) -> bool:
    """Tell whether a file name is that of a journal."""
    return name == JOURNAL or shard_of(name) is not None


def journals(folder: Folder) -> list[str]:
    """Return the names of the journals in a folder: the one of whole runs, then those of shards.

    In a folder that may not be listed the former alone is found.
    """
    try:
        names = folder.names()
    except PermissionError:
        names = [JOURNAL] if folder.exists(JOURNAL) else []
    shards = sorted((shard for name in names if (shard := shard_of(name))), key=lambda one: (one.count, one))
    return [*([JOURNAL] if JOURNAL in names else []), *map(journal_name, shards)]


def open_journal(folder: Folder, name: str, *, shared: bool = False) -> BinaryIO:
    """Open a journal, made if need be, without following a link or waiting for a pipe, and lock it.

    A file system without locks does without.

    Parameters
    ----------
    folder : Folder
    name : str
    shared : bool
        Whether others may hold such a lock at the same time.

    Raises
    ------
    BlockingIOError
        Another run has it locked.
    OSError
        It cannot be opened, or is none.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
    while True:
        file = os.fdopen(folder.open(name, flags), "r+b", buffering=1 << 16)
        try:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise OSError(errno.EINVAL, "it is not a regular file")
            if found.st_nlink > 1:
                raise OSError(
                    errno.EMLINK, "it is also known by another name (a hard link), which is not ours"
                )
            _lock(file, shared)
            if os.fstat(file.fileno()).st_nlink:
                return file
        except BaseException:
            file.close()
            raise
        file.close()  # journals were merged, and this one was taken away, before it was locked


def is_locked(folder: Folder, name: str) -> bool:
    """Tell whether a run goes on that writes to a journal."""
    if fcntl is None:
        return False
    try:
        descriptor = folder.open(name, os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    finally:
        os.close(descriptor)
    return False


def _lock(file: BinaryIO, shared: bool) -> None:
    """Lock against other runs until the file is closed."""
    if fcntl is None:
        return
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return


def drop_torn_line(file: BinaryIO) -> None:
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


def open_to_read(folder: Folder, name: str) -> int:
    """Open a journal to be read, without following a link or waiting for a pipe."""
    return folder.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))


def read_journals(names: Iterable[str], opened: Callable[[str], int]) -> Iterator[Line]:
    """Yield the lines of journals in the order in which their runs began; `opened` as for one of them.

    The lines of a run stay together.
    """
    return heapq.merge(*(read_journal(name, opened) for name in names), key=lambda line: line.began)


def read_journal(name: str, opened: Callable[[str], int]) -> Iterator[Line]:
    """Yield the lines of a journal, oldest first, but for one that is being written.

    Parameters
    ----------
    name : str
    opened : callable
        Returns a descriptor of the journal of a name. It is called for each block, and what it returns is
        closed after that: there may be more journals than open files.
    """
    return parsed(_texts(name, opened), name)


def _texts(name: str, opened: Callable[[str], int]) -> Iterator[bytes]:
    """Yield whole lines."""
    place = 0
    while True:
        with os.fdopen(opened(name), "rb") as file:
            file.seek(place)
            texts = file.readlines(BLOCK)
        for text in texts:
            if text.endswith(b"\n"):
                yield text
                place += len(text)
        if not texts or not texts[-1].endswith(b"\n"):
            return


def parsed(texts: Iterable[bytes], name: str) -> Iterator[Line]:
    """Yield lines of a journal, which begins with the first, as what they say."""
    none = Line(name, b"", "", {})
    run, end = none, 0
    for text in texts:
        place, end = end, end + len(text)
        try:
            data = json.loads(text)
            if "journal" in data:
                maker = maker_of(data)
                began = data.get("began")
                began = began if isinstance(began, str) else run.began
                run = replace(none, began=began, header=data, maker=maker)
                yield replace(run, text=text)
            elif run.maker is not None:
                yield replace(run, text=text, result=lean(result_of(data), (name, place)))
            else:
                yield replace(run, text=text)
        except (ValueError, KeyError, TypeError, RecursionError):
            # A damaged line may have been a header: what follows it has no known maker.
            run = replace(none, began=run.began)
            yield replace(run, text=text)


def record_at(place: tuple[str, int], opened: Callable[[str], int]) -> ImageResult:
    """Return the whole of a record, read anew; `opened` as for :func:`read_journal`."""
    name, offset = place
    with os.fdopen(opened(name), "rb") as file:
        file.seek(offset)
        return result_of(json.loads(file.readline()))


def lean(result: ImageResult, place: tuple[str, int]) -> ImageResult:
    """Return a result without its objects, of which there may be many, and where its record begins."""
    return replace(result, objects=(), place=place) if result.objects else result
