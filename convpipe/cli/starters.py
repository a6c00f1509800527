"""The texts that ``convpipe init`` writes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from convpipe.errors import printable

if TYPE_CHECKING:
    from convpipe.config import Recipe

HEAD = """\
# yaml-language-server: $schema={schema}
# A convpipe job. Run it with:   convpipe run {name}
# See what it would do:          convpipe plan {name}
"""

STARTER = """\
{head}# All filters and parameters:    convpipe stages

# name: my job             # for reports; default: the name of this file
input:
  path: {input}
  # include: ["*.png", "*.jpg"]    # default: all formats that can be read
{exclude}output:
  path: {output}                # the same tree, with results
  # format: png            # default: the format of each image

border: reflect            # constant, edge, reflect, symmetric or wrap

stages:
  - blur: gaussian
    sigma: 1.4             # in pixels
  - edge: sobel
"""

OUTPUT = "out"


def starter(path: Path, folder: Path, schema: str) -> str:
    """Return a config that blurs and finds edges.

    Parameters
    ----------
    path : Path
        Where it will be.
    folder : Path
        Of the images.
    schema : str
        The file of that name beside it.
    """
    return STARTER.format(
        head=HEAD.format(schema=schema, name=printable(str(path))),
        input=_scalar(folder),
        output=OUTPUT,
        exclude=_exclude(folder),
    )


def from_recipe(recipe: Recipe, path: Path, folder: Path, schema: str) -> str:
    """Return a recipe for images of a folder, as :func:`starter` does."""
    return HEAD.format(schema=schema, name=printable(str(path))) + "#\n" + recipe.adapted(path, folder)


def for_image(path: Path, folder: Path, image: Path, schema: str) -> str:
    """Return a config that suits an image, as :func:`starter` does."""
    from convpipe.cli.suited import config_for, look

    seen = look(image)
    include = f"  include: [{json.dumps('*' + image.suffix)}]\n" if image.suffix else ""
    return (
        HEAD.format(schema=schema, name=printable(str(path)))
        + f"#\n# For images like {printable(image.name)}: {printable(seen.said)}\n\n"
        + f"input:\n  path: {_scalar(folder)}\n{include}{_exclude(folder)}"
        + f"output:\n  path: {OUTPUT}\n\n"
        + "\n".join(config_for(seen))
        + "\n"
    )


def _exclude(folder: Path) -> str:
    inside = Path(OUTPUT).resolve().is_relative_to(folder.resolve())
    return f"  exclude: {OUTPUT}/            # results are no inputs\n" if inside else ""


def _scalar(path: Path) -> str:
    """Return the path as YAML writes it; the loader says if it is one that no config can name."""
    text = f"./{path}" if str(path).startswith("~") else str(path)
    if re.fullmatch(r"[A-Za-z/][\w/.-]*", text, re.ASCII) and text.lower() not in ("null", "true", "false"):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())
