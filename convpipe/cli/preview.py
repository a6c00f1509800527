"""``convpipe preview``."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from convpipe.cli.options import CONFIG, set_option


@click.command("preview")
@click.argument("config", type=CONFIG)
@click.argument("image", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("preview.png"), show_default=True
)
@click.option("--overwrite", is_flag=True, help="Replace a preview that exists.")
@set_option
def command(config: Path, image: Path, output: Path, overwrite: bool, overrides: tuple[str, ...]) -> None:
    """Save the image and the result of every stage, side by side, as one 8-bit RGB picture."""
    from convpipe import images
    from convpipe.config import load
    from convpipe.pipeline import Pipeline

    panels = []
    pixels = images.read(image).pixels
    for job in load(config, overrides):
        whole = Pipeline.from_job(job)
        panels.append(_display(pixels, pixels.dtype))
        for count in range(1, len(whole.stages) + 1):
            part = Pipeline(whole.stages[:count], border=whole.border)
            panels.append(_display(part(pixels, dtype=pixels.dtype.name), pixels.dtype))
    images.write(output, _side_by_side(panels), overwrite=overwrite)
    click.echo(f"wrote {output}: the image, then {len(panels) - 1} stages")


def _display(pixels: NDArray[np.generic], dtype: np.dtype[np.generic]) -> NDArray[np.uint8]:
    """Return `pixels` as 8-bit RGB; the full scale of `dtype` becomes white."""
    from convpipe.ops import dtype_range

    levels = np.nan_to_num(pixels.astype(np.float64)) * (255 / dtype_range(dtype.name).high)
    rgb = np.atleast_3d(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    return np.repeat(rgb[..., :1], 3, axis=2) if rgb.shape[2] < 3 else rgb[..., :3]


def _side_by_side(panels: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Join panels at their tops, 8 white columns between them."""
    rows = max(panel.shape[0] for panel in panels)
    padded = [
        np.pad(panel, ((0, rows - panel.shape[0]), (0, 8), (0, 0)), constant_values=255) for panel in panels
    ]
    return np.concatenate(padded, axis=1)[:, :-8]
