"""Small pieces of the source of kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from convpipe.compile.common.text import Text
from convpipe.compile.cuda.passes import Pass
from convpipe.compile.cuda.point import Point

Read = Callable[[int | str, int | str], str]
"""From a row and a column of the window, or the names of them, to the sample there as source."""

NO_SUM = "T(-0.0)"
"""What a sum begins with that changes nothing: a product of -0 plus 0 would be 0."""


def plus(expression: str, number: int) -> str:
    """Return the sum as source, without a term of 0.

    Examples
    --------
    >>> plus("at", 3), plus("at", -3), plus("at", 0)
    ('at + 3', 'at - 3', 'at')
    """
    return f"{expression} {'+' if number > 0 else '-'} {max(number, -number)}" if number else expression


def fused(products: Sequence[tuple[str, str]], before: str | None = None) -> str:
    """Return the sum of `products`, (weight, sample), in their order, onto what came `before`.

    Examples
    --------
    >>> fused([("w0", "s0"), ("w1", "s1")], "r")
    'weighted_onto(r, (w0, w1,), (s0, s1,))'
    """
    if not products and before is not None:
        return before
    weights, samples = (f"({', '.join(names)},)" for names in zip(*products, strict=True))
    return (
        f"weighted({weights}, {samples})"
        if before is None
        else f"weighted_onto({before}, {weights}, {samples})"
    )


def tile(position: str) -> str:
    """Return the sample at `position` of shared memory as source."""
    return f"tile[index({position})]"


def sample(image: str, row: str, column: str) -> str:
    """Return the sample of `image` at `row` and `column` as source."""
    return f"{image}[index({row}), index({column})]"


def in_fours(column: str, image: str) -> str:
    """Return the test whether the samples of `image` from `column` on begin with a whole multiple of four."""
    return f"in_fours({column}, {image}.shape[1])"


def registers(text: Text, one: Pass, point: Point) -> None:
    """Write the loads of weights and constants into registers."""
    for bank in one.banks:
        if bank.rank is None and bank.places is None and not bank.looped:
            text.line(*(f"w{bank.offset + k} = w[{bank.offset + k}]" for k in range(bank.weights)))
    text.line(*(f"{name} = c[{position}]" for name, position in point.constants))


def put(text: Text, point: Point, column: str, value: str) -> None:
    """Write the store of `value` to `column` of row `y` of the image, NaNs counted."""
    count_nan(text, point, [value])
    text.line(f"{sample('out', 'y', column)} = {point.stored(value)}")


def count_nan(text: Text, point: Point, values: Sequence[str]) -> None:
    """Write the count of those of `values` that become 0 where they are stored."""
    if point.counts_nan:
        for value in values:
            text.line(f"if {value} != {value}:", "    cuda.atomic.add(nans, 0, 1)")


def border_value(one: Pass, plane: str, planes: int) -> str:
    """Return what a constant border holds in `plane` of so many planes, a number or a name."""
    channels = planes // one.sources
    at = plus(f"{plane} // {channels} * 2", one.outside) if one.sources > 1 else str(one.outside)
    if not (one.level.keep_alpha or one.level.premultiply):
        return f"outside[{at}]"
    return f"outside[{at} + (1 if {plane} % {channels} == {channels - 1} else 0)]"
