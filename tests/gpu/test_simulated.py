"""The kernels' tests, run by Numba's simulator in a process of its own: no device, no driver, no NVVM."""

import os
import re
import subprocess
import sys
from pathlib import Path

FILES = sorted(Path(__file__).parent.glob("test_device*.py"))


def test_every_kernel_in_the_simulator():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, FILES)],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        cwd=FILES[0].parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    (passed,) = re.findall(r"(\d+) passed", done.stdout)
    assert int(passed) > 250
    assert done.stdout.count("SKIPPED") <= 1  # conv2d on the arrays of other libraries
