"""How wide the vectors are that LLVM makes of a loop.

For Intel's processors with AVX-512 it makes vectors of 32 bytes, as the clock of the first ones fell under
wider ones. That of later ones does not, and a loop that waits for neither memory nor division takes two
thirds of the time in vectors of 64.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc"

from __future__ import annotations

from numba.core.lowering import Lower

from convpipe.compile.runtime.processor import VECTOR_BYTES, name

SLOWED = frozenset({"skylake-avx512", "cascadelake", "cooperlake", "cannonlake"})
"""Processors, by LLVM's names, that lower their clock while they work on 64 bytes at once."""


def width(processor: str) -> int:
    """Return the bits of the vectors that LLVM is to make of loops, for a processor by its name."""
    return 8 * (min(VECTOR_BYTES, 32) if processor in SLOWED else VECTOR_BYTES)


ATTRIBUTE = f'"prefer-vector-width"="{width(name())}"'
"""What a function says of that, in LLVM's words."""


class WideLower(Lower):
    """Numba's way to LLVM, which says of each function how wide its vectors are to be."""

    def setup_function(self, fndesc):
        """Declare the function, and say so."""
        super().setup_function(fndesc)
        # llvmlite has no word for the attribute, and prints what is in the set.
        set.add(self.function.attributes, ATTRIBUTE)
