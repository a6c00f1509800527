"""Kernels with all that they need on the device, for images that are there."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from convpipe.compile.common.pictures import Picture
from convpipe.compile.cuda.device import Slot
from convpipe.compile.cuda.groups import Group
from convpipe.compile.cuda.kernels import Kernels
from convpipe.compile.runtime.cache import module_of
from convpipe.plan.demand import Span

ROW = Span(0, 0)
"""What stands of an image of which nothing is needed: kernels have something to read."""


def whole(picture: Picture) -> Span:
    """Return all rows of an image."""
    return Span(0, picture.extent[0] - 1)


def compiled(kernels: Kernels, group: Group) -> Any:
    """Return the kernel of `group`, which Numba compiles when it is first launched."""
    return getattr(_load(kernels.source), f"group_{group.index}")


@cache
def _load(source: str) -> ModuleType:
    digest = hashlib.sha256(source.encode()).hexdigest()
    return module_of(source, digest)


class Launch:
    """The kernels of a part, with room for the images that they write.

    An image that is no result gives its room to the next of its shape when the last that reads it has run.

    Parameters
    ----------
    kernels : Kernels
    device : Slot
    wanted : mapping of int to Span, optional
        Rows of results, by the passes that write them; default: all, and all of the images it reads.
    measured : sequence of float
        Numbers of the first image that it reads.
    """

    def __init__(
        self,
        kernels: Kernels,
        device: Slot,
        wanted: Mapping[int, Span] | None = None,
        measured: Sequence[float] = (),
    ) -> None:
        self._kernels, self._device = kernels, device
        needed = kernels.demand(wanted or {at: whole(kernels.picture(at)) for at in kernels.results})
        self.rows = {at: span if span else ROW for at, span in needed.items()}
        if wanted is None:
            self.rows |= {-1 - at: whole(picture) for at, picture in enumerate(kernels.given)}
        values = kernels.values
        constants = values.constants.copy()
        if measured:
            for at, first, many in values.measured:
                constants[at : at + many] = measured[first : first + many]
        vectors = (values.geometry, values.places, values.weights, constants, values.outside)
        self._vectors = [device.copy(vector) for vector in vectors]
        self._counter = device.copy(np.zeros(1, np.int32))
        self._images = self._rooms()

    def _rooms(self) -> dict[int, Any]:
        """Return room for every image that is written."""
        groups, kept = self._kernels.groups, set(self._kernels.results)
        until = {at: number for number, group in enumerate(groups) for at in group.reads}
        free: dict[tuple[tuple[int, int], str], list[Any]] = defaultdict(list)
        found: dict[int, Any] = {}
        for number, group in enumerate(groups):
            for at in group.writes:
                spare = free[self._room(at)]
                found[at] = spare.pop() if spare else self._device.empty(*self._room(at))
            for at in group.reads:
                if at >= 0 and until[at] == number and at not in kept:
                    free[self._room(at)].append(found[at])
        return found

    def _room(self, at: int) -> tuple[tuple[int, int], str]:
        picture = self._kernels.picture(at)
        return (len(self.rows[at]), picture.extent[1] * picture.channels), picture.dtype

    def __call__(self, given: Sequence[Any]) -> list[Any]:
        """Launch the kernels on device arrays of the rows that they need; return their results, theirs."""
        kernels = self._kernels
        images = self._images | {-1 - at: image for at, image in enumerate(given)}
        for group in kernels.groups:
            (blocks, planes), origin, across = kernels.grid(group, self.rows)
            pairs = [(images[at], self.rows[at].first) for at in (*group.reads, *group.writes)]
            arguments = [each for pair in pairs for each in pair]
            launched = compiled(kernels, group)[(blocks, planes), group.threads, self._device.stream]
            launched(*arguments, *self._vectors, self._counter, origin, across)
        return [images[at] for at in kernels.results]

    def nans(self) -> int:
        """Return how many NaNs became 0."""
        found = np.empty(1, np.int32)
        self._device.receive(self._counter, found)
        return int(found[0])
