"""Make ``docs/recipes.md`` and its pictures: every config in ``configs/``, on the first of its sample images.

Run from anywhere: ``python scripts/make_recipes.py``. What a recipe is for is the comment at its top.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from convpipe import Pipeline, config, images
from convpipe.batch import find_images
from convpipe.display import coloured, numbers_objects

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/pictures/recipes"
PAGE = ROOT / "docs/recipes.md"
SIDE = 320
"""Longest side of a picture."""

HEAD = """# Recipes

Jobs that run as they are on the sample images: `convpipe run configs/NAME.yaml`. `convpipe init --recipe
NAME` writes one for the images of a folder of yours: it comes with the package, with what it reads. Look at a
stage with `convpipe preview`. Left is the first image of each, right its result.
"""


def main():
    PICTURES.mkdir(parents=True, exist_ok=True)
    parts = [HEAD]
    for path in sorted((ROOT / "configs").glob("*.yaml")):
        jobs = config.load(path)
        picture(jobs[0]).save(PICTURES / f"{path.stem}.jpg", quality=85)
        parts.append(section(path))
    PAGE.write_text("\n".join(parts))


def section(path):
    """Return what the page says of a config."""
    recipe = config.Recipe(path)
    return (
        f"## {recipe.title}\n\n{recipe.about}\n\n"
        f"![An image, and what {path.stem} makes of it](pictures/recipes/{path.stem}.jpg)\n\n"
        f"`configs/{path.name}`\n\n```yaml\n{recipe.body}\n```\n"
    )


def picture(job):
    """Return the first image of a job beside its result; of a stack its middle page."""
    found = find_images(ROOT / job.input.path, job.input.include, job.input.exclude).images
    first, *others = images.read_pages(ROOT / job.input.path / found[0])
    if others:
        pages = np.stack([page.pixels for page in (first, *others)])
        given, made = pages[len(pages) // 2], Pipeline.from_job(job).stack(pages)
    else:
        given, made = first.pixels, Pipeline.from_job(job)(first.pixels, alpha=first.alpha)
    result = made["result"] if isinstance(made, dict) else made
    sides = [shown(given), shown(result, labels=numbers_objects(job.stages[-1]))]
    sheet = Image.new(
        "RGB", (sum(each.width for each in sides) + 8, max(each.height for each in sides)), "white"
    )
    sheet.paste(sides[0], (0, 0))
    sheet.paste(sides[1], (sides[0].width + 8, 0))
    return sheet


def shown(pixels, labels=False):
    """Return an array as a picture: what is no byte is spread over all greys; of many channels the first.

    Numbers of objects are colours.
    """
    if labels:
        pixels = coloured(pixels).astype(np.uint8)
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    pixels = pixels[..., 0] if channels not in (1, 3, 4) else np.squeeze(pixels)
    if pixels.dtype != np.uint8:
        low, high = np.nanpercentile(pixels, [0.5, 99.5])
        high = high if high > low else np.nanmax(pixels)
        pixels = np.clip((pixels.astype(float) - low) / max(high - low, 1e-12) * 255, 0, 255).astype(np.uint8)
    picture = Image.fromarray(pixels)
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    picture = picture.convert("RGB")
    picture.thumbnail((SIDE, SIDE))
    return picture


if __name__ == "__main__":
    main()
