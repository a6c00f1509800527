"""Distributions: the sdist is the checkout, and the wheel that is built of it has all that commands need."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from convpipe.cli.topics import TOPICS

ROOT = Path(__file__).parents[1]
MADE = {"jupyter_execute", "site", "out", "build", "dist", "__pycache__", ".pytest_cache", ".venv"}
"""Folders that hold what is made, and nothing that is to be handed on."""


def build(source, folder, target):
    """Build a distribution, and return the file."""
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The unpacked sdist."""
    sdist = build(ROOT, tmp_path_factory.mktemp("sdist"), "sdist")
    unpacked = tmp_path_factory.mktemp("source")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (folder,) = unpacked.iterdir()
    return folder


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory):
    return build(source, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def names(wheel):
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def tracked():
    """Files of the checkout that git knows, or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return {name for name in listed.splitlines() if (ROOT / name).is_file()} or pytest.skip(
        "no checkout of git"
    )


def test_the_sdist_is_the_checkout(source, tracked):
    held = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    assert held == tracked | {"PKG-INFO"}


def test_the_sdist_has_nothing_that_is_made(source):
    assert not [path for path in source.rglob("*") if path.name in MADE]


def test_the_wheel_has_every_file_of_the_package(names, tracked):
    assert {name for name in tracked if name.startswith("convpipe/")} <= names
    assert {"convpipe/py.typed", "convpipe/napari.yaml", "convpipe/filters/edge.pyi"} <= names


def test_the_wheel_has_nothing_beside_the_package(names):
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"convpipe"}


def test_what_an_image_copies_is_what_the_wheel_is_built_of(source, names, tmp_path):
    ignored, *copied = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")
    ]
    assert ignored == "*"
    context, folder = tmp_path / "context", tmp_path / "wheel"
    for name in (line.removeprefix("!") for line in copied):
        (shutil.copytree if (source / name).is_dir() else copy_file)(source / name, context / name)
    folder.mkdir()
    assert set(zipfile.ZipFile(build(context, folder, "wheel")).namelist()) == names


def copy_file(source, target):
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, target)


def test_recipes_and_what_they_read(names):
    own = {f"convpipe/recipes/{path.name}" for path in (ROOT / "configs").iterdir()}
    assert own == {name for name in names if name.startswith("convpipe/recipes/")}


def test_pages_of_help(names):
    assert {f"convpipe/docs/{topic.file}" for topic in TOPICS.values()} == {
        name for name in names if name.startswith("convpipe/docs/")
    }


def test_commands_find_what_they_show_and_copy_in_the_wheel(wheel, tmp_path):
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    zipfile.ZipFile(wheel).extractall(installed)
    elsewhere.mkdir()

    def convpipe(*arguments):
        command = [sys.executable, "-m", "convpipe", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(installed)}
        done = subprocess.run(
            command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "decide the format" in convpipe("help", "formats")
    convpipe("init", "plates.yaml", "--samples", "--recipe", "flat-field")
    flat = (elsewhere / "flat-field.png").read_bytes()
    assert flat == (ROOT / "configs/flat-field.png").read_bytes()
    assert len(list((elsewhere / "data").iterdir())) == 4
    assert "ok: plates.yaml" in convpipe("check", "plates.yaml")
