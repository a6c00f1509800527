"""``convpipe explain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from convpipe.cli.options import CONFIG, set_option
from convpipe.errors import ParameterError

if TYPE_CHECKING:
    from convpipe.plan import StagePlan

MOST_SHOWN = 11
"""Largest kernel side printed number by number."""


@click.command("explain")
@click.argument("config", type=CONFIG)
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--at", nargs=2, type=click.IntRange(0), default=(0, 0), show_default=True, metavar="ROW COL")
@set_option
def command(config: Path, image: Path, at: tuple[int, int], overrides: tuple[str, ...]) -> None:
    """Show the arithmetic of output pixel ROW COL of the first stage: window, taps and their sum.

    For a colour image, of its first channel.
    """
    from convpipe import images
    from convpipe.config import load
    from convpipe.pipeline import Pipeline

    pixels = images.read(image).pixels
    plane = pixels if pixels.ndim == 2 else pixels[..., 0]
    for job in load(config, overrides):
        pipeline = Pipeline.from_job(job)
        stage = pipeline.plan(plane.shape, plane.dtype.name).stages[0]
        if any(where >= size for where, size in zip(at, stage.extent, strict=True)):
            rows, cols = stage.extent
            raise ParameterError(f"--at needs a row below {rows} and a column below {cols}; given {at}")
        _explain(stage, plane, at)
        value = Pipeline(pipeline.stages[:1], border=pipeline.border)(plane, dtype="float32")[at]
        click.echo(f"the stage gives {value:.6g} there")


def _explain(stage: StagePlan, plane: NDArray[Any], at: tuple[int, int]) -> None:
    from convpipe.geometry import border_index
    from convpipe.ops import Stencil

    stencil = next(op for op in stage.ops if isinstance(op, Stencil))
    click.echo(f"{stage.name}: rows {stage.formulas[0]}; columns {stage.formulas[1]}")
    places = [
        [where * axis.stride + tap * axis.dilation - axis.before for tap in range(axis.kernel)]
        for where, axis in zip(at, stage.axes, strict=True)
    ]
    click.echo(f"output {at} looks at input rows {_span(places[0])}, columns {_span(places[1])}")
    rows, cols = (
        [border_index(place, size, stencil.border) for place in line]
        for line, size in zip(places, plane.shape, strict=True)
    )
    window = np.array([[stencil.value if min(r, c) < 0 else plane[r, c] for c in cols] for r in rows])
    _grid("window", window)
    for name, bank in zip(stencil.names, stencil.banks, strict=True):
        _grid(f"taps of {name}", bank.weights)
        click.echo(f"sum of window * taps: {name} = {float((window * bank.weights).sum()):.6g}")


def _span(places: list[int]) -> str:
    return f"{places[0]} to {places[-1]}" if len(places) > 1 else str(places[0])


def _grid(title: str, values: NDArray[Any]) -> None:
    if max(values.shape) > MOST_SHOWN:
        click.echo(f"{title}: {values.shape[0]}x{values.shape[1]} numbers")
        return
    click.echo(f"{title}:")
    for row in values:
        click.echo("  " + " ".join(f"{value:>9.4g}" for value in row))
