"""Two images laid over each other: blended, through a mask, or cut by one."""

from __future__ import annotations

from typing import Any

from convpipe.ops import Graph, Map, Node
from convpipe.stages.base import ImageKind, method
from convpipe.stages.names import StageReference
from convpipe.stages.numbers import Number
from convpipe.stages.parameters import Choice

WITH = StageReference("with", "name of the stage whose image lies above, or input; 'from' is below")
MASK = StageReference("mask", "name of the stage whose image is the mask, or input")

_MULTIPLY, _SCREEN = "{b} * {s} / full", "full - (full - {b}) * (full - {s}) / full"
_HARD = f"where({{s}} <= full / 2, 2 * ({_MULTIPLY}), full - 2 * (full - {{b}}) * (full - {{s}}) / full)"

MODES = {
    "normal": "{s}",
    "add": "minimum({b} + {s}, full)",
    "subtract": "maximum({b} - {s}, 0)",
    "difference": "abs({b} - {s})",
    "multiply": _MULTIPLY,
    "screen": _SCREEN,
    "darken": "minimum({b}, {s})",
    "lighten": "maximum({b}, {s})",
    "overlay": _HARD.format(b="{s}", s="{b}"),
    "hard_light": _HARD,
    "exclusion": "{b} + {s} - 2 * {b} * {s} / full",
    "color_dodge": "where({b} <= 0, 0, where({s} >= full, full, minimum(full * {b} / (full - {s}), full)))",
    "color_burn": "where({b} >= full, full, where({s} <= 0, 0, "
    "full - minimum(full * (full - {b}) / {s}, full)))",
}
"""What becomes of a pixel ``b`` below and ``s`` above."""


def _joined(expression: str, inputs: tuple[str, ...], constants: dict[str, float]) -> Graph:
    names = {"from": "b", "with": "s", "mask": "m"}
    found = Map(expression, tuple(names[each] for each in inputs), tuple(constants.items()))
    return Graph((Node("result", (found,), inputs),))


@method(
    "combine",
    "blend",
    "the image of another stage over this one, with an opacity, in one of the modes of painting programs",
    reference="PIL.Image.blend; cv2.addWeighted; W3C, Compositing and Blending Level 1",
    parameters=(
        WITH,
        Number(
            "alpha",
            "how much of the result is there, of what lies below the rest; default: 0.5 of normal, else 1",
            None,
            least=0.0,
            most=1.0,
        ),
        Choice("mode", "what the two give", "normal", choices=tuple(MODES)),
    ),
    example={"with": "input"},
    formula="(1 - alpha) * from + alpha * mode(from, with); of the full scale of the dtype: multiply is "
    "from * with / full",
    reads=("from", "with"),
)
def _blend(alpha: float | None, mode: str, image: ImageKind, **_: Any) -> Graph:
    alpha = (0.5 if mode == "normal" else 1.0) if alpha is None else alpha
    made = MODES[mode].format(b="b", s="s")
    constants = {"full": image.full_scale} if "full" in made else {}
    if alpha == 1 and mode != "normal":
        return _joined(made, ("from", "with"), constants)
    constants |= {"rest": 1 - alpha, "alpha": alpha}
    return _joined(f"rest * b + alpha * ({made})", ("from", "with"), constants)


@method(
    "combine",
    "composite",
    "the image of another stage where a mask is white, this one where it is black, in between a mix of both",
    reference="PIL.Image.composite",
    parameters=(WITH, MASK),
    example={"with": "input", "mask": "input"},
    formula="(from * (full - mask) + with * mask) / full; a mask beyond black and white is that",
    reads=("from", "with", "mask"),
)
def _composite(image: ImageKind, **_: Any) -> Graph:
    mixed = "(b * (full - m) + s * m) / full"
    # Between the two, as it is: so that no range grows.
    within = f"minimum(maximum({mixed}, minimum(b, s)), maximum(b, s))"
    return _joined(within, ("from", "with", "mask"), {"full": image.full_scale})


@method(
    "combine",
    "mask",
    "the image where a mask is not 0, a number elsewhere",
    reference="numpy.where(mask != 0, image, outside); cv2.bitwise_and(image, image, mask=mask)",
    parameters=(MASK, Number("outside", "value where the mask is 0, in the image's own units", 0.0)),
    example={"mask": "input"},
    reads=("from", "mask"),
)
def _mask(outside: float, **_: Any) -> Graph:
    return _joined("where(m != 0, b, outside)", ("from", "mask"), {"outside": outside})
