"""Files that a command writes: errors name them, and one that exists is replaced on demand alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convpipe.cli.streams import emit

if TYPE_CHECKING:
    from convpipe.paths import Location

overwrite_option = click.option("--overwrite", is_flag=True, help="Replace a file that exists.")


@contextmanager
def saving(path: Location) -> Iterator[None]:
    """Say that a file is written; an error names it, and the option that replaces one."""
    from convpipe import images
    from convpipe.errors import WriteError
    from convpipe.report import printable

    try:
        yield
    except WriteError as error:
        reason = "the output exists; --overwrite replaces it" if error.reason == images.EXISTS else error
        raise WriteError(f"{path}: {reason}") from None
    emit(printable(f"wrote {path}"))


def save(path: Path, content: bytes, *, overwrite: bool) -> None:
    """Write a file, complete or not at all, and say so."""
    from convpipe import images

    with saving(path):
        images.Encoded([content]).save(path, overwrite=overwrite)
