"""What ``like: LIBRARY`` means: the parameters that give a method the numbers of a function of that library.

A dialect is data. It says what the parameters of a stage are that its entry does not give: the border, a
scaling, a radius, a choice between two meanings; and, where the library rounds otherwise, an expression for
the result of an integer image. The mathematics is that of the method, in every type and backend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError

OWN = "convpipe"
"""In an entry, the word for no other library's meaning where the pipeline has one."""

LIBRARIES = ("opencv", "scipy", "skimage", "skimage2", "pillow", "torch", "vips")


class Depends(NamedTuple):
    """A parameter's value that depends on others, and on the image.

    Parameters
    ----------
    said : str
        What it is, in a few words, for the docs.
    value : callable
        From the stage's own parameters and the :class:`convpipe.stages.ImageKind`.
    """

    said: str
    value: Callable[[Mapping[str, Any], Any], Any]


@dataclass(frozen=True)
class Dialect:
    """What one method is in one library.

    Parameters
    ----------
    library, family, method : str
    call : str
        The function of the library, as one calls it.
    sets : mapping
        Parameters, each with its value, or with one that :class:`Depends` on others.
    rounds : str, optional
        An expression of the result ``r`` of an image of integers, before it is rounded and saturated.
    """

    library: str
    family: str
    method: str
    call: str
    sets: Mapping[str, Any]
    rounds: str | None = None

    def parameters(self, own: Mapping[str, Any], image: Any) -> dict[str, Any]:
        """Return the parameters that it sets, for a stage with its `own` ones and an image of a kind."""
        return {
            name: each.value(own, image) if isinstance(each, Depends) else each
            for name, each in self.sets.items()
        }

    def __str__(self) -> str:
        said = [
            f"{name} {each.said if isinstance(each, Depends) else each}" for name, each in self.sets.items()
        ]
        rounded = [f"integers by {self.rounds}"] if self.rounds else []
        return "; ".join([*said, *rounded]) or "the same as without"


def of_magnitude(weight: float) -> Depends:
    """Return the gain of a derivative that is not divided by the weight of its smoothing."""
    factors = {"magnitude": weight * 2**0.5, "angle": 1.0}
    return Depends(
        f"{weight:g}; of a magnitude times the root of 2, as it is no mean",
        lambda own, _: factors.get(own["direction"], weight),
    )


_REGISTRY: dict[tuple[str, str, str], Dialect] = {}


def declare(
    library: str, family: str, method: str, call: str, /, *, rounds: str | None = None, **sets: Any
) -> None:
    """Register what a method is in a library; as for :class:`Dialect`."""
    key = library, family, method
    if library not in LIBRARIES or key in _REGISTRY:
        raise ValueError(f"{key} is declared twice, or its library is unknown")
    _REGISTRY[key] = Dialect(library, family, method, call, sets, rounds)


def dialects() -> tuple[Dialect, ...]:
    """Return all that are declared, in the order of libraries, families and methods."""
    order = {library: at for at, library in enumerate(LIBRARIES)}
    keys = sorted(_REGISTRY, key=lambda key: (order[key[0]], *key[1:]))
    return tuple(_REGISTRY[key] for key in keys)


def spoken(family: str, method: str) -> tuple[str, ...]:
    """Return the libraries in which it is known what a method is."""
    return tuple(library for library in LIBRARIES if (library, family, method) in _REGISTRY)


def find(library: str, family: str, method: str) -> Dialect:
    """Return what a method is in a library.

    Raises
    ------
    ParameterError
        If that is not known; the libraries whose meaning is known are named.
    """
    found = _REGISTRY.get((library, family, method))
    if found is None:
        known = spoken(family, method)
        which = f"known are {', '.join(known)}" if known else "it has its own meaning alone"
        raise ParameterError(
            f"what {family}: {method} is in {library} is not known; {which} ('like: {OWN}' takes its own)",
            "like",
        )
    return found
