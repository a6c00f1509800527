"""Cells with numbers and lines of text, drawn by Pillow with the font that it brings."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

LETTERS, SMALL = 15, 11
"""Sizes of letters, in pixels: of numbers and lines, and of what counts rows and columns."""

PAPER, INK, MUTED, FRAME = "#ffffff", "#1f2933", "#6b7785", "#9aa5b1"


class Box(NamedTuple):
    """A rectangle of pixels; its edges are drawn, too."""

    left: int
    top: int
    right: int
    bottom: int

    def joined(self, other: Box) -> Box:
        """Return the smallest one around both."""
        return Box(*map(min, self[:2], other[:2]), *map(max, self[2:], other[2:]))


class Canvas:
    """A white picture to draw on.

    Parameters
    ----------
    width, height : int
        In pixels.

    Attributes
    ----------
    picture : PIL.Image.Image
    """

    def __init__(self, width: int, height: int) -> None:
        from PIL import Image, ImageDraw

        self.picture = Image.new("RGB", (width, height), PAPER)
        self._draw = ImageDraw.Draw(self.picture)

    def cell(self, box: Box, fill: str, text: str = "", ink: str = INK) -> None:
        """Draw a cell, and in its middle a text."""
        self._draw.rectangle(box, fill=fill, outline=FRAME)
        if text:
            middle = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
            self._draw.text(middle, text, ink, font(), anchor="mm")

    def hatch(self, box: Box, colour: str) -> None:
        """Draw strokes across two corners of a cell, which leave its number readable."""
        for reach in (6, 12):
            self._draw.line([box.left + 1, box.top + reach, box.left + reach, box.top + 1], colour)
            self._draw.line([box.right - reach, box.bottom - 1, box.right - 1, box.bottom - reach], colour)

    def strike(self, box: Box, colour: str) -> None:
        """Strike a cell out."""
        self._draw.line([box.left + 5, box.bottom - 5, box.right - 5, box.top + 5], colour)

    def outline(self, box: Box, colour: str, width: int = 3) -> None:
        """Draw a frame around cells."""
        half = width // 2
        around = (box.left - half, box.top - half, box.right + half, box.bottom + half)
        self._draw.rectangle(around, outline=colour, width=width)

    def text(self, left: int, top: int, text: str, ink: str = INK) -> None:
        """Write a line."""
        self._draw.text((left, top), text, ink, font())

    def label(self, x: float, y: float, text: str, anchor: str) -> None:
        """Write a small text that an anchor of Pillow's puts beside a point."""
        self._draw.text((x, y), text, MUTED, font(SMALL), anchor=anchor)


@cache
def font(size: int = LETTERS) -> Any:
    """Return the font that Pillow brings."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def length(text: str) -> int:
    """Return the width of a text, in pixels."""
    return int(font().getlength(text)) + 1


def wrapped(text: str, width: int) -> list[str]:
    """Return a text as lines of at most so many pixels, broken between words.

    Examples
    --------
    >>> wrapped("one two three", length("one two"))
    ['one two', 'three']
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and length(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
