"""Source of what fetches the samples of a block's pixels that lie inside the image."""

from __future__ import annotations

from collections.abc import Sequence

from convpipe.compile.common.text import Text
from convpipe.compile.cpu.sizes import GATHERED


def fetched(text: Text, gathers: Sequence[str], moves: Sequence[str]) -> None:
    """Add what fetches the samples of pixels from `start` to `stop`, and asks for those of the next block.

    Parameters
    ----------
    text : Text
    gathers : sequence of str
        What fetches those of several pixels from k on, none of which lies outside; empty where they do not
        fit into words.
    moves : sequence of str
        What fetches those of pixel k.
    """
    whole = "start"
    if gathers:
        whole = "whole"
        text.line(f"whole = start + (stop - start) // {GATHERED} * {GATHERED} * (stop - start == inner)")
        text.line(f"for k in range(start, whole, {GATHERED}):", *(f"    {gather}" for gather in gathers))
        text.line("    fetch_near(ahead + found[k])")
    text.line(f"for k in range({whole}, stop):", "    if found[k] >= 0:")
    text.line(*(f"        {move}" for move in moves), "        fetch_near(ahead + found[k])")
