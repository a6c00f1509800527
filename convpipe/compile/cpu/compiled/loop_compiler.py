"""Numba's compiler as loops have it: without the passes that find nothing in them, and with one of ours."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc"

from __future__ import annotations

from numba.core.compiler import Compiler
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import InlineOverloads, NativeLowering, NopythonRewrites
from numba.core.untyped_passes import InlineClosureLikes

from convpipe.compile.cpu.compiled.wide import WideLower

NEEDLESS = frozenset({InlineClosureLikes, InlineOverloads, NopythonRewrites})
"""What inlines closures and what is marked for that, and fuses operations on whole arrays: loops have none of
these, and each pass looks at every line, and at which variables live there."""


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(NativeLowering):
    """Numba's pass to LLVM, by our way."""

    _name = "convpipe_native_lowering"

    @property
    def lowering_class(self):
        return WideLower


class LoopCompiler(Compiler):
    """Numba's compiler, as the ``pipeline_class`` of a decorator; ``parallel=True`` is left to Numba."""

    def define_pipelines(self):
        """Return Numba's passes, but for some, and one of ours to LLVM."""
        managers = super().define_pipelines()
        needless = frozenset() if self.state.flags.auto_parallel.enabled else NEEDLESS
        for manager in managers:
            manager.passes = [
                (_Lowering if step is NativeLowering else step, text)
                for step, text in manager.passes
                if step not in needless
            ]
            manager.finalize()
        return managers
