"""Write the sample of a rank among those of a window: by minima or maxima, by exchanges, or bit by bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce

from convpipe.compile.common.text import Text
from convpipe.compile.cuda.passes import COUNTED_PLACES, SELECTED_PLACES, Bank
from convpipe.compile.cuda.source import Read, plus
from convpipe.plan.fixed import Fixed
from convpipe.selection import runs


def ranked(text: Text, bank: Bank, name: str, read: Read) -> None:
    """Write the response `name` of a window that sorts."""
    assert bank.rank is not None
    if bank.is_extreme:
        _extreme(text, bank, name, read)
    elif len(bank.taps) <= SELECTED_PLACES:
        _select(text, bank, name, read)
    else:
        _count(text, bank, name, read)


def _extreme(text: Text, bank: Bank, name: str, read: Read) -> None:
    """The least of all samples, or the greatest."""
    fold = _orders(bank)[0 if bank.rank == 0 else 1]
    text.line(f"{name} = {read(*bank.taps[0])}")
    if not bank.looped:
        text.line(*(f"{name} = {fold}({name}, {read(*tap)})" for tap in bank.taps[1:]))
        return
    _each(text, bank, lambda row, column: f"{name} = {fold}({name}, {read(row, column)})")


def shared_extremes(text: Text, bank: Bank, windows: Mapping[str, Read]) -> None:
    """Write the extremes of several windows by their names: what all of them have is looked at once.

    Of integers: of floating point, which of -0 and 0 is found depends on the order.
    """
    fold = _orders(bank)[0 if bank.rank == 0 else 1]
    samples = {name: [read(*tap) for tap in bank.taps] for name, read in windows.items()}
    every = set.intersection(*map(set, samples.values()))
    first = next(iter(samples))
    common = [sample for sample in samples[first] if sample in every]
    if common:
        text.line(f"common = {reduce(lambda a, b: f'{fold}({a}, {b})', common)}")
    for name, own in samples.items():
        others = [*(["common"] if common else []), *(sample for sample in own if sample not in every)]
        text.line(f"{name} = {reduce(lambda a, b: f'{fold}({a}, {b})', others)}")


def _select(text: Text, bank: Bank, name: str, read: Read) -> None:
    """Samples are forgotten that cannot be of the rank; the next take their place."""
    assert bank.rank is not None
    steps, result = selection(len(bank.taps), bank.rank)
    lesser, greater = _orders(bank)
    for step in steps:
        if isinstance(step, int):
            text.line(f"h{step} = {read(*bank.taps[step])}")
        else:
            low, high = (f"h{at}" for at in step)
            text.line(f"{low}, {high} = {lesser}({low}, {high}), {greater}({low}, {high})")
    text.line(f"{name} = h{result}")


def _orders(bank: Bank) -> tuple[str, str]:
    """Return what gives the lesser and the greater of two samples: of integers, no NaN, one instruction."""
    return ("least", "maximum") if bank.integers is None else ("lesser", "greater")


Step = int | tuple[int, int]
"""Take a sample, or exchange two so that the first is the smaller one."""


def selection(count: int, rank: int) -> tuple[list[Step], int]:
    """Return the steps to a sample of some rank among `count`, and which one it is then.

    Of so many samples that are held, the least, or the greatest, has too many others on its other side to be
    of the rank. It is forgotten, and a sample that was not looked at yet is held for it, while there is one.

    Examples
    --------
    >>> selection(3, 1)
    ([0, 1, 2, (0, 2), (0, 1), (1, 2)], 1)
    """
    below, above = rank, count - 1 - rank  # how many are still to be forgotten
    held = list(range(min(below, above) + 2))
    following = iter(range(len(held), count))
    steps: list[Step] = list(held)
    while below or above:
        steps += _ends(held, first=below >= above, last=above >= below)
        first, last = int(below >= above), int(above >= below)
        below, above = below - first, above - last
        held = held[first : len(held) - last]
        if (one := next(following, None)) is not None:
            held.append(one)
            steps.append(one)
    (result,) = held
    return steps, result


def _ends(held: Sequence[int], first: bool, last: bool) -> Iterator[tuple[int, int]]:
    """Yield the exchanges that bring the least of `held` to the first place, the greatest to the last."""
    if not (first and last):
        yield from ((held[0], at) for at in held[1:] if first)
        yield from ((at, held[-1]) for at in held[:-1] if last)
        return
    half = len(held) // 2
    yield from zip(held[:half], held[: -half - 1 : -1], strict=True)  # the lower ones, and the higher ones
    lows, highs = held[: len(held) - half], held[half:]
    yield from ((lows[0], at) for at in lows[1:])
    yield from ((at, highs[-1]) for at in highs[:-1])


def _count(text: Text, bank: Bank, name: str, read: Read) -> None:
    """The key of the sample, bit by bit: it has a bit if at most `rank` samples are less than with it."""
    given = bank.integers
    bits, least = ("BITS", "LOWEST") if given is None else (str(given.bits), "0")

    def key(sample: str) -> str:
        return f"order({sample})" if given is None else f"np.int32({_in_units(sample, given)})"

    held = len(bank.taps) <= COUNTED_PLACES
    if held:
        text.line(*(f"k{at} = {key(read(*tap))}" for at, tap in enumerate(bank.taps)))
    text.line(f"found = {least}", f"for b in range({bits}):")
    with text.indented():
        trial = f"found + (1 << ({bits} - 1 - b))"
        text.line(f"trial = {trial}{' if b > 0 else 0' if given is None else ''}")  # the first bit is a sign
        text.line("key = INTEGER(trial)", "less = 0")
        if held:
            text.line(*(f"less += 1 if k{at} < key else 0" for at in range(len(bank.taps))))
        else:
            _each(text, bank, lambda row, column: f"less += 1 if {key(read(row, column))} < key else 0")
        text.line(f"found = trial if less <= {bank.rank} else found")
    text.line(f"{name} = {'ordered(found)' if given is None else _number(given)}")


def _in_units(sample: str, given: Fixed) -> str:
    """Return how far a sample is above the least of all, in their unit."""
    scaled = f"{sample} * T({2.0**given.fraction})" if given.fraction else sample
    return f"add({scaled}, T({-given.low}))" if given.low else scaled


def _number(given: Fixed) -> str:
    number = f"T(found + {given.low})" if given.low else "T(found)"
    return f"{number} * T({2.0**-given.fraction})" if given.fraction else number


def _each(text: Text, bank: Bank, line: Read) -> None:
    """Write a line for each place of a window: a loop over each run of columns, or over a list of runs."""
    if bank.places is not None:
        text.line(f"for run in range({len(runs(bank.taps))}):")
        with text.indented():
            found = ", ".join(f"places[{plus('run * 3', bank.places + k)}]" for k in range(3))
            text.line(f"i, first_j, stop_j = {found}", "for j in range(first_j, stop_j):")
            with text.indented():
                text.line(line("i", "j"))
        return
    for row, columns in runs(bank.taps):
        if len(columns) == 1:
            text.line(line(row, columns.start))
            continue
        text.line(f"for j in range({columns.start}, {columns.stop}):")
        with text.indented():
            text.line(line(row, "j"))
