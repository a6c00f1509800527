"""Ask for rows before they are read and written: no processor foresees which rows follow two that end.

Halves of float32 at 2048x2048 take 0.65 to 0.95 of the time by that, least where others use the memory, too;
gray, blur, Scharr and threshold of 4096x4096 RGB bytes 0.8.
"""

from __future__ import annotations

import numpy as np

ROWS = 2
"""That are read together, and no others with them: those after them are as far away again."""

IMPORT = "from convpipe.compile.cpu.compiled.ahead import ask, ask_below\n"
"""Of a loop that asks."""

BLOCK = 512
"""Bytes of a result that are made before more are asked for."""

SMALL, PIXELS = ("uint8", "uint16"), 256
"""Types of samples that an image has, and nothing that was made of one; and pixels of a row that are read
before more of the row below is asked for."""

LEAST = 4
"""Bytes of a sample from which on it pays: loops over narrower ones are no quicker by that."""


def after_both(sample: str, made: str) -> list[str]:
    """Return lines that cut a row which is made of two into blocks, and ask for those after these and it."""
    read, written = ROWS * np.dtype(sample).itemsize, np.dtype(made).itemsize
    ask = f"ask(rows, begin * {read}, end * {read}, (n + begin) * {written}, (n + end) * {written})"
    return _blocks("n", BLOCK // written, ask)


def below(size: int) -> list[str]:
    """Return lines that cut a row of pixels of so many bytes into blocks, and ask for the row below it."""
    return _blocks("pixels", PIXELS, f"ask_below(rows, pixels * {size}, begin * {size}, end * {size})")


def _blocks(count: str, size: int, ask: str) -> list[str]:
    """Return lines that cut what a row has into blocks, begin..end, and ask before each."""
    return [
        f"for begin in range(0, {count}, {size}):",
        f"    end = min(begin + {size}, {count})",
        f"    {ask}",
    ]
