"""``convpipe demo``."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

import click

from convpipe.cli.command import Command
from convpipe.cli.kinds import PATH
from convpipe.cli.run import run_jobs
from convpipe.cli.samples import SAMPLES, write_samples
from convpipe.cli.streams import emit
from convpipe.cli.telling import Telling
from convpipe.errors import JobError

RECIPE = "edges"

EXAMPLES = (
    ("convpipe demo", "Into the folder convpipe-demo"),
    ("convpipe demo try", "Into another"),
)

NEXT = (
    ("convpipe plan {config}", "the size of every stage, with its formula"),
    ("convpipe preview {config} {image} -o {preview}", "every stage on one image, side by side"),
    ("convpipe explain {config} {image} --at 100 200", "the arithmetic of one pixel"),
    ("convpipe run {config} --set stages.0.sigma=4 --overwrite", "another blur"),
    ("convpipe init --recipe", "other jobs to begin with"),
    ("convpipe help", "pages on single topics"),
)
"""What to look at then."""


@click.command("demo", cls=Command, examples=EXAMPLES)
@click.argument("folder", type=PATH, default=Path("convpipe-demo"))
def command(folder: Path) -> None:
    """Filter four photographs: a first job, its config and its results, in FOLDER (default: convpipe-demo).

    What is there already stays, so that it can be called again.
    """
    from convpipe.config import load
    from convpipe.report import exit_code, printable

    if folder.exists() and not folder.is_dir():
        raise JobError(f"{str(folder)!r} is a file; name a folder, or leave it out for convpipe-demo")
    data, config = folder / "data", folder / f"{RECIPE}.yaml"
    write_samples(data, keep=True)
    _write_config(config, data, folder / "out")
    emit(printable(f"{len(SAMPLES)} photographs in {data}, and a config in {config}:") + "\n")
    emit(config.read_text(encoding="utf-8"))
    telling = Telling(folder=None, log=None, quiet=False, verbose=False, as_json=False)
    reports = run_jobs(load(str(config)), (), None, {"resume": True, "log": None}, telling)
    emit("\n" + printable(f"The results are in {folder / 'out'}. To go on:"))
    paths = {"config": config, "image": data / f"{SAMPLES[0]}.png", "preview": folder / "preview.png"}
    for line, what in NEXT:
        named = line.format(**{name: quote(str(path)) for name, path in paths.items()})
        emit(printable(f"  {named}") + f"\n      {what}")
    raise click.exceptions.Exit(exit_code(reports))


def _write_config(path: Path, data: Path, output: Path) -> None:
    """Write the recipe for the photographs; a config that exists stays."""
    from convpipe.config import recipe

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(recipe(RECIPE).adapted(path, data, output.as_posix()))
    except FileExistsError:
        return
    except OSError as error:
        raise JobError(f"{str(path)!r} cannot be written: {error.strerror}") from None
