"""Chains of pipelines.py as Halide says them, without a schedule: what is computed, not in which order.

All arithmetic is float32, and borders are mirrored, of every stage its own input's, as ours are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import halide as hl
import numpy as np
import pipelines
from pipelines import LEVEL, SCHARR_GAIN, SOBEL_GAIN

from convpipe import Pipeline
from convpipe.stages.blur import gaussian_taps

Value = Any
"""Of a Func at a pixel: Halide's wheel says nothing of types."""

X, Y = hl.Var("x"), hl.Var("y")
BLUR_TAPS = gaussian_taps(1.0, 2.0)


@dataclass(frozen=True)
class Step:
    """A function of the chain that a schedule can keep rows of.

    Parameters
    ----------
    func : Func
    rate : int
        Its rows, and columns, for one of the result.
    converts : bool
        Whether it only converts and mirrors what it reads, so that it can as well be done where it is read.
    mixes : bool
        Whether it reads a pixel's channels.
    """

    func: Any
    rate: int = 1
    converts: bool = False
    mixes: bool = False


@dataclass
class Algorithm:
    """A chain: the image it reads, its functions in their order, and the result."""

    image: Any
    steps: list[Step] = field(default_factory=list)
    result: Any = None

    def add(self, name: str, value: Value, rate: int = 1, **kind: bool) -> Any:
        """Return a function of x and y that the schedule may keep."""
        func = hl.Func(name)
        func[X, Y] = value
        self.steps.append(Step(func, rate, **kind))
        return func

    def ends(self, value: Value) -> Algorithm:
        """Return the chain, of which `value` is the result."""
        self.result = hl.Func("result")
        self.result[X, Y] = value
        return self

    def runs(self) -> Callable[[np.ndarray], np.ndarray]:
        """Return the compiled function of an image, as it is scheduled."""
        kind = self.result.types()[0]
        dtype = np.float32 if kind.is_float() else np.uint8
        self.result.compile_jit(hl.get_jit_target_from_environment())
        rate = self.steps[0].rate

        def work(image: np.ndarray) -> np.ndarray:
            rows, cols = image.shape[:2]
            out = np.empty((-(-rows // rate), -(-cols // rate)), dtype)
            columns_first = image.swapaxes(0, 1)
            self.image.set(hl.Buffer(columns_first, reverse_axes=False))
            self.result.realize(hl.Buffer(out))
            return out

        return work


def mirrored(func: Any, extents: Sequence[tuple[Value, Value]]) -> Any:
    return hl.BoundaryConditions.mirror_interior(func, list(extents))


def of_plane(kind: Any, rate: int = 1) -> tuple[Algorithm, Any]:
    """Return the start of a chain on one channel, and its float32 samples, mirrored."""
    chain = Algorithm(hl.ImageParam(kind, 2))
    inside = mirrored(chain.image, _extents(chain.image))
    return chain, chain.add("source", hl.f32(inside[X, Y]), rate, converts=True)


def of_colours() -> tuple[Algorithm, Any]:
    """Return the start of a chain on interleaved RGB, and its gray float32 samples, mirrored."""
    chain = Algorithm(hl.ImageParam(hl.UInt(8), 3))
    chain.image.dim(0).set_stride(3)
    chain.image.dim(2).set_bounds(0, 3)
    chain.image.dim(2).set_stride(1)
    bare = hl.Func("bare")
    bare[X, Y] = sum(
        hl.f32(weight) * hl.f32(chain.image[X, Y, channel])
        for channel, weight in enumerate((0.299, 0.587, 0.114))
    )
    inside = mirrored(bare, _extents(chain.image))
    return chain, chain.add("gray", inside[X, Y], mixes=True)


def _extents(image: Any) -> list[tuple[Value, Value]]:
    return [(image.dim(axis).min(), image.dim(axis).extent()) for axis in (0, 1)]


def blurred(chain: Algorithm, source: Any, taps: np.ndarray, step: int = 1, rate: int = 1) -> Any:
    """Return the separable blur of a function at every `step`-th pixel: rows of it for one of the result."""
    first = len(taps) // 2
    weights = [(k - first, hl.f32(float(tap))) for k, tap in enumerate(taps)]
    down = chain.add("column", sum(tap * source[X, step * Y + k] for k, tap in weights), rate)
    return chain.add("blurred", sum(tap * down[step * X + k, Y] for k, tap in weights), rate)


def magnitude(image: Any, smooth: Sequence[int]) -> Value:
    taps = [(k - 1, hl.f32(tap)) for k, tap in enumerate(smooth)]
    across = sum(tap * (image[X + 1, Y + k] - image[X - 1, Y + k]) for k, tap in taps)
    down = sum(tap * (image[X + k, Y + 1] - image[X + k, Y - 1]) for k, tap in taps)
    return hl.sqrt(across * across + down * down)


def rounded(value: Value) -> Value:
    """Return a value of 0 and more as 8 bits."""
    return hl.u8(hl.min(value + hl.f32(0.5), hl.f32(255)))


def above(value: Value, level: float) -> Value:
    return hl.select(value > hl.f32(level), hl.u8(255), hl.u8(0))


def edges() -> Algorithm:
    chain, source = of_plane(hl.UInt(8))
    gradient = magnitude(blurred(chain, source, BLUR_TAPS), (1, 2, 1))
    return chain.ends(rounded(gradient * hl.f32(float(SOBEL_GAIN))))


def threshold() -> Algorithm:
    chain, source = of_colours()
    gradient = magnitude(blurred(chain, source, BLUR_TAPS), (3, 10, 3))
    return chain.ends(above(gradient, float(LEVEL / SCHARR_GAIN)))


def unsharp() -> Algorithm:
    chain, source = of_plane(hl.Float(32))
    smooth = blurred(chain, source, gaussian_taps(2.0, 2.0))
    return chain.ends(hl.f32(2) * source[X, Y] - smooth[X, Y])


def difference() -> Algorithm:
    chain, source = of_plane(hl.UInt(8))
    fine, coarse = (blurred(chain, source, gaussian_taps(sigma, 2.0)) for sigma in pipelines.SCALES)
    return chain.ends(above(fine[X, Y] - coarse[X, Y], pipelines.SPOT))


def pyramid() -> Algorithm:
    """Three blurs at stride 2; of each smaller image, too, the border is mirrored."""
    chain, image = of_plane(hl.UInt(8), 8)
    extents = _extents(chain.image)
    for rate in (4, 2, 1):
        image = blurred(chain, image, BLUR_TAPS, 2, rate)
        extents = [(low, (extent + 1) / 2) for low, extent in extents]
        if rate > 1:
            image = chain.add(
                "mirrored", image[_inside(X, extents[0]), _inside(Y, extents[1])], rate, converts=True
            )
    return chain.ends(rounded(image[X, Y]))


def _inside(at: Value, span: tuple[Value, Value]) -> Value:
    """Return where a pixel less than an image outside is found inside; its bounds follow those of `at`."""
    low, extent = span
    last = low + extent - 1
    after = hl.max(at, 2 * low - at)
    return hl.min(after, 2 * last - after)


@dataclass(frozen=True)
class Twin:
    """A chain on both sides, and how far their results may lie apart."""

    ours: Pipeline
    make: Callable[[], Algorithm]
    tolerance: float = 1.0
    outliers: float = 0.0
    dtype: str = "uint8"


TWINS = (
    Twin(pipelines.EDGES, edges),
    Twin(pipelines.THRESHOLD, threshold, 0, 1e-4),
    Twin(pipelines.UNSHARP, unsharp, 1e-5, dtype="float32"),
    Twin(pipelines.SPOTS, difference, 0, 1e-4),
    Twin(pipelines.PYRAMID, pyramid),
)
