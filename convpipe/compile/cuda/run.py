"""Run a plan on a CUDA device: the kernels of its parts, one after the other.

Nothing here touches the device before the first image. Images of several threads are on the device at
once, each on a stream of its own, so that the copies of one overlap the kernels of another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.pictures import Outcome, Picture
from convpipe.compile.cuda.device import OutOfMemory, slot
from convpipe.compile.cuda.groups import Group, Tiling
from convpipe.compile.cuda.kernels import Kernels, Standing, make_kernels
from convpipe.compile.cuda.launch import Launch, whole
from convpipe.dataclass import dataclass
from convpipe.errors import BackendError
from convpipe.losses import Losses
from convpipe.ops import stored
from convpipe.plan import IMAGE, Plan
from convpipe.plan.demand import Span
from convpipe.plan.parts import held
from convpipe.stages.wiring import RESULT
from convpipe.statistics import measure

Rows = dict[Standing, NDArray[Any]]
"""Images on the host, as rows of samples."""


@dataclass(frozen=True)
class Executable:
    """A pipeline as CUDA kernels, for one image extent, dtype and channel count.

    Parameters
    ----------
    plan : Plan
    parts : tuple of Kernels
    notes : list of str
        What a person should know of the runs so far.
    """

    plan: Plan
    parts: tuple[Kernels, ...]
    notes: list[str] = field(default_factory=list)

    is_silent = False

    @property
    def source(self) -> str:
        """The generated Python of every part."""
        return "\n".join(part.source for part in self.parts)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The passes of every kernel."""
        return tuple(group for part in self.parts for group in part.groups)

    def __call__(self, image: NDArray[Any], threads: int | None = None) -> tuple[NDArray[Any], Losses]:
        """Filter one image; the contract is that of :class:`convpipe.compile.cpu.executable.Executable`.

        An image that does not fit the device's memory goes through it in bands of rows, with the same
        result.

        Raises
        ------
        BackendError
            If the device cannot be used, or not even a band of one row fits its memory.
        """
        results, losses = self.outputs(image, threads)
        return results[RESULT], losses

    def outputs(
        self, image: NDArray[Any], threads: int | None = None
    ) -> tuple[dict[str, NDArray[Any]], Losses]:
        """Return all results by their names, and how many samples were lost in them; as a call."""
        bands = 1
        while True:
            try:
                results, losses = self.run(image, bands)
            except OutOfMemory:
                if bands >= self._most_rows:
                    raise BackendError("the device's memory does not hold one row of the result") from None
                bands = min(2 * bands, self._most_rows)
                continue
            if bands > 1:
                self.notes.append(
                    f"the device's memory is too small for the image: filtered in {bands} bands"
                )
            return results, losses

    def run(self, image: NDArray[Any], bands: int = 1) -> tuple[dict[str, NDArray[Any]], Losses]:
        """Return the results of `image`, and how many samples were lost, in `bands` bands of rows.

        The results have the same bytes whatever their number.
        """
        plan = self.plan
        entering = Picture(plan.input, plan.channels, stored(plan.dtype))
        images: Rows = {(IMAGE, entering.dtype): entering.rows(image)}
        for outcome in self._outcomes:
            images[outcome.output.node, outcome.picture.dtype] = outcome.picture.empty()
        losses = Losses(self._whole(images) if bands == 1 else self._banded(images, bands))
        results = {}
        for outcome in self._outcomes:
            rows = images[outcome.output.node, outcome.picture.dtype]
            results[outcome.output.name], lost = outcome.finished(rows, image.ndim)
            losses += lost
        return results, losses

    def _whole(self, images: Rows) -> int:
        """Fill the results in `images`; what stands between parts stays on the device."""
        alive = (*held([part.part for part in self.parts])[1:], set())
        standing: dict[Standing, Any] = {}
        launched: list[Launch] = []
        with slot() as device:

            def brought(key: Standing) -> NDArray[Any]:
                return images[key] if key in images else device.fetch(standing[key])

            for part, later in zip(self.parts, alive, strict=True):
                for key in set(part.reads) - set(standing):
                    standing[key] = device.send(images[key])
                launched.append(Launch(part, device, measured=self._measured(part, brought)))
                made = launched[-1]([standing[key] for key in part.reads])
                standing |= zip(part.makes, made, strict=True)
                for key in part.makes:
                    if key in images:
                        device.receive(standing[key], images[key])
                standing = {key: each for key, each in standing.items() if key[0] in later | {IMAGE}}
            return sum(each.nans() for each in launched)

    def _banded(self, images: Rows, bands: int) -> int:
        """Fill the results in `images`, which holds what stands between parts, too."""
        nans = 0
        for part in self.parts:
            for at, key in zip(part.results, part.makes, strict=True):
                images.setdefault(key, part.picture(at).empty())
            found = self._measured(part, images.__getitem__)
            for band in range(bands):
                wanted = {at: _band(whole(part.picture(at)), band, bands) for at in part.results}
                if any(wanted.values()):
                    nans += self._band(part, images, wanted, found)
        return nans

    def _band(self, part: Kernels, images: Rows, wanted: Mapping[int, Span], found: list[float]) -> int:
        with slot() as device:
            launch = Launch(part, device, wanted, found)
            given = []
            for number, key in enumerate(part.reads):
                rows = launch.rows[-1 - number]
                given.append(device.send(images[key][rows.first : rows.last + 1], number))
            for at, key, made in zip(part.results, part.makes, launch(given), strict=True):
                if span := wanted[at]:
                    device.receive(made, images[key][span.first : span.last + 1])
            return launch.nans()

    def _measured(self, part: Kernels, rows: Callable[[Standing], NDArray[Any]]) -> list[float]:
        """Return the numbers that a part needs of the first image that it reads; `rows` gives an image."""
        statistics = part.part.nodes[0].statistics
        if not statistics:
            return []
        return measure(statistics, part.given[0].pixels(rows(part.reads[0]), self.plan.alpha))

    @cached_property
    def _outcomes(self) -> list[Outcome]:
        return [Outcome(self.plan, output) for output in self.plan.outputs]

    @cached_property
    def _most_rows(self) -> int:
        return max(outcome.picture.extent[0] for outcome in self._outcomes)

    def warm(self) -> None:
        """Compile the kernels, by filtering an image of zeros."""
        shape = (*self.plan.input, self.plan.channels)
        self(np.zeros(shape, stored(self.plan.dtype)))


def _band(rows: Span, band: int, bands: int) -> Span:
    """Return the rows of one of `bands` bands, as even as can be."""
    return Span(len(rows) * band // bands, len(rows) * (band + 1) // bands - 1)


def compile_plan(plan: Plan, tiling: Tiling | None = None) -> Executable:
    """Return `plan` as CUDA kernels; they are compiled when the first image comes.

    Raises
    ------
    BackendError
        If it has an op that no kernel is written for.
    """
    return Executable(plan, make_kernels(plan, tiling or Tiling()))
