"""conv2d against torch.nn.functional.conv2d: same values first, then times.

Calls alternate, with a pause after each so that no library's idle threads still spin while the other is
timed; medians are compared. A ratio above 1 means that convpipe is faster.

    python benchmarks/conv2d_torch.py [--repeats N] [--threads N] [--size N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numba
import numpy as np
import torch

from convpipe import conv2d

CASES = [
    # (channels in, channels out, kernel, groups)
    (1, 1, 3, 1),
    (3, 3, 3, 1),
    (3, 16, 3, 1),
    (16, 16, 3, 1),
    (1, 8, 5, 1),
    (3, 3, 3, 3),
]
STRIDES = (1, 2)
PAUSE = 0.005


def medians(calls: list[Callable[[], object]], repeats: int) -> list[float]:
    """Return the median milliseconds of each call, timed in turn."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(repeats):
        for call, found in zip(calls, times, strict=True):
            time.sleep(PAUSE)
            start = time.perf_counter()
            call()
            found.append((time.perf_counter() - start) * 1e3)
    return [float(np.median(found)) for found in times]


def compare(case: tuple[int, int, int, int], stride: int, size: int, repeats: int) -> float:
    """Print one row of the table, and return how many times faster than torch this is."""
    inputs, outputs, kernel, groups = case
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, inputs, size, size), dtype=np.float32)
    weight = rng.standard_normal((outputs, inputs // groups, kernel, kernel), dtype=np.float32)
    bias = rng.standard_normal(outputs, dtype=np.float32)
    tensors = [torch.from_numpy(array) for array in (x, weight, bias)]
    options = {"stride": stride, "padding": kernel // 2, "groups": groups}

    def by_torch() -> torch.Tensor:
        return torch.nn.functional.conv2d(*tensors, **options)

    def by_convpipe() -> object:
        return conv2d(x, weight, bias, **options)

    scale = np.abs(weight).sum(axis=(1, 2, 3)).max() * np.abs(x).max()
    error = np.abs(by_torch().numpy() - by_convpipe()).max() / scale
    assert error < 1e-5, f"{case}: off by {error}"
    theirs, ours = medians([by_torch, by_convpipe], repeats)
    name = f"{inputs}->{outputs} K{kernel}" + (" depthwise" if groups > 1 else "")
    times = f"torch {theirs:8.2f} ms  convpipe {ours:7.2f} ms  ratio {theirs / ours:6.2f}"
    print(f"{name:18} stride {stride}  {times}")
    return theirs / ours


def main() -> None:
    parser = argparse.ArgumentParser(description="conv2d against torch, float32")
    parser.add_argument("--repeats", type=int, default=25)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, default=1024)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    numba.set_num_threads(options.threads)
    print(f"{options.size}x{options.size}, {options.threads} threads, torch {torch.__version__}")
    ratios = [compare(case, stride, options.size, options.repeats) for stride in STRIDES for case in CASES]
    print(f"slowest case: {min(ratios):.2f} times as fast as torch")


if __name__ == "__main__":
    main()
