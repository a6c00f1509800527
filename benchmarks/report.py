"""How long the page of a report takes to open, and how large it is, by the number of its images.

Run: ``python benchmarks/report.py [IMAGES ...]``. A page is open when its table is drawn: measured in
Chromium from the navigation to two frames after that. It is also sorted, and searched.
"""

import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from convpipe.report import ImageResult, Report, ReportFolder, Steps, flow_of
from convpipe.stages import stage
from convpipe.stages.wiring import wire

COUNTS = (100, 10_000, 100_000)
ROUNDS = 5
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

FRAMES = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
    done(performance.now()))))"""

SORT = """() => {
  const began = performance.now();
  document.querySelectorAll(".images th button")[3].click();
  document.querySelector(".images").getBoundingClientRect();
  return performance.now() - began;
}"""

FIND = """() => {
  const began = performance.now(), field = document.querySelector("input[type=search]");
  field.value = "empty";
  field.dispatchEvent(new Event("input"));
  document.querySelector(".images").getBoundingClientRect();
  return performance.now() - began;
}"""


def reported(count):
    """Return the report of so many images, one in a hundred of which failed."""
    rng = np.random.default_rng(1)
    stages = (("blur gaussian", (480, 640)), ("edge sobel", (240, 320)))
    results = [
        ImageResult(f"day-{at % 30}/{at:07}.png", "failed", "read", "the file is empty (0 bytes)")
        if at % 100 == 99
        else ImageResult(
            f"day-{at % 30}/{at:07}.png",
            "done",
            input=(480, 640),
            stages=stages,
            seconds=0.02,
            steps=Steps(0.005, 0.001, 0.006, 0.008),
            bytes_read=300_000,
            bytes_written=200_000,
            pixels=480 * 640,
            output=f"day-{at % 30}/{at:07}.png",
            measures=((("share", rng.random()), ("level", 255 * rng.random())),),
        )
        for at in range(count)
    ]
    flow = flow_of(wire([stage("blur", "gaussian", sigma=2), stage("edge", "sobel", stride=2)]))
    return Report("edges", tuple(results), seconds=count / 90, flow=flow, accept=(("share", (0.01, None)),))


def opened(browser, page_file):
    """Return the milliseconds to open a page, to sort it and to find a word in it: medians."""
    found = []
    for _ in range(ROUNDS):
        page = browser.new_page()
        page.goto(page_file.as_uri(), wait_until="load")
        found.append((page.evaluate(FRAMES), page.evaluate(SORT), page.evaluate(FIND)))
        page.close()
    return np.median(found, axis=0)


def main():
    counts = [int(each) for each in sys.argv[1:]] or COUNTS
    print("images    write s  html MB  json MB  csv MB  open ms  sort ms  find ms  peak MB")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for count in counts:
            report, place = reported(count), Path(folder) / str(count)
            began = time.perf_counter()
            with ReportFolder(place) as files:
                files.write([report])
            took = time.perf_counter() - began
            sizes = [(place / f"report.{kind}").stat().st_size / 1e6 for kind in ("html", "json", "csv")]
            times = opened(browser, place / "report.html")
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{count:<8} {took:8.2f}",
                *(f"{size:8.2f}" for size in sizes),
                *(f"{each:8.0f}" for each in times),
                f"{peak:8.0f}",
            )


if __name__ == "__main__":
    main()
