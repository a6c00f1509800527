"""The command line: click commands that only translate.

Each command lives in a module of its own, imported when it is called, so that ``convpipe --help`` starts at
once and the commands that touch no pixel never load Numba.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from convpipe import __version__
from convpipe.errors import ConvpipeError

COMMANDS = {
    "run": "Run the jobs of config files over folders of images.",
    "plan": "Show every stage's output size, range and cost; no pixel is read.",
    "check": "Validate config files.",
    "stages": "List the filters and their parameters.",
    "schema": "Print the JSON Schema of config files, for editors.",
    "init": "Write a commented config to start from.",
    "info": "Show versions, backends and the cache of compiled pipelines.",
    "compile": "Compile a pipeline ahead of its first run, or show its code.",
    "preview": "Save the result of every stage on one image, side by side.",
    "explain": "Show the arithmetic of one output pixel.",
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names, in the order of the table above."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command; for the list in ``--help`` its module is not needed."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"convpipe.cli.{name}")
        command: click.Command = module.command
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, context: click.Context) -> Any:
        """Turn errors of ours into one message and exit code 2, and a closed pipe into silence."""
        try:
            return super().invoke(context)
        except ConvpipeError as error:
            if os.environ.get("CONVPIPE_TRACEBACK"):
                raise
            click.echo(f"error: {error}", err=True)
            raise click.exceptions.Exit(2) from None
        except BrokenPipeError:
            # The reader has gone (`| head`); Python's own flush at exit would complain again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(0) from None
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="convpipe")
def main() -> None:
    """Filter images with pipelines that are compiled from a YAML file."""
