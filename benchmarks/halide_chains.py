"""The first two chains against Halide, scheduled by hand.

    python benchmarks/halide_chains.py [--side 4096] [--threads 2]

Both sides make their result anew in every call, compute in float32 and mirror the border. Halide's schedule
is that of our loop: bands of rows in parallel, each stage's rows kept in a ring that a band owns, every row
vectorised; the strip height and the vector width are the fastest of those tried.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from pipelines import EDGES, LEVEL, SCHARR_GAIN, SOBEL_GAIN, THRESHOLD, image_for
from timing import Bench, Peer, Row, Table, compared, run

from convpipe.stages.blur import gaussian_taps

STRIPS = (64, 256, 512)
WIDTHS = (16, 32)


def prepare(threads: int) -> None:
    """Give Halide its threads; it reads their number when it is first used."""
    os.environ["HL_NUM_THREADS"] = str(threads)


class Program:
    """A chain in Halide up to the gradient, and its schedule."""

    def __init__(self, colour: bool, smooth: tuple[int, int, int], strip: int, width: int) -> None:
        import halide as hl

        self.hl, self.strip, self.width = hl, strip, width
        self.x, self.y = hl.Var("x"), hl.Var("y")
        self.image = hl.ImageParam(hl.UInt(8), 3 if colour else 2)
        if colour:  # channels stand side by side in a row
            self.image.dim(0).set_stride(3)
            self.image.dim(2).set_bounds(0, 3)
            self.image.dim(2).set_stride(1)
        self.rows: list[Any] = []
        self.gradient = self._magnitude(self._blurred(self._gray(colour)), smooth)

    def _row(self, name: str, value: Any) -> Any:
        """Add a function whose rows are kept in a ring."""
        row = self.hl.Func(name)
        row[self.x, self.y] = value
        self.rows.append(row)
        return row

    def _gray(self, colour: bool) -> Any:
        hl, x, y = self.hl, self.x, self.y
        extents = [(self.image.dim(axis).min(), self.image.dim(axis).extent()) for axis in (0, 1)]
        if not colour:
            mirrored = hl.BoundaryConditions.mirror_interior(self.image, extents)
            return self._row("source", hl.f32(mirrored[x, y]))
        bare = hl.Func("bare")
        bare[x, y] = sum(
            hl.f32(weight) * hl.f32(self.image[x, y, channel])
            for channel, weight in enumerate((0.299, 0.587, 0.114))
        )
        mirrored = hl.BoundaryConditions.mirror_interior(bare, extents)
        return self._row("gray", mirrored[x, y])

    def _blurred(self, source: Any) -> Any:
        hl, x, y = self.hl, self.x, self.y
        taps = [(k - 2, hl.f32(float(tap))) for k, tap in enumerate(gaussian_taps(1.0, 2.0))]
        column = self._row("column", sum(tap * source[x, y + k] for k, tap in taps))
        return self._row("blurred", sum(tap * column[x + k, y] for k, tap in taps))

    def _magnitude(self, image: Any, smooth: tuple[int, int, int]) -> Any:
        hl, x, y = self.hl, self.x, self.y
        taps = [(k - 1, hl.f32(tap)) for k, tap in enumerate(smooth)]
        across = sum(tap * (image[x + 1, y + k] - image[x - 1, y + k]) for k, tap in taps)
        down = sum(tap * (image[x + k, y + 1] - image[x + k, y - 1]) for k, tap in taps)
        return hl.sqrt(across * across + down * down)

    def compiled(self, value: Any) -> Callable[[np.ndarray], np.ndarray]:
        """Return the function that filters an image to `value`, an expression of 8 bits."""
        hl, x, y = self.hl, self.x, self.y
        result, strip, inner = hl.Func("result"), hl.Var("strip"), hl.Var("inner")
        result[x, y] = value
        result.split(y, strip, inner, self.strip, hl.TailStrategy.GuardWithIf)
        result.parallel(strip).vectorize(x, 2 * self.width)
        for row in self.rows:
            row.store_at(result, strip).compute_at(result, inner).vectorize(x, self.width)
        result.compile_jit(hl.get_jit_target_from_environment())

        def work(image: np.ndarray) -> np.ndarray:
            out = np.empty(image.shape[:2], np.uint8)
            columns_first = image.swapaxes(0, 1)
            self.image.set(hl.Buffer(columns_first, reverse_axes=False))
            result.realize(hl.Buffer(out))
            return out

        return work


def edges(strip: int, width: int) -> Callable[[np.ndarray], np.ndarray]:
    program = Program(False, (1, 2, 1), strip, width)
    hl = program.hl
    rounded = program.gradient * hl.f32(float(SOBEL_GAIN)) + hl.f32(0.5)
    return program.compiled(hl.u8(hl.min(rounded, hl.f32(255))))


def threshold(strip: int, width: int) -> Callable[[np.ndarray], np.ndarray]:
    program = Program(True, (3, 10, 3), strip, width)
    hl = program.hl
    above = program.gradient > hl.f32(float(LEVEL / SCHARR_GAIN))
    return program.compiled(hl.select(above, hl.u8(255), hl.u8(0)))


def rows(bench: Bench) -> Iterator[Row]:
    for ours, make, outliers in ((EDGES, edges, 0.0), (THRESHOLD, threshold, 1e-4)):
        image = image_for(ours, bench.side)
        programs = [make(strip, width) for strip in STRIPS for width in WIDTHS]
        times = bench.medians(*(partial(program, image) for program in programs))
        best = programs[int(np.argmin(times))]
        yield bench.compare(
            {"chain": ours.name},
            partial(ours, image),
            Peer(partial(best, image), "Halide"),
            image,
            tolerance=0 if outliers else 1,
            outliers=outliers,
        )


def tables(bench: Bench) -> Iterator[Table]:
    yield compared("Chains, uint8, against Halide scheduled by hand", rows(bench))


if __name__ == "__main__":
    run(__doc__, tables, prepare=prepare)
