"""Numba's simulator of a device in a fraction of its time: threads of a block are coroutines that take turns.

Numba starts a thread of the operating system for each thread of a block, and asks all of them in a loop
whether they wait at a barrier. Here each runs until it comes to one, or ends; which of them comes first
changes from block to block, so that what lacks a barrier is seen in one order or the other. A barrier that
some threads do not come to is an error, as the programming guide has it.
"""

import sys
from contextlib import ExitStack
from types import SimpleNamespace

import numpy as np
from greenlet import greenlet
from numba import cuda
from numba.core import types
from numba.cuda.simulator import kernel, kernelapi
from numba.np import numpy_support


class Thread(greenlet):
    """One thread of a block, with what kernels ask of it."""

    def __init__(self, function, block, at):
        super().__init__(function)
        self.blockIdx = kernelapi.Dim3(*block)
        self.threadIdx = kernelapi.Dim3(*at)

    def syncthreads(self):
        self.parent.switch()


def run_block(self, block, *arguments):
    """Run all threads of a block, from barrier to barrier."""
    threads = [Thread(self._f, block, at) for at in np.ndindex(*self._block_dim)]
    if sum(block) % 2:
        threads.reverse()
    for thread in threads:
        thread.switch(*arguments)
    while not all(thread.dead for thread in threads):
        assert not any(thread.dead for thread in threads), f"not all threads of {block} come to a barrier"
        for thread in threads:
            thread.switch()


def call(self, *arguments):
    """Call a function of the device, or launch a kernel.

    In a function's module ``cuda`` becomes what is launched; it stays that till the launch is over.
    """
    if not self._device:
        with modules:
            return launch(self, *arguments)
    names = self.fn.__globals__
    if names.get("cuda") is cuda:
        modules.enter_context(kernelapi.swapped_cuda_module(self.fn, kernel._kernel_context))
    return self.fn(*arguments)


def shared_array(self, shape, dtype, alignment=None):
    """Return the array of shared memory of the line that asks for it."""
    caller = sys._getframe(1)
    place = caller.f_code, caller.f_lineno
    if place not in self._allocations:
        kind = numpy_support.as_dtype(dtype) if isinstance(dtype, types.Type) else dtype
        self._allocations[place] = np.empty(shape, kind)
    return self._allocations[place]


launch = kernel.FakeCUDAKernel.__call__

modules = ExitStack()
"""Undoes, when a launch is over, what `call` changed in the modules of functions that were called."""


def install():
    """Let kernels run so, in this process."""
    kernel.BlockManager.run = run_block
    kernel.FakeCUDAKernel.__call__ = call
    kernelapi.FakeCUDAShared.array = shared_array
    kernelapi.threading = SimpleNamespace(current_thread=greenlet.getcurrent)
