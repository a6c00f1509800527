"""What earlier runs settled, and whether it still holds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from convpipe import images
from convpipe.batch.identity import Identity
from convpipe.batch.journal import Line
from convpipe.errors import JobError
from convpipe.images import Folder, OpenFile
from convpipe.report import ImageResult


class Past:
    """The last settled result of each image, from the runs of one identity.

    A record is a fact about contents: these bytes, filtered by this job, became those. It is held against
    the files before it counts, so neither their times nor later runs of other jobs can make it wrong.
    """

    def __init__(self, records: Iterable[ImageResult] = ()) -> None:
        self._records = {result.path: result for result in records if _settles(result)}

    def made(self, relative: Path) -> bool:
        """Tell whether an earlier run wrote the result of this image: it may then be replaced."""
        record = self._records.get(str(relative))
        return record is not None and record.status == "done"

    def settled(self, relative: Path, input_hash: str, output: Folder, target: Path) -> ImageResult | None:
        """Return the image's result if nothing needs to be done for it any more.

        Parameters
        ----------
        relative : Path
            Of the image.
        input_hash : str
            Of the image as it is now.
        output : Folder
        target : Path
            Where its result is in it, or will be.
        """
        record = self._records.get(str(relative))
        if record is None or record.input_hash != input_hash:
            return None
        if record.status == "done" and not holds(output, target, record.bytes_written, record.output_hash):
            return None
        return replace(record, kept=True)


def _settles(result: ImageResult) -> bool:
    """Failures are tried again, but for a file whose decoder crashed or hung twice."""
    return result.status == "done" or result.quarantined


def holds(folder: Folder, relative: Path, size: int, digest: str | None) -> bool:
    """Tell whether ``relative`` is a regular file, not a link, of this size and content."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
    try:
        with folder.below(relative.parent) as place:
            descriptor = place.open(relative.name, flags)
        with OpenFile(relative, descriptor) as file:
            return file.stamp()[0] == size and images.digest_file(file) == digest
    except OSError:
        return False


def read_past(lines: Iterable[Line], identity: Identity, targets: Iterable[Path], *, overwrite: bool) -> Past:
    """Return what a journal says of runs of this identity.

    Parameters
    ----------
    lines : iterable of Line
    identity : Identity
    targets : iterable of Path
        The results of this run, relative to the output folder.
    overwrite : bool
        Whether the results of other jobs may be replaced.

    Raises
    ------
    JobError
        If runs of other identities alone made results that this one would make, and ``overwrite`` is not
        set. Jobs that share an output folder, each with its own results, do not disturb one another.
    """
    records: list[ImageResult] = []
    mine = set(map(str, targets))
    others: Identity | None = None
    agreed = False
    for line in lines:
        if line.made_by == identity:
            agreed = True
            if line.result is not None:
                records.append(line.result)
        elif line.result is not None and line.result.output in mine:
            others = line.made_by
    if others is not None and not agreed and not overwrite:
        raise JobError(
            f"the output folder holds the journal of another job: {identity.difference(others)}; choose "
            "another output folder, or add --overwrite to replace those results"
        )
    return Past(records)
