"""``preview``: the picture shows what the pipeline gives, and its labels say how it is shown."""

import numpy as np
import pytest

from convpipe import Pipeline, images, stage
from convpipe.display import Panel, sheet
from convpipe.display.sheet import GAP

BOX = "- {blur: box, size: 3}"
SIDE = 160
"""No picture of this size is shown larger or smaller."""


@pytest.fixture
def shown(convpipe, job, here):
    """Preview an image under some stages; return the lines printed, and the picture."""

    def call(pixels, *stages, options=(), alpha=False, head="input: photos"):
        images.write(here / "a.tif", images.Page(pixels, alpha=alpha), overwrite=True)
        result = convpipe("preview", job(*stages, head=head), "a.tif", *options)
        assert result.exit_code == 0, result.stderr
        return result.stdout.splitlines(), images.read("preview.png").pixels

    return call


def panel(picture, left, shape):
    """The picture that begins in a column of the sheet; all stand on one bottom line or above it."""
    rows, cols = shape
    top = np.flatnonzero((picture[:, left : left + cols] != 255).any(axis=(1, 2)))
    bottom = picture.shape[0] - GAP
    assert top[-1] < bottom
    return picture[bottom - rows : bottom, left : left + cols]


@pytest.fixture
def grey(rng):
    return rng.integers(0, 250, (SIDE, SIDE), dtype=np.uint8)


def test_preview_shows_the_image_and_every_stage(shown, grey):
    lines, picture = shown(grey, BOX, BOX.replace("}", ", name: soft}"))
    assert lines == ["wrote preview.png", "  image, 160x160", "  0: blur box, 160x160", "  1: soft, 160x160"]
    box = stage("blur", "box", size=3)
    for index, stages in enumerate(([], [box], [box, box])):
        want = Pipeline(stages)(grey) if stages else grey
        left = GAP + index * (SIDE + GAP)
        assert (panel(picture, left, (SIDE, SIDE)) == want[..., None]).all()


@pytest.mark.parametrize("chosen", ["1", "soft"])
def test_preview_of_one_stage(shown, convpipe, job, grey, chosen):
    stages = (BOX, "- {blur: box, size: 3, name: soft}")
    lines, picture = shown(grey, *stages, options=["--stage", chosen])
    assert [line.split(",")[0].strip() for line in lines[1:]] == ["image", "1: soft"]
    assert picture.shape[1] == 2 * SIDE + 3 * GAP
    assert convpipe("preview", job(*stages), "a.tif", "--stage", 2, "-o", "two.png").exit_code == 2
    assert convpipe("preview", job(*stages), "a.tif").exit_code == 1  # exists


def test_sixteen_bits_are_stretched_and_said_so(shown, grey):
    pixels = 1000 + grey.astype(np.uint16)
    pixels[0, 0] = 65535  # one hot pixel of 25,600 makes the others no darker
    lines, picture = shown(pixels, BOX)
    assert lines[1] == "  image, 160x160, stretched: black 1000, white 1249"
    want = np.clip(np.rint((pixels.astype(float) - 1000) * 255 / 249), 0, 255)
    assert (panel(picture, GAP, pixels.shape) == want[..., None]).all()


def test_values_outside_8_bits_are_shown_between_stages(shown, grey):
    """The laplacian goes below 0: 0 is the middle grey. What is stored in the end is shown as it is."""
    lines, picture = shown(grey, "- edge: laplacian", "- point: abs")
    low, high = (float(part.split()[-1]) for part in lines[2].split("stretched: ")[1].split(","))
    assert low == -high < 0
    values = Pipeline([stage("edge", "laplacian")])(grey, dtype="float32")
    want = np.clip((values - low) * 255 / (high - low), 0, 255)
    assert abs(panel(picture, 2 * GAP + SIDE, grey.shape)[..., 0] - want).max() <= 0.51
    stored = Pipeline([stage("edge", "laplacian"), stage("point", "abs")])(grey)
    left = picture.shape[1] - GAP - SIDE
    assert "stretched" not in lines[3]
    assert (panel(picture, left, grey.shape)[..., 0] == stored).all()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.full((SIDE, SIDE), 0.25, np.float32), "all 0.25, shown as grey"),
        (np.full((SIDE, SIDE), np.nan, np.float32), "no finite value"),
        (
            np.where(np.eye(SIDE) > 0, np.inf, np.linspace(0, 1, SIDE)).astype(np.float32),
            "stretched: black 0",
        ),
    ],
)
def test_floating_point_that_is_odd(shown, values, said):
    lines, picture = shown(values, "- point: abs")
    assert said in lines[1]
    assert picture.dtype == np.uint8


def test_alpha_lies_on_a_checkerboard(shown, rng):
    pixels = rng.integers(0, 256, (SIDE, SIDE, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    pixels[:80, :, 3] = 0
    lines, picture = shown(pixels, BOX, alpha=True)
    assert lines[1] == "  image, 160x160, alpha on a checkerboard"
    first = panel(picture, GAP, (SIDE, SIDE))
    assert (first[:8, :8] == 255).all()
    assert (first[:8, 8:16] == 204).all()
    assert (first[8:16, :8] == 204).all()
    assert (first[80:] == pixels[80:, :, :3]).all()


def test_hidden_colours_do_not_decide_how_others_are_stretched(shown, rng):
    pixels = rng.integers(500, 600, (SIDE, SIDE, 4), dtype=np.uint16)
    pixels[..., 3] = 65535
    pixels[:10, :, :3] = 60000
    pixels[:10, :, 3] = 0
    lines, _ = shown(pixels, BOX, alpha=True)
    assert "stretched: black 500, white 599" in lines[1]


def test_large_images_are_shown_small_and_small_ones_large(shown, rng):
    large = rng.integers(0, 256, (7, 1501), dtype=np.uint8)
    lines, picture = shown(large, "- point: abs")
    assert lines[1] == "  image, 7x1501, shown at 1/3"
    means = large[:6, :1500].reshape(2, 3, 500, 3).mean(axis=(1, 3))
    assert (panel(picture, GAP, (2, 500)) == np.rint(means)[..., None]).all()
    small = rng.integers(0, 250, (3, 4), dtype=np.uint8)
    lines, picture = shown(small, "- point: abs", options=["--overwrite"])
    assert lines[1] == "  image, 3x4, shown 40 times as large"
    assert (panel(picture, GAP, (120, 160)) == np.kron(small, np.ones((40, 40)))[..., None]).all()


def test_linear_light_is_shown_as_srgb_and_numbered_as_in_the_file(shown, grey):
    lines, picture = shown(grey, BOX, BOX, head="input: photos\nlinear_light: true")
    assert [line.split(",")[0] for line in lines[1:]] == ["  image", "  0: blur box", "  1: blur box"]
    want = Pipeline([stage("blur", "box", size=3)], linear_light=True)(grey)
    second = panel(picture, 2 * GAP + SIDE, grey.shape)[..., 0]
    assert abs(second.astype(int) - want).max() <= 1


def test_labels_are_drawn_above_their_pictures():
    black = np.zeros((30, 200, 3), np.uint8)
    plain, labelled = (sheet([Panel(black, (text,))]) for text in (" ", "soft"))
    assert (plain[-GAP - 30 : -GAP, GAP:-GAP] == 0).all()
    assert (plain[: -GAP - 30] == 255).all()
    label = labelled[GAP : -2 * GAP - 30, GAP:]
    assert 0 < (label < 128).mean() < 0.5


def test_preview_names_the_image_it_cannot_read(convpipe, photos, job):
    result = convpipe("preview", job(), photos / "absent.png")
    assert result.exit_code == 1
    assert "absent.png: " in result.stderr


def test_preview_names_the_file_it_cannot_write(convpipe, photos, job):
    result = convpipe("preview", job(), photos / "a.png", "-o", "absent/p.png")
    assert result.exit_code == 1
    assert "absent/p.png: cannot write" in result.stderr


def test_preview_lists_the_formats_that_are_written(convpipe, photos, job):
    result = convpipe("preview", job(), photos / "a.png", "-o", "p.txt")
    assert result.exit_code == 1
    assert "no format that is written has the extension '.txt'; known are .png, " in result.stderr
    assert ".gif" not in result.stderr


def test_a_preview_that_exists_is_replaced_by_an_option(convpipe, photos, job):
    convpipe("preview", job(), photos / "a.png")
    result = convpipe("preview", job(), photos / "a.png")
    assert result.exit_code == 1
    assert result.stderr == "error: preview.png: the output exists; --overwrite replaces it\n"


def test_many_panels_stand_in_lines():
    """Of 7, with 3 in each line: every picture is there once, in its order."""
    shades = [10 * (one + 1) for one in range(7)]
    made = sheet([Panel(np.full((20, 60, 3), shade, np.uint8), (" ",)) for shade in shades])
    places = [np.argwhere((made == shade).all(2)) for shade in shades]
    assert [len(each) for each in places] == [20 * 60] * 7
    assert [int(each[0][1]) // 60 for each in places] == [0, 1, 2, 0, 1, 2, 0]
    assert [int(each[0][0]) for each in places] == sorted(int(each[0][0]) for each in places)
    assert made.shape[1] == 12 + 3 * (60 + 12)


def test_numbered_objects_have_colours_and_the_ground_is_black(shown):
    """Two objects, whose numbers 1 and 2 of 65535 would be as black as what is none."""
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    pixels[10:50, 10:50] = pixels[80:120, 80:120] = 255
    lines, picture = shown(pixels, "- {objects: label, name: cells}")
    assert "objects in colours" in lines[-1]
    drawn = panel(picture, GAP + SIDE + GAP, pixels.shape)
    first, second, ground = drawn[30, 30], drawn[100, 100], drawn[65, 65]
    assert (ground == 0).all()
    assert np.ptp(first) > 100, "a colour, no grey"
    assert np.ptp(second) > 100, "a colour, no grey"
    assert (first != second).any()
    assert (drawn[10:50, 10:50] == first).all()
