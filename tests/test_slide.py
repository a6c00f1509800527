"""A window that slides: where it stands, what it reads, what it makes, and the formula of how often it fits.

The outputs are the product's own; here they are held against loops that know nothing of it, and against
literal numbers. Pages and GIFs are read back.
"""

import html
import io
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError
from convpipe.explain import gif
from convpipe.explain.canvas import wrapped
from convpipe.explain.run import Run
from convpipe.explain.sizes import worked
from convpipe.explain.slide import slide
from convpipe.explain.slide_page import slide_page
from convpipe.explain.track import Track
from convpipe.geometry import Axis

ROOT = Path(__file__).parents[1]

COUNTED = np.arange(1.0, 17).reshape(4, 4)
KERNEL = np.array([[1.0, 2], [3, 4]])


def sliding(values=COUNTED, kernel=KERNEL, at=(0, 0), **parameters):
    given = {"padding": 0, "border": "zeros", **parameters}
    return slide(Run(Pipeline([stage("custom", "taps", kernel=kernel.tolist(), **given)]), values), 0, at)


def loops(values, kernel, stride=1, padding=0, dilation=1, bias=0.0):
    """Cross-correlate as ``torch.nn.Conv2d`` does, one product after the other; zeros outside."""
    height, width = (size + 2 * padding for size in values.shape)
    reach = [dilation * (size - 1) + 1 for size in kernel.shape]
    made = []
    for top in range(0, height - reach[0] + 1, stride):
        made.append([])
        for left in range(0, width - reach[1] + 1, stride):
            total = bias
            for (i, j), tap in np.ndenumerate(kernel):
                row, col = top + i * dilation - padding, left + j * dilation - padding
                inside = 0 <= row < values.shape[0] and 0 <= col < values.shape[1]
                total += tap * (values[row, col] if inside else 0)
            made[-1].append(total)
    return np.array(made)


class TestTheLabsThree:
    """4 x 4 numbers that count from 1, under a kernel of 2 x 2; by hand."""

    def test_no_padding_stride_1(self):
        found = sliding()
        assert found.outputs.tolist() == [[44, 54, 64], [84, 94, 104], [124, 134, 144]]
        assert [step.at for step in found.steps] == list(itertools.product(range(3), range(3)))
        assert found.read.all()
        assert not found.outside.any()
        assert found.steps[4].lines == (
            "output (1, 1): rows 1 to 2, columns 1 to 2",
            "r = 1*6 + 2*7 + 3*10 + 4*11 = 94",
            "output = 94",
        )

    def test_padding_1_stride_1(self):
        found = sliding(padding=1)
        assert found.values[1:-1, 1:-1].tolist() == COUNTED.tolist()
        assert found.outside.sum() == 20
        assert found.outputs.shape == (5, 5)
        assert found.outputs[0].tolist() == [4, 11, 18, 25, 12]
        assert found.steps[0].corner == (-1, -1)

    def test_padding_1_stride_3(self):
        found = sliding(padding=1, stride=3)
        assert found.outputs.tolist() == [[4, 3 * 3 + 4 * 4], [2 * 9 + 4 * 13, 11 + 2 * 12 + 3 * 15 + 4 * 16]]
        assert [step.corner for step in found.steps] == [(-1, -1), (-1, 2), (2, -1), (2, 2)]
        assert found.read.astype(int).tolist() == np.outer([1, 1, 0, 1, 1, 0], [1, 1, 0, 1, 1, 0]).tolist()

    def test_no_padding_stride_3_does_not_fit_twice(self):
        found = sliding(stride=3)
        assert found.outputs.tolist() == [[44]]
        assert [(step.at, step.corner) for step in found.steps] == [
            ((0, 0), (0, 0)),
            (None, (0, 3)),
            (None, (3, 0)),
        ]
        assert found.steps[1].lines == (
            "the next window needs columns 3 to 4, and the last is 3: it does not fit, "
            "and columns after 1 stay unread",
        )
        assert found.read.sum() == 4


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize(("dilation", "bias"), [(1, 0.0), (2, -1.5)])
def test_outputs_are_those_of_loops(rng, stride, padding, dilation, bias):
    values, kernel = rng.integers(-9, 10, (7, 6)).astype(float), rng.integers(-3, 4, (3, 2)).astype(float)
    how = {"stride": stride, "padding": padding, "dilation": dilation, "bias": bias}
    found, expected = sliding(values, kernel, **how), loops(values, kernel, **how)
    np.testing.assert_array_equal(found.outputs, expected)
    made = [step for step in found.steps if step.at is not None]
    assert len(made) == expected.size
    for step in made:
        total = float((step.samples * kernel).sum()) + bias
        assert (total, f"{total:.6g}") == (expected[step.at], step.lines[-1].removeprefix("output = "))


@pytest.mark.parametrize(
    ("border", "row"),
    [
        ("reflect", [3, 2, 1, 2, 3, 4, 3]),
        ("symmetric", [2, 1, 1, 2, 3, 4, 4]),
        ("wrap", [3, 4, 1, 2, 3, 4, 1]),
    ],
)
def test_padding_holds_what_the_border_makes(border, row):
    found = sliding(np.arange(1.0, 5)[None], np.ones((1, 2)), padding=[0, 0, 2, 1], border=border)
    assert found.values.tolist() == [row]
    assert found.outside.tolist() == [[True, True, False, False, False, False, True]]
    assert found.border == border


def test_a_large_image_is_shown_around_an_output(rng):
    values = rng.integers(0, 256, (90, 80), dtype=np.uint8)
    found = slide(Run(Pipeline([stage("edge", "sobel")]), values), 0, (40, 79))
    assert (found.rows.outputs, found.cols.outputs) == (range(37, 43), range(74, 80))
    assert (found.rows.places, found.cols.places) == (range(36, 44), range(73, 81))
    assert found.outside.sum() == 8  # the column right of the image
    np.testing.assert_array_equal(found.values[:, :-1], values[36:44, 73:])
    whole = Pipeline([stage("edge", "sobel")])(values, dtype="float32")
    np.testing.assert_array_equal(found.outputs, whole[37:43, 74:])
    assert [name for name, _ in found.kernels] == ["gx", "gy"]
    assert found.steps[0].lines[3] == "then gain * sqrt(square(gx) + square(gy)), gain = 0.707107"


def test_of_ranks_samples_are_sorted():
    found = slide(Run(Pipeline([stage("rank", "median", size=3)]), COUNTED), 0)
    assert found.ranked
    assert found.steps[5].lines[1:3] == ("sorted: 1 2 3 5 6 7 9 10 11", "r = number 5 of 9 = 6")


@pytest.mark.parametrize(
    ("family", "method", "given", "words"),
    [
        ("morphology", "open", {}, "one window"),
        ("color", "gray", {}, "one window"),
        ("color", "hsv", {}, "one window"),
        ("geometry", "resize", {"factor": 2}, "one window"),
        ("blur", "box", {"size": 17}, "up to 16 samples; given 17"),
    ],
)
def test_what_is_no_slide_is_refused(family, method, given, words):
    with pytest.raises(ParameterError, match=words):
        slide(Run(Pipeline([stage(family, method, **given)]), np.ones((30, 30, 3))), 0)


def test_alpha_is_refused():
    with pytest.raises(ParameterError, match="beside alpha"):
        slide(Run(Pipeline([stage("blur", "box", size=3)]), np.ones((5, 5, 4), np.uint8), alpha=True), 0)


@pytest.mark.parametrize(
    ("axis", "size", "said"),
    [
        (Axis(3), 5, "floor((M - K)/s) + 1 = floor((5 - 3)/1) + 1 = floor(2/1) + 1 = 3"),
        (
            Axis(3, stride=2, dilation=2, before=1, after=1),
            8,
            "floor((M + 2p - d*(K - 1) - 1)/s) + 1 = floor((8 + 2*1 - 2*(3 - 1) - 1)/2) + 1 "
            "= floor(5/2) + 1 = floor(2.5) + 1 = 3",
        ),
        (
            Axis(2, before=0, after=1),
            4,
            "floor((M + p + q - K)/s) + 1 = floor((4 + 0 + 1 - 2)/1) + 1 = floor(3/1) + 1 = 4",
        ),
    ],
)
def test_formulas(axis, size, said):
    assert str(worked(axis, size)) == said


def test_the_numbers_of_every_formula_are_right():
    """What is written is evaluated as Python, and is how often a window fits."""
    axes = itertools.product((1, 2, 3, 5), (1, 2, 3), (1, 2), (0, 1, 2), (0, 1))
    for kernel, stride, dilation, before, after in axes:
        axis = Axis(kernel, stride, dilation, before, after)
        if axis.slack(9) < 0:
            continue
        fits = len(range(0, 9 + before + after - axis.reach + 1, stride))
        formula = worked(axis, 9)
        letters = {"M": 9, "p": before, "q": after, "K": kernel, "d": dilation, "s": stride, "floor": int}
        expression = formula.symbols.replace("2p", "2*p")
        assert eval(expression, letters) == eval(formula.numbers, letters) == formula.size == fits
        assert eval(formula.steps.split(" = ")[0], letters) == fits


def test_a_track_shows_what_its_windows_meet():
    track = Track.around(Axis(9, stride=4, before=4, after=4), 1000, 0)
    assert (track.outputs, track.places) == (range(1), range(-4, 5))
    assert track.misfit is None
    assert all(track.read)


@pytest.fixture(scope="module")
def frames():
    found = sliding(padding=1, stride=3)
    file = Image.open(io.BytesIO(gif.animated(found)))
    frames = []
    for at in range(file.n_frames):
        file.seek(at)
        frames.append((file.convert("RGB"), file.info["duration"]))
    return found, frames


class TestGif:
    @pytest.mark.parametrize(
        ("extent", "said"), [((40, 60), ["a part of the input of 40x60 is shown"]), ((4, 4), [])]
    )
    def test_a_part_is_said_to_be_one(self, extent, said):
        found = slide(Run(Pipeline([stage("edge", "sobel")]), np.zeros(extent, np.uint8)), 0, (1, 1))
        assert [line for line in gif._Layout(found).formulas if "a part" in line] == said

    def test_a_frame_for_each_step_and_the_last_one_longer(self, frames):
        found, shown = frames
        assert [duration for _, duration in shown] == [900, 900, 900, 3000]
        assert len(found.steps) == 4

    def test_colours_say_where_the_window_is_and_what_is_made(self, frames):
        found, shown = frames
        layout = gif._Layout(found)

        def colour(at, grid, row, col):
            box = layout.box(grid, row, col)
            found = shown[at][0].getpixel((box.left + layout.cell // 2, box.top + 8))
            return "#{:02x}{:02x}{:02x}".format(*found)

        assert colour(1, 0, 1, 3) == gif.WINDOW
        assert (colour(1, 0, 1, 1), colour(1, 0, 3, 0)) == (gif.INSIDE, gif.PAPER)
        output = len(layout.grids) - 1
        assert [colour(1, output, *at) for at in np.ndindex(2, 2)] == [
            gif.MADE,
            gif.WINDOW,
            gif.PAPER,
            gif.PAPER,
        ]
        assert [colour(3, output, *at) for at in np.ndindex(2, 2)] == [gif.MADE] * 3 + [gif.WINDOW]

    def test_it_is_small(self, frames):
        assert len(gif.animated(frames[0])) < 40_000

    def test_long_lines_are_broken_within_the_width(self):
        lines = wrapped("1*2 + " * 40 + "1*2 = 82", 300)
        assert len(lines) > 2
        assert " ".join(lines) == "1*2 + " * 40 + "1*2 = 82"


class TestPage:
    def shown(self, found):
        text = slide_page(found)
        (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text)
        return text, json.loads(data)

    def test_it_holds_the_steps(self):
        _, data = self.shown(sliding(padding=1, stride=3))
        assert data["outputs"] == [["4", "25"], ["70", "144"]]
        assert data["steps"][3]["products"] == [[["11", "24"], ["45", "64"]]]
        assert data["values"][0] == ["0"] * 6

    def test_it_asks_for_nothing(self):
        text, _ = self.shown(sliding())
        (given,) = re.findall(r'Content-Security-Policy" content="(.*?)">', text)
        policy = html.unescape(given)
        assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
        assert "unsafe" not in policy
        assert not re.search(r"(src|href)=|https?:|url\(", text.replace(given, ""))

    def test_formulas_and_legend_are_of_what_is_shown(self):
        text, _ = self.shown(sliding(stride=3))
        assert "<span>= floor(0.667) + 1</span><span>= 1</span>" in text
        keys = re.compile(r'<span class="key (\w+)">')
        assert keys.findall(text) == ["lit", "made", "unread", "misfit"]
        assert keys.findall(self.shown(sliding(padding=1))[0]) == ["lit", "padding", "made"]

    def test_what_is_not_finite_is_shown(self):
        _, data = self.shown(sliding(np.array([[np.nan, np.inf], [1, 2]]), padding=1))
        assert data["values"][1] == ["0", "nan", "inf", "0"]


class TestTheLabsPictures:
    """Of what is committed, the letters may be of another version of Pillow; not the frames."""

    def test_they_are_what_the_script_makes(self, tmp_path, monkeypatch):
        monkeypatch.syspath_prepend(ROOT / "scripts")
        import make_animations

        make_animations.make(tmp_path)
        for name in make_animations.ANIMATIONS:
            with Image.open(tmp_path / name) as made, Image.open(ROOT / "docs" / "pictures" / name) as kept:
                assert (made.n_frames, made.size) == (kept.n_frames, kept.size), name

    def test_the_lab_shows_them(self):
        lab = (ROOT / "docs" / "what-is-convolution.md").read_text()
        kept = {path.name for path in (ROOT / "docs" / "pictures").glob("sliding-*.gif")}
        assert set(re.findall(r"\(pictures/(sliding-[\w-]+\.gif)\)", lab)) == kept
