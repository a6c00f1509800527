"""Packages that bring stages: found by an entry point, and loaded where a person allows it.

A package names a module, or a function without arguments, in the entry point group ``convpipe.stages``. To
load it is to run it: so a config that names one in ``plugins`` is an error unless its caller allowed them. It
registers methods by :func:`convpipe.stages.method`, or by ``register`` of a :func:`convpipe.stencil`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import TYPE_CHECKING

from convpipe.errors import ParameterError, nearest
from convpipe.stages import base

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "convpipe.stages"

_ALLOWED: ContextVar[bool] = ContextVar("plugins_allowed", default=False)

_LOADED: set[str] = set()


@contextmanager
def allowed(allow: bool) -> Iterator[None]:
    """Say whether configs that are read within the block may load the plugins that they name."""
    token = _ALLOWED.set(allow)
    try:
        yield
    finally:
        _ALLOWED.reset(token)


def allow(yes: bool) -> None:
    """Say so of all configs that are read from here on."""
    _ALLOWED.set(yes)


def load_allowed(name: str) -> None:
    """Load the plugin that a config names.

    Raises
    ------
    ParameterError
        If nobody allowed it; or as :func:`load`.
    """
    if not _ALLOWED.get():
        raise ParameterError(
            f"the plugin {name!r} is code of another package, which is run only with --allow-plugins "
            "(of Pipeline.from_yaml: allow_plugins=True)",
            "plugins",
        )
    load(name)


def load(name: str) -> None:
    """Load a plugin; one that is loaded already does nothing.

    Raises
    ------
    ParameterError
        If no package brings it, several do, or it cannot be loaded; what it declared is then forgotten.
    """
    if name in _LOADED:
        return
    point = _found(name)
    token = base.BRINGING.set(name)
    try:
        brought = point.load()
        if not isinstance(brought, ModuleType):
            brought()
    except Exception as error:
        base.forget(name)
        raise ParameterError(
            f"the plugin {name!r} ({point.value}) cannot be loaded: {type(error).__name__}: {error}",
            "plugins",
        ) from error
    finally:
        base.BRINGING.reset(token)
    _LOADED.add(name)


def _found(name: str) -> EntryPoint:
    from importlib.metadata import entry_points  # slow to load, and few configs name a plugin

    points = {(point.name, point.value): point for point in entry_points(group=GROUP)}
    named = [point for point in points.values() if point.name == name]
    if not named:
        known = sorted({each for each, _ in points})
        hint = nearest(name, known) if known else "; no package here brings stages"
        raise ParameterError(f"no package brings the plugin {name!r}{hint}", "plugins")
    if len(named) > 1:
        values = " and ".join(sorted(point.value for point in named))
        raise ParameterError(f"several packages bring the plugin {name!r}: {values}", "plugins")
    return named[0]
