"""Record docs/pictures/terminal.gif: commands that are run, and what they print, as a terminal shows them.

    python scripts/make_recording.py

The commands run in a folder of their own, and their output is theirs. Needs what ``tests/browser`` needs.
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "pictures" / "terminal.gif"
COLUMNS, LINES = 88, 26

CONFIG = """\
name: edges
input:  {path: data, include: ["photographs/*"]}
output: {path: out/edges, format: png}
stages:
  - color: gray
  - blur: gaussian
    sigma: 1.4
  - edge: sobel
    stride: 2
"""

COMMANDS = [
    "cat edges.yaml",
    "convpipe plan edges.yaml --size 480x641x3",
    "convpipe run edges.yaml",
    "convpipe explain edges.yaml data/photographs/camera.png --at 30 40 --stage 2 | tail -n 15",
]

PAGE = """<style>
body {{ margin: 0; background: #14171c; }}
pre {{ margin: 0; padding: 14px 16px; color: #dfe3e8; font: 13px/1.42 "DejaVu Sans Mono", monospace; }}
b {{ color: #7fd1a0; font-weight: 400; }} i {{ font-style: normal; background: #dfe3e8; }}
</style><pre>{}</pre>"""

TYPING, READING, END = 90, 2600, 5000
"""Milliseconds that a few letters, the output of a command and the end are shown."""


def main():
    frames = list(recorded())
    pictures, times = zip(*drawn(frames), strict=True)
    first, *others = (picture.quantize(24, dither=Image.Dither.NONE) for picture in pictures)
    first.save(TARGET, save_all=True, append_images=others, duration=list(times), loop=0, optimize=True)
    print(f"wrote {TARGET}, {len(frames)} frames, {TARGET.stat().st_size / 1e3:.0f} kB")


def recorded():
    """Give what stands on the terminal, and for how long."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data").symlink_to(ROOT / "data")
        (Path(folder) / "edges.yaml").write_text(CONFIG)
        shown = ""
        for command in COMMANDS:
            for end in range(0, len(command), 3):
                yield f"{shown}<b>$</b> {escape(command[:end])}<i> </i>", TYPING
            shown += f"<b>$</b> {escape(command)}\n"
            yield shown, 300
            shown += escape(output(command, folder)) + "\n"
            shown = "\n".join(shown.split("\n")[-LINES:])
            yield f"{shown}<b>$</b> <i> </i>", READING
        yield f"{shown}<b>$</b> <i> </i>", END


def output(command, folder):
    """Return what a command prints; it is run twice, so that nothing is compiled in the recording."""
    ours = command.replace("convpipe ", f"{sys.executable} -m convpipe ", 1)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": str(COLUMNS)}
    for _ in range(2):
        shutil.rmtree(Path(folder) / "out", ignore_errors=True)
        done = subprocess.run(
            ours,
            shell=True,
            cwd=folder,
            env=env,
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    return done.stdout


def drawn(frames):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 760, "height": 520})
        for text, time in frames:
            page.set_content(PAGE.format(text))
            yield Image.open(io.BytesIO(page.screenshot())).convert("RGB"), time
        browser.close()


if __name__ == "__main__":
    main()
