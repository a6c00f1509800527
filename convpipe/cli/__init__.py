"""The command line: click commands that only translate.

Each command lives in a module of its own, imported when it is called, so that ``convpipe --help`` starts at
once and the commands that touch no pixel never load Numba.
"""

from __future__ import annotations

import difflib
import importlib
import io
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from convpipe import __version__
from convpipe.errors import ConfigError, ConvpipeError, ImageError
from convpipe.stores import redacted

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "run": "Run the jobs of config files over folders of images.",
    "stream": "Filter one image of any size, band by band.",
    "plan": "Show every stage's output size, range and cost; no pixel is read.",
    "check": "Validate config files.",
    "stages": "List the filters and their parameters.",
    "schema": "Print the JSON Schema of config files, for editors.",
    "init": "Write a commented config to start from.",
    "info": "Show versions, backends and the cache of compiled loops.",
    "compile": "Compile a pipeline ahead of its first run, or show its code.",
    "bench": "Time a pipeline against a copy of the same bytes.",
    "preview": "Save the result of every stage on one image, side by side.",
    "explain": "Show the arithmetic of one output pixel.",
    "tune": "Tune a config on images, on a page of your own machine.",
    "demo": "Filter four photographs, to see how it goes.",
    "journal": "Show what runs did, or make the journals of shards one.",
    "help": "Show a page on a topic, or the help of a command.",
}

SECTIONS = {
    "Filter images": ("run", "stream", "journal", "demo"),
    "Look before": ("plan", "check", "preview", "explain", "tune"),
    "Write configs": ("init", "stages", "schema"),
}
"""Of the help; commands that are in none stand last."""


ARGUMENTS = "convpipe.arguments"
"""Where a context has the words of the command line, without secrets that URLs among them hold."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names, in the order of the table above."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command, from its module."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"convpipe.cli.{name}")
        command: click.Command = module.command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return the commands that begin so, without importing any."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return [one for one in super().shell_complete(ctx, incomplete) if one.value not in COMMANDS]
        named = COMMANDS.items()
        return [CompletionItem(name, help=what) for name, what in named if name.startswith(incomplete)]

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Return the context, or refuse options as :meth:`invoke` refuses those of a command."""
        given = list(args[1] if len(args) > 1 else options["args"])  # which are taken from the list
        try:
            context = super().make_context(*args, **options)
        except click.ClickException as error:
            raise _shown(error) from None
        context.meta[ARGUMENTS] = list(map(redacted, given))
        return context

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Refuse an unknown command with the nearest right name."""
        if args[0] not in COMMANDS and args[0].isidentifier():
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            known = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(COMMANDS)}"
            context.fail(f"unknown command {args[0]!r}; {known}")
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing any."""
        left = dict(COMMANDS)
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, left.pop(name)) for name in names])
        with formatter.section("More"):
            formatter.write_dl(list(left.items()))

    def invoke(self, context: click.Context) -> Any:
        """Turn errors into one message and an exit code; CONVPIPE_TRACEBACK=1 shows where they rose."""
        _escape_what_cannot_be_encoded()
        try:
            return super().invoke(context)
        except BrokenPipeError:
            raise  # the reader has gone (`| head`): click leaves quietly
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None
        except click.ClickException as error:
            raise _shown(error) from None
        except (ConvpipeError, OSError) as error:
            from convpipe.cli.options import complain, complain_of
            from convpipe.cli.streams import is_stuck

            if os.environ.get("CONVPIPE_TRACEBACK") == "1" or (isinstance(error, OSError) and is_stuck()):
                raise

            if isinstance(error, ConfigError):
                complain_of(error)
            else:
                complain(str(error))
            raise click.exceptions.Exit(1 if isinstance(error, ImageError) else 2) from None


def _shown(error: click.ClickException) -> click.exceptions.Exit:
    """Print an error of the command line as all others are printed, and return the end of the process."""
    from convpipe.cli.streams import emit
    from convpipe.cli.usage import answered

    error = answered(error)
    text = io.StringIO()
    error.show(text)
    shown = redacted(text.getvalue().rstrip("\n"))
    emit(re.sub("^Error: ", "error: ", shown, flags=re.MULTILINE), err=True)
    return click.exceptions.Exit(error.exit_code)


def _escape_what_cannot_be_encoded() -> None:
    """Let a file name that the terminal's encoding lacks come out as escapes, not as an exception."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


HELP = "'convpipe help' has pages on single topics; 'convpipe demo' is a first job."


@click.group(cls=LazyGroup, epilog=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="convpipe")
def main() -> None:
    """Filter images with pipelines that are compiled from a YAML file."""
