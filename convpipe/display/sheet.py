"""A sheet of pictures side by side, each below its label, and in lines where there are many."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass

GAP = 12
"""White pixels between two pictures, between a label and its picture, and around all."""

ABREAST = 5
"""Panels that are as many as one line holds, whatever their width."""

WHITE = 255


@dataclass(frozen=True)
class Panel:
    """One picture of a sheet.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, cols, 3)
    label : tuple of str
        Lines of text above it.
    """

    picture: NDArray[np.uint8]
    label: tuple[str, ...]


def sheet(panels: Sequence[Panel]) -> NDArray[np.uint8]:
    """Return the panels side by side on white, (rows, cols, 3), pictures aligned at their tops.

    More than `ABREAST` stand in as many lines as each has panels, or one less.

    Examples
    --------
    >>> import numpy as np
    >>> panel = Panel(np.zeros((20, 90, 3), np.uint8), ("a",))
    >>> sheet([panel]).shape[1]  # with 12 on each side
    114
    >>> sheet([panel] * 9).shape[1]  # 3 in each line
    318
    """
    many = len(panels) > ABREAST
    across = math.ceil(math.sqrt(len(panels))) if many else len(panels)
    lines = [_line(panels[at : at + across]) for at in range(0, len(panels), across)]
    widest = max(line.shape[1] for line in lines)
    padded = [
        np.pad(line, ((GAP, 0), (0, widest - line.shape[1]), (0, 0)), constant_values=WHITE) for line in lines
    ]
    return np.pad(np.concatenate(padded), ((0, GAP), (GAP, 0), (0, 0)), constant_values=WHITE)


def _line(panels: Sequence[Panel]) -> NDArray[np.uint8]:
    """Return panels beside each other, (rows, cols, 3), with a gap after each."""
    labels = [_text(panel.label) for panel in panels]
    top = max(label.shape[0] for label in labels) + GAP
    rows = top + max(panel.picture.shape[0] for panel in panels)
    cells = []
    for panel, label in zip(panels, labels, strict=True):
        height, width = panel.picture.shape[:2]
        cell = np.full((rows, max(width, label.shape[1]) + GAP, 3), WHITE, np.uint8)
        cell[: label.shape[0], : label.shape[1]] = label[..., None]
        cell[top : top + height, :width] = panel.picture
        cells.append(cell)
    return np.concatenate(cells, axis=1)


def _text(lines: Sequence[str]) -> NDArray[np.uint8]:
    """Return lines of text, black on white, (rows, cols)."""
    from PIL import Image, ImageDraw, ImageFont

    text, font = "\n".join(lines), ImageFont.load_default(size=14)
    left, top, right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).multiline_textbbox((0, 0), text, font)
    picture = Image.new("L", (int(right - left) + 1, int(bottom - top) + 1), WHITE)
    ImageDraw.Draw(picture).multiline_text((-left, -top), text, fill=0, font=font)
    return np.asarray(picture)
