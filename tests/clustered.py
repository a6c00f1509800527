"""A pipeline for workers of a cluster, whose images say by their value what happens to who filters them."""

import errno
import os
import signal
import time
from pathlib import Path

from fakes import FakePipeline

SLOW, CRASHES, FLAKY = 40, 66, 77
"""Values of images: filtered in a while, kill the process, fail until the file `healed` exists."""

PAUSE = 0.05


class Mishaps:
    """What the pixels of an image do; `healed` is a path."""

    def __init__(self, healed):
        self.healed = healed

    def __call__(self, pixels):
        value = int(pixels.flat[0])
        if value == SLOW:
            time.sleep(PAUSE)
        elif value == CRASHES:
            os.kill(os.getpid(), signal.SIGSEGV)
        elif value == FLAKY and not Path(self.healed).exists():
            raise OSError(errno.EIO, "Input/output error")


class Clustered(FakePipeline):
    """What :class:`FakePipeline` is, and pickles."""

    gauge = None

    def __init__(self, healed="nowhere"):
        super().__init__(Mishaps(healed))

    def __reduce__(self):
        return type(self), (self.act.healed,)

    @property
    def engine(self):
        return self

    def check(self):
        """It needs no compiler."""
