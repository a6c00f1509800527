"""White balance: a gain for each colour, so that what ought to be neutral is."""

from __future__ import annotations

from convpipe.ops import ChannelMap, Op
from convpipe.stages.base import ImageKind, method
from convpipe.stages.matrix import Numbers
from convpipe.stages.numbers import Number
from convpipe.stages.parameters import Choice
from convpipe.statistics import Statistic

_RGB = ("red", "green", "blue")

_NEUTRAL = "(w0 + w1 + w2) / 3"
"""A colour without hue that is as bright as that which ought to be neutral."""


@method(
    "color",
    "white_balance",
    "a gain for each of red, green and blue that makes their means, largest values or a given colour equal",
    reference="G. Buchsbaum, 'A spatial processor model for object colour perception', 1980 (gray_world); "
    "E. H. Land, 'The retinex theory of color vision', 1977 (white_patch)",
    parameters=(
        Choice(
            "method",
            "what is neutral: the mean of the image, or its brightest values, which become white",
            "gray_world",
            choices=("gray_world", "white_patch"),
        ),
        Number(
            "percentile",
            "of white_patch: which values of each colour are the brightest",
            100.0,
            least=0,
            most=100,
        ),
        Numbers(
            "white",
            "red, green and blue of what is neutral, in the place of what a method finds",
            None,
            least=3,
            most=3,
        ),
    ),
    formula="colour * target / w; w: mean, percentile or white; target: the mean of the three w, "
    "of white_patch the full scale of the dtype; where w is 0 or less the colour stays",
    colours=3,
)
def _white_balance(
    method: str, percentile: float, white: tuple[float, ...] | None, image: ImageKind
) -> tuple[Op, ...]:
    is_patch = white is None and method == "white_patch"
    target = "full" if is_patch else _NEUTRAL
    lines = [f"target = {target}"]
    lines += [f"m{k} = where(w{k} > 0, {name} * target / w{k}, {name})" for k, name in enumerate(_RGB)]
    constants: tuple[tuple[str, float], ...]
    constants = (("full", image.full_scale),) if is_patch else ()
    measured: tuple[Statistic, ...] = ()
    if white is not None:
        constants = tuple((f"w{k}", value) for k, value in enumerate(white))
    else:
        kind = "percentile" if is_patch else "mean"
        measured = tuple(Statistic(f"w{k}", kind, percentile, channel=k) for k in range(3))
    return (ChannelMap("\n".join(lines), _RGB, ("m0", "m1", "m2"), constants, None, measured),)
