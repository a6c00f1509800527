"""The bar that shows how far a run is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from convpipe.cli.options import console

if TYPE_CHECKING:
    from convpipe.batch import Progress


@contextmanager
def shown_progress(name: str, shown: bool) -> Iterator[Progress | None]:
    """Show a bar on a terminal, and say when a pipeline is compiled; nothing in a pipe."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from convpipe.compile.runtime.cache import announced
    from convpipe.report import printable

    label = TextColumn("{task.description}", markup=False)
    columns = (label, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(printable(name), total=None)

        def advance(finished: int, total: int, result: Any) -> None:
            bar.update(task, completed=finished, total=total, description=printable(name))

        def compiling() -> None:
            bar.update(task, description="compiling (first run of this pipeline)")

        with announced(compiling):
            yield advance
