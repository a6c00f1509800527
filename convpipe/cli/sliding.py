"""A kernel that slides, as options say it: for ``convpipe explain`` without a config."""

from __future__ import annotations

import os
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from convpipe.cli.kinds import check_made, extent
from convpipe.cli.options import together
from convpipe.dataclass import dataclass
from convpipe.geometry import BORDER_NAMES

if TYPE_CHECKING:
    from convpipe.pipeline import Pipeline

INPUT = (5, 5)
"""Rows and columns of the input where nothing else is said."""


def rows(value: str) -> NDArray[np.float64]:
    """Return numbers in rows, or, of an extent, numbers that count from 1.

    Examples
    --------
    >>> rows("1 0; 0 -1")
    array([[ 1.,  0.],
           [ 0., -1.]])
    >>> rows("2x3")
    array([[1., 2., 3.],
           [4., 5., 6.]])
    """
    if re.fullmatch(r"\d+x\d+", value.strip()):
        height, width = shape = extent(value.strip())
        check_made(shape, "--input, --kernel")
        return np.arange(1.0, height * width + 1).reshape(height, width)
    try:
        parsed = [[float(number) for number in row.replace(",", " ").split()] for row in value.split(";")]
    except ValueError:
        parsed = []
    if not parsed or not parsed[0] or len({len(row) for row in parsed}) > 1:
        raise click.BadParameter(
            f"needs rows x columns, such as 3x3, or rows of numbers, '1 0; 0 -1'; given {value!r}"
            f"{_file(value)}"
        )
    return np.array(parsed)


def _file(value: str) -> str:
    """Return how a kernel slides over a file, where it is one."""
    if not os.path.isfile(value):
        return ""
    return ", a file; a stage of a config slides over it: 'convpipe explain CONFIG IMAGE --animate FILE'"


def counts(value: str) -> int | list[int]:
    """Return a whole number, or some side by side: 2x1."""
    if not re.fullmatch(r"\d+(x\d+)*", value):
        raise click.BadParameter(f"needs a whole number, or 2x1 for rows x columns; given {value!r}")
    found = list(map(int, value.split("x")))
    return found if len(found) > 1 else found[0]


def pads(value: str) -> int | list[int] | str:
    """Return the same, or a word: the name of a rule."""
    return value if value.isalpha() or "_" in value else counts(value)


@dataclass(frozen=True, eq=False)
class Sliding:
    """A kernel and how it moves; None and empty tuples are what was not given.

    Parameters
    ----------
    input, kernel : ndarray, optional
    stride, padding, dilation : int, list of int or str, optional
    border : str, optional
    bias : float, optional
    """

    input: NDArray[np.float64] | None
    kernel: NDArray[np.float64] | None
    stride: Any
    padding: Any
    dilation: Any
    border: str | None
    bias: float | None

    @property
    def given(self) -> list[str]:
        """The options that were given."""
        return [f"--{field.name}" for field in fields(self) if getattr(self, field.name) is not None]

    @property
    def pixels(self) -> NDArray[np.float64]:
        """The input."""
        return rows("x".join(map(str, INPUT))) if self.input is None else self.input

    def pipeline(self) -> Pipeline:
        """Return the kernel as a pipeline of one stage, with torch's defaults.

        Raises
        ------
        click.UsageError
            There is no kernel.
        """
        from convpipe.pipeline import Pipeline
        from convpipe.stages import stage

        if self.kernel is None:
            raise click.UsageError("needs CONFIG, or a kernel in its place: --kernel 3x3")
        size = "x".join(map(str, self.kernel.shape))
        others = {"stride": self.stride, "dilation": self.dilation, "bias": self.bias}
        given = {name: value for name, value in others.items() if value is not None}
        padding, border = 0 if self.padding is None else self.padding, self.border or "zeros"
        custom = {"kernel": self.kernel.tolist(), "padding": padding, "border": border, **given}
        return Pipeline([stage("custom", f"{size} kernel", **custom)])


sliding_options = together(
    Sliding,
    "sliding",
    click.option("--input", type=rows, metavar="HxW|ROWS", help="Counted from 1, or numbers; default: 5x5."),
    click.option(
        "--kernel",
        type=rows,
        metavar="HxW|ROWS",
        help="Counted from 1, or numbers: '1 0; 0 -1'. Not flipped.",
    ),
    click.option("--stride", type=counts, metavar="N|NxM", help="Step between outputs; default: 1."),
    click.option("--padding", type=pads, metavar="N|NxM|same|valid", help="Default: 0."),
    click.option("--dilation", type=counts, metavar="N|NxM", help="Step between taps; default: 1."),
    click.option(
        "--border", type=click.Choice(list(BORDER_NAMES)), help="What padding holds; default: zeros."
    ),
    click.option("--bias", type=float, help="Added to every output; default: 0."),
)
