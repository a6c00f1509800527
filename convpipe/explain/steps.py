"""A stage of several windows on one pixel, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convpipe.explain.account import Grid
from convpipe.explain.apart import stands_apart
from convpipe.explain.window import area, places_of, ranked, taps_of, under
from convpipe.ops import Bilateral, Map, Rank, Resample, Stencil, has_window
from convpipe.plan.demand import Region, Span, demand
from convpipe.stages.wiring import IMAGE

if TYPE_CHECKING:
    from convpipe.explain.account import Samples, Sources
    from convpipe.explain.pixel import Pixel
    from convpipe.plan import NodePlan, StagePlan


def has_steps(stage: StagePlan) -> bool:
    """Tell whether a stage slides a window and does something else to an image beside."""
    return len(stage.nodes) > 1 and has_window(stage.nodes[0].ops)


def reads(pixel: Pixel) -> dict[int, Region]:
    """Return which rows and columns of every node, and of the image, the pixel of a stage depends on."""
    stage = pixel.stage
    end = stage.first + len(stage.nodes)
    row, col = pixel.at
    return demand(pixel.plan.nodes[:end], {end - 1: (Span(row, row), Span(col, col))})


def places_in(read: Span) -> list[int]:
    """Return the rows, or the columns, of a span."""
    return [*range(read.first, read.last + 1)]


def walk(pixel: Pixel) -> None:
    """Show what each node of the stage makes of those before it, as far as the pixel depends on it."""
    walked = _Walked(pixel)
    for k in range(len(pixel.stage.nodes)):
        walked.step(k)


class _Walked:
    """The images of the nodes of a stage, of the channel that is explained, and what is read of them."""

    def __init__(self, pixel: Pixel) -> None:
        stage = pixel.stage
        self._pixel, self._first, self._nodes = pixel, stage.first, stage.nodes
        self._account = pixel.account
        self._reads = reads(pixel)
        own = range(stage.first, stage.first + len(stage.nodes))
        sources = dict.fromkeys(at for node in stage.nodes for at in node.inputs if at not in own)
        self._images = {
            at: samples[..., min(pixel.channel, samples.shape[2] - 1)]
            for at, samples in pixel.run.nodes([*sources, *own]).items()
        }
        for at in sources:
            self._show(f"window of {self._called(at)}", at)

    def step(self, k: int) -> None:
        """Show what a node gives, and what of."""
        node, at = self._nodes[k], self._first + k
        if node.is_join:
            self._joined(k, node)
        elif node.apart:
            rows, cols = self._reads[at]
            self._account.say(f"step {k + 1}, of {self._called(node.inputs[0])}:")
            stands_apart(node, (rows.first, cols.first), self._account)
        else:
            self._slid(k, node)
        if k == len(self._nodes) - 1:
            return  # which the stage gives
        if all(len(each) == 1 for each in self._reads[at]):
            self._account.say(f"step {k + 1} gives {self._cut(at)[0, 0]:.6g}")
        else:
            self._show(f"step {k + 1} gives", at)

    def _slid(self, k: int, node: NodePlan) -> None:
        """Show a window: on the one pixel that is read of it, or what it does on all of them."""
        window, source = node.window, node.inputs[0]
        rows, cols = self._reads[self._first + k]
        size = "x".join(map(str, window.kernel))
        what = f"ranks {size} pixels" if isinstance(window, Rank) else f"sums {size} taps"
        self._account.say(f"step {k + 1}, {what} of {self._called(source)}:")
        if len(rows) == len(cols) == 1:
            self._one(node, (rows.first, cols.first))
        elif isinstance(window, Rank):
            if not window.footprint.all():
                self._account.grid("footprint", window.footprint.astype(int))
            for name, rank in zip(window.names, window.ranks, strict=True):
                self._account.say(f"{name} = number {rank + 1} of {window.count}")
        elif isinstance(window, Stencil | Resample):
            for name, weights in zip(window.names, taps_of(window, (rows.first, cols.first)), strict=True):
                self._account.grid(f"taps of {name}", weights)
        self._pixel.maps(node.ops)

    def _one(self, node: NodePlan, at: tuple[int, int]) -> None:
        """Show the arithmetic of one output of a window."""
        window = node.window
        samples, _ = under(self._images[node.inputs[0]][..., None], window, places_of(node.axes, at))
        if isinstance(window, Rank):
            ranked(window, samples[..., 0], self._account)
            return
        if isinstance(window, Bilateral):
            self._account.say("r = the mean, weighted by how alike colours are")
            return
        for name, weights in zip(window.names, taps_of(window, at), strict=True):
            self._account.products(f"{name} =", samples[..., 0], weights)

    def _joined(self, k: int, node: NodePlan) -> None:
        """Show an expression of several images, and what they hold."""
        first = node.ops[0]
        assert isinstance(first, Map)
        self._account.say(f"step {k + 1}, of several images:")
        for symbol, source in zip(first.inputs, node.inputs, strict=True):
            rows, cols = self._reads[self._first + k]
            value = self._images[source][rows.first, cols.first]
            alone = f": {value:.6g}" if len(rows) == len(cols) == 1 else ""
            self._account.say(f"{symbol} is {self._called(source)}{alone}")
        self._pixel.maps(node.ops)

    def _called(self, at: int) -> str:
        """Return what the image of a node is called."""
        if at == IMAGE:
            return "the input"
        if at >= self._first:
            return f"step {at - self._first + 1}"
        plan = self._pixel.plan
        return plan.stages[plan.stage_of(at)].name

    def _show(self, title: str, at: int) -> None:
        rows, cols = self._reads[at]
        if rows and cols:
            places = [places_in(each) for each in (rows, cols)]
            title = f"{title}, {area(*places)}"
            self._account.add(Grid(title, self._cut(at), sources=self._sources(at), places=places))

    def _sources(self, at: int) -> Sources | None:
        """Return where samples come from that are read of a node: of another stage's last, or the image."""
        if at >= self._first:
            return None
        pixel, (rows, cols) = self._pixel, self._reads[at]
        source = pixel.source(IMAGE if at == IMAGE else pixel.plan.stage_of(at))
        return [
            [source._replace(row=row, col=col) for col in range(cols.first, cols.last + 1)]
            for row in range(rows.first, rows.last + 1)
        ]

    def _cut(self, at: int) -> Samples:
        rows, cols = self._reads[at]
        return self._images[at][rows.first : rows.last + 1, cols.first : cols.last + 1]
