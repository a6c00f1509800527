"""Draw docs/pictures/tune.jpg: the page of ``convpipe tune``, as Chromium shows it.

    python scripts/make_tune_picture.py

Needs what ``tests/browser`` needs.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "pictures" / "tune.jpg"
PHOTOGRAPHS = ("coffee.png", "astronaut.jpg", "rocket.jpg")

CONFIG = """\
name: spots
stages:
  - {blur: gaussian, sigma: 1, name: fine}
  - {blur: gaussian, sigma: 6, name: coarse, from: input}
  - combine: difference
    formula: fine - coarse + 110
  - custom: sharpen
    kernel: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
"""


def main():
    images = [str(ROOT / "data" / "photographs" / name) for name in PHOTOGRAPHS]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "spots.yaml"
        config.write_text(CONFIG)
        command = [sys.executable, "-m", "convpipe", "tune", config.name, *images, "--no-browser"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as server:
            try:
                taken = shoot(server.stdout.readline().strip(), Path(folder) / "taken.png")
            finally:
                server.terminate()
        Image.open(taken).convert("RGB").save(TARGET, quality=82, optimize=True, progressive=True)
    print(f"wrote {TARGET}, {TARGET.stat().st_size / 1e3:.0f} kB")


def shoot(address, path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1120, "height": 760})
        page.goto(address)
        page.wait_for_selector("body[data-seen]")
        page.click("#entry-3-title")
        page.locator("#split").fill("430")
        page.wait_for_timeout(4000)
        page.screenshot(path=path)
        browser.close()
    return path


if __name__ == "__main__":
    main()
