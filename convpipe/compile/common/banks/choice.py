"""Choose how the sum under a kernel is taken apart: the way of the least work."""

from __future__ import annotations

from convpipe.compile.common.banks.base import Bank
from convpipe.compile.common.banks.dense import dense
from convpipe.compile.common.banks.lowrank import lowrank
from convpipe.compile.common.banks.separable import separable
from convpipe.compile.common.banks.uniform import uniform
from convpipe.ops import Taps
from convpipe.plan.arithmetic import Sums


def choose(name: str, taps: Taps, sums: Sums, tiles: bool = False) -> Bank:
    """Return how one bank is summed.

    Parameters
    ----------
    name : str
        Of its response.
    taps : Taps
    sums : Sums
        Their arithmetic. The choice defines the bytes wherever it can round; it does not depend on the
        backend.
    tiles : bool
        Whether no sample is under two windows, so that these have no sum in common.

    Examples
    --------
    >>> choose("r", Taps.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]), Sums("float32")).words
    'separable: 5 + 5 taps'
    """
    if equal := uniform(name, taps, sums, tiles):
        return equal
    return separable(name, taps, sums) or lowrank(name, taps, sums) or dense(name, taps, sums)
