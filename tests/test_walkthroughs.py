"""The tutorial and the how-to pages are done, from their first line to their last, and show what happens."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tifffile import imwrite

from convpipe.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "docs/tutorial.md", *sorted((ROOT / "docs/how-to").glob("*.md"))]

CONFIG = re.compile(r"^```yaml\n# ([\w-]+\.yaml)\n(.*?)^```$", re.M | re.S)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"^\$ convpipe (.*)\n((?:(?!\$ ).*\n)*)", re.M)


def plates(folder):
    """Make images of one size under a light that is brighter on the right."""
    folder.mkdir()
    light = np.linspace(0.5, 1, 48)
    for seed in range(4):
        cells = np.random.default_rng(seed).integers(100, 200, (40, 48))
        imwrite(folder / f"plate-{seed}.tif", (cells * light).astype(np.uint8))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_can_be_done(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("data", "configs"):
        (tmp_path / name).symlink_to(ROOT / name)
    plates(tmp_path / "plates")
    text = page.read_text()
    for name, config in CONFIG.findall(text):
        (tmp_path / name).write_text(config)
    shown = [pair for block in CONSOLE.findall(text) for pair in COMMAND.findall(block)]
    assert shown
    alike = doctest.OutputChecker().check_output
    for command, expected in shown:
        done = CliRunner().invoke(main, command.split())
        assert done.exit_code == 0, (command, done.output)
        assert alike(expected, done.output, doctest.ELLIPSIS), f"$ convpipe {command}\n{done.output}"
