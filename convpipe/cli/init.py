"""``convpipe init``."""

from __future__ import annotations

from pathlib import Path

import click

from convpipe.errors import JobError

STARTER = """\
# A convpipe job. Run it with:   convpipe run {name}
# See what it would do:          convpipe plan {name} --size 480x640
# All filters and parameters:    convpipe stages

# name: my job           # for reports; default: the name of this file
input:
  path: images             # a folder, searched with its subfolders
  include: ["*.png", "*.jpg", "*.tif"]
output:
  path: out                # the same tree, with results
  # format: png            # default: the format of each image

border: reflect            # constant, edge, reflect, symmetric or wrap

stages:
  - blur: gaussian
    sigma: 1.4             # in pixels
  - edge: sobel
"""


@click.command("init")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), default=Path("pipeline.yaml"))
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(path: Path, force: bool) -> None:
    """Write a commented config to start from."""
    from convpipe.report import printable

    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(STARTER.format(name=printable(str(path))))
    except FileExistsError:
        raise JobError(f"{str(path)!r} exists; --force replaces it") from None
    except OSError as error:
        raise JobError(f"{str(path)!r} cannot be written: {error.strerror}") from None
    click.echo(printable(f"wrote {path}"))
