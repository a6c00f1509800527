"""A function for every filter, made from its declaration: ``convpipe.filters.edge.sobel(image)``.

Each family is a module, and a filter whose name is that of no other is here, too: ``filters.sobel`` is
``filters.edge.sobel``. A filter under a label of one's own is called by what it needs: ``custom: LABEL`` is
``filters.custom.kernel``, and ``combine: LABEL`` is ``filters.combine.formula``. What is a word of Python
has an underscore: ``with_``.

Each compiles a pipeline of one stage when it is first called; where several filters follow each other, a
:class:`convpipe.Pipeline` of them is one loop, and several times as fast.

Examples
--------
>>> import convpipe
>>> image = np.zeros((5, 5), "uint8")
>>> image[2, 2] = 90
>>> convpipe.filters.blur.box(image, size=3)[1:4, 1:4]
array([[10, 10, 10],
       [10, 10, 10],
       [10, 10, 10]], dtype=uint8)
>>> convpipe.filters.sobel(image, stride=2, dtype="float32").shape
(3, 3)
>>> convpipe.filters.formula(formula="high - low", high=image, low=image // 3)[2]
array([ 0,  0, 60,  0,  0], dtype=uint8)
"""

from __future__ import annotations

import difflib
import re
import sys
from types import ModuleType
from typing import Any

from convpipe.filters.function import Filter, function_name
from convpipe.stages import families, libraries


def _module(family: str) -> ModuleType:
    """Return the module of a family, which ``import`` finds, too."""
    made = ModuleType(
        f"{__name__}.{family}", f"The filters of the family `{family}`, as functions of images."
    )
    functions = {function_name(one): Filter(one, made.__name__) for one in families()[family].values()}
    vars(made).update(functions, __all__=sorted(functions))
    sys.modules[made.__name__] = made
    return made


_FAMILIES = {family: _module(family) for family in families()}


def _alone() -> dict[str, Filter]:
    """Return the filters whose names no other filter and no family has."""
    homes: dict[str, list[ModuleType]] = {}
    for module in _FAMILIES.values():
        for name in module.__all__:
            homes.setdefault(name, []).append(module)
    return {
        name: getattr(modules[0], name)
        for name, modules in homes.items()
        if len(modules) == 1 and name not in _FAMILIES
    }


globals().update(_alone(), **_FAMILIES)
__all__ = sorted([*_FAMILIES, *_alone()])


def __getattr__(name: str) -> Any:
    homes = [family for family, module in _FAMILIES.items() if name in module.__all__]
    which = " or ".join(f"filters.{family}.{name}" for family in homes)
    raise AttributeError(
        f"several families have a filter {name!r}: {which}"
        if homes
        else f"module {__name__!r} has no attribute {name!r}{_instead(name)}"
    )


def __dir__() -> list[str]:
    return __all__


def _instead(name: str) -> str:
    """Return what may be meant by a name, which can be that of another library; '' of one of Python's own."""
    if name.startswith("_"):
        return ""
    every = [getattr(module, each) for module in _FAMILIES.values() for each in module.__all__]
    close = difflib.get_close_matches(name, [one.__name__ for one in every], n=1)
    if called := _called(name, every):
        return _did_you_mean(called)
    for own, library in libraries().items():
        functions = [each for each in library.names if each.rpartition(".")[2] == name]
        if functions:
            return f"; convpipe.Pipeline([convpipe.stage({own!r}, {functions[0]!r})]) runs {library.summary}"
    return _did_you_mean([one for one in every if one.__name__ in close])


def _called(name: str, every: list[Filter]) -> list[Filter]:
    """Return the filters that the words of a name mean, or whose source names such a function."""
    cited = [one for one in every if re.search(rf"\.{re.escape(name)}\b", one.method.reference)]
    words = name.split("_")
    named = [one for one in every if one.__name__ in words]
    return [one for one in named if one.method.family in words] or cited or named


def _did_you_mean(meant: list[Filter]) -> str:
    places = " or ".join(f"filters.{one.method.family}.{one.__name__}" for one in meant)
    return f"; did you mean {places}?" if meant else "; 'convpipe stages' lists the filters"
