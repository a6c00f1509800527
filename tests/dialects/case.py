"""One function of another library, beside the stage that is like it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from skimage.io import imread

import convpipe

DATA = Path(__file__).parents[2] / "data"


@dataclass(frozen=True)
class Case:
    """A stage with parameters, and what the library makes of the same image.

    Parameters
    ----------
    family, method : str
    given : mapping
        Parameters of the stage.
    call : callable
        From an image, (rows, cols) or (rows, cols, 3), to the library's result; of whatever dtype.
    kinds : tuple of str
        The dtypes that the library takes, or for which the same meaning is claimed.
    images : str
        ``gray``, ``rgb``, or ``mask``: what is bright in the gray one.
    result : str, optional
        The dtype asked of convpipe; default: the image's.
    """

    family: str
    method: str
    call: Callable[..., Any]
    given: Mapping[str, Any] = field(default_factory=dict)
    kinds: tuple[str, ...] = ("uint8", "uint16", "float32")
    images: str = "gray"
    result: str | None = None

    @property
    def label(self):
        """The parameters, as a table has them."""
        shown = {name: "..." if len(str(value)) > 60 else value for name, value in self.given.items()}
        images = [] if self.images == "gray" else [self.images]
        return ", ".join([*images, *(f"{name}: {value}" for name, value in shown.items())])

    def difference(self, library, kind):
        """Return the largest difference, in the image's own units."""
        image = picture(self.images, kind)
        name = "as elsewhere" if self.method == "LABEL" else self.method
        stage = convpipe.stage(self.family, name, like=library, **self.given)
        ours = convpipe.Pipeline([stage])(image, dtype=self.result)
        theirs = np.asarray(self.call(image))
        assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
        return float(np.abs(ours.astype(np.float64) - theirs.astype(np.float64)).max())


def picture(images, kind):
    """Return a part of a photograph, of odd sizes; of float32 from 0 to 1."""
    if images == "mask":
        return np.where(picture("gray", kind) > 150, 255, 0).astype(kind)
    name = {"gray": "photographs/camera.png", "rgb": "photographs/astronaut.jpg"}[images]
    if images == "gray" and kind == "uint16":
        name = "telescope/galaxies-16-bit.tif"
    pixels = np.ascontiguousarray(read(name)[60:195, 90:221])
    if kind == "uint16" and images == "rgb":
        return pixels.astype(kind) * 257
    return pixels if kind != "float32" else pixels / np.float32(255)


def read(name):
    """Return the pixels of an image of ``data/``."""
    return imread(DATA / name)
