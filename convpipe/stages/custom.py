"""Any kernel, as written."""

from __future__ import annotations

import numpy as np

from convpipe.errors import ParameterError
from convpipe.ops import Op, Stencil, Taps
from convpipe.stages.base import method
from convpipe.stages.matrix import Matrix
from convpipe.stages.parameters import Flag


@method(
    "custom",
    None,
    "any kernel, as written; the value of the key is a label of your own",
    reference="torch.nn.Conv2d (cross-correlation)",
    parameters=(
        Matrix("kernel", "weights, row by row"),
        Flag("normalize", "divide the weights by their sum", False),
        Flag("flip", "turn the kernel by 180 degrees: true convolution", False),
    ),
    example={"kernel": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]},
)
def _custom(kernel: tuple[tuple[float, ...], ...], normalize: bool, flip: bool) -> tuple[Op, ...]:
    weights = np.array(kernel)
    if normalize:
        total = weights.sum()
        if abs(total) <= 1e-12 * np.abs(weights).sum():
            raise ParameterError("normalize needs weights that do not sum to 0", "normalize")
        weights = weights / total
    if flip:
        weights = weights[::-1, ::-1]
    return (Stencil((Taps.separated(weights),)),)
