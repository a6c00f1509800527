"""``convpipe schema``."""

from __future__ import annotations

import click

from convpipe.cli.command import Command
from convpipe.cli.options import print_json

EXAMPLES = (("convpipe schema", "Print it; `convpipe init` writes it beside a config"),)


@click.command("schema", cls=Command, examples=EXAMPLES)
def command() -> None:
    """Print the JSON Schema of config files, for editors and validators."""
    from convpipe.config import schema

    print_json(schema())
