"""``convpipe check``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from convpipe.cli.options import CONFIG, complain, set_option


@click.command("check")
@click.argument("configs", type=CONFIG, nargs=-1, required=True)
@set_option
def command(configs: tuple[Path, ...], overrides: tuple[str, ...]) -> None:
    """Validate config files; every error has file, line and column. Exit code 2 if one is wrong."""
    from convpipe.config import load_each
    from convpipe.errors import ConfigError
    from convpipe.report import printable

    wrong = False
    for path in configs:
        try:
            jobs = load_each(path, overrides)
        except ConfigError as error:
            jobs = (error,)
        for job in jobs:
            if isinstance(job, ConfigError):
                wrong = True
                complain(str(job))
            else:
                stages = ", ".join(stage.name for stage in job.stages)
                click.echo(printable(f"ok: {path}: {job.name}: {stages}"))
    sys.exit(2 if wrong else 0)
