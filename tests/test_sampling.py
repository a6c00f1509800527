"""Where pixels of a result lie: against windows that are laid over images, and against turned images."""

import itertools

import numpy as np
import pytest

from convpipe import Pipeline
from convpipe.geometry import Axis, Field
from convpipe.images.colour import orient
from convpipe.plan import make_plan
from convpipe.sampling import Sampling
from convpipe.stages import stage


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_says_where_each_pixel_came_from(orientation):
    rows, cols = 3, 5
    stored = np.arange(rows * cols).reshape(rows, cols)
    upright = orient(stored, orientation)
    sampling = Sampling.upright(orientation, (rows, cols))
    for at in np.ndindex(upright.shape):
        row, col = sampling.source(at)
        assert upright[at] == stored[int(row), int(col)]
        assert sampling.target((row, col)) == at
    assert sampling.moves == (orientation != 1)


def centre(windows, index):
    """Return the mean of the input indices under a chain of windows, found by following each tap."""
    spans = [index]
    for axis in reversed(windows):
        spans = [
            at * axis.stride - axis.before + tap * axis.dilation
            for at, tap in itertools.product(spans, range(axis.kernel))
        ]
    return (min(spans) + max(spans)) / 2


@pytest.mark.parametrize("index", [0, 1, 4])
def test_the_centre_of_a_chain_of_windows(rng, index):
    for _ in range(50):
        windows = [Axis(*(int(each) for each in rng.integers((1, 1, 1, 0), (5, 4, 3, 4)))) for _ in range(3)]
        field = Field()
        for window in windows:
            field = field.through(window)
        sampling = Sampling.of([field, Field()])
        assert sampling.source((index, index)) == (centre(windows, index), index)


def test_a_plan_says_it():
    stages = [
        stage("blur", "box", size=3, padding=0),
        stage("blur", "box", size=[1, 3], stride=[1, 2], padding=1),
        stage("point", "abs", stride=[3, 1]),
    ]
    assert make_plan(stages[:2], (20, 30)).sampling() == Sampling((1.0, 2.0), (0.0, 1.0))
    assert make_plan(stages, (20, 30)).sampling() == Sampling((3.0, 2.0), (0.0, 1.0))


def test_density_falls_by_the_step_of_its_own_axis():
    assert Sampling((4.0, 2.0)).density(x=300, y=200) == (150, 50)


TURNS = {"up": stage("geometry", "flip", axis="rows"), "left": stage("geometry", "rotate90")}
RESIZES = {
    "smaller": stage("geometry", "resize", factor=[0.4, 0.7], method="bilinear", antialias=False),
    "larger": stage("geometry", "resize", factor=[1.3, 2], method="bilinear"),
    "twice": stage("geometry", "pyramid_up"),
    "picked": stage("geometry", "resize", size=[75, 36], method="nearest"),
}
WINDOWS = {
    "blur": stage("blur", "box", size=[3, 4], padding=0),
    "crop": stage("geometry", "crop", box=[3, 1, None, -2]),
    "every second": stage("point", "abs", stride=[2, 1]),
}


@pytest.mark.parametrize("turn", [*TURNS, None])
@pytest.mark.parametrize("window", [*WINDOWS, None])
@pytest.mark.parametrize("resize", RESIZES)
def test_where_pixels_of_a_resize_lie(turn, window, resize):
    """Images of row and column numbers are planes: a mean of them is the number of its centre, inside."""
    parts = (WINDOWS.get(window), TURNS.get(turn), RESIZES[resize], WINDOWS.get(window), RESIZES["larger"])
    stages = [one for one in parts if one is not None]
    numbers = np.indices((60, 54)).astype(np.float64)
    rows, cols = (Pipeline(stages)(plane) for plane in numbers)
    sampling = make_plan(stages, numbers.shape[1:]).sampling()
    near = 0.51 if resize == "picked" else 1e-9  # of a sample that is taken as it is
    for at in itertools.product((rows.shape[0] // 3, rows.shape[0] // 2), (rows.shape[1] // 2,)):
        assert (rows[at], cols[at]) == pytest.approx(sampling.source(at), abs=near)
