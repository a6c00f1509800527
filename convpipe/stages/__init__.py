"""Filters: one module a family, each a declaration; importing this package registers them all."""

import importlib
import pkgutil

from convpipe.errors import nearest
from convpipe.stages.base import (
    ANY_LABEL,
    ImageKind,
    Method,
    families,
    find,
    libraries,
    method,
)
from convpipe.stages.common import COMMON
from convpipe.stages.entry import Stage, attempt, stage

# A new family is one new module: it registers itself when imported.
for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = [
    "ANY_LABEL",
    "COMMON",
    "ImageKind",
    "Method",
    "Stage",
    "attempt",
    "families",
    "find",
    "libraries",
    "method",
    "nearest",
    "stage",
]
