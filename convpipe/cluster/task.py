"""What travels between the client of a cluster and its workers."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from convpipe.batch.job import FolderJob
from convpipe.batch.outputs import Targets
from convpipe.batch.resume import Past
from convpipe.batch.state import Engine
from convpipe.dataclass import dataclass
from convpipe.measures import Gauge
from convpipe.report import ImageResult


class Checked(Engine, Protocol):
    """An engine that can tell whether it runs here."""

    def check(self) -> None:
        """Raise BackendError if it cannot."""


class Filters(Protocol):
    """A :class:`convpipe.Pipeline`: it pickles, and has its loops compiled where it is used."""

    engine: Checked
    gauge: Gauge | None


@dataclass(frozen=True)
class Description:
    """A run, as each worker gets it once.

    Parameters
    ----------
    name : str
        Which no other run has.
    version : str
        Of convpipe.
    pipeline : Filters
    job : FolderJob
        With paths that mean the same on all machines.
    folder : bool
        Whether the input is one, and not an image.
    journal : str or None
        The name of the journal, by which a worker knows that the output folder is the client's.
    local : bool
        Whether the workers are processes of the client's, which Ctrl-C reaches, too.
    """

    name: str
    version: str
    pipeline: Filters
    job: FolderJob
    folder: bool
    journal: str | None
    local: bool


@dataclass(frozen=True)
class Assignment:
    """An image, as a worker gets it.

    Parameters
    ----------
    image : Path
    targets : tuple of Path
    past : Past
        What earlier runs made of it.
    members : tuple of Path or None
        The files of an image that is a folder of them.
    threads : int
        That filter it, at most.
    tries : int
        Which of them this is, from 1.
    last : bool
        Whether it is given up if its decoder is lost.
    again : bool
        Whether an earlier try may have left results, which are right then.
    """

    image: Path
    targets: Targets
    past: Past
    members: tuple[Path, ...] | None
    threads: int
    tries: int = 1
    last: bool = False
    again: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a worker made of an assignment.

    Parameters
    ----------
    result : ImageResult or None
        None if the run was stopped, or the decoder lost.
    may_pass : bool
        Whether what failed may succeed at another time.
    lost : str or None
        How its decoder was lost.
    stopped : str or None
        Why no further image could be done.
    warned : tuple of str
        What the plans of this worker's images warn of.
    """

    result: ImageResult | None
    may_pass: bool = False
    lost: str | None = None
    stopped: str | None = None
    warned: tuple[str, ...] = ()
