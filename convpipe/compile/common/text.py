"""Indented source text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class Text:
    """Lines of Python, indented as they are added.

    Examples
    --------
    >>> text = Text()
    >>> text.function("twice", ["x"])
    >>> with text.indented():
    ...     text.line("return 2 * x")
    >>> print(str(text).strip())
    @inline
    def twice(x):
        return 2 * x
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0

    def line(self, *lines: str) -> None:
        """Add lines at the current indentation.

        Raises
        ------
        ValueError
            If one of them is more than a line of printable ASCII. What callers of convpipe name and write
            becomes source as identifiers and numbers alone; this is the last place to see that it did.
        """
        for line in lines:
            if not (line.isascii() and line.isprintable()):
                raise ValueError(f"no line of source: {line!r}")
        self._lines += ["    " * self._depth + line if line else "" for line in lines]

    def block(self, text: str) -> None:
        """Add lines as they stand."""
        with self.unindented():
            self.line(*text.rstrip("\n").split("\n"))

    def function(self, name: str, parameters: Sequence[str]) -> None:
        """Open a compiled function."""
        self.line("", "@inline", f"def {name}({', '.join(parameters)}):")

    @contextmanager
    def indented(self) -> Iterator[None]:
        """Indent what is added inside the ``with`` block."""
        self._depth += 1
        yield
        self._depth -= 1

    @contextmanager
    def unindented(self) -> Iterator[None]:
        """Add lines of the ``with`` block at the margin."""
        depth, self._depth = self._depth, 0
        yield
        self._depth = depth

    def __str__(self) -> str:
        return "\n".join(self._lines) + "\n"


def times(expression: str, factor: int) -> str:
    """Return the product as source, without a factor of 1.

    Examples
    --------
    >>> times("left + cols", 3), times("left + cols", 1)
    ('(left + cols) * 3', 'left + cols')
    """
    if factor == 1:
        return expression
    return f"{expression} * {factor}" if expression.isidentifier() else f"({expression}) * {factor}"


def fused(products: Sequence[tuple[str, str]], before: str | None = None) -> str:
    """Return the sum of `products`, (weight, sample), in their order, onto what came `before`.

    Examples
    --------
    >>> fused([("w0", "a[x]"), ("w1", "b[x]")])
    'dot(w0, a[x], w1, b[x])'
    """
    if not products and before is not None:
        return before
    factors = ", ".join(f"{weight}, {sample}" for weight, sample in products)
    return f"dot({factors})" if before is None else f"dot_onto({before}, {factors})"
