"""Fourier transforms of lines of points, LANES lines at a time: passes of butterflies, in place.

Forward passes decimate in frequency, from the whole line down to its last factor, and leave the values in the
order of their digits reversed; backward passes decimate in time, and begin with that order. So nothing is
ever sorted: spectra are multiplied as they stand. A backward transform is a forward one of numbers whose
parts have changed places: the same roots of unity serve both. Source: W. M. Gentleman and G. Sande, "Fast
Fourier transforms: for fun and profit", 1966; C. Van Loan, "Computational Frameworks for the Fast Fourier
Transform", 1992, sections 1.6 and 1.9.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, var-annotated"

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from convpipe.compile.cpu.compiled.addresses import row, tail
from convpipe.compile.cpu.compiled.fourier.complexes import kept, loaded, spread
from convpipe.compile.cpu.compiled.rows import inline
from convpipe.compile.cpu.fourier.job import LANES, POINT

Numbers = tuple[Any, ...]


def three(a: Any, b: Any, c: Any) -> Numbers:
    """Return the transform of three points."""
    both, side = b + c, (b - c).turned()
    middle, far = a.plus(-0.5, both), math.sqrt(0.75)
    return a + both, middle.plus(far, side), middle.plus(-far, side)


def four(a: Any, b: Any, c: Any, d: Any) -> Numbers:
    """Return the transform of four points."""
    even, odd, rest, side = a + c, b + d, a - c, (b - d).turned()
    return even + odd, rest + side, even - odd, rest - side


def eight(*points: Any) -> Numbers:
    """Return the transform of eight points: of their sums, and of their differences times eighth roots."""
    sums = [points[k] + points[k + 4] for k in range(4)]
    a, b, c, d = (points[k] - points[k + 4] for k in range(4))
    far, rest, side = math.sqrt(0.5), b - d, b + d
    even, odd = a + c.turned(), a - c.turned()
    one, other = rest + side.turned(), (side + rest.turned()).turned()
    y0, y2, y4, y6 = four(*sums)
    y1, y5 = even.plus(far, one), even.plus(-far, one)
    y3, y7 = odd.plus(far, other), odd.plus(-far, other)
    return y0, y1, y2, y3, y4, y5, y6, y7


RADICES: dict[int, Callable[..., Numbers]] = {3: three, 4: four, 8: eight}


def _butterfly(radix: int, backward: bool):
    # An intrinsic of `radix` points of a line, from one on and so far apart, and of the roots of unity that
    # all but the first are multiplied with: forward afterwards, backward before.
    def apply(context, line, first, apart, roots):
        def generate(context, builder, signature, arguments):
            line, first, step, roots = arguments
            word = step.type
            begin, step = (builder.mul(each, word(POINT)) for each in (first, step))
            places = [builder.add(begin, builder.mul(step, word(k))) for k in range(radix)]
            parts = ir.Constant(word, LANES)
            points = [loaded(builder, line, place, parts, backward) for place in places]
            if backward:
                points = _turned(builder, points, roots)
            made = RADICES[radix](*points)
            if not backward:
                made = _turned(builder, made, roots)
            for place, point in zip(places, made, strict=True):
                kept(builder, line, place, parts, point, backward)
            return context.get_dummy_value()

        return types.void(line, types.intp, types.intp, roots), generate

    return intrinsic(apply)


def _turned(builder, points, roots):
    first, *others = points
    word = ir.IntType(64)
    return [first, *(point * spread(builder, roots, word(2 * k)) for k, point in enumerate(others))]


# What is known of a line: how many points it has, how many passes; then of each its radix, how far apart the
# points of a butterfly are, and where its roots of unity begin, those of one butterfly after the other.


def _transform(backward: bool):
    # All passes over a line, by the butterflies of one direction: forward from the first to the last.
    three, four, eight = (_butterfly(radix, backward) for radix in RADICES)

    @inline
    def transform(rows, n, p):
        # Rows: the line, what is known of it, and the roots.
        line, passes, roots = row(rows, 0, np.float64), row(rows, 1, np.int64), row(rows, 2, np.float64)
        for turn in range(passes[1]):
            k = passes[1] - 1 - turn if backward else turn
            radix, apart, own = passes[2 + 3 * k], passes[3 + 3 * k], tail(roots, passes[4 + 3 * k])
            for block in range(0, passes[0], radix * apart):
                for j in range(apart):
                    these = tail(own, 2 * (radix - 1) * j)
                    if radix == 8:
                        eight(line, block + j, apart, these)
                    elif radix == 4:
                        four(line, block + j, apart, these)
                    else:
                        three(line, block + j, apart, these)
        return 0

    return transform


forward, backward = (_transform(direction) for direction in (False, True))
"""The transform, and its inverse: the samples times their number."""
