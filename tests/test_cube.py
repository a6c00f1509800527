"""Tables of ``.cube`` files: how they are read, and what is looked up in them."""

import numpy as np
import pytest

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError, PlanError
from convpipe.stages.cube import INTERPOLATIONS

IDENTITY = "LUT_3D_SIZE 2\n" + "\n".join(f"{r} {g} {b}" for b in (0, 1) for g in (0, 1) for r in (0, 1))


@pytest.fixture(name="file")
def _file(tmp_path):
    def write(text):
        path = tmp_path / "look.cube"
        path.write_text(text)
        return str(path)

    return write


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_table_of_what_goes_in_changes_nothing(file, interpolation, dtype, rng):
    image = rng.integers(0, 256, (20, 30, 4)).astype(dtype)
    image = image / np.float32(255) if dtype == "float32" else image
    run = Pipeline([stage("contrast", "lut", table=file(IDENTITY), interpolation=interpolation)])
    np.testing.assert_allclose(run(image, alpha=True), image, atol=1e-6 if dtype == "float32" else 0)


def test_red_changes_fastest_and_a_title_is_no_line(file):
    lines = [" ".join(line.split()[::-1]) for line in IDENTITY.splitlines()[1:]]
    text = f'TITLE "red and blue"\nLUT_3D_SIZE 2  # entries\n\nDOMAIN_MIN 0 0 0\n{chr(10).join(lines)}\n'
    image = np.array([[[10, 20, 30], [250, 0, 7]]], np.uint8)
    run = Pipeline([stage("contrast", "lut", table=file(text))])
    np.testing.assert_array_equal(run(image), image[..., ::-1])


def test_beyond_the_domain_are_its_ends_and_nan_stays(file):
    text = IDENTITY.replace("\n", "\nDOMAIN_MIN 0 0 0.5\nDOMAIN_MAX 0.5 1 1\n", 1)
    image = np.array([[[0.25, 0.5, 0.75], [0.75, -1, 0.1], [np.nan, 0, 0]]], np.float32)
    got = Pipeline([stage("contrast", "lut", table=file(text))])(image)
    np.testing.assert_allclose(got, [[[0.5, 0.5, 0.5], [1, 0, 0], [np.nan] * 3]])


def test_an_input_range_is_a_domain_of_all_colours(file, rng):
    image = rng.random((5, 6, 3), np.float32)
    texts = ("LUT_3D_INPUT_RANGE 0.25 0.5\n", "DOMAIN_MIN 0.25 0.25 0.25\nDOMAIN_MAX 0.5 0.5 0.5\n")
    got, want = (Pipeline([stage("contrast", "lut", table=file(text + IDENTITY))])(image) for text in texts)
    np.testing.assert_array_equal(got, want)
    np.testing.assert_allclose(got, (4 * image - 1).clip(0, 1), atol=1e-6)


def test_a_curve_of_each_colour(file):
    text = "LUT_1D_SIZE 3\n0 1 0\n0.5 0.5 1\n1 0 0\n"
    image = np.array([[[0, 0, 0], [51, 51, 51], [255, 255, 128]]], np.uint8)
    got = Pipeline([stage("contrast", "lut", table=file(text))])(image)
    np.testing.assert_array_equal(got, [[[0, 255, 0], [51, 204, 102], [255, 0, 254]]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 0 0\n1 1 1\n", "line 1: a table needs LUT_1D_SIZE or LUT_3D_SIZE before it"),
        (IDENTITY + "\n0 0 0", "line 10: more than the 8 lines of 2 an axis"),
        ("LUT_3D_SIZE 257\n", "line 1: LUT_3D_SIZE is 2 to 256; given 257"),
        ("", "a table of 0 lines; it needs LUT_1D_SIZE or LUT_3D_SIZE"),
        ("LUT_1D_SIZE 3\n0 0 0\n1 1 1\n", "a table of 2 lines; it needs 3 of 3 an axis"),
        ("LUT_1D_SIZE 2\nLUT_3D_SIZE 2\n", "line 2: LUT_3D_SIZE begins a second table; a file holds one"),
        ("LUT_1D_SIZE two\n", "line 1: needs 1 finite number of float32; given 'two'"),
        (f"LUT_1D_SIZE {'9' * 999}\n", r"line 1: needs 1 .* given '9{60}\.\.\.'"),
        ("LUT_1D_SIZE 2\n0 0 0\n\n1 nan 1\n", "line 4: needs 3 finite numbers of float32; given '1 nan 1'"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1e39 1\n", "line 3: needs 3 finite numbers of float32; given '1 1e39 1'"),
        ("LUT_1D_SIZE 2\n0 0" + " 0" * 40, r"line 2: needs 3 .* given '[0 ]{60}\.\.\.'"),
        ("\0" * 5000, "line 1 is longer than 1024 characters"),
        ("LUT_1D_SIZE 2\nDOMAIN_MIN 1 0 0\n0 0 0\n1 1 1", "DOMAIN_MIN is below DOMAIN_MAX; given"),
        ("\xff\xfe", "codec can't decode"),
    ],
)
def test_what_is_no_table_is_refused(file, text, words, tmp_path):
    path = file("")
    (tmp_path / "look.cube").write_bytes(text.encode("latin-1"))
    with pytest.raises(ParameterError, match=words) as caught:
        stage("contrast", "lut", table=path)
    assert caught.value.parameter == "table"
    assert "look.cube" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ParameterError, match=r"table: '.*none.cube' cannot be read: No such file"):
        stage("contrast", "lut", table=str(tmp_path / "none.cube"))


def test_it_is_of_three_colours(file):
    with pytest.raises(PlanError, match=r"a \.cube table is of 3 colours; the image has 1"):
        Pipeline([stage("contrast", "lut", table=file(IDENTITY))]).plan((4, 5))
