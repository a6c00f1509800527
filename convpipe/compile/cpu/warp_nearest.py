"""Source of a warp that takes the nearest pixel: samples are moved as they are, where none is converted."""

from __future__ import annotations

from convpipe.compile.common.text import Text
from convpipe.compile.cpu.warp_fetch import fetched
from convpipe.compile.cpu.warp_means import FAR, LISTED
from convpipe.compile.cpu.warp_pixels import Kind, stored


def nearest(text: Text, kind: Kind) -> None:
    """Add what makes some channels of a block whose places are known."""
    is_moved = kind.given == kind.made
    to, at = ("made", "k * CH + channel") if is_moved else ("g", f"k * {kind.lanes}")
    gathers = [f"gather({to}, k, source, found, 1)"] * (kind.channels == 1)
    fetched(text, gathers, [f"move({to}, {at}, source + found[k] + channel * SIZE, {kind.lanes})"])
    if not is_moved:
        text.line("for k in range(start, stop):", f"    for one in range({kind.lanes}):")
        text.line("        at = k * CH + channel + one")
        sample = stored(kind, f"F(g[k * {kind.lanes} + one])")
        text.line(f"        made[at] = select(found[k] >= 0, {sample}, made[at])")
    text.line("for k in range(n * (inner + outer < n)):")
    text.line(f"    if (found[k] < 0) & (found[k] > {FAR}):")
    with text.indented(), text.indented():
        text.line(*LISTED, "i, j = rows[i0], columns[j0]")
        text.line("there, p = (i >= 0) & (j >= 0), row_at(source + max(i, 0) * pitch, T)")
        text.line(f"for one in range(channel, channel + {kind.lanes}):")
        sample = "select(there, F(p[max(j, 0) * CH + one]), outside[one])"
        text.line(f"    made[k * CH + one] = {stored(kind, sample)}")
