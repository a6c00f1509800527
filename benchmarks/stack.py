"""A stack of pages larger than memory, all in one TIFF: peak memory of a job that filters it.

    python benchmarks/stack.py [--pages 300] [--side 8192] [--memory 100MB] [--folder FOLDER]

Pages of uint8, tiled and deflated, are blurred (sigma 1.4), and their edges (Sobel) are written as one TIFF,
tiled and deflated. 300 pages of 8192x8192 are 20 GB of pixels; the pages are the same tiles in other orders,
so that they are quickly made. Some are held against those filtered in memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from stream import tiles

from convpipe import Pipeline, stage

JOB = """
input: stack.tif
output: {path: out, format: tiff, tiles: 256, compression: 6}
limits: {max_pixels: 100000000, max_decoded_bytes: 1000000000000, max_file_bytes: 1000000000000}
stages:
  - {blur: gaussian, sigma: 1.4}
  - edge: sobel
"""


def make(path: Path, pages: int, side: int) -> None:
    """Write the stack: tiles that are deflated once, each page from another one on."""
    encoded = [zlib.compress(tile.tobytes(), 6) for tile in tiles(side)]

    def segments() -> Iterator[bytes]:
        for page in range(pages):
            yield from encoded[page % len(encoded) :] + encoded[: page % len(encoded)]

    shape = (pages, side, side)
    tifffile.imwrite(path, segments(), shape=shape, dtype=np.uint8, tile=(256, 256), compression="zlib",
                     bigtiff=True, photometric="minisblack", metadata=None)  # fmt: skip


def main() -> None:
    """Make the stack, filter it, and look at some pages."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--side", type=int, default=8192)
    parser.add_argument("--memory", default="100MB")
    parser.add_argument("--folder", type=Path, help="where files are kept; default: a temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        source, result = folder / "stack.tif", folder / "out" / "stack.tif"
        if not source.exists():
            make(source, given.pages, given.side)
        (folder / "job.yaml").write_text(JOB)
        command = [
            sys.executable,
            "-m",
            "convpipe",
            "run",
            "job.yaml",
            "--memory",
            given.memory,
            "--overwrite",
        ]
        began = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0
        print(f"{time.perf_counter() - began:.1f} s, {usage.ru_maxrss / 1000:.0f} MB at most, "
              f"{usage.ru_utime:.1f} s of cores")  # fmt: skip
        print(f"{source.stat().st_size / 1e9:.1f} GB read, {result.stat().st_size / 1e9:.1f} GB written")
        pipeline = Pipeline([stage("blur", "gaussian", sigma=1.4), stage("edge", "sobel")])
        with tifffile.TiffFile(source) as stack, tifffile.TiffFile(result) as made:
            assert len(stack.pages) == len(made.pages)
            for page in sorted({0, len(stack.pages) // 2, len(stack.pages) - 1}):
                np.testing.assert_array_equal(
                    made.pages[page].asarray(), pipeline(stack.pages[page].asarray())
                )
        print("pages are those filtered in memory")


if __name__ == "__main__":
    main()
