"""Write the sum of a bank of taps: the operations that define its bytes, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from convpipe.compile.common.banks import halves
from convpipe.compile.common.text import Text, times
from convpipe.compile.cuda.passes import UNROLLED_TAPS, Bank
from convpipe.compile.cuda.source import NO_SUM, Read, fused, plus


def expression(bank: Bank, samples: Mapping[tuple[int, int], str], before: str | None = None) -> str:
    """Return the sum of few taps as an expression, its weights in registers; onto the one before, if so."""
    if bank.form == "dot":
        return fused([(f"w{bank.offset + k}", samples[tap]) for k, tap in enumerate(bank.taps)], before)
    if bank.form == "sums":
        return _added([samples[tap] for tap in bank.taps])
    rows, cols = bank.rows, bank.cols
    if bank.form == "outer":
        columns = [[(f"w{bank.offset + k}", samples[i, j]) for k, i in enumerate(rows)] for j in cols]
        weights = [f"w{bank.offset + len(rows) + k}" for k in range(len(cols))]
        return fused(
            [(weight, fused(column)) for weight, column in zip(weights, columns, strict=True)], before
        )
    below = [_added([_number(bank, samples[i, j]) for i in rows], bank.whole) for j in cols]
    return _weighted(bank, f"w{bank.offset}", [_tree(bank, part, below) for part in halves(len(cols))])


def _number(bank: Bank, sample: str) -> str:
    return f"np.int32({sample})" if bank.whole else sample


def _weighted(bank: Bank, weight: str, terms: Sequence[str]) -> str:
    total = _added(terms, bank.whole)
    return f"{weight} * T({total})" if bank.whole else f"{weight} * {total}"


def _added(terms: Sequence[str], whole: bool = False) -> str:
    return reduce(lambda sum_, term: f"({sum_} + {term})" if whole else f"add({sum_}, {term})", terms)


def _tree(bank: Bank, part: tuple[int, int], below: Sequence[str]) -> str:
    """Return the sum of neighbours as that of two halves, each of which is one of two halves."""
    width, first = part
    if width == 1:
        return below[first]
    half = width // 2
    return _added([_tree(bank, (half, first + shift), below) for shift in (0, half)], bank.whole)


def loop(text: Text, bank: Bank, names: Sequence[str], reads: Sequence[Read]) -> None:
    """Write the sums of many taps for several windows at once, as loops over the kernel."""
    if bank.form == "tree":
        for name, read in zip(names, reads, strict=True):
            _doubled(text, bank, name, read)
        return
    rows, cols = len(bank.rows), len(bank.cols)
    text.line(*begun(bank, names), f"for i in range({rows}):")
    with text.indented():
        text.line(f"for j in range({cols}):")
        with text.indented():
            if bank.form == "dot":
                text.line(f"weight = w[{plus(times('i', cols) + ' + j', bank.offset)}]")
            onto(text, bank, names, ["weight"], [[read("i", "j")] for read in reads])


def begun(bank: Bank, names: Sequence[str]) -> list[str]:
    """Return the lines with which sums of some windows begin: with nothing, or those before."""
    befores = [before(bank, name) or NO_SUM for name in names]
    return [f"{name} = {first}" for name, first in zip(names, befores, strict=True) if name != first]


def before(bank: Bank, name: str) -> str | None:
    """Return the sum that one of the name begins with, if there is one."""
    return None if bank.onto is None else bank.onto + name.removeprefix(bank.name)


def onto(
    text: Text, bank: Bank, names: Sequence[str], weights: Sequence[str], samples: Sequence[Sequence[str]]
) -> None:
    """Write the sums of some more samples, onto those before, of several windows."""
    if bank.form == "sums":
        text.line(*(f"{name} = {_added([name, *row])}" for name, row in zip(names, samples, strict=True)))
        return
    if not bank.skips:
        for name, row in zip(names, samples, strict=True):
            text.line(f"{name} = {fused(list(zip(weights, row, strict=True)), name)}")
        return
    for k, weight in enumerate(weights):  # a tap of 0 is none
        text.line(f"if {weight} != T(0):")
        with text.indented():
            for name, row in zip(names, samples, strict=True):
                text.line(f"{name} = {fused([(weight, row[k])], name)}")


def _doubled(text: Text, bank: Bank, name: str, read: Read) -> None:
    """Sums of 2, 4, 8, ... neighbours and of what is left, in loops of two turns each."""
    parts = halves(len(bank.cols))
    for k, (width, first) in enumerate(parts):
        _half(text, bank, f"{name}_{k}", (width, str(first)), read)
    text.line(f"{name} = {_weighted(bank, f'w[{bank.offset}]', [f'{name}_{k}' for k in range(len(parts))])}")


def _half(text: Text, bank: Bank, name: str, part: tuple[int, str], read: Read) -> None:
    width, first = part
    if width <= UNROLLED_TAPS:
        below = [_number(bank, read(0, plus(first, k))) for k in range(width)]
        text.line(f"{name} = {_tree(bank, (width, 0), below)}")
        return
    turn, half = f"turn{width}", f"{name}_{width // 2}"
    text.line(f"{name} = {'np.int64(0)' if bank.whole else 'T(0)'}", f"for {turn} in range(2):")
    with text.indented():
        _half(text, bank, half, (width // 2, f"{first} + {times(turn, width // 2)}"), read)
        text.line(f"{name} = {half} if {turn} == 0 else {_added([name, half], bank.whole)}")
