"""``convpipe preview``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from convpipe.cli.command import Command
from convpipe.cli.options import (
    CONFIG,
    PATH,
    check_order,
    config_options,
    find_stage,
    read_image,
    read_mask,
    stage_option,
)
from convpipe.cli.streams import emit

if TYPE_CHECKING:
    from convpipe.images import Image
    from convpipe.images.sheet import Panel
    from convpipe.pipeline import Pipeline

LARGEST, SMALLEST = 640, 160
"""Sides of a picture, in pixels: longer ones are made small, shorter ones large, by whole factors."""

PERCENTILES = (0.1, 99.9)
"""Of the samples: they become black and white where a picture is stretched; a few hot pixels do not count."""

SQUARE, LIGHT, DARK = 8, 255, 204
"""Side and greys of the checkerboard below transparent pixels."""


GROUPS = {
    "What it writes": "--stage --output --overwrite",
}

EXAMPLES = (
    ("convpipe preview edges.yaml photo.jpg", "Every stage, in preview.png"),
    ("convpipe preview edges.yaml photo.jpg --stage 0 -o blur.png", "One stage"),
)


@click.command("preview", cls=Command, groups=GROUPS, examples=EXAMPLES)
@click.argument("config", type=CONFIG)
@click.argument("image", type=PATH)
@stage_option("Show this stage alone: its number in the config, or its name.")
@click.option("-o", "--output", type=PATH, default=Path("preview.png"), show_default=True)
@click.option("--overwrite", is_flag=True, help="Replace a preview that exists.")
@config_options
def command(
    config: Path,
    image: Path,
    chosen: str | None,
    output: Path,
    overwrite: bool,
    overrides: tuple[str, ...],
) -> None:
    """Save the image and the result of every stage, side by side, as one labelled 8-bit picture.

    Values that 8 bits do not hold (16-bit, floating point, negative) are stretched for the eye, and the label
    says from where to where. Transparent and missing pixels lie on a checkerboard.
    """
    from convpipe import images
    from convpipe.config import load
    from convpipe.errors import WriteError
    from convpipe.images.sheet import sheet
    from convpipe.pipeline import Pipeline
    from convpipe.report import printable

    check_order(config, image)
    panels: list[Panel] = []
    for job in load(config, overrides):
        panels += _panels(Pipeline.from_job(job), read_image(image, job), read_mask(image, job), chosen)
    try:
        images.write(output, sheet(panels), overwrite=overwrite)
    except WriteError as error:
        reason = "the output exists; --overwrite replaces it" if error.reason == images.EXISTS else error
        raise WriteError(f"{output}: {reason}") from None
    emit(printable(f"wrote {output}"))
    for panel in panels:
        emit(printable(f"  {', '.join(panel.label)}"))


def _panels(whole: Pipeline, image: Image, mask: NDArray[Any] | None, chosen: str | None) -> list[Panel]:
    """Return the panel of the image, and those of the stages."""
    from convpipe.pipeline import Pipeline
    from convpipe.stages.wiring import wire

    pixels, alpha = image.pixels, image.alpha
    own = [stage for stage in whole.stages if not stage.implied]
    wiring = wire(own, whole.outputs)
    planned = whole.engine.plan(pixels.shape, pixels.dtype.name, alpha).stages
    wanted = None if chosen is None else find_stage(planned, chosen).index
    scale = _scale(max(pixels.shape[:2]))
    gap = whole.missing if whole.missing != "file" else image.metadata.nodata
    gap = (None if mask is None else np.nan) if gap is None else float(gap)
    panels = [_panel("image", pixels, pixels.dtype.name, alpha, scale, gap)]
    for index, stage in enumerate(own):
        if wanted not in (None, index):
            continue
        last = index == len(own) - 1
        stages = wiring.up_to(index).stages
        part = Pipeline(stages, border=whole.border, linear_light=whole.linear_light, missing=whole.missing)
        # Only the last stage's values are rounded and saturated; those between are not, nor are they here.
        dtype = (whole.dtype or stage.dtype or pixels.dtype.name) if last else "float32"
        values, _ = part.engine.filter(
            pixels, None, dtype, alpha=alpha, nodata=image.metadata.nodata, mask=mask
        )
        shown_as = dtype if last else pixels.dtype.name
        panels.append(_panel(f"{index}: {stage.name}", values, shown_as, alpha, scale, gap))
    return panels


def _scale(side: int) -> int:
    """Return by how much pictures are made larger, or, if negative, smaller."""
    return -side // LARGEST if side > LARGEST else max(1, SMALLEST // side)


def _panel(name: str, values: NDArray[Any], dtype: str, alpha: bool, scale: int, gap: float | None) -> Panel:
    """Return values as a labelled picture; `dtype` says what full scale is, `gap` what is missing."""
    from convpipe.images.sheet import Panel
    from convpipe.report import extent, printable

    samples = np.atleast_3d(values).astype(np.float64)
    colours, notes = (samples[..., :-1], ["alpha on a checkerboard"]) if alpha else (samples, [])
    if colours.shape[2] not in (1, 3):
        notes.append(f"channel 0 of {colours.shape[2]}")
        colours = colours[..., :1]
    holes = _holes(colours, gap)
    notes += ["what is missing on a checkerboard"] if holes.any() else []
    opacity = np.clip(samples[..., -1] / _full_scale(dtype), 0, 1) if alpha else 1.0 - holes
    levels, note = _levels(colours, opacity > 0.5, dtype)
    rgb = np.repeat(levels, 3, axis=2) if levels.shape[2] == 1 else levels
    if alpha or holes.any():
        board = _checkerboard(rgb.shape[0], rgb.shape[1], max(scale, 1))
        rgb = rgb * opacity[..., None] + board * (1 - opacity[..., None])
    size = f"{extent((values.shape[0], values.shape[1]))}{_said(scale)}"
    lines = (name, size, *filter(None, [note]), *notes)
    return Panel(_resized(rgb, scale), tuple(map(printable, lines)))


def _holes(values: NDArray[np.float64], gap: float | None) -> NDArray[np.bool_]:
    """Return which pixels have a value that stands for what is missing."""
    if gap is None:
        return np.zeros(values.shape[:2], bool)
    return np.asarray((np.isnan(values) if np.isnan(gap) else values == gap).any(axis=2))


def _levels(
    values: NDArray[np.float64], seen: NDArray[np.bool_], dtype: str
) -> tuple[NDArray[np.float64], str]:
    """Return values as levels from 0 to 255, and what was done: nothing to those of 8 bits.

    `seen`, (rows, cols), are the pixels that decide how others are stretched.
    """
    finite = values[seen][np.isfinite(values[seen])]
    if dtype == "uint8" and (finite.size == 0 or (finite.min() > -0.5 and finite.max() < 255.5)):
        return np.nan_to_num(values), ""
    if finite.size == 0:
        return np.zeros_like(values), "no finite value"
    low, high = (float(level) for level in np.percentile(finite, PERCENTILES))
    if low == high:  # nearly all of one value
        low, high = float(finite.min()), float(finite.max())
    if low == high:
        return np.full_like(values, 255 / 2), f"all {low:.4g}, shown as grey"
    if low < 0 < high:  # so that 0 is the grey between
        low, high = -max(-low, high), max(-low, high)
    from skimage.exposure import rescale_intensity

    known = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    levels = rescale_intensity(known, in_range=(low, high), out_range=(0, 255))
    return levels, f"stretched: black {low:.4g}, white {high:.4g}"


def _full_scale(dtype: str) -> float:
    from convpipe.ops import dtype_range

    return dtype_range(dtype).high


def _checkerboard(rows: int, cols: int, scale: int) -> NDArray[np.float64]:
    side = max(1, SQUARE // scale)
    odd = (np.arange(rows)[:, None] // side + np.arange(cols) // side) % 2
    return np.where(odd, DARK, LIGHT)[..., None].astype(np.float64)


def _said(scale: int) -> str:
    return "" if scale == 1 else f", shown {scale} times as large" if scale > 1 else f", shown at 1/{-scale}"


def _resized(rgb: NDArray[np.float64], scale: int) -> NDArray[np.uint8]:
    if scale < 1:
        from skimage.transform import downscale_local_mean

        # A side that the factor does not divide loses its last pixels: the mean would be with zeros.
        factors = tuple(min(-scale, side) for side in rgb.shape[:2])
        rows, cols = (side // factor * factor for side, factor in zip(rgb.shape, factors, strict=False))
        rgb = downscale_local_mean(rgb[:rows, :cols], (*factors, 1))
    else:
        rgb = rgb.repeat(scale, axis=0).repeat(scale, axis=1)
    return np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
