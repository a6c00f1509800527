"""Make ``docs/catalogue.md``, the page of every filter, and a picture of each: its example on a sample image.

Run from anywhere: ``python scripts/make_catalogue.py``. The text is that of ``convpipe stages --markdown``.
"""

from pathlib import Path

import numpy as np
from catalogue_scenes import COLOURS, GREY, SPOTS, STACK, STARS, scene_of
from make_recipes import shown
from PIL import Image, ImageDraw

from convpipe import Pipeline, stage
from convpipe.display.labels import NUMBERED
from convpipe.stages import ANY_LABEL, catalogue, families

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/pictures/catalogue"
PAGE = ROOT / "docs/catalogue.md"
SIDE = 150
"""Rows and columns of a picture; the image is left, the result right."""

GAP, LINE = 4, 14
"""Between the two, and the height of what is said below them, in pixels."""

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
    image, result, caption = drawn(method)
    if result is None:
        print(f"no picture of {method.title}")
        return ""
    sheet = Image.new("RGB", (2 * SIDE + GAP, SIDE + (LINE if caption else 0)), "white")
    numbered = (method.family, method.name) in NUMBERED
    for at, part in enumerate((shown(image), shown(result, numbered))):
        part.thumbnail((SIDE, SIDE))
        sheet.paste(part, (at * (SIDE + GAP), 0))
    if caption:
        ImageDraw.Draw(sheet).text((2, SIDE + 1), caption, fill="black")
    name = f"{method.family}-{method.name.lower()}.jpg"
    sheet.save(PICTURES / name, quality=80)
    return f"![{method.title}: an image and the result](pictures/catalogue/{name})"


def drawn(method):
    """Return the image that a method is drawn on, what it makes of it, and what there is to say below.

    That is its scene, if it has one, or the first of the sample images that its example takes.
    """
    if method.family == "projection":
        dtype = "float32" if method.name == "sum" else None
        return STACK[4], Pipeline([stage(method.family, method.name)]).stack(STACK, dtype), ""
    if (scene := scene_of(method)) is not None:
        return scene.image, _of_scene(method, scene), scene.caption
    label = "mine" if method.name == ANY_LABEL else method.name
    first = {"objects": SPOTS, **dict.fromkeys(OF_GREY, GREY)}.get(method.family, COLOURS)
    for image in (first, GREY, STARS, SPOTS, COLOURS):
        try:
            made = Pipeline([stage(method.family, label, **method.example)])(image, dtype=_dtype(method))
        except Exception as error:
            reason = error
        else:
            return image, made, ""
    print(method.title, reason)
    return None, None, ""


def _of_scene(method, scene):
    """Return what a method makes of its scene."""
    one = stage(method.family, method.name, **{**method.example, **scene.given})
    dtype = "float32" if scene.spread else _dtype(method)
    alpha = scene.image.ndim == 3 and scene.image.shape[2] == 4
    result = Pipeline([*scene.before, one, *scene.after])(scene.image, dtype=dtype, alpha=alpha)
    if not scene.spread:
        return result
    return np.dstack([np.asarray(shown(result[..., at]))[..., 0] for at in range(result.shape[2])])


def _dtype(method):
    """Return the type in which a result is drawn: signed ones are spread over all greys."""
    signed = method.family in ("edge", "objects") or method.name in ("zscore", "normalize")
    return "float32" if signed else None


if __name__ == "__main__":
    main()
