"""The account of a pixel, and those of the pixels that it is made of, as far back as the image."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from convpipe.dataclass import dataclass
from convpipe.explain.account import Grid, Part, Sentence, Source
from convpipe.explain.arithmetic import explain
from convpipe.explain.pixel import Pixel
from convpipe.explain.run import Run
from convpipe.geometry import Extent
from convpipe.plan.demand import Region, Span, demand
from convpipe.stages.wiring import IMAGE

MOST = 400
"""Pixels that are told of; those that are nearest to the first one come first."""


@dataclass(frozen=True, eq=False)
class Story:
    """A pixel and what it is made of.

    Parameters
    ----------
    run : Run
    first : Source
        The pixel.
    accounts : dict
        Of the pixel, and of others that numbers in these come from.
    """

    run: Run
    first: Source
    accounts: dict[Source, list[Part]]

    def regions(self) -> Iterator[tuple[int, Region, Extent]]:
        """Give what the pixel depends on: of the image and every stage, rows and columns, and its extent."""
        plan = self.run.plan
        stage = plan.stages[self.first.stage]
        end = stage.first + len(stage.nodes)
        row, col = self.first.row, self.first.col
        reads = demand(plan.nodes[:end], {end - 1: (Span(row, row), Span(col, col))})
        for at in range(IMAGE, self.first.stage + 1):
            node = IMAGE if at == IMAGE else plan.stages[at].first + len(plan.stages[at].nodes) - 1
            if all(reads[node]):
                yield at, reads[node], plan.input if at == IMAGE else plan.stages[at].extent


def story(pixel: Pixel, most: int = MOST) -> Story:
    """Return the account of a pixel and of those upstream.

    Parameters
    ----------
    pixel : Pixel
        About which nothing has been said yet.
    most : int
        Pixels that are told of.

    Examples
    --------
    >>> from convpipe import Pipeline
    >>> stages = [{"blur": "box", "size": 3}, {"edge": "laplacian"}]
    >>> run = Run(Pipeline.from_dict({"stages": stages}), np.eye(9, dtype="uint8"))
    >>> told = story(Pixel(run, 1, (4, 4), 0))
    >>> len(told.accounts), [(at, rows.first, rows.last) for at, (rows, _), _ in told.regions()]
    (10, [(-1, 2, 6), (0, 3, 5), (1, 4, 4)])
    """
    run, first = pixel.run, Source(pixel.position, *pixel.at, pixel.channel)
    accounts: dict[Source, list[Part]] = {}
    waiting = deque([first])
    while waiting and len(accounts) < most:
        source = waiting.popleft()
        if source in accounts or source.stage == IMAGE:
            continue
        one = Pixel(run, source.stage, (source.row, source.col), source.channel)
        explain(one)
        accounts[source] = one.account.parts
        waiting.extend(upstream(one.account.parts))
    return Story(run, first, accounts)


def upstream(parts: list[Part]) -> Iterator[Source]:
    """Give where the numbers of an account come from."""
    for part in parts:
        if isinstance(part, Sentence):
            yield from part.sources
        elif isinstance(part, Grid) and part.sources is not None:
            yield from (source for line in part.sources for source in line if source is not None)
