"""``convpipe init``."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import click

from convpipe.cli.command import Command
from convpipe.cli.options import CONFIG, PATH
from convpipe.cli.places import SUFFIXES
from convpipe.cli.streams import emit
from convpipe.errors import JobError

STARTER = """\
# yaml-language-server: $schema={schema}
# A convpipe job. Run it with:   convpipe run {name}
# See what it would do:          convpipe plan {name}
# All filters and parameters:    convpipe stages

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

SCHEMA = "convpipe.schema.json"
"""Lies beside the config, where the first line of the config has editors look for it."""

DATA = Path("data")
OUTPUT = "out"

SAMPLES = ("camera", "astronaut", "coffee", "cat")
"""Images that scikit-image brings along: grey and colour, public domain or CC0."""


EXAMPLES = (
    ("convpipe init", "pipeline.yaml, for the images in data"),
    ("convpipe init edges.yaml photos", "Another name and folder"),
    ("convpipe init --samples", "With four photographs to try it on"),
)


@click.command("init", cls=Command, examples=EXAMPLES)
@click.argument("path", type=CONFIG, default=Path("pipeline.yaml"))
@click.argument("folder", type=PATH, required=False)
@click.option("--samples", is_flag=True, help="Put four photographs into FOLDER first.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
def command(path: Path, folder: Path | None, samples: bool, force: bool) -> None:
    """Write a commented config to start from, for the images in FOLDER (default: data).

    Beside it goes the schema by which editors check and complete it. With --samples a config
    that exists stays as it is.
    """
    from convpipe.report import printable

    if path.suffix.lower() not in SUFFIXES:
        raise JobError(f"{str(path)!r} needs a name that ends in .yaml or .yml, or `run` would not take it")
    given = DATA if folder is None else folder
    if samples:
        _write_samples(given, force)
    elif folder is not None and not folder.exists():
        from convpipe.paths import tried

        raise JobError(f"there is no {str(folder)!r}{tried(folder)}; --samples makes it, with photographs")
    if samples and not force and os.path.lexists(path):
        emit(printable(f"{path} exists and stays as it is; --force replaces it"))
    else:
        _write(path, _starter(path, given), force)
    schema = path.with_name(SCHEMA)
    if force or not os.path.lexists(schema):
        _write(schema, _schema(), force)
    if not given.exists():
        emit(f"there is no folder {str(given)!r} here yet: set input.path, or take --samples")


def _starter(path: Path, folder: Path) -> str:
    from convpipe.report import printable

    inside = Path(OUTPUT).resolve().is_relative_to(folder.resolve())
    return STARTER.format(
        name=printable(str(path)),
        schema=SCHEMA,
        input=_scalar(folder),
        output=OUTPUT,
        exclude=f"  exclude: {OUTPUT}/            # results are no inputs\n" if inside else "",
    )


def _scalar(path: Path) -> str:
    """Return the path as YAML writes it; the loader says if it is one that no config can name."""
    text = f"./{path}" if str(path).startswith("~") else str(path)
    if re.fullmatch(r"[A-Za-z/][\w/.-]*", text, re.ASCII) and text.lower() not in ("null", "true", "false"):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _schema() -> str:
    from convpipe.config import schema

    return json.dumps(schema(), indent=2) + "\n"


def _write_samples(folder: Path, force: bool) -> None:
    from skimage import data

    from convpipe import images
    from convpipe.errors import WriteError

    for name in SAMPLES:
        target = folder / f"{name}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            images.write(target, getattr(data, name)(), overwrite=force)
        except (OSError, WriteError) as error:
            reason = error.reason if isinstance(error, WriteError) else error.strerror
            raise JobError(f"{str(target)!r}: {reason}") from None
    emit(f"wrote {len(SAMPLES)} photographs to {folder}")


def _write(path: Path, text: str, force: bool) -> None:
    from convpipe.report import printable

    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise JobError(f"{str(path)!r} exists; --force replaces it") from None
    except OSError as error:
        raise JobError(f"{str(path)!r} cannot be written: {error.strerror}") from None
    emit(printable(f"wrote {path}"))
