"""The process of a command: how it starts and ends where it is convpipe's alone, and not a caller's."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from convpipe.cli import main, streams
from convpipe.cli.options import complain
from convpipe.compile.runtime.environment import ONE_BLAS_THREAD

COMPLETE = "_CONVPIPE_COMPLETE"
"""Names the variable by which a shell asks for completions."""

PATIENT = 500_000
"""Objects from one look for garbage to the next, until work begins: what is imported is none."""

_ours = False
_thresholds = gc.get_threshold()


def run() -> NoReturn:
    """Run the command line as this process, and end it."""
    global _ours
    _ours = True
    gc.set_threshold(PATIENT)
    streams.open_missing()
    os.environ.update(ONE_BLAS_THREAD)
    if COMPLETE in os.environ:
        from convpipe.cli import shells

        gc.disable()  # there is a word to be had, and a tenth of a second
        shells.register()
    try:
        main(prog_name="convpipe")
    except SystemExit as end:
        _leave(end)
    except OSError as error:  # of help, which click prints itself
        streams.mute("stdout", error)
        _leave(SystemExit(1))
    raise AssertionError("click ends its commands with SystemExit")


def begin_work() -> None:
    """Look for garbage as often as ever, but never again at what was imported; keep the memory of images."""
    if _ours:
        from convpipe import memory

        memory.keep_freed()
        gc.freeze()
        gc.set_threshold(*_thresholds)


def begin_loading(*, compiler: bool = False, tables: bool = False) -> None:
    """Load what runs loops on a thread, while folders are searched and the first images decoded.

    What prints the `tables` of a report comes next, while images are filtered. Without the `compiler` loops
    from the disk run without Numba; it is loaded all the same where there are none.
    """
    if _ours:
        from convpipe.compile.runtime import environment, settings, start

        environment.check()
        if settings.is_said():
            start.load()
        elif not compiler:
            start.spare()
        threading.Thread(target=_load, args=(compiler, tables), daemon=True).start()


def _load(compiler: bool, tables: bool) -> None:
    from convpipe.compile.runtime import cache, start

    if compiler or cache.is_empty():
        start.load()
    importlib.import_module("convpipe.compile.cpu.graphs")
    if tables:
        importlib.import_module("convpipe.report.terminal")


def end(code: int) -> NoReturn:
    """End the process, without waiting for a thread that a signal could not stop."""
    from convpipe.batch import at_work

    if at_work():
        streams.flush()
        os._exit(code)
    sys.exit(code)


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C: finish the images in hand, write the report, leave with 143."""
    from convpipe.batch import Terminated

    def terminate(number: int, frame: Any) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except Terminated:  # between two runs, where there is nothing to report
        sys.exit(143)
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(end: SystemExit) -> NoReturn:
    """Say what standard output did not take, and leave.

    Where loops were loaded at once: Python would take all down piece by piece, for a tenth of a second.
    """
    streams.flush()
    if (error := streams.refusal()) is not None:
        complain(f"standard output cannot be written: {error.strerror or error}")
        end.code = end.code or 1
    if "llvmlite" in sys.modules and isinstance(end.code, int | None):
        os._exit(end.code or 0)
    raise end
