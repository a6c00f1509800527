"""``convpipe preview``."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from convpipe.cli.options import CONFIG, set_option

GAP = 8
"""White columns between two panels."""


@click.command("preview")
@click.argument("config", type=CONFIG)
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--stage", type=click.IntRange(0), metavar="N", help="Show stage N alone, counted from 0.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("preview.png"), show_default=True
)
@click.option("--overwrite", is_flag=True, help="Replace a preview that exists.")
@set_option
def command(
    config: Path,
    image: Path,
    stage: int | None,
    output: Path,
    overwrite: bool,
    overrides: tuple[str, ...],
) -> None:
    """Save the image and the result of every stage, side by side, as one 8-bit RGB picture."""
    from convpipe import images
    from convpipe.config import load
    from convpipe.errors import ReadError, WriteError
    from convpipe.pipeline import Pipeline
    from convpipe.report import printable

    pipelines = [Pipeline.from_job(job) for job in load(config, overrides)]
    try:
        read = images.read(image)
    except ReadError as error:
        raise ReadError(f"{image}: {error}") from None
    pixels, panels, names = read.pixels, [], []
    axis = -1 if pixels.ndim == 3 else None
    for whole in pipelines:
        if stage is not None and stage >= len(whole.stages):
            raise click.BadParameter(
                f"{whole.name} has stages 0 to {len(whole.stages) - 1}", param_hint="--stage"
            )
        panels.append(_display(pixels, pixels.dtype))
        for last in range(len(whole.stages)) if stage is None else [stage]:
            part = Pipeline(whole.stages[: last + 1], border=whole.border)
            shown = part(pixels, dtype=pixels.dtype.name, channel_axis=axis, alpha=read.alpha)
            panels.append(_display(shown, pixels.dtype))
            names.append(whole.stages[last].name)
    try:
        images.write(output, _side_by_side(panels), overwrite=overwrite)
    except WriteError as error:
        raise WriteError(f"{output}: {error}") from None
    click.echo(printable(f"wrote {output}: the image, then {', '.join(names)}"))


def _display(pixels: NDArray[np.generic], dtype: np.dtype[np.generic]) -> NDArray[np.uint8]:
    """Return `pixels` as 8-bit RGB; the full scale of `dtype` becomes white."""
    from convpipe.ops import dtype_range

    levels = np.nan_to_num(pixels.astype(np.float64)) * (255 / dtype_range(dtype.name).high)
    rgb = np.atleast_3d(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    return np.repeat(rgb[..., :1], 3, axis=2) if rgb.shape[2] < 3 else rgb[..., :3]


def _side_by_side(panels: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Join panels at their tops, white between them and below shorter ones."""
    rows = max(panel.shape[0] for panel in panels)
    padded = [
        np.pad(panel, ((0, rows - panel.shape[0]), (0, GAP), (0, 0)), constant_values=255) for panel in panels
    ]
    return np.concatenate(padded, axis=1)[:, :-GAP]
