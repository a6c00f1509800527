"""Make the animations of the lab, as GIFs in docs/pictures: what ``convpipe explain --animate`` writes.

Run from anywhere: ``python scripts/make_animations.py [FOLDER]``.
"""

import sys
from pathlib import Path

from click.testing import CliRunner

from convpipe.cli import main

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"

LINE = "; ".join(["0 0 1 0 0"] * 5)
SOBEL = "1 0 -1; 2 0 -2; 1 0 -1"

ONES, TWO = "; ".join(["1 1 1 1"] * 4), "1 1; 1 1"

ANIMATIONS = {
    "sliding-kernel.gif": ["--input", LINE, "--kernel", SOBEL],
    "sliding-misfit.gif": ["--input", ONES, "--kernel", TWO, "--stride", "3"],
    "sliding-padded.gif": ["--input", ONES, "--kernel", TWO, "--padding", "1"],
    "sliding-stride-3.gif": ["--input", ONES, "--kernel", TWO, "--padding", "1", "--stride", "3"],
}
"""By the names of files: the options of the command."""


def make(folder):
    for name, options in ANIMATIONS.items():
        path = str(folder / name)
        result = CliRunner().invoke(main, ["explain", *options, "--animate", path, "--overwrite"])
        if result.exit_code:
            raise SystemExit(result.stderr)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
