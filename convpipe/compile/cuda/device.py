"""Room on the device for an image at a time from each of a few threads, and what fails there.

Each of these images has a slot: a stream, and page-locked buffers on the host through which its copies
run while another image's kernels do. Nothing is set up before the first image.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np
from numba import cuda
from numba.cuda.cudadrv.driver import CudaAPIError
from numba.cuda.cudadrv.error import CudaSupportError
from numpy.typing import DTypeLike, NDArray

from convpipe.compile.cuda.rows import SIMULATED
from convpipe.errors import BackendError

IMAGES = 1 if SIMULATED else 3
"""Most images on the device at once: one on its way there, one filtered, one on its way back.

The simulator runs one kernel at a time.
"""

_OUT_OF_MEMORY = 2  # CUDA_ERROR_OUT_OF_MEMORY


class OutOfMemory(Exception):  # noqa: N818
    """The device's memory does not hold what was asked for."""


class Slot:
    """A stream of copies and kernels, in order among themselves."""

    def __init__(self) -> None:
        self.stream = cuda.stream()
        self._pinned: dict[str, NDArray[np.uint8]] = {}

    def _staged(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return the page-locked buffer `name` as an array; it grows to the largest image."""
        size = prod(shape) * np.dtype(dtype).itemsize
        if name not in self._pinned or self._pinned[name].size < size:
            self._pinned[name] = cuda.pinned_array(size, np.uint8)
        return self._pinned[name][:size].view(dtype).reshape(shape)

    def send(self, image: NDArray[Any], number: int = 0) -> Any:
        """Return `image` on the device, once the stream is that far.

        Images that are sent before anything is received need a `number` each.
        """
        staged = self._staged(f"there {number}", image.shape, image.dtype)
        staged[...] = image
        return cuda.to_device(staged, stream=self.stream)

    def copy(self, vector: NDArray[Any]) -> Any:
        """Return a small `vector` on the device."""
        return cuda.to_device(vector, stream=self.stream)

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> Any:
        """Return an array on the device with nothing in it."""
        return cuda.device_array(shape, dtype, stream=self.stream)

    def receive(self, source: Any, target: NDArray[Any]) -> None:
        """Fill `target` from `source`, when all that the stream was given is done."""
        staged = self._staged("back", target.shape, target.dtype)
        source.copy_to_host(staged, stream=self.stream)
        self.stream.synchronize()
        target[...] = staged

    def fetch(self, source: Any) -> NDArray[Any]:
        """Return what `source` holds, as an array of the host."""
        target = np.empty(source.shape, source.dtype)
        self.receive(source, target)
        return target


_room = threading.BoundedSemaphore(IMAGES)
_free: list[Slot] = []


@contextmanager
def slot() -> Iterator[Slot]:
    """Wait for room on the device.

    Raises
    ------
    OutOfMemory
        If its memory is too small for what the ``with`` block puts there.
    BackendError
        If the device fails.
    """
    with _room, failures():
        mine = _free.pop() if _free else Slot()
        try:
            yield mine
        finally:
            _free.append(mine)


@contextmanager
def failures() -> Iterator[None]:
    """Turn what the driver raises into errors of convpipe."""
    try:
        yield
    except CudaAPIError as error:
        if int(getattr(error, "code", 0)) == _OUT_OF_MEMORY:
            raise OutOfMemory("the device's memory is too small") from None
        raise BackendError(f"the CUDA device failed: {error}") from error
    except CudaSupportError as error:
        raise BackendError(f"CUDA cannot be used: {' '.join(str(error).split())}") from error
