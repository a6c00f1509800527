"""Samples by their places in the order of size, found by counting, against NumPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from convpipe.radix import count_digits, percentile

SAMPLES = st.sampled_from(["float16", "float32", "float64", "int32", "uint32"]).flatmap(
    lambda dtype: arrays(dtype, st.integers(0, 40))
)


@given(SAMPLES, st.floats(0, 100))
def test_percentiles_have_the_bits_of_numpy(samples, percent):
    held = np.asarray(samples, np.float64)
    held = held[np.isfinite(held)]
    with np.errstate(over="ignore", invalid="ignore"):
        want = np.percentile(held, percent) if held.size else np.nan
        found = percentile(samples.dtype, percent, lambda known, first: count_digits(samples, known, first))
    np.testing.assert_array_equal(found, want)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_counts_of_parts_are_put_together(dtype, rng):
    samples = rng.normal(size=5000).astype(dtype)
    parts = np.split(samples, [17, 1700])

    def count(known, first):
        return sum(count_digits(part, known, first) for part in parts)

    for percent in (0, 0.3, 50, 99.99, 100):
        assert percentile(dtype, percent, count) == np.percentile(samples.astype(np.float64), percent)


def test_what_is_not_finite_counts_for_nothing_and_zeros_are_one():
    samples = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, -2.0], np.float32)
    assert count_digits(samples, 0, [0]).sum() == 3
    assert np.count_nonzero(count_digits(samples, 0, [0])) == 2
