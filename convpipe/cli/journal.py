"""``convpipe journal``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from convpipe.cli.command import Command, CommandGroup
from convpipe.cli.kinds import PLACE
from convpipe.cli.options import complain, json_option, print_json_pieces
from convpipe.cli.process import end
from convpipe.cli.streams import emit

if TYPE_CHECKING:
    from convpipe.batch import ShardCounts, Survey
    from convpipe.paths import Location


SHOW = (
    ("convpipe journal show out", "How far a run is, or all its shards"),
    ("convpipe journal show out --failed", "What failed, and why"),
)
MERGE = (("convpipe journal merge out", "When all shards are done"),)


NAMES = ("runs", "images", "done", "failed", "skipped", "quarantined")
"""What is counted."""


@click.group("journal", cls=CommandGroup, examples=(*SHOW, *MERGE))
def command() -> None:
    """Show what runs did, or make the journals of shards one."""


@command.command("show", cls=Command, examples=SHOW, short_help="Counts, failures and times.")
@click.argument("place", metavar="OUTPUT|FILE", type=PLACE)
@click.option("--failed", is_flag=True, help="Print the failures alone.")
@json_option
def show(place: Location, failed: bool, as_json: bool) -> None:
    """Show the counts, failures and times that the journals of an output folder have, or one journal.

    An image counts where its last record is. Runs may go on meanwhile.
    """
    from convpipe.batch import survey

    found = survey(place)
    failures = chain.from_iterable(each.failures for each in found.shards)
    if as_json:
        print_json_pieces({**({} if failed else _data(found)), "failures": failures})
        return
    if not failed:
        _show_table(found.shards)
        if found.ignored:
            _say(f"damaged lines, which say nothing: {found.ignored}")
    for failure in failures:
        _say(f"{failure['path']!r}: {failure['stage']}: {failure['reason']}")


def _data(found: Survey) -> dict[str, Any]:
    """Return what journals say as plain data."""
    shards = [each.to_dict() for each in found.shards]
    where = {"journals": list(map(str, found.journals)), "ignored": found.ignored}
    return {**_total(found.shards), **where, "shards": shards}


def _total(shards: Sequence[ShardCounts]) -> dict[str, int | float]:
    counts = Counter[str]()
    for each in shards:
        counts.update({"runs": each.runs, **each.counts})
    seconds = round(sum(each.seconds for each in shards), 3)
    return {name: counts[name] for name in NAMES} | {"seconds": seconds}


def _show_table(shards: Sequence[ShardCounts]) -> None:
    """Print a row for each shard, and one for all."""
    rows = [["", *NAMES, "seconds", "last run"]]
    for each in shards:
        which = "whole runs" if each.shard is None else f"shard {each.shard}"
        rows.append([which, *map(str, _total([each]).values()), each.began])
    if len(shards) != 1:
        rows.append(["all", *map(str, _total(shards).values()), ""])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *cells, last in rows:
        padded = (cell.rjust(width) for cell, width in zip(cells, widths[1:-1], strict=True))
        _say("  ".join([first.ljust(widths[0]), *padded, last]).rstrip())


def _say(text: str) -> None:
    from convpipe.report import printable

    emit(printable(text))


@command.command("merge", cls=Command, examples=MERGE, short_help="The journals of shards become one.")
@click.argument("output", type=PLACE)
def merge(output: Location) -> None:
    """Make the journals of shards one journal, as of one run, and their tables of measures one table.

    No run may go on. Exit code: 0 all is merged, 1 measures of a shard are missing, 2 nothing can be merged.
    """
    from convpipe.batch import merge_journals
    from convpipe.report import number

    merged = merge_journals(output)
    if merged.shards:
        _say(f"{number(len(merged.shards), 'journal')} of shards merged into {str(merged.journal)!r}")
    else:
        _say(f"there are no journals of shards beside {str(merged.journal)!r}")
    if merged.ignored:
        complain(f"damaged lines left out: {merged.ignored}; their images are done again", kind="note")
    if merged.table is not None:
        _say(f"measures of all shards are in {str(merged.table)!r}")
    if merged.missing:
        named = ", ".join(map(str, merged.missing))
        complain(f"measures of shard {named} are missing: run it to its end, and merge again")
    end(int(bool(merged.missing)))
