"""The other side of :mod:`convpipe.batch.isolate`: the process that decodes."""

from __future__ import annotations

import os
import pickle
import signal
from multiprocessing.connection import Connection
from typing import Any

from convpipe import images
from convpipe.errors import ImageError, ReadError


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
                name, arguments, options = pipe.recv()
            except (EOFError, ConnectionError):
                return
            signal.setitimer(signal.ITIMER_REAL, 2 * timeout)
            answer = _answer(name, arguments, options)
            signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Return what the reader returns, or its exception."""
    try:
        return getattr(images, name)(*arguments, **options)  # images.probe or images.read
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
    try:
        for piece in pieces:
            while piece.nbytes:
                piece = piece[os.write(memory, piece) :]
    except OSError:
        return _send(pipe, memory, MemoryError())
    pipe.send((pickled, [buffer.raw().nbytes for buffer in buffers]))
    return None
