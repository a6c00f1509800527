"""The stages of a job as a report draws them: which reads which, and what each is told."""

from __future__ import annotations

from typing import Any

from convpipe.dataclass import dataclass
from convpipe.stages import Stage
from convpipe.stages.wiring import Wiring

LONGEST = 80
"""Characters of a parameter's value that are told; kernels are longer."""


@dataclass(frozen=True)
class FlowStage:
    """A stage, among others.

    Parameters
    ----------
    name : str
    method : str
        Family and method, where the name is another.
    given : tuple of (parameter, value)
        What the config gives it, as text.
    reads : tuple of int
        Positions of the stages that it reads; -1 is the image.
    results : tuple of str
        What it gives that is stored.
    implied : bool
        Whether an option of the job brings it.
    """

    name: str
    method: str
    given: tuple[tuple[str, str], ...]
    reads: tuple[int, ...]
    results: tuple[str, ...] = ()
    implied: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        how = {"reads": list(self.reads), "results": list(self.results)}
        return {"name": self.name, "method": self.method, **how}


def flow_of(wiring: Wiring) -> tuple[FlowStage, ...]:
    """Return the stages of a job, in their order.

    Examples
    --------
    >>> from convpipe.stages import stage
    >>> from convpipe.stages.wiring import wire
    >>> fine = stage("blur", "gaussian", sigma=1.5, name="fine")
    >>> for one in flow_of(wire([fine, stage("edge", "sobel")])):
    ...     print(one.name, one.method, one.given, one.reads, one.results)
    fine blur gaussian (('sigma', '1.5'),) (-1,) ()
    edge sobel edge sobel () (0,) ('result',)
    """
    return tuple(
        FlowStage(
            one.name,
            f"{one.method.family} {one.label}",
            _given(one),
            reads,
            tuple(name for name, position in wiring.outputs if position == at),
            bool(one.implied),
        )
        for at, (one, reads) in enumerate(zip(wiring.stages, wiring.reads, strict=True))
    )


def _given(one: Stage) -> tuple[tuple[str, str], ...]:
    return tuple((key, _text(value)) for key, value in one.given.items() if key != "name")


def _text(value: Any) -> str:
    said = str(value)
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 4]} ..."
