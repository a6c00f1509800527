"""The mean of a pixel's channels as vector code: each sample that is loaded has those beside it with it.

It is written for LLVM as it is: LLVM's own vectoriser makes a vector of neighbouring pixels, and sorts the
samples for it.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"

from __future__ import annotations

from functools import reduce

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from convpipe.compile.cpu.compiled.simd import splat, word
from convpipe.compile.cpu.compiled.weighing import filled, known_product, limited, product, product_by_alpha


def _mean(term, weighs):
    # An intrinsic that puts the means of `lanes` channels at an index of a row. Weights are in a row, too:
    # from index k on that of the first row of samples, `apart` numbers after it that of the first column, and
    # twice as many that of the next row. Of samples it takes the type, whether those of a row are
    # `neighbours`, how many bytes after a pixel its alpha lies, the address of each row, and how far from
    # there each column lies. It returns the mean of alpha, by which colours are weighted; or -0.
    @intrinsic(prefer_literal=True)
    def mean(  # noqa: PLR0913 - takes no objects
        context, sums, index, weights, k, apart, dtype, lanes, neighbours, alpha, *places
    ):
        def emit(context, builder, signature, arguments):
            pixel = _Pixel(context, builder, signature, arguments)
            value, opacity = pixel.mean(term, weighs)
            pixel.store(value)
            return opacity

        given = (sums, types.intp, weights, types.intp, apart, dtype, lanes, neighbours, types.int64)
        return sums.dtype(*given, types.StarArgTuple(places)), emit

    return mean


class _Pixel:
    """Instructions on the channels of a pixel: a number, or a vector: of three channels it has four."""

    def __init__(self, context, builder, signature, arguments):
        sums, _, _, _, apart, dtype, lanes, neighbours, *_ = signature.args
        row, index, weights, k, *_, self._alpha, places = arguments
        places = cgutils.unpack_tuple(builder, places)
        taps = len(places) // 2
        self._builder, self._rows, self._cols = builder, places[:taps], places[taps:]
        self._place, self._weights = builder.gep(row, [index]), builder.gep(weights, [k])
        self._apart, self._lanes = apart.literal_value, lanes.literal_value
        self._neighbours, self._size = neighbours.literal_value, dtype.instance_type.bitwidth // 8
        self._sample, self._number = map(context.get_value_type, (dtype.instance_type, sums.dtype))
        self._convert = _conversion(builder, dtype.instance_type, sums.dtype)

    def mean(self, term, weighs):
        """Return the mean, and that of alpha: sums along rows, and then down, from -0 on."""
        b, opacity = self._builder, ir.Constant(self._number, -0.0)
        mean = self._spread(opacity)
        weights = [self._weight(2 * col + 1) for col in range(len(self._cols))]
        for tap, row in enumerate(self._rows):
            places = [b.add(row, col) for col in self._cols]
            terms = list(zip(map(self._spread, weights), self._samples(places), strict=True))
            own = self._weight(2 * tap)
            if weighs:
                alphas = [limited(b, self._loaded(b.add(place, self._alpha), 1)) for place in places]
                spread = map(self._spread, alphas)
                along = [
                    product_by_alpha(b, weight, q, v) for (weight, v), q in zip(terms, spread, strict=True)
                ]
                share = [product(b, *pair) for pair in zip(weights, alphas, strict=True)]
                opacity = b.fadd(opacity, product(b, own, reduce(b.fadd, share)))
            else:
                along = [term(b, *pair) for pair in terms]
            mean = b.fadd(mean, term(b, self._spread(own), reduce(b.fadd, along)))
        if weighs:
            nothing, whole = filled(mean.type, 0.0), self._spread(opacity)
            mean = b.select(b.fcmp_ordered(">", whole, nothing), b.fdiv(mean, whole), nothing)
        return mean, opacity

    def store(self, value):
        """Store a mean; of three channels also the fourth lane, where what is made next goes."""
        b = self._builder
        b.store(value, b.bitcast(self._place, value.type.as_pointer()), align=1)

    def _weight(self, number):
        place = self._builder.gep(self._weights, [word(number * self._apart)])
        return self._builder.load(place)

    def _spread(self, number):
        return number if self._lanes == 1 else splat(self._builder, number, self._width)

    @property
    def _width(self):
        return 4 if self._lanes == 3 else self._lanes

    def _samples(self, places):
        """Return the channels at some addresses of a row, in the type of the mean."""
        if self._lanes != 3:
            return [self._loaded(place, self._lanes) for place in places]
        if not self._neighbours:
            return [self._three(place) for place in places]
        *others, last = places
        # The last column's has the sample before it, since nothing need be after it.
        before = self._loaded(self._builder.sub(last, word(self._size)), 4)
        return [*(self._loaded(place, 4) for place in others), self._chosen(before, before, (1, 2, 3, 3))]

    def _three(self, place):
        """Return three channels, of which none may be read beyond the last."""
        two = self._loaded(place, 2)
        third = self._loaded(self._builder.add(place, word(2 * self._size)), 1)
        return self._chosen(two, splat(self._builder, third, 2), (0, 1, 2, 3))

    def _chosen(self, first, second, lanes):
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes))
        return self._builder.shuffle_vector(first, second, mask)

    def _loaded(self, place, lanes):
        kind = self._sample if lanes == 1 else ir.VectorType(self._sample, lanes)
        found = self._builder.load(self._builder.inttoptr(place, kind.as_pointer()), align=1)
        if self._convert is None:
            return found
        return self._convert(found, self._number if lanes == 1 else ir.VectorType(self._number, lanes))


def _conversion(builder, given, made):
    """Return what makes numbers of a type of those of another; None of the same."""
    if given == made:
        return None
    if isinstance(given, types.Float):
        return builder.fpext
    return builder.sitofp if given.signed else builder.uitofp


mean, known_mean = _mean(product, weighs=False), _mean(known_product, weighs=False)
mean_by_alpha, known_mean_by_alpha = _mean(product, weighs=True), _mean(known_product, weighs=True)
"""Of samples that are numbers, or that a weight of 0 makes 0: see `products` of the module of sums."""
