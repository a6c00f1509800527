"""Write the mean of the samples of a window that are alike: one loop over pairs of opposite places."""

from __future__ import annotations

from collections.abc import Sequence

from convpipe.compile.common.bilateral import weigh_pair, weighted_mean
from convpipe.compile.common.text import Text, times
from convpipe.compile.cuda.passes import Pass
from convpipe.compile.cuda.point import by_itself
from convpipe.compile.cuda.source import Read, plus


def weighed(text: Text, one: Pass, compute: str, names: Sequence[str], reads: Sequence[Read]) -> None:
    """Write the responses `names`, one a colour, of one window; `reads` give the samples of each colour."""
    bank = one.weighs
    assert bank is not None
    assert bank.distance is not None
    assert bank.places is not None
    rows, cols = one.kernel
    centre, before, after = ([f"{name}{c}" for c in range(len(names))] for name in "mpq")
    text.line(*(f"{m} = {read(rows // 2, cols // 2)}" for m, read in zip(centre, reads, strict=True)))
    text.line(f"factor = w[{bank.offset}]", "weights = T(1)", *(f"{name} = T(0)" for name in names))
    text.line(f"for k in range({len(bank.taps)}):")
    with text.indented():
        text.line(*(f"{at} = places[{plus(times('k', 2), bank.places + n)}]" for n, at in enumerate("ij")))
        text.line(f"near = w[{plus('k', bank.offset + 1)}]")
        opposite = f"{rows - 1} - i", f"{cols - 1} - j"
        for samples, place in ((before, ("i", "j")), (after, opposite)):
            text.line(*(f"{name} = {read(*place)}" for name, read in zip(samples, reads, strict=True)))
        lines = weigh_pair(compute, bank.distance, centre, (before, after), ("weights", names))
        text.line(*map(by_itself, lines))
    text.line(
        *(by_itself(f"{r} = {weighted_mean(m, 'weights', r)}") for m, r in zip(centre, names, strict=True))
    )
