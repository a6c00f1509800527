"""Questions on windows that slide, and a check that says what went wrong without giving the answer away.

Right answers are not written here: :class:`~convpipe.geometry.Axis`, ``conv2d`` and the planner give them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, nearest
from convpipe.geometry import Axis, Field


@dataclass(frozen=True)
class Question:
    """What is asked.

    Parameters
    ----------
    text : str
    right : callable
        Returns the answer.
    slips : tuple of (value, str)
        Answers that come of a mistake that many make, and what it is.
    hint : str
        What to say of any other answer.
    """

    text: str
    right: Callable[[], float]
    slips: tuple[tuple[float, str], ...]
    hint: str


@dataclass(frozen=True, repr=False)
class Verdict:
    """What is said of an answer; true if that is right."""

    is_right: bool
    said: str

    def __bool__(self) -> bool:
        return self.is_right

    def __repr__(self) -> str:
        return self.said


_KERNEL = [[1.0, 2.0], [3.0, 4.0]]
_IMAGE = [[1.0, 0.0, 2.0], [3.0, 1.0, 0.0], [0.0, 2.0, 1.0]]
_FORMULA = "write the formula with its letters first, then put the numbers in their places"


def _corner() -> float:
    from convpipe.conv import conv2d

    return float(conv2d(_IMAGE, _KERNEL)[0, 0])


def _flat() -> float:
    from convpipe.conv import conv2d

    return float(conv2d(np.ones((5, 5)), np.zeros((3, 3)), bias=[2.0])[1, 1])


def _numbers() -> float:
    from convpipe.conv import Conv2d

    layer = Conv2d(3, 8, kernel_size=5)
    return layer.weight.size + (0 if layer.bias is None else layer.bias.size)


def _largest() -> float:
    from convpipe.plan import make_plan
    from convpipe.stages import stage

    sobel = stage("custom", "sobel x", kernel=[[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    return make_plan([sobel], (64, 64), dtype="uint8").stages[0].range.high


QUESTIONS = {
    "places": Question(
        "7 rows, a kernel of 3 rows, stride 1, no padding: how many rows has the output?",
        lambda: Axis(3).output(7),
        (
            (7 - 3, "7 - 3 is how far the kernel can move; the place where it begins counts, too"),
            (7, "as many as the image has there would be with padding"),
        ),
        "draw seven squares in a row, and count the places at which three in a row fit",
    ),
    "stride": Question(
        "12 rows, a kernel of 3 rows, stride 4, no padding: how many rows has the output?",
        lambda: Axis(3, stride=4).output(12),
        (
            (
                (12 - 3) / 4 + 1,
                "there is no such thing as a quarter of a place: what is left over is dropped",
            ),
            (
                math.ceil((12 - 3) / 4) + 1,
                "the last of these would hang over the edge: the quotient is rounded down",
            ),
            ((12 - 3) // 4, "that many steps are taken; the place before the first one counts, too"),
        ),
        _FORMULA,
    ),
    "padding": Question(
        "11 rows, a kernel of 3 rows, stride 2, padding 2: how many rows has the output?",
        lambda: Axis(3, stride=2, before=2, after=2).output(11),
        (
            (Axis(3, stride=2).output(11), "so many there are without the padding"),
            (Axis(3, stride=2, before=2).output(11), "padding lies on both sides: it counts twice"),
        ),
        _FORMULA,
    ),
    "dilation": Question(
        "12 rows, a kernel of 3 rows whose taps stand 3 apart (dilation 3), stride 1, no padding: how many "
        "rows has the output?",
        lambda: Axis(3, dilation=3).output(12),
        (
            (Axis(3).output(12), "so many there are with neighbouring taps; these span more rows"),
            (Axis(9).output(12), "3 taps have 2 gaps between them: they span less than 3 * 3 rows"),
        ),
        "how many rows lie from the first tap to the last, both counted?",
    ),
    "same": Question(
        "A kernel of 5 rows at stride 1: which padding p, on each side, gives as many rows as the image has?",
        lambda: next(p for p in range(9) if Axis(5, before=p, after=p).output(20) == 20),
        (
            (4, "so many rows are lost in all; each side makes up for half of them"),
            (5, "the kernel loses one row less than it has, and there are two sides"),
            (2.5, "of 5 rows one stands on the pixel itself: that one needs no padding"),
        ),
        "solve M + 2p - K + 1 = M for p",
    ),
    "unread": Question(
        "12 rows, a kernel of 2 rows, stride 4, no padding: how many of the last rows does no window read?",
        lambda: Axis(2, stride=4).dropped(12),
        (
            (Axis(2, stride=4).output(12), "that is how many rows the output has"),
            (
                12 - 2 * 3,
                "rows between two windows are not read either; asked is for those after the last window",
            ),
            (12 % 4, "the windows themselves have rows: where does the last one end?"),
        ),
        "where does the last window begin, and where does it end?",
    ),
    "corner": Question(
        "The image 1 0 2 / 3 1 0 / 0 2 1 under the kernel 1 2 / 3 4, no padding: which number does the "
        "output begin with?",
        _corner,
        (
            (
                4 * 1 + 3 * 0 + 2 * 3 + 1 * 1,
                "the kernel is not turned around: it is laid on as it is written",
            ),
            (1 * 1 + 2 * 0, "that is the first row of the kernel alone"),
        ),
        "lay the kernel on the top left corner, multiply what lies on each other, and add up",
    ),
    "bias": Question(
        "A kernel of zeros and a bias of 2, over an image of ones: which number is everywhere in the output?",
        _flat,
        (
            (0, "the sum of products is 0; what is added to it?"),
            (9 * 2, "the bias is added once, not for each tap"),
        ),
        "what does a kernel of zeros make of any image?",
    ),
    "weights": Question(
        "Conv2d(3, 8, kernel_size=5): how many numbers does it learn?",
        _numbers,
        (
            (8 * 3 * 5 * 5, "those are its weights; each output channel has a bias, too"),
            (8 * 5 * 5 + 8, "each of the 8 kernels has a layer for each of the 3 channels that it reads"),
            (8 * 3 * 5 + 8, "a kernel_size of 5 is 5 x 5"),
        ),
        "how many kernels, of how many channels, of how many taps - and the biases",
    ),
    "range": Question(
        "Pixels from 0 to 255 under the kernel 1 0 -1 / 2 0 -2 / 1 0 -1: what is the largest number that "
        "can come out?",
        _largest,
        (
            (255, "that is the largest pixel, or what uint8 keeps of the number"),
            (0, "the weights sum to 0, so that much comes out where all pixels are the same"),
            (8 * 255, "pixels under negative weights are at least 0: there is nothing to gain there"),
        ),
        "choose the pixels yourself: bright where weights are positive, black where they are not",
    ),
    "field": Question(
        "Two 3 x 3 kernels at stride 1, one after the other: how many rows of the image does one output "
        "depend on?",
        lambda: Field().through(Axis(3)).through(Axis(3)).reach,
        (
            (6, "the windows of neighbouring pixels overlap: they do not add up"),
            (9, "the windows of neighbouring pixels overlap: they do not multiply"),
            (3, "so many rows of the first output; each of these has seen more"),
        ),
        "which rows does the first kernel read for the three rows that the second one reads?",
    ),
}
"""By name."""


def ask(name: str | None = None) -> None:
    """Print a question, or all of them with their names.

    Examples
    --------
    >>> ask("padding")
    11 rows, a kernel of 3 rows, stride 2, padding 2: how many rows has the output?
    """
    if name is not None:
        print(_question(name).text)
        return
    for each, question in QUESTIONS.items():
        print(f"{each}: {question.text}")


def check(name: str, answer: Any) -> Verdict:
    """Return whether an answer is right, or else what went wrong, as far as that can be told.

    Parameters
    ----------
    name : str
        Of the question.
    answer : number
        ``...`` is no answer yet.

    Raises
    ------
    ParameterError
        If there is no such question.

    Examples
    --------
    >>> check("padding", ...)
    no answer yet: put a number in the place of ...
    >>> check("padding", 5)
    not yet: so many there are without the padding
    >>> bool(check("padding", 11))
    False
    """
    question = _question(name)
    if answer is ...:
        return Verdict(False, "no answer yet: put a number in the place of ...")
    try:
        given = float(answer)
    except (TypeError, ValueError):
        return Verdict(False, f"not yet: a number is asked for; given {answer!r}")
    if given == question.right():
        return Verdict(True, "right")
    slip = next(
        (said for value, said in question.slips if math.isclose(given, value, abs_tol=0.01)), question.hint
    )
    return Verdict(False, f"not yet: {slip}")


def _question(name: str) -> Question:
    if name not in QUESTIONS:
        raise ParameterError(f"there is no question {name!r}{nearest(name, QUESTIONS)}", "name")
    return QUESTIONS[name]
