"""The accounts of a pixel and of what it is made of: each number leads to the pixel that gives it."""

import json
import re

import numpy as np
import pytest

from convpipe import Pipeline, images
from convpipe.explain.account import Grid, Sentence, Source
from convpipe.explain.pixel import Pixel
from convpipe.explain.pixel_page import pixel_page
from convpipe.explain.run import Run
from convpipe.explain.story import story, upstream
from convpipe.explain.text import lines
from convpipe.stages.wiring import IMAGE


def told(stages, image, position, at, channel=0, alpha=False, **options):
    run = Run(Pipeline.from_dict({"stages": stages, **options}), image, alpha)
    return story(Pixel(run, position, at, channel))


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (12, 13), dtype=np.uint8)


BLUR, SOBEL = {"blur": "gaussian", "sigma": 0.8}, {"edge": "sobel"}


def test_numbers_of_a_window_are_what_their_sources_give(image):
    """Of windows on windows, also beyond the border: a linked number is what the account behind it gives."""
    found = told([BLUR, SOBEL, {"rank": "median", "size": 3}], image, 2, (0, 12))
    seen = 0
    for parts in found.accounts.values():
        for grid in (part for part in parts if isinstance(part, Grid) and part.sources):
            for value, source in zip(grid.values.ravel(), (one for line in grid.sources for one in line)):
                assert value == found.run.after(source.stage)[source.row, source.col, source.channel]
                seen += 1
                if source.stage != IMAGE:
                    gives = f"the stage gives {value:.6g}"
                    assert any(line.startswith(gives) for line in lines(found.accounts[source]))
    assert seen > 100


def test_a_constant_border_comes_from_no_pixel(image):
    found = told([{**BLUR, "border": "constant", "value": 7}], image, 0, (0, 0))
    (grid,) = (part for part in found.accounts[found.first] if isinstance(part, Grid) and part.sources)
    assert [[one is None for one in line] for line in grid.sources] == grid.outside.tolist()
    assert set(grid.values[grid.outside]) == {7}
    assert grid.border == "constant 7"


def test_sums_of_stages_lead_to_both(image):
    stages = [{**BLUR, "name": "soft"}, {"combine": "detail", "formula": "128 + input - soft"}]
    found = told(stages, image, 1, (5, 6))
    said = {part.text: part.sources for part in found.accounts[found.first] if isinstance(part, Sentence)}
    assert said[f"x0 is input: {image[5, 6]}"] == (Source(IMAGE, 5, 6, 0),)
    assert Source(0, 5, 6, 0) in found.accounts


def test_steps_of_a_stage_lead_to_the_stage_before(image):
    found = told([BLUR, {"morphology": "open", "size": 3}], image, 1, (5, 6))
    assert {(source.row, source.col) for source in upstream(found.accounts[found.first])} == {
        (row, col) for row in range(3, 8) for col in range(4, 9)
    }


def test_channels_lead_to_channels(rng):
    colours = rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    found = told([{"blur": "box", "size": 3}, {"color": "gray"}], colours, 1, (4, 4))
    assert sorted(found.accounts) == [Source(0, 4, 4, channel) for channel in range(3)] + [Source(1, 4, 4, 0)]
    found = told([{"blur": "box", "size": 3}, {"color": "hsv"}], colours, 1, (4, 4), 2)
    assert {source.channel for source in found.accounts if source.stage == 0} == {0, 1, 2}


def test_beside_alpha_and_holes(rng):
    pixels = rng.integers(1, 256, (9, 9, 4), dtype=np.uint8)
    found = told([{"blur": "box", "size": 3}, {"edge": "sobel"}], pixels, 1, (4, 4), 1, alpha=True)
    assert Source(0, 3, 5, 1) in found.accounts
    holes = pixels[..., 0].copy()
    holes[4, 4] = 0
    found = told([{"blur": "box", "size": 3}, {"edge": "sobel"}], holes, 1, (4, 4), missing=0)
    assert Source(0, 3, 5, 0) in found.accounts


def test_it_ends_somewhere(image):
    run = Run(Pipeline.from_dict({"stages": [BLUR, BLUR, BLUR]}), image)
    assert len(story(Pixel(run, 2, (6, 6), 0), most=20).accounts) == 20


class TestPage:
    def shown(self, found):
        text = pixel_page(found)
        (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text)
        return text, json.loads(data)

    def test_it_holds_all_accounts(self, image):
        found = told([BLUR, SOBEL], image, 1, (5, 6))
        text, data = self.shown(found)
        assert data["first"] == "1-5-6-0"
        assert len(data["accounts"]) == len(found.accounts) == 10
        assert all(line in text for line in lines(found.accounts[found.first]))
        assert not re.search(r"https?:|url\(|src=\"(?!data:)", text)

    def test_pictures_are_of_what_the_pixel_depends_on(self, image):
        import base64
        import io

        from PIL import Image

        text, _ = self.shown(told([BLUR, SOBEL], image, 1, (5, 6)))
        frames = re.findall(r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)">', text)
        assert frames[1:] == [("5", "4", "3", "3"), ("6", "5", "1", "1")]
        first = base64.b64decode(re.search(r"data:image/png;base64,([^\"]+)", text)[1])
        with Image.open(io.BytesIO(first)) as picture:
            np.testing.assert_array_equal(np.asarray(picture)[..., 0], image)

    def test_numbers_of_objects_are_the_colours_of_previews(self):
        import base64
        import io

        from PIL import Image

        from convpipe.display import Values, picture

        image = np.eye(9, dtype=np.uint8)
        found = told(
            [{"objects": "label", "connectivity": 1}, {"rank": "maximum", "size": 3}], image, 1, (4, 4)
        )
        text, _ = self.shown(found)
        drawn = [base64.b64decode(data) for data in re.findall(r"data:image/png;base64,([^\"]+)", text)]
        want = picture(Values(np.diag(np.arange(1, 10)), "uint16", labels=True)).pixels
        with Image.open(io.BytesIO(drawn[1])) as labels:
            np.testing.assert_array_equal(np.asarray(labels), want)

    def test_of_a_large_image_a_part_is_shown(self, rng):
        image = rng.integers(0, 256, (90, 80), dtype=np.uint8)
        text, _ = self.shown(told([BLUR], image, 0, (50, 60)))
        box = re.search(r'viewBox="0 0 (\d+) (\d+)"', text).groups()
        assert box == ("23", "23")  # 7 that are read, and 8 on each side
        assert re.search(r'<rect x="(\d+)" y="(\d+)" width="7" height="7">', text).groups() == ("8", "8")

    def test_what_a_user_wrote_is_text(self, image):
        text, _ = self.shown(told([{"custom": "<b>&", "kernel": [[1, 2]]}], image, 0, (5, 6)))
        assert "custom &lt;b&gt;&amp;" in text
        assert "<b>&<" not in text

    def test_large_windows_are_counted(self, rng):
        image = rng.integers(0, 256, (60, 60), dtype=np.uint8)
        _, data = self.shown(told([{"blur": "box", "size": 31}], image, 0, (30, 30)))
        assert {"text": "window: 31x31 numbers"} in data["accounts"]["0-30-30-0"]


def test_the_command_writes_it(rng, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from convpipe.cli import main

    monkeypatch.chdir(tmp_path)
    images.write(tmp_path / "a.png", rng.integers(0, 256, (6, 7), dtype=np.uint8))
    (tmp_path / "job.yaml").write_text("input: x\nstages:\n  - edge: sobel\n")
    given = ["explain", "job.yaml", "a.png", "--at", "5", "6", "--page", "a.html", "--animate", "b.gif"]
    assert CliRunner().invoke(main, given).stdout == "wrote a.html\nwrote b.gif\n"
    assert "Pixel (5, 6) of stage 0, edge sobel" in (tmp_path / "a.html").read_text()
