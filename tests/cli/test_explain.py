"""``explain``: the arithmetic of one pixel, and that it is that of a run."""

import re

import numpy as np
import pytest

from convpipe import Pipeline, images, stage

TAPS = "- {custom: taps, kernel: [[0, 2, 0], [1, 0, -1], [0, 3, 0]]}"


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


def test_explain_a_pixel_of_a_resize(convpipe, job):
    """Of 10 rows 5, of 10 columns 20: each has taps of its own."""
    config = job("- {geometry: resize, size: [5, 20], method: bilinear}")
    text = convpipe("explain", config, "--at", 2, 7).stdout
    assert "up to 4x2 taps, of their own for every row and column" in text
    assert "rows    = 10 resampled at every 2 = 5" in text
    assert "columns = 10 resampled at every 0.5 = 20" in text
    assert "rows 3 to 6, columns 3 to 4 of its input" in text
    (line,) = re.findall(r"^r = (.*) = (\S+)$", text, re.MULTILINE)
    terms = [tuple(map(float, term.split("*"))) for term in line[0].split(" + ")]
    assert sum(weight * sample for weight, sample in terms) == pytest.approx(48.25, rel=1e-3)
    assert float(line[1]) == pytest.approx(48.25)  # row 4.5, column 3.25
    strided = job("- {geometry: resize, size: [5, 20], method: bilinear, stride: [1, 7]}")
    assert "the stage gives 48.25" in convpipe("explain", strided, "--at", 2, 1).stdout


def test_explain_a_later_stage_of_a_colour_image(convpipe, here, job, rng):
    pixels = rng.integers(0, 256, (6, 7, 3), dtype=np.uint8)
    images.write(here / "a.png", pixels)
    stages = [stage("color", "gray"), stage("blur", "box", size=3)]
    text = convpipe("explain", job("- color: gray", "- {blur: box, size: 3}"), "a.png", "--at", 2, 3).stdout
    assert "of stage 1, blur box" in text
    value = float(text.rsplit("the stage gives ", 1)[1].split()[0])
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


def test_explain_says_what_is_stored(convpipe, job):
    """Of 68.5 the nearest even number; of 4 * 68 what uint8 can hold; of NaN nothing here."""
    stages = "- {custom: taps, kernel: [[0, 2, 0], [1, 0, -1], [0, 3, 0]], bias: %s}"
    said = [
        convpipe("explain", job(stages % bias), "--at", 1, 2).stdout.splitlines()[-2:]
        for bias in (0, 0.5, 300, -99)
    ]
    assert said == [
        ["the stage gives 68", "stored as uint8: 68"],
        ["the stage gives 68.5", "stored as uint8: 68 (rounded half to even)"],
        ["the stage gives 368", "stored as uint8: 255 (saturated: uint8 holds 0 to 255)"],
        ["the stage gives -31", "stored as uint8: 0 (saturated: uint8 holds 0 to 255)"],
    ]


@pytest.mark.parametrize(
    ("bias", "stored"),
    [(65519 - 68, "65504"), (65520 - 68, "inf (overflow: float16 holds up to 65504)")],
)
def test_explain_says_why_float16_is_infinite(convpipe, job, bias, stored):
    stages = f"- {{custom: taps, kernel: [[0, 2, 0], [1, 0, -1], [0, 3, 0]], bias: {bias}}}"
    text = convpipe("explain", job(stages), "--at", 1, 2, "--set", "dtype=float16").stdout
    assert text.splitlines()[-1] == f"stored as float16: {stored}"


def test_explain_of_an_inner_stage_says_where_its_value_goes(convpipe, job):
    config = job(TAPS, "- edge: sobel")
    assert convpipe("explain", config, "--stage", "custom taps").stdout.splitlines()[-1] == (
        "it goes on, not rounded, to stage 1, edge sobel"
    )


def test_explain_of_a_stage_that_rounds_to_a_floating_type(convpipe, job):
    taps = TAPS.replace("taps,", "taps, bias: 1981, dtype: float16,")
    text = convpipe("explain", job(taps, "- edge: sobel"), "--stage", "custom taps", "--at", 1, 2).stdout
    assert text.splitlines()[-3:] == [
        "then rounded half to even to float16",
        "the stage gives 2048",
        "it goes on to stage 1, edge sobel",
    ]


def test_explain_leaves_out_what_a_mask_does(convpipe, here):
    shown = np.full((9, 9), 255, np.uint8)
    shown[:, :4] = 0
    images.write(here / "mask.png", shown)
    images.write(here / "a.png", np.where(shown, 100, 0).astype(np.uint8))
    (here / "job.yaml").write_text("mask: mask.png\nstages: [{blur: box, size: 3}, {edge: sobel}]\n")
    text = convpipe("explain", "job.yaml", "a.png", "--at", 4, 4).stdout
    assert text.splitlines()[-2:] == [
        "the stage gives 100",
        "it goes on, not rounded, to stage 1, edge sobel",
    ]


def test_explain_marks_what_lies_outside(convpipe, job):
    text = convpipe("explain", job(TAPS.replace("}", ", border: edge}")), "--at", 0, 9).stdout
    window = text.split("window:\n")[1].split("\nin brackets")[0].splitlines()
    assert [line.split() for line in window] == [
        ["(8)", "(9)", "(9)"],
        ["8", "9", "(9)"],
        ["18", "19", "(19)"],
    ]
    assert "in brackets: outside the image, by border edge" in text
    assert "brackets" not in convpipe("explain", job(TAPS), "--at", 4, 4).stdout
    constant = convpipe("explain", job(TAPS.replace("}", ", border: constant, value: 7}"))).stdout
    assert "(7)" in constant
    assert "by border constant 7" in constant


@pytest.fixture
def colours(here, rng):
    """An RGBA image."""
    pixels = rng.integers(1, 256, (6, 7, 4), dtype=np.uint8)
    images.write(here / "a.png", images.Page(pixels, alpha=True))
    return pixels


@pytest.mark.parametrize(("channel", "name"), list(enumerate(["red", "green", "blue", "alpha"])))
def test_explain_names_the_channel_and_gives_what_a_run_stores(convpipe, job, colours, channel, name):
    config = job("- {blur: box, size: 3, border: edge}")
    text = convpipe("explain", config, "a.png", "--at", 0, 6, "--channel", channel).stdout
    stored = Pipeline([stage("blur", "box", size=3, border="edge")])(colours, alpha=True)[0, 6, channel]
    assert f"stage 0, blur box, {name}: rows" in text
    assert f"stored as uint8: {stored}" in text
    sums = [float(value) for value in re.findall(r"^(?:r|divided by alpha) = .* = (.*)$", text, re.M)]
    assert round(sums[0] / sums[1] if len(sums) == 2 else sums[0]) == stored
    assert (len(sums) == 2) is (name != "alpha")


def test_explain_mixes_channels(convpipe, job, colours):
    text = convpipe("explain", job("- color: gray"), "a.png", "--at", 2, 3).stdout
    red, green, blue, _ = map(int, colours[2, 3])
    assert f"0.2125*{red} (red) + 0.7154*{green} (green) + 0.0721*{blue} (blue) = " in text


@pytest.mark.parametrize("chosen", ["1", "outlines"])
def test_explain_numbers_stages_as_the_file_does(convpipe, job, chosen):
    """Under linear_light, whose own two stages have no number."""
    head = "input: {path: photos}\nlinear_light: true"
    config = job("- color: gray", "- {edge: sobel, name: outlines}", head=head)
    text = convpipe("explain", config, "--at", 3, 3, "--stage", chosen).stdout
    assert "output pixel (3, 3) of stage 1, outlines: " in text
    assert "stage 0, color gray: a window of" in text
    assert "linear_light, light linear: a window of" in text
    pixels = np.add.outer(10 * np.arange(10), np.arange(10)).astype(np.uint8)
    linear = Pipeline([stage("color", "gray"), stage("edge", "sobel")], linear_light=True)
    assert f"stored as uint8: {linear(pixels)[3, 3]}" in text
    assert re.search(r"^ 1 +rows ", convpipe("plan", config, "--size", "9x9").stdout, re.M)
    assert not re.search(r"^ 2 +rows ", convpipe("plan", config, "--size", "9x9").stdout, re.M)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("2", "there is no '2'; the stages are 0 (blur box), 1 (blur box)"),
        ("blur box", "'blur box' is the name of 2"),
        ("box", "'box' is the name of 2"),
        ("none", "there is no 'none'"),
    ],
)
def test_explain_of_a_stage_that_is_not_there(convpipe, job, chosen, words):
    box = "- {blur: box, size: 3}"
    result = convpipe("explain", job(box, box), "--stage", chosen)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())


@pytest.mark.parametrize("command", ["explain", "preview"])
def test_image_before_config_is_answered_with_the_order(convpipe, job, photos, command):
    result = convpipe(command, photos / "a.png", job())
    assert result.exit_code == 2
    assert "the config comes first, then the image" in result.stderr


@pytest.mark.parametrize("command", ["explain", "preview", "plan"])
def test_the_limits_of_the_config_hold(convpipe, job, photos, command):
    head = "input: {path: photos}\nlimits: {max_pixels: 50}"
    image = photos if command == "plan" else photos / "a.png"
    result = convpipe(command, job("- color: gray", head=head), image)
    assert result.exit_code == 1
    assert "a.png" in result.stderr
    assert "at most 50 are read (limits: max_pixels)" in result.stderr


@pytest.mark.parametrize("command", ["explain", "preview", "plan"])
def test_half_an_image_is_read_where_the_config_says_so(convpipe, job, here, rng, command):
    images.write(here / "whole.png", rng.integers(0, 256, (64, 64), dtype=np.uint8))
    (here / "half").mkdir()
    (here / "half" / "a.png").write_bytes((here / "whole.png").read_bytes()[:2500])
    image = "half" if command == "plan" else "half/a.png"
    refused = convpipe(command, job("- color: gray"), image)
    taken = convpipe(command, job("- color: gray", head="input: half\nallow_truncated: true"), image)
    assert taken.exit_code == 0
    assert refused.exit_code == 1


def test_a_value_follows_from_the_sums_shown_or_the_rounding_is_told(convpipe, job, here, rng):
    """Of a flat image a blur in float32 leaves a millionth, and Sobel of that is no exact 0."""
    images.write(here / "flat.png", np.full((40, 40), 77, np.uint8))
    images.write(here / "a.png", rng.integers(0, 256, (40, 40), dtype=np.uint8))
    config = job("- {blur: gaussian, sigma: 1.4}", "- {edge: sobel, bias: 1}")
    noted = 0
    for name in ("flat.png", "a.png"):
        for at in ((0, 0), (7, 9), (20, 20)):
            text = convpipe("explain", config, name, "--at", *at, "--stage", 1).stdout
            gx, gy = (float(each) for each in re.findall(r"^g[xy] = .* = (\S+)$", text, re.M))
            (said,) = re.findall(r"^the stage gives (.*)$", text, re.M)
            value, _, note = said.partition(" (of these sums ")
            exact = note.split(";")[0] if note else value
            assert float(exact) == pytest.approx(1 + np.sqrt((gx**2 + gy**2) / 2), rel=2e-5)
            assert (float(exact) != float(value)) is bool(note)
            noted += bool(note)
    assert noted
    assert "of these sums" not in convpipe("explain", job(TAPS), "--at", 4, 4).stdout


def test_16_bits_are_shown_to_the_last_digit(convpipe, job, here):
    pixels = (np.arange(30).reshape(5, 6) + 65500).astype(np.uint16)
    images.write(here / "a.png", pixels)
    text = convpipe("explain", job("- {blur: box, size: 3}"), "a.png", "--at", 2, 2).stdout
    assert "65514" in text.split("window:")[1].split("taps")[0]
    assert "0.1111*65507 + " in text


def test_explain_a_conversion_line_by_line(convpipe, here, job):
    images.write(here / "a.png", images.Page(np.array([[[200, 100, 50, 9]]], np.uint8), alpha=True))
    text = convpipe("explain", job("- color: hsv"), "a.png", "--at", 0, 0).stdout
    assert "red = 200, green = 100, blue = 50, full = 255" in text
    assert "value = maximum(maximum(red, green), blue) = 200" in text
    assert "the channel is hue" in text
    assert "the stage gives 14.1667" in text
    text = convpipe("explain", job("- color: hsv"), "a.png", "--at", 0, 0, "--channel", 3).stdout
    assert "alpha stays: 9" in text


def test_explain_says_what_the_image_gives_and_what_a_table_does(convpipe, here, job):
    images.write(here / "a.png", np.array([[10, 20], [30, 60]], np.uint8))
    text = convpipe("explain", job("- contrast: zscore"), "a.png", "--at", 1, 1).stdout
    assert "mean = 30, deviation = 18.7083" in text
    assert "the stage gives 1.60357" in text
    text = convpipe("explain", job("- {contrast: lut, table: [9, 0]}"), "a.png", "--at", 1, 1).stdout
    assert "then looked up in a table of 2 entries, from 0 to 255" in text
    text = convpipe("explain", job("- contrast: equalize"), "a.png", "--at", 1, 1).stdout
    assert "then looked up in a table that the image gives: its cumulative distribution" in text
    assert "the stage gives 255" in text


class TestCoverage:
    """Of samples that count in part: the sums that are printed make the value that a run gives."""

    @pytest.mark.parametrize(
        ("head", "stages", "alpha"),
        [
            ("missing: 0", ["- {blur: box, size: 3}", "- edge: sobel"], False),
            ("missing: 0", ["- edge: sobel"], False),
            ("mask: mask.png", ["- edge: sobel"], False),
            ("", ["- edge: sobel"], True),
        ],
        ids=["after a mean", "image", "mask", "alpha"],
    )
    def test_edges(self, convpipe, job, tmp_path, rng, head, stages, alpha):
        image = rng.integers(1, 256, (8, 9, 4) if alpha else (8, 9), dtype=np.uint8)
        image[3:5, 3:6] = 0
        images.write(tmp_path / "image.png", images.Page(image, alpha))
        shown = rng.integers(0, 2, (8, 9), dtype=np.uint8)
        shown[3, 6] = 1
        images.write(tmp_path / "mask.png", shown)
        head = head.replace("mask.png", str(tmp_path / "mask.png"))
        config = job(*stages, head=f"input: photos\n{head}")
        last = len(stages) - 1
        text = convpipe("explain", config, tmp_path / "image.png", "--at", 3, 6, "--stage", last).stdout
        gx, gy = (float(re.search(rf"^{name} = .* = (\S+)$", text, re.M)[1]) for name in ("gx", "gy"))
        run = Pipeline.from_yaml(config)
        result = run(image, dtype="float32", alpha=alpha, mask=shown if "mask" in head else None)
        value = np.atleast_3d(result)[3, 6, 0]
        assert value > 0
        assert np.hypot(gx, gy) * np.sqrt(0.5) == pytest.approx(value, rel=1e-4)
        assert f"the stage gives {value:.6g}" in text
        assert "window, nan where a sample counts for nothing:" in text

    def test_a_mean(self, convpipe, job, tmp_path):
        image = np.arange(1, 73, dtype=np.uint8).reshape(8, 9)
        image[3:5, 3:6] = 0
        images.write(tmp_path / "image.png", image)
        config = job("- {blur: box, size: 3}", head="input: photos\nmissing: 0")
        text = convpipe("explain", config, tmp_path / "image.png", "--at", 3, 4).stdout
        assert "r = 7.66667 / 0.333333 = 23\n" in text
        assert "the stage gives 23\n" in text

    @pytest.mark.parametrize("name", ["median", "minimum"])
    def test_a_rank(self, convpipe, job, name):
        """Of an image that counts 10*row + col, without the pixel above and left of (5, 5)."""
        config = job(f"- {{rank: {name}, size: 3}}", head="input: photos\nmissing: 44")
        text = convpipe("explain", config, "--at", 5, 5).stdout
        assert "what counts for nothing has the value of the pixel itself, 55\n" in text
        assert "sorted: 45 46 54 55 55 56 64 65 66\n" in text
        assert f"the stage gives {55 if name == 'median' else 45}\n" in text

    @pytest.mark.parametrize(
        ("entry", "words"),
        [
            ("{combine: less, formula: input - 1}", ["then r - 1\n", "the stage gives 54\n"]),
            (
                "{combine: less, formula: input - soft}",
                ["x0 is input: 55\nx1 is soft: 56.375\nthen x0"],
            ),
            ("{morphology: open, from: input}", ["the stage gives 55\n"]),
            (
                "{point: threshold, level: mean, from: input}",
                ["level = 49.5556, full = 255\n"],
            ),
        ],
        ids=["one", "two", "windows", "statistic"],
    )
    def test_formulas_are_those_of_the_stage(self, convpipe, job, entry, words):
        soft = "- {blur: box, size: 3, name: soft}"
        config = job(soft, f"- {entry}", head="input: photos\nmissing: 44\noutputs: {soft: }")
        text = convpipe("explain", config, "--at", 5, 5, "--stage", 1).stdout
        assert "samples count as far as they are there\n" in text
        assert all(each in text for each in words), text
        assert "where(c" not in text


def test_explain_an_opening_step_by_step(convpipe, job):
    """Of 10*row + col: of 3x3 lowest pixels, which lie among 5x5, the highest."""
    text = convpipe("explain", job("- {morphology: tophat, size: 3}"), "--at", 5, 5).stdout
    assert "windows of 3x3 taps" in text
    assert "each output pixel depends on 5x5 pixels of the image" in text
    assert "tophat: rows 3 to 7, columns 3 to 7 of its input\n" in text
    lines = [line.split() for line in text.splitlines()]
    for row in (33, 43, 53, 63, 73):
        assert [str(row + k) for k in range(5)] in lines
    for row in (33, 43, 53):
        assert [str(row + k) for k in range(3)] in lines  # what the erosion gives
    assert "step 1, ranks 3x3 pixels of the input:\nr = number 1 of 9\n" in text
    assert "sorted: 33 34 35 43 44 45 53 54 55\nr = number 9 of 9 = 55\nstep 2 gives 55\n" in text
    assert (
        "image is the input: 55\nother is step 2: 55\nthen maximum(image - other, 0)\nthe stage gives 0\n"
        in text
    )


STEPS = [
    "{morphology: open, size: [2, 3], footprint: cross, dilation: 2}",
    "{morphology: close, size: 4, stride: [2, 3], bias: 3}",
    "{morphology: erode, iterations: 3, border: constant, value: 9}",
    "{morphology: blackhat, footprint: [[1, 0, 0], [1, 1, 0]], border: wrap}",
    "{denoise: outliers, tolerance: 2}",
    "{geometry: resize, factor: 0.7, padding: 2}",
    "{geometry: resize, factor: 0.7, stride: 2}",
]


def touched(text):
    """Return the slices of the input that a pixel is said to depend on; None for a constant border."""
    found = re.search(r": rows (\d+)(?: to (\d+))?, columns (\d+)(?: to (\d+))? of its input", text)
    if found is None:
        assert ": a constant border\n" in text
        return None
    first, last, left, right = found.groups()
    return slice(int(first), int(last or first) + 1), slice(int(left), int(right or left) + 1)


@pytest.mark.parametrize("entry", STEPS)
@pytest.mark.parametrize("at", [(0, 0), (3, 2), (2, 1)])
def test_explain_names_the_rows_and_columns_that_a_pixel_depends_on(convpipe, job, here, rng, entry, at):
    pixels = rng.integers(0, 256, (14, 15), dtype=np.uint8)
    images.write(here / "a.png", pixels)
    config = job(f"- {entry}")
    text = convpipe("explain", config, "a.png", "--at", *at).stdout
    run = Pipeline.from_yaml(here / config)
    value = float(text.rsplit("the stage gives ", 1)[1].split()[0])
    assert value == pytest.approx(float(run(pixels, dtype="float32")[at]), rel=1e-5, abs=1e-4)
    region = touched(text)
    if region is None:
        return
    for filling in (0, 255):  # whatever lies elsewhere
        elsewhere = np.full_like(pixels, filling)
        elsewhere[region] = pixels[region]
        assert run(elsewhere)[at] == run(pixels)[at]
    if "footprint" in entry:
        return  # of whose corners not all count
    rows, cols = region
    for side in ((rows.start, cols), (rows.stop - 1, cols), (rows, cols.start), (rows, cols.stop - 1)):
        assert any(is_read(run, side, at, rng) for _ in range(60)), side


def is_read(run, side, at, rng):
    """Tell whether other pixels at a side change a result, of an image that is drawn."""
    image = rng.integers(0, 256, (14, 15), dtype=np.uint8)
    other = image.copy()
    other[side] = rng.choice([0, 255])
    return run(other)[at] != run(image)[at]


def test_explain_shows_every_step_of_a_stage_and_its_footprint_once(convpipe, job):
    text = convpipe("explain", job("- {morphology: close, size: 3, footprint: cross, stride: 2}")).stdout
    assert [text.count(f"step {k}, ") for k in (1, 2, 3, 4)] == [1, 1, 1, 0]
    assert text.count("footprint:\n") == 2
    assert "step 3, sums 1x1 taps of step 2:\nr = 1*10 = 10\nthe stage gives 10\n" in text


def test_explain_a_blur_at_three_rates(convpipe, here, job, rng):
    """The window that was asked for, how far it can be off, and the steps that are made in its place."""
    images.write(here / "a.png", rng.integers(0, 256, (50, 60), dtype=np.uint8))
    config = job("- {blur: gaussian, sigma: 50}")
    text = convpipe("explain", config, "a.png", "--at", 20, 31).stdout
    assert "stage 0, blur gaussian: a window of 401x401 taps" in text
    assert "at three rates, on a grid of every 8 x 8 pixels: off by at most 5.5e-05 of the spread" in text
    assert "step 1, sums 29x29 taps of the input:" in text
    assert "step 2, sums 51x51 taps of step 1:" in text
    assert "step 3, sums 4x4 taps of step 2:" in text
    (line,) = re.findall(r"^r = .* = (\S+)$", text, re.MULTILINE)
    value = Pipeline([stage("blur", "gaussian", sigma=50)])(images.read("a.png").pixels, dtype="float32")
    assert float(line) == pytest.approx(value[20, 31], abs=5e-4)
    assert f"the stage gives {line}" in text


def test_explain_such_a_blur_beside_alpha(convpipe, here, job, rng):
    pixels = rng.integers(1, 256, (50, 60, 4), dtype=np.uint8)
    images.write(here / "a.png", images.Page(pixels, alpha=True))
    text = convpipe("explain", job("- {blur: gaussian, sigma: 20}"), "a.png", "--at", 20, 31).stdout
    assert "colours are weighted by alpha" in text
    weighted = float(re.findall(r"^r = .* = (\S+)$", text, re.MULTILINE)[0])
    alpha = convpipe(
        "explain", job("- {blur: gaussian, sigma: 20}"), "a.png", "--at", 20, 31, "--channel", 3
    ).stdout
    (given,), (share,) = (re.findall(r"the stage gives (\S+)", each) for each in (text, alpha))
    assert float(given) == pytest.approx(weighted / float(share), rel=1e-4)


def test_explain_a_step_that_takes_the_whole_image(convpipe, job):
    text = convpipe("explain", job("- edge: canny"), "--at", 5, 5).stdout
    assert "the whole image goes through convpipe.hysteresis()\n" in text
    assert re.search(r"^step \d+, of step \d+:$", text, re.M)


class TestAlpha:
    """What stands beside alpha: which taps meet which samples, and that expressions leave alpha be."""

    def test_a_window_that_strides(self, convpipe, here, job, rng):
        image = rng.integers(1, 256, (8, 9, 4), dtype=np.uint8)
        images.write(here / "a.png", images.Page(image, True))
        text = convpipe("explain", job("- {network: max_pool, size: 2}"), "a.png", "--at", 1, 2).stdout
        assert "rows 2 to 3, columns 4 to 5 of its input\n" in text
        expected = " ".join(str(value) for value in np.sort(image[2:4, 4:6, 0].ravel()))
        assert f"sorted: {expected}\n" in text

    @pytest.mark.parametrize(("channel", "words"), [(0, ["then r + bias, bias = 4\n"]), (3, [])])
    def test_a_bias(self, convpipe, here, job, rng, channel, words):
        image = rng.integers(1, 256, (8, 9, 4), dtype=np.uint8)
        images.write(here / "a.png", images.Page(image, True))
        config = job("- {blur: box, size: 3, bias: 4}")
        text = convpipe("explain", config, "a.png", "--at", 3, 3, "--channel", channel).stdout
        assert re.findall("then .*\n", text) == words


class TestKernelAlone:
    """Without a config: a kernel, and how it slides over an input."""

    def test_its_arithmetic(self, convpipe):
        given = ("--input", "4x4", "--kernel", "2x2", "--stride", 3, "--padding", 1, "--bias", 0.5)
        text = convpipe("explain", *given, "--at", 1, 0).stdout
        assert "rows    = floor((4 + 1 + 1 - 1*(2-1) - 1)/3) + 1 = 2" in text
        assert "r = 1*0 + 2*9 + 3*0 + 4*13 = 70\n" in text
        assert "stored as float64: 70.5\n" in text

    def test_numbers_in_rows(self, convpipe):
        given = ("--input", "1 2 3; 4, 5, 6", "--kernel", "1 0; 0 -1", "--padding", "1x0", "--border", "edge")
        text = convpipe("explain", *given, "--at", 0, 1).stdout
        assert "r = 1*2 + -1*3 = -1\n" in text
        assert "padding 1 above, 1 below, 0 left, 0 right" in text

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ([], "needs CONFIG, or a kernel"),
            (["--kernel", "1 2; 3"], "--kernel"),
            (["--kernel", "2x2", "--input", "100000x100000"], "at most 67,108,864 samples in all"),
            (["job.yaml", "--size", "100000x100000"], "at most 67,108,864 samples in all"),
            (["--kernel", "2x2", "--stride", "1.5"], "needs a whole number"),
            (["--kernel", "2x2", "--padding", "sme"], "'same'"),
            (["--kernel", "7x7"], "its window spans 7 rows"),
            (["--kernel", "2x2", "--size", "4x4"], "--size goes with CONFIG"),
            (["--kernel", "2x2", "--animate", "a.png"], "ends in .gif or .html"),
            (["job.yaml", "--kernel", "2x2", "--bias", "1"], "not both: --kernel, --bias"),
        ],
    )
    def test_what_is_refused(self, convpipe, job, options, words):
        job()
        result = convpipe("explain", *options)
        assert result.exit_code == 2
        assert words in result.stderr


class TestAnimate:
    @pytest.mark.parametrize(("name", "start"), [("a.gif", b"GIF89a"), ("a.html", b"<!doctype html>")])
    def test_a_file_by_its_suffix(self, convpipe, here, name, start):
        assert convpipe("explain", "--kernel", "3x3", "--animate", name).stdout == f"wrote {name}\n"
        assert (here / name).read_bytes().startswith(start)
        refused = convpipe("explain", "--kernel", "3x3", "--animate", name)
        assert (refused.exit_code, "--overwrite replaces it" in refused.stderr) == (1, True)
        assert convpipe("explain", "--kernel", "2x2", "--animate", name, "--overwrite").exit_code == 0

    def test_a_stage_of_a_config_around_a_pixel(self, convpipe, here, job, rng):
        images.write(here / "a.png", rng.integers(0, 256, (40, 50), dtype=np.uint8))
        config = job("- color: gray", "- {blur: box, size: 3}")
        assert convpipe("explain", config, "a.png", "--at", 20, 20, "--animate", "a.html").exit_code == 0
        assert "<h1>stage 1: blur box</h1>" in (here / "a.html").read_text()
        assert "of which a part is shown" in (here / "a.html").read_text()

    def test_a_stage_that_slides_no_window(self, convpipe, here, job):
        result = convpipe("explain", job("- morphology: open"), "--animate", "a.gif")
        assert (result.exit_code, list(here.glob("*.gif"))) == (2, [])
        assert "stage 0 (morphology open): an animation is of one window" in result.stderr


def test_a_kernel_over_a_file_is_answered_with_what_slides_over_one(convpipe, photos):
    result = convpipe("explain", "--input", photos / "a.png", "--kernel", "3x3")
    assert result.exit_code == 2
    assert (
        "a.png', a file; a stage of a config slides over it: 'convpipe explain CONFIG IMAGE" in result.stderr
    )
