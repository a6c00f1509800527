"""Make the pictures of the docs: the lab's animations and photograph, and the strip on the README.

Run from anywhere: ``python scripts/make_pictures.py``.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from convpipe import Pipeline, conv2d, images
from convpipe.geometry import Axis

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"

CELL, GAP, TOP = 44, 60, 40
INK, PAPER, WINDOW, PADDING = "#222222", "#ffffff", "#ffd54f", "#eeeeee"


def grid(draw, corner, values, fill):
    """Draw a matrix; `fill` gives the colour of cell (row, column), and None leaves it empty."""
    left, top = corner
    for (i, j), value in np.ndenumerate(values):
        x, y = left + j * CELL, top + i * CELL
        colour = fill(i, j)
        draw.rectangle([x, y, x + CELL, y + CELL], outline=INK, fill=colour or PAPER)
        if colour is not None:
            text = f"{value:g}"
            draw.text((x + CELL / 2, y + CELL / 2), text, INK, ImageFont.load_default(16), anchor="mm")


def slide(name, image, kernel, stride, padding):
    """Save an animation of `kernel` sliding over `image`, one frame an output."""
    padded = np.pad(image, padding)
    axes = [Axis(k, stride, before=padding, after=padding) for k in kernel.shape]
    counts = [axis.output(size) for axis, size in zip(axes, image.shape, strict=True)]
    output = conv2d(image, kernel, stride=stride, padding=padding)
    inside = [range(padding, padding + size) for size in image.shape]
    places = [GAP, GAP * 2 + padded.shape[1] * CELL, GAP * 3 + (padded.shape[1] + kernel.shape[1]) * CELL]
    size = (places[2] + counts[1] * CELL + GAP, TOP * 2 + padded.shape[0] * CELL + 20)
    frames = []
    for step in range(counts[0] * counts[1]):
        row, col = divmod(step, counts[1])
        window = [range(o * stride, o * stride + k) for o, k in zip((row, col), kernel.shape, strict=True)]
        frame = Image.new("RGB", size, PAPER)
        draw = ImageDraw.Draw(frame)
        for place, title in zip(places, ("image", "kernel", "output"), strict=True):
            draw.text((place, TOP - 26), title, INK, ImageFont.load_default(16))
        grid(
            draw,
            (places[0], TOP),
            padded,
            lambda i, j, w=window: (
                WINDOW if i in w[0] and j in w[1] else PAPER if i in inside[0] and j in inside[1] else PADDING
            ),
        )
        grid(draw, (places[1], TOP), kernel, lambda i, j: PAPER)
        grid(
            draw,
            (places[2], TOP),
            output,
            lambda i, j, s=step: (
                None if i * counts[1] + j > s else WINDOW if i * counts[1] + j == s else PAPER
            ),
        )
        frames.append(frame.quantize(16))
    frames[0].save(
        PICTURES / name, save_all=True, append_images=frames[1:], duration=700, loop=0, optimize=True
    )


def strip():
    """Save the picture of the README: every stage's result, side by side."""
    whole = Pipeline.from_yaml(ROOT / "configs" / "unsharp-then-edges.yaml")
    panels = [images.read(ROOT / "data" / "photographs" / "astronaut.jpg").pixels]
    for count in range(1, len(whole.stages) + 1):
        grey = Pipeline(whole.stages[:count])(panels[0])
        panels.append(np.dstack([grey, grey, grey]))
    side_by_side(panels).save(PICTURES / "unsharp-then-edges.jpg", quality=88)


def photograph(kernel):
    """Save a photograph, and what `kernel` answers to it without a bias and on middle grey."""
    photo = images.read(ROOT / "data" / "photographs" / "camera.png").pixels
    panels = [photo]
    for bias in (0, 128):
        stage = {"custom": "sobel x", "kernel": kernel.tolist(), "padding": 1, "bias": bias}
        panels.append(Pipeline.from_dict({"stages": [stage]})(photo))
    side_by_side(panels).save(PICTURES / "sobel-on-a-photograph.png", optimize=True)


def side_by_side(panels):
    """Join images of one height, white columns between them."""
    white = np.full((len(panels[0]), 8, *panels[0].shape[2:]), 255, np.uint8)
    return Image.fromarray(np.hstack([part for panel in panels for part in (panel, white)][:-1]))


def main():
    """Make all of them."""
    PICTURES.mkdir(exist_ok=True)
    line = np.zeros((5, 5))
    line[:, 2] = 1
    sobel = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    slide("sliding-kernel.gif", line, sobel, 1, 0)
    slide("sliding-stride-3.gif", np.ones((4, 4)), np.ones((2, 2)), 3, 1)
    photograph(sobel)
    strip()


if __name__ == "__main__":
    main()
