"""A window that slides, as an animated GIF."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.explain.canvas import INK, MUTED, PAPER, Box, Canvas, length, wrapped
from convpipe.explain.slide import Slide, Step
from convpipe.explain.text import number

if TYPE_CHECKING:
    from PIL.Image import Image

STEP, LAST = 900, 3000
"""Milliseconds that a step is shown, and the last one."""

CELL, LEAST, WIDEST = 44, 30, 520
"""Side of a cell in pixels; at least, where many stand in a row; and what these may take together."""

GAP, LINE, COUNTED = 40, 23, 14
"""Pixels between two grids and around all, of a line of text, and above a grid for the numbers of columns."""

INSIDE, HATCH, WINDOW, EDGE, MADE = "#e4f1f5", "#aab4be", "#ffe08a", "#b26a00", "#d6f0de"
COLOURS = 24
"""Of all frames."""

MISFIT, FAINT_RED = "#c92a2a", "#fde3e3"


def animated(slide: Slide) -> bytes:
    """Return an animated GIF of all steps of a slide, a frame each, over and over.

    Examples
    --------
    >>> from convpipe import Pipeline
    >>> from convpipe.explain.run import Run
    >>> from convpipe.explain.slide import slide
    >>> stage = {"custom": "sum", "kernel": [[1, 1], [1, 1]], "stride": 3, "padding": 1}
    >>> animated(slide(Run(Pipeline.from_dict({"stages": [stage]}), np.ones((4, 4))), 0))[:6]
    b'GIF89a'
    """
    layout = _Layout(slide)
    frames = [_frame(layout, at) for at in range(len(slide.steps))]
    durations = [STEP] * (len(frames) - 1) + [LAST]
    file = io.BytesIO()
    few = _of_few_colours(frames)
    few[0].save(file, "GIF", save_all=True, append_images=few[1:], duration=durations, loop=0, optimize=True)
    return file.getvalue()


def _of_few_colours(frames: list[Image]) -> list[Image]:
    """Return frames in the colours that most of their pixels have; others, at the edges of letters, are near.

    Pillow's own reduction moves flat colours, too.
    """
    from PIL import Image

    counts: Counter[tuple[int, ...]] = Counter()
    for frame in frames:
        found: Any = frame.getcolors(frame.width * frame.height)
        counts.update({colour: pixels for pixels, colour in sorted(found, key=itemgetter(1))})
    colours = np.array(list(counts), np.uint8)
    kept = np.array([colour for colour, _ in counts.most_common(COLOURS)], np.uint8)
    nearest = np.empty(1 << 24, np.uint8)  # by a colour's number: few of these are looked at
    apart = np.abs(colours[:, None].astype(int) - kept).sum(axis=2)
    nearest[_numbers(np.pad(colours, ((0, 0), (0, 1))))] = apart.argmin(axis=1)
    made = []
    for frame in frames:
        made.append(Image.fromarray(nearest[_numbers(np.asarray(frame.convert("RGBX")))]))
        made[-1].putpalette(kept.tobytes())
    return made


def _numbers(colours: NDArray[np.uint8]) -> NDArray[np.integer[Any]]:
    """Return a number for each colour, (...), of three levels and one that does not count, (..., 4)."""
    return colours.view("<u4")[..., 0] & 0xFFFFFF


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where things stand in every frame of a slide: the padded input, the kernels and the output in a row."""

    slide: Slide

    @cached_property
    def cell(self) -> int:
        """Side of a cell."""
        values = (*self.slide.values.flat, *self.slide.outputs.flat)
        longest = max(length(number(value)) for value in values)
        across = int(max(self.slide.values.shape))
        return max(min(CELL, WIDEST // across), LEAST, longest + 8)

    @cached_property
    def grids(self) -> list[tuple[str, NDArray[Any]]]:
        """What stands in a row, with its title."""
        slide = self.slide
        titles = ["footprint" if name == "footprint" else f"taps of {name}" for name, _ in slide.kernels]
        if len(slide.kernels) == 1 and titles != ["footprint"]:
            titles = ["kernel"]
        kernels = [(title, taps) for title, (_, taps) in zip(titles, slide.kernels, strict=True)]
        padded = "input and padding" if slide.outside.any() else "input"
        return [(padded, slide.values), *kernels, ("output", slide.outputs)]

    @cached_property
    def overhang(self) -> tuple[int, int]:
        """How many cells a window that does not fit reaches beyond the input, below and on the right."""
        rows, cols = (
            max(track.misfit.stop - track.places.stop, 0) if track.misfit else 0
            for track in (self.slide.rows, self.slide.cols)
        )
        return rows, cols

    @cached_property
    def lefts(self) -> list[int]:
        """Where each grid begins, and where the next one would."""
        lefts = [GAP]
        for title, values in self.grids:
            hanging = self.overhang[1] if len(lefts) == 1 else 0
            width = max((values.shape[1] + hanging) * self.cell, length(title))
            lefts.append(lefts[-1] + width + GAP)
        return lefts

    @property
    def top(self) -> int:
        """Where all grids begin."""
        return GAP // 2 + LINE + COUNTED

    @cached_property
    def below(self) -> int:
        """Where the text begins that follows them."""
        rows = [len(values) for _, values in self.grids]
        rows[0] += self.overhang[0]
        return self.top + max(rows) * self.cell + LINE // 2

    @property
    def width(self) -> int:
        """Of a frame."""
        return self.lefts[-1]

    @cached_property
    def formulas(self) -> list[str]:
        """The lines of the formulas, and that a part is shown, where it is one."""
        lines = [_typeset(f"{name}: {formula}") for name, formula in self.slide.formulas.items()]
        if not self.slide.is_whole:
            sizes = "x".join(str(track.size) for track in (self.slide.rows, self.slide.cols))
            lines.append(f"a part of the input of {sizes} is shown")
        return [line for each in lines for line in wrapped(each, self.width - 2 * GAP)]

    def lines(self, step: Step) -> list[str]:
        """Return the lines of a step's arithmetic."""
        return [line for each in step.lines for line in wrapped(_typeset(each), self.width - 2 * GAP)]

    @cached_property
    def height(self) -> int:
        """Of a frame: the same for all."""
        lines = max(len(self.lines(step)) for step in self.slide.steps)
        return self.below + (lines + len(self.formulas)) * LINE + LINE // 2 + GAP // 2

    def box(self, grid: int, row: int, col: int) -> Box:
        """Return the place of a cell of a grid."""
        left, top = self.lefts[grid] + col * self.cell, self.top + row * self.cell
        return Box(left, top, left + self.cell, top + self.cell)

    def taps(self, step: Step) -> Iterator[Box]:
        """Give the places of the taps on the input; of a window that does not fit, also beyond it."""
        tracks = self.slide.rows, self.slide.cols
        rows, cols = (
            range(
                corner - track.places.start,
                corner - track.places.start + track.axis.reach,
                track.axis.dilation,
            )
            for corner, track in zip(step.corner, tracks, strict=True)
        )
        for row in rows:
            for col in cols:
                yield self.box(0, row, col)


def _typeset(text: str) -> str:
    """Return an expression with dots for products, which the font has."""
    return text.replace("*", "\u00b7")


def _frame(layout: _Layout, at: int) -> Image:
    """Draw the frame of a step."""
    slide, canvas = layout.slide, Canvas(layout.width, layout.height)
    step = slide.steps[at]
    for left, (title, _) in zip(layout.lefts, layout.grids, strict=False):
        canvas.text(left, layout.top - COUNTED - LINE, title, MUTED)
    _counted(canvas, layout, 0, slide.rows.places, slide.cols.places)
    _counted(canvas, layout, len(layout.grids) - 1, slide.rows.outputs, slide.cols.outputs)
    _input(canvas, layout, step)
    for grid, (_, taps) in enumerate(layout.grids[1:-1], start=1):
        for (i, j), tap in np.ndenumerate(taps):
            canvas.cell(layout.box(grid, i, j), WINDOW if step.at else PAPER, number(tap))
    _output(canvas, layout, at)
    for k, line in enumerate(layout.lines(step)):
        canvas.text(GAP, layout.below + k * LINE, line, INK if step.at else MISFIT)
    top = layout.height - GAP // 2 - len(layout.formulas) * LINE
    for k, line in enumerate(layout.formulas):
        canvas.text(GAP, top + k * LINE, line, MUTED)
    return canvas.picture


def _counted(canvas: Canvas, layout: _Layout, grid: int, rows: range, cols: range) -> None:
    """Number the rows and columns of a grid."""
    for i, row in enumerate(rows):
        box = layout.box(grid, i, 0)
        canvas.label(box.left - 6, (box.top + box.bottom) / 2, str(row), "rm")
    for j, col in enumerate(cols):
        box = layout.box(grid, 0, j)
        canvas.label((box.left + box.right) / 2, box.top - 4, str(col), "mb")


def _input(canvas: Canvas, layout: _Layout, step: Step) -> None:
    """Draw the padded input, and the window on it."""
    slide, taps = layout.slide, list(layout.taps(step))
    for (i, j), value in np.ndenumerate(slide.values):
        box, outside = layout.box(0, i, j), slide.outside[i, j]
        lit = WINDOW if step.at else FAINT_RED
        fill = lit if box in taps else PAPER if outside else INSIDE
        canvas.cell(box, fill, number(value), MUTED if outside else INK)
        if outside:
            canvas.hatch(box, HATCH)
        if not slide.read[i, j]:
            canvas.strike(box, MISFIT)
    canvas.outline(taps[0].joined(taps[-1]), EDGE if step.at else MISFIT)


def _output(canvas: Canvas, layout: _Layout, at: int) -> None:
    """Draw the output as far as it is made."""
    slide, grid = layout.slide, len(layout.grids) - 1
    made = {step.at for step in slide.steps[: at + 1]}
    for (i, j), value in np.ndenumerate(slide.outputs):
        place, box = (slide.rows.outputs[i], slide.cols.outputs[j]), layout.box(grid, i, j)
        current = place == slide.steps[at].at
        if place in made:
            canvas.cell(box, WINDOW if current else MADE, number(value))
        else:
            canvas.cell(box, PAPER)
        if current:
            canvas.outline(box, EDGE)
