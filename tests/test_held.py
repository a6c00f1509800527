"""Images that are given: where they come from, which images they fit, and that they are not copied."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from convpipe import Pipeline, config, images, stage
from convpipe.errors import ConfigError, ParameterError, PlanError
from convpipe.interval import Interval
from convpipe.ops import Held, Reference
from convpipe.stages.reference import ReferenceImage

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


def _files(folder):
    """Write an image of each kind that readers differ in."""
    rng = np.random.default_rng(2)
    deep = rng.integers(0, 65536, (5, 7, 3), dtype=np.uint16)
    shallow = (deep >> 8).astype(np.uint8)
    images.write(folder / "deep.png", deep)
    Image.fromarray(shallow).quantize(9).save(folder / "palette.png")
    Image.fromarray(shallow[..., 0] > 99).save(folder / "one_bit.tif")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(shallow).save(folder / "turned.jpg", exif=exif)
    tifffile.imwrite(
        folder / "planes.tif", np.moveaxis(deep, 2, 0), photometric="rgb", planarconfig="separate"
    )
    tifffile.imwrite(folder / "float.tif", deep[..., 0].astype(np.float32) / 7)
    np.save(folder / "mask.npy", shallow[..., 0] > 99)
    return {path.name: path for path in folder.iterdir()}


def test_a_file_is_read_as_an_input_is(tmp_path):
    files = _files(tmp_path)
    assert len(files) == 7
    for name, path in files.items():
        pixels = images.read(path).pixels
        found = ReferenceImage("r", "").parse(str(path)).pixels
        np.testing.assert_array_equal(found, np.atleast_3d(pixels), err_msg=name)
    assert images.read(files["turned.jpg"]).pixels.shape == (7, 5, 3)
    assert images.read(files["mask.npy"]).pixels.max() == 255


def test_what_alpha_hides_of_a_file_is_not_there(tmp_path):
    pixels = np.array([[[9, 0], [30, 255], [70, 9]]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    found = ReferenceImage("r", "").parse(tmp_path / "a.png").pixels
    np.testing.assert_array_equal(found[0, :, 0], [np.nan, 30, 70])
    matched = Pipeline([stage("contrast", "match", reference=str(tmp_path / "a.png"))])
    assert matched(np.array([[1, 2]], np.uint8)).tolist() == [[30, 70]]
    Image.fromarray(np.zeros((2, 2, 2), np.uint8)).save(tmp_path / "hidden.png")
    with pytest.raises(ParameterError, match="flat has no finite sample"):
        flatfield(str(tmp_path / "hidden.png"))


def test_a_file_of_several_pages_is_refused(tmp_path):
    images.write_pages(tmp_path / "flats.tif", [FLAT, FLAT])
    with pytest.raises(ParameterError, match=r"flat: '.*flats.tif': it has 2 pages, and here one image"):
        flatfield(str(tmp_path / "flats.tif"))


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
    with pytest.raises(ParameterError, match=r"flat: .*flat.npy': it holds Python objects, which are never"):
        flatfield(str(path))


def test_equal_samples_are_equal_and_are_enclosed():
    one, other = Reference.of(FLAT, "a"), Reference.of(FLAT.astype("float64"), "b")
    assert one == other
    assert hash(one) == hash(other)
    assert one != Reference.of(FLAT + 1)
    assert Held.of(one).range(Interval(0, 255)) == Interval(1, 4)
    assert Held.of(one).placed((2, 2), 1).base is not None  # a view
