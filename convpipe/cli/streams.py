"""Standard output and error that are closed, full or left: what cannot be said must not undo what is done."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress

import click

_refusals: dict[str, OSError] = {}
"""The first error of each stream that could not be written to."""


def open_missing() -> None:
    """Give the standard streams that are closed (``>&-``) to the null device.

    Otherwise the next file that is opened, a result or a journal, would be standard output.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free is this one
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def emit(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text; if the stream does not take it, go on without, and remember."""
    try:
        click.echo(text, err=err, nl=nl)
    except OSError as error:
        mute("stderr" if err else "stdout", error)


def flush() -> None:
    """Bring out what was printed; as :func:`emit`."""
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except OSError as error:
            mute(name, error)


def is_stuck() -> bool:
    """Tell whether standard output still refuses what others than :func:`emit` printed, as click its help.

    Without a buffer (``PYTHONUNBUFFERED``) nothing is left to tell by.
    """
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False


def mute(name: str, error: OSError) -> None:
    """Let a stream lead nowhere from now on, or Python would fail once more on what is left in its buffer."""
    _refusals.setdefault(name, error)
    with suppress(OSError, io.UnsupportedOperation):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, getattr(sys, name).fileno())
        os.close(null)


def refusal() -> OSError | None:
    """Return why standard output did not take all; None also if its reader has left, who wants no more."""
    error = _refusals.get("stdout")
    return None if error is None or error.errno == errno.EPIPE else error
