"""``convpipe help``."""

from __future__ import annotations

import shutil
import sys

import click

from convpipe.cli.command import Command, completing
from convpipe.cli.options import rendered, width
from convpipe.cli.streams import emit
from convpipe.errors import nearest

WIDEST = 100
"""Columns of a page: longer lines are hard to read."""

EXAMPLES = (
    ("convpipe help", "The topics"),
    ("convpipe help borders", "One of them"),
    ("convpipe help run", "As `convpipe run --help`"),
)


@click.command("help", cls=Command, examples=EXAMPLES)
@click.argument("topic", required=False, shell_complete=completing("topics"))
@click.pass_context
def command(context: click.Context, topic: str | None) -> None:
    """Show a page on a topic, or the help of a command; without a name, the topics."""
    from convpipe.cli import COMMANDS, main
    from convpipe.cli.topics import TOPICS

    if topic is None:
        _list()
    elif topic in COMMANDS:
        found = main.get_command(context, topic)
        assert found is not None
        with click.Context(found, info_name=topic, parent=context.parent) as inner:
            emit(found.get_help(inner))
    elif topic in TOPICS:
        _show(TOPICS[topic].text)
    else:
        raise click.UsageError(
            f"there is no topic or command {topic!r}{nearest(topic, [*TOPICS, *COMMANDS])}", context
        )


def _list() -> None:
    from convpipe.cli.topics import TOPICS

    column = max(map(len, TOPICS)) + 2
    emit("Topics:")
    for name, topic in TOPICS.items():
        emit(f"  {name:<{column}}{topic.summary}")
    emit("\nconvpipe help TOPIC shows one, convpipe help COMMAND what a command takes.")


def _show(text: str) -> None:
    """Print Markdown; page by page on a terminal that it does not fit."""
    from rich.markdown import Markdown

    shown = rendered(lambda screen: screen.print(Markdown(text), width=min(WIDEST, width())))
    if sys.stdout.isatty() and shown.count("\n") >= shutil.get_terminal_size().lines:
        click.echo_via_pager(shown)
    else:
        emit(shown)
