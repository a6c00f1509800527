"""Faults at the n-th file operation: of the calls by which a run changes files, each is a place to die."""

import os
import threading


class Killed(BaseException):
    """Stands for SIGKILL: once it is raised, no file operation of that process succeeds any more."""


class Faults:
    """Wraps the calls of ``os`` that change files, and acts at one of them.

    Parameters
    ----------
    at : int or None
        Which operation to act at, counted from 1; None: only count.
    act : callable
        Raises, or kills the process.
    """

    NAMES = ("link", "replace", "unlink", "mkdir")

    def __init__(self, at=None, act=None):
        self.at, self.act, self.count, self.dead = at, act or die, 0, False
        self.lock = threading.Lock()
        self.real = {name: getattr(os, name) for name in (*self.NAMES, "open", "write", "fsync")}

    def __enter__(self):
        for name in self.NAMES:
            setattr(os, name, self.wrapped(self.real[name]))
        os.open, os.write, os.fsync = self.open, self.write, self.fsync
        return self

    def __exit__(self, *_):
        for name, call in self.real.items():
            setattr(os, name, call)

    def point(self):
        """Act, if it is time, and for ever after."""
        with self.lock:
            self.count += 1
            self.dead = self.dead or self.count == self.at
        if self.dead:
            self.act()

    def wrapped(self, call):
        def operation(*args, **options):
            self.point()
            return call(*args, **options)

        return operation

    def open(self, path, flags, *args, **options):
        if flags & os.O_CREAT:
            self.point()
        return self.real["open"](path, flags, *args, **options)

    def write(self, descriptor, data):
        """Half of the data may be all that is written."""
        self.point()
        half = len(data) // 2
        written = self.real["write"](descriptor, data[:half]) if half else 0
        self.point()
        return written + self.real["write"](descriptor, data[half:])

    def fsync(self, descriptor):
        self.point()
        self.real["fsync"](descriptor)


def die():
    raise Killed
