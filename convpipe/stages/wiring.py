"""Which stage reads which, and which of them are results: a list of stages becomes a graph."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, nearest
from convpipe.stages.across import PROJECTION
from convpipe.stages.entry import Stage, stage
from convpipe.stages.names import BEFORE, IDENTIFIER, RESERVED

IMAGE = -1
"""What a stage reads that reads the image which enters the pipeline."""

RESULT = "result"
"""Name of what the last stage gives."""


@dataclass(frozen=True)
class Wiring:
    """Stages, and by their positions which of them each reads.

    Parameters
    ----------
    stages : tuple of Stage
        As they run, with those that an option of the pipeline brings.
    reads : tuple of tuple of int
        Of each stage; :data:`IMAGE` is the image that enters the pipeline.
    outputs : tuple of (name, int)
        The results; the last is that of the last stage, called ``result``.
    measured : frozenset of str
        Those of them that nobody stores: they keep the type of the arithmetic, and NaN is what is missing.
    """

    stages: tuple[Stage, ...]
    reads: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[str, int], ...]
    measured: frozenset[str] = frozenset()

    @property
    def is_chain(self) -> bool:
        """Tell whether each stage reads the one before it, and the last gives the only result."""
        chain = tuple((position - 1,) for position in range(len(self.stages)))
        return self.reads == chain and len(self.outputs) == 1

    def up_to(self, position: int) -> Wiring:
        """Return the part that makes the result of the stage at `position`."""
        return self._part(((RESULT, position),))

    @property
    def stored(self) -> Wiring:
        """The part that makes the results: without stages that are there to be measured alone."""
        return self._part(self.outputs)

    def _part(self, outputs: tuple[tuple[str, int], ...]) -> Wiring:
        """Return what some results need."""
        needed = {position for _, position in outputs}
        for at in range(max(needed), -1, -1):
            needed |= {source for source in self.reads[at] if at in needed and source != IMAGE}
        kept = sorted(needed)
        if len(kept) == len(self.stages) and outputs == self.outputs:
            return self
        moved = {IMAGE: IMAGE, **{old: new for new, old in enumerate(kept)}}
        reads = tuple(tuple(moved[source] for source in self.reads[at]) for at in kept)
        results = tuple((name, moved[position]) for name, position in outputs)
        return Wiring(tuple(self.stages[at] for at in kept), reads, results)


class Fault(NamedTuple):
    """What is wrong with how stages are wired, and where: in a stage or an output, as a whole or at a key.

    Of a text below that key `offset` is the character that is wrong.
    """

    message: str
    stage: int | None = None
    output: str | None = None
    key: str | None = None
    offset: int | None = None


def wire(
    stages: Sequence[Stage],
    outputs: Mapping[str, str] | None = None,
    *,
    linear_light: bool = False,
    measured: Collection[str] = (),
) -> Wiring:
    """Return how `stages` are wired.

    Parameters
    ----------
    stages : sequence of Stage
        Each reads the one before it, unless it names others.
    outputs : mapping, optional
        From names of results beside that of the last stage to the names of the stages that give them.
    linear_light : bool
        Put a stage that decodes sRGB before all of them, and one that encodes it after every result.
    measured : collection of str
        Names of stages whose results are used, as numbers of them are.

    Raises
    ------
    ParameterError
        If a name is unknown, given twice or used before it is made, or a stage's result is not used.

    Examples
    --------
    >>> blur = stage("blur", "gaussian", sigma=8, name="coarse")
    >>> wire([blur, stage("combine", "detail", formula="input - coarse")]).reads
    ((-1,), (-1, 0))
    """
    outputs = outputs or {}
    for fault in faults(stages, outputs, measured):
        where = f"outputs.{fault.output}"
        if fault.stage is not None:
            where = f"stage {fault.stage} ({stages[fault.stage].name})"
        raise ParameterError(f"{where}: {fault.message}", fault.key)
    reads = [tuple(_position(name, at, stages) for name in one.reads) for at, one in enumerate(stages)]
    named = {name: _position(source, len(stages), stages) for name, source in outputs.items()}
    results = {**named, RESULT: len(stages) - 1}
    if not linear_light:
        return Wiring(tuple(stages), tuple(reads), tuple(results.items()))
    linear, srgb = (replace(stage("light", name), implied="linear_light") for name in ("linear", "srgb"))
    shifted = [(IMAGE,), *(tuple(source + 1 for source in sources) for sources in reads)]
    first = len(shifted)
    return Wiring(
        (linear, *stages, *[srgb] * len(results)),
        (*shifted, *((source + 1,) for source in results.values())),
        tuple((name, first + at) for at, name in enumerate(results)),
    )


def _position(name: str | None, at: int, stages: Sequence[Stage]) -> int:
    """Return the position of what stage `at` calls `name`."""
    if name == "input":
        return IMAGE
    return next((i for i, one in enumerate(stages) if name and one.common["name"] == name), at - 1)


def faults(
    stages: Sequence[Stage], outputs: Mapping[str, str], measured: Collection[str] = ()
) -> list[Fault]:
    """Return all that is wrong with how stages are wired; as for :func:`wire`."""
    names = _Names(stages)
    found = [fault for at, one in enumerate(stages) for fault in names.of_stage(at, one)]
    found += [fault for name, source in outputs.items() for fault in names.of_output(name, source)]
    spelt: dict[str, str] = {}
    for name in outputs:
        if (other := spelt.setdefault(name.lower(), name)) != name:
            message = f"results {other!r} and {name!r} would be one folder on some systems"
            found.append(Fault(message, None, name))
    return found or _of_stacks(stages, outputs) or names.unused((*outputs.values(), *measured))


def _of_stacks(stages: Sequence[Stage], outputs: Mapping[str, str]) -> list[Fault]:
    """Return what is wrong with stages that read several pages of a stack."""
    readers = [at for at, one in enumerate(stages) if one.reads_pages]
    if not readers:
        return []
    projection = next((at for at in readers if stages[at].method.family == PROJECTION), len(stages))
    made = "" if projection == len(stages) else stages[projection].name
    found = [
        Fault(f"it would read the one page that {made} makes of all; leave one of them out", at)
        for at in readers
        if at > projection
    ]
    reads = [[_position(name, at, stages) for name in one.reads] for at, one in enumerate(stages)]
    if outputs or reads != [[at - 1] for at in range(len(stages))]:
        message = (
            "it reads several pages of a stack, and needs a chain: each stage reads the one before it, and "
            "the last gives the only result"
        )
        found.append(Fault(message, readers[0]))
    return found


def wrong_image(name: str, stages: Sequence[Stage], outputs: Collection[str]) -> str | None:
    """Say what is wrong with the name of an image that is measured; None of the input, a result, or a stage.

    Parameters
    ----------
    name : str
    stages : sequence of Stage
    outputs : collection of str
        Names of results beside that of the last stage.
    """
    known = ["input", RESULT, *outputs]
    return None if name in known else _Names(stages).wrong(name, len(stages), known)


class _Names:
    """The names of stages, and what is wrong with those that are referred to."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self._stages = stages
        self._places: dict[str, list[int]] = {}
        for at, one in enumerate(stages):
            if one.common["name"] is not None:
                self._places.setdefault(one.common["name"], []).append(at)

    def of_stage(self, at: int, one: Stage) -> list[Fault]:
        """Return what is wrong with the names that a stage refers to."""
        return [
            Fault(message, at, None, key, offset)
            for name, key, offset in one.references
            if name is not None
            and not (name == BEFORE and offset is not None and BEFORE not in self._places)
            and (message := self.wrong(name, at))
        ]

    def of_output(self, name: str, source: str) -> list[Fault]:
        """Return what is wrong with a result beside that of the last stage."""
        if name in RESERVED:
            return [Fault(f"a result cannot be called {name!r}, which means {RESERVED[name]}", None, name)]
        if not IDENTIFIER.fullmatch(name):
            form = "needs letters, digits and _, a letter first"
            return [Fault(f"the name of a result {form}; given {name!r}", None, name)]
        if source == "input":
            return [Fault("a result is of a stage; 'input' is the image as it is", None, name, "from")]
        message = self.wrong(source, len(self._stages))
        return [Fault(message, None, name, "from")] if message else []

    def wrong(self, name: str, at: int, beside: Sequence[str] = ("input",)) -> str | None:
        """Say what is wrong with `name` where stage `at` refers to it; what is known `beside` is offered."""
        if name == "input":
            return None
        if name == RESULT:
            return f"there is no stage 'result': that is {RESERVED[RESULT]}"
        places = self._places.get(name, [])
        if len(places) > 1:
            which = " and ".join(map(str, places))
            return f"{name!r} is the name of stages {which}; what is referred to needs a name of its own"
        if not places:
            before = [other for other, own in self._places.items() if own[0] < at]
            known = filter(IDENTIFIER.fullmatch, before)
            return f"there is no stage {name!r}{nearest(name, [*known, *beside])}"
        (place,) = places
        if place == at:
            return f"stage {name!r} would read itself"
        if place > at:
            circle = ", and waits for this one: a circle" if at in self._sources(place) else ""
            return f"stage {name!r} comes later, as stage {place}{circle}; a stage reads those before it"
        return None

    def _sources(self, at: int) -> set[int]:
        """Return all stages that stage `at` waits for."""
        found: set[int] = set()
        waiting = [at]
        while waiting:
            place = waiting.pop()
            for name in self._stages[place].reads:
                before = [place - 1] if name in (None, BEFORE) else []
                sources = before if name is None else self._places.get(name, before)
                fresh = [source for source in sources if source >= 0 and source not in found]
                found.update(fresh)
                waiting += fresh
        return found

    def unused(self, asked: Iterable[str]) -> list[Fault]:
        """Return the stages whose results nobody asks for."""
        stages, last = self._stages, len(self._stages)
        read = {_position(name, at, stages) for at, one in enumerate(stages) for name in one.reads}
        read |= {_position(source, last, stages) for source in asked}
        return [
            Fault(
                "no stage reads what it gives, and it is no output: the stage after it reads another; "
                "name it and refer to it, or leave it out",
                at,
            )
            for at in range(last - 1)
            if at not in read
        ]
