"""Write the kernel of a window that no tile holds: each thread reads the image, tap by tap."""

from __future__ import annotations

from collections.abc import Sequence

from convpipe.compile.common.text import Text, times
from convpipe.compile.cuda.groups import Group
from convpipe.compile.cuda.operand import image_name
from convpipe.compile.cuda.passes import Pass, geometry
from convpipe.compile.cuda.point import Point
from convpipe.compile.cuda.ranked import ranked
from convpipe.compile.cuda.source import NO_SUM, Read, border_value, fused, plus, put, registers, sample
from convpipe.compile.cuda.sums import before, expression, loop
from convpipe.compile.cuda.weighed import weighed
from convpipe.geometry import Axis
from convpipe.polyphase import Polyphase


def direct(text: Text, group: Group, point: Point, parameters: Sequence[str]) -> None:
    """Write the kernel of the one pass of `group`."""
    (one,) = group.passes
    i, (image,), (down, along) = one.index, map(image_name, one.reads), one.axes
    _sample(text, one)
    text.line("", "@cuda.jit", f"def group_{group.index}({', '.join(parameters)}):")
    with text.indented():
        cols = geometry(i, "output_cols")
        text.line(f"cols, out = {cols}, {image_name(i)}")
        text.line(f"t = cuda.blockIdx.x * {group.threads} + cuda.threadIdx.x")
        text.line("y = t // cols", "x = t - y * cols", "if y >= out.shape[0]:", "    return")
        text.line("plane = cuda.blockIdx.y")
        text.line(f"row = {image_name(i)}_row + y")
        text.line(f"top = {_begin(one, down, 'row')}", f"left = {_begin(one, along, 'x')}")
        registers(text, one, point)
        given = f"{image}, {image}_row, g, outside"
        for channel in range(point.channels):
            _responses(text, one, point, channel, given)
        if one.weighs is not None:
            colours = [channel for channel in range(point.channels) if not point.kept(channel)]
            names = [name for channel in colours for name in point.responses(channel)]
            weighed(text, one, point.program.compute, names, [_reader(one, given, at) for at in colours])
        _store(text, one, point)


def _begin(one: Pass, axis: Axis, output: str) -> str:
    """Return where the window of an output begins."""
    if isinstance(axis, Polyphase):
        return f"places[{plus(output, one.banks[0].places or 0)}]"
    return plus(times(output, axis.stride), -axis.before)


def _sample(text: Text, one: Pass) -> None:
    """The sample at (y, x) of the padded image."""
    i, planes = one.index, one.planes(0)
    text.function(f"sample_{i}", ["image", "row0", "g", "outside", "y", "x", "plane"])
    with text.indented():
        if not one.level.resamples:  # its windows lie inside the image
            text.line(f"y = border_index(y, {geometry(i, 'rows')}, {geometry(i, 'border')})")
            text.line(f"x = border_index(x, {geometry(i, 'cols')}, {geometry(i, 'border')})")
            text.line("if y < 0 or x < 0:", f"    return {border_value(one, 'plane', planes)}")
        text.line("# Rows that are not at hand are those of results that nothing wants.")
        text.line("y = clamp(y - row0, image.shape[0])")
        text.line(f"v = T({sample('image', 'y', times('x', planes) + ' + plane')})")
        if one.premultiply:
            text.line(f"if plane < {planes - 1}:")
            alpha = f"{times('x', planes)} + {planes - 1}"
            text.line(f"    v *= maximum(T({sample('image', 'y', alpha)}), T(0))")
            text.line("else:", "    v = maximum(v, T(0))")
        text.line("return v")


def _reader(one: Pass, given: str, channel: int, source: int = 0) -> Read:
    """Return where the samples of a channel are under the window of an output."""
    plane = plus("plane", source * one.level.channels + channel)

    def read(i: int | str, j: int | str) -> str:
        row, col = (
            times(at, step) if isinstance(at, str) else str(at * step)
            for at, step in zip((i, j), one.dilation, strict=True)
        )
        return f"sample_{one.index}({given}, top + {row}, left + {col}, {plane})"

    return read


def _responses(text: Text, one: Pass, point: Point, channel: int, given: str) -> None:
    """Compute the responses of `channel`, named ``bank_channel``."""
    if point.kept(channel):
        text.line(f"alpha = {_reader(one, given, channel)(*one.centre)}")
        return
    for bank in one.banks:
        name, read = f"{bank.name}_{channel}", _reader(one, given, channel, bank.source)
        if bank.distance is not None:
            continue  # all colours at once
        if bank.rank is not None:
            ranked(text, bank, name, read)
        elif bank.places is not None:
            _resampled(text, one, name, read)
        elif bank.looped:
            loop(text, bank, [name], [read])
        else:
            samples = {tap: read(*tap) for tap in bank.taps}
            text.line(f"{name} = {expression(bank, samples, before(bank, name))}")


def _resampled(text: Text, one: Pass, name: str, read: Read) -> None:
    """The sum of the taps of an output; a weight of 0 is none."""
    (bank,), down = one.banks, isinstance(one.axes[0], Polyphase)
    output, sample = ("row", read("k", 0)) if down else ("x", read(0, "k"))
    text.line(f"{name} = {NO_SUM}", f"for k in range({len(bank.taps)}):")
    with text.indented():
        text.line(f"weight = w[{plus(f'{output} * {len(bank.taps)} + k', bank.offset)}]")
        text.line("if weight != T(0):", f"    {name} = {fused([('weight', sample)], name)}")


def _store(text: Text, one: Pass, point: Point) -> None:
    names = [name for channel in range(point.channels) for name in point.responses(channel)]
    for at, value in point.planes(point.call(text, names), one.level.channels):
        put(text, point, f"{times('x', one.outputs)} + {plus('plane', at)}", value)
