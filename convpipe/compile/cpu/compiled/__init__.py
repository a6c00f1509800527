"""What Numba compiles: the driver, and the functions that generated loops call.

Only its modules import Numba. Who generates loops knows these functions by their names; what both have to
know - where numbers lie, how much is done at a time - stands beside this package. So a loop that was compiled
before is found and run without Numba.
"""

from __future__ import annotations

from pathlib import Path


def text_of(module: str) -> str:
    """Return the text of a module of this package, from which its functions are compiled.

    >>> "def in_turn(" in text_of("calls")
    True
    """
    return Path(__file__).with_name(f"{module}.py").read_text()
