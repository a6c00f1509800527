"""The process of a command: how it starts and ends where it is convpipe's alone, and not a caller's."""

from __future__ import annotations

import os
import sys
import threading
from typing import NoReturn

from convpipe.cli import main

_ours = False


def run() -> NoReturn:
    """Run the command line as this process, and end it."""
    global _ours
    _ours = True
    try:
        main(prog_name="convpipe")
    except SystemExit as end:
        _leave(end)
        raise
    raise AssertionError("click ends its commands with SystemExit")


def begin_loading() -> None:
    """Load Numba on a thread, while folders are searched and the first images decoded."""
    if _ours:
        from convpipe.compile import start

        threading.Thread(target=start.load, daemon=True).start()


def _leave(end: SystemExit) -> None:
    """End at once: Python would take down Numba's tables piece by piece, for a tenth of a second."""
    if "numba" not in sys.modules or not isinstance(end.code, int | None):
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return  # Python says so as it always does
    os._exit(end.code or 0)
