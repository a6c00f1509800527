"""Make pictures of the docs: the lab's photograph, and the strip on the README.

Run from anywhere: ``python scripts/make_pictures.py``.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from convpipe import Pipeline, images

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"


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
    sobel = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    photograph(sobel)
    strip()


if __name__ == "__main__":
    main()
