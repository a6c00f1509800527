"""Where no loop can run, a job is refused once, with the reason, before any image is read."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import convpipe
from convpipe import BackendError, Pipeline, images, stage
from convpipe.compile.runtime import environment

REFUSED = {
    "NUMBA_DISABLE_JIT=1": "NUMBA_DISABLE_JIT is set, and loops of uncompiled Python",
    "NUMBA_NUM_THREADS=0": "NUMBA_NUM_THREADS needs a whole number of at least 1; given '0'",
    "NUMBA_NUM_THREADS=two": "NUMBA_NUM_THREADS needs a whole number of at least 1; given 'two'",
    "NUMBA_THREADING_LAYER=workqueue": "the threading layer 'workqueue' aborts when two threads enter it",
    "NUMBA_THREADING_LAYER=tbbb": "the threading layer 'tbbb' is not one of them",
}


@pytest.fixture(autouse=True)
def _anew():
    environment.check.cache_clear()
    yield
    environment.check.cache_clear()


@pytest.fixture(params=REFUSED)
def reason(request, monkeypatch):
    monkeypatch.setenv(*request.param.split("="))
    return REFUSED[request.param]


def test_each_way_in_says_why(reason, tmp_path):
    pipeline = Pipeline([stage("blur", "box", size=3)], backend="cpu")
    assert pipeline.plan((8, 9)).extent == (8, 9)  # which takes no Numba
    with pytest.raises(BackendError, match=reason):
        pipeline(np.zeros((8, 9), np.uint8))
    with pytest.raises(BackendError, match=reason):
        convpipe.conv2d(np.ones((5, 5)), np.ones((3, 3)))
    images.write(tmp_path / "a.png", np.zeros((8, 9), np.uint8))
    with pytest.raises(BackendError, match=reason):
        pipeline.run_folder(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("variable", ["NUMBA_DISABLE_JIT=1", "NUMBA_NUM_THREADS=0"])
def test_a_job_is_refused_in_one_line(variable, tmp_path):
    for name in "ab":
        images.write(tmp_path / f"{name}.png", np.zeros((8, 9), np.uint8))
    (tmp_path / "job.yaml").write_text("name: job\nstages: [{blur: box, size: 3}]\n")
    done = subprocess.run(
        [sys.executable, "-m", "convpipe", "run", "job.yaml", ".", "out"],
        env={**os.environ, **dict([variable.split("=")])},
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: job: {REFUSED[variable]}")
    assert done.stderr.count("\n") == 1


def test_threads_that_cannot_be_started_are_missed_before_they_are_needed():
    pytest.importorskip("resource")
    code = """
import os, resource
from convpipe.compile.runtime import environment
if os.getuid() == 0:
    os.setuid(12345)  # the limit is not for root
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
try:
    environment.check()
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("BackendError only 0 of "), done.stderr


def alone(arguments, folder):
    """Run the command as a process that may start no other, and no thread; return how it ended."""
    pytest.importorskip("resource")
    bind = []
    if os.getuid() == 0:  # the limit is not for root: another user, who may read what root may
        setpriv = shutil.which("setpriv") or pytest.skip("needs setpriv, to be bound as root")
        reading = "+dac_override,+dac_read_search"
        bind = [setpriv, "--reuid=65534", "--bounding-set=-sys_resource,-sys_admin"]
        bind += [f"--inh-caps={reading}", f"--ambient-caps={reading}"]
    line = 'ulimit -u 1 && exec "$@"'
    return subprocess.run(
        [*bind, "bash", "-c", line, "bash", sys.executable, "-m", "convpipe", *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(convpipe.__file__).parents[1])},
        capture_output=True, text=True, cwd=folder, check=False,
    )  # fmt: skip


def test_a_command_that_starts_no_thread_needs_none(tmp_path):
    """NumPy's OpenBLAS would start one a core as it is loaded, and end the process as Ctrl-C does."""
    ended = alone(["stages", "edge", "sobel"], tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("edge: sobel\n")


def test_a_run_that_may_start_no_thread_says_so(tmp_path):
    (tmp_path / "job.yaml").write_text("stages: [{blur: box, size: 3}]\n")
    ended = alone(["run", "job.yaml", ".", "out"], tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: job: only 0 of ")
    assert ended.stderr.endswith("raise the limit on processes (ulimit -u), or use fewer cores (taskset)\n")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("asked", ["tbb", "safe", "default"])
def test_a_layer_that_is_missing(asked, monkeypatch):
    monkeypatch.setenv("NUMBA_THREADING_LAYER", asked)
    monkeypatch.setattr(environment, "_loads", lambda module: False)
    with pytest.raises(BackendError, match=r"layer tbb.* cannot be loaded; try: pip install tbb"):
        environment.check()


def test_a_program_that_turns_the_compiler_off_is_told(monkeypatch):
    import numba

    from convpipe.compile.runtime import threads

    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    threads.prepare.cache_clear()
    with pytest.raises(BackendError, match="NUMBA_DISABLE_JIT"):
        threads.prepare()
    threads.prepare.cache_clear()


def test_openmp_is_named_with_its_limit(monkeypatch):
    from click.testing import CliRunner

    from convpipe.cli import main

    monkeypatch.setenv("NUMBA_THREADING_LAYER", "omp")
    shown = CliRunner().invoke(main, ["info"]).stdout
    assert "threading  omp (a process that forks after its first parallel loop loses the child" in shown
