"""From channels side by side, as images have them, to planes, as conv2d has them, and back: as source."""

from __future__ import annotations

from functools import cache

import numpy as np

from convpipe.compile.common.text import Text, times
from convpipe.compile.cpu.lanes import plus

FEW = 4
"""Most channels whose samples LLVM takes apart, or puts together, as it finds them written out."""

_BLOCKS = """\
    whole, high = count - count % SIDE, channels - channels % SIDE
    for x in range(0, whole, SIDE):
        for c in range(0, high, SIDE):
            {turn}
"""

_TO_PLANES = """\
    read = row_at(pixels, G)
    for c in range(channels):
        written = row_at(planes + c * step, T)
        for x in range(whole if c < high else 0, count):
            written[x] = T(read[x * pixel + c])
"""

_CONVERTED = """\
    # A few at a time, so that what is read is read once.
    read = row_at(pixels, G)
    for first in range(0, count, 16):
        for c in range(channels):
            written = row_at(planes + c * step, T)
            for x in range(first, min(first + 16, count)):
                written[x] = T(read[x * pixel + c])
"""

_TO_PIXELS = """\
    written = row_at(pixels, T)
    for c in range(channels):
        read = row_at(planes + c * step, T)
        for x in range(whole if c < high else 0, count):
            written[x * pixel + c] = read[x]
"""


@cache
def to_planes(given: str, made: str, channels: int, pixel: int) -> str:
    """Return a function that copies the first channels of pixels of one type into planes of another.

    It takes the address of the pixels, and samples from one to the next; that of the planes, and bytes from
    one to the next; how many channels, and how many pixels.
    """
    text = Text()
    text.line("@inline", "def to_planes(pixels, pixel, planes, step, channels, count):")
    if channels <= FEW:
        with text.indented():
            text.line("read = row_at(pixels, G)")
            text.line(*(f"t{c} = row_at(planes + {c} * step, T)" for c in range(channels)))
            text.line("for x in range(count):")
            with text.indented():
                text.line(*(f"t{c}[x] = T(read[{plus(times('x', pixel), c)}])" for c in range(channels)))
    elif given == made:
        size = np.dtype(made).itemsize
        here, there = f"pixels + (x * pixel + c) * {size}", f"planes + c * step + x * {size}"
        text.block(_BLOCKS.format(turn=f"turn_block({here}, pixel * {size}, {there}, step, T(0))"))
        text.block(_TO_PLANES)
    else:
        text.block(_CONVERTED)
    return str(text)


@cache
def to_pixels(made: str, channels: int, pixel: int) -> str:
    """Return a function that copies planes into the first channels of pixels; as :func:`to_planes`."""
    text, size = Text(), np.dtype(made).itemsize
    text.line("@inline", "def to_pixels(planes, step, pixels, pixel, channels, count):")
    if channels <= FEW:
        with text.indented():
            text.line("written = row_at(pixels, T)")
            text.line(*(f"s{c} = row_at(planes + {c} * step, T)" for c in range(channels)))
            text.line("for x in range(count):")
            with text.indented():
                text.line(*(f"written[{plus(times('x', pixel), c)}] = s{c}[x]" for c in range(channels)))
        return str(text)
    here, there = f"planes + c * step + x * {size}", f"pixels + (x * pixel + c) * {size}"
    text.block(_BLOCKS.format(turn=f"turn_block({here}, step, {there}, pixel * {size}, T(0))"))
    text.block(_TO_PIXELS)
    return str(text)
