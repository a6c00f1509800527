"""A folder of images, and a pipeline that filters nothing."""

import threading

import numpy as np
import pytest

from convpipe.batch import JOURNAL
from convpipe.geometry import Border
from convpipe.images import write
from convpipe.plan import make_plan
from convpipe.stages import stage


class FakePipeline:
    """Plans a 3x3 box without padding, and crops instead of filtering; counts the images in hand."""

    backend, border, dtype = "cpu", Border.REFLECT, None

    def __init__(self, act=None):
        self.stages = [stage("blur", "box", size=3, padding=0)]
        self.act = act or (lambda pixels: None)
        self.lock = threading.Lock()
        self.threads, self.in_hand, self.most_in_hand = [], 0, 0

    def plan(self, shape, dtype="uint8"):
        channels = shape[2] if len(shape) == 3 else 1
        return make_plan(self.stages, tuple(shape[:2]), channels=channels, dtype=dtype)

    def filter(self, image, threads=None):
        with self.lock:
            self.threads.append(threads)
            self.in_hand += 1
            self.most_in_hand = max(self.most_in_hand, self.in_hand)
        try:
            self.act(image)
            return image[1:-1, 1:-1], 0
        finally:
            with self.lock:
                self.in_hand -= 1


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
        write(path, np.full(shape, value, dtype))
        return path

    return save


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def files():
    """Return a function that lists every file below a folder, but for the journal."""
    return lambda folder: sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir() and path.name != JOURNAL
    )
