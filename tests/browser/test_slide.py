"""The page of a sliding window, in a browser: its steps by keys, buttons and the scrubber, and by itself."""

import re

import numpy as np
import pytest

from convpipe import Pipeline, stage
from convpipe.explain.run import Run
from convpipe.explain.slide import slide
from convpipe.explain.slide_page import slide_page

STILL = {"reduced_motion": "reduce"}


@pytest.fixture
def path(tmp_path):
    """A kernel at stride 3 over padding, which fits twice, and one without padding, which fits once."""

    def write(**given):
        taps = {"kernel": [[1, 2], [3, 4]], "padding": 1, "stride": 3, "border": "zeros", **given}
        pipeline = Pipeline([stage("custom", "taps", **taps)])
        (tmp_path / "slide.html").write_text(
            slide_page(slide(Run(pipeline, np.arange(1.0, 17).reshape(4, 4)), 0)), encoding="utf-8"
        )
        return tmp_path / "slide.html"

    return write


def numbers(page, number, marked=""):
    """Texts of the cells of one of the page's tables."""
    return [
        cell.strip() for cell in page.locator("table").nth(number).locator(f"td{marked}").all_inner_texts()
    ]


def test_keys_go_step_by_step(browse, path, look):
    page = browse(path(), look, **STILL)
    assert page.locator("#count").inner_text() == "step 1 of 4"
    assert numbers(page, 3) == ["4", "", "", ""]
    assert numbers(page, 0, ".lit") == ["0", "0", "0", "1"]
    before = page.locator(".frame").bounding_box()
    page.keyboard.press("ArrowRight")
    after = page.locator(".frame").bounding_box()
    assert (after["x"] > before["x"], after["y"]) == (True, before["y"])
    assert numbers(page, 0, ".lit") == ["0", "0", "3", "4"]
    assert numbers(page, 2) == ["0", "0", "9", "16"]
    assert numbers(page, 3) == ["4", "25", "", ""]
    page.keyboard.press("End")
    assert numbers(page, 3) == ["4", "25", "70", "144"]
    assert "r = 1\u00b711 + 2\u00b712 + 3\u00b715 + 4\u00b716 = 144" in page.locator("#said").inner_text()
    page.keyboard.press("ArrowLeft")
    assert numbers(page, 3, ".now") == ["70"]
    page.keyboard.press("Home")
    assert page.locator("#count").inner_text() == "step 1 of 4"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def colours(page, selector):
    return {
        cell.evaluate("cell => getComputedStyle(cell).backgroundColor")
        for cell in page.locator(selector).all()
    }


def test_colours_tell_what_a_cell_is(browse, path, look):
    page = browse(path(stride=1), look, **STILL)
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    kinds = [
        colours(page, selector)
        for selector in (
            "table >> nth=0 >> td.lit",
            "table >> nth=0 >> td.inside:not(.lit)",
            "table >> nth=3 >> td.made",
            "table >> nth=3 >> td.now",
            "table >> nth=3 >> td:not(.made, .now)",
        )
    ]
    assert [len(each) for each in kinds] == [1] * 5
    lit, inside, made, now, empty = (each.pop() for each in kinds)
    assert lit == now
    assert len({lit, inside, made, empty}) == 4
    padding = page.locator("table >> nth=0 >> td.outside:not(.lit)").first
    assert "gradient" in padding.evaluate("cell => getComputedStyle(cell).backgroundImage")


def test_the_frame_stands_on_the_cells_under_the_taps(browse, path):
    page = browse(path(dilation=2, stride=1), **STILL)
    page.keyboard.press("ArrowRight")
    lit = [cell.bounding_box() for cell in page.locator("table").nth(0).locator("td.lit").all()]
    frame = page.locator(".frame").bounding_box()
    assert frame["x"] == pytest.approx(min(box["x"] for box in lit), abs=3)
    assert frame["y"] == pytest.approx(min(box["y"] for box in lit), abs=3)
    assert frame["x"] + frame["width"] == pytest.approx(max(box["x"] + box["width"] for box in lit), abs=3)
    assert frame["y"] + frame["height"] == pytest.approx(max(box["y"] + box["height"] for box in lit), abs=3)


def test_a_window_that_does_not_fit_is_shown_beyond_the_input(browse, path):
    page = browse(path(padding=0), **STILL)
    page.keyboard.press("ArrowRight")
    assert "needs columns 3 to 4" in page.locator("#said").inner_text()
    assert page.locator(".frame.misfit").count() == 1
    assert numbers(page, 0, ".lit") == []
    table, frame = page.locator("table").nth(0).bounding_box(), page.locator(".frame").bounding_box()
    assert frame["x"] + frame["width"] > table["x"] + table["width"] + 20
    assert numbers(page, 0, ".unread") == [str(k) for k in range(1, 17) if k not in (1, 2, 5, 6)]


def test_buttons_and_the_scrubber(browse, path):
    page = browse(path(), **STILL)
    page.get_by_label("One step on").click()
    assert numbers(page, 3) == ["4", "25", "", ""]
    page.get_by_label("Last step").click()
    page.get_by_label("One step back").click()
    assert page.locator("#count").inner_text() == "step 3 of 4"
    page.locator("#scrubber").fill("1")
    assert page.locator("#count").inner_text() == "step 2 of 4"
    page.locator("#scrubber").press("ArrowRight")  # one step, not two: the scrubber has the key
    assert page.locator("#count").inner_text() == "step 3 of 4"


def test_it_plays_by_itself_and_stops_on_a_key(browse, path):
    page = browse(path(stride=1))
    page.get_by_label("Speed").select_option("3")
    page.locator("#count", has_text=re.compile(r"step ([2-9]|\d\d) ")).wait_for()
    page.keyboard.press("Home")
    assert page.locator("#play").inner_text() == "Play"
    assert page.locator("#count").inner_text() == "step 1 of 25"
    page.keyboard.press("Space")
    assert page.locator("#play").inner_text() == "Pause"
    page.keyboard.press("Space")
    assert page.locator("#play").inner_text() == "Play"


def test_nothing_moves_where_a_reader_asks_for_that(browse, path):
    page = browse(path(stride=1), **STILL)
    assert page.locator("#play").inner_text() == "Play"
    assert page.evaluate("getComputedStyle(document.querySelector('.frame')).transitionProperty") == "none"
