"""What a method is over the pages of a stack as well: ``axis: stack``.

Either it slides a window over pages, rows and columns, or it takes numbers of the whole stack in the place of
those of a page. What is done with pages is in :mod:`convpipe.stack`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.geometry import Border, border_index
from convpipe.ops import Apart, Graph, Op, Rank, Window, statistics
from convpipe.padding import Sides
from convpipe.stages.parameters import Choice, Parameter

PROJECTION = "projection"
"""The family whose methods read all pages of a stack, and give one."""

STACK = "stack"
"""The word of :data:`AXIS` for a stage that reads several pages."""

AXIS = Choice(
    "axis",
    "plane: each page of a stack by itself; stack: windows over pages, too, and numbers of all pages",
    "plane",
    choices=("plane", STACK),
)

NO_PAGES = (
    "it filters each page of a stack by itself; 'axis: stack' is of blur: box and gaussian, of rank but the "
    "mode, and of what takes numbers of its image: threshold: otsu, contrast: stretch, a formula with mean(x)"
)
"""Why a method takes no axis, and which do."""

_ELSEWHERE = {
    "stride": "put 'geometry: decimate' after it",
    "padding": "put 'geometry: pad' or 'geometry: crop' after it",
    "dilation": "its windows are of neighbours",
    "anchor": "its windows stand on their middle",
}
"""Parameters of every stage that are of a plane, and what to do instead."""


@dataclass(frozen=True)
class PageSum:
    """A sum of pages under weights, and what is done with each page that comes of it.

    Parameters
    ----------
    weights : tuple of float
        Of the pages.
    before : int
        How many of them lie before the page.
    ops : tuple of Op
        Of one page.
    """

    weights: tuple[float, ...]
    before: int
    ops: tuple[Op, ...]

    @property
    def pages(self) -> int:
        """How many pages it reads."""
        return len(self.weights)


@dataclass(frozen=True)
class PageWindow:
    """Windows over several pages whose rows lie by turns in one image: row 0 of each, then row 1 of each, ...

    Parameters
    ----------
    pages : int
        How many it reads.
    before : int
        How many of them lie before the page.
    halo : Sides
        Pixels around a page that its windows reach to: the image has them.
    ops : tuple of Op
        Of that image.
    """

    pages: int
    before: int
    halo: Sides
    ops: tuple[Op, ...]


Across = PageSum | PageWindow


@dataclass(frozen=True)
class Stacked:
    """How a method is made one of windows over pages.

    Parameters
    ----------
    parameters : tuple of Parameter
        Those of three axes, in the place of the method's of the same names.
    across : callable
        From the method's own lowering and these parameters to :data:`Across`.
    plane : callable
        From parameters of three axes to those of a plane, for a page that is alone.
    """

    parameters: tuple[Parameter, ...]
    across: Callable[..., Across]
    plane: Callable[[dict[str, Any]], dict[str, Any]]


def of_plane(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what leaves out the pages in the values of these parameters."""
    return lambda given: {**given, **{name: given[name][1:] for name in names}}


def by_turns(ops: tuple[Op, ...], size: tuple[int, int, int]) -> PageWindow:
    """Return windows of a `size` in (pages, rows, cols), from ops over rows of pages by turns.

    An even side reaches one pixel, or page, further up, left or towards the first page.
    """
    (window, *rest), (pages, rows, cols) = ops, size
    assert isinstance(window, Rank)
    stood_on = (rows // 2 * pages + pages // 2, cols // 2)
    slid = replace(window, stride=(pages, 1), padding="valid", anchor=stood_on)
    halo = tuple((side // 2, side - 1 - side // 2) for side in (rows, cols))
    return PageWindow(pages, pages // 2, (halo[0], halo[1]), (slid, *rest))


def takes_numbers(found: tuple[Op, ...] | Graph) -> bool:
    """Tell whether ops take numbers of their whole image, and no pixel beside the one that they change."""
    ops = [op for node in found.nodes for op in node.ops] if isinstance(found, Graph) else found
    if any(isinstance(op, Apart) or (isinstance(op, Window) and op.kernel != (1, 1)) for op in ops):
        return False
    return any(statistics(op) for op in ops)


def check_stacked(title: str, given: dict[str, Any], found: Graph, *, slides: bool) -> None:
    """Refuse what a stage over a stack cannot be asked for.

    Parameters
    ----------
    title : str
        Of its method.
    given : dict
        The parameters of every stage that differ from their defaults.
    found : Graph
        What it lowers to, of a page.
    slides : bool
        Whether it slides windows over pages.

    Raises
    ------
    ParameterError
        At the parameter.
    """
    for name, instead in _ELSEWHERE.items():
        if name in given:
            raise ParameterError(f"{title} takes no {name} with 'axis: stack': {instead}", name)
    if not (slides or takes_numbers(found)):
        raise ParameterError(
            f"{title} takes no number of its image here, or takes pixels beside the one that it changes: "
            "'axis: stack' is of numbers that all pages give",
            AXIS.name,
        )


def pages_under(count: int, pages: int, before: int, border: Border) -> list[list[int]]:
    """Return the pages that the window of each page of a stack reads; -1 is the constant of the border.

    Examples
    --------
    >>> pages_under(3, 3, 1, Border.REFLECT)
    [[1, 0, 1], [0, 1, 2], [1, 2, 1]]
    """
    return [[border_index(at - before + k, count, border) for k in range(pages)] for at in range(count)]
