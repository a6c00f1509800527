"""Decoding in processes of their own: a decoder that crashes or hangs takes its image with it, nothing else.

Each thread of a run has one process, a fresh interpreter (never a fork, which threads and OpenMP do not
survive). Headers and messages come back through a socket; pixels through memory that both sides share.
"""

from __future__ import annotations

import errno
import mmap
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from multiprocessing import Pipe
from multiprocessing.reduction import send_handle
from typing import Any

from convpipe.batch.decoder import Close, Open, ReadPage, Request
from convpipe.batch.reader import Named, Opened
from convpipe.compile.runtime.environment import ONE_BLAS_THREAD
from convpipe.dataclass import dataclass
from convpipe.errors import JobError, ReadError
from convpipe.images import Image, ImageInfo, Limits, OpenFile
from convpipe.images.rows import RowReader
from convpipe.pages import ALL_PAGES, PageRange

START_SECONDS = 60.0
"""How long a process may take to start."""


END_SECONDS = 2.0
"""How long a process that was killed may take to end; one that waits for a dead disk takes for ever."""


class DecoderLost(Exception):  # noqa: N818
    """The process that decoded an image crashed, was killed, or had to be; the message says which."""


class IsolatedReader:
    """Reads images in processes, one for each thread that asks.

    Parameters
    ----------
    limits : Limits
    allow_truncated : bool
    timeout : float
        Seconds after which a decoder that has not answered is killed.
    pages : PageRange, optional
        Those that are read of a file of several.

    Raises
    ------
    JobError
        If this system cannot hand open files to a process.
    """

    def __init__(
        self, limits: Limits, allow_truncated: bool, timeout: float, pages: PageRange = ALL_PAGES
    ) -> None:
        if os.name != "posix":
            raise JobError("decoding in processes of their own (isolate) needs a POSIX system")
        self.limits = limits
        self._allow_truncated, self._timeout, self._pages = allow_truncated, timeout, pages
        self._numbers = count()  # of files, which two threads may draw from
        self._mine = threading.local()
        self._guard = threading.Lock()
        self._all: dict[_Decoder, threading.Thread] = {}  # with whose each is
        self._closed = False

    @contextmanager
    def open(self, file: Named, *, first: bool = False) -> Iterator[Opened]:
        """As :func:`convpipe.images.open_image`; :class:`DecoderLost` if the decoder crashes or hangs.

        The pixels of a page lie in memory that whatever the same thread asks for next will take.
        """
        decoder = self._decoder()
        descriptor = file.descriptor if isinstance(file, OpenFile) else None
        number = next(self._numbers)
        handed = descriptor is not None
        how = first, self._allow_truncated, self._pages
        request = Open(number, os.fspath(file), handed, self.limits, *how)
        infos = self._ask(decoder, request, descriptor)
        try:
            yield _Elsewhere(infos, lambda: self._ask(decoder, ReadPage(number)))
        finally:
            if getattr(self._mine, "decoder", None) is decoder:  # it was not lost meanwhile
                with suppress(DecoderLost):
                    self._ask(decoder, Close(number))

    def abort(self) -> None:
        """End all the processes; a thread that waits for one gets :class:`DecoderLost`."""
        with self._guard:
            self._closed = True
            for decoder in self._all:
                decoder.kill()

    def close(self) -> None:
        """End all the processes, and let go of what they were reached by."""
        self.abort()
        with self._guard:
            for decoder in self._all:
                decoder.end()
            self._all.clear()

    def _ask(self, decoder: _Decoder, request: Request, descriptor: int | None = None) -> Any:
        """Return the answer of a process, or raise it."""
        try:
            answer = decoder.ask(request, self._timeout, descriptor)
        except DecoderLost:
            self._mine.decoder = None
            with self._guard:
                self._all.pop(decoder, None)
            raise
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _decoder(self) -> _Decoder:
        """Return the process of this thread, started if need be."""
        decoder: _Decoder | None = getattr(self._mine, "decoder", None)
        if decoder is None:
            with self._guard:
                if self._closed:
                    raise DecoderLost("the run has ended")
                decoder = self._left_behind()
                new = decoder is None
                decoder = self._mine.decoder = decoder or _Decoder(self._timeout)
                self._all[decoder] = threading.current_thread()
            if new:
                decoder.wait_until_ready()
        return decoder

    def _left_behind(self) -> _Decoder | None:
        """Return a process whose thread has ended, as those of an earlier round of tries have."""
        return next((decoder for decoder, thread in self._all.items() if not thread.is_alive()), None)


@dataclass(frozen=True)
class _Elsewhere:
    """An image file that is open in a process."""

    infos: tuple[ImageInfo, ...]
    read_page: Callable[[], Image]

    def rows(self) -> RowReader:
        """Refuse to read it by rows."""
        raise ReadError("another process decodes it, as a whole")


class _Decoder:
    """A process that decodes, and the memory it shares with this one."""

    def __init__(self, timeout: float) -> None:
        self._connection, theirs = Pipe()
        self._memory = _shared_memory()
        handles = theirs.fileno(), self._memory
        start = f"from convpipe.batch.decoder import serve; serve(*{handles}, {timeout!r})"
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {start}"],
                pass_fds=handles,
                env={**os.environ, **ONE_BLAS_THREAD},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            os.close(self._memory)
            self._connection.close()
            advice = "; raise the limit on processes (ulimit -u)" if error.errno == errno.EAGAIN else ""
            raise JobError(f"no process to decode in can be started: {error.strerror}{advice}") from error
        finally:
            theirs.close()

    def wait_until_ready(self) -> None:
        """Wait for the interpreter; that takes much longer than an image, and is not the image's fault."""
        try:
            self.ask(None, START_SECONDS)
        except DecoderLost as error:
            raise JobError(f"the process to decode in did not start: {error}") from error

    def ask(self, request: Request | None, timeout: float, descriptor: int | None = None) -> Any:
        """Send a request, with its open file, and return the answer; its arrays lie in the shared memory."""
        try:
            if request is not None:
                self._connection.send(request)
            if descriptor is not None:
                send_handle(self._connection, descriptor, self._process.pid)
            if not self._connection.poll(timeout):
                self.kill()
                self.end()
                raise DecoderLost(f"the decoder gave no answer in {timeout:g} s")
            answer, lengths = self._connection.recv()
        except (EOFError, OSError):
            raise DecoderLost(f"the decoder {self.end()}") from None
        return pickle.loads(answer, buffers=self._buffers(lengths))

    def _buffers(self, lengths: list[int]) -> list[memoryview]:
        """Map what was written; the mapping lives as long as the arrays do."""
        if not sum(lengths):
            return [memoryview(b"") for _ in lengths]
        whole = memoryview(mmap.mmap(self._memory, sum(lengths)))
        buffers = []
        for length in lengths:
            buffers.append(whole[:length])
            whole = whole[length:]
        return buffers

    def kill(self) -> None:
        """End the process at once; from any thread."""
        self._process.kill()

    def end(self) -> str:
        """Let go of the process, and say how it ended."""
        self._connection.close()
        with suppress(OSError):
            os.close(self._memory)
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return "does not end, though it was killed"
        if code >= 0:
            return f"ended with exit code {code}"
        if -code == signal.SIGKILL:
            return "was killed (SIGKILL; perhaps for want of memory)"
        return f"crashed ({signal.Signals(-code).name})"


def _shared_memory() -> int:
    """Return a descriptor of memory that has no name, so that no end of any process leaves it behind."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("convpipe")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
