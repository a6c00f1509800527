"""What earlier runs settled, and whether it still holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from convpipe.batch.destination import Destination
from convpipe.batch.identity import Maker
from convpipe.batch.journal_files import Line
from convpipe.batch.outputs import result_of_page
from convpipe.errors import JobError
from convpipe.report import ImageResult, ResultFile


class Past:
    """The last settled result of each image, from the runs of one identity, and who made what is there now.

    A record is a fact about contents: these bytes, filtered by this job, became those. It is held against
    the files before it counts, so neither their times, nor where they lie, nor later runs of other jobs can
    make it wrong. What a run may replace is another matter: what was last made by this job from this input.

    Parameters
    ----------
    records : iterable of ImageResult
    own : iterable of str
        Results, relative to the output folder, that this job made last, from this input.
    others : str or None
        In what the makers of other results that are in the way differ.
    """

    def __init__(
        self, records: Iterable[ImageResult] = (), own: Iterable[str] = (), others: str | None = None
    ) -> None:
        self._records = {result.path: result for result in records if _settles(result)}
        self._own, self.others = frozenset(own), others

    def of(self, relative: Path, targets: Iterable[Path]) -> Past:
        """Return what it knows of one image, and of whose the results there are."""
        record = self._records.get(str(relative))
        own = [str(target) for target in targets if self.made(target)]
        return Past(() if record is None else (record,), own)

    def made(self, target: Path) -> bool:
        """Tell whether this job was the last to write this result, from this input: it may be replaced."""
        return str(target) in self._own

    def settled(
        self,
        relative: Path,
        hashes: tuple[str, str | None],
        output: Destination,
        targets: Mapping[str, tuple[Path, bool]],
    ) -> ImageResult | None:
        """Return the image's result if nothing needs to be done for it any more.

        Parameters
        ----------
        relative : Path
            Of the image.
        hashes : (str, str or None)
            Of the image as it is now, and of its mask.
        output : Destination
        targets : mapping
            Where in it its results are, or will be, by their names; and whether each page has a file of its
            own. All of them have to be there, and right.
        """
        record = self._records.get(str(relative))
        if record is None or (record.input_hash, record.mask_hash) != hashes:
            return None
        if record.status == "done" and not _all_hold(record, output, targets):
            return None
        return replace(record, kept=True)


def _settles(result: ImageResult) -> bool:
    """Failures are tried again, but for a file whose decoder crashed or hung twice."""
    return result.status == "done" or result.quarantined


def _all_hold(record: ImageResult, output: Destination, targets: Mapping[str, tuple[Path, bool]]) -> bool:
    """Tell whether the results of an image are those of its record."""
    files: dict[str, list[ResultFile]] = {}
    for file in record.files:
        files.setdefault(file.name.partition("-")[0], []).append(file)
    return files.keys() == targets.keys() and all(
        _is_at(file, *targets[name], len(own)) and output.holds(Path(file.output), *file.content)
        for name, own in files.items()
        for file in own
    )


def _is_at(file: ResultFile, target: Path, apart: bool, count: int) -> bool:
    """Tell whether a file of a result, of which there are so many, lies where this run would write it."""
    path = Path(file.output)
    return result_of_page(path) == target if apart else count == 1 and path == target


def read_past(
    lines: Iterable[Line],
    maker: Maker,
    targets: Iterable[Path],
    *,
    overwrite: bool,
    paged: Iterable[Path] = (),
) -> Past:
    """Return what a journal says of runs of this job.

    Parameters
    ----------
    lines : iterable of Line
    maker : Maker
    targets : iterable of Path
        The results of this run, relative to the output folder.
    overwrite : bool
        Whether the results of other jobs may be replaced.
    paged : iterable of Path
        Those whose pages have files of their own.

    Raises
    ------
    JobError
        If of the results that this run would make, all that are there were last made by other jobs, and
        ``overwrite`` is not set. Jobs that share an output folder, each with its own results, do not disturb
        one another.
    """
    records: list[ImageResult] = []
    makers: dict[str, Maker] = {}
    for line in lines:
        if line.result is None or line.maker is None:
            continue
        if line.maker.identity == maker.identity:
            records.append(line.result)
        makers.update((file.output, line.maker) for file in line.result.files)
    numbered = frozenset(paged)
    there = {str(target): makers[str(target)] for target in targets if str(target) in makers}
    there |= {path: each for path, each in makers.items() if result_of_page(Path(path)) in numbered}
    others = [each for each in there.values() if each != maker]
    difference = maker.difference(others[-1]) if others else None
    if others and not overwrite and all(each.identity != maker.identity for each in there.values()):
        raise JobError(
            f"the output folder holds results of another job: {difference}; choose another output folder, "
            "or add --overwrite to replace those results"
        )
    return Past(records, (target for target, each in there.items() if each == maker), difference)
