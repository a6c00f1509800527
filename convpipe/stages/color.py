"""Colour: steps across the channels of a pixel.

Values that scikit-image has from 0 to 1 are over the full scale of the image's dtype here, so that integers
hold them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convpipe.errors import ParameterError, PlanError
from convpipe.expression import renamed
from convpipe.ops import ChannelMap, Graph, Map, Mix, Node, Op
from convpipe.stages.base import ImageKind, method
from convpipe.stages.colorspaces import SPACES, turned
from convpipe.stages.matrix import Matrix, NamedNumbers
from convpipe.stages.names import Named, StageReferences
from convpipe.stages.numbers import Count, Number
from convpipe.stages.parameters import Flag

MOST_CHANNELS = 1 << 10
"""Of an image of which one is taken."""

WEIGHTS = {
    "bt709": (0.2125, 0.7154, 0.0721),
    "bt601": (0.299, 0.587, 0.114),
    "average": (1 / 3, 1 / 3, 1 / 3),
}
"""Weights of R, G and B: as in scikit-image, as in OpenCV and Pillow, and one for all."""

_WEIGHTS = NamedNumbers(
    "weights",
    "of red, green and blue: numbers, or by name",
    "bt709",
    least=3,
    most=3,
    named=WEIGHTS,
)


def _of(weights: str | tuple[float, ...]) -> tuple[float, ...]:
    return WEIGHTS[weights] if isinstance(weights, str) else weights


@method(
    "color",
    "gray",
    "weighted mean of red, green and blue; alpha stays",
    reference="skimage.color.rgb2gray (bt709); ITU-R BT.601-7, 2.5.1 (bt601)",
    parameters=(_WEIGHTS,),
)
def _gray(weights: str | tuple[float, ...], image: ImageKind) -> tuple[Op, ...]:
    colours = image.channels - image.alpha
    if colours not in (1, 3):
        which = "beside alpha" if image.alpha else "none of them alpha"
        raise PlanError(f"color gray needs 1 or 3 colour channels; the image has {colours}, {which}")
    matrix = np.zeros((1 + image.alpha, image.channels))
    matrix[0, :colours] = _of(weights) if colours == 3 else 1.0
    if image.alpha:
        matrix[1, -1] = 1.0
    return (Mix(tuple(map(tuple, matrix.tolist()))),)


@method(
    "color",
    "channel",
    "one colour channel by itself; alpha stays",
    reference="numpy indexing: image[..., index]",
    parameters=(Count("index", "which, from 0: of RGB 0 is red, 1 green, 2 blue", most=MOST_CHANNELS - 1),),
    example={"index": 0},
)
def _channel(index: int, image: ImageKind) -> tuple[Op, ...]:
    colours = image.channels - image.alpha
    if index >= colours:
        beside = " beside alpha" if image.alpha else ""
        raise PlanError(f"color channel has no channel {index}; the image has {colours}{beside}, from 0")
    return (ChannelMap(f"m = c{index}", _named("c", colours), ("m",)),)


@method(
    "color",
    "merge",
    "images of one channel each as the channels of one image",
    reference="numpy.stack(images, axis=-1)",
    parameters=(
        StageReferences(
            "inputs", "names of stages of one extent, or input: of RGB red, green, blue", least=2
        ),
    ),
    reads=("inputs",),
    example={"inputs": ["input", "input", "input"]},
    colours=1,
)
def _merge(inputs: Named) -> Graph:
    return merged([(name, ()) for name in inputs.items])


def merged(channels: Sequence[tuple[str, tuple[Op, ...]]]) -> Graph:
    """Return a graph of an image whose channels are images of one channel, each after some ops.

    Parameters
    ----------
    channels : sequence of (name, ops)
        What each channel is made of, and how.
    """
    count = range(len(channels))
    nodes = []
    for k, (name, ops) in enumerate(channels):
        alone = "\n".join(f"m{j} = {'c' if j == k else 0}" for j in count)  # 0 of a NaN would be NaN
        spread = ChannelMap(alone, ("c",), _named("m", len(channels)))
        nodes.append(Node(f"channel{k}", (*ops, spread), (name,)))
    names = _named("x", len(channels))
    return Graph((*nodes, Node("merged", (Map(" + ".join(names), names),), tuple(n.name for n in nodes))))


def _named(letter: str, count: int) -> tuple[str, ...]:
    return tuple(f"{letter}{k}" for k in range(count))


@method(
    "color",
    "matrix",
    "sums of red, green and blue: a row of the matrix for each channel of the result; alpha stays",
    reference="skimage.color: arr @ matrix.T; libvips, recomb",
    parameters=(Matrix("matrix", "a row of three weights for each channel that is made"),),
    example={"matrix": [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]},
    formula="out[i] = sum over j of matrix[i][j] * in[j]",
    colours=3,
)
def _matrix(matrix: tuple[tuple[float, ...], ...], image: ImageKind) -> tuple[Op, ...]:
    if len(matrix[0]) != 3:
        raise ParameterError(f"matrix needs rows of 3 weights; given {len(matrix[0])}", "matrix")
    if len(matrix) > 4:
        raise ParameterError(f"matrix needs at most 4 rows; given {len(matrix)}", "matrix")
    rows = [(*row, 0.0) for row in matrix] if image.alpha else list(matrix)
    return (Mix((*rows, (0.0, 0.0, 0.0, 1.0)) if image.alpha else tuple(rows)),)


@method(
    "color",
    "premultiply",
    "colours times their alpha, or divided by it; an image without alpha stays",
    reference="T. Porter and T. Duff, 'Compositing digital images', SIGGRAPH 1984; libvips, premultiply",
    parameters=(Flag("inverse", "divide; where alpha is 0, so are the colours", False),),
    formula="colour * a, a = alpha over the full scale of the dtype, 0 where it is below",
)
def _premultiply(inverse: bool, image: ImageKind) -> tuple[Op, ...]:
    share = "where(a > 0, c / where(a > 0, a, 1), 0)" if inverse else "where(a > 0, c * a, 0)"
    return _with_alpha(share, "alpha", image)


@method(
    "color",
    "flatten",
    "the image over a plain backdrop: opaque, whatever alpha was; an image without alpha stays",
    reference="skimage.color.rgba2rgb; libvips, flatten",
    parameters=(
        NamedNumbers(
            "backdrop",
            "its colour, a number for each channel or one for all, or by name",
            "white",
            most=4,
            named={"white": (1.0,), "black": (0.0,)},
        ),
    ),
    formula="a * colour + (1 - a) * backdrop, a = alpha over the full scale of the dtype, from 0 to 1",
)
def _flatten(backdrop: str | tuple[float, ...], image: ImageKind) -> tuple[Op, ...]:
    colours = image.channels - image.alpha
    values = backdrop if isinstance(backdrop, tuple) else (image.full_scale * (backdrop == "white"),)
    if len(values) not in (1, colours):
        raise PlanError(f"color flatten has a backdrop of {len(values)} channels; the image has {colours}")
    values = values * colours if len(values) == 1 else values
    over = "where(a >= 1, c, where(a > 0, a * c + (1 - a) * b, b))"
    return _with_alpha(over, "full", image, tuple((f"b{k}", value) for k, value in enumerate(values)))


def _with_alpha(
    text: str, alpha: str, image: ImageKind, own: tuple[tuple[str, float], ...] = ()
) -> tuple[Op, ...]:
    """Return a map of each colour ``c`` and its alpha ``a``, from 0 to 1, with a constant ``b`` of its own.

    `alpha` is the expression of the alpha that is made.
    """
    if not image.alpha:
        return (Map("r"),)
    count = range(image.channels - 1)
    each = [{"c": f"c{k}", "a": "share", **({"b": f"b{k}"} if own else {})} for k in count]
    lines = [f"m{k} = {renamed(text, names)}" for k, names in enumerate(each)]
    shared = "\n".join(["share = alpha / full", *lines, f"made = {alpha}"])
    inputs, outputs = _named("c", len(count)), _named("m", len(count))
    constants = (("full", image.full_scale), *own)
    return (ChannelMap(shared, (*inputs, "alpha"), (*outputs, "made"), constants),)


@method(
    "color",
    "saturation",
    "colours nearer to grey, below 1, or further from it; 0 is grey",
    reference="P. Haeberli, 'Matrix operations for image processing', 1993; PIL.ImageEnhance.Color (bt601)",
    parameters=(Number("amount", "multiplies the difference from grey", least=0.0), _WEIGHTS),
    example={"amount": 1.5},
    formula="grey + amount * (colour - grey)",
    colours=3,
)
def _saturation(amount: float, weights: str | tuple[float, ...], image: ImageKind) -> tuple[Op, ...]:
    matrix = np.eye(image.channels)
    matrix[:3, :3] = amount * np.eye(3) + (1 - amount) * np.array([_of(weights)] * 3)
    return (Mix(tuple(map(tuple, matrix.tolist()))),)


@method(
    "color",
    "hue",
    "hues turned by an angle: by 120 degrees red becomes green; saturation, value and greys stay",
    reference="skimage.color.rgb2hsv, hsv2rgb; kornia.enhance.adjust_hue, of radians",
    parameters=(Number("shift", "degrees"),),
    example={"shift": 60},
    formula="hue + shift / 360, of HSV, where 1 is 0 again",
    colours=3,
)
def _hue(shift: float, image: ImageKind) -> tuple[Op, ...]:
    return turned(shift, image.full_scale)


_INVERSE = Flag("inverse", "back to sRGB", False)


def _convert(name: str, summary: str, peers: str) -> None:
    """Declare the conversion to a space and back."""

    @method("color", name, summary, reference=f"skimage.color.{peers}", parameters=(_INVERSE,), colours=3)
    def _lower(inverse: bool, image: ImageKind) -> tuple[Op, ...]:
        return (SPACES[name][inverse].over(image.full_scale),)


_convert(
    "hsv",
    "sRGB to hue, saturation and value, each over the full scale of the dtype",
    "rgb2hsv and hsv2rgb",
)
_convert(
    "xyz",
    "sRGB to CIE XYZ (D65), over the full scale of the dtype; back it is clipped to the gamut",
    "rgb2xyz and xyz2rgb",
)
_convert(
    "lab",
    "sRGB to CIE L*a*b* (D65): lightness from 0 to 100, a and b of either sign; back it is clipped",
    "rgb2lab and lab2rgb",
)
_convert(
    "ycbcr",
    "sRGB to luma and two differences in the range of video, of 255 as uint8 has it",
    "rgb2ycbcr and ycbcr2rgb",
)
