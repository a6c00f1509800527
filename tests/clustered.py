"""A pipeline for workers of a cluster, whose images say by their value what happens to who filters them."""

import errno
import os
import signal
import time
from pathlib import Path

from fakes import FakePipeline

SLOW, CRASHES, FLAKY, HOPELESS = 40, 66, 77, 88
"""Values of images: filtered in a while, kill the process, fail the first time, fail each time."""

PAUSE = 0.05


class Mishaps:
    """What the pixels of an image do; `tried` is the path of the file that a first time leaves."""

    def __init__(self, tried):
        self.tried = tried

    def __call__(self, pixels):
        value = int(pixels.flat[0])
        if value == SLOW:
            time.sleep(PAUSE)
        elif value == CRASHES:
            os.kill(os.getpid(), signal.SIGSEGV)
        elif value == HOPELESS or (value == FLAKY and not Path(self.tried).exists()):
            Path(self.tried).touch()
            raise OSError(errno.EIO, "Input/output error")


class Clustered(FakePipeline):
    """What :class:`FakePipeline` is, and pickles."""

    gauge = None

    def __init__(self, tried="nowhere"):
        super().__init__(Mishaps(tried))

    def __reduce__(self):
        return type(self), (self.act.tried,)

    @property
    def engine(self):
        return self

    def check(self):
        """It needs no compiler."""
