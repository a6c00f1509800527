"""The device: whether there is one, and room on it for an image at a time from each of a few threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import cuda
from numba.cuda.cudadrv.driver import CudaAPIError
from numba.cuda.cudadrv.error import CudaSupportError
from numpy.typing import DTypeLike, NDArray

from convpipe.compile.cuda_rows import SIMULATED
from convpipe.errors import BackendError

IMAGES = 3
"""Most images on the device at once: one copied to it, one filtered, one copied back."""

_room = threading.BoundedSemaphore(1 if SIMULATED else IMAGES)  # the simulator runs one kernel at a time


_OUT_OF_MEMORY = 2  # CUDA_ERROR_OUT_OF_MEMORY


class OutOfMemory(Exception):  # noqa: N818
    """The device's memory does not hold what was asked for."""


@dataclass(frozen=True)
class Device:
    """A stream of copies and kernels, in order among themselves."""

    stream: Any

    def copy(self, array: NDArray[Any]) -> Any:
        """Return a copy of `array` on the device."""
        return cuda.to_device(array, stream=self.stream)

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> Any:
        """Return an array on the device with nothing in it."""
        return cuda.device_array(shape, dtype, stream=self.stream)

    def zeros(self, count: int, dtype: DTypeLike) -> Any:
        """Return a vector of zeros on the device."""
        return self.copy(np.zeros(count, dtype))

    def copy_back(self, source: Any, target: NDArray[Any]) -> None:
        """Fill `target` from the device array `source`."""
        source.copy_to_host(target, stream=self.stream)

    def fetch(self, source: Any) -> NDArray[Any]:
        """Return `source` once everything before it is done."""
        result: NDArray[Any] = source.copy_to_host(stream=self.stream)
        self.stream.synchronize()
        return result


@contextmanager
def on_device() -> Iterator[Device]:
    """Wait for room on the device, and give a stream there.

    Raises
    ------
    OutOfMemory
        If its memory is too small for what the ``with`` block puts there.
    BackendError
        If the device fails.
    """
    with _room:
        try:
            yield Device(cuda.stream())
        except CudaAPIError as error:
            if int(getattr(error, "code", 0)) == _OUT_OF_MEMORY:
                raise OutOfMemory from None
            raise BackendError(f"the CUDA device failed: {error}") from error
        except CudaSupportError as error:
            raise BackendError(f"CUDA cannot be used: {error}") from error
