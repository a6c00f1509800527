"""Rows of a file that holds samples and nothing that says how they lie."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, ReadError
from convpipe.images import ImageInfo, Metadata
from convpipe.images.rows import Blocks, RowReader, blocks_of_samples
from convpipe.images.source import read_errors
from convpipe.limits import Limits
from convpipe.stores import Url
from convpipe.streaming.sources import files
from convpipe.streaming.sources.model import RowSource

Interleave = Literal["pixel", "line", "band"]
"""How channels lie in a file: those of each pixel together, a row of each channel after the other, or each
channel as a whole. In remote sensing they are called BIP, BIL and BSQ."""


@dataclass(frozen=True)
class Raw:
    """A file of samples, as somebody who knows says that they lie.

    Parameters
    ----------
    path : path-like or Url
    shape : (rows, cols) or (rows, cols, channels)
    dtype : str
        NumPy's name with the byte order, as ``<u2`` or ``>f4``; without one it is that of this machine.
    offset : int, optional
        Bytes before the first sample.
    interleave : {'pixel', 'line', 'band'}, optional
        How channels lie.

    Raises
    ------
    ParameterError
        This is no image of numbers.

    Examples
    --------
    >>> Raw("scan.raw", (20_000, 30_000), ">u2", offset=512).nbytes
    1200000512
    """

    path: str | os.PathLike[str] | Url
    shape: tuple[int, ...]
    dtype: str = "uint8"
    offset: int = 0
    interleave: Interleave = "pixel"

    def __post_init__(self) -> None:
        if len(self.shape) not in (2, 3) or min(self.shape) < 1:
            raise ParameterError(
                f"an image is (rows, cols) or (rows, cols, channels); given {self.shape}", "shape"
            )
        if self.samples.kind not in "uif":
            raise ParameterError(
                f"samples are whole numbers or floating point; given {self.dtype!r}", "dtype"
            )
        if self.offset < 0:
            raise ParameterError(
                f"bytes before the first sample are 0 or more; given {self.offset}", "offset"
            )
        if self.interleave not in LAYOUTS:
            known = ", ".join(LAYOUTS)
            raise ParameterError(f"channels lie by one of {known}; given {self.interleave!r}", "interleave")

    @property
    def samples(self) -> np.dtype[Any]:
        """The dtype of the samples in the file."""
        try:
            return np.dtype(self.dtype)
        except TypeError:
            raise ParameterError(f"unknown dtype {self.dtype!r}; one is '<u2'", "dtype") from None

    @property
    def nbytes(self) -> int:
        """Bytes of the file that are needed."""
        return self.offset + math.prod(self.shape) * self.samples.itemsize


@contextmanager
def opened(raw: Raw, limits: Limits) -> Iterator[RowSource]:
    """Open a file of samples.

    Raises
    ------
    ReadError
        It is missing, or too short for what it is said to hold.
    LimitError
        It claims more than the limits.
    """
    rows, cols, channels = (*raw.shape, 1)[:3]
    name, notes = raw.samples.newbyteorder("=").name, list[str]()
    with files.held(raw.path) as held, read_errors("cannot open"), held.open() as file:
        size = file.seek(0, os.SEEK_END)
        limits.check_file(size)
        limits.check_array(rows, cols, channels, name)
        if size < raw.nbytes:
            raise ReadError(f"the file has {size} bytes; {raw.nbytes} are needed for {raw.shape} {raw.dtype}")
        if size > raw.nbytes:
            notes.append(f"{size - raw.nbytes} bytes behind the image left")
        blocks = LAYOUTS[raw.interleave](file, raw)
        info = ImageInfo(Path(str(raw.path)), "raw", (rows, cols), channels, False, name, 1, tuple(notes))
        yield RowSource(info, RowReader(_guarded(blocks), 1, Metadata(), notes))


def _guarded(blocks: Blocks) -> Blocks:
    """Return blocks of which whatever goes wrong is a `ReadError`."""

    def decoded(number: int) -> np.ndarray:
        with read_errors("cannot read"):
            return blocks.decoded(number)

    return replace(blocks, decoded=decoded)


def _by_pixel(file: BinaryIO, raw: Raw) -> Blocks:
    return blocks_of_samples(file, raw.offset, raw.shape, raw.samples)


def _by_line(file: BinaryIO, raw: Raw) -> Blocks:
    rows, cols, *channels = raw.shape
    blocks = blocks_of_samples(file, raw.offset, (rows, *channels, cols), raw.samples)
    return replace(blocks, decoded=lambda number: np.moveaxis(blocks.decoded(number), -1, 1))


def _by_band(file: BinaryIO, raw: Raw) -> Blocks:
    rows, cols, *channels = raw.shape
    plane = rows * cols * raw.samples.itemsize
    planes = [
        blocks_of_samples(file, raw.offset + at * plane, (rows, cols), raw.samples)
        for at in range(math.prod(channels))
    ]

    def decoded(number: int) -> np.ndarray:
        found = np.stack([each.decoded(number) for each in planes], axis=-1)
        return found if channels else found[..., 0]

    def soon(number: int) -> None:
        for each in planes:
            if each.soon is not None:
                each.soon(number)

    return replace(planes[0], decoded=decoded, soon=None if planes[0].soon is None else soon)


LAYOUTS: Mapping[str, Callable[[BinaryIO, Raw], Blocks]] = {
    "pixel": _by_pixel,
    "line": _by_line,
    "band": _by_band,
}
