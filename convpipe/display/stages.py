"""The values of every stage on one image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.display.labels import numbers_objects
from convpipe.display.values import Values
from convpipe.engine import Engine
from convpipe.stages.wiring import wire


@dataclass(frozen=True)
class Shown:
    """An image as a pipeline takes it.

    Parameters
    ----------
    pixels : ndarray, shape (rows, cols) or (rows, cols, channels)
    alpha : bool
        Whether the last channel is alpha.
    nodata : float, optional
        What the image itself says that a missing sample is.
    mask : ndarray, shape (rows, cols), optional
        0 where a pixel is missing.
    """

    pixels: NDArray[Any]
    alpha: bool = False
    nodata: float | None = None
    mask: NDArray[Any] | None = None

    def values(self, engine: Engine) -> Values:
        """Return its samples, with what is missing for `engine`."""
        return Values(self.pixels, self.pixels.dtype.name, self.alpha, self.gap(engine))

    def gap(self, engine: Engine) -> float | None:
        """Return what stands for a missing sample, in it and in results."""
        gap = self.nodata if engine.missing == "file" else engine.missing
        if gap is None:
            return None if self.mask is None else np.nan
        return float(gap)


@dataclass(frozen=True)
class Part:
    """A pipeline up to one of its stages.

    Parameters
    ----------
    number : int
        Of that stage in its config.
    position : int
        Of it among all stages, with those that an option of the pipeline brings.
    name : str
    engine : Engine
        Of the stages that it needs.
    last : bool
        Whether it is the last, whose values are stored.
    dtype : str or None
        Of what is stored; None is that of the image.
    labels : bool
        Whether its values are numbers of objects.
    """

    number: int
    position: int
    name: str
    engine: Engine
    last: bool
    dtype: str | None
    labels: bool = False

    def values(self, image: Shown, threads: int | None = None, dtype: str | None = None) -> Values:
        """Return what the stage gives.

        The last stage's values are as a run stores them. Those between are neither rounded nor saturated, and
        are in float32; in linear light they are encoded as sRGB.

        Parameters
        ----------
        image : Shown
        threads : int, optional
            As for :meth:`convpipe.engine.Engine.filter`.
        dtype : str, optional
            Another one than they would have: ``float32`` gives the last stage's unrounded.
        """
        kind = image.pixels.dtype.name
        own = (self.dtype or kind) if self.last else "float32"
        values, _ = self.engine.filter(
            image.pixels, threads, dtype or own, alpha=image.alpha, nodata=image.nodata, mask=image.mask
        )
        of = own if self.last else kind
        return Values(values, of, image.alpha, image.gap(self.engine), self.labels)


def parts(engine: Engine) -> Iterator[Part]:
    """Yield the pipeline up to each stage of its config.

    Parameters
    ----------
    engine : Engine
        Of all the stages.
    """
    linear_light = any(stage.implied for stage in engine.stages)
    own = [(at, stage) for at, stage in enumerate(engine.stages) if not stage.implied]
    for number, (at, stage) in enumerate(own):
        before = [one for one in engine.wiring.up_to(at).stages if not one.implied]
        part = engine.rewired(wire(before, linear_light=linear_light))
        last = number == len(own) - 1
        yield Part(
            number, at, stage.name, part, last, engine.dtype or stage.dtype, labels=numbers_objects(stage)
        )


def stage_values(engine: Engine, image: Shown, only: int | None = None) -> Iterator[tuple[int, str, Values]]:
    """Yield what each stage of a config gives: its number there, its name, and its values.

    Parameters
    ----------
    engine : Engine
        Of all the stages.
    image : Shown
    only : int, optional
        The number of the one stage that is asked for.

    Examples
    --------
    >>> from convpipe import Pipeline, stage
    >>> pipeline = Pipeline([stage("edge", "laplacian"), stage("point", "abs")])
    >>> for number, name, values in stage_values(pipeline.engine, Shown(np.eye(5, dtype="uint8") * 90)):
    ...     print(number, name, values.samples.dtype, values.samples.min())
    0 edge laplacian float32 -360.0
    1 point abs uint8 0
    """
    for part in parts(engine):
        if only in (None, part.number):
            yield part.number, part.name, part.values(image)
