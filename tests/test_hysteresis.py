"""What is joined to something certain: against SciPy's labels, and what Canny makes of it."""

import numpy as np
import pytest
from scipy import ndimage

from convpipe import Pipeline, stage
from convpipe.compile.common.pictures import Picture
from convpipe.compile.cpu.hysteresis import calls_of_trace
from convpipe.compile.cpu.in_turn import InTurn
from convpipe.errors import ParameterError
from convpipe.ops import Hysteresis


def by_labels(marks):
    """The marks, weak ones too, of each component that has a strong one."""
    labels, _ = ndimage.label(marks > 0, np.ones((3, 3)))
    return np.isin(labels, np.unique(labels[marks == 2])) & (marks > 0)


def traced(marks, dtype="uint8", threads=1):
    """What the compiled loops make of marks: 7 where they count."""
    rows, cols = marks.shape
    made = np.full((*marks.shape, 2), 99, dtype)
    calls, room = calls_of_trace(Picture(marks.shape, 2, dtype), 1, 7, threads)
    both, out = np.repeat(marks, 2, axis=1), made.reshape(rows, 2 * cols).view(np.uint8)
    InTurn(calls)(both, out, np.full(room, 2, np.uint8))
    assert (made[..., 1] == 99).all()
    return made[..., 0]


@pytest.mark.parametrize("extent", [(1, 1), (1, 40), (40, 1), (7, 6), (61, 75)])
@pytest.mark.parametrize("weak", [0.1, 0.35, 0.6])
def test_weak_marks_count_where_they_touch_strong_ones(extent, weak, rng):
    marks = rng.choice([0, 1, 2], extent, p=[0.97 - weak, weak, 0.03]).astype(np.uint8)
    np.testing.assert_array_equal(traced(marks), 7 * by_labels(marks))
    np.testing.assert_array_equal(Hysteresis.of(5)(marks[..., None])[..., 0], 5 * by_labels(marks))


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float32", "float64"])
def test_rows_are_shared_among_threads(dtype, rng):
    marks = rng.choice([0, 1, 2], (310, 451), p=[0.6, 0.38, 0.02]).astype(np.uint8)
    np.testing.assert_array_equal(traced(marks, dtype, threads=2), 7 * by_labels(marks))


def test_a_path_of_any_length_is_followed():
    """A spiral from the middle, whose end alone is strong."""
    marks = np.zeros((41, 41), np.uint8)
    row = col = 20
    for turn in range(38):
        for _ in range(2 * (turn // 2 + 1)):
            row += (0, 1, 0, -1)[turn % 4]
            col += (1, 0, -1, 0)[turn % 4]
            if 0 <= row < 41 and 0 <= col < 41:
                marks[row, col] = 1
    assert not traced(marks).any()
    marks[20, 21] = 2
    np.testing.assert_array_equal(traced(marks), 7 * (marks > 0))


def test_channels_are_apart_and_alpha_stays(rng):
    image = rng.integers(0, 256, (30, 41, 4), dtype=np.uint8)
    image[..., 3] = 255
    canny = Pipeline([stage("edge", "canny", low=50, high=100)])
    made = canny(image, alpha=True)
    np.testing.assert_array_equal(made[..., 3], image[..., 3])
    for channel in range(3):
        alone = np.ascontiguousarray(image[..., channel])
        np.testing.assert_array_equal(made[..., channel], canny(alone))
    assert set(np.unique(made[..., :3])) == {0, 255}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_edges_have_the_full_scale_of_the_type(dtype):
    image = np.zeros((20, 30))
    image[:, 15:] = 100
    image[:, 15] = 60
    full = 1 if dtype.startswith("f") else np.iinfo(dtype).max
    made = Pipeline([stage("edge", "canny", low=50, high=100)])(image.astype(dtype))
    assert made.dtype == dtype
    assert (made[1:-1, 15] == full).all()
    assert np.count_nonzero(made) == 18  # one to a row, none beside the border


def test_nothing_is_an_edge_in_a_flat_image():
    for suppression in ("interpolated", "sectors"):
        flat = Pipeline([stage("edge", "canny", low=0, high=0, suppression=suppression)])
        assert not flat(np.full((9, 12), 77, np.uint8)).any()


def test_shares_and_the_order_of_levels_are_checked():
    with pytest.raises(ParameterError, match="high must be at least low, which is 5; given 4"):
        stage("edge", "canny", low=5, high=4)
    with pytest.raises(ParameterError, match="high is a share of the pixels, at most 1; given 2"):
        stage("edge", "canny", low=0.5, high=2, quantiles=True)


def test_the_plan_says_what_runs_on_the_whole_image():
    plan = Pipeline([stage("edge", "canny", sigma=0, suppression="sectors")]).plan((40, 50))
    assert plan.to_dict()["stages"][0]["library"] == "convpipe.hysteresis"
    assert len(plan.parts) == 2


@pytest.mark.parametrize(("suppression", "columns"), [("sectors", [14]), ("interpolated", [14, 15])])
def test_of_two_equal_maxima_sectors_keep_the_first(suppression, columns):
    """As OpenCV has it, and scikit-image."""
    image = np.zeros((20, 30), np.uint8)
    image[:, 15:] = 100
    for turned in (image, image.T):
        given = {"sigma": 0, "low": 50, "high": 100, "suppression": suppression, "border": "edge"}
        made = Pipeline([stage("edge", "canny", **given)])(np.ascontiguousarray(turned))
        made = made if turned is image else made.T
        assert np.flatnonzero(made[10]).tolist() == columns
