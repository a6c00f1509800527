"""Make ``docs/gallery.md``: what recipes and filters do, in the pictures of their own pages.

Run from anywhere, after ``make_recipes.py`` and ``make_catalogue.py``: ``python scripts/make_gallery.py``.
"""

import re
from pathlib import Path

import numpy as np
from PIL import Image

from convpipe.config import recipes
from convpipe.stages import families

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "gallery.md"

HEAD = """# Gallery

Left is an image, right what is made of it; a picture leads to the page that says how. Scripts make them all,
of the images in `data/`.
"""

SIDE = 150
"""Rows and columns of each half of a picture; words may stand below."""

LEAST = 3.3
"""Mean difference of the halves of a picture, in levels, below which an example shows nothing: it acts
on what the photograph has not, as alpha or negative values. JPEG alone makes 3 of it."""

FLATTEST = 5
"""Standard deviation of a result, in levels, below which there is nothing to see."""


def main():
    PAGE.write_text(page())


def page():
    parts = [HEAD, "## Jobs\n", *_tables([_of_recipe(one) for one in recipes().values()], 2)]
    values = "With the values of the [catalogue](catalogue.md)'s examples, or those below a picture."
    parts.append(f"\n## Filters\n\n{values}\n")
    for family, methods in families().items():
        shown = [_of_method(method) for method in methods.values() if _shows_something(_picture(method))]
        parts += [f"\n### {family}\n", *_tables(shown, 3)]
    return "\n".join(parts) + "\n"


def _of_recipe(one):
    link = f"recipes.md#{_anchor(one.title)}"
    picture = f"[![{one.title}: an image and the result](pictures/recipes/{one.name}.jpg)]({link})"
    return f"**{one.title}**", picture, one.line


def _of_method(method):
    link = f"catalogue.md#{_anchor(f'{method.family}: {method.name}')}"
    picture = (
        f"[![{method.title}: an image and the result](pictures/catalogue/{_picture(method).name})]({link})"
    )
    return f"`{method.name}`", picture


def _picture(method):
    return DOCS / f"pictures/catalogue/{method.family}-{method.name.lower()}.jpg"


def _shows_something(picture):
    """Tell whether the right half of a picture can be seen, and differs from the left one."""
    pixels = np.asarray(Image.open(picture).convert("RGB"), np.int16)
    image, result = pixels[:SIDE, :SIDE], pixels[:SIDE, -SIDE:]
    return np.abs(image - result).mean() > LEAST and result.std() > FLATTEST


def _anchor(heading):
    """Return the fragment by which links find a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _tables(cells, columns):
    """Return cells of several lines each as rows of a table: names above their pictures."""
    for first in range(0, len(cells), columns):
        names, *lines = zip(*cells[first : first + columns], strict=True)
        yield f"| {' | '.join(names)} |\n|{' --- |' * len(names)}"
        yield from (f"| {' | '.join(line)} |" for line in lines)
        yield ""


if __name__ == "__main__":
    main()
