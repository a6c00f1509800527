"""Column passes and row passes of some outer products after those of others, onto one sum."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, zip_longest

from convpipe.compile.common.banks import LowRank, Product
from convpipe.compile.cpu.shapes.columns import Columns
from convpipe.compile.cpu.shapes.part import Geometry, Part
from convpipe.compile.cpu.shapes.sums import RowSum
from convpipe.compile.cpu.steps import Frame

SETS = 2
"""Most products whose columns are summed in one loop, which then reads a row once: a Laplacian of Gaussian of
31 pixels takes 0.8 of the time (float32 and uint8); three or four gain no more, and spill registers."""


def parts(bank: LowRank, frame: Frame, given: Geometry) -> list[Part]:
    """Add the steps of a bank to `frame`; return what is left, for each row that is made."""
    dtype = bank.sums.dtype
    groups = list(_groups(bank))
    columns = {sets: Columns(frame, given, dtype, sets) for sets in sorted({*map(len, groups)})}
    totals = [RowSum(frame, given, bank, dtype) for _ in range(frame.rows)]
    weights, left = bank.values(given.compute), []
    down, along = weights[: bank.meeting], weights[bank.meeting :]
    for group in groups:
        (rows, _, onto), sets = group[0], len(group)
        own, down = down[: sets * len(rows)].reshape(sets, -1), down[sets * len(rows) :]
        columns[sets].add(rows, own, onto=onto)
        made = columns[sets].in_phases()
        taps = sum(len(product.row) for product in group)
        beside, along = along[:taps], along[taps:]
        for row, total in enumerate(totals):
            sums = [made[k * frame.rows + row].samples(product.row) for k, product in enumerate(group)]
            samples = [*chain(*sums)]
            if group is groups[-1]:
                left.append(total.left(samples, beside))
            else:
                total.add(samples, beside)
    return left


def _groups(bank: LowRank) -> Iterator[list[Product]]:
    """Yield products that follow each other and sum the same rows; alone what others are summed onto."""
    group: list[Product] = []
    for product, after in zip_longest(bank.products, bank.products[1:]):
        alone = product.onto or (after is not None and after.onto) or bank.sums.weighted
        if group and (alone or product.column != group[0].column or len(group) == SETS):
            yield group
            group = []
        group.append(product)
        if alone:
            yield group
            group = []
    if group:
        yield group
