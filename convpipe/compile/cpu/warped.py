"""Run a warp: pixels interpolated where a map puts them, by compiled loops."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.common.pictures import Picture
from convpipe.compile.common.text import Text
from convpipe.compile.cpu.in_turn import IMAGE, RESULT, Call, InTurn, Word, made_ready
from convpipe.compile.cpu.warp_blocks import blocks
from convpipe.compile.cpu.warp_pixels import WRITTEN, Kind
from convpipe.compile.cpu.whole import Whole
from convpipe.compile.runtime.threads import shares_among
from convpipe.dataclass import dataclass
from convpipe.geometry import Border
from convpipe.ops import Warp
from convpipe.ops.warp import FARTHEST

FEWEST = 1 << 14
"""Pixels for which another thread is worth waking."""

_WORDS = (
    "IMAGE",  # addresses of the image and of the result, and bytes from a row of them to the next
    "RESULT",
    "PITCH",
    "RESULT_PITCH",
    "HEIGHT",  # of the image, and columns of both
    "WIDTH",
    "COLS",
    "NUMBERS",  # addresses: of those of the map, of a pixel outside, of rows and columns in place of those
    "OUTSIDE",
    "ROWS",
    "COLUMNS",
    "TOP",  # which row, and column, these lists begin with
    "LEFT",
    "LISTED",  # columns in their list
    "MORE_ROWS",  # before the first and after the last, beyond which all samples are what the border holds
    "MORE_COLS",
    "IS_CONSTANT",  # whether there are such
    "IS_FLAT",  # and whether a mean of them alone is what the border holds, in the type of the result
)

_HEADER = f"""\
import numpy as np

from convpipe.compile.cpu.compiled.addresses import fetch_near, fetch_to_write, four0, four1, four2, four3
from convpipe.compile.cpu.compiled.addresses import gather, high, low, move, place_of, row_at, scratch, tail
from convpipe.compile.cpu.compiled.rows import arctan2, cos, exp, floor, inline, log, sin
from convpipe.compile.cpu.compiled.rows import store_uint8, store_uint16
from convpipe.compile.cpu.compiled.warp_channels import known_mean, known_mean_by_alpha, mean, mean_by_alpha
from convpipe.compile.cpu.compiled.weighing import known_products, products, select

{", ".join(_WORDS)} = range({len(_WORDS)})
"""


@cache
def loops(kind: Kind) -> str:
    """Return the module of the loop of a kind."""
    text = Text()
    sizes = (np.dtype(dtype).itemsize for dtype in (kind.given, kind.compute))
    text.line(f"T, D, F = np.{kind.given}, np.{kind.made}, np.{kind.compute}")
    text.line("CH, SIZE, WORD = {}, {}, {}".format(kind.channels, *sizes), "", "")
    text.line("@inline", "def fill(words, image, out, others, parameters, first, last):")
    with text.indented():
        text.line("m = row_at(words[NUMBERS], np.float64)", "outside = row_at(words[OUTSIDE], F)")
        text.line("rows, columns = row_at(words[ROWS], np.int64), row_at(words[COLUMNS], np.int64)")
        text.line("source, pitch, cols = words[IMAGE], words[PITCH], words[COLS]")
        text.line("height, width, top, left = words[HEIGHT], words[WIDTH], words[TOP], words[LEFT]")
        blocks(text, kind)
        text.line("return 0")
    return f"{_HEADER}{text}"


@dataclass(frozen=True)
class Warped(Whole):
    """A warp, called as a sweep is.

    Parameters
    ----------
    warp : Warp
    given, picture : Picture
        What it reads and makes.
    compute : str
        Type of the arithmetic.
    alpha : bool
        Whether the last channel is alpha.
    """

    warp: Warp
    given: Picture
    picture: Picture
    compute: str
    alpha: bool

    @property
    def source(self) -> str:
        """Its loop."""
        return f"# {self.title}\n{loops(self._kind)}"

    def __call__(self, images: Sequence[NDArray[Any]], threads: int | None) -> tuple[list[NDArray[Any]], int]:
        """Return the image that it makes, and that no NaN became 0."""
        rows, cols = self.picture.extent
        made = self.picture.empty()
        self._made(min(shares_among(threads, rows * cols, FEWEST), rows))(self.given.rows(images[0]), made)
        return [made], 0

    @made_ready
    def _made(self, shares: int) -> InTurn:
        """Return its loop, over so many shares of the rows."""
        words = [self._words[name] for name in _WORDS]
        return InTurn([Call((loops(self._kind), "fill"), words, self.picture.extent[0], shares)])

    @cached_property
    def _arrays(self) -> dict[str, NDArray[Any]]:
        """What its loop reads beside an image."""
        height, width = self.given.extent
        outside = np.full(self.given.channels, self.warp.value, self.compute)
        if self.alpha and self.warp.opaque is not None:
            outside[-1] = self.warp.opaque
        return {
            "NUMBERS": np.array(self.warp.transformation.numbers, np.float64),
            "OUTSIDE": outside,
            "ROWS": self.warp.index(0, height),
            "COLUMNS": self.warp.index(1, width),
        }

    @cached_property
    def _words(self) -> dict[str, Word]:
        """What the loop is told."""
        height, width = self.given.extent
        (top, _), (left, _) = self.warp.places()
        beyond, reach = 4 * FARTHEST, self._kind.taps // 2
        more_rows, more_cols = (
            reach if self.warp.rule(axis) == Border.CONSTANT else beyond for axis in range(2)
        )
        arrays: dict[str, Word] = {**self._arrays}
        return arrays | {
            "IMAGE": IMAGE,
            "RESULT": RESULT,
            "PITCH": self.given.pitch,
            "RESULT_PITCH": self.picture.pitch,
            "HEIGHT": height,
            "WIDTH": width,
            "COLS": self.picture.extent[1],
            "TOP": top,
            "LEFT": left,
            "LISTED": self._arrays["COLUMNS"].size,
            "MORE_ROWS": more_rows,
            "MORE_COLS": more_cols,
            "IS_CONSTANT": int(min(more_rows, more_cols) < beyond),
            "IS_FLAT": int(self._is_flat),
        }

    @property
    def _is_flat(self) -> bool:
        """Whether a mean of samples that all are what the border holds is that, in the type of the result.

        Weights sum to 1 but for rounding: whole numbers of the type are rounded to, and 0 is 0. Weighted by
        an alpha of 0, colours are 0.
        """
        outside, made = self._arrays["OUTSIDE"], np.dtype(self.picture.dtype)
        if self.warp.method == "nearest":
            return True
        if self._kind.weighs or made.name not in WRITTEN:
            return not (outside.any() or np.signbit(outside).any())
        return bool(np.all((outside >= 0) & (outside <= np.iinfo(made).max) & (outside == np.rint(outside))))

    def warm(self) -> None:
        """Compile its loop."""
        self._made(1).warm()

    @cached_property
    def _kind(self) -> Kind:
        return Kind(
            self.warp.transformation.kind,
            self.given.dtype,
            self.picture.dtype,
            self.compute,
            self.warp.method,
            self.given.channels,
            weighs=self.alpha and self.given.channels > 1,
        )
