"""Very large dense kernels, through the fast Fourier transform of SciPy.

A product of transforms takes the same time whatever the kernel's size. In float64 its error is below that of
the float32 sums it replaces. A NaN or an infinity would spread over all that is transformed with it, so an
image that holds one is filtered by the loop instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.cpu import Executable
from convpipe.geometry import Border, border_index
from convpipe.ops import Stencil, Taps
from convpipe.plan import Plan, StagePlan

LEAST_TAPS = 1600
"""Non-zero taps from which on the transform is taken.

Measured at 2048x2048, two threads: the loop takes 0.10 s at 31x31, 0.22 s at 47x47 and 1.35 s at 127x127, the
transform 0.11 to 0.12 s at all of them.
"""

BLOCK = 1 << 24
"""Most samples transformed at once: 128 MiB in float64, and as much again for each transform."""


def pays(stage: StagePlan) -> bool:
    """Tell whether the stage's window is one large dense kernel, over plain channels."""
    first = stage.ops[0]
    if not isinstance(first, Stencil) or first.keep_alpha or len(first.banks) > 1:
        return False
    (taps,) = first.banks
    return taps.factors is None and taps.count >= LEAST_TAPS


@dataclass(frozen=True)
class Transform:
    """The responses of one stage's kernel, as an image in the type of the arithmetic.

    Parameters
    ----------
    plan : Plan
        Of that stage, up to its responses.
    loop : Executable
        The same, by the loop.
    """

    plan: Plan
    loop: Executable

    @property
    def source(self) -> str:
        """What stands for the generated Python."""
        stage = self.plan.stages[0]
        title = f"# stage {stage.index}: {stage.name}: scipy.signal.fftconvolve"
        return f"{title}; where a pixel is not finite:\n{self.loop.source}"

    def __call__(self, image: NDArray[Any], threads: int | None = None) -> tuple[NDArray[Any], int]:
        """Return the responses, and 0."""
        plan = self.plan
        if image.dtype.kind == "f" and not np.isfinite(image).all():
            return self.loop(image, threads)
        rows, cols = plan.extent
        samples = image.reshape(*plan.input, plan.channels)
        result = np.empty((rows, cols, plan.channels), plan.compute)
        step = max(1, BLOCK // (plan.input[1] * plan.channels * plan.stages[0].axes[0].stride))
        for first in range(0, rows, step):
            last = min(rows, first + step)
            result[first:last] = self._responses(samples, first, last, threads)
        return result if image.ndim == 3 else result[:, :, 0], 0

    def warm(self) -> None:
        """Compile nothing: the loop is for images that hold a NaN or an infinity, which are rare."""

    def _responses(
        self, samples: NDArray[Any], first: int, last: int, threads: int | None
    ) -> NDArray[np.float64]:
        from scipy import fft, signal  # slow to import, and few pipelines need it

        stencil: Any = self.plan.stages[0].ops[0]
        rows, cols = self.plan.stages[0].axes
        count = (last - first - 1) * rows.stride + rows.reach
        down = _sources(first * rows.stride - rows.before, count, samples.shape[0], stencil.border)
        across = (self.plan.extent[1] - 1) * cols.stride + cols.reach
        along = _sources(-cols.before, across, samples.shape[1], stencil.border)
        window = samples[down][:, along].astype(np.float64)
        window[down < 0] = stencil.value
        window[:, along < 0] = stencil.value
        with fft.set_workers(threads or fft.get_workers()):
            full = signal.fftconvolve(window, _spread(stencil)[::-1, ::-1, None], mode="valid", axes=(0, 1))
        responses: NDArray[np.float64] = full[:: rows.stride, :: cols.stride]
        return responses


def _sources(first: int, count: int, size: int, border: Border) -> NDArray[np.int64]:
    """Return where the padded positions from `first` on come from; -1 is outside."""
    return np.array([border_index(first + k, size, int(border)) for k in range(count)], np.int64)


def _spread(stencil: Stencil) -> NDArray[np.float64]:
    """Return the kernel with the zeros that dilation puts between its taps."""
    taps: Taps = stencil.banks[0]
    (rows, cols), (down, along) = taps.extent, stencil.dilation
    spread = np.zeros(((rows - 1) * down + 1, (cols - 1) * along + 1))
    spread[::down, ::along] = taps.weights
    return spread
