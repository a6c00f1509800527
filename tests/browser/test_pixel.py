"""The page of a pixel, in a browser: numbers lead to the pixels that they come from, and back."""

import numpy as np
import pytest

from convpipe import Pipeline
from convpipe.explain.pixel import Pixel
from convpipe.explain.pixel_page import pixel_page
from convpipe.explain.run import Run
from convpipe.explain.story import story

STAGES = [{"blur": "box", "size": 3}, {"edge": "laplacian", "bias": 100}]


@pytest.fixture
def path(tmp_path, rng):
    image = rng.integers(0, 256, (40, 50), dtype=np.uint8)
    run = Run(Pipeline.from_dict({"stages": STAGES}), image)
    (tmp_path / "pixel.html").write_text(pixel_page(story(Pixel(run, 1, (0, 20), 0))), encoding="utf-8")
    return tmp_path / "pixel.html"


def wait_for(page, heading):
    """Wait until an account is shown: a browser tells a page of its new address a moment after a click."""
    page.locator("#account h2", has_text=heading).wait_for(timeout=10_000)


def test_a_number_leads_to_its_account_and_the_way_back(browse, path, look):
    page = browse(path, look)
    heading = page.locator("#account h2")
    assert heading.inner_text().startswith("output pixel (0, 20) of stage 1, edge laplacian")
    assert page.locator("#account td.outside").count() == 3
    links = page.locator("#account td a")
    assert links.count() == 9
    number = links.nth(5).inner_text()
    links.nth(5).click()
    wait_for(page, "output pixel (0, 21) of stage 0, blur box")
    gives = page.locator("#account p.result").first.inner_text()
    assert float(gives.removeprefix("the stage gives ").split()[0]) == pytest.approx(float(number), rel=1e-3)
    assert page.locator("#trail").inner_text().split(" \u2190 ") == [
        "stage 1, edge laplacian (0, 20)",
        "stage 0, blur box (0, 21)",
    ]
    page.locator("#trail a").click()
    wait_for(page, "output pixel (0, 20)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_by_keyboard_and_the_browsers_back(browse, path):
    page = browse(path)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for(page, "output pixel (1, 19) of stage 0")
    assert page.evaluate("document.activeElement.id") == "account"
    page.go_back()
    wait_for(page, "output pixel (0, 20)")


def test_pictures_have_their_frames_inside(browse, path, look):
    page = browse(path, look)
    shown = page.locator(".way li")
    assert shown.count() == 3
    for k in range(3):
        picture, frame = (shown.nth(k).locator(one).last.bounding_box() for one in ("img", "rect"))
        assert picture["x"] - 3 <= frame["x"]
        assert frame["x"] + frame["width"] <= picture["x"] + picture["width"] + 3
        assert frame["y"] + frame["height"] <= picture["y"] + picture["height"] + 3
    assert page.locator(".way img").first.evaluate("image => image.naturalWidth") > 0
