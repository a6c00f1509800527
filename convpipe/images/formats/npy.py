"""NumPy's .npy files: one array, its channels last. One of objects, which would need pickle, is refused."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from convpipe.errors import ReadError
from convpipe.images.metadata.model import Metadata
from convpipe.images.rows import Blocks, blocks_of_samples
from convpipe.images.source import Header, Pieces, Source
from convpipe.limits import Limits

READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def header(source: Source, limits: Limits) -> Header:
    """Parse the header and compare what it claims with the size of the file."""
    return header_of(source.file, source.size, limits)


def header_of(file: IO[bytes], size: int, limits: Limits) -> Header:
    """Return the header of an array that begins where `file` stands and has so many bytes."""
    version = npy.read_magic(file)
    if version not in READERS:
        raise ReadError(f"version {version[0]}.{version[1]} of the format; 1.0 and 2.0 are read")
    shape, by_columns, dtype = READERS[version](file)
    if dtype.hasobject:
        raise ReadError("it holds Python objects, which are never unpickled")
    if dtype.kind not in "buif" or len(shape) not in (2, 3) or (len(shape) == 3 and not 1 <= shape[2] <= 4):
        raise ReadError(
            f"it holds {dtype} of shape {shape}; needed are real numbers (rows, cols) or (rows, cols, 1 to 4)"
        )
    name = "uint8" if dtype.kind == "b" else dtype.newbyteorder("=").name
    rows, cols, channels = (*shape, 1)[:3]
    limits.check_array(rows, cols, channels, name)
    begin = file.tell()
    claimed = begin + rows * cols * channels * dtype.itemsize
    if claimed > size:
        raise ReadError(f"the file is truncated: {size} of {claimed} bytes")
    return Header(rows, cols, channels, name, private=(begin, shape, dtype, by_columns))


def blocks(source: Source, header: Header) -> Blocks:
    """Return the rows of the array in blocks that are read as they are asked for."""
    begin, shape, dtype, by_columns = header.private
    if by_columns:
        raise ReadError(
            "the array is stored column by column (Fortran order): its rows cannot be read one by one; "
            "save it by numpy.save(path, numpy.ascontiguousarray(array))"
        )
    made = blocks_of_samples(source.file, begin, shape, dtype)
    return replace(made, decoded=lambda number: _shown(made.decoded(number)))


def decode(source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
    """Read the array."""
    source.file.seek(0)
    return array_of(source.file)


def array_of(file: IO[bytes]) -> np.ndarray:
    """Return the array that begins where `file` stands; of booleans True is 255."""
    return _shown(npy.read_array(file, allow_pickle=False))


def _shown(array: np.ndarray) -> np.ndarray:
    """Return an array as pixels: of booleans True is 255."""
    return array.astype(np.uint8) * np.uint8(255) if array.dtype == np.bool_ else array


def encode(
    pixels: np.ndarray, alpha: bool, metadata: Metadata, quality: int | None, compression: int | None
) -> Pieces:
    """Return the header, and the samples as they are."""
    return [head_of(pixels.shape, pixels.dtype), pixels.reshape(-1).view(np.uint8).data]


def head_of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """Return what a file begins with, before the samples of an array in C order.

    >>> len(head_of((2, 3), np.dtype("u1")))
    128
    """
    begin = io.BytesIO()
    said = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(begin, said)
    return begin.getvalue()
