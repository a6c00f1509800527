"""A folder of images, and a pipeline that filters nothing."""

import numpy as np
import pytest
from fakes import FakePipeline

from convpipe.batch import JOURNAL
from convpipe.images import Page, write


@pytest.fixture
def make_pipeline():
    return FakePipeline


@pytest.fixture
def pipeline():
    return FakePipeline()


@pytest.fixture
def save(tmp_path):
    """Return a function that saves an image below ``in``, whose pixels have one value."""

    def save(name, shape=(8, 10), dtype="uint8", value=7):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, Page(np.full(shape, value, dtype), alpha=shape[2:] in ((2,), (4,))))
        return path

    return save


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def files():
    """Return a function that lists every file below a folder, but for the journal."""
    return lambda folder: sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir() and path.name != JOURNAL
    )
