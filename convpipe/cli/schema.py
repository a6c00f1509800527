"""``convpipe schema``."""

from __future__ import annotations

import click

from convpipe.cli.options import print_json


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of config files, for editors and validators."""
    from convpipe.config import schema

    print_json(schema())
