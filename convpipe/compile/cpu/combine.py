"""The last loops of a level, as source: its responses, what happens to them pixel by pixel, and the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from itertools import count, product
from typing import NamedTuple

import numpy as np

from convpipe.compile.common.segments import Segment
from convpipe.compile.common.text import Text, times
from convpipe.compile.cpu import ahead
from convpipe.compile.cpu.lanes import Lanes, Term, plus, samples_at, signed_sum, whole_sum
from convpipe.compile.cpu.loops import Loop, begun, counts, name_sources, name_weights
from convpipe.compile.cpu.sizes import PIXEL

PIXELS = "from convpipe.compile.cpu.compiled.pixels import put_pixel\n"
"""Of a loop that makes all samples of a pixel at once."""


class Response(NamedTuple):
    """What is left to do for a response in the last loop of a level.

    Parameters
    ----------
    name : str
    terms : tuple of Term
        Its last samples.
    total : int or None
        Which one has the sum of all before them.
    kind : {'dot', 'sum', 'sample'}
        Weighted samples; samples, weighted once; a sample as it is.
    sums : str, optional
        Type of the sum, if that is of integers: they are weighted by integers, and once more.
    words : bool
        Whether its samples are read as words of two.
    units : tuple of int
        Of weighted samples, for each term: 1 or -1 if that is its weight, 0 for any other.
    scaled : bool
        Whether the sum is multiplied, in the type of the arithmetic.
    """

    name: str
    terms: tuple[Term, ...]
    total: int | None = None
    kind: str = "dot"
    sums: str | None = None
    words: bool = False
    units: tuple[int, ...] = ()
    scaled: bool = False

    def __str__(self) -> str:
        """Return what is left to do, for a person."""
        terms = [f"{len(self.terms)} terms"] if self.terms or self.total is None else []
        before = ["the sum"] if self.total is not None else []
        return f"{self.name}: {' and '.join(before + terms)}" + (f" in {self.sums}" if self.sums else "")

    @property
    def weights(self) -> int:
        """How many weights in the type of the arithmetic it takes."""
        own = self.units.count(0) if self.sums is None else 0
        return own + self.scaled + (self.kind == "sum" and self.sums is None)

    @property
    def integers(self) -> int:
        """How many weights that are integers it takes."""
        return self.units.count(0) if self.sums is not None else 0

    def source(self, out: str, samples: Sequence[str], first: int, integer: int) -> str:
        """Return it as an expression, in the type of the arithmetic.

        Parameters
        ----------
        out : str
            Index of the output.
        samples : sequence of str
            Those of its terms.
        first, integer : int
            The number of its first weight of either kind.
        """
        whole = self.sums is not None
        found = f"T({self.whole(out, samples, integer)})" if whole else self._sum(out, samples, first)
        return f"w{first + self.weights - 1} * {found}" if self.scaled else found

    def _sum(self, out: str, samples: Sequence[str], first: int) -> str:
        """Return its sum of numbers as an expression."""
        if self.kind == "sample":
            return f"T({samples[0]})"
        if self.kind == "sum":
            return f"w{first} * ({' + '.join(samples)})"
        names = [f"w{first + k}" for k in range(self.weights)]
        return signed_sum(samples, self.units, names, None if self.total is None else f"s{self.total}[{out}]")

    def whole(self, out: str, samples: Sequence[str], integer: int) -> str:
        """Return its sum of integers as an expression."""
        total = None if self.total is None else f"s{self.total}[{out}]"
        names = [f"i{integer + k}" for k in range(self.integers)]
        return whole_sum(samples, self.units, names, total, f"np.{self.sums}(0)")


@cache
def respond(
    rows: tuple[tuple[Response, ...], ...],
    segment: Segment,
    dtypes: tuple[str, ...],
    compute: str,
    at: Lanes,
    drops: int | None = None,
) -> Loop:
    """From the responses of a window to a row, or of several windows to theirs, and then to others.

    Parameters: how many sets of rows; the weights, then the segment's own, then the weights that are
    integers. Rows, for each set: those that the responses number, of `dtypes`, then the results. With `drops`
    there is one response of integers, stored without so many of its last bits; it never becomes a number of
    the type of the arithmetic.
    """
    responses = rows[0]
    text, terms = begun(compute), sum(len(response.terms) for response in responses)
    weights = sum(response.weights for response in responses)
    pixels_at_once = _makes_pixels(responses, segment, dtypes, compute, at)
    asks = not pixels_at_once and _asks(dtypes, at)
    with text.indented():
        first = counts(compute)
        if drops is None:
            name_weights(text, weights, first)
        others = name_constants(text, segment, first + weights)
        _name_integers(text, responses, others * np.dtype(compute).itemsize // 4)
        text.line("many, = values(p, 0, 1, np.int64)", "for _ in range(many):")
        with text.indented():
            _name_rows(text, segment, list(dtypes), compute, len(dtypes) < terms, len(rows))
            if pixels_at_once:
                _put_pixels(text, responses[0], at)
            else:
                blocks = ahead.after_both(dtypes[0], segment.output or compute) if asks else []
                with _outputs(text, at.count, blocks):
                    _make(text, rows, segment, at, drops)
            text.line(f"rows = tail(rows, {len(dtypes) + len(rows)})")
        text.line("return nans" if segment.counts_nan else "return 0")
    imports = PIXELS if pixels_at_once else ahead.IMPORT if asks else ""
    title = f"{'pixels of ' if pixels_at_once else ''}responses ({', '.join(map(str, responses))})"
    title += f" of each of {len(rows)} rows" if len(rows) > 1 else ""
    # NaNs of rows to spare do not count, so that those of each row are told.
    return Loop(f"{title}, {_words(segment)}", f"{imports}{text}", joins=not segment.counts_nan)


def _asks(dtypes: Sequence[str], at: Lanes) -> bool:
    """Tell whether a loop asks for the rows after its own: where it has two, and no window shares one."""
    wide = all(np.dtype(dtype).itemsize >= ahead.LEAST for dtype in dtypes)
    return wide and len(dtypes) == ahead.ROWS and at == Lanes(ahead.ROWS)


@contextmanager
def _outputs(text: Text, count: str, blocks: Sequence[str]) -> Iterator[None]:
    """Open the loop over the outputs of a row; lines that cut the row into blocks stand around it, if any."""
    text.line(*blocks)
    with text.indented() if blocks else nullcontext():
        text.line(f"for x in range({'begin, end' if blocks else count}):")
        with text.indented():
            yield


def _result(row: int) -> str:
    """Return the name of a row that is made."""
    return f"out{row or ''}"


def _make(
    text: Text, rows: Sequence[Sequence[Response]], segment: Segment, at: Lanes, drops: int | None
) -> None:
    """Add what makes the samples of an index from responses, as :func:`respond`."""
    named: dict[str, str] = {}
    for (out, x), (row, responses) in product(at.indices, enumerate(rows)):
        samples = [samples_at(response.terms, x, response.words) for response in responses]
        if len(rows) > 1:
            samples = [_named(text, some, named) for some in samples]
        if drops is not None:
            whole = responses[0].whole(out, samples[0], 0)
            whole = f"half_even({whole}, {drops})" if drops else whole
            text.line(f"{_result(row)}[{out}] = store_{segment.output}({whole})")
            continue
        first = integer = 0
        for response, some in zip(responses, samples, strict=True):
            text.line(f"r_{response.name} = {response.source(out, some, first, integer)}")
            first, integer = first + response.weights, integer + response.integers
        names = [f"r_{response.name}" for response in responses]
        finish(text, segment, names, out, colour=True, row=_result(row))


def _named(text: Text, samples: Sequence[str], named: dict[str, str]) -> list[str]:
    """Return names of samples; those that have none yet are loaded. LLVM would load them after each store."""
    for sample in samples:
        if sample not in named:
            named[sample] = f"a{len(named)}"
            text.line(f"{named[sample]} = {sample}")
    return [named[sample] for sample in samples]


def _makes_pixels(
    responses: Sequence[Response], segment: Segment, dtypes: Sequence[str], compute: str, at: Lanes
) -> bool:
    """Tell whether all samples of a pixel are made at once: LLVM shuffles those of every other four."""
    first, *others = responses
    is_sum = not others and first.kind == "dot" and first.total is None and first.sums is None
    alike = {*dtypes, segment.output or compute} == {compute}
    return is_sum and segment.is_plain and alike and at.stride > 1 and at.channels == PIXEL


def _put_pixels(text: Text, pixel: Response, at: Lanes) -> None:
    """Add the loop over a row that does."""
    out, x = at.indices[0]
    weights = (f"w{k}" for k in count())
    products = [
        f"{f'T({unit})' if unit else next(weights)}, s{row}, {plus(x, shift)}"
        for unit, (row, shift) in zip(pixel.units, pixel.terms, strict=True)
    ]
    text.line(f"for x in range({at.count}):", f"    put_pixel(out, {out}, {', '.join(products)})")


def _name_integers(text: Text, responses: Sequence[Response], first: int) -> None:
    """Name the weights that are integers i0, i1, ..., each of the type of its sum; all are given as int32."""
    dtypes = [response.sums for response in responses for _ in range(response.integers)]
    if not dtypes:
        return
    names = [f"i{k}" for k in range(len(dtypes))]
    text.line(f"{', '.join(names)}, = values(p, {first}, {len(names)}, np.int32)")
    text.line(*(f"{name} = np.{dtype}({name})" for name, dtype in zip(names, dtypes, strict=True)))


@cache
def across(segment: Segment, sample: str, compute: str, stride: int, weighted: bool) -> Loop:
    """A step across the channels of each pixel, and what follows it. Parameters: its constants.

    Rows: from, to. With `weighted` every sample is multiplied first, by the first parameter.
    """
    text = begun(compute)
    with text.indented():
        name_weights(text, int(weighted))
        _open(text, segment, int(weighted), [sample], compute)
        pixel = times("x", stride * segment.channels)
        cast = "" if sample == compute else "T"
        samples = [f"s0[{plus(pixel, j)}]" for j in range(segment.channels)]
        samples = [f"{cast}({one})" if cast else one for one in samples]
        samples = [f"w0 * {one}" for one in samples] if weighted else samples
        asks = stride == 1 and sample in ahead.SMALL
        text.line(f"pixels = n // {segment.output_channels}")
        blocks = ahead.below(segment.channels * np.dtype(sample).itemsize) if asks else []
        with _outputs(text, "pixels", blocks):
            for name, expression in segment.mixed(samples):
                text.line(f"{name} = {expression}")
            for k in range(segment.output_channels):
                out = plus(times("x", segment.output_channels), k)
                colour = not segment.alpha or k < segment.output_channels - 1
                finish(text, segment, [f"p{k}"], out, colour)
        text.line("return nans" if segment.counts_nan else "return 0")
    title = f"across {segment.channels} channels, {_words(segment)}"
    return Loop(title, f"{ahead.IMPORT if asks else ''}{text}")


@cache
def join(segment: Segment, dtypes: tuple[str, ...], channels: tuple[int, ...], compute: str) -> Loop:
    """A map of a sample of each of several rows, and what follows it. Parameters: the segment's constants.

    A row of one channel, beside alpha, counts for every channel. Rows: those, then the result.
    """
    text, pixel = begun(compute), max(channels)
    alike = set(channels) == {pixel}
    names = [f"r{k}" for k in range(len(dtypes))]
    with text.indented():
        _open(text, segment, 0, list(dtypes), compute)
        text.line(f"for x in range({'n' if alike else f'n // {pixel}'}):")
        with text.indented():
            for c in range(1 if alike else pixel):
                for k, own in enumerate(channels):
                    at = "x" if alike else plus(times("x", own), c if own == pixel else 0)
                    text.line(f"r{k} = {_cast(f's{k}[{at}]', dtypes[k], compute)}")
                finish(text, segment, names, "x" if alike else plus(times("x", pixel), c), colour=True)
        text.line("return nans" if segment.counts_nan else "return 0")
    return Loop(f"a map of {len(dtypes)} rows, {_words(segment)}", str(text))


def _cast(sample: str, dtype: str, compute: str) -> str:
    return sample if dtype == compute else f"T({sample})"


@cache
def keep_alpha(segment: Segment, sample: str, compute: str, stride: int) -> Loop:
    """The alpha of each pixel, rounded as the colours are. Rows: pixels under the centre tap, the result."""
    text = begun(compute)
    channels, last = segment.channels, segment.channels - 1
    with text.indented():
        name_sources(text, [sample])
        text.line(f"out = target(rows, 1, np.{segment.output or compute})", "nans = 0")
        text.line(f"for x in range(n // {channels}):")
        with text.indented():
            text.line(f"v = T(s0[{plus(times('x', stride * channels), last)}])")
            text.line(*segment.alpha_lines())
            if segment.counts_nan:
                text.line("nans += v != v")
            text.line(f"out[{plus(times('x', channels), last)}] = {segment.stored('v')}")
        text.line("return nans")
    return Loop(f"alpha as it is, {_words(segment)}", str(text))


def _open(
    text: Text, segment: Segment, first: int, dtypes: list[str], compute: str, shifted: bool = False
) -> None:
    """Name the constants, which follow the weights, the rows that are read, and the result."""
    name_constants(text, segment, first)
    _name_rows(text, segment, dtypes, compute, shifted)


def _name_rows(
    text: Text, segment: Segment, dtypes: list[str], compute: str, shifted: bool = False, results: int = 1
) -> None:
    """Name the rows that are read, and the results."""
    name_sources(text, dtypes, shifted)
    kind, first = f"np.{segment.output or compute}", len(dtypes)
    text.line(*(f"{_result(row)} = target(rows, {first + row}, {kind})" for row in range(results)))


def name_constants(text: Text, segment: Segment, first: int) -> int:
    """Name the constants and tables of a segment, from parameter `first` on; return the first after them."""
    names = [name for name, _ in segment.constants]
    if names:
        text.line(f"{', '.join(names)}, = values(p, {first}, {len(names)}, T)")
    at = first + len(names)
    for k, table in segment.tables.items():
        text.line(f"table_{k} = listed(p, {at}, T)")
        at += len(table)
    if segment.counts_nan:
        text.line("nans = 0")
    return at


def finish(
    text: Text, segment: Segment, names: Sequence[str], out: str, colour: bool, row: str = "out"
) -> None:
    """Scalar steps on the responses `names`, and the store in a row."""
    value = names[0]
    for line in segment.scalar_lines(list(names), colour):
        text.line(line)
        value = "v"
    text.line(*segment.count_lines(value, out))
    text.line(f"{row}[{out}] = {segment.stored(value)}")


def _words(segment: Segment) -> str:
    steps = len(segment.steps)
    return f"{steps} step{'' if steps == 1 else 's'} a sample, as {segment.output or 'computed'}"
