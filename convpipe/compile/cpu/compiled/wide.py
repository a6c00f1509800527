"""How wide the vectors are that LLVM makes of a loop.

For Intel's processors with AVX-512 it makes vectors of 32 bytes, as the clock of the first ones fell under
wider ones. That of later ones does not, and a loop that waits for neither memory nor division takes two
thirds of the time in vectors of 64.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc"

from __future__ import annotations

from numba.core.compiler import Compiler
from numba.core.compiler_machinery import register_pass
from numba.core.lowering import Lower
from numba.core.typed_passes import NativeLowering

from convpipe.compile.runtime.processor import VECTOR_BYTES, name

SLOWED = frozenset({"skylake-avx512", "cascadelake", "cooperlake", "cannonlake"})
"""Processors, by LLVM's names, that lower their clock while they work on 64 bytes at once."""


def width(processor: str) -> int:
    """Return the bits of the vectors that LLVM is to make of loops, for a processor by its name."""
    return 8 * (min(VECTOR_BYTES, 32) if processor in SLOWED else VECTOR_BYTES)


ATTRIBUTE = f'"prefer-vector-width"="{width(name())}"'
"""What a function says of that, in LLVM's words."""


class _Lower(Lower):
    """Numba's way to LLVM, which says of each function how wide its vectors are to be."""

    def setup_function(self, fndesc):
        """Declare the function, and say so."""
        super().setup_function(fndesc)
        # llvmlite has no word for the attribute, and prints what is in the set.
        set.add(self.function.attributes, ATTRIBUTE)


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(NativeLowering):
    """Numba's pass, on that way."""

    _name = "convpipe_native_lowering"

    @property
    def lowering_class(self):
        return _Lower


class InWideVectors(Compiler):
    """Numba's compiler, as the ``pipeline_class`` of a decorator; ``parallel=True`` is left to Numba."""

    def define_pipelines(self):
        """Return Numba's passes, and one of ours to LLVM."""
        managers = super().define_pipelines()
        for manager in managers:
            manager.passes = [
                (_Lowering if step is NativeLowering else step, text) for step, text in manager.passes
            ]
            manager.finalize()
        return managers
