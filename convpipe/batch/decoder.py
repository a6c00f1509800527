"""The other side of :mod:`convpipe.batch.isolate`: the process that decodes."""

from __future__ import annotations

import os
import pickle
import signal
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from typing import Any, NamedTuple

from convpipe import images
from convpipe.errors import ImageError, ReadError


class Request(NamedTuple):
    """What is asked of a reader.

    Parameters
    ----------
    name : str
        Of a function of :mod:`convpipe.images`.
    path : str
        Of the file.
    handed : bool
        Whether the file is handed over open.
    arguments, options
        The other arguments.
    """

    name: str
    path: str
    handed: bool
    arguments: tuple[Any, ...]
    options: dict[str, Any]


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
        answer: Any = None
        while True:
            _send(pipe, memory, answer)
            try:
                request: Request = pipe.recv()
                descriptor = recv_handle(pipe) if request.handed else None
            except (EOFError, ConnectionError):
                return
            signal.setitimer(signal.ITIMER_REAL, 2 * timeout)
            answer = _answer(request, descriptor)
            signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(request: Request, descriptor: int | None) -> Any:
    """Return what the reader returns, or its exception."""
    read = getattr(images, request.name)  # images.probe, images.probe_pages or images.read
    try:
        if descriptor is None:
            return read(request.path, *request.arguments, **request.options)
        with images.OpenFile(request.path, descriptor) as file:
            return read(file, *request.arguments, **request.options)
    except ImageError as error:
        return type(error)(error.reason)
    except MemoryError:
        return MemoryError()
    except Exception as error:
        return ReadError(f"{type(error).__name__}: {error}")


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
