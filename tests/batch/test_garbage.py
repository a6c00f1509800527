"""What an image took is free when it is done: nothing of it waits for the collector."""

import gc

import numpy as np
import pytest

from convpipe import Pipeline, images, stage


@pytest.fixture
def uncollected():
    """Yield what the collector would have had to find, once it is asked for."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)

    def found():
        gc.collect()
        return list(gc.garbage)

    yield found
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "webp"])
def test_no_pixels_and_no_file_wait_for_the_collector(tmp_path, uncollected, suffix):
    pipeline = Pipeline([stage("blur", "box", size=3)])
    (tmp_path / "in").mkdir()
    for name in "ab":
        images.write(tmp_path / "in" / f"{name}.{suffix}", np.full((70, 80, 3), 99, np.uint8))
    pipeline.run_folder(tmp_path / "in", tmp_path / "first")
    uncollected()
    gc.garbage.clear()
    pipeline.run_folder(tmp_path / "in", tmp_path / "out")
    left = uncollected()
    assert not [each for each in left if issubclass(type(each), np.ndarray | bytes | memoryview)]
    assert not [each for each in left if type(each).__module__.startswith("convpipe.")]
