"""Set up for every test and doctest."""

import gc
import os
import signal
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# Compiled loops are kept between runs and shared by workers, away from the user's own.
os.environ.setdefault("CONVPIPE_CACHE_DIR", str(Path(__file__).parent / ".pytest_cache" / "loops"))

# A package of its own: imported here it would register its methods among those of the catalogue.
collect_ignore = ["tests/plugin"]

# Modules that are there for a library, whose examples need it.
collect_ignore += [f"convpipe/adapters/{name}.py" for name in ("sklearn", "torch") if find_spec(name) is None]

# What runs the tests, as pytest-xdist does, may say how wide lines are; a command's output would follow it.
os.environ.pop("COLUMNS", None)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts its background jobs with Ctrl-C ignored, and so would be what they start in turn:
    # tests of interrupts would wait for what never comes.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# An example takes what the machine takes: others may be at work there, or the collector.
# The same examples in every run; others: pytest --hypothesis-profile=explore.
settings.register_profile("explore", deadline=None)
settings.register_profile("convpipe", deadline=None, derandomize=True)
settings.load_profile("convpipe")

# Numba makes and drops objects by the hundred thousand: garbage is looked for less often than Python would.
gc.set_threshold(20_000, 20, 10)


def pytest_collection_finish():
    """Look for no garbage among what stays to the end: most objects are of the tests."""
    gc.freeze()


@pytest.fixture
def collector():
    """Look for garbage as often as Python does, where memory is measured."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*thresholds)


@pytest.fixture
def rng():
    """Return a random generator, the same in every run."""
    return np.random.default_rng(20)


@pytest.fixture(autouse=True)
def _doctest_names(request, doctest_namespace):
    """Docstrings of the package know `np`, as NumPy's do; a page is typed into a plain Python."""
    if request.path.suffix == ".py":
        doctest_namespace["np"] = np
    else:
        doctest_namespace.pop("np", None)
