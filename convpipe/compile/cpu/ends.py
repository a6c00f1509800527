"""Read an image where it is: all but the ends of its rows, of which there are padded copies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from convpipe.compile.common.levels import Level
from convpipe.compile.cpu import loops
from convpipe.compile.cpu.steps import Frame, Given, Place, outside_pixel, packed, sources
from convpipe.memory import LINE
from convpipe.plan.rings import aligned


def ends_and_middle(frame: Frame, level: Level, constant: tuple[float, float]) -> Iterator[Frame]:
    """Yield the parts of a level's rows, each as a frame that adds its steps to those of `frame`.

    Outputs whose window begins or ends outside read copies of the rows' ends, with what lies beside them; the
    others, which are most, read the image.
    """
    given, stride = frame.given[0], level.stride[1]
    reach = level.dilation[1] * (level.kernel[1] - 1) + 1
    first = min(frame.cols, -(-given.left // stride))
    if frame.streams:  # most begin where a line of the caches does
        step = LINE // math.gcd(LINE, frame.pixel)
        first = min(frame.cols, first + -(frame.column + first) % step)
    last = max(first, min(frame.cols, (given.left + given.inside - reach) // stride + 1))
    for begin, end in ((0, first), (first, last), (last, frame.cols)):
        if begin == end:
            continue
        at = begin * stride  # the first column that is read, counted from the first outside
        if begin == first and end == last and first < last:
            rows = replace(given, left=0, right=0, inside=0, origin=given.sample(0, at).offset)
        else:
            rows = _copies(frame, given, level, range(at, (end - 1) * stride + reach), constant)
        part = replace(frame, given=(rows,), cols=end - begin, first=begin * frame.pixel)
        yield part
        frame.taken = part.taken


def _copies(frame: Frame, given: Given, level: Level, columns: range, constant: tuple[float, float]) -> Given:
    """Add the step that copies some columns of all rows; return the copies."""
    samples = len(columns) * given.channels
    count = level.kernel[0] + (frame.rows - 1) * level.stride[0]
    pitch = aligned(samples * np.dtype(given.dtype).itemsize)
    block = frame.scratch(count * pitch, "uint8")
    read = [given.sample(row, given.left) for row in range(count)]
    made = [Place(block.row, block.offset + row * pitch) for row in range(count)]
    numbers = [count, *(at for _, at in sources(columns, given.left, given.inside, given.border))]
    outside = outside_pixel(constant, given.channels, given.dtype)
    loop = loops.ends(given.dtype, given.channels)
    frame.call(loop, [*read, *made], len(columns), packed(numbers, outside))
    return replace(given, left=0, right=0, inside=len(columns), origin=block.offset, pitch=pitch)
