"""Choose where a plan runs: on the processor or on a CUDA device."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.cuda.cost import Estimate, estimate
from convpipe.compile.cuda.probe import problems
from convpipe.compile.cuda.supported import unsupported
from convpipe.compile.runtime import environment, start
from convpipe.dataclass import dataclass
from convpipe.errors import BackendError
from convpipe.histograms import Counter
from convpipe.losses import Losses
from convpipe.plan import Plan
from convpipe.plan.demand import Span
from convpipe.stages.wiring import RESULT

log = logging.getLogger(__name__)

BACKENDS = ("auto", "cpu", "cuda")


class Executable(Protocol):
    """A compiled plan, on either backend."""

    @property
    def is_silent(self) -> bool:
        """Whether it says nothing of an image beside what was lost."""

    @property
    def source(self) -> str:
        """The generated Python."""

    def __call__(self, image: NDArray[Any], threads: int | None = None) -> tuple[NDArray[Any], Losses]:
        """Return the result, and how many samples were lost."""

    def warm(self) -> None:
        """Compile what the first image would."""


class Graph(Executable, Protocol):
    """A compiled plan of several results."""

    def outputs(
        self, image: NDArray[Any], threads: int | None = None
    ) -> tuple[dict[str, NDArray[Any]], Losses]:
        """Return all results by their names, and how many samples were lost."""


class Banded(Protocol):
    """A compiled plan that makes some rows of its results of some of the image."""

    def warm(self) -> None:
        """Compile what the first band would."""

    def band(
        self, rows: NDArray[Any], origin: int, first: int, last: int, numbers: Mapping[int, Sequence[float]]
    ) -> tuple[dict[str, NDArray[Any]], Losses]:
        """Return rows `first` to before `last` of the tallest result, and as large a share of the others.

        Beside them is what was lost in rows that no band before `first` made.

        Parameters
        ----------
        rows : ndarray
            Of the image; those that :func:`convpipe.plan.bands.image_rows` says at least.
        origin : int
            Which row of the image the first of them is.
        first, last : int
        numbers : mapping
            Of the whole images that some parts read, by the numbers of these parts.
        """

    def samples(
        self, at: int, rows: NDArray[Any], origin: int, span: Span, numbers: Mapping[int, Sequence[float]]
    ) -> NDArray[Any]:
        """Return the samples that count in statistics of some rows of an image that a part reads."""

    def kind(self, at: int) -> tuple[np.dtype[Any], int]:
        """Return the type of those samples, and how many a pixel has."""

    def counter(self) -> Counter:
        """Return what counts samples, on the calling thread."""


def all_results(
    run: Executable, image: NDArray[Any], threads: int | None = None
) -> tuple[dict[str, NDArray[Any]], Losses]:
    """Return the results of a compiled plan by their names, and how many samples were lost."""
    # To ask whether it is a Graph takes the interpreter longer than a small image takes the loops.
    if hasattr(run, "outputs"):
        return cast(Graph, run).outputs(image, threads)
    result, losses = run(image, threads)
    return {RESULT: result}, losses


class Backend:
    """The backend of a pipeline.

    Parameters
    ----------
    asked : {'auto', 'cpu', 'cuda'}
        ``auto`` takes, for every image size, the backend that is estimated to be quicker.

    Attributes
    ----------
    name : str
        ``cpu`` or ``cuda``; ``auto`` where there is a choice.

    Raises
    ------
    BackendError
        If ``cuda`` was asked for and cannot be used; the message says why.
    """

    def __init__(self, asked: str) -> None:
        reasons = [] if asked == "cpu" else problems()
        if asked == "cuda" and reasons:
            raise BackendError(f"backend 'cuda' cannot run here: {'; '.join(reasons)}")
        self.name = "cpu" if reasons else asked
        self._why = [f"auto: {reason}" for reason in reasons[:1]]
        self._used: set[str] = set()
        self._notes: list[str] = []

    def check(self) -> None:
        """Find out, before any image is read, whether loops can run where all of them are to.

        Raises
        ------
        BackendError
            If they cannot; the message says why.
        """
        if self.name == "cpu":
            environment.check()

    def compile(self, plan: Plan) -> Executable:
        """Return `plan` as machine code of the backend that is right for it.

        What no kernel is written for runs on the processor, with a note for the report.
        """
        name = self.name
        if name != "cpu" and (reason := unsupported(plan)):
            self.note(f"{reason}, and so do the stages beside it")
            name = "cpu"
        if name == "auto":
            found = _estimate(plan)
            name = found.backend
            self._say(f"auto: {found}")
        self._used.add(name)
        if name == "cpu":
            return _on_processor(plan)
        return _OnDevice(self, plan)

    def banded(self, plan: Plan) -> Banded:
        """Return `plan` as what makes bands of its results, which the processor alone does."""
        environment.check()
        with start.LOADING:
            from convpipe.compile.cpu.graphs import GraphExecutable
        if self.name != "cpu":
            self.note("images larger than memory were filtered by the processor, band by band")
        self._used.add("cpu")
        return GraphExecutable(plan)

    def describe(self) -> str:
        """Say for a report where images were filtered, and why there."""
        used = " and ".join(sorted(self._used)) or self.name
        reasons = "; ".join([*self._why, *self._notes])
        return f"{used} ({reasons})" if reasons else used

    def _say(self, reason: str) -> None:
        if not self._why:  # one size is an example enough
            self._why.append(reason)

    def note(self, note: str) -> None:
        """Keep what a report should say of a run on the device."""
        if note not in self._notes:
            self._notes.append(note)

    def fall_back(self, plan: Plan, error: BackendError) -> Executable:
        """Return `plan` for the processor where ``auto`` chose a device that then failed."""
        if self.name != "auto":
            raise error
        self.note(f"the device failed, and the processor took over: {error}")
        log.warning("%s; the processor takes over", error)
        self._used.add("cpu")
        return _on_processor(plan)


def _estimate(plan: Plan) -> Estimate:
    from convpipe.compile.runtime.threads import count

    return estimate(plan, count())


def _on_processor(plan: Plan) -> Executable:
    environment.check()
    with start.LOADING:
        # Numba loads when the first image comes, not before.
        from convpipe.compile.cpu.graphs import compile_plan

    return compile_plan(plan)


@dataclass
class _OnDevice:
    """A plan on the device, whose notes and failures the backend hears of."""

    backend: Backend
    plan: Plan
    _instead: Executable | None = field(default=None, init=False)

    is_silent = False

    def __post_init__(self) -> None:
        from convpipe.compile.cuda.run import compile_plan

        self._run = compile_plan(self.plan)
        self.source = self._run.source

    def __call__(self, image: NDArray[Any], threads: int | None = None) -> tuple[NDArray[Any], Losses]:
        results, losses = self.outputs(image, threads)
        return results[RESULT], losses

    def outputs(
        self, image: NDArray[Any], threads: int | None = None
    ) -> tuple[dict[str, NDArray[Any]], Losses]:
        if self._instead is None:
            try:
                results = all_results(self._run, image)
            except BackendError as error:
                self._instead = self.backend.fall_back(self.plan, error)
            else:
                for note in self._run.notes:
                    self.backend.note(note)
                return results
        return all_results(self._instead, image, threads)

    def warm(self) -> None:
        self._run.warm()
