"""A reference: a small image without symmetry, and the numbers a method makes of it, written out."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


def grid(text):
    """Return the rows of numbers in `text` as an array."""
    return np.array([[float(number) for number in line.split()] for line in text.strip().splitlines()])


IMAGE = """
     12  80  33 200   5  91
      7 150  64  18 222  40
     99   3 170  55  28 131
     61 240  11 108  77   0
    183  26 142 255  49 116
"""


@dataclass(frozen=True)
class Table:
    """The numbers of one method with one set of parameters.

    Parameters
    ----------
    stage : str
        Its family and method.
    parameters : dict
    source : str
        Where the numbers come from, with the version they were made by.
    want : str
        The result before it is rounded, a row a line.
    peer : callable, optional
        The source as a function of the float64 image, where it is a library that the tests have.
    image : str
        A row a line; a pixel a line with `channels`, where half of them are the first row.
    dtype : str
        Of the image.
    alpha : bool
        Whether its last channel is alpha.
    off : float
        How far the method itself says that it may be off.
    """

    stage: str
    parameters: dict
    source: str
    want: str = field(repr=False)
    peer: Callable | None = field(default=None, repr=False)
    image: str = field(default=IMAGE, repr=False)
    border: str = "reflect"
    dtype: str = "float64"
    channels: int = 0
    alpha: bool = False
    off: float = 0.0

    @property
    def family(self):
        return self.stage.split()[0]

    @property
    def method(self):
        return self.stage.split()[1]

    @property
    def pixels(self):
        """The image, (rows, cols) or (2, cols, channels)."""
        pixels = grid(self.image).astype(self.dtype)
        return pixels.reshape(2, -1, self.channels) if self.channels else pixels

    @property
    def values(self):
        """The result, a row a pixel where the image has channels."""
        return grid(self.want)

    @property
    def tolerance(self):
        """Half of the last digit written, and what the arithmetic (float32 for small integers) rounds off."""
        rounding = 1e-14 if self.dtype == "float64" else 4e-7
        return self.off + 0.51e-6 + rounding * np.abs(self.values).max()

    def __str__(self):
        given = "".join(f",{key}={value}" for key, value in self.parameters.items())
        return f"{self.family}-{self.method}{given}-{self.border}-{self.dtype}".replace(" ", "")


SCIPY = {
    "constant": {"mode": "constant", "cval": 50},
    "edge": {"mode": "nearest"},
    "reflect": {"mode": "mirror"},
    "symmetric": {"mode": "reflect"},
    "wrap": {"mode": "wrap"},
}
"""Border rules, as SciPy and scikit-image call them; the constant is 50."""


STACK = """
     34  32 204 127 | 151 153 182   7 | 124  37 102 237
    140  18 138  33 | 193 242 250 159 | 222  94  37 130
    113 169 254  70 | 219  35  89 201 |  63 171 117 131
    240 209 214 140 | 251 251  34  52 |  78 141 210 123
"""
"""Pages without symmetry: a page a line, its rows parted by bars."""


@dataclass(frozen=True)
class Volume:
    """The numbers of one method over :data:`STACK`, with ``axis: stack``.

    Parameters
    ----------
    stage, parameters, source
        As of a :class:`Table`.
    want : str
        The result, as the stack is written; or, by a `level`, white above that.
    peer : callable
        The source as a function of the float64 volume: the result, or the level.
    border : str
    level : float, optional
    """

    stage: str
    parameters: dict
    source: str
    want: str = field(default="", repr=False)
    peer: Callable | None = field(default=None, repr=False)
    border: str = "reflect"
    level: float | None = None

    @property
    def pixels(self):
        """The stack, (pages, rows, cols), of uint8."""
        return grid(STACK.replace("|", "")).reshape(4, 3, 4).astype(np.uint8)

    @property
    def values(self):
        """The result."""
        if self.level is not None:
            return np.where(self.pixels > self.level, 255.0, 0.0)
        return grid(self.want.replace("|", "")).reshape(4, 3, 4)

    def __str__(self):
        return f"{self.stage}-{self.parameters}-{self.border}".replace(" ", "")


def in_every_border(stage, parameters, source, peer, **wants):
    """Return the tables of a method in the five borders; `peer` takes SciPy's mode and cval."""
    assert wants.keys() == SCIPY.keys()
    return [
        Table(
            stage,
            {**parameters, **({"value": 50} if border == "constant" else {})},
            f"{source}, mode={SCIPY[border]['mode']!r}",
            want,
            lambda image, mode=SCIPY[border]: peer(image, **mode),
            border=border,
        )
        for border, want in wants.items()
    ]
