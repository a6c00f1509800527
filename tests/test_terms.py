"""Kernels as sums of outer products: which are found, and that no response is further off than is said."""

import numpy as np
import pytest
from references.custom import log_17
from rounding import fma

from convpipe.ops import Taps
from convpipe.ops.terms import TOLERANCE, by_singular_values


def summed(terms, samples, dtype):
    """The sum that defines the bytes: down each column, then one chain of all rows."""
    total = column = None
    for term in terms.terms:
        column = column if term.onto else None
        for i in np.flatnonzero(term.column):
            weight = samples.dtype.type(term.column[i])
            column = weight * samples[:, i] if column is None else fma(weight, samples[:, i], column)
        for j in np.flatnonzero(term.row):
            weight = samples.dtype.type(term.row[j])
            total = weight * column[:, j] if total is None else fma(weight, column[:, j], total)
    return total


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rank", range(2, 9))
def test_no_response_is_further_off_than_is_said(rank, dtype, rng):
    rows, cols = 12 * rank + 1, 12 * rank + 6
    weights = rng.standard_normal((rows, rank)) @ rng.standard_normal((rank, cols))
    terms = Taps.separated(weights).terms(dtype)
    assert len(terms.terms) == rank
    samples = rng.uniform(-1, 1, (50, rows, cols)).astype(dtype)
    samples[0] = np.sign(weights)
    exact = np.einsum("kij,ij->k", samples.astype(np.longdouble), weights)
    off = np.abs(summed(terms, samples, dtype) - exact).max()
    assert off <= terms.bound(weights, dtype)
    assert off > terms.bound(weights, dtype) / 1e5


def test_a_disk_is_two_sums_a_row_and_column_and_exact():
    """Of 11 pixels its rank is 4, of 21 it is 7 (numpy.linalg.matrix_rank)."""
    for size, rank in ((11, 4), (21, 7)):
        disk = np.hypot(*np.mgrid[-(size // 2) : size // 2 + 1, -(size // 2) : size // 2 + 1]) <= size // 2
        terms = Taps.separated(disk).terms("float32")
        assert np.linalg.matrix_rank(disk) == len(terms.terms) == rank
        assert terms.count == 2 * size
        assert terms.difference(disk, "float32") == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_laplacian_of_a_gaussian_is_two_products(dtype):
    assert len(Taps.separated(log_17()).terms(dtype).terms) == 2


def test_integers_are_taken_apart_exactly_or_not_at_all(rng):
    weights = rng.integers(-9, 10, (25, 2)) @ rng.integers(-9, 10, (2, 25))
    assert Taps.separated(weights).terms("float32") is None
    assert len(Taps.separated(weights * 0.1).terms("float32").terms) == 2


def of_blocks(block, spread, rank=8):
    """Return blocks along the diagonal, little beside them, whose singular vectors go through all.

    So the outer products are as large in every block, and cancel each other in most.
    """
    rng, signs = np.random.default_rng(3), np.array([[1.0]])
    while len(signs) < rank:  # Sylvester's: its rows are orthogonal
        signs = np.block([[signs, signs], [signs, -signs]])
    left, right = (
        np.kron(np.eye(rank), np.ones((block, 1))) * rng.uniform(1, 2, (rank * block, 1)) for _ in range(2)
    )
    turned = signs / np.sqrt(rank)
    left, right = (factor / np.linalg.norm(factor, axis=0) @ turned for factor in (left, right))
    return left * (1 + spread * np.arange(rank)) @ right.T


@pytest.mark.parametrize(("block", "spread", "taken"), [(4, 1e-3, False), (6, 0.3, True)])
def test_products_that_cancel_each_other_are_refused(block, spread, taken):
    weights = of_blocks(block, spread)
    terms = by_singular_values(weights, TOLERANCE["float32"])
    assert len(terms.terms) == 8
    assert terms.cost("float32") < np.count_nonzero(weights) == weights.size  # less work, so it is the bound
    sums = weights.size * 2.0**-24 * np.abs(weights).sum()
    assert (terms.bound(weights, "float32") < 0.9 * sums) == taken
    assert (terms.bound(weights, "float32") < 1.1 * sums) == taken
    assert (Taps.separated(weights).terms("float32") is not None) == taken
