"""conv2d against torch.nn.functional.conv2d, float32.

    python benchmarks/conv2d_torch.py [--side 1024] [--threads 2]

Results agree to 1e-5 of the largest sum of |weight| |x|.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from timing import Bench, Peer, Row, Table, compared, run

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


def compare(bench: Bench, case: tuple[int, int, int, int], stride: int) -> Row:
    inputs, outputs, kernel, groups = case
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, inputs, bench.side, bench.side), dtype=np.float32)
    weight = rng.standard_normal((outputs, inputs // groups, kernel, kernel), dtype=np.float32)
    bias = rng.standard_normal(outputs, dtype=np.float32)
    tensors = [torch.from_numpy(array) for array in (x, weight, bias)]
    options = {"stride": stride, "padding": kernel // 2, "groups": groups}
    scale = np.abs(weight).sum(axis=(1, 2, 3)).max() * np.abs(x).max()
    return bench.compare(
        {"channels": f"{inputs}->{outputs}", "K": kernel, "groups": groups},
        lambda: conv2d(x, weight, bias, **options),
        Peer(lambda: torch.nn.functional.conv2d(*tensors, **options).numpy(), "torch"),
        x,
        tolerance=1e-5 * float(scale),
    )


def tables(bench: Bench) -> Iterator[Table]:
    for stride in (1, 2):
        rows = (compare(bench, case, stride) for case in CASES)
        yield compared(f"conv2d at stride {stride}, {bench.side}x{bench.side}", rows)


if __name__ == "__main__":
    run(__doc__, tables, side=1024, prepare=torch.set_num_threads)
