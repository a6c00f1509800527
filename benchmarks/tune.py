"""From a move of a slider to its picture, on the page of ``convpipe tune``: in the server, and in a browser.

    python benchmarks/tune.py [--side 4900]

`--side` is that of the larger image, of 24 megapixels by default; the smaller one has 1. The browser is
Chromium, as in tests/browser; without it those columns are empty.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import samples
from timing import Bench, Row, Table, run

from convpipe.display import Shown
from convpipe.tuner.desk import Desk
from convpipe.tuner.sample import Sample
from convpipe.tuner.server import Server
from convpipe.tuner.session import Session

SMALL, LARGE = 1000, 4900
WINDOW = (1280, 900)
VIEW = (640, 880)
"""Rows and columns of the picture in a window of that size."""

MOVES = 12

GOALS = {SMALL: 50, LARGE: 100}
"""Milliseconds."""

CONFIG = """\
name: tune
stages:
  - blur: gaussian
    sigma: 1.4
  - edge: sobel
  - point: scale
    gain: 2
  - threshold: otsu
"""


@dataclass(frozen=True)
class Move:
    """A slider that is moved: of which stage, over which values, and which stage is looked at."""

    name: str
    entry: int
    key: str
    values: tuple[float, ...]
    stage: int


MOVES_OF = (
    Move("gain of the last stage but one", 2, "gain", tuple(np.linspace(1, 3, MOVES)), 2),
    Move("sigma of the first stage", 0, "sigma", tuple(np.linspace(1.3, 1.5, MOVES)), 2),
    Move("sigma from 0.5 to 8", 0, "sigma", tuple(np.linspace(0.5, 8, MOVES)), 2),
    Move("sigma, before a threshold by Otsu", 0, "sigma", tuple(np.linspace(1.3, 1.5, MOVES)), 3),
)


def looks(side: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield how the image is looked at: all of it, and one to one."""
    fit = min(1, VIEW[0] / side)
    is_small = side * side < 4e6
    yield "all of it", {"size": [round(fit * side)] * 2} if is_small else {"reduced": int(1 / fit)}
    if side > VIEW[0]:
        rows, cols = min(VIEW[0], side), min(VIEW[1], side)
        yield "one to one", {"top": side // 3, "left": side // 3, "rows": rows, "cols": cols}


def in_server(desk: Desk, move: Move, view: dict[str, Any]) -> tuple[float, float]:
    """Return the median, and the most, of the milliseconds from a change to its pixels, once compiled."""

    def moved(value: float) -> float:
        change: dict[str, Any] = {"op": "set", "entry": move.entry, "key": move.key, "value": float(value)}
        began = time.perf_counter()
        asked = {**view, "stage": move.stage, "focus": move.entry, "estimates": True}
        desk.picture({**asked, "change": {**change, "gesture": 1}})
        return 1e3 * (time.perf_counter() - began)

    for value in move.values:
        moved(value)
    # Other values: numbers of the image that are known by now would be of no move.
    taken = [moved(1.003 * value) for value in reversed(move.values)]
    return median(taken), max(taken)


def in_browser(page: Any, move: Move) -> tuple[float, float]:
    """Return the median milliseconds from the slider's event to a picture's frame, and to the exact one's."""
    page.select_option("#shown", str(move.stage))
    page.evaluate(
        f"() => {{ if (!document.querySelector('#entry-{move.entry}.open')) {{"
        f" document.getElementById('entry-{move.entry}-title').click(); }} }}"
    )
    page.wait_for_timeout(1500)
    taken = page.evaluate(
        """async ([id, values]) => {
            const { scaleOf } = await import(new URL("controls.js", document.baseURI));
            const slider = document.getElementById(id);
            const field = document.getElementById(id.replace("-slider", ""));
            const taken = [];
            for (let round = 0; round < 2; round++) for (const value of values) {
                const place = scaleOf(slider.declared).place(value);
                let shown = 0;
                const exact = new Promise((done) => {
                    const look = ({ detail }) => requestAnimationFrame(() => {
                        shown ||= performance.now() - began;
                        if (detail.estimated) return;
                        document.removeEventListener("picture", look);
                        done(performance.now() - began);
                    });
                    document.addEventListener("picture", look);
                });
                slider.value = place + 3 * round; // another value, by 1 or 2 %
                const began = performance.now();
                slider.dispatchEvent(new Event("input", { bubbles: true }));
                const whole = await exact;
                if (round) taken.push([shown, whole]);
            }
            return taken;
        }""",
        [f"entry-{move.entry}-{move.key}-slider", list(map(float, move.values))],
    )
    first, exact = (float(median(each)) for each in zip(*taken, strict=True))
    return first, exact


def opened(session: Session) -> Iterator[Any]:
    """Yield the page in a browser, if there is one, else None."""
    program = shutil.which("chromium")
    if program is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    server = Server(session)
    thread = threading.Thread(target=server.run)
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WINDOW[0], "height": WINDOW[1]})
        page.goto(server.address)
        page.wait_for_selector("body[data-seen]")
        yield page
        browser.close()
    server.stop()
    thread.join()


def rows(side: int) -> Iterator[Row]:
    image = samples.rgb(side)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tune.yaml"
        path.write_text(CONFIG)
        session = Session(path, [Sample("image", lambda: Shown(image))])
        desk = Desk(session)
        for page in opened(session):
            for look, view in looks(side):
                if page is not None:
                    page.click("#one" if "top" in view else "#fit")
                for move in MOVES_OF:
                    session.kept.clear()  # of the same values, looked at otherwise
                    taken, most = in_server(desk, move, view)
                    session.kept.clear()
                    first, exact = ("-", "-") if page is None else in_browser(page, move)
                    yield {
                        "megapixels": side * side / 1e6,
                        "seen": look,
                        "slider": move.name,
                        "server ms": taken,
                        "at most ms": most,
                        "browser ms": first,
                        "exact ms": exact,
                    }
        desk.worker.shutdown()


def tables(bench: Bench) -> Iterator[Table]:
    note = (
        "In the server from a change of the config's text to the pixels of its picture; in Chromium from the"
        f" event of the slider to the frame that shows it, and to the exact one's, where the first is of"
        f" estimates, in a window of {WINDOW[0]} x {WINDOW[1]}. Colour"
        f" images, once compiled, medians of {MOVES} moves. Goals: 50 ms at 1 megapixel, 100 ms at 24."
    )
    found = [row for side in sorted({SMALL, bench.side}) for row in rows(side)]
    yield Table("From a slider to its picture", found, note)


if __name__ == "__main__":
    run(__doc__, tables, side=LARGE)
