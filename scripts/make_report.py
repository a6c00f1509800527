"""Make the picture of a report's page in ``docs/report.md``: a run over sample images, in Chromium.

Run from anywhere: ``python scripts/make_report.py``. It needs what the tests of pages need (CONTRIBUTING.md).
"""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from convpipe import Pipeline, stage
from convpipe.report import to_html

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs/pictures/report.jpg"
NAMES = ("astronaut.jpg", "camera.png", "coffee.png", "rocket.jpg", "cat-cut-out.png")
WIDE, PHONE, HIGH = 1180, 390, 2050
"""Pixels across of a desk's window and of a phone's, and how much of the pages is shown."""

SHRUNK = 0.62

PIPELINE = Pipeline(
    [
        stage("blur", "gaussian", sigma=1, name="fine"),
        stage("blur", "gaussian", sigma=4, name="coarse", from_="input"),
        stage("combine", "band", formula="3 * (fine - coarse) + 90"),
        stage("edge", "sobel", stride=2),
    ],
    name="edges",
    measure={"brightness": "mean(input)", "edges": "mean(result > 60)"},
)


def main():
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(to_html([reported(Path(folder))]), encoding="utf-8")
        wide, phone = (shot(page, *how) for how in ((WIDE, "light"), (PHONE, "dark")))
    sheet = Image.new("RGB", (wide.width + phone.width + 24, HIGH), "white")
    sheet.paste(wide, (0, 0))
    sheet.paste(phone, (wide.width + 24, 0))
    sheet.resize([round(SHRUNK * side) for side in sheet.size], Image.Resampling.LANCZOS).save(
        PICTURE, quality=78, optimize=True
    )


def reported(folder):
    """Return the report of a run, in which two files are none."""
    (folder / "photographs").mkdir()
    for name in NAMES:
        shutil.copy(ROOT / "data/photographs" / name, folder / "photographs")
    (folder / "photographs/empty.png").touch()
    (folder / "photographs/notes.png").write_text("a note")
    how = {"accept": {"edges": (0.05, None)}, "samples": 2}
    PIPELINE.run_folder(folder / "photographs", folder / "warm")  # compiled, so that times are a run's
    report = PIPELINE.run_folder(folder / "photographs", folder / "edges", **how)
    return replace(report, config="edges.yaml", output="edges", journal=None, outputs=(("result", "edges"),))


def shot(page_file, width, scheme):
    """Return the top of a page as it is seen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": HIGH}, color_scheme=scheme)
        page.goto(page_file.as_uri())
        place = page_file.with_name(f"{width}.png")
        page.screenshot(path=place)
        browser.close()
    with Image.open(place) as picture:
        return picture.convert("RGB")


if __name__ == "__main__":
    main()
