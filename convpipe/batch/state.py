"""What the images of a run share while it goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from numpy.typing import NDArray

from convpipe.batch.budget import Budget
from convpipe.batch.destination import Destination
from convpipe.batch.find import is_store
from convpipe.batch.given import FolderStack, Given, OneFile
from convpipe.batch.identity import Recipe
from convpipe.batch.inputs import Inputs
from convpipe.batch.job import FolderJob
from convpipe.batch.log import Log
from convpipe.batch.masks import Masks
from convpipe.batch.reader import Reader
from convpipe.batch.results import Result
from convpipe.batch.resume import Past
from convpipe.batch.store_image import StoreImage
from convpipe.dataclass import dataclass
from convpipe.errors import ReadError
from convpipe.images import OpenFile, OutsideError
from convpipe.losses import Losses
from convpipe.measures import Gauge
from convpipe.plan import Plan
from convpipe.stack import StackEngine

_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


class Engine(Recipe, Protocol):
    """What a batch needs of a pipeline."""

    def plan(
        self,
        shape: Sequence[int],
        dtype: str = ...,
        alpha: bool = ...,
        *,
        nodata: float | None = ...,
        masked: bool = ...,
    ) -> Plan:
        """Work out extents and dtype of the result."""

    def outputs(
        self,
        image: NDArray[Any],
        threads: int | None = ...,
        *,
        alpha: bool = ...,
        nodata: float | None = ...,
        mask: NDArray[Any] | None = ...,
    ) -> tuple[dict[str, NDArray[Any]], Losses]:
        """Return all results by their names, and how many samples were lost."""


@dataclass
class Run:
    """Everything the images of a run share.

    Parameters
    ----------
    job : FolderJob
    engine : Engine
    gauge : Gauge or None
        What measures every image beside filtering it.
    results : tuple of Result
        What is made of every image; the last is the last stage's.
    reader : Reader
    input : Inputs
    output : Destination
    past : Past
    budget : Budget
    masks : Masks or None
    members : mapping of Path to tuple of Path
        The files of each image that is a folder of them.
    stack : StackEngine or None
        What makes one page of all of an image, where a stage does.
    log : Log
    threads : int or None
        Threads that filter one image, if it is not small; None: all cores.
    stop : Event
        Once set, images in hand are dropped at their next step, unless it is the last.
    stopped : str or None
        Why the run gave up.
    warned : dict of str to str
        What plans warn of, in the order met, by its words without numbers: each once, whatever the number of
        images and of their sizes, by which ranges differ. A dict, as threads share it.
    """

    job: FolderJob
    engine: Engine
    gauge: Gauge | None
    results: tuple[Result, ...]
    reader: Reader
    input: Inputs
    output: Destination
    past: Past
    budget: Budget
    masks: Masks | None
    threads: int | None
    members: Mapping[Path, tuple[Path, ...]] = field(default_factory=dict)
    stack: StackEngine | None = None
    log: Log = field(default_factory=Log)
    stop: Event = field(default_factory=Event)
    stopped: str | None = None
    warned: dict[str, str] = field(default_factory=dict)

    def warn(self, notes: Sequence[str]) -> None:
        """Keep what the plan of an image warns of, if no other did."""
        for note in notes:
            self.warned.setdefault(_NUMBER.sub("", note), note)

    def open(self, relative: Path) -> OpenFile:
        """Open an image."""
        try:
            return self.input.open(relative)
        except OutsideError:
            raise ReadError("cannot open: it leads out of the input folder") from None
        except ReadError:
            raise
        except OSError as error:
            raise ReadError(f"cannot open: {error.strerror or error}") from error

    @contextmanager
    def given(self, relative: Path) -> Iterator[Given]:
        """Open an image; what is a folder is opened when it is read."""
        if (members := self.members.get(relative)) is not None:
            yield FolderStack(members, self.open, self.job.pages)
            return
        if is_store(relative) and (folder := self.input.folder(relative)) is not None:
            yield StoreImage(folder)
            return
        with self.open(relative) as file:
            yield OneFile(file)

    def give_up(self, reason: str) -> None:
        """Stop the run, as no further image could be written."""
        self.stopped = self.stopped or reason
        self.end()

    def end(self) -> None:
        """Drop images in hand at their next step, and let none wait."""
        self.stop.set()
        self.budget.close()
