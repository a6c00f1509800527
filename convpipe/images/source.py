"""Opening an image file, and turning whatever goes wrong with it into a one-line ``ReadError``."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import field
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np

from convpipe import memory
from convpipe.dataclass import dataclass
from convpipe.errors import ReadError, Retelling
from convpipe.images.folder import OpenFile, open_file, path_of
from convpipe.images.formats.registry import BY_RANGES, FORMATS, HEAD_BYTES, describe, format_of, sniff
from convpipe.images.metadata.model import Metadata
from convpipe.limits import Limits
from convpipe.sampling import Sampling
from convpipe.stores.ranged import RangedFile, Ranges

REASON_LENGTH = 200

GATHERED = 1 << 18
"""Bytes up to which pieces of a file are joined: a call takes longer than to copy a few."""

Piece = bytes | bytearray | memoryview
Pieces = list[Piece]
"""The content of an encoded file, in pieces to be written one after the other."""


def gathered(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the content of a file in pieces that are worth a call each, to hash or write: short ones joined.

    Examples
    --------
    >>> [len(piece) for piece in gathered([b"a", b"bc", bytes(GATHERED), b"d"])]
    [3, 262144, 1]
    """
    short, size = list[Piece](), 0
    for piece in pieces:
        if short and size + len(piece) > GATHERED:
            yield _joined(short)
            short, size = [], 0
        short.append(piece)
        size += len(piece)
    yield _joined(short)


def _joined(pieces: Pieces) -> Piece:
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@dataclass
class Source:
    """An open image file whose content is one of the known formats."""

    file: BinaryIO
    size: int
    format: str
    notes: list[str] = field(default_factory=list)

    @property
    def ranges(self) -> Ranges | None:
        """What fetches it by ranges, if it is not here."""
        return self.file.ranges if isinstance(self.file, RangedFile) else None

    def fetch(self) -> None:
        """Have all of it here."""
        if self.ranges is not None:
            self.ranges.whole()

    def content(self) -> bytes:
        """Return the whole file."""
        self.file.seek(0)
        return self.file.read()

    def buffered(self) -> memoryview:
        """Return the whole file, in memory that later ones will take."""
        if isinstance(self.file, io.BytesIO):
            return memoryview(self.file.getvalue())
        content = memory.buffer(self.size)
        self.file.seek(0)
        return content[: cast(io.BufferedReader, self.file).readinto(content)]

    def at(self, position: int, count: int) -> bytes:
        """Return up to ``count`` bytes from ``position``, with nothing read ahead where the system can."""
        if self.ranges is not None:
            return self.ranges.at(position, count)
        if hasattr(os, "pread") and not isinstance(self.file, io.BytesIO):
            return os.pread(self.file.fileno(), count, position)
        self.file.seek(position)
        return self.file.read(count)

    def reading(self) -> AbstractContextManager[None]:
        """Turn whatever goes wrong while it is read into a ``ReadError``."""
        return read_errors(f"damaged or unsupported {self.format}")

    def exactly(self, count: int, what: str) -> bytes:
        """Return the next ``count`` bytes, or fail because ``what`` is cut off."""
        if count > self.size - self.file.tell() or len(data := self.file.read(count)) != count:
            raise ReadError(f"the file is truncated in {what}")
        return data


@dataclass
class Header:
    """What a format's ``header`` finds without decoding a pixel; rows and columns as stored.

    ``alpha`` says whether the last channel is alpha; ``private`` is for that format's ``decode`` alone;
    ``number`` is that of the page in its file, from 0;
    ``nbytes`` is the memory that the header of a page takes, roughly, where a file may have many.
    """

    rows: int
    cols: int
    channels: int
    dtype: str
    alpha: bool = field(default=False, kw_only=True)
    frames: int = 1
    number: int = field(default=0, kw_only=True)
    orientation: int = 1
    metadata: Metadata = field(default_factory=Metadata)
    private: Any = None
    nbytes: int = field(default=0, kw_only=True)


class Page(NamedTuple):
    """One image of a file that is written.

    Parameters
    ----------
    pixels : ndarray (H, W) or (H, W, C)
    alpha : bool
        Whether the last channel is alpha.
    metadata : Metadata
        What travels beside it, as it was read.
    sampling : Sampling
        Where the pixels lie in the image that it was read from.
    """

    pixels: np.ndarray
    alpha: bool = False
    metadata: Metadata = Metadata()
    sampling: Sampling = Sampling()


def one_line(error: BaseException) -> str:
    """Return an exception's message as one line of limited length; its type where it has no message."""
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = " ".join(str(error).split())
    text = text.encode("ascii", "backslashreplace").decode("ascii")[:REASON_LENGTH]
    # The message of a KeyError or IndexError is the key alone; others may have none.
    return text if " " in text else f"{type(error).__name__} {text}".rstrip()


class read_errors(Retelling):  # noqa: N801 - called as a function
    """Turn any exception into a ``ReadError`` that starts with ``what``.

    Decoders fail in every way on damaged files: OSError, ValueError, TypeError, SyntaxError, struct.error,
    zlib.error, KeyError, ... no list of them is complete, so this catches every ``Exception``.
    """

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def retold(self, error: Exception) -> ReadError | None:
        """Return what stands for any other error than that."""
        if isinstance(error, ReadError):
            return None
        failure = ReadError(f"{self._what}: {one_line(error)}")
        failure.errno = getattr(error, "errno", None)
        return failure


@contextmanager
def opened(path: str | os.PathLike[str], limits: Limits) -> Iterator[Source]:
    """Open an image file of a known format; FIFOs, devices and folders are refused without waiting.

    One that is open is read from its beginning. What goes wrong while it is open passes as it is:
    :meth:`Source.reading` is for what reads it.
    """
    with ExitStack() as stack:
        with read_errors("cannot open"):
            held = path if isinstance(path, OpenFile) else stack.enter_context(open_file(path))
            file = stack.enter_context(held.open())
            source = _recognised(file, path, limits)
            if source.format not in BY_RANGES:
                source.fetch()
        yield source


def _recognised(file: BinaryIO, path: str | os.PathLike[str], limits: Limits) -> Source:
    """Return an open file as one of the known formats, at its beginning."""
    size = file.seek(0, os.SEEK_END)
    limits.check_file(size)
    file.seek(0)
    head = file.read(HEAD_BYTES)
    format = sniff(head)
    named = format_of(path_of(path))
    if format is None:
        said = f"not a {named} image" if named else "not an image convpipe reads"
        raise ReadError(f"{said}: the file holds {describe(head)}; known are {', '.join(FORMATS)}")
    source = Source(file, size, format)
    if named != format:
        source.notes.append(f"the content is {format}, not what the name says")
    file.seek(0)
    return source
