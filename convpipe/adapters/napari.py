"""What napari's menu of plugins runs: a config on the chosen layer. ``napari.yaml`` says so to napari."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from convpipe.pipeline import Pipeline

if TYPE_CHECKING:
    from napari.types import ImageData, LayerDataTuple


def run_config(image: ImageData, config: Path, rgb: bool = False) -> LayerDataTuple:
    """Return the images that a config makes of a layer, for napari to show.

    Parameters
    ----------
    image : ndarray, shape (..., rows, cols), or (..., rows, cols, channels) with `rgb`
        Axes before these are pages, filtered one by one.
    config : path
    rgb : bool
        Whether the last axis holds colours.

    Raises
    ------
    ConfigError, ParameterError, PlanError
        Which napari shows.
    """
    run = Pipeline.from_yaml(config)
    planes = image.ndim - 2 - rgb
    pages = image.reshape(-1, *image.shape[planes:])
    made: Any = run(pages[0]) if planes == 0 else run.stack(pages)
    if planes > 1 and made.ndim == pages.ndim:
        made = made.reshape(*image.shape[:planes], *made.shape[1:])
    return made, {"name": run.name, "rgb": bool(rgb and made.shape[-1] in (3, 4))}, "image"
