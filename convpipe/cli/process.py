"""The process of a command: how it starts and ends where it is convpipe's alone, and not a caller's."""

from __future__ import annotations

import os
import sys
import threading
from typing import NoReturn

from convpipe.cli import main, streams
from convpipe.cli.options import complain
from convpipe.compile.runtime.environment import ONE_BLAS_THREAD

_ours = False


def run() -> NoReturn:
    """Run the command line as this process, and end it."""
    global _ours
    _ours = True
    streams.open_missing()
    os.environ.update(ONE_BLAS_THREAD)
    try:
        main(prog_name="convpipe")
    except SystemExit as end:
        _leave(end)
    except OSError as error:  # of help, which click prints itself
        streams.mute("stdout", error)
        _leave(SystemExit(1))
    raise AssertionError("click ends its commands with SystemExit")


def begin_loading() -> None:
    """Load Numba on a thread, while folders are searched and the first images decoded."""
    if _ours:
        from convpipe.compile.runtime import environment, start

        environment.check()
        threading.Thread(target=start.load, daemon=True).start()


def _leave(end: SystemExit) -> NoReturn:
    """Say what standard output did not take, and leave.

    Where Numba is loaded at once: Python would take down its tables piece by piece, for a tenth of a second.
    """
    streams.flush()
    if (error := streams.refusal()) is not None:
        complain(f"standard output cannot be written: {error.strerror or error}")
        end.code = end.code or 1
    if "numba" in sys.modules and isinstance(end.code, int | None):
        os._exit(end.code or 0)
    raise end
