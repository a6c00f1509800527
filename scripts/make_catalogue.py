"""Make ``docs/catalogue.md``, the page of every filter, and a picture of each: its example on a sample image.

Run from anywhere: ``python scripts/make_catalogue.py``. The text is that of ``convpipe stages --markdown``.
"""

from pathlib import Path

import numpy as np
from make_recipes import shown
from PIL import Image
from skimage.io import imread

from convpipe import Pipeline, stage
from convpipe.display.labels import NUMBERED
from convpipe.stages import ANY_LABEL, catalogue, families

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/pictures/catalogue"
PAGE = ROOT / "docs/catalogue.md"
SIDE = 150
"""Rows and columns of a picture; the image is left, the result right."""

COLOURS = imread(ROOT / "data/photographs/astronaut.jpg")[10:210, 30:230]
MASK = np.where(imread(ROOT / "data/microscope/retina.jpg")[..., 1] > 90, 255, 0).astype(np.uint8)[
    60:260, 60:260
]
STARS = imread(ROOT / "data/telescope/galaxies-16-bit.tif")[100:250, 100:250]
CAMERA = imread(ROOT / "data/photographs/camera.png")
GREY = CAMERA[20:190, 40:210]
STACK = np.stack([CAMERA[20:190, 30 + at : 200 + at] for at in range(9)])
"""A camera that moves."""

OF_GREY = ("edge", "morphology", "noise", "rank", "threshold")
"""Families that are drawn of a grey image."""


def main():
    PICTURES.mkdir(parents=True, exist_ok=True)
    made = {}
    for methods in families().values():
        for method in methods.values():
            made[method.family, method.name] = picture(method)
    PAGE.write_text(catalogue.markdown(lambda method: made[method.family, method.name]))


def picture(method):
    """Save the picture of a method, and return the line that shows it; nothing where it cannot be drawn."""
    image, result = drawn(method)
    if result is None:
        print(f"no picture of {method.title}")
        return ""
    sheet = Image.new("RGB", (2 * SIDE + 4, SIDE), "white")
    numbered = (method.family, method.name) in NUMBERED
    for at, (each, labels) in enumerate(((image, False), (result, numbered))):
        part = shown(each, labels)
        part.thumbnail((SIDE, SIDE))
        sheet.paste(part, (at * (SIDE + 4), 0))
    name = f"{method.family}-{method.name.lower()}.jpg"
    sheet.save(PICTURES / name, quality=80)
    return f"![{method.title}: an image and the result](pictures/catalogue/{name})"


def drawn(method):
    """Return the first of the sample images that the example of a method takes, and what it makes of it."""
    if method.family == "projection":
        dtype = "float32" if method.name == "sum" else None
        return STACK[4], Pipeline([stage(method.family, method.name)]).stack(STACK, dtype)
    label = "mine" if method.name == ANY_LABEL else method.name
    first = {"objects": MASK, **dict.fromkeys(OF_GREY, GREY)}.get(method.family, COLOURS)
    for image in (first, GREY, STARS, MASK, COLOURS):
        try:
            made = Pipeline([stage(method.family, label, **method.example)])(image, dtype=_dtype(method))
        except Exception as error:
            reason = error
        else:
            return image, made
    print(method.title, reason)
    return None, None


def _dtype(method):
    """Return the type in which a result is drawn: signed ones are spread over all greys."""
    return "float32" if method.family in ("edge", "objects") or method.name == "zscore" else None


if __name__ == "__main__":
    main()
