"""Stains: how much of each dye a pixel of a section shows, by its absorption of light."""

from __future__ import annotations

import math

import numpy as np

from convpipe.ops import ChannelMap, Op
from convpipe.stages.base import ImageKind, method
from convpipe.stages.parameters import Choice, Flag

_LEAST = 1e-6
"""Light below this share of the full scale is taken for it. Source: skimage.color.separate_stains."""

_TWO = {
    "hdx": ((0.650, 0.704, 0.286), (0.268, 0.570, 0.776)),
    "fgx": ((0.46420921, 0.83008335, 0.30827187), (0.94705542, 0.25373821, 0.19650764)),
    "bex": ((0.834750233, 0.513556283, 0.196330403), (0.092789, 0.954111, 0.283111)),
    "gdx": ((0.98003, 0.144316, 0.133146), (0.268, 0.570, 0.776)),
    "hax": ((0.650, 0.704, 0.286), (0.2743, 0.6796, 0.6803)),
    "bpx": ((0.7995107, 0.5913521, 0.10528667), (0.09997159, 0.73738605, 0.6680326)),
    "ahx": ((0.874622, 0.457711, 0.158256), (0.552556, 0.7544, 0.353744)),
    "hpx": ((0.644211, 0.716556, 0.266844), (0.175411, 0.972178, 0.154589)),
}
"""Of two dyes; the third is what is absorbed at right angles to both."""

_STAINS = {
    "hed": ((0.65, 0.70, 0.29), (0.07, 0.99, 0.11), (0.27, 0.57, 0.78)),
    "rbd": (
        (0.21393921, 0.85112669, 0.47794022),
        (0.74890292, 0.60624161, 0.26731082),
        (0.268, 0.570, 0.776),
    ),
    "bro": (
        (0.853033, 0.508733, 0.112656),
        (0.09289875, 0.8662008, 0.49098468),
        (0.10732849, 0.36765403, 0.9237484),
    ),
    **{name: (*two, tuple(np.cross(*two).tolist())) for name, two in _TWO.items()},
}
"""What each dye absorbs of red, green and blue.

Source: skimage.color.colorconv, rgb_from_hed and its like, from A. C. Ruifrok and D. A. Johnston and from
G. Landini's plugin of ImageJ.
"""

_RGB, _DYES = ("red", "green", "blue"), ("first", "second", "third")


def _sums(matrix: np.ndarray, names: tuple[str, ...]) -> list[str]:
    """Return, for each column of a matrix, the sum of what is called `names` times it."""
    return [
        " + ".join(f"({weight!r}) * {name}" for weight, name in zip(column, names, strict=True))
        for column in matrix.T.tolist()
    ]


@method(
    "color",
    "stain_separation",
    "how much of each of three dyes the light has passed, each over the full scale of the dtype",
    reference="A. C. Ruifrok, D. A. Johnston, 'Quantification of histochemical staining by color "
    "deconvolution', 2001; skimage.color.separate_stains and combine_stains",
    parameters=(
        Choice(
            "stains",
            "hed: haematoxylin, eosin, DAB; hdx: haematoxylin, DAB; hax: haematoxylin, AEC; hpx: "
            "haematoxylin, PAS; fgx: Feulgen, light green; and others, named as scikit-image's matrices",
            "hed",
            choices=tuple(_STAINS),
        ),
        Flag("inverse", "from dyes back to the colours that they give", False),
    ),
    formula="maximum(log(maximum(colour, 1e-6)) / log(1e-6) @ inverse of the dyes' absorption, 0), of 0 to 1",
    colours=3,
)
def _stain_separation(stains: str, inverse: bool, image: ImageKind) -> tuple[Op, ...]:
    absorbed = np.array(_STAINS[stains])
    darkest = ("darkest", math.log(_LEAST))
    full = ("full", image.full_scale)
    if inverse:
        dense = _sums(absorbed, _DYES)
        lines = [
            f"{name} = full * minimum(exp(({text}) / full * darkest), 1)"
            for name, text in zip(_RGB, dense, strict=True)
        ]
        return (ChannelMap("\n".join(lines), _DYES, _RGB, (full, darkest)),)
    dense = [f"d{k} = log(maximum({name} / full, least)) / darkest" for k, name in enumerate(_RGB)]
    amounts = _sums(np.linalg.inv(absorbed), ("d0", "d1", "d2"))
    lines = [f"{name} = full * maximum({text}, 0)" for name, text in zip(_DYES, amounts, strict=True)]
    return (ChannelMap("\n".join([*dense, *lines]), _RGB, _DYES, (full, darkest, ("least", _LEAST))),)
