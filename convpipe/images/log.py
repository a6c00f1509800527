"""What tifffile and imagecodecs (libpng) log of damage becomes notes of an image, off the terminal."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MAX_NOTES = 3

_current = threading.local()


class _Collector(logging.Handler):
    """Appends each message to the list of the thread that it came from, and drops the others."""

    def emit(self, record: logging.LogRecord) -> None:
        if "GDAL_NODATA" in record.getMessage():  # read by segments, which rounds as GDAL does
            return
        notes: list[str] | None = getattr(_current, "notes", None)
        if notes is not None and len(notes) < MAX_NOTES:
            notes.append(" ".join(record.getMessage().split())[:200])


for _name in ("tifffile", "imagecodecs"):
    _logger = logging.getLogger(_name)
    _logger.addHandler(_Collector(logging.WARNING))
    _logger.propagate = False


@contextmanager
def collected(notes: list[str]) -> Iterator[None]:
    """Append to ``notes`` what these libraries say in this thread, a few messages at most."""
    _current.notes = []
    try:
        yield
    finally:
        notes += _current.notes
        _current.notes = None
