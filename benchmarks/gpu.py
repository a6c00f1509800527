"""Filters and chains on a CUDA device against a copy of the same bytes, cuDNN, CuPy and torch.compile.

    python benchmarks/gpu.py [--side 8192] [--runs 30] [--folder 16] [--json FILE]

Images stand on the device; each run takes the next of several, so that none comes from the cache. Times
are of CUDA events, medians, all sides in turn. Results are compared first. Peers that are not installed
are left out. ``--folder N`` runs N large TIFFs from disk to disk on both backends, transfers included.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numba import cuda
from timing import Row, Table

from convpipe import Pipeline, images, stage
from convpipe.compile.cuda.device import Slot
from convpipe.compile.cuda.launch import Launch
from convpipe.compile.cuda.probe import problems
from convpipe.compile.cuda.run import compile_plan

ROTATED = 4
"""Images taken in turn: together several times the L2 cache from 4096x4096 float32 on."""

Work = Callable[[int], Any]
"""Filters image k of those taken in turn."""


def kernel(size: int) -> np.ndarray:
    taps = np.random.default_rng(size).random((size, size))
    return taps / taps.sum()


BLUR = np.outer(*[[1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16]] * 2)
SOBEL_X = np.outer([1, 2, 1], [-1, 0, 1]) / 4
SOBEL_Y = SOBEL_X.T

CASES: dict[str, tuple[list[np.ndarray], list[Any], str, str]] = {
    "3x3": ([kernel(3)], [stage("custom", "3x3", kernel=kernel(3).tolist())], "float32", "float32"),
    "5x5": ([kernel(5)], [stage("custom", "5x5", kernel=kernel(5).tolist())], "float32", "float32"),
    "blur5-sobel-uint8": (
        [BLUR, SOBEL_X, SOBEL_Y],
        [stage("custom", "blur", kernel=BLUR.tolist()), stage("edge", "sobel")],
        "uint8",
        "uint8",
    ),
    "float32-blur5-sobel": (
        [BLUR, SOBEL_X, SOBEL_Y],
        [stage("custom", "blur", kernel=BLUR.tolist()), stage("edge", "sobel")],
        "float32",
        "float32",
    ),
}
"""Name: the taps for the peers, the stages, and the dtypes in and out."""


def milliseconds(works: dict[str, Work], runs: int) -> dict[str, float]:
    """Return the median time of each work, all of them in turn."""
    start, end = cuda.event(timing=True), cuda.event(timing=True)
    found: dict[str, list[float]] = {name: [] for name in works}
    for run in range(runs + 3):
        for name, work in works.items():
            start.record()
            work(run % ROTATED)
            end.record()
            end.synchronize()
            if run >= 3:  # the first compile and warm
                found[name].append(cuda.event_elapsed_time(start, end))
    return {name: median(times) for name, times in found.items()}


def ours(stages: list[Any], sources: list[Any], image: np.ndarray, output: str) -> tuple[Work, int]:
    """Return the work, and the bytes that it must read and write."""
    plan = Pipeline(stages, dtype=output, backend="cpu").plan(image.shape, image.dtype.name)
    device = Slot()
    device.stream = cuda.default_stream()  # the stream of the events and of the peers
    (part,) = compile_plan(plan).parts
    launch = Launch(part, device)
    moved = image.nbytes + plan.extent[0] * plan.extent[1] * np.dtype(output).itemsize
    return lambda k: launch([sources[k]])[0], moved


def copy(sources: list[Any], moved: int) -> Work:
    """Return a copy on the device that reads and writes `moved` bytes."""
    half = moved // 2
    given = [cuda.to_device(np.zeros(half, np.uint8)) for _ in sources]
    target = cuda.device_array(half, np.uint8)
    return lambda k: target.copy_to_device(given[k])


def with_torch(taps: list[np.ndarray], sources: list[Any], output: str) -> dict[str, Work]:
    """Return the chain in torch: cuDNN's convolutions, and compiled by torch.compile."""
    import torch
    from torch.nn import functional

    given = [torch.as_tensor(source, device="cuda")[None, None] for source in sources]
    weights = [torch.tensor(tap, dtype=torch.float32, device="cuda") for tap in taps]

    def reflected(x: Any, weight: Any) -> Any:
        side = weight.shape[-1] // 2
        return functional.conv2d(functional.pad(x, (side,) * 4, mode="reflect"), weight)

    first = weights[0][None, None]
    second = torch.stack(weights[1:])[:, None] if len(weights) > 1 else None

    def chain(x: Any) -> Any:
        y = reflected(x.float(), first)
        if second is not None:
            y = (reflected(y, second).square().sum(1, keepdim=True) * 0.5).sqrt()
        return y.round().clamp(0, 255).to(torch.uint8) if output == "uint8" else y

    compiled = torch.compile(chain)
    return {"cuDNN": lambda k: chain(given[k]), "torch.compile": lambda k: compiled(given[k])}


def with_cupy(taps: list[np.ndarray], sources: list[Any], output: str) -> dict[str, Work]:
    """Return the chain in CuPy."""
    import cupy
    from cupyx.scipy import ndimage

    given = [cupy.asarray(source) for source in sources]
    weights = [cupy.asarray(tap, dtype=np.float32) for tap in taps]

    def chain(k: int) -> Any:
        y = ndimage.correlate(given[k], weights[0], output=np.float32, mode="mirror")
        if len(weights) > 1:
            x, y = (ndimage.correlate(y, tap, mode="mirror") for tap in weights[1:])
            y = cupy.sqrt((x * x + y * y) * np.float32(0.5))
        return cupy.clip(cupy.rint(y), 0, 255).astype(np.uint8) if output == "uint8" else y

    return {"CuPy": chain}


PEERS = {"torch": with_torch, "cupy": with_cupy}


def host(result: Any) -> np.ndarray:
    """Return a result of any library as a NumPy array of two axes."""
    if hasattr(result, "copy_to_host"):
        array = result.copy_to_host()
    else:
        array = result.get() if hasattr(result, "get") else result.cpu().numpy()
    return np.asarray(array, np.float64).reshape(array.shape[-2:])


def compare(name: str, side: int, runs: int) -> Row:
    """Time one case; the peers' results must be ours within a level or 1e-4."""
    taps, stages, dtype, output = CASES[name]
    image = np.random.default_rng(0).integers(0, 256, (side, side)).astype(dtype)
    sources = [cuda.to_device(np.roll(image, 64 * k, axis=1)) for k in range(ROTATED)]
    work, moved = ours(stages, sources, image, output)
    works = {"copy": copy(sources, moved), "convpipe": work}
    for library, peer in PEERS.items():
        if find_spec(library):
            works |= peer(taps, sources, output)
    want = host(work(0))
    for peer_name in works.keys() - {"copy", "convpipe"}:
        difference = np.abs(host(works[peer_name](0)) - want).max()
        assert difference <= (1 if output == "uint8" else 1e-2), f"{peer_name} differs by {difference}"
    times = milliseconds(works, runs)
    bandwidth = 100 * times["copy"] / times["convpipe"]
    return {"case": name, **{f"{key} ms": value for key, value in times.items()}, "% of copy": bandwidth}


def folder(count: int, side: int) -> Table:
    """Large TIFFs from disk to disk on both backends."""
    rng = np.random.default_rng(0)
    chain = CASES["blur5-sobel-uint8"][1]
    rows = []
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        (root / "in").mkdir()
        for k in range(count):
            pixels = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
            images.write(root / "in" / f"{k}.tif", pixels, images.Encoding(compression=0))
        for backend in ("cpu", "cuda"):
            pipeline = Pipeline(chain, backend=backend)
            pipeline.run_folder(root / "in", root / f"{backend}-warm", compression=0)
            began = time.perf_counter()
            report = pipeline.run_folder(root / "in", root / backend, compression=0)
            seconds = time.perf_counter() - began
            assert report.done == count, report.failures
            rows.append(
                {"backend": backend, "images": count, "s": seconds, "MP/s": report.megapixels / seconds}
            )
    return Table(f"A folder of {side}x{side} RGB TIFFs, disk to disk", rows)


def setting() -> str:
    """Return the card and the versions."""

    def of(package: str) -> str:
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"no {package}"

    card = cuda.get_current_device()
    major, minor = card.compute_capability
    name = card.name.decode() if isinstance(card.name, bytes) else card.name
    packages = ", ".join(map(of, ("numba-cuda", "torch", "cupy-cuda13x", "numpy")))
    return f"{name} (sm_{major}{minor}); {packages}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--side", type=int, default=8192)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--folder", type=int, default=0, metavar="N")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if reasons := problems():
        sys.exit(f"no figures without a device: {'; '.join(reasons)}")
    rows = [compare(name, options.side, options.runs) for name in CASES]
    tables = [Table(f"{options.side}x{options.side}, on the device", rows, setting())]
    if options.folder:
        tables.append(folder(options.folder, options.side // 2))
    print("\n\n".join(map(str, tables)))
    if options.json:
        options.json.write_text(json.dumps([asdict(table) for table in tables], indent=2))


if __name__ == "__main__":
    main()
