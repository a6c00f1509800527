"""Images that are given: where they come from, which images they fit, and that they are not copied."""

import numpy as np
import pytest

from convpipe import Pipeline, config, images, stage
from convpipe.errors import ConfigError, ParameterError, PlanError
from convpipe.interval import Interval
from convpipe.ops import Held, Reference

FLAT = np.array([[1, 2], [4, 1]], "float32")


def flatfield(flat, **parameters):
    return Pipeline([stage("background", "flatfield", flat=flat, **parameters)])


@pytest.mark.parametrize("name", ["flat.png", "flat.tif", "flat.npy"])
def test_it_comes_from_a_file_that_is_read_once(tmp_path, name):
    path, other = tmp_path / name, FLAT.astype("uint8")
    np.save(path, other) if name.endswith("npy") else images.write(path, other)
    run = flatfield(str(path))
    path.unlink()
    assert run(np.full((2, 2), 4.0)).tolist() == [[8, 4], [2, 8]]


def test_what_shows_no_light_is_left_as_it_is():
    run = flatfield([[2.0, 5.0], [5.0, 5.0]], dark=[[2.0, 1.0], [1.0, 1.0]])
    assert run(np.full((2, 2), 9.0)).tolist() == [[7, 8], [8, 8]]


def test_one_channel_serves_all_and_one_pixel_every_extent():
    assert flatfield(FLAT)(np.ones((2, 2, 3))).shape == (2, 2, 3)
    assert flatfield([[3.0]])(np.full((4, 5), 2.0)).tolist() == np.full((4, 5), 2.0).tolist()


def test_images_that_it_does_not_fit_are_refused_with_both_sizes():
    with pytest.raises(PlanError, match=r"flat as given has 2 x 2 pixels of 1 channel; the image has 3 x 2"):
        flatfield(FLAT).plan((3, 2))
    with pytest.raises(PlanError, match=r"of 3 channels; the image has 2 x 2 pixels of 1 channel"):
        flatfield(np.ones((2, 2, 3))).plan((2, 2))
    with pytest.raises(ParameterError, match=r"dark has 3x2x1 samples, and flat 2x2x1"):
        flatfield(FLAT, dark=np.ones((3, 2)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, r"cannot be read: No such file .* \(tried "),
        (b"", r"flat.png': "),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, r"flat.png': "),
        (b"not an image", r"flat.png': "),
    ],
)
def test_files_that_are_no_images_are_an_error_at_their_place(tmp_path, monkeypatch, content, reason):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "flat.png").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"(?s)<text>:2:3\d: flat: '?.*{reason}"):
        config.load_text("stages:\n  - {background: flatfield, flat: flat.png}\n")


def test_an_array_of_objects_is_never_unpickled(tmp_path):
    path = tmp_path / "flat.npy"
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(ParameterError, match=r"flat: .*flat.npy': Object arrays cannot be loaded"):
        flatfield(str(path))


def test_equal_samples_are_equal_and_are_enclosed():
    one, other = Reference.of(FLAT, "a"), Reference.of(FLAT.astype("float64"), "b")
    assert one == other
    assert hash(one) == hash(other)
    assert one != Reference.of(FLAT + 1)
    assert Held.of(one).range(Interval(0, 255)) == Interval(1, 4)
    assert Held.of(one).placed((2, 2), 1).base is not None  # a view
