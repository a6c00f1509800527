"""Write the kernel of a window that no tile holds: each thread reads the image, tap by tap."""

from __future__ import annotations

from convpipe.compile.common.text import Text, fused, times
from convpipe.compile.cuda.passes import Pass
from convpipe.compile.cuda.point import Point
from convpipe.compile.cuda.tiles import Group
from convpipe.compile.cuda.window import NO_SUM, border_value, plus, put, registers, sample

KERNEL = ["image", "out", "g", "w", "c", "outside", "nans", "row0", "first"]
"""What every kernel takes: `row0` and `first` are the rows of its input and of its result that `image` and
`out` begin with."""


def direct(text: Text, group: Group, point: Point, threads: int) -> None:
    """Write the kernel of the one pass of `group`."""
    (one,) = group.passes
    i, given = one.index, "image, g, outside, row0"
    _sample(text, one)
    text.line("", "@cuda.jit", f"def group_{group.index}({', '.join(KERNEL)}):")
    with text.indented():
        text.line(f"cols = g[{i}, 3]", f"t = cuda.blockIdx.x * {threads} + cuda.threadIdx.x")
        text.line("y = t // cols", "x = t - y * cols", "if y >= out.shape[0]:", "    return")
        text.line("plane = cuda.blockIdx.y")
        text.line(f"top = {times('(first + y)', one.stride[0])} - g[{i}, 4]")
        text.line(f"left = {times('x', one.stride[1])} - g[{i}, 5]")
        registers(text, one, point)
        for channel in range(point.channels):
            _responses(text, one, point, channel, given)
        _store(text, one, point)


def _sample(text: Text, one: Pass) -> None:
    """The sample at (y, x) of the padded image."""
    i, channels = one.index, one.inputs
    text.function(f"sample_{i}", ["image", "g", "outside", "row0", "y", "x", "plane"])
    with text.indented():
        text.line(f"y = border_index(y, g[{i}, 0], g[{i}, 6])", f"x = border_index(x, g[{i}, 1], g[{i}, 6])")
        text.line("if y < 0 or x < 0:", f"    return {border_value(one, 'plane', one.inputs)}")
        text.line(f"v = T({sample('image', 'y - row0', times('x', channels) + ' + plane')})")
        if one.premultiply:
            text.line(f"if plane < {channels - 1}:")
            alpha = f"{times('x', channels)} + {channels - 1}"
            text.line(f"    v *= maximum(T({sample('image', 'y - row0', alpha)}), T(0))")
            text.line("else:", "    v = maximum(v, T(0))")
        text.line("return v")


def _responses(text: Text, one: Pass, point: Point, channel: int, given: str) -> None:
    """Compute the responses of `channel`, named ``bank_channel``."""
    down, right = one.dilation

    def under(i: str, j: str, source: int) -> str:
        plane = plus("plane", source * one.level.channels + channel)
        return f"sample_{one.index}({given}, top + {i}, left + {j}, {plane})"

    if point.kept(channel):
        i, j = (tap * step for tap, step in zip(one.centre, one.dilation, strict=True))
        text.line(f"alpha = {under(str(i), str(j), 0)}")
        return
    for bank in one.banks:
        name = f"{bank.name}_{channel}"
        if not bank.looped:
            products = [
                (f"w{bank.offset + k}", under(str(i * down), str(j * right), bank.source))
                for k, (i, j) in enumerate(bank.taps)
            ]
            text.line(f"{name} = {fused(products)}")
            continue
        text.line(
            f"{name} = {NO_SUM}", f"for i in range({one.kernel[0]}):", f"    for j in range({one.kernel[1]}):"
        )
        weight = f"w[{plus(times('i', one.kernel[1]) + ' + j', bank.offset)}]"
        one_more = fused([(weight, under(times("i", down), times("j", right), bank.source))], name)
        text.line(f"        {name} = {one_more}")


def _store(text: Text, one: Pass, point: Point) -> None:
    names = [name for channel in range(point.channels) for name in point.responses(channel)]
    for at, value in point.planes(point.call(text, names), one.level.channels):
        put(text, point, f"{times('x', one.outputs)} + {plus('plane', at)}", value)
