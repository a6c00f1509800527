"""A command whose help has its options in groups, and examples that run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Example = tuple[str, str]
"""A command line, and what it does."""

COMMON = ("--set", "--allow-plugins", "--help")
"""Options that many commands share: they stand last."""


def completing(name: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]:
    """Return what completes a word, of :data:`convpipe.cli.complete.COMPLETERS`; loaded when it is asked."""

    def complete(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        from convpipe.cli.complete import COMPLETERS

        return COMPLETERS[name](context, parameter, incomplete)

    return complete


class Command(click.Command):
    """A command of which ``--help`` is read from top to bottom: what it does, options by purpose, examples.

    Parameters
    ----------
    *args, **options
        As for :class:`click.Command`.
    groups : mapping of str to str
        The names of options, in their order, below a heading each. Those that none names stand before what
        all commands share.
    examples : sequence of (str, str)
        Command lines, and what each does.
    """

    def __init__(
        self,
        *args: Any,
        groups: Mapping[str, str] | None = None,
        examples: Sequence[Example] = (),
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.groups = {title: tuple(names.split()) for title, names in (groups or {}).items()}
        self.examples = tuple(examples)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of the command line; errors know of which command they are."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, group by group, and then the examples."""
        own = [one for one in self.get_params(context) if isinstance(one, click.Option)]
        records = {_name(one): one.get_help_record(context) for one in own}
        left = {name: record for name, record in records.items() if record is not None}
        for title, names in self.groups.items():
            _write(formatter, title, [left.pop(name) for name in names])
        last = [left.pop(name) for name in COMMON if name in left]
        _write(formatter, "Other options" if self.groups else "Options", [*left.values(), *last])
        if self.examples:
            with formatter.section("Examples"):
                for line, what in self.examples:
                    formatter.write_text(f"{what}:")
                    with formatter.indentation():
                        indent = " " * formatter.current_indent
                        formatter.write(indent + _continued(line, formatter.width, indent) + "\n")


class CommandGroup(Command, click.Group):
    """Commands below one name; its ``--help`` lists them before all else."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, and then options and examples."""
        self.format_commands(context, formatter)
        super().format_options(context, formatter)


def _continued(line: str, width: int, indent: str) -> str:
    r"""Return a command line as one, or where it is too long as several, as a shell takes them.

    Examples
    --------
    >>> print(_continued("convpipe run edges.yaml --resume", 28, "  "))
    convpipe run edges.yaml \
          --resume
    """
    room = max(20, width - len(indent) - len(" \\"))
    if len(line) + len(indent) <= width:
        return line
    parts = wrap(line, room, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return f" \\\n{indent}".join(parts)


def _name(parameter: click.Parameter) -> str:
    """Return what an option is called in the groups: the longest of its names."""
    return max(parameter.opts, key=len)


def _write(formatter: click.HelpFormatter, title: str, records: Sequence[tuple[str, str]]) -> None:
    if records:
        with formatter.section(title):
            formatter.write_dl(records)
