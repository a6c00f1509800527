"""The other side of :mod:`convpipe.batch.isolate`: the process that decodes."""

from __future__ import annotations

import os
import pickle
import signal
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from typing import Any

from convpipe import images
from convpipe.batch.again import may_pass
from convpipe.dataclass import dataclass
from convpipe.errors import ImageError, ReadError
from convpipe.images import Limits, OpenFile, OpenImage
from convpipe.pages import ALL_PAGES, PageRange


@dataclass(frozen=True)
class Open:
    """Asks to open an image file; the answer is what its pages hold.

    Parameters
    ----------
    number : int
        Which the file has from now on.
    path : str
    handed : bool
        Whether the file is handed over open.
    limits : Limits
    first, allow_truncated, pages
        As for :func:`convpipe.images.open_image`.
    """

    number: int
    path: str
    handed: bool
    limits: Limits
    first: bool = False
    allow_truncated: bool = False
    pages: PageRange = ALL_PAGES


@dataclass(frozen=True)
class ReadPage:
    """Asks for the next page of a file."""

    number: int


@dataclass(frozen=True)
class Close:
    """Asks to close a file; the answer is None."""

    number: int


Request = Open | ReadPage | Close


def serve(connection: int, memory: int, timeout: float) -> None:
    """Answer requests until the other side is gone.

    Parameters
    ----------
    connection : int
        Descriptor of the socket.
    memory : int
        Descriptor of the memory that arrays are written to.
    timeout : float
        Seconds after which the other side ends a process that hangs; in twice that time it ends itself, as
        then nobody is there to do it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; what to end is the run's to say
    with Connection(connection) as pipe:
        files, answer = _Files(), None
        while True:
            _send(pipe, memory, answer)
            try:
                request: Request = pipe.recv()
                descriptor = recv_handle(pipe) if isinstance(request, Open) and request.handed else None
            except (EOFError, ConnectionError):
                return
            signal.setitimer(signal.ITIMER_REAL, 2 * timeout)
            answer = files.answer(request, descriptor)
            signal.setitimer(signal.ITIMER_REAL, 0)


class _Files:
    """The image files that are open here, by their numbers: an image, and its mask."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[OpenImage, ExitStack]] = {}

    def answer(self, request: Request, descriptor: int | None) -> Any:
        """Return what is asked for, or the exception that came of it."""
        try:
            match request:
                case Open():
                    return self._opened(request, descriptor).infos
                case ReadPage(number):
                    return self._open[number][0].read_page()
                case Close(number):
                    return self._open.pop(number)[1].close()
        except ImageError as error:
            told = type(error)(error.reason)
            told.passes = may_pass(error)  # the system's number does not come along
            return told
        except MemoryError:
            return MemoryError()
        except Exception as error:
            return ReadError(f"{type(error).__name__}: {error}")

    def _opened(self, request: Open, descriptor: int | None) -> OpenImage:
        with ExitStack() as stack:
            file: str | OpenFile = request.path
            if descriptor is not None:
                file = stack.enter_context(OpenFile(request.path, descriptor))
            image = stack.enter_context(
                images.open_image(
                    file,
                    request.limits,
                    first=request.first,
                    pages=request.pages,
                    allow_truncated=request.allow_truncated,
                )
            )
            self._open[request.number] = image, stack.pop_all()
        return image


def _send(pipe: Connection, memory: int, answer: Any) -> None:
    """Send an answer, its arrays through the memory. A write, unlike a mapping, can say that it is full."""
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(answer, protocol=5, buffer_callback=buffers.append)
    pieces = [buffer.raw() for buffer in buffers]
    os.lseek(memory, 0, os.SEEK_SET)
    with suppress(OSError):
        os.ftruncate(memory, 0)  # the image before is done with, and its pixels take no memory any more
    try:
        for piece in pieces:
            while piece.nbytes:
                piece = piece[os.write(memory, piece) :]
    except OSError:
        return _send(pipe, memory, MemoryError())
    pipe.send((pickled, [buffer.raw().nbytes for buffer in buffers]))
    return None
