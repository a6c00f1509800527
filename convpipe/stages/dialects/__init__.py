"""Dialects, what ``like: opencv`` and its kind set: one module a library, which registers itself."""

import importlib

from convpipe.stages.dialects.base import LIBRARIES, OWN, Dialect, dialects, find, spoken

for _library in LIBRARIES:
    importlib.import_module(f"{__name__}.{_library}")

__all__ = ["LIBRARIES", "OWN", "Dialect", "dialects", "find", "spoken"]
