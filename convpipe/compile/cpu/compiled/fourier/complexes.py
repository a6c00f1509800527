"""Complex numbers side by side in the processor's vectors, as LLVM's instructions: LANES at a time.

Real parts are one vector, imaginary parts another. What is done with them is said number by number, so that
the width of a vector changes no bit.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from convpipe.compile.cpu.compiled.simd import fused, splat, word
from convpipe.compile.cpu.fourier.job import LANES, POINT
from convpipe.dataclass import dataclass

_DOUBLES = ir.VectorType(ir.DoubleType(), LANES)
_MASK = ir.VectorType(ir.IntType(32), LANES)
_ALIGNED = 8  # bytes: all that is promised of an address


@dataclass(frozen=True)
class Number:
    """LANES complex numbers, as the instructions that give them.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
    real, imag : llvmlite.ir.Value
    """

    builder: Any
    real: Any
    imag: Any

    def __add__(self, other: Number) -> Number:
        add = self.builder.fadd
        return Number(self.builder, add(self.real, other.real), add(self.imag, other.imag))

    def __sub__(self, other: Number) -> Number:
        take = self.builder.fsub
        return Number(self.builder, take(self.real, other.real), take(self.imag, other.imag))

    def __mul__(self, other: Number) -> Number:
        """Of each part a product, rounded, and a fused multiply-add."""
        times, minus = self.builder.fmul, self.builder.fneg(self.imag)
        return Number(
            self.builder,
            fused(self.builder, minus, other.imag, times(self.real, other.real)),
            fused(self.builder, self.imag, other.real, times(self.real, other.imag)),
        )

    def plus(self, factor: float, other: Number) -> Number:
        """Return this and a real factor times another, rounded once."""
        every = ir.Constant(_DOUBLES, [factor] * LANES)
        parts = (self.real, other.real), (self.imag, other.imag)
        return Number(self.builder, *(fused(self.builder, every, part, onto) for onto, part in parts))

    def plus_squares(self, other: Number) -> Number:
        """Return this and the squares of both parts of another, each rounded once."""
        parts = (self.real, other.real), (self.imag, other.imag)
        return Number(self.builder, *(fused(self.builder, part, part, onto) for onto, part in parts))

    def turned(self) -> Number:
        """Times -i: exact."""
        return Number(self.builder, self.imag, self.builder.fneg(self.real))

    def conjugate(self) -> Number:
        """Return the complex conjugate: exact."""
        return Number(self.builder, self.real, self.builder.fneg(self.imag))


def _place(builder, row, index):
    return builder.bitcast(builder.gep(row, [index]), _DOUBLES.as_pointer())


def loaded(builder, row, index, apart, swapped=False):
    """Return the numbers whose real parts stand from an index on of a row, and the others so far after it.

    `swapped`, the parts have changed places.
    """
    places = (_place(builder, row, each) for each in (index, builder.add(index, apart)))
    real, imag = (builder.load(place, align=_ALIGNED) for place in places)
    return Number(builder, *((imag, real) if swapped else (real, imag)))


def kept(builder, row, index, apart, number, swapped=False):
    """Write numbers there."""
    parts = (number.imag, number.real) if swapped else (number.real, number.imag)
    for part, each in zip(parts, (index, builder.add(index, apart)), strict=True):
        builder.store(part, _place(builder, row, each), align=_ALIGNED)


def spread(builder, row, index):
    """Return the number whose parts are those of a row at an index and after it, in every lane."""
    scalars = (builder.load(builder.gep(row, [builder.add(index, word(k))])) for k in (0, 1))
    return Number(builder, *(splat(builder, scalar, LANES) for scalar in scalars))


def _points(operation):
    # An intrinsic of two rows: a point of the first becomes what the operation makes of it and of the same
    # point of the second.
    def apply(context, target, source, k):
        def generate(context, builder, signature, arguments):
            target, source, k = arguments
            index, apart = builder.mul(k, word(POINT)), word(LANES)
            number, other = (loaded(builder, row, index, apart) for row in (target, source))
            kept(builder, target, index, apart, operation(number, other))
            return context.get_dummy_value()

        return types.void(target, source, types.intp), generate

    return intrinsic(apply)


multiply = _points(lambda number, other: number * other)
accumulate = _points(lambda number, other: number + other)
assign = _points(lambda number, other: other)


@intrinsic
def add_squares(context, sums, index, line, k):
    # The squares of the parts of a point onto sums that stand from an index on.
    def generate(context, builder, signature, arguments):
        sums, index, line, k = arguments
        apart = word(LANES)
        point = loaded(builder, line, builder.mul(k, word(POINT)), apart)
        kept(builder, sums, index, apart, loaded(builder, sums, index, apart).plus_squares(point))
        return context.get_dummy_value()

    return types.void(sums, types.intp, line, types.intp), generate


@intrinsic
def move(context, target, apart, source, gap):
    # Numbers from one row to another, whose imaginary parts stand so far after the real parts.
    def generate(context, builder, signature, arguments):
        target, apart, source, gap = arguments
        begin = word(0)
        kept(builder, target, begin, apart, loaded(builder, source, begin, gap))
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp), generate


def _interleaved(builder, first, second, half):
    # Of two vectors the lanes of a half, by turns.
    lanes = [lane + k for lane in range(half * LANES // 2, (half + 1) * LANES // 2) for k in (0, LANES)]
    return builder.shuffle_vector(first, second, ir.Constant(_MASK, lanes))


@intrinsic
def exchange(context, target, target_pitch, source, source_pitch):
    # Rows and columns: LANES rows of as many numbers become columns. Each step puts the numbers of rows k and
    # k + LANES / 2 by turns: after log2(LANES) of them every number has changed places with that across the
    # diagonal.
    def generate(context, builder, signature, arguments):
        target, target_pitch, source, source_pitch = arguments

        def places(row, pitch):
            return [_place(builder, row, builder.mul(pitch, word(k))) for k in range(LANES)]

        rows = [builder.load(place, align=_ALIGNED) for place in places(source, source_pitch)]
        for _ in range(LANES.bit_length() - 1):
            pairs = [(rows[k], rows[k + LANES // 2]) for k in range(LANES // 2)]
            rows = [_interleaved(builder, *pair, half) for pair in pairs for half in (0, 1)]
        for row, place in zip(rows, places(target, target_pitch), strict=True):
            builder.store(row, place, align=_ALIGNED)
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp), generate
