"""Numbers of objects as colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.stages import Stage

NUMBERED = (("objects", "label"), ("objects", "watershed"))
"""Methods whose values number objects."""

# Tableau's qualitative colours, told apart by most eyes; its grey is left out, as grey is what is no object.
COLOURS = np.array(
    [
        (31, 119, 180),
        (255, 127, 14),
        (44, 160, 44),
        (214, 39, 40),
        (148, 103, 189),
        (140, 86, 75),
        (227, 119, 194),
        (188, 189, 34),
        (23, 190, 207),
    ],
    np.float64,
)
"""Of labels 1, 2, ...; after the last the first again."""

LABELLED = "objects in colours, in turn by their numbers"


def numbers_objects(stage: Stage) -> bool:
    """Tell whether what a stage gives are numbers of objects, which are shown as colours."""
    return (stage.method.family, stage.method.name) in NUMBERED


def coloured(labels: NDArray[Any]) -> NDArray[np.float64]:
    """Return levels of red, green and blue, (rows, cols, 3), of labels, (rows, cols); 0 and NaN are black.

    Examples
    --------
    >>> coloured(np.array([[0, 1, 2, 10]]))[0, :, 0]
    array([  0.,  31., 255.,  31.])
    """
    numbers = np.nan_to_num(labels, posinf=0, neginf=0).astype(np.int64)
    return np.where(numbers[..., None] > 0, COLOURS[(numbers - 1) % len(COLOURS)], 0.0)
