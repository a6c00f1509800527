"""What earlier runs settled, and whether it still holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

from convpipe.batch.destination import Destination
from convpipe.batch.identity import Maker
from convpipe.batch.journal_files import Line
from convpipe.batch.outputs import result_of_page
from convpipe.errors import JobError
from convpipe.report import ImageResult, ResultFile
from convpipe.shelf import Shelf

Found = TypeVar("Found", covariant=True)

Target = tuple[Path, bool]
"""Where a result goes, relative to the output folder; and whether each of its pages has a file of its own."""


class Kept(Protocol[Found]):
    """Values by their keys: in memory where they are few, else on the disk."""

    def get(self, key: str, /) -> Found | None:
        """Return the value of a key; None where it has none."""


class Makers(Shelf[Maker]):
    """Who wrote each result last, by its path relative to the output folder."""

    def __init__(self) -> None:
        self._numbers: dict[Maker, int] = {}  # of few jobs, each with many results
        self._makers: list[Maker] = []
        super().__init__(dump=self._number, load=lambda number: self._makers[int(number)])

    def _number(self, maker: Maker) -> bytes:
        if maker not in self._numbers:
            self._numbers[maker] = len(self._makers)
            self._makers.append(maker)
        return str(self._numbers[maker]).encode()

    def of(self, targets: Iterable[Target]) -> Iterator[tuple[str, Maker]]:
        """Yield the files of results that were written, each with who did."""
        for target, apart in targets:
            if apart:
                named = self.beginning(str(target.with_name(f"{target.stem}-")))
                yield from (each for each in named if result_of_page(Path(each[0])) == target)
            elif (maker := self.get(str(target))) is not None:
                yield str(target), maker


class Past:
    """The last settled result of each image, from the runs of one identity, and who made what is there now.

    A record is a fact about contents: these bytes, filtered by this job, became those. It is held against
    the files before it counts, so neither their times, nor where they lie, nor later runs of other jobs can
    make it wrong. What a run may replace is another matter: what was last made by this job from this input.

    Parameters
    ----------
    maker : Maker or None
        This job, and its input. None where nothing is known.
    records : Kept of ImageResult
        By the paths of images.
    makers : Kept of Maker
        By those of results, relative to the output folder.
    others : str or None
        In what the makers of other results that are in the way differ.
    """

    def __init__(
        self,
        maker: Maker | None = None,
        records: Kept[ImageResult] | None = None,
        makers: Kept[Maker] | None = None,
        others: str | None = None,
    ) -> None:
        self._maker, self.others = maker, others
        self._records: Kept[ImageResult] = {} if records is None else records
        self._makers: Kept[Maker] = {} if makers is None else makers

    def of(self, relative: Path, targets: Iterable[Target]) -> Past:
        """Return what it knows of one image and of its results, so that it can be sent."""
        return self

    def made(self, target: Path) -> bool:
        """Tell whether this job was the last to write this result, from this input: it may be replaced."""
        return self._maker is not None and self._makers.get(str(target)) == self._maker

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


class LongPast(Past):
    """What is known of very many images: it lies in tables on the disk.

    Parameters
    ----------
    maker, records, makers, others
        As for :class:`Past`.
    """

    def __init__(self, maker: Maker, records: Shelf[ImageResult], makers: Makers, others: str | None) -> None:
        super().__init__(maker, records, makers, others)
        self._of_images, self._of_results = records, makers

    def of(self, relative: Path, targets: Iterable[Target]) -> Past:
        """Return what it knows of one image and of its results, in memory."""
        record = self._of_images.get(str(relative))
        records = {} if record is None else {record.path: record}
        return Past(self._maker, records, dict(self._of_results.of(targets)))


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


def read_past(lines: Iterable[Line], maker: Maker, targets: Iterable[Target], *, overwrite: bool) -> Past:
    """Return what a journal says of runs of this job, in tables on the disk: it may be of very many images.

    Parameters
    ----------
    lines : iterable of Line
    maker : Maker
    targets : iterable of (Path, bool)
        The results of this run, relative to the output folder, and whether their pages have files of their
        own.
    overwrite : bool
        Whether the results of other jobs may be replaced.

    Raises
    ------
    JobError
        If of the results that this run would make, all that are there were last made by other jobs, and
        ``overwrite`` is not set. Jobs that share an output folder, each with its own results, do not disturb
        one another.
    """
    records, makers = Shelf[ImageResult](), Makers()
    for line in lines:
        if line.result is None or line.maker is None:
            continue
        if line.maker.identity == maker.identity and _settles(line.result):
            records.put(line.result.path, line.result)
        for file in line.result.files:
            makers.put(file.output, line.maker)
    other, mixed = None, False
    for _, each in makers.of(targets):
        other = other if each == maker else each
        mixed = mixed or each.identity == maker.identity
    difference = None if other is None else maker.difference(other)
    if other is not None and not overwrite and not mixed:
        raise JobError(
            f"the output folder holds results of another job: {difference}; choose another output folder, "
            "or add --overwrite to replace those results"
        )
    return LongPast(maker, records, makers, difference)
