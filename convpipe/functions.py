"""Python functions as stages: of the form that ``numba.stencil`` takes, compiled into the fused loop."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convpipe import expression
from convpipe.errors import ParameterError, nearest
from convpipe.formula import Formula
from convpipe.formula.source import text_of
from convpipe.ops import Graph, Op
from convpipe.pipeline import Pipeline
from convpipe.stages import Stage, stage
from convpipe.stages.base import method
from convpipe.stages.names import BEFORE, StageReference
from convpipe.stages.numbers import Number


def stencil(function: Callable[..., Any]) -> StencilFunction:
    """Return a function of pixels as one of images, and as a stage.

    Parameters
    ----------
    function : callable
        Of images, whose pixels ``a`` and ``a[-1, 2]`` it combines as a formula does: by arithmetic, by the
        functions of formulas and those of NumPy and :mod:`math` that have their names, and by numbers of
        whole images. Its body is ``name = expression`` lines and a ``return``. It is read, and never called.

    Raises
    ------
    ParameterError
        If it is none of that form; with file and line.

    Examples
    --------
    >>> @stencil
    ... def across(a, *, gain=0.5):
    ...     return gain * abs(a[0, 1] - a[0, -1])
    >>> across(np.array([[10, 20, 40, 80]], np.uint8), dtype="float32")
    array([[ 0., 15., 30.,  0.]], dtype=float32)
    >>> across.stage(gain=1)
    stage('combine', 'across', formula='(1) * abs(x[0, 1] - x[0, -1])')
    """
    return StencilFunction(function)


class StencilFunction:
    """A function of pixels, as :func:`stencil` makes one.

    Attributes
    ----------
    formula : str
        What it computes; of its images it has their names.
    images : tuple of str
    numbers : dict
        Its parameters that are given by name alone, with their defaults.
    """

    __name__: str

    def __init__(self, function: Callable[..., Any]) -> None:
        self.formula, self.images, self.numbers = text_of(function)
        functools.update_wrapper(self, function)
        self._at(self.numbers)

    def __repr__(self) -> str:
        return f"<stencil {self.__name__}: {self.formula}>"

    def __call__(self, image: ArrayLike, **options: Any) -> NDArray[Any]:
        """Return what it makes of an image, which is the one that it takes.

        Parameters
        ----------
        image : array_like, shape (rows, cols) or (rows, cols, channels)
        **options
            Numbers that it takes, and those of a :class:`convpipe.Pipeline` that is called: ``dtype``,
            ``channel_axis``, ... Without a ``dtype`` the result has that of the image, rounded and saturated.

        Raises
        ------
        ParameterError
            If it takes several images: these are results of stages.
        """
        if len(self.images) > 1:
            raise ParameterError(
                f"{self.__name__} takes {len(self.images)} images, "
                f"{', '.join(self.images)}: make a stage of it, and name the stages that give them"
            )
        given = {name: options.pop(name) for name in self.numbers if name in options}
        made: NDArray[Any] = Pipeline([self.stage(**given)])(np.asarray(image), **options)
        return made

    def stage(self, **given: Any) -> Stage:
        """Return it as a stage of a pipeline, which is a `combine` of its formula.

        Parameters
        ----------
        **given
            By the names of its images the names of stages, or ``input``; the first is by default the stage
            before. Numbers that it takes; and what every stage takes: ``border``, ``stride``, ``name``, ...

        Raises
        ------
        ParameterError
            If an image is not given, or something is none of these.
        """
        sources = {name: given.pop(name) for name in self.images if name in given}
        numbers = {name: given.pop(name) for name in self.numbers if name in given}
        first, *others = self.images
        sources.setdefault(first, BEFORE)
        if missing := [name for name in others if name not in sources]:
            raise ParameterError(f"{self.__name__} needs {missing[0]}: the name of a stage")
        text = expression.renamed(self._at(numbers), sources)
        return stage("combine", self.__name__, formula=text, **given)

    def register(self, family: str, name: str, summary: str, *, reference: str) -> StencilFunction:
        """Register it as a method, so that configs can name it: for packages that bring stages.

        Parameters
        ----------
        family, name : str
            As in ``- family: name``. Its images but the first are parameters that name stages, and its
            numbers are parameters, too.
        summary, reference : str
            One line that says what it does, and where its mathematics is from.
        """
        first, *others = self.images
        parameters = (
            *(StageReference(each, "name of a stage, or input") for each in others),
            *(Number(each, "a number", default) for each, default in self.numbers.items()),
        )

        def lower(**given: Any) -> tuple[Op, ...] | Graph:
            return Formula(self._at({number: given[number] for number in self.numbers})).ops

        reads = tuple("from" if each == first else each for each in Formula(self._at({})).names)
        example = dict.fromkeys(others, "input")
        method(
            family, name, summary, reference=reference, parameters=parameters, example=example,
            formula=self.formula, reads=reads,
        )(lower)  # fmt: skip
        return self

    def _at(self, numbers: Mapping[str, float]) -> str:
        """Return the formula with numbers in the place of their names."""
        for name in numbers:
            if name not in self.numbers:
                raise ParameterError(f"{self.__name__} takes no {name!r}{nearest(name, self.numbers)}")
        values = {**self.numbers, **numbers}
        text = expression.renamed(self.formula, {name: f"({value!r})" for name, value in values.items()})
        try:
            names = Formula(text).names
        except ParameterError as error:
            raise ParameterError(f"{self.__name__}: {error}") from None
        if unused := [name for name in self.images if name not in names]:
            raise ParameterError(f"{self.__name__} does not use {', '.join(unused)}")
        return text
