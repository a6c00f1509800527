"""``convpipe schema``."""

from __future__ import annotations

import click

from convpipe.cli.command import Command
from convpipe.cli.options import print_json

EXAMPLES = (
    ("convpipe schema", "Print it; `convpipe init` writes it beside a config"),
    ("convpipe schema --report", "That of report.json"),
)


@click.command("schema", cls=Command, examples=EXAMPLES)
@click.option(
    "--report", "of_report", is_flag=True, help="That of report.json, and of what run --json prints."
)
def command(of_report: bool) -> None:
    """Print the JSON Schema of config files, for editors and validators."""
    if of_report:
        from convpipe.report import schema
    else:
        from convpipe.config import schema
    print_json(schema())
