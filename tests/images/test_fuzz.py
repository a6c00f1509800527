"""A few seconds of ``fuzz_readers.py``, the same ones in every run."""

import random

import fuzz_readers
import pytest


@pytest.fixture(scope="module")
def files():
    return fuzz_readers.seeds()


def test_the_files_it_starts_from_are_sound(files, tmp_path):
    for number, data in enumerate(files):
        (tmp_path / "a").write_bytes(data)
        assert fuzz_readers.check(tmp_path / "a", random.Random(0)).startswith("read as"), number


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_end_as_pixels_or_as_one_line(files, tmp_path, seed):
    rng = random.Random(seed)
    outcomes = set()
    for _ in range(500):
        (tmp_path / "a").write_bytes(fuzz_readers.mutated(rng.choice(files), files, rng))
        outcomes.add(fuzz_readers.check(tmp_path / "a", rng))
    assert {"ReadError", "LimitError", "read as png", "read as tiff", "read as jpeg"} <= outcomes
