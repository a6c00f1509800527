"""Memory: what an image will take, and what all images in hand may take together.

One image a core is too many where each takes gigabytes, which its file need not show: a PNG of 1 MB may hold
2 GB. What an image takes is known from its header and its plan, and it waits until that is free.
"""

from __future__ import annotations

import math
import operator
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from threading import Condition

from convpipe import memory
from convpipe.dataclass import dataclass
from convpipe.errors import LimitError
from convpipe.plan import Plan
from convpipe.report import byte_size

SHARE = 0.75
"""Of the machine's memory, or of what a container may use, that images in hand may take."""

RESERVE = 1 << 28
"""Bytes for Python, Numba, the libraries of formats, and kept blocks."""

DECODER = 1 << 26
"""Bytes of a process that decodes, beside its pixels."""

SPOOLED = 1 << 26
"""Bytes of encoded pages that stay in memory; see :mod:`convpipe.images.spool`."""


@dataclass(frozen=True)
class Need:
    """What an image takes at most at once, in bytes.

    Parameters
    ----------
    image, result, working : int
        Of its pixels, of the result's, and of what the stages keep between them; of the largest page.
    reading, filtering, writing : int
        In each step. A decoder may hold the file twice and the pixels three times (coefficients of a
        progressive JPEG, inks, planes; to turn them), an encoder the result and its content, which is no
        larger.
    """

    image: int
    result: int
    working: int
    reading: int
    filtering: int
    writing: int

    @property
    def total(self) -> int:
        """Bytes to be held for it."""
        return max(self.reading, self.filtering, self.writing)

    def __str__(self) -> str:
        """Return the numbers that explain the total, for a person."""
        pixels = f"its pixels {byte_size(self.image)}, the result's {byte_size(self.result)}"
        if self.filtering < self.total:
            return pixels
        return f"{pixels}, what its stages keep between them {byte_size(self.working)}"

    @classmethod
    def of(
        cls,
        file_bytes: int,
        plans: Sequence[Plan],
        *,
        threads: int,
        encoders: Sequence[int] = (),
        isolated: bool = False,
        mask: int = 0,
    ) -> Need:
        """Return what an image takes whose pages have these plans.

        Parameters
        ----------
        file_bytes : int
        plans : sequence of Plan
        threads : int
            That filter it.
        encoders : sequence of int
            Bytes a pixel that the encoder of each result takes, see :class:`convpipe.images.Format`. They
            work one after the other; what they made is kept until the last is done.
        isolated : bool
            Whether another process decodes: it keeps its pixels while they are filtered here.
        mask : int
            Bytes of the decoded mask, which is read before the image; what is kept of it is a byte a pixel.
        """
        pages = [cls._of_page(file_bytes, plan, threads, encoders, isolated) for plan in plans]
        spooled = _spooled(plans) if len(plans) > 1 else 0
        largest = max(pages, key=lambda page: page.total)
        return cls(
            largest.image,
            largest.result,
            largest.working,
            reading=spooled + 3 * mask + max(page.reading for page in pages),
            filtering=spooled + mask + max(page.filtering for page in pages),
            writing=spooled + mask + max(page.writing for page in pages),
        )

    @classmethod
    def of_bands(cls, plan: Plan, nbytes: int) -> Need:
        """Return what an image takes that is streamed in bands of so many bytes in all."""
        return cls(plan.input_bytes, plan.output_bytes, nbytes, nbytes, nbytes, nbytes)

    def beside(self, stack: int) -> Need:
        """Return the same where all pages are held as well, as a stage reads them together."""
        if not stack:
            return self
        steps = {step: getattr(self, step) + stack for step in ("reading", "filtering", "writing")}
        return replace(self, working=self.working + stack, **steps)

    @classmethod
    def _of_page(
        cls, file_bytes: int, plan: Plan, threads: int, encoders: Sequence[int], isolated: bool
    ) -> Need:
        image, result, working = plan.input_bytes, plan.output_bytes, plan.working_bytes(threads)
        beside = image if isolated else 0
        pixels = (math.prod(plan.nodes[output.node].extent) for output in plan.outputs)
        encoding = max(map(operator.mul, encoders, pixels), default=0)
        return cls(
            image,
            result,
            working,
            reading=2 * file_bytes + 3 * image + beside,
            filtering=image + working + result + beside,
            writing=image + 2 * result + encoding + beside,
        )


def _spooled(plans: Sequence[Plan]) -> int:
    """Return the bytes of encoded pages that stay in memory, of all results."""
    return sum(
        min(SPOOLED, sum(plan.result_bytes(output) for plan, output in zip(plans, pages, strict=True)))
        for pages in zip(*(plan.outputs for plan in plans), strict=True)
    )


class Budget:
    """Bytes that images share. They are served in the order in which they ask, so that none waits for ever.

    An image holds one share at a time and waits for nothing while it does, so no two wait for each other.

    Parameters
    ----------
    nbytes : int
    """

    def __init__(self, nbytes: int) -> None:
        self.nbytes, self.held = nbytes, 0
        self._changed = Condition()
        self._waiting: deque[object] = deque()
        self._closed = False

    @contextmanager
    def share(self, need: Need) -> Iterator[bool]:
        """Hold what an image needs; False once the run has ended, where nothing is held.

        Raises
        ------
        LimitError
            It needs more than there is, however long it waits.
        """
        if need.total > self.nbytes:
            raise LimitError(self.refusal(need))
        if not self._take(need.total):
            yield False
            return
        try:
            yield True
        finally:
            with self._changed:
                self.held -= need.total
                self._changed.notify_all()

    def refusal(self, need: Need) -> str:
        """Say that an image needs more than there is."""
        return (
            f"it takes about {byte_size(need.total)} of memory ({need}); images may take "
            f"{byte_size(self.nbytes)} (--memory)"
        )

    def _take(self, nbytes: int) -> bool:
        with self._changed:
            if self._waiting or self.held + nbytes > self.nbytes:
                self._wait(nbytes)
            if self._closed:
                return False
            self.held += nbytes
            if self.held + memory.kept() > self.nbytes:
                memory.release()
            return True

    def _wait(self, nbytes: int) -> None:
        """Wait until those that asked before are served, and so much is free."""
        ticket = object()
        self._waiting.append(ticket)
        self._changed.wait_for(
            lambda: self._closed or (self._waiting[0] is ticket and self.held + nbytes <= self.nbytes)
        )
        self._waiting.remove(ticket)
        self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def default_memory(decoders: int = 0, allowed: int | None = None) -> int:
    """Return the bytes that images may take where nobody says: a share of what this process may use.

    Parameters
    ----------
    decoders : int
        Processes beside it.
    allowed : int, optional
        What this process is to be content with, where somebody watches over it.
    """
    most = min(filter(None, (allowed, _physical(), *cgroup_limits())), default=1 << 32)
    return max(int(most * SHARE) - RESERVE - decoders * DECODER, most // 4)


def _physical() -> int:
    """Return the memory of the machine; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0


def cgroup_limits(
    groups: Path = Path("/proc/self/cgroup"), mount: Path = Path("/sys/fs/cgroup")
) -> Iterable[int]:
    """Yield what the control groups of this process allow it, of version 1 and 2, and those they are in.

    Parameters
    ----------
    groups : Path
        Which groups the process is in (cgroups(7)).
    mount : Path
        Where they are mounted. In a container the group that it is in may be mounted as the root.
    """
    for line in _text(groups).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            root, name = mount, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = mount / "memory", "memory.limit_in_bytes"
        else:
            continue
        inner = PurePosixPath(path.lstrip("/"))
        for group in (inner, *inner.parents):
            if (text := _text(root / group / name).strip()).isdecimal():
                yield int(text)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
