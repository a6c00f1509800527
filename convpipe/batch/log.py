"""The log of runs: what happens, when it happens, as lines of JSON that other programs follow."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from convpipe.errors import JobError
from convpipe.images import EXISTS
from convpipe.paths import tried
from convpipe.report import ImageResult, Report

LEVELS = {"done": "info", "kept": "info", "existing": "warning", "failed": "error", "skipped": "warning"}
"""Of what becomes of an image."""


def line_of(event: str, level: str, fields: Mapping[str, Any]) -> bytes:
    """Return the line of an event: time (UTC), level, event, and whatever else is said of it."""
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": time, "level": level, "event": event, **fields}).encode() + b"\n"


class Log:
    """Takes what happens in a run, and keeps none of it.

    Attributes
    ----------
    whole : bool
        Whether all of it could be written.
    """

    whole = True

    def close(self) -> None:
        """End the log."""

    def event(self, event: str, *, level: str = "info", **fields: Any) -> None:
        """Take an event; from any thread."""

    def image(self, job: str, result: ImageResult) -> None:
        """Take what became of an image."""

    def end(self, report: Report) -> None:
        """Take what a job did."""


class EventLog(Log):
    """Has all that happens as events."""

    def image(self, job: str, result: ImageResult) -> None:
        """Take what became of an image."""
        what: str = "kept" if result.kept else result.status
        what = "existing" if result.reason == EXISTS else what
        fields: dict[str, Any] = {"job": job, "image": result.path}
        if what in ("failed", "skipped"):
            fields |= {"stage": result.stage, "reason": result.reason}
        if what == "done":
            written = result.bytes_written + sum(file.bytes_written for file in result.beside)
            fields |= {"bytes_read": result.bytes_read, "bytes_written": written, "output": result.output}
        if what in ("done", "failed"):
            fields |= {"seconds": result.seconds, "retries": result.retries}
        if result.notes:
            fields["notes"] = list(result.notes)
        self.event(what, level="error" if what == "kept" and result.reason else LEVELS[what], **fields)

    def end(self, report: Report) -> None:
        """Take what a job did: its warnings, which images do not pass, and the counts."""
        for warning in report.warnings:
            self.event("warning", level="warning", job=report.name, reason=warning)
        for row in report.rejections:
            reason = "; ".join(row.rejected)
            self.event("rejected", level="warning", job=report.name, image=row.path, reason=reason)
        counts = ("images", "done", "failed", "existing", "rejected", "skipped", "kept", "retried")
        self.event(
            "end",
            level="error" if report.exit_code else "info",
            job=report.name,
            **{name: getattr(report, name) for name in (*counts, "unfinished")},
            seconds=round(report.seconds, 3),
            exit_code=report.exit_code,
            reason=report.ended_early,
        )


class FileLog(EventLog):
    """Appends events to a file, a line each, as they come.

    Nothing is lost for want of a log: after the first line that cannot be written none is tried.

    Parameters
    ----------
    path : Path
        Made if need be.
    told : callable
        Gets a text, once, if the log ends early.

    Raises
    ------
    JobError
        If it cannot be opened, or holds something else than a log.
    """

    def __init__(self, path: Path, told: Callable[[str], None]) -> None:
        self._path, self._told, self._guard = path, told, threading.Lock()
        self._closed = False
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        except (OSError, ValueError) as error:
            why = f"{getattr(error, 'strerror', None) or error}{tried(path)}"
            raise JobError(f"the log {str(path)!r} cannot be opened: {why}") from None
        try:
            self._start = self._look()
        except BaseException:
            os.close(self._file)
            raise

    def event(self, event: str, *, level: str = "info", **fields: Any) -> None:
        """Append an event, as :func:`line_of` has it."""
        line = line_of(event, level, fields)
        with self._guard:
            if self._closed or not self.whole:
                return
            try:
                line, self._start = self._start + line, b""
                while line:
                    line = line[os.write(self._file, line) :]
            except OSError as error:
                self.whole = False
                why = error.strerror or error
                self._told(f"the log {str(self._path)!r} ends here: {why}; the run goes on")

    def close(self) -> None:
        """End the log."""
        with self._guard:
            self._closed = True
            os.close(self._file)

    def _look(self) -> bytes:
        """Return what the first line needs before it: the end of one that was torn; refuse what is no log."""
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            return b""
        try:
            with open(self._path, "rb") as file:
                first, size = file.read(1), file.seek(0, os.SEEK_END)
                file.seek(max(0, size - 1))
                last = file.read(1)
        except OSError:  # may be written, not read
            return b""
        if first not in (b"", b"{"):
            raise JobError(f"the log {str(self._path)!r} is a file of something else; name another")
        return b"" if last in (b"", b"\n") else b"\n"
