"""A TIFF larger than memory: time and peak memory of the whole process, beside libvips.

    python benchmarks/stream.py [--size 32768] [--memory 120000000] [--peer /path/to/python/with/pyvips]
    python benchmarks/stream.py --again 60000000

A tiled uint8 TIFF is made in a temporary folder, blurred (sigma 1.4), and its edges (Sobel) are written as a
tiled deflate TIFF, level 6, tiles of 256 pixels. Each run is a process of its own; the peer uses as many
threads. Crops of the result are held against those filtered in memory, and the file against that of another
memory limit (``--again``).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

OURS = """
import sys
from convpipe.engine import Engine
from convpipe.geometry import Border
from convpipe.limits import Limits
from convpipe.stages import stage
from convpipe.stages.wiring import wire
from convpipe.streaming import Options, stream
source, target, memory, threads = sys.argv[1:]
gain = 4 * 2**0.5  # libvips does not divide
stages = [stage("blur", "gaussian", sigma=1.4), stage("edge", "sobel", gain=gain)]
engine = Engine(wire(stages), Border.REFLECT, "uint8", "cpu")
options = Options(int(memory), int(threads), compression=6, overwrite=True)
limits = Limits(max_pixels=1 << 40, max_decoded_bytes=1 << 40, max_file_bytes=1 << 40)
bands = stream(engine, source, {"result": target}, options, limits=limits).bands
print(f"bands of {bands.height} rows on {bands.threads} threads, {bands.nbytes / 1e6:.0f} MB planned")
"""

THEIRS = """
import sys
import pyvips
source, target, memory, threads = sys.argv[1:]
image = pyvips.Image.new_from_file(source, access="sequential")
image = image.gaussblur(1.4).sobel()
image.tiffsave(target, tile=True, tile_width=256, tile_height=256, compression="deflate", Q=75,
               predictor="horizontal", bigtiff=True, level=6)
print(f"libvips {pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)}, a {image.format} result")
"""


def tiles(size: int, tile: int = 256) -> Iterator[np.ndarray]:
    """Yield the tiles of an image: smooth shapes with noise, as a slide has."""
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 6, (8, tile, tile))
    across = np.arange(tile)
    for top in range(0, size, tile):
        for left in range(0, size, tile):
            waves = np.sin((top + across) / 90)[:, None] * np.cos((left + across) / 70)
            yield np.clip(128 + 90 * waves + noise[(top + left) // tile % 8], 0, 255).astype(np.uint8)


def run(python: str, code: str, *given: str, threads: int) -> None:
    """Run one process, and print what it says, its time and its peak memory."""
    environment = {**os.environ, "VIPS_CONCURRENCY": str(threads)}
    began = time.perf_counter()
    child = subprocess.Popen([python, "-c", code, *given], env=environment, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said = child.stdout.read().strip()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - began
    print(f"{took:6.1f} s, {usage.ru_maxrss / 1000:4.0f} MB at most, {usage.ru_utime:.1f} s of cores: {said}")


def check(source: Path, result: Path, side: int = 1024, margin: int = 8) -> None:
    """Hold crops of the result against those that are filtered in memory: corners, and some from within."""
    import tifffile
    import zarr

    from convpipe import Pipeline, stage

    pipeline = Pipeline([stage("blur", "gaussian", sigma=1.4), stage("edge", "sobel", gain=4 * 2**0.5)])
    given, made = (zarr.open(tifffile.imread(path, aszarr=True), mode="r") for path in (source, result))
    last = given.shape[0] - side
    for top, left in [(0, 0), (0, last), (last, 0), (last, last), (last // 3 + 5, last // 2 + 77)]:
        rows, cols = (slice(max(at - margin, 0), at + side + margin) for at in (top, left))
        inner = np.s_[top - rows.start :, left - cols.start :]
        want = pipeline(np.asarray(given[rows, cols]))[inner][:side, :side]
        np.testing.assert_array_equal(made[top : top + side, left : left + side], want)
    print(f"{'':9}5 crops of {side}x{side} are those filtered in memory")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Make the image, and run both."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=32768)
    parser.add_argument("--memory", type=int, default=120_000_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--again", type=int, help="another memory limit, whose file has the same bytes")
    parser.add_argument("--peer", help="a Python that has pyvips")
    parser.add_argument("--folder", type=Path, help="where files are kept; default: a temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        source = folder / f"source-{given.size}.tif"
        if not source.exists():
            import tifffile

            shape = (given.size, given.size)
            tifffile.imwrite(source, tiles(given.size), shape=shape, dtype=np.uint8, tile=(256, 256),
                             compression="zlib", predictor=True, bigtiff=True, metadata=None)  # fmt: skip
        both = [(sys.executable, OURS, "ours.tif")]
        both += [(given.peer, THEIRS, "theirs.tif")] if given.peer else []
        for python, code, name in both:
            run(python, code, str(source), str(folder / name), str(given.memory), str(given.threads),
                threads=given.threads)  # fmt: skip
            print(f"{'':9}{(folder / name).stat().st_size / 1e6:.0f} MB written")
        check(source, folder / "ours.tif")
        if given.again:
            limits = str(given.again), str(given.threads)
            run(sys.executable, OURS, str(source), str(folder / "again.tif"), *limits, threads=given.threads)
            assert digest(folder / "again.tif") == digest(folder / "ours.tif")
            print(f"{'':9}the same bytes")


if __name__ == "__main__":
    main()
