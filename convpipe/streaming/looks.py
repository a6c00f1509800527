"""How often an image is passed over for numbers of all of it, before it is filtered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.errors import PlanError
from convpipe.histograms import Counter
from convpipe.plan import IMAGE, Plan
from convpipe.statistics import numbers_of
from convpipe.streaming.passes import Passed, PassedSamples

VALUES = 64
"""Of the samples that stand for those of an image."""


def looks_of(plan: Plan) -> int:
    """Return how many passes over an image find the numbers that its stages need.

    It is found by having the numbers found of a few samples, whose values are as many and as whole as those
    of the image may be: an image of one value takes fewer.

    Raises
    ------
    PlanError
        A number needs all samples of the image at once.

    Examples
    --------
    >>> from convpipe.plan import make_plan
    >>> from convpipe.stages import stage
    >>> looks_of(make_plan([stage("blur", "box")], (100, 60)))
    0
    >>> looks_of(make_plan([stage("threshold", "otsu")], (100, 60)))
    1
    """
    looks = 0

    def look(samples: NDArray[Any]) -> Iterator[NDArray[Any]]:
        nonlocal looks
        looks += 1
        return iter([samples])

    for part in plan.parts:
        head = part.nodes[0]
        if head.statistics:
            samples = _samples(plan, part.reads[0])
            passed = Passed(lambda samples=samples: look(samples), samples.dtype, *samples.shape)  # type: ignore[misc]
            try:
                numbers_of(head.statistics, PassedSamples(passed, Counter()))
            except PlanError as error:
                raise PlanError(f"{head.origin}: {error}", head.origin.name) from error
    return looks


def _samples(plan: Plan, at: int) -> NDArray[Any]:
    """Return samples, (pixels, channels), of the type that an image stands in which a part reads."""
    dtype = np.dtype(plan.dtype if at == IMAGE else plan.compute)
    channels = (plan.channels if at == IMAGE else plan.nodes[at].channels) - plan.alpha
    values = np.linspace(1, 90, VALUES)
    return np.repeat(values[:, None], channels, axis=1).astype(dtype)
