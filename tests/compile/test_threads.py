"""The threading layer may be entered from several threads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
from concurrent.futures import ThreadPoolExecutor
import numba, numpy as np
from convpipe import Pipeline, stage
run = Pipeline([stage("blur", "box", size=3)])
image = np.arange(256 * 256, dtype=np.uint8).reshape(256, 256)
with ThreadPoolExecutor(4) as pool:
    results = list(pool.map(lambda _: run(image), range(40)))
assert all(np.array_equal(result, results[0]) for result in results)
print(numba.threading_layer())
"""


def run(program=_PROGRAM, **environment):
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "NUMBA_NUM_THREADS": "2", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_four_threads_share_a_parallel_pipeline():
    done = run()
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in ("tbb", "omp")


@pytest.mark.skipif(not (Path(sys.prefix) / "lib" / "libtbb.so.12").exists(), reason="pip installed no TBB")
@pytest.mark.parametrize("environment", [{}, {"NUMBA_THREADING_LAYER": "tbb"}], ids=["default", "asked"])
@pytest.mark.parametrize("first", ["run(image)", "convpipe.conv2d(image, image[:3, :3])"])
def test_the_tbb_of_pip_is_found_before_the_first_parallel_loop(environment, first):
    parts = _PROGRAM.partition("with Thread")
    done = run(f"{parts[0]}import convpipe\n{first}\nprint(numba.threading_layer())", **environment)
    assert done.stdout.strip() == "tbb", done.stderr


def test_workqueue_is_refused():
    done = run(NUMBA_THREADING_LAYER="workqueue")
    assert done.returncode == 1
    assert "the threading layer 'workqueue' aborts when two threads enter it" in done.stderr


_LAYERED = """
import numba, numpy as np
from convpipe import Pipeline, stage
from convpipe.compile.conv2d import bands
shared, run_shares = [], bands.run_shares
bands.run_shares = lambda *given: shared.append(given[3]) or run_shares(*given)
run = Pipeline([stage("network", "conv", weights=[[[[1, 2]]], [[[3, 4]]]])])
image = np.arange(512 * 512, dtype=np.uint16).reshape(512, 512)
results = [run(image, threads=threads) for threads in (None, 1, 2, 3)]
assert all(np.array_equal(result, results[0]) for result in results)
print(shared, numba.get_num_threads())
"""


def test_a_layer_takes_no_more_threads_than_it_is_given():
    done = run(_LAYERED)
    assert done.stdout == "[2, 1, 2, 3] 2\n", done.stderr
