"""The page of ``tune``: sliders change the picture, stages come and go, what is saved is what was seen."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from convpipe import Pipeline
from convpipe.config import load
from convpipe.display import Shown

TEXT = """\
# what it is for
name: mine
stages:
  - blur: gaussian   # softly
    sigma: 1.4
  # a kernel of our own
  - custom: sharpen
    kernel: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
"""


@pytest.fixture
def text():
    return TEXT


@pytest.fixture
def config(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return path


@pytest.fixture
def images(rng):
    rows, cols = np.indices((60, 90))
    plain = (2 * rows + cols + 40 * ((rows // 9 + cols // 9) % 2)).astype(np.uint8)
    return [plain, np.ascontiguousarray(plain[::-1, :70]), rng.integers(0, 256, (50, 50, 3), dtype=np.uint8)]


@pytest.fixture
def server(config, images):
    pytest.importorskip("uvicorn")
    from convpipe.tuner.sample import Sample
    from convpipe.tuner.server import Server
    from convpipe.tuner.session import Session

    samples = [Sample(f"{at}.png", lambda at=at: Shown(images[at])) for at in range(len(images))]
    made = Server(Session(config, samples))
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.stop()
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def tune(browse, server):
    """Open the page, and wait for its picture; it is left before the server ends."""
    pages = []

    def opened(*given):
        pages.append(browse(server.address, *given))
        pages[-1].wait_for_selector("body[data-seen]", timeout=60_000)
        return pages[-1]

    yield opened
    for page in pages:
        page.close()


def settled(page):
    """Wait until the picture is of the session as it is."""
    page.wait_for_selector("body:not([data-busy])", timeout=60_000)


def until(page, condition, milliseconds=10_000):
    """Wait until something holds; the page's policy forbids what Playwright has for it, which is `eval`."""
    for _ in range(milliseconds // 25):
        if page.evaluate(f"() => Boolean({condition})"):
            return
        page.wait_for_timeout(25)
    pytest.fail(f"it never was so: {condition}")


def shown(page):
    """The picture as it is drawn, in grey."""
    settled(page)
    found = page.evaluate(
        """() => {
            const canvas = document.getElementById("canvas");
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            return { rows: canvas.height, pixels: Array.from(data.filter((_, at) => at % 4 === 0)) };
        }"""
    )
    return np.array(found["pixels"], np.uint8).reshape(found["rows"], -1)


def slide(page, name, place):
    """Move a slider, from 0 to 1000, in some steps, as a hand does."""
    page.locator(name).evaluate(
        """(slider, place) => {
            slider.dispatchEvent(new Event("pointerdown"));
            const from = Number(slider.value);
            for (const share of [0.3, 0.6, 1]) {
                slider.value = from + share * (place - from);
                slider.dispatchEvent(new Event("input", { bubbles: true }));
            }
            slider.dispatchEvent(new Event("change", { bubbles: true }));
        }""",
        place,
    )
    settled(page)


def titles(page):
    return [text.split("\n")[0] for text in page.locator(".card .title span:first-of-type").all_inner_texts()]


def saved(page, config):
    page.click("#save")
    until(page, "document.getElementById('save').disabled")
    (job,) = load(config)  # as `check` does
    return config.read_text(), job


def test_a_slider_changes_the_picture_and_is_taken_back_as_one(tune, server):
    page = tune()
    before = shown(page)
    slide(page, "#entry-0-sigma-slider", 700)
    after = shown(page)
    assert (before != after).mean() > 0.05
    assert server.guard is not None
    value = float(page.input_value("#entry-0-sigma"))
    assert value == pytest.approx(0.1 * 1000**0.7, rel=0.01)
    page.click("#undo")
    until(page, "document.getElementById('entry-0-sigma').value === '1.4'")
    np.testing.assert_array_equal(shown(page), before)
    assert page.is_disabled("#undo")
    page.click("#redo")
    until(page, "document.getElementById('entry-0-sigma').value !== '1.4'")
    np.testing.assert_array_equal(shown(page), after)


def test_the_picture_has_the_bytes_of_a_run(tune, images):
    page = tune()
    page.click("#one")
    until(page, "document.getElementById('scale').textContent.includes('%')")
    page.evaluate("() => { document.getElementById('split').value = 0; }")
    page.click("#entry-1-title")
    page.select_option("#shown", "1")
    page.select_option("#against", "")
    settled(page)
    want = Pipeline.from_yaml(TEXT)(images[0])
    asked = "{ stage: 1, top: 0, left: 0, rows: 60, cols: 90 }"
    values = page.evaluate(
        f"""async () => {{
            const api = await import(new URL('api.js', document.baseURI));
            return (await api.post('values', {asked})).values;
        }}"""
    )
    np.testing.assert_array_equal(np.array(values)[..., 0], want)


def test_a_kernel_cell_is_edited_and_saved_where_it_stands(tune, config):
    page = tune()
    page.click("#entry-1-title")
    before = shown(page)
    page.fill("#entry-1-kernel-1-1", "7.5")
    page.press("#entry-1-kernel-1-1", "Tab")
    until(page, "document.getElementById('save').disabled === false")
    assert (shown(page) != before).any()
    text, job = saved(page, config)
    assert text == TEXT.replace("[-1, 5, -1]", "[-1, 7.5, -1]")
    assert job.stages[1].given["kernel"][1] == [-1, 7.5, -1]


def test_a_kernel_cell_that_is_no_number_says_so_until_it_is_one(tune):
    page = tune()
    page.click("#entry-1-title")
    for text, said in (("abc", 'given "abc"'), ("", "given nothing"), ("1e999", 'given "1e999"')):
        page.fill("#entry-1-kernel-1-1", text)
        page.press("#entry-1-kernel-1-1", "Tab")
        told = page.locator("#entry-1 .faults p").all_inner_texts()
        assert told == [f"row 1, column 1 needs a number; {said}"]
        assert page.input_value("#entry-1-kernel-1-1") == text
    assert page.locator("#entry-1-kernel-1-1[aria-invalid]").count() == 1
    page.fill("#entry-1-kernel-0-1", "2")  # another cell: what is wrong stays
    page.press("#entry-1-kernel-0-1", "Tab")
    until(page, "document.getElementById('save').disabled === false")
    assert page.input_value("#entry-1-kernel-1-1") == "1e999"
    page.fill("#entry-1-kernel-1-1", "6")
    page.press("#entry-1-kernel-1-1", "Tab")
    until(page, "document.querySelectorAll('#entry-1 .faults p').length === 0")
    assert page.locator("#entry-1-kernel-1-1[aria-invalid]").count() == 0


def test_stages_are_added_moved_and_switched_off_and_comments_stay(tune, config):
    page = tune()
    page.click("#add")
    page.fill("#search", "median")
    page.press("#search", "Enter")
    page.wait_for_selector("#entry-2")
    assert titles(page) == ["gaussian", "median", "sharpen"]
    assert page.inner_text("#entry-1-title").startswith("rank")  # and no projection of a stack
    settled(page)
    page.click("#entry-1 >> [aria-label='Move down']")
    until(page, "document.querySelector('#entry-2-title').textContent.includes('median')")
    page.click("#entry-0 >> .head >> [role=switch]")
    page.wait_for_selector("#entry-0.off")
    settled(page)
    text, job = saved(page, config)
    assert [one.label for one in job.stages] == ["sharpen", "median"]
    assert "  #off - blur: gaussian   # softly\n  #off   sigma: 1.4\n  # a kernel of our own\n" in text
    page.click("#entry-0 >> .head >> [role=switch]")
    page.wait_for_selector("#entry-0:not(.off)")
    page.click("#entry-2-title")
    page.click("#entry-2 >> [aria-label=Remove]")
    page.wait_for_selector("#entry-2", state="detached")
    text, _ = saved(page, config)
    assert text == TEXT


def test_a_stage_is_dragged_to_another_place(tune):
    page = tune()
    page.click("#entry-0-title")  # fold it, so that both are near
    page.drag_and_drop("#entry-1 .handle", "#entry-0 .head")
    until(page, "document.querySelector('#entry-0-title').textContent.includes('sharpen')")
    assert titles(page) == ["sharpen", "gaussian"]


def test_what_is_wrong_stands_at_its_control_and_the_picture_stays(tune):
    page = tune()
    before = shown(page)
    page.fill("#entry-0-sigma", "-2")
    page.press("#entry-0-sigma", "Enter")
    fault = page.locator(".control.wrong .faults")
    fault.wait_for()
    assert "at least 0" in fault.inner_text()
    assert page.locator("#entry-0.wrong").count() == 1
    np.testing.assert_array_equal(shown(page), before)
    page.fill("#entry-0-sigma", "1.4")
    page.press("#entry-0-sigma", "Enter")
    page.wait_for_selector("#entry-0:not(.wrong)")


def test_before_and_after_and_the_stages_between(tune):
    page = tune()
    after = shown(page)
    page.locator("#split").fill("1000")
    before = shown(page)
    assert (before != after).any()
    page.locator("#split").fill("0")
    page.keyboard.press("Escape")
    page.locator("#canvas").focus()
    page.keyboard.press("[")
    until(page, "document.getElementById('shown').value === '0'")
    page.wait_for_timeout(300)
    assert (shown(page) != after).any()
    page.keyboard.down(" ")
    np.testing.assert_array_equal(shown(page), before)
    page.keyboard.up(" ")


def test_zoom_to_single_pixels_with_their_values(tune, images):
    page = tune()
    page.select_option("#shown", "-1")
    box = page.locator("#canvas").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    with page.expect_response(re.compile("api/values")):
        for _ in range(12):
            page.mouse.wheel(0, -240)
    page.mouse.move(middle[0] + 3, middle[1] + 3)
    until(page, "document.getElementById('pixel').textContent.startsWith('row ')")
    row, col, value = map(int, re.findall(r"\d+", page.inner_text("#pixel")))
    assert images[0][row, col] == value
    assert abs(row - 30) <= 1
    assert abs(col - 45) <= 1
    page.keyboard.press("0")
    assert page.inner_text("#scale").startswith("fit")


def test_the_histogram_marks_what_is_clipped(tune):
    page = tune()
    page.click("#entry-1-title")
    page.fill("#entry-1-kernel-1-1", "9")
    page.press("#entry-1-kernel-1-1", "Tab")
    until(page, "document.getElementById('counts').textContent.includes('clipped')")
    assert re.search(r"clipped: (\d+ below 0 .*)?(\d+ above 255)?", page.inner_text("#counts"))
    assert page.locator("#histogram .clipped").count() >= 1
    assert page.locator("#histogram .bars").count() == 1


def test_images_are_tried_with_the_same_settings(tune):
    page = tune()
    thumbnails = page.locator("#strip button")
    until(page, "document.querySelectorAll('#strip button').length === 3")
    until(page, "[...document.querySelectorAll('#strip canvas')].every((one) => one.width > 1)")
    before = shown(page)
    thumbnails.nth(2).click()
    page.wait_for_selector("#strip button:nth-child(3)[aria-selected=true]")
    until(page, "document.querySelectorAll('#histogram .bars').length === 3")
    assert (shown(page) != before).any()
    assert "50 x 50 x 3" in page.inner_text("#entry-0 .size")


def test_a_file_that_somebody_changed_is_not_written_over_unasked(tune, config):
    page = tune()
    slide(page, "#entry-0-sigma-slider", 600)
    config.write_text(TEXT.replace("what it is for", "by hand"))
    page.click("#save")
    page.wait_for_selector("#conflict[open]")
    assert "by hand" in config.read_text()
    page.click("#reload")
    until(page, "document.getElementById('entry-0-sigma').value === '1.4'")
    assert page.is_disabled("#save")


def test_it_is_copied_as_python(tune, server):
    page = tune()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#python")
    until(page, "document.getElementById('toast').textContent.includes('Copied')")
    made = {}
    exec(page.evaluate("navigator.clipboard.readText()"), made)
    assert made["pipeline"] == Pipeline.from_yaml(TEXT)


def test_it_is_read_and_used_at_every_width_and_in_the_dark(tune, look):
    page = tune(look)
    assert page.evaluate("document.documentElement.scrollWidth") <= look.width
    for name in ("#canvas", "#entry-0-sigma-slider", "#add", "#save", "#undo", "#shown"):
        box = page.locator(name).bounding_box()
        assert box["width"] >= 20, name
        assert box["x"] >= 0, name
        assert box["x"] + box["width"] <= look.width + 1, name
    background, text = page.evaluate(
        """() => {
            const both = [document.documentElement, document.body].map((one) => getComputedStyle(one));
            return [both[0].backgroundColor, both[1].color];
        }"""
    )
    light, dark = (sum(map(int, re.findall(r"\d+", each)[:3])) for each in (background, text))
    assert (light > dark) == (look.scheme == "light")
    slide(page, "#entry-0-sigma-slider", 500)
    assert page.inner_text("#saved") == "not saved"


def test_without_the_token_the_page_does_not_open(chromium, server):
    context = chromium.new_context()
    page = context.new_page()
    reply = page.goto(f"http://127.0.0.1:{server.port}/")
    assert reply.status == 403
    reply = page.goto(f"http://127.0.0.1:{server.port}/?token=wrong")
    assert reply.status == 403
    page.goto(server.address)
    assert page.title().endswith("convpipe tune")
    # A page of another origin can neither read nor change anything, though the cookie is there.
    other = context.new_page()
    other.goto("data:text/html,<title>other</title>")
    made = other.evaluate(
        """async (port) => {
            try {
                const reply = await fetch(`http://127.0.0.1:${port}/api/change`, {
                    method: "POST", mode: "no-cors", credentials: "include",
                    body: '{"op": "switch", "entry": 0}' });
                return reply.type;
            } catch (error) { return "refused"; }
        }""",
        server.port,
    )
    assert made in ("opaque", "refused")
    assert page.evaluate("async () => (await (await fetch('api/state')).json()).changed") is False
    context.close()


def test_a_server_on_another_port_is_not_sent_the_cookie(chromium, server):
    """Browsers keep cookies by host and path, and not by port."""
    asked = []

    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("cookie")))
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>other</title>")

        def log_message(self, *_):
            pass

    other = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    thread = threading.Thread(target=other.serve_forever)
    thread.start()
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.goto(server.address)
        assert page.title().endswith("convpipe tune")
        assert [cookie["path"] for cookie in context.cookies()] == [server.guard.place]
        for path in ("/", "/api/state", "/?token="):
            context.new_page().goto(f"http://127.0.0.1:{other.server_port}{path}")
        assert [path for path, _ in asked if path != "/favicon.ico"] == ["/", "/api/state", "/?token="]
        assert {cookie for _, cookie in asked} == {None}
    finally:
        context.close()
        other.shutdown()
        other.server_close()
        thread.join(10)


@pytest.mark.parametrize("text", [TEXT + "  - threshold: otsu\n"])
def test_an_estimate_is_labelled_until_the_exact_picture_takes_its_place(tune, config, images, monkeypatch):
    from convpipe.tuner import numbers

    monkeypatch.setattr(numbers, "LEAST_PIXELS", 1)
    go_on, plain = threading.Event(), numbers.Measurer._whole
    go_on.set()
    monkeypatch.setattr(
        numbers.Measurer, "_whole", lambda self, *given: (go_on.wait(20), plain(self, *given))[1]
    )
    page = tune()
    settled(page)
    page.wait_for_load_state("networkidle")  # the strip and the histogram have exact numbers, too
    assert page.locator("#estimated").is_hidden()
    go_on.clear()
    page.fill("#entry-0-sigma", "2.5")
    page.press("#entry-0-sigma", "Enter")
    page.wait_for_selector("#estimated:not([hidden])")
    assert page.inner_text("#estimated") == "approximate, the exact picture follows"
    go_on.set()
    settled(page)
    assert page.locator("#estimated").is_hidden()
    drawn = page.evaluate(
        """async () => {
            const api = await import(new URL("api.js", document.baseURI));
            const seen = { stage: 2, top: 0, left: 0, rows: 60, cols: 90 };
            return Array.from((await api.picture(seen)).pixels.filter((_, at) => at % 4 === 0));
        }"""
    )
    saved(page, config)
    want = Pipeline.from_yaml(config)(images[0])
    np.testing.assert_array_equal(np.array(drawn, np.uint8).reshape(want.shape), want)


def test_compiling_has_a_sign_and_the_page_goes_on(tune, monkeypatch):
    from convpipe.compile.cpu.graphs import GraphExecutable

    page = tune()
    settled(page)
    go_on, plain = threading.Event(), GraphExecutable.warm
    monkeypatch.setattr(GraphExecutable, "warm", lambda self: (go_on.wait(20), plain(self)))
    before = shown(page)
    page.fill("#entry-0-sigma", "5")
    page.press("#entry-0-sigma", "Enter")
    page.wait_for_selector("#sign:not([hidden])")
    until(page, "document.getElementById('sign').textContent.startsWith('Compiling')")
    page.click("#entry-1-title")  # what needs no picture is done at once
    assert page.locator("#entry-1.open").count() == 1
    go_on.set()
    page.wait_for_selector("#sign[hidden]", state="attached")
    assert (shown(page) != before).any()
