"""What became of one image."""

from __future__ import annotations

from typing import Literal, NamedTuple

from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.images import EXISTS
from convpipe.losses import Losses
from convpipe.stages.wiring import RESULT

Status = Literal["done", "failed", "skipped"]


class ResultFile(NamedTuple):
    """A result as a file: its path below the output folder, its size, and its SHA-256."""

    name: str
    output: str
    bytes_written: int
    output_hash: str | None

    @property
    def content(self) -> tuple[int, str | None]:
        """Size and hash."""
        return self.bytes_written, self.output_hash


class Steps(NamedTuple):
    """Seconds that an image spent in each step.

    ``read``: opened, hashed and decoded. ``plan``: planned, and waiting for memory. ``filter``: in loops.
    ``write``: encoded, and brought to the disk.
    """

    read: float = 0.0
    plan: float = 0.0
    filter: float = 0.0
    write: float = 0.0


@dataclass(frozen=True)
class ImageResult:
    """What became of one image: a record of the journal, and a line of the report.

    Parameters
    ----------
    path : str
        Relative to the input folder; bytes that are no UTF-8 as by :func:`os.fsdecode`.
    status : {'done', 'failed', 'skipped'}
    stage : str or None
        Where it failed: read, plan, filter, write, or the name of the stage that cannot be planned; worker,
        if those of a cluster that had it died.
    reason : str or None
        Why it failed or was skipped, in one line.
    input : (rows, cols) or None
        Extent, once known.
    stages : tuple of (name, (rows, cols))
        Output extent of every stage.
    channels : int or None
        Of the last stage's result, where they are more than the 4 of a picture.
    notes : tuple of str
        What a person should know of how it was read, filtered and written.
    bytes_read, bytes_written : int
        Sizes of the image file and of the last stage's result.
    nans : int
        NaNs that became 0.
    overflows : int
        Finite samples that became infinite in float16.
    pages : int
        Of the image file that are filtered; extents are those of the first.
    pixels : int
        Rows times columns of all pages.
    seconds : float
        From its first step to its last.
    steps : Steps or None
        The same by steps.
    input_hash, output_hash : str or None
        SHA-256 of the image file and of the last stage's result.
    mask_hash : str or None
        SHA-256 of its mask's file.
    output : str or None
        That result, relative to the output folder.
    beside : tuple of ResultFile
        The other results.
    measures : tuple of tuple of (name, float)
        The numbers of each page.
    objects : tuple of str
        Of each page the lines of the table of objects. Once they are in a journal they are there alone:
    place : (name, offset) or None
        In which journal, and where in it, the record that has them begins.
    quarantined : bool
        Its decoder crashed or hung twice, or two workers died of it; ``--resume`` does not try the same bytes
        again.
    retries : int
        How many times it was tried again, as what failed might have passed.
    kept : bool
        Settled by an earlier run, and found unchanged by this one.
    """

    path: str
    status: Status
    stage: str | None = None
    reason: str | None = None
    input: Extent | None = None
    stages: tuple[tuple[str, Extent], ...] = ()
    channels: int | None = None
    notes: tuple[str, ...] = ()
    bytes_read: int = 0
    bytes_written: int = 0
    nans: int = 0
    overflows: int = 0
    pages: int = 1
    pixels: int = 0
    seconds: float = 0.0
    steps: Steps | None = None
    input_hash: str | None = None
    mask_hash: str | None = None
    output: str | None = None
    output_hash: str | None = None
    beside: tuple[ResultFile, ...] = ()
    measures: tuple[tuple[tuple[str, float], ...], ...] = ()
    objects: tuple[str, ...] = ()
    place: tuple[str, int] | None = None
    quarantined: bool = False
    retries: int = 0
    kept: bool = False

    @property
    def existed(self) -> bool:
        """Whether it was not filtered, as a file has the name of its result already."""
        return self.status == "failed" and self.reason == EXISTS

    @property
    def losses(self) -> Losses:
        """How many of its samples were lost."""
        return Losses(self.nans, self.overflows)

    @property
    def files(self) -> tuple[ResultFile, ...]:
        """All results; none where the image failed. The last is that of the last stage."""
        if self.output is None:
            return ()
        return (*self.beside, ResultFile(RESULT, self.output, self.bytes_written, self.output_hash))
