"""The page of a report as people use it: opened from the disk, with a mouse, with a keyboard, on a phone."""

import re

import numpy as np
import pytest

from convpipe import Pipeline, images
from convpipe.report import ImageResult, Origin, Report, Sample, Steps, flow_of, to_html
from convpipe.report.samples import Histogram, Shot
from convpipe.stages import stage
from convpipe.stages.wiring import wire

HOSTILE = ["<script>alert(1)</script>.png", 'say "hi" \' & <b>.png', "two\nlines\x1b[31m.png", "b\udcff.png"]

SIZES = {(480, 640): ((240, 320), (240, 320)), (100, 50): ((50, 25), (50, 25))}


def coloured(red, shape=(40, 60)):
    """A PNG of one colour."""
    pixels = np.zeros((*shape, 3), np.uint8)
    pixels[..., 0] = red
    return b"".join(map(bytes, images.encode(pixels, images.Encoding("png")).pieces))


def image(number):
    size = (480, 640) if number % 3 else (100, 50)
    names = ("edge sobel", "point abs")
    return ImageResult(
        f"photos/{number:03}.png",
        "done",
        input=size,
        stages=tuple(zip(names, SIZES[size])),
        seconds=number / 100,
        steps=Steps(0.1, 0.0, 0.2, 0.3),
        bytes_read=1000 + number,
        output=f"photos/{number:03}.png",
        measures=((("share", (number * 37 % 100) / 100), ("level", float(number))),),
    )


@pytest.fixture(scope="module")
def report():
    shots = (
        Shot(-1, "image", (40, 60), (40, 60), "png", coloured(0)),
        Shot(0, "edge sobel", (20, 30), (20, 30), "png", coloured(120, (20, 30)), ("stretched",), 0.002),
        Shot(1, "point abs", (20, 30), (20, 30), "png", coloured(240, (20, 30)), (), 0.003),
    )
    histogram = Histogram("uint8", -10, 300, (4, 0, 20, 3), (0, 255), 4, 3)
    wrong = tuple(
        ImageResult(name, "failed", "read", "the file is <empty>", steps=Steps(0.1)) for name in HOSTILE
    )
    return Report(
        'a "job" <i>',
        (*map(image, range(300)), *wrong, ImageResult("pipe", "skipped", None, "no file")),
        seconds=3.2,
        config="edges.yaml",
        output="out",
        accept=(("share", (0.1, None)),),
        flow=flow_of(wire([stage("edge", "sobel", stride=2), stage("point", "abs")])),
        samples=(
            Sample(HOSTILE[1], "the first image", shots, histogram),
            Sample("b.png", "one", error="gone"),
        ),
        warnings=("values can be <0",),
        source="stages:\n  - edge: sobel\n",
    )


@pytest.fixture
def opened(browse, report, tmp_path):
    """Open the page of some reports."""

    def page(*reports, look=None):
        path = tmp_path / "a report.html"
        path.write_text(to_html(reports or [report], Origin.of(["run", "edges.yaml"])), encoding="utf-8")
        return browse(path, *([look] if look else []))

    return page


def names(page):
    return page.locator(".images tbody tr[data-at] td.name").evaluate_all(
        "all => all.map(td => td.firstChild.data)"
    )


def test_the_page_fits_and_complains_of_nothing(opened, look):
    page = opened(look=look)
    assert page.evaluate("document.documentElement.scrollWidth") == look.width
    assert page.get_by_role("heading", name='a "job" <i>').is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator("img:not([alt])").count() == 0
    controls = page.locator("button:visible, input:visible, select:visible")
    unnamed = "all => all.filter(e => !e.textContent && !e.labels?.length && !e.ariaLabel).length"
    assert controls.evaluate_all(unnamed) == 0


def test_names_of_files_are_text(opened):
    page = opened()
    dialogs = []
    page.on("dialog", lambda dialog: dialogs.append(dialog))
    page.get_by_role("button", name="failed 4").click()
    shown = names(page)
    assert shown == [
        "<script>alert(1)</script>.png",
        'say "hi" \' & <b>.png',
        r"two\nlines\x1b[31m.png",
        r"b\xff.png",
    ]
    page.get_by_text("read: the file is <empty>").first.click()
    assert page.locator(".cause li").all_inner_texts()[:4] == shown
    page.locator(".images tbody tr[data-at]").first.click()
    assert page.locator("dialog h3").inner_text() == shown[0]
    assert page.locator("main b, main i").count() == page.locator("figcaption b").count()
    assert dialogs == []


def test_a_failure_is_found_by_its_reason_and_told(opened):
    page = opened()
    page.get_by_placeholder("Find a name or a reason").fill("<EMPTY>")
    assert len(names(page)) == 4
    assert page.locator(".found").inner_text() == "4 of 305 in the table"
    page.locator("tr[data-at='1'] td.status").click()
    assert "read: the file is <empty>" in page.locator("dialog").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    assert page.evaluate("document.activeElement.dataset.at") == "1"


def test_columns_sort_both_ways_and_what_has_no_number_comes_last(opened):
    page = opened()
    head = page.locator("th", has_text="share")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    first = page.locator("tr[data-at='0'] td.number").nth(1).inner_text()
    assert first == "0"
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert page.locator("tr[data-at='0'] td.number").nth(1).inner_text() == "0.99"
    page.locator(".images").evaluate("e => e.scrollTop = e.scrollHeight")
    page.locator("tr[data-at='304']").wait_for()
    assert page.locator("tr[data-at='304'] td.number").nth(1).inner_text() == ""


def test_only_rows_in_sight_are_made_and_all_can_be_reached_by_keys(opened):
    page = opened()
    assert page.locator(".images tbody tr[data-at]").count() < 60
    page.locator("tr[data-at='0']").focus()
    active = "document.activeElement.dataset.at"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(active) == "1"
    page.keyboard.press("End")
    assert page.evaluate(active) == "304"
    page.keyboard.press("PageUp")
    assert 270 < int(page.evaluate(active)) < 304
    page.keyboard.press("Home")
    assert page.evaluate(active) == "0"
    page.keyboard.press("Enter")
    assert page.locator("dialog h3").inner_text() == "photos/000.png"
    page.keyboard.press("Escape")
    assert page.evaluate(active) == "0"


def test_the_line_moves_over_a_sample_by_mouse_and_by_key(opened):
    page = opened()
    before, line = page.locator(".before"), page.locator(".frame input")
    cut = "e => getComputedStyle(e).clipPath"
    assert before.evaluate(cut) == "inset(0px 50% 0px 0px)"
    line.scroll_into_view_if_needed()
    box = line.bounding_box()
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 20)
    assert 70 <= float(re.findall(r"([\d.]+)%", before.evaluate(cut))[0]) <= 80
    line.fill("50")
    line.press("ArrowRight")
    assert before.evaluate(cut) == "inset(0px 49% 0px 0px)"


def test_every_stage_of_a_sample_can_be_chosen(opened):
    page = opened()
    after = page.locator(".after")
    last = after.get_attribute("src")
    page.locator(".strip").get_by_role("button", name="edge sobel").press("Enter")
    assert after.get_attribute("src") != last
    assert after.get_attribute("alt") == HOSTILE[1] + ": edge sobel"
    assert page.locator("figcaption").first.inner_text() == "edge sobel, 20x30; stretched"
    pressed = page.locator(".strip button[aria-pressed=true]")
    assert pressed.inner_text().strip() == "edge sobel"
    colour = page.evaluate(
        """async () => {
          const canvas = document.createElement("canvas"), image = document.querySelector(".after");
          await image.decode();
          canvas.getContext("2d").drawImage(image, 0, 0);
          return canvas.getContext("2d").getImageData(3, 3, 1, 1).data[0];
        }"""
    )
    assert colour == 120


def test_the_graph_has_the_sizes_of_the_chosen_input(opened):
    page = opened()
    labels = page.locator(".flow [data-size]")
    assert labels.all_text_contents() == ["480x640", "240x320", "240x320"]
    page.get_by_role("combobox", name="Sizes of images of").select_option("100x50 (100 images)")
    assert labels.all_text_contents() == ["100x50", "50x25", "50x25"]


def test_no_table_is_cut_on_a_phone(opened, look):
    steps = Steps(1.5, 0.1, 2.5, 10.25)
    sizes = {"bytes_read": 123_456_789, "bytes_written": 123_456_789, "pixels": 10**8}
    stages = (("edge sobel", (480, 640)),)
    done = ImageResult(
        "a.tiff", "done", input=(480, 640), stages=stages, output="a.tiff", steps=steps, **sizes
    )
    page = opened(Report("job", (done,) * 100, seconds=1.0), look=look)
    assert page.locator("th", has_text="MP/s a thread").is_visible()
    assert page.locator(".times .scroll").evaluate_all(
        "all => all.map(e => e.scrollWidth - e.clientWidth)"
    ) == [0]


def test_jobs_that_did_not_start_are_empty_or_were_interrupted(opened, report):
    from playwright.sync_api import expect

    early = Report("early", report.results[:2], interrupted=130, unfinished=7)
    page = opened(Report("wrong", error="no <input>"), Report("empty"), early, report)
    assert page.get_by_text("did not start: no <input>").is_visible()
    assert page.get_by_text("interrupted: 7 images left undone").is_visible()
    page.get_by_role("link", name="early").click()
    expect(page.locator("#name-2")).to_be_in_viewport()
    assert page.locator(".images").count() == 2


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


INKS = """all => all.filter(e => e.checkVisibility() && !e.closest("svg, .corner")
  && [...e.childNodes].some(node => node.nodeType === 3 && node.data.trim())).map(e => {
    const paper = each => getComputedStyle(each).backgroundColor;
    let behind = e;
    while (behind && paper(behind) === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
    return [`${e.tagName} ${e.className}`, getComputedStyle(e).color, paper(behind ?? document.body)];
  })"""
"""What every text is written in, and on."""


def test_text_has_the_contrast_of_wcag_aa(opened, look):
    """Source: WCAG 2.2, 1.4.3: 4.5 to 1, of the luminance that it defines."""
    pairs = opened(look=look).locator("body *").evaluate_all(INKS)
    assert len(pairs) > 100
    low = []
    for name, ink, paper in pairs:
        bright, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
        if (bright + 0.05) / (dark + 0.05) < 4.5:
            low.append((name, ink, paper))
    assert low == []


def test_a_real_run_makes_a_page_that_works(browse, tmp_path):
    """From files to the page: pictures of stages, and of alpha; a file that is none."""
    rng = np.random.default_rng(5)
    (tmp_path / "in").mkdir()
    for name, shape in {"a.png": (30, 40, 3), "b.tif": (24, 24), "c.png": (20, 20, 4)}.items():
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
        images.write(tmp_path / "in" / name, images.Page(pixels, alpha=shape[2:] == (4,)))
    (tmp_path / "in" / "<b>.png").write_text("no image")
    pipeline = Pipeline([stage("blur", "box", size=3, name="soft"), stage("edge", "sobel", stride=2)])
    report = pipeline.run_folder(tmp_path / "in", tmp_path / "out", samples=3)
    path = tmp_path / "report.html"
    path.write_text(to_html([report]), encoding="utf-8")
    page = browse(path)
    assert page.locator(".sample").count() == 3
    assert page.locator(".sample img").evaluate_all("all => all.every(e => e.complete && e.naturalWidth > 0)")
    assert page.locator(".flow .stage").count() == 2
    assert page.locator(".values").count() == 3
    assert page.locator(".is-failed").inner_text() == "failed"
