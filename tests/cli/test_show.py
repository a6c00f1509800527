"""``compile``, ``preview`` and ``explain``: what a pipeline does, made visible."""

import ast

import numpy as np
import pytest

from convpipe import Pipeline, images, stage


def test_compile_show_prints_python(convpipe, job):
    result = convpipe("compile", job(), "--show", "--size", "64x64x3", "--dtype", "uint16")
    assert result.exit_code == 0
    names = {node.name for node in ast.walk(ast.parse(result.stdout)) if isinstance(node, ast.FunctionDef)}
    assert {"band", "combine_0_0"} <= names


def test_compile_says_how_long(convpipe, job):
    assert "job: ready in " in convpipe("compile", job()).stdout


def test_compile_show_tells_the_shape_of_each_loop(convpipe, job):
    shown = convpipe("compile", job("- {blur: gaussian, sigma: 2}"), "--show").stdout
    assert "# stage 0: blur gaussian: inner loops\n# r: separable: 17 + 17 taps\n" in shown


def test_preview_shows_the_image_and_every_stage(convpipe, photos, job):
    result = convpipe(
        "preview", job("- {blur: box, size: 3}", "- {blur: box, size: 3, stride: 2}"), photos / "a.png"
    )
    assert result.exit_code == 0
    shown = images.read("preview.png").pixels
    assert shown.shape == (8, 9 + 8 + 9 + 8 + 5, 3)
    pixels = images.read(photos / "a.png").pixels
    box, half = stage("blur", "box", size=3), stage("blur", "box", size=3, stride=2)
    assert (shown[:, :9, 0] == pixels).all()
    assert (shown[:, 17:26, 1] == Pipeline([box])(pixels)).all()
    assert (shown[:4, 34:, 2] == Pipeline([box, half])(pixels)).all()
    assert (shown[4:, 34:] == 255).all()


def test_preview_of_one_stage(convpipe, photos, job):
    config = job("- {blur: box, size: 3}", "- {blur: box, size: 3, stride: 2}")
    assert convpipe("preview", config, photos / "a.png", "--stage", 1, "-o", "one.png").exit_code == 0
    assert images.read("one.png").pixels.shape == (8, 9 + 8 + 5, 3)
    assert convpipe("preview", config, photos / "a.png", "--stage", 2, "-o", "two.png").exit_code == 2
    assert convpipe("preview", config, photos / "a.png", "-o", "one.png").exit_code == 1  # exists


def test_preview_names_the_image_it_cannot_read(convpipe, photos, job):
    result = convpipe("preview", job(), photos / "absent.png")
    assert result.exit_code == 1
    assert "absent.png: " in result.stderr


def test_preview_names_the_file_it_cannot_write(convpipe, photos, job):
    result = convpipe("preview", job(), photos / "a.png", "-o", "absent/p.png")
    assert result.exit_code == 1
    assert "absent/p.png: cannot write" in result.stderr


def test_explain_adds_up(convpipe, job):
    """Pixel (1, 2) of an image that counts 10*row + col, under a kernel that leaves the border alone."""
    config = job("- {custom: taps, kernel: [[0, 2, 0], [1, 0, -1], [0, 3, 0]], bias: 7}")
    text = convpipe("explain", config, "--at", 1, 2).stdout
    assert "rows    = floor((10 + 1 + 1 - 1*(3-1) - 1)/1) + 1 = 10" in text
    assert "rows 0 to 2, columns 1 to 3 of its input" in text
    assert "r = 2*2 + 1*11 + -1*13 + 3*22 = 68" in text
    assert "the stage gives 75" in text


def test_explain_follows_the_border(convpipe, job):
    config = job("- {custom: taps, kernel: [[0, 2, 0], [1, 0, -1], [0, 3, 0]], bias: 7, border: edge}")
    text = convpipe("explain", config, "--at", 0, 0).stdout
    assert "r = 2*0 + 1*0 + -1*1 + 3*10 = 29" in text
    assert "the stage gives 36" in text


def test_explain_strides_over_the_input(convpipe, job):
    config = job("- {custom: taps, kernel: [[0, 2, 0], [1, 0, -1], [0, 3, 0]], stride: [2, 3], padding: 1}")
    text = convpipe("explain", config, "--at", 1, 2).stdout
    assert "rows 1 to 3, columns 5 to 7 of its input" in text
    assert "the stage gives 138" in text


def test_explain_a_later_stage_of_a_colour_image(convpipe, here, job, rng):
    pixels = rng.integers(0, 256, (6, 7, 3), dtype=np.uint8)
    images.write(here / "a.png", pixels)
    stages = [stage("color", "gray"), stage("blur", "box", size=3)]
    text = convpipe("explain", job("- color: gray", "- {blur: box, size: 3}"), "a.png", "--at", 2, 3).stdout
    assert "of stage 1, blur box" in text
    value = float(text.rsplit("the stage gives ", 1)[1])
    assert value == pytest.approx(np.ravel(Pipeline(stages)(pixels, dtype="float32")[2, 3])[0], rel=1e-5)


@pytest.mark.parametrize(
    "options",
    [["--at", 10, 0], ["--at", 0, 10], ["--stage", 1], ["a.png", "--size", "4x4"], ["--at", -1, 0]],
)
def test_explain_usage(convpipe, job, options):
    result = convpipe("explain", job(), *options)
    assert result.exit_code == 2
    assert result.stderr


def test_explain_names_the_image_it_cannot_read(convpipe, job):
    result = convpipe("explain", job(), "absent.png")
    assert result.exit_code == 1
    assert "absent.png: " in result.stderr
