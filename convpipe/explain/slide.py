"""A window that slides over its padded input, output by output: what an animation shows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.explain.account import Samples
from convpipe.explain.pixel import Pixel
from convpipe.explain.run import Run
from convpipe.explain.sizes import Worked, worked
from convpipe.explain.text import lines
from convpipe.explain.track import Track
from convpipe.explain.window import area, border_of, ranked, span, taps_of, under
from convpipe.ops import ChannelMap, Mix, Rank, Stencil


@dataclass(frozen=True, eq=False)
class Step:
    """One place of the window.

    Parameters
    ----------
    at : (row, col) or None
        Of the output that it makes; None where it does not fit.
    corner : (row, col)
        Of the input, under its first tap; negative in the padding.
    lines : tuple of str
        Where it stands, and the arithmetic of the output.
    samples : ndarray, shape (KH, KW), optional
        Under the taps, if it fits.
    """

    at: tuple[int, int] | None
    corner: tuple[int, int]
    lines: tuple[str, ...]
    samples: Samples | None = None


@dataclass(frozen=True, eq=False)
class Slide:
    """A stage's window over what it reads: all of it, or the part around one output.

    Parameters
    ----------
    title : str
    rows, cols : Track
        Where it goes along each axis, and what is shown of that.
    values : ndarray, shape (rows, cols)
        The padded input, as far as it is shown.
    outside : ndarray of bool, shape (rows, cols)
        Which of them lie in the padding.
    border : str
        The rule that makes these.
    kernels : tuple of (str, ndarray)
        The taps of each response under its name; of ranks the footprint.
    outputs : ndarray, shape (rows, cols)
        As far as they are shown; unrounded.
    ranked : bool
        Whether samples are taken by their rank.
    steps : tuple of Step
    """

    title: str
    rows: Track
    cols: Track
    values: Samples
    outside: NDArray[np.bool_]
    border: str
    kernels: tuple[tuple[str, NDArray[np.float64]], ...]
    outputs: Samples
    ranked: bool
    steps: tuple[Step, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all outputs are shown, and not a part of them."""
        return self.rows.is_whole and self.cols.is_whole

    @property
    def formulas(self) -> dict[str, Worked]:
        """The output-size formula, worked through: for rows and for columns, or once for both."""
        rows, cols = (worked(track.axis, track.size) for track in (self.rows, self.cols))
        return {"rows and columns": rows} if rows == cols else {"rows": rows, "columns": cols}

    @property
    def read(self) -> NDArray[np.bool_]:
        """Which of the values any window reads, (rows, cols)."""
        read: NDArray[np.bool_] = np.logical_and.outer(self.rows.read, self.cols.read)
        return read


def slide(run: Run, position: int, at: tuple[int, int] = (0, 0), channel: int = 0) -> Slide:
    """Return how the window of a stage slides over what it reads.

    Parameters
    ----------
    run : Run
    position : int
        Of the stage among those of the plan.
    at : (row, col)
        The output around which the part is shown, where the whole would be too much.
    channel : int
        Of the output.

    Raises
    ------
    ParameterError
        The stage is not one window of the same taps, or ranks, everywhere; or the window is too large.

    Examples
    --------
    >>> from convpipe import Pipeline
    >>> stage = {"custom": "sum", "kernel": [[1, 1], [1, 1]], "stride": 3, "padding": 1, "border": "constant"}
    >>> found = slide(Run(Pipeline.from_dict({"stages": [stage]}), np.ones((4, 4))), 0)
    >>> found.outputs
    array([[1., 2.],
           [2., 4.]])
    >>> print(*found.steps[1].lines, sep=", ")
    output (0, 1): rows -1 to 0, columns 2 to 3, r = 1*0 + 1*0 + 1*1 + 1*1 = 2, output = 2
    """
    window = _window(run, position)
    stage = run.plan.stages[position]
    rows, cols = (
        Track.around(axis, size, where) for axis, size, where in zip(stage.axes, stage.input, at, strict=True)
    )
    entering = run.after(stage.inputs[0])
    entering = entering[..., min(channel, entering.shape[2] - 1), None]
    values, outside = under(entering, window, [list(rows.places), list(cols.places)])
    outputs = run.after(position)[..., channel]
    shown = outputs[rows.outputs.start : rows.outputs.stop, cols.outputs.start : cols.outputs.stop]
    return Slide(
        f"{stage.place}: {stage.name}",
        rows,
        cols,
        values[..., 0],
        outside,
        border_of(window),
        tuple(_kernels(window)),
        shown,
        isinstance(window, Rank),
        tuple(_steps(_Sliding(run, position, channel, window, entering), rows, cols)),
    )


def _window(run: Run, position: int) -> Stencil | Rank:
    """Return the window of a stage that is nothing but one window and maps."""
    stage, plan = run.plan.stages[position], run.plan
    window = stage.nodes[0].ops[0]
    if plan.alpha or plan.missing:
        cause = "alpha" if plan.alpha else "missing samples"
        raise ParameterError(
            f"{stage.origin}: beside {cause} a window weighs what it reads, which no animation shows"
        )
    mixes = any(isinstance(op, Mix | ChannelMap) for op in stage.ops)
    if len(stage.nodes) > 1 or mixes or not isinstance(window, Stencil | Rank):
        raise ParameterError(
            f"{stage.origin}: an animation is of one window of taps or ranks, the same everywhere; "
            "the arithmetic of one of its pixels needs no --animate"
        )
    return window


def _kernels(window: Stencil | Rank) -> Iterator[tuple[str, NDArray[np.float64]]]:
    if isinstance(window, Rank):
        yield "footprint", window.footprint.astype(float)
    else:
        yield from zip(window.names, taps_of(window, (0, 0)), strict=True)


@dataclass(frozen=True, eq=False)
class _Sliding:
    """A window over one channel of what a stage reads."""

    run: Run
    position: int
    channel: int
    window: Stencil | Rank
    entering: Samples

    def step(self, at: tuple[int, int]) -> Step:
        """Return the window where it makes an output."""
        pixel = Pixel(self.run, self.position, at, self.channel)
        rows, cols = pixel.places
        samples = under(self.entering, self.window, [rows, cols])[0][..., 0]
        account = pixel.account
        account.say(f"output ({at[0]}, {at[1]}): {area(rows, cols)}")
        if isinstance(self.window, Rank):
            ranked(self.window, samples, account)
        else:
            for name, taps in _kernels(self.window):
                account.products(f"{name} =", samples, taps)
        pixel.maps(pixel.stage.ops)
        account.say(f"output = {pixel.value:.6g}")
        return Step(at, (rows[0], cols[0]), tuple(lines(account.parts)), samples)


def _steps(sliding: _Sliding, rows: Track, cols: Track) -> Iterator[Step]:
    """Give the places of a window row by row, and after the first row and the last where it does not fit."""
    for row in rows.outputs:
        for col in cols.outputs:
            yield sliding.step((row, col))
        if row == rows.outputs[0] and (left := cols.misfit):
            yield Step(None, (rows.start(row), left.start), (_misfit("column", cols, left),))
    if left := rows.misfit:
        yield Step(None, (left.start, cols.start(cols.outputs[0])), (_misfit("row", rows, left),))


def _misfit(name: str, track: Track, window: range) -> str:
    """Return why a window does not fit."""
    last = track.places[-1]
    return (
        f"the next window needs {span(name, window)}, and the last is {last}: it does not fit, "
        f"and {name}s after {track.end - 1} stay unread"
    )
