"""``convpipe explain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from convpipe.cli.options import CONFIG, set_option, size_option
from convpipe.errors import ParameterError, ReadError

if TYPE_CHECKING:
    from convpipe.ops import Stencil
    from convpipe.pipeline import Pipeline
    from convpipe.plan import StagePlan

MOST_SHOWN = 13
"""Largest kernel side printed number by number."""


@click.command("explain")
@click.argument("config", type=CONFIG)
@click.argument("image", type=click.Path(path_type=Path), required=False)
@size_option
@click.option("--at", nargs=2, type=click.IntRange(0), default=(0, 0), show_default=True, metavar="ROW COL")
@click.option(
    "--stage", "chosen", type=click.IntRange(0), metavar="N", help="Default: the first with a window."
)
@set_option
def command(
    config: Path,
    image: Path | None,
    size: tuple[int, ...] | None,
    at: tuple[int, int],
    chosen: int | None,
    overrides: tuple[str, ...],
) -> None:
    """Show the size of every stage, and the arithmetic of output pixel ROW COL of one stage.

    Without IMAGE, of an image (10x10, or of --size) whose pixel in row r, column c holds 10*r + c. For a
    colour image, the arithmetic is that of its first channel.
    """
    from convpipe.config import load
    from convpipe.pipeline import Pipeline

    if image and size:
        raise click.UsageError("give IMAGE or --size, not both")
    pixels = _read(image) if image else _numbered(size or (10, 10))
    for job in load(config, overrides):
        pipeline = Pipeline.from_job(job)
        stages = pipeline.engine.plan(pixels.shape, pixels.dtype.name).stages
        for stage in stages:
            _describe(stage)
        index = _with_window(stages) if chosen is None else chosen
        if index >= len(stages):
            raise click.BadParameter(f"stages are 0 to {len(stages) - 1}", param_hint="--stage")
        _arithmetic(pipeline, pixels, stages[index], at)


def _read(path: Path) -> NDArray[Any]:
    """Return the image without its alpha channel, which is not filtered as colours are."""
    from convpipe import images

    try:
        image = images.read(path)
    except ReadError as error:
        raise ReadError(f"{path}: {error}") from None
    return image.pixels[..., :-1] if image.alpha else image.pixels


def _numbered(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    rows, cols = np.indices(shape[:2])
    plane = ((10 * rows + cols) % 256).astype(np.uint8)
    return plane if len(shape) == 2 else np.repeat(plane[..., None], shape[2], axis=2)


def _stencil(stage: StagePlan) -> Stencil:
    from convpipe.ops import Stencil

    return next(op for op in stage.ops if isinstance(op, Stencil))


def _with_window(stages: tuple[StagePlan, ...]) -> int:
    """Return the first stage that looks at more than one pixel, or else the first."""
    return next((stage.index for stage in stages if _stencil(stage).kernel != (1, 1)), 0)


def _describe(stage: StagePlan) -> None:
    """Print where a stage's output size comes from."""
    rows, cols = stage.axes
    click.echo(
        f"stage {stage.index}, {stage.name}: a window of {rows.kernel}x{cols.kernel} taps,"
        f" stride {rows.stride}x{cols.stride}, dilation {rows.dilation}x{cols.dilation},"
        f" padding {rows.before} above, {rows.after} below, {cols.before} left, {cols.after} right"
    )
    click.echo("  output = floor((input + padding - dilation*(taps-1) - 1)/stride) + 1")
    for name, formula in zip(("rows", "columns"), stage.formulas, strict=True):
        click.echo(f"  {name:<7} = {formula}")
    reach = "x".join(str(field.reach) for field in stage.field)
    click.echo(f"  each output pixel depends on {reach} pixels of the image")


def _arithmetic(pipeline: Pipeline, pixels: NDArray[Any], stage: StagePlan, at: tuple[int, int]) -> None:
    """Print the window, the taps and the sum of one output pixel."""
    if any(where >= size for where, size in zip(at, stage.extent, strict=True)):
        rows, cols = stage.extent
        raise ParameterError(f"--at needs a row below {rows} and a column below {cols}; given {at}")
    stencil = _stencil(stage)
    places = [
        [where * axis.stride + tap * axis.dilation - axis.before for tap in range(axis.kernel)]
        for where, axis in zip(at, stage.axes, strict=True)
    ]
    click.echo(
        f"\noutput pixel ({at[0]}, {at[1]}) of stage {stage.index}, {stage.name}: rows {_span(places[0])}, "
        f"columns {_span(places[1])} of its input, border {stencil.border.name.lower()}"
    )
    window = _window(_first_channel(pipeline, pixels, stage.index), stencil, places)
    _grid("window", window)
    for name, bank in zip(stencil.names, stencil.banks, strict=True):
        _grid(f"taps of {name}", bank.weights)
        click.echo(f"{name} = {_sum(window, bank.weights)}")
    _after(stage)
    result = _first_channel(pipeline, pixels, stage.index + 1)[at]
    click.echo(f"the stage gives {result:.6g}")


def _first_channel(pipeline: Pipeline, pixels: NDArray[Any], count: int) -> NDArray[Any]:
    """Return the first channel after `count` stages, unrounded."""
    from convpipe.pipeline import Pipeline

    if count:
        part = Pipeline(pipeline.stages[:count], border=pipeline.border)
        pixels = part(pixels, dtype="float32", channel_axis=-1 if pixels.ndim == 3 else None)
    return pixels if pixels.ndim == 2 else pixels[..., 0]


def _window(plane: NDArray[Any], stencil: Stencil, places: list[list[int]]) -> NDArray[np.float64]:
    """Return the samples under the taps, those outside the image made by the border's rule."""
    from convpipe.geometry import border_index

    rows, cols = (
        [border_index(place, size, stencil.border) for place in line]
        for line, size in zip(places, plane.shape, strict=True)
    )
    return np.array([[stencil.value if min(r, c) < 0 else plane[r, c] for c in cols] for r in rows], float)


def _sum(window: NDArray[np.float64], weights: NDArray[np.float64]) -> str:
    """Return the products as a sum with its value; taps of zero are left out, and long sums cut short."""
    used = weights != 0
    terms = [f"{w:.4g}*{x:.4g}" for w, x in zip(weights[used], window[used], strict=True)]
    shown = " + ".join(terms if len(terms) <= 9 else [*terms[:4], "...", *terms[-4:]]) or "0"
    return f"{shown} = {float((window * weights).sum()):.6g}"


def _after(stage: StagePlan) -> None:
    """Print what the stage does with its responses: expressions with their constants."""
    from convpipe.ops import Cast, Map, Mix

    for op in stage.ops:
        if isinstance(op, Map):
            constants = ", ".join(f"{name} = {value:.6g}" for name, value in op.constants)
            click.echo(f"then {op.expression}" + (f", {constants}" if constants else ""))
        elif isinstance(op, Mix):
            terms = " + ".join(f"{weight:.4g}*channel {i}" for i, weight in enumerate(op.matrix[0]))
            click.echo(f"then {terms}")
        elif isinstance(op, Cast):
            click.echo(f"then rounded half to even and saturated to {op.dtype}")


def _span(places: list[int]) -> str:
    return f"{places[0]} to {places[-1]}" if len(places) > 1 else str(places[0])


def _grid(title: str, values: NDArray[Any]) -> None:
    if max(values.shape) > MOST_SHOWN:
        click.echo(f"{title}: {values.shape[0]}x{values.shape[1]} numbers")
        return
    click.echo(f"{title}:")
    for row in values:
        click.echo("  " + " ".join(f"{value:>9.4g}" for value in row))
