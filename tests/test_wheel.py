"""The wheel: what commands show or copy lies in it, beside the modules."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from convpipe.cli.topics import TOPICS

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_recipes_and_what_they_read(names):
    own = {f"convpipe/recipes/{path.name}" for path in (ROOT / "configs").iterdir()}
    assert own == {name for name in names if name.startswith("convpipe/recipes/")}


def test_pages_of_help(names):
    assert {f"convpipe/docs/{topic.file}" for topic in TOPICS.values()} == {
        name for name in names if name.startswith("convpipe/docs/")
    }
