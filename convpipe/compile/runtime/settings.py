"""What Numba is told that makes other machine code, found out without it where nobody says anything.

Numba has its settings from the environment, from a file in the working directory, and from programs that
import it. Where it is not loaded, and neither of the first two says anything, they are all as usual.
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FILE = Path(".numba_config.yaml")
"""Where Numba looks for settings of the user's, in the working directory."""

USUAL = {
    "CPU_NAME": "None",
    "CPU_FEATURES": "None",
    "ENABLE_AVX": "True",
    "OPT": "_OptLevel(3)",
    "LOOP_VECTORIZE": "1",
    "SLP_VECTORIZE": "0",
    "BOUNDSCHECK": "None",
}
"""The settings, and what most versions have on most machines; what is not so is told."""

_VERSION = re.compile(r'"version": "([^"]+)"')


def is_said() -> bool:
    """Tell whether the environment or a file may say something, so that Numba has to be asked."""
    return FILE.exists() or any(f"NUMBA_{name}" in os.environ for name in USUAL)


def told() -> dict[str, Any]:
    """Return the settings that are not as usual.

    Nobody is waited for, as this is asked while modules are imported: of a Numba that another thread has just
    begun to load, all is as usual if nothing is said.
    """
    if "numba" not in sys.modules and is_said():
        import_module("numba")
    config = sys.modules.get("numba.core.config")
    found = {name: getattr(config, name) for name in USUAL if hasattr(config, name)}
    return {name: value for name, value in found.items() if str(value) != USUAL[name]}


@cache
def version() -> str:
    """Return the version of Numba, as it says of itself; one that is built from its source is asked.

    >>> import numba
    >>> version() == numba.__version__
    True
    """
    package = find_spec("numba")
    for folder in (package and package.submodule_search_locations) or ():
        if found := _VERSION.search(Path(folder, "_version.py").read_text()):
            return found[1]
    import numba

    return str(numba.__version__)
