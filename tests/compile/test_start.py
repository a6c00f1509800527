"""The quick start of Numba, in processes of its own."""

import os
import subprocess
import sys

import pytest


def run(code, **more):
    """Return what a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, **more)
    return done.stdout.strip()


def test_scipy_stays_out_and_can_be_had_later():
    code = """
import sys
from convpipe.compile.runtime import start
def loaded():
    return [name in sys.modules for name in ("numba", "numba.np.arraymath", "scipy", "cffi")]
start.load()
first = loaded()
start.fill_tables()
then = loaded()
import scipy.linalg
print(first, then, scipy.linalg.det([[2.0]]) == 2)
"""
    assert run(code) == "[True, False, False, False] [True, True, False, False] True"


def test_other_threads_get_what_is_kept_from_numba():
    code = """
import threading
from convpipe.compile.runtime import start
found = []
def other():
    import scipy, yaml
    found.append((scipy.__name__, yaml.__name__))
with start._absent(start.NOT_NEEDED | {"yaml"}):
    try:
        import scipy
    except ImportError as error:
        found.append(error.name)
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
print(*found)
"""
    assert run(code) == "scipy ('scipy', 'yaml')"


@pytest.mark.parametrize("given", [False, True])
def test_settings_of_numba_are_read_where_there_are_any(given, tmp_path):
    if given:
        (tmp_path / ".numba_config.yaml").write_text("loop_vectorize: 0\n")
    code = """
import sys
from convpipe.compile.runtime import start
start.load()
import numba
print("yaml" in sys.modules, numba.config.LOOP_VECTORIZE == 0)
"""
    assert run(code, cwd=tmp_path) == f"{given} {given}"


def test_the_collector_is_as_it_was():
    code = """
import gc
from convpipe.compile.runtime import start
start.load()
print(gc.isenabled(), gc.get_freeze_count() > 0)
"""
    assert run(code) == "True True"


def test_loops_give_the_same_bytes():
    code = """
import numpy as np, convpipe, sys
if "load" in sys.argv:
    from convpipe.compile.runtime import start
    start.load()
image = np.random.default_rng(3).integers(0, 256, (90, 70, 3), np.uint8)
print(hash(convpipe.Pipeline([convpipe.stage("blur", "gaussian", sigma=1)], backend="cpu")(image).tobytes()))
"""
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    results = {
        subprocess.run(
            [sys.executable, "-c", code, *more], env=environment, capture_output=True, check=True
        ).stdout
        for more in ([], ["load"])
    }
    assert len(results) == 1


@pytest.mark.parametrize("redirect", ["", "> /dev/full"])
@pytest.mark.parametrize("code", [0, 3])
def test_a_command_ends_in_haste_only_when_everything_is_out(redirect, code):
    """Output that cannot be written is an error, and leaves the code of another one as it is."""
    if redirect and not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    program = (
        f"import numba; from convpipe.cli import process; print('x'); process._leave(SystemExit({code}))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = f'"{sys.executable}" -c "{program}" {redirect}'
    done = subprocess.run(command, shell=True, capture_output=True, env=environment)
    assert done.returncode == (code or 1 if redirect else code)
    assert done.stdout == (b"" if redirect else b"x\n")
    assert (b"standard output cannot be written" in done.stderr) == bool(redirect)
