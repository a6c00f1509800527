"""``convpipe init``."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import click

from convpipe.cli.command import Command, completing
from convpipe.cli.kinds import OWN_CONFIG, PATH
from convpipe.cli.options import width
from convpipe.cli.places import SUFFIXES
from convpipe.cli.samples import SAMPLES, write_samples
from convpipe.cli.starters import for_image, from_recipe, starter
from convpipe.cli.streams import emit
from convpipe.errors import JobError, ParameterError

SCHEMA = "convpipe.schema.json"
"""Lies beside the config, where the first line of the config has editors look for it."""

DATA = Path("data")
PIPELINE = "pipeline"

LISTED = "?"
"""What `--recipe` without a name stands for."""

GROUPS = {"What it begins with": "--recipe --from-image", "Files": "--samples --overwrite"}

EXAMPLES = (
    ("convpipe init", "pipeline.yaml, for the images in data"),
    ("convpipe init edges.yaml photos", "Another name and folder"),
    ("convpipe init --samples", "With four photographs to try it on"),
    ("convpipe init --recipe", "The recipes there are"),
    ("convpipe init cells.yaml plates --recipe cells", "One of them, for images in plates"),
    ("convpipe init --from-image plates/a1.tif", "For images like one that is there"),
)


@click.command("init", cls=Command, groups=GROUPS, examples=EXAMPLES)
@click.argument("path", type=OWN_CONFIG, required=False)
@click.argument("folder", type=PATH, required=False)
@click.option(
    "--recipe",
    is_flag=False,
    flag_value=LISTED,
    metavar="[NAME]",
    shell_complete=completing("recipes"),
    help="Begin with a recipe; without a name, list them.",
)
@click.option(
    "--from-image", "image", type=PATH, metavar="FILE", help="Look at an image, and write what suits it."
)
@click.option("--samples", is_flag=True, help="Put four photographs into FOLDER first.")
@click.option("--force", "--overwrite", "force", is_flag=True, help="Replace files that exist.")
def command(
    path: Path | None, folder: Path | None, recipe: str | None, image: Path | None, samples: bool, force: bool
) -> None:
    """Write a commented config to start from, for the images in FOLDER (default: data).

    PATH is pipeline.yaml, or called after the recipe, unless given. Beside it goes the schema by which
    editors check and complete it. With --samples a config that exists stays as it is.
    """
    if recipe == LISTED:
        _list()
        return
    if recipe is not None and image is not None:
        raise click.UsageError("give --recipe or --from-image, not both")
    path = Path(f"{recipe or PIPELINE}.yaml") if path is None else path
    if path.suffix.lower() not in SUFFIXES:
        raise JobError(f"{str(path)!r} needs a name that ends in .yaml or .yml, or `run` would not take it")
    given = folder or (DATA if image is None else image.parent)
    text, beside = _begun(path, given, recipe, image)
    if samples:
        write_samples(given, force)
        emit(f"wrote {len(SAMPLES)} photographs to {given}")
    elif folder is not None and not folder.exists():
        from convpipe.paths import tried

        raise JobError(f"there is no {str(folder)!r}{tried(folder)}; --samples makes it, with photographs")
    _write_all(path, text, beside, force, samples)
    if not given.exists():
        emit(f"there is no folder {str(given)!r} here yet: set input.path, or take --samples")


def _begun(path: Path, given: Path, recipe: str | None, image: Path | None) -> tuple[str, list[Path]]:
    """Return the text of the config, and the files that are to lie beside it."""
    from convpipe import config

    if image is not None:
        return for_image(path, given, image, SCHEMA), []
    if recipe is None:
        return starter(path, given, SCHEMA), []
    try:
        one = config.recipe(recipe)
    except ParameterError as error:
        raise click.BadParameter(str(error), param_hint="--recipe") from None
    return from_recipe(one, path, given, SCHEMA), one.beside


def _list() -> None:
    """Print the recipes: a name, and beside it what it does."""
    from textwrap import fill

    from convpipe import config

    known = config.recipes()
    column = max(map(len, known)) + 2
    for name, one in known.items():
        first = f"{name:<{column}}"
        emit(fill(one.line, max(column + 20, width()), initial_indent=first, subsequent_indent=" " * column))
    emit("\nconvpipe init --recipe NAME writes one, for images of yours.")


def _write_all(path: Path, text: str, beside: list[Path], force: bool, keep: bool) -> None:
    """Write the config, and what lies beside it; one that exists stays where that is asked for."""
    from convpipe.report import printable

    if keep and not force and os.path.lexists(path):
        emit(printable(f"{path} exists and stays as it is; --overwrite replaces it"))
    else:
        _write(path, text, force)
        for source in beside:
            _copy(source, path.with_name(source.name), force)
    schema = path.with_name(SCHEMA)
    if force or not os.path.lexists(schema):
        _write(schema, _schema(), force)


def _schema() -> str:
    from convpipe.config import schema

    return json.dumps(schema(), indent=2) + "\n"


def _copy(source: Path, target: Path, force: bool) -> None:
    from convpipe.report import printable

    try:
        with source.open("rb") as file, target.open("wb" if force else "xb") as copy:
            shutil.copyfileobj(file, copy)
    except FileExistsError:
        emit(printable(f"{target} exists and stays as it is; --overwrite replaces it"))
        return
    except OSError as error:
        raise JobError(f"{str(target)!r} cannot be written: {error.strerror}") from None
    emit(printable(f"wrote {target}"))


def _write(path: Path, text: str, force: bool) -> None:
    from convpipe.report import printable

    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise JobError(f"{str(path)!r} exists; --overwrite replaces it") from None
    except OSError as error:
        raise JobError(f"{str(path)!r} cannot be written: {error.strerror}") from None
    emit(printable(f"wrote {path}"))
