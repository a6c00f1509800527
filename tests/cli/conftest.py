"""A folder of tiny images, configs over it, and the command to run on them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from convpipe import images
from convpipe.cli import main

BOX = "- {blur: box, size: 3}"
"""The one stage most tests share, so that little is compiled."""


@pytest.fixture(scope="session", autouse=True)
def compiled_loops(tmp_path_factory):
    """Keep compiled loops apart from the user's, and for all tests of this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVPIPE_CACHE_DIR", str(tmp_path_factory.mktemp("loops")))
        yield


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Work in an empty folder: paths in configs are relative to it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def convpipe():
    """The command, in this process."""

    def call(*arguments):
        return CliRunner().invoke(
            main, [str(a) for a in arguments], prog_name="convpipe", catch_exceptions=False
        )

    return call


@pytest.fixture
def process():
    """The command, as a process of its own."""

    def call(*arguments, python=(), **options):
        package = Path(images.__file__).parents[2]
        environment = {**os.environ, "PYTHONPATH": str(package), **options.pop("env", {})}
        command = [sys.executable, *python, "-m", "convpipe", *map(str, arguments)]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen(command, env=environment, text=True, **streams)

    return call


@pytest.fixture
def photos(here, rng):
    """Three images of two sizes, one of them in a subfolder."""
    (here / "photos" / "more").mkdir(parents=True)
    for name, shape in {"a.png": (8, 9), "b.png": (8, 9), "more/c.png": (5, 4)}.items():
        images.write(here / "photos" / name, rng.integers(0, 256, shape, dtype=np.uint8))
    return here / "photos"


@pytest.fixture
def job(here):
    """Write a config and return its path."""

    def write(*stages, name="job.yaml", head="input: {path: photos}\noutput: {path: out}"):
        lines = [head, "stages:", *(f"  {stage}" for stage in stages or (BOX,))]
        (here / name).write_text("\n".join(lines) + "\n")
        return here / name

    return write


@pytest.fixture
def document():
    """Parse the one JSON document that a result prints, refusing numbers that JSON lacks."""

    def parse(result):
        def refuse(constant):
            raise AssertionError(f"{constant} is no JSON")

        return json.loads(result.stdout, parse_constant=refuse)

    return parse
