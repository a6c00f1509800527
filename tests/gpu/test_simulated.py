"""The kernels' tests, run by Numba's simulator in processes of their own: no device, no driver, no NVVM."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FILES = sorted(Path(__file__).parent.glob("test_device*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_kernel_in_the_simulator(file):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        cwd=file.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    (passed,) = re.findall(r"(\d+) passed", done.stdout)
    assert int(passed) >= 20
    # conv2d on the arrays of other libraries, a full device, and images of many blocks
    assert done.stdout.count("SKIPPED") <= 2
