"""Machine code from the disk runs without Numba, in processes of its own."""

import os
import subprocess
import sys

import numpy as np
import pytest

from convpipe import images
from convpipe.compile.runtime import cache, environment, machine, start, threads

RUN = """
import os, sys
from convpipe.cli import process
def leave(code):
    print(code, "numba" in sys.modules, file=sys.stderr)
    os.kill(os.getpid(), 9)
process.os._exit = leave
sys.argv = ["convpipe", "run", *sys.argv[1:]]
process.run()
"""

CHAIN = "stages: [{blur: gaussian, sigma: 1}, {edge: sobel}]"
SEVERAL = """
stages: [{blur: box, size: 3, name: soft}, {edge: sobel}]
outputs: {soft: {}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    for k in range(3):
        pixels = np.random.default_rng(k).integers(0, 256, (40, 50, 3), np.uint8)
        images.write(tmp_path / "in" / f"{k}.png", pixels)
    return tmp_path


def run(folder, config, source="in", **told):
    """Return the code that a run leaves with, and whether Numba was loaded in it."""
    (folder / "job.yaml").write_text(config)
    environment = {**os.environ, "CONVPIPE_CACHE_DIR": str(folder / "loops"), **told}
    arguments = [str(folder / "job.yaml"), str(folder / source), f"{folder}/out/", "--overwrite"]
    command = [sys.executable, "-c", RUN, *arguments, "--backend", "cpu"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    return done.stderr.split()[-2:]


def results(folder):
    return {path.relative_to(folder): path.read_bytes() for path in (folder / "out").rglob("*.png")}


@pytest.mark.parametrize("config", [CHAIN, SEVERAL])
def test_a_folder_is_filtered_without_numba_once_its_loops_are_on_the_disk(config, folder):
    assert run(folder, config) == ["0", "True"]  # it compiles
    compiled = results(folder)
    kept = {path.name for path in (folder / "loops").iterdir()}
    assert run(folder, config) == ["0", "False"]
    assert results(folder) == compiled
    assert {path.name for path in (folder / "loops").iterdir()} == kept


@pytest.mark.parametrize("config", [CHAIN, SEVERAL])
def test_cores_share_an_image_without_numba(config, folder):
    images.write(folder / "in.png", np.random.default_rng(3).integers(0, 256, (700, 300, 3), np.uint8))
    assert run(folder, config, "in.png") == ["0", "True"]  # it compiles
    made = results(folder)
    assert len(made) == (2 if config == SEVERAL else 1)
    assert run(folder, config, "in.png") == ["0", "False"]
    assert results(folder) == made
    assert run(folder, config, "in.png", NUMBA_OPT="3") == ["0", "True"]  # whose threads share it then
    assert results(folder) == made


def test_what_numba_is_told_is_heard_where_it_need_not_be_loaded(folder):
    assert run(folder, CHAIN) == ["0", "True"]
    plain = results(folder)
    assert run(folder, CHAIN, NUMBA_LOOP_VECTORIZE="0") == ["0", "True"]  # it compiles, for that
    assert run(folder, CHAIN) == ["0", "False"]
    assert results(folder) == plain
    (folder / ".numba_config.yaml").write_text("loop_vectorize: 0\n")
    assert run(folder, CHAIN) == ["0", "True"]


UNUSUAL = """
import numpy as np
from convpipe import Pipeline, stage
from convpipe.compile.runtime import cache, settings, start
settings.USUAL["ENABLE_AVX"] = "as on no machine"
start.spare()
compiled = []
with cache.announced(lambda: compiled.append(1)):
    Pipeline([stage("blur", "box", size=3)], backend="cpu")(np.zeros((30, 40), np.uint8), threads=1)
print(bool(compiled))
"""


def test_settings_that_are_unusual_on_a_machine_are_found_out_and_nothing_is_compiled_twice(tmp_path):
    environment = {**os.environ, "CONVPIPE_CACHE_DIR": str(tmp_path / "loops")}
    command = [sys.executable, "-c", UNUSUAL]
    told = [subprocess.check_output(command, env=environment, text=True).strip() for _ in range(2)]
    assert told == ["True", "False"]


SUM = """
import numpy as np
from convpipe.compile.cpu.compiled.rows import FLAGS
from numba import njit

@njit(**FLAGS)
def total(first, rows, last):
    found = first - last
    for y in range(rows.shape[0]):
        for x in range(rows.shape[1]):
            found += rows[y, x]
    if found < 0:
        raise MemoryError
    return found
"""


def test_functions_take_numbers_and_arrays_as_numba_would_hand_them_over():
    from numba import types

    signature = (types.int64, types.Array(types.uint8, 2, "A"), types.int64)
    total = machine.function(cache.address(SUM, "total", signature))
    rows = np.arange(48, dtype=np.uint8).reshape(6, 8)
    for each in (rows, rows[::2, 1::3], rows[::-1], rows.T, rows[:0]):
        assert total(1 << 40, each, -5) == (1 << 40) + int(each.sum()) + 5
    with pytest.raises(MemoryError):
        total(0, rows, 10_000)


def test_shares_of_units_are_added_up_and_errors_raised_when_all_are_done():
    done = []

    def run(first, last):
        done.append((first, last))
        if first == 3:
            raise MemoryError
        return last - first

    assert threads.shared(run, [(0, 2), (2, 5), (5, 6)]) == 6
    assert sorted(done) == [(0, 2), (2, 5), (5, 6)]
    done.clear()
    with pytest.raises(MemoryError):
        threads.shared(run, [(3, 4), (0, 3), (4, 9)])
    assert len(done) == 3


@pytest.mark.parametrize(("told", "count"), [(None, environment.cores()), ("3", 3)])
def test_as_many_threads_share_an_image_as_with_numba(told, count, monkeypatch):
    if told:
        monkeypatch.setenv("NUMBA_NUM_THREADS", told)
    else:
        monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    monkeypatch.setattr(start, "_spared", True)
    assert threads.count() == count
