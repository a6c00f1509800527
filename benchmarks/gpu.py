"""Filters and chains on a CUDA device against a copy of the same bytes, cuDNN, CuPy and torch.compile.

    python benchmarks/gpu.py [--side 8192] [--runs 30] [--folder 16] [--json FILE]

Images stand on the device; each run takes the next of several, so that none comes from the cache. Times
are of CUDA events, medians, all sides in turn, without what the host takes to call for the work. Results
are compared first. Peers that are not installed are left out. ``--folder N`` runs N large TIFFs from disk to
disk on both backends, transfers included.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
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


SIDES = ("copy", "convpipe", "torch", "torch.compile", "CuPy")

Work = Callable[[int], Any]
"""Filters image k of those taken in turn."""


def kernel(size: int) -> np.ndarray:
    taps = np.random.default_rng(size).random((size, size))
    return taps / taps.sum()


TAPS = {
    "3x3": kernel(3),
    "5x5": kernel(5),
    "blur": np.outer(*[[1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16]] * 2),
    "x": np.outer([1, 2, 1], [-1, 0, 1]) / 4,
    "y": np.outer([-1, 0, 1], [1, 2, 1]) / 4,
}


class Torch:
    """What the cases need of torch: images are (1, 1, rows, columns); sums in float32, as all others."""

    def __init__(self, device: str = "cuda") -> None:
        self.torch = import_module("torch")
        self.nn = import_module("torch.nn.functional")
        self.torch.backends.cudnn.allow_tf32 = False
        banks = TAPS | {"sobel": np.stack([TAPS["x"], TAPS["y"]])}
        self.weights = {
            name: self.torch.tensor(taps, dtype=self.torch.float32, device=device).reshape(
                -1, 1, *taps.shape[-2:]
            )
            for name, taps in banks.items()
        }

    def correlate(self, x: Any, name: str) -> Any:
        """Return the correlation with the taps of that name, beyond a reflected border."""
        weight = self.weights[name]
        return self.nn.conv2d(self.nn.pad(x.float(), (weight.shape[-1] // 2,) * 4, mode="reflect"), weight)

    def sobel(self, x: Any) -> Any:
        """Return the root of half the gradients' squares: one convolution to two channels."""
        return (self.correlate(x, "sobel").square().sum(1, keepdim=True) * 0.5).sqrt()

    def pixels(self, y: Any) -> Any:
        """Round and saturate to uint8."""
        return y.round().clamp(0, 255).to(self.torch.uint8)

    def erode(self, x: Any, size: int) -> Any:
        """Return the least sample under a square."""
        side = size // 2
        padded = self.nn.pad(x.float(), (side,) * 4, mode="replicate")
        return (-self.nn.max_pool2d(-padded, size, stride=1)).to(self.torch.uint8)

    def half(self, x: Any) -> Any:
        """Return the image at half its size."""
        return self.nn.interpolate(x, scale_factor=0.5, mode="bicubic", antialias=True)

    def means(self, x: Any) -> Any:
        """Return the means of squares of two by two pixels."""
        return self.nn.avg_pool2d(x, 2)


class CuPy:
    """What the cases need of CuPy."""

    def __init__(self, array: str = "cupy", filters: str = "cupyx.scipy.ndimage") -> None:
        self.cupy, self.ndimage = import_module(array), import_module(filters)
        self.weights = {name: self.cupy.asarray(taps, dtype=np.float32) for name, taps in TAPS.items()}

    def correlate(self, x: Any, name: str) -> Any:
        """Return the correlation with the taps of that name, beyond a reflected border."""
        return self.ndimage.correlate(x, self.weights[name], output=np.float32, mode="mirror")

    def sobel(self, x: Any) -> Any:
        """Return the root of half the gradients' squares."""
        gradients = self.correlate(x, "x"), self.correlate(x, "y")
        return self.cupy.sqrt((gradients[0] ** 2 + gradients[1] ** 2) * np.float32(0.5))

    def pixels(self, y: Any) -> Any:
        """Round and saturate to uint8."""
        return self.cupy.clip(self.cupy.rint(y), 0, 255).astype(np.uint8)

    def erode(self, x: Any, size: int) -> Any:
        """Return the least sample under a square."""
        return self.ndimage.minimum_filter(x, size, mode="nearest")

    def median(self, x: Any, size: int) -> Any:
        """Return the middle sample under a square."""
        return self.ndimage.median_filter(x, size, mode="mirror")


@dataclass(frozen=True)
class Case:
    """A chain of ours, and the same of any library, written once with what `Torch` and `CuPy` offer."""

    stages: Sequence[Any]
    dtype: str
    chain: Callable[[Any, Any], Any]
    sides: tuple[str, ...] = ("torch", "cupy")


def custom(taps: str, **common: Any) -> Any:
    return stage("custom", taps, kernel=TAPS[taps].tolist(), **common)


CASES = {
    "3x3 float32": Case([custom("3x3")], "float32", lambda of, x: of.correlate(x, "3x3")),
    "5x5 float32": Case([custom("5x5")], "float32", lambda of, x: of.correlate(x, "5x5")),
    "blur 5, sobel, uint8": Case(
        [custom("blur"), stage("edge", "sobel")],
        "uint8",
        lambda of, x: of.pixels(of.sobel(of.correlate(x, "blur"))),
    ),
    "blur 5, sobel, float32": Case(
        [custom("blur"), stage("edge", "sobel")], "float32", lambda of, x: of.sobel(of.correlate(x, "blur"))
    ),
    "unsharp of a join, uint8": Case(
        [custom("blur", name="soft"), stage("combine", "mine", formula="input + 1.5 * (input - soft)")],
        "uint8",
        lambda of, x: of.pixels(2.5 * x - 1.5 * of.correlate(x, "blur")),
    ),
    "median 3, uint8": Case(
        [stage("rank", "median", size=3)], "uint8", lambda of, x: of.median(x, 3), sides=("cupy",)
    ),
    "median 7, uint8": Case(
        [stage("rank", "median", size=7)], "uint8", lambda of, x: of.median(x, 7), sides=("cupy",)
    ),
    "erode 15, uint8": Case(
        [stage("morphology", "erode", size=15, border="edge")], "uint8", lambda of, x: of.erode(x, 15)
    ),
    "bicubic to the half, float32": Case(
        [stage("geometry", "resize", factor=0.5, method="bicubic")],
        "float32",
        lambda of, x: of.half(x),
        sides=("torch",),
    ),
    "area to the half, float32": Case(
        [stage("geometry", "resize", factor=0.5, method="area")],
        "float32",
        lambda of, x: of.means(x),
        sides=("torch",),
    ),
    "bilateral 5, uint8": Case(
        [stage("blur", "bilateral", sigma_color=25, sigma_space=1, size=5)],
        "uint8",
        lambda of, x: x,
        sides=(),
    ),
}


def milliseconds(works: dict[str, Work], runs: int) -> dict[str, float]:
    """Return the median time on the device of each work, all of them in turn.

    The device is kept busy while the host calls for the work: what that takes is not in the time.
    """
    start, end = cuda.event(timing=True), cuda.event(timing=True)
    busy = [cuda.device_array(2**30, np.uint8) for _ in range(2)]
    found: dict[str, list[float]] = {name: [] for name in works}
    for run in range(runs + 3):
        for name, work in works.items():
            for _ in range(8):
                busy[0].copy_to_device(busy[1])
            start.record()
            work(run % ROTATED)
            end.record()
            end.synchronize()
            if run >= 3:  # the first compile and warm
                found[name].append(cuda.event_elapsed_time(start, end))
    return {name: median(times) for name, times in found.items()}


def ours(stages: Sequence[Any], sources: list[Any], image: np.ndarray) -> tuple[Work, int]:
    """Return the work, and the bytes that it must read and write."""
    plan = Pipeline(stages, dtype=image.dtype.name, backend="cpu").plan(image.shape, image.dtype.name)
    device = Slot()
    device.stream = cuda.default_stream()  # the stream of the events and of the peers
    (part,) = compile_plan(plan).parts
    launch = Launch(part, device)
    moved = image.nbytes + plan.extent[0] * plan.extent[1] * image.itemsize
    return lambda k: launch([sources[k]])[0], moved


def copy(sources: list[Any], moved: int) -> Work:
    """Return a copy on the device that reads and writes `moved` bytes."""
    half = moved // 2
    given = [cuda.to_device(np.zeros(half, np.uint8)) for _ in sources]
    target = cuda.device_array(half, np.uint8)
    return lambda k: target.copy_to_device(given[k])


def peers(case: Case, sources: list[Any]) -> dict[str, Work]:
    """Return the chain in each library that is installed, and compiled by torch.compile."""
    works: dict[str, Work] = {}
    if "torch" in case.sides and find_spec("torch"):
        of = Torch()
        given = [of.torch.as_tensor(source, device="cuda")[None, None] for source in sources]
        compiled = of.torch.compile(lambda x: case.chain(of, x))
        works["torch"] = lambda k: case.chain(of, given[k])
        works["torch.compile"] = lambda k: compiled(given[k])
    if "cupy" in case.sides and find_spec("cupy"):
        cupy = CuPy()
        arrays = [cupy.cupy.asarray(source) for source in sources]
        works["CuPy"] = lambda k: case.chain(cupy, arrays[k])
    return works


def host(result: Any) -> np.ndarray:
    """Return a result of any library as a NumPy array of two axes."""
    if hasattr(result, "copy_to_host"):
        array = result.copy_to_host()
    else:
        array = result.get() if hasattr(result, "get") else result.cpu().numpy()
    return np.asarray(array, np.float64).reshape(array.shape[-2:])


def compare(name: str, side: int, runs: int) -> Row:
    """Time one case; the peers' results must be ours within a level or 1e-4."""
    case = CASES[name]
    image = np.random.default_rng(0).integers(0, 256, (side, side)).astype(case.dtype)
    sources = [cuda.to_device(np.roll(image, 64 * k, axis=1)) for k in range(ROTATED)]
    work, moved = ours(case.stages, sources, image)
    works = {"copy": copy(sources, moved), "convpipe": work} | peers(case, sources)
    want = host(work(0))
    for peer in works.keys() - {"copy", "convpipe"}:
        difference = np.abs(host(works[peer](0)) - want).max()
        assert difference <= (1 if case.dtype == "uint8" else 1e-2), f"{name}: {peer} differs by {difference}"
    times = milliseconds(works, runs)
    shown = {f"{key} ms": times.get(key, "-") for key in SIDES}
    return {"case": name, **shown, "% of copy": 100 * times["copy"] / times["convpipe"]}


def folder(count: int, side: int) -> Table:
    """Large TIFFs from disk to disk on both backends."""
    rng = np.random.default_rng(0)
    chain = CASES["blur 5, sobel, uint8"].stages
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
