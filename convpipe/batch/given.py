"""What is read for one image of a run: its file, or the files of a folder whose images are its pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from convpipe import images
from convpipe.batch.reader import Opened, Reader
from convpipe.dataclass import dataclass
from convpipe.errors import ReadError
from convpipe.images import Image, ImageInfo, Limits, Metadata, OpenFile
from convpipe.images.rows import RowReader
from convpipe.pages import PageRange

Stamp = tuple[int, ...]
"""Size of a file, and what else tells whether it was changed."""


class Given(Protocol):
    """The files of an image, each open no longer than it has to be."""

    def seen(self) -> list[Stamp]:
        """Return the stamps before anything was read: of a file that is open, those of its opening."""

    def stamps(self) -> list[Stamp]:
        """Return what tells whether any file was changed, and its size before all."""

    def digest(self) -> str:
        """Return the hash of all content."""

    def open(self, reader: Reader) -> AbstractContextManager[Opened]:
        """Read the headers, and have the pages to be read one by one."""


@dataclass(frozen=True)
class OneFile:
    """An image that is a file, which stays open."""

    file: OpenFile

    def seen(self) -> list[Stamp]:
        """Return that of the file when it was opened."""
        return [self.file.opening]

    def stamps(self) -> list[Stamp]:
        """Return that of the file."""
        return [self.file.stamp()]

    def digest(self) -> str:
        """Return that of the file."""
        return images.digest_file(self.file)

    def open(self, reader: Reader) -> AbstractContextManager[Opened]:
        """As the reader does."""
        return reader.open(self.file)


@dataclass(frozen=True)
class FolderStack:
    """An image whose pages are the images of a folder; of its files one is open at a time.

    Parameters
    ----------
    members : sequence of Path
        The files, in the order of the pages.
    opened : callable
        Opens one of them.
    pages : PageRange
        Which of them are meant.
    """

    members: Sequence[Path]
    opened: Callable[[Path], OpenFile]
    pages: PageRange

    @property
    def chosen(self) -> list[Path]:
        """The files that are read."""
        return [self.members[number] for number in self.pages.select(len(self.members))]

    def seen(self) -> list[Stamp]:
        """Return those of all files that are read."""
        return self.stamps()

    def stamps(self) -> list[Stamp]:
        """Return those of all files that are read."""
        found = []
        for member in self.chosen:
            with _named(member), self.opened(member) as file:
                found.append(file.stamp())
        return found

    def digest(self) -> str:
        """Return the hash of the hashes of the files, in their order."""
        whole = hashlib.sha256()
        for member in self.chosen:
            with _named(member), self.opened(member) as file:
                whole.update(images.digest_file(file).encode())
        return whole.hexdigest()

    @contextmanager
    def open(self, reader: Reader) -> Iterator[Opened]:
        """Read the headers of all files.

        Raises
        ------
        ReadError
            Also where an image has another extent, dtype or channels than the first, or several pages.
        """
        infos: list[ImageInfo] = []
        numbers = self.pages.select(len(self.members))
        for number, member in zip(numbers, self.chosen, strict=True):
            with _named(member), self.opened(member) as file, reader.open(file) as image:
                if len(image.infos) > 1:
                    raise ReadError(f"it has {len(image.infos)} pages, and each image is one of the stack")
                infos.append(replace(image.infos[0], number=number, frames=len(self.members)))
            if _form(infos[0]) != _form(infos[-1]):
                raise ReadError(
                    f"{member.name} is {_form(infos[-1])}, and {self.chosen[0].name}, the first page, is "
                    f"{_form(infos[0])}"
                )
        with _Pages(self, reader, tuple(infos)) as pages:
            yield pages


class _Pages(ExitStack):
    """The pages of a stack of files; the file of the last one read is open."""

    def __init__(self, stack: FolderStack, reader: Reader, infos: tuple[ImageInfo, ...]) -> None:
        super().__init__()
        self.infos = infos
        self._stack, self._reader, self._left = stack, reader, iter(stack.chosen)

    def read_page(self) -> Image:
        """Decode the next image. What a file says of a stack of its own is not true of this one."""
        with self._next() as opened:
            read = opened.read_page()
        notes = list(read.notes)
        return replace(read, metadata=self._stripped(read.metadata, notes), notes=tuple(notes))

    def rows(self) -> RowReader:
        """Return what reads rows of the next image, as long as no other is asked for."""
        with self._next() as opened:
            reader = opened.rows()
        reader.metadata = self._stripped(reader.metadata, reader.notes)
        return reader

    @contextmanager
    def _next(self) -> Iterator[Opened]:
        """Yield the next image; errors say which it is."""
        self.close()  # of the page before, whose pixels may go with it
        member = next(self._left)
        with _named(member):
            file = self.enter_context(self._stack.opened(member))
            yield self.enter_context(self._reader.open(file))

    def _stripped(self, metadata: Metadata, notes: list[str]) -> Metadata:
        if len(self.infos) == 1:
            return metadata
        notes += [f"{each.name} dropped: it is of one image alone" for each in metadata.descriptions]
        return replace(metadata, descriptions=())


def changed() -> ReadError:
    """Return the error for an image that is another one by now; once it is written it may be well."""
    failure = ReadError("the file was changed while it was read")
    failure.passes = True
    return failure


def check_sizes(stamps: Sequence[Stamp], limits: Limits) -> int:
    """Hold the sizes of files against the limits, and return their sum."""
    for size, *_ in stamps:
        limits.check_file(size)
    return sum(size for size, *_ in stamps)


def check_alike(infos: Sequence[ImageInfo], reader: str, *, nodata: bool) -> None:
    """Refuse pages that are no stack, as they are unlike, for the stage that reads several of them.

    With `nodata` they need the same value for no data, too.

    Raises
    ------
    ReadError
    """
    for info in infos:
        if _form(info) != _form(infos[0]):
            raise ReadError(
                f"page {info.number} is {_form(info)}, and page {infos[0].number} {_form(infos[0])}; "
                f"{reader} reads pages that are alike"
            )
        if nodata and repr(info.nodata) != repr(infos[0].nodata):
            raise ReadError(
                f"no data is {info.nodata} in page {info.number}, and {infos[0].nodata} in page "
                f"{infos[0].number}; {reader} reads pages that are alike"
            )


def check_axes(metadata: Metadata, reader: str) -> None:
    """Refuse a stack of several axes, as channels and slices: along which a stage reads pages is not known.

    Raises
    ------
    ReadError
    """
    for each in metadata.descriptions:
        axes = [f"{count} {name}" for name, count in each.axes().items() if count > 1]
        if len(axes) > 1:
            raise ReadError(
                f"its pages are {' of '.join(axes)}, and {reader} is along one axis; choose the pages of "
                "one with input: {pages: [first, end, step]}"
            )


def _form(info: ImageInfo) -> str:
    """Return what the pages of a stack have in common."""
    rows, cols = info.extent
    channels = "1 channel" if info.channels == 1 else f"{info.channels} channels"
    return f"{rows}x{cols} {info.dtype} with {channels}{', the last of them alpha' if info.alpha else ''}"


@contextmanager
def _named(member: Path) -> Iterator[None]:
    """Have errors of reading name the file, of which the image has several."""
    try:
        yield
    except ReadError as error:
        raise type(error)(f"{member.name}: {error.reason}") from error
