"""Errors of the command line, so that they name what to write."""

from __future__ import annotations

import click

from convpipe.cli.command import Command
from convpipe.cli.places import INSTEAD


def answered(error: click.ClickException) -> click.ClickException:
    """Return an error of click's in words that say what to do; others as they are."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.NoSuchOption):
        meant = INSTEAD.get(error.option_name) if context is not None and context.info_name == "run" else None
        if meant is not None:
            return click.UsageError(f"there is no option {error.option_name!r}; {meant}", context)
    elif isinstance(error, click.MissingParameter) and error.param is not None:
        called = _called(error.param, context)
        advice = "; convpipe init writes a config" if called.startswith("CONFIG") else ""
        return click.UsageError(f"{called} is missing{_example(context)}{advice}", context)
    elif isinstance(error, click.BadOptionUsage) and context is not None and "requires" in error.message:
        for one in context.command.params:
            if error.option_name in one.opts:
                needed = one.make_metavar(context)
                return click.UsageError(f"the value is missing: {error.option_name} {needed}", context)
    return error


def _called(parameter: click.Parameter, context: click.Context | None) -> str:
    """Return the argument that comes first of what stands in the usage, as CONFIG of `CONFIG... [INPUT]`."""
    metavar = parameter.make_metavar(context or click.Context(click.Command(None)))
    return metavar.split()[0].rstrip(".") if metavar else str(parameter.name)


def _example(context: click.Context | None) -> str:
    """Return, as the end of an error, how a command is called."""
    command = None if context is None else context.command
    if not isinstance(command, Command) or not command.examples:
        return ""
    return f", as in: {command.examples[0][0]}"
