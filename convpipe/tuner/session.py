"""What is tuned: the text of a config, what came before it, and the last pipeline of it that was right."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from convpipe.config import load_text
from convpipe.config.document import Document, Entry
from convpipe.dataclass import dataclass
from convpipe.errors import ConfigError, ConvpipeError, JobError, PlanError
from convpipe.images import Folder
from convpipe.images.atomic import Drafts, File
from convpipe.pipeline import Pipeline
from convpipe.tuner.edits import edited
from convpipe.tuner.kept import Kept
from convpipe.tuner.maker import Sign
from convpipe.tuner.python import python_of
from convpipe.tuner.sample import Sample
from convpipe.tuner.viewer import Viewer

_BOM = "\ufeff"

MOST_UNDONE = 1_000
"""Changes that can be taken back."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a config, and with which stage and key of it.

    Parameters
    ----------
    message : str
    entry : int or None
        The stage, by its place in the list of all, those that are off among them.
    key : str or None
    """

    message: str
    entry: int | None = None
    key: str | None = None


class ChangedError(JobError):
    """The file is no longer what was read of it, or saved to it."""


class Session:
    """A config that is tuned on some images.

    Parameters
    ----------
    path : Path
        The config file.
    samples : sequence of Sample
        At least one.
    job : int
        Which of its jobs.
    sign : callable, optional
        Is told what pictures wait for.

    Attributes
    ----------
    document : Document
        As it is now.
    pipeline : Pipeline or None
        Of the last text that was right.
    faults : list of Fault
        What is wrong now.
    version : int
        Another one for every text.

    Raises
    ------
    ConfigError
        If the file cannot be read, or is no YAML.
    """

    def __init__(
        self, path: Path, samples: Sequence[Sample], job: int = 0, sign: Sign = lambda text: None
    ) -> None:
        self.path, self.samples, self.sign = path, tuple(samples), sign
        self.kept = Kept()
        self.pipeline: Pipeline | None = None
        self.faults: list[Fault] = []
        self.version = 0
        self._job, self._current = job, 0
        self._gesture: object = None
        self._viewers: dict[int, Viewer] = {}
        _ = self.samples[0].shown  # what cannot be read ends it here
        self.reload()

    def reload(self) -> None:
        """Read the file; what was changed and not saved is gone, but can be had back by undoing."""
        try:
            data = self.path.read_bytes()
            text = data.decode("utf-8")
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror}", str(self.path)) from None
        except UnicodeDecodeError:
            raise ConfigError("not UTF-8 text, so no config", str(self.path)) from None
        self._saved = data
        self._bom = _BOM if text.startswith(_BOM) else ""
        if not hasattr(self, "document"):
            self._undone: list[str] = []
            self._done: list[str] = []
            self.document = Document(text.removeprefix(_BOM), self._job)
            self._take(self.document)
        else:
            self._change(Document(text.removeprefix(_BOM), self._job))

    @property
    def is_changed(self) -> bool:
        """Whether there is what is not saved."""
        return (self._bom + self.document.text).encode() != self._saved

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether a change that was taken back can be made again."""
        return bool(self._undone)

    def edit(self, change: Mapping[str, Any]) -> None:
        """Make a change; those of one ``gesture``, as the moves of a slider, are taken back together.

        Raises
        ------
        ParameterError
            If it is none. See :func:`convpipe.tuner.edits.edited`.
        """
        made = edited(self.document, change)
        if made.text == self.document.text:
            return
        gesture = change.get("gesture")
        goes_on = gesture is not None and gesture == self._gesture and bool(self._done)
        self._change(made, goes_on)
        self._gesture = gesture

    def _change(self, made: Document, goes_on: bool = False) -> None:
        if not goes_on:
            self._done = [*self._done, self.document.text][-MOST_UNDONE:]
        self._undone = []
        self._gesture = None
        self._take(made)

    def undo(self) -> None:
        """Take back the last change."""
        if self._done:
            self._undone.append(self.document.text)
            self._gesture = None
            self._take(Document(self._done.pop(), self._job))

    def redo(self) -> None:
        """Make again what was taken back last."""
        if self._undone:
            self._done.append(self.document.text)
            self._gesture = None
            self._take(Document(self._undone.pop(), self._job))

    def choose(self, sample: int) -> None:
        """Look at another image, which is read first."""
        _ = self.samples[sample].shown
        self._current = sample
        self._take(self.document)

    @property
    def current(self) -> int:
        """Which image is looked at."""
        return self._current

    def _take(self, document: Document) -> None:
        self.document = document
        self.version += 1
        self.faults = []
        try:
            jobs = load_text(document.text)
            pipeline = Pipeline.from_job(jobs[self._job])
            viewer = self._viewer(pipeline, self._current)
            viewer.plan()
        except ConfigError as error:
            self.faults = [self._fault(single) for single in error.errors]
        except (PlanError, ConvpipeError) as error:
            found = re.match(r"stage (\d+)", str(error))
            entry = None if found is None else self.entry_of(int(found[1]))
            self.faults = [Fault(str(error), entry)]
        except IndexError:
            self.faults = [Fault(f"there is no job {self._job} any more")]
        else:
            self.pipeline = pipeline
            self._viewers = {self._current: viewer}

    def _fault(self, error: ConfigError) -> Fault:
        if error.line is None:
            return Fault(error.message)
        entry, key = self.document.locate(error.line, error.column or 1)
        return Fault(error.message, entry, key)

    def viewer(self, sample: int | None = None) -> Viewer:
        """Return what shows an image in the last pipeline that was right.

        Raises
        ------
        JobError
            If there was none.
        """
        if self.pipeline is None:
            raise JobError("the config has never been right")
        at, viewers = self._current if sample is None else sample, self._viewers
        if at not in viewers:
            viewers[at] = self._viewer(self.pipeline, at)
        return viewers[at]

    def _viewer(self, pipeline: Pipeline, sample: int) -> Viewer:
        # Whoever is told by then: the first viewer is older than the desk that listens.
        return Viewer(pipeline.engine, self.samples[sample], self.kept, lambda text: self.sign(text))

    def stages_of(self, document: Document) -> list[range]:
        """Return the numbers of the stages that each entry of a list is: none of one that is off."""
        found, number = [], 0
        for entry in document.entries:
            count = _count(entry) if entry.on else 0
            found.append(range(number, number + count))
            number += count
        return found

    def entry_of(self, number: int) -> int | None:
        """Return the entry that a stage is of."""
        ranges = self.stages_of(self.document)
        return next((at for at, own in enumerate(ranges) if number in own), None)

    def save(self, force: bool = False) -> None:
        """Write the text to the file: at every moment that is the old one, or the new.

        Parameters
        ----------
        force : bool
            Also over what somebody else has written meanwhile.

        Raises
        ------
        ChangedError
            If somebody has.
        JobError
            If it cannot be written.
        """
        path = self.path.resolve()
        try:
            now = path.read_bytes() if path.exists() else None
            if now != self._saved and not force:
                raise ChangedError(f"{self.path} was changed on disk meanwhile; nothing was written")
            data = (self._bom + self.document.text).encode()
            mode = path.stat().st_mode if path.exists() else None
            with Folder(path.parent) as folder:
                Drafts().write(File(folder, path.name, [data], True))
            if mode is not None:
                path.chmod(stat.S_IMODE(mode))
        except OSError as error:
            raise JobError(f"{self.path} cannot be written: {error.strerror or error}") from None
        self._saved = data

    def to_python(self) -> str:
        """Return the last pipeline that was right as Python.

        Raises
        ------
        JobError
            If there was none.
        """
        if self.pipeline is None:
            raise JobError("the config has never been right")
        return python_of(self.pipeline)


def _count(entry: Entry) -> int:
    """Return how many stages an entry is: the layers of a model are one each."""
    if entry.given.get("network") != "onnx":
        return 1
    alone = ", ".join(f"{key}: {text}" for key, text in entry.given.items())
    with suppress(ConfigError):
        return len(load_text(f"stages: [{{{alone}}}]\n")[0].stages)
    return 1
