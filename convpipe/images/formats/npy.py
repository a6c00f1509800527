"""NumPy's .npy files, read only; an array of objects, which would need pickle, is refused."""

from __future__ import annotations

import numpy as np
from numpy.lib import format as npy

from convpipe.errors import ReadError
from convpipe.images.source import Header, Source
from convpipe.limits import Limits

READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def header(source: Source, limits: Limits) -> Header:
    """Parse the header and compare what it claims with the size of the file."""
    version = npy.read_magic(source.file)
    if version not in READERS:
        raise ReadError(f"version {version[0]}.{version[1]} of the format; 1.0 and 2.0 are read")
    shape, _, dtype = READERS[version](source.file)
    if dtype.hasobject:
        raise ReadError("it holds Python objects, which are never unpickled")
    if dtype.kind not in "buif" or len(shape) not in (2, 3) or (len(shape) == 3 and not 1 <= shape[2] <= 4):
        raise ReadError(
            f"it holds {dtype} of shape {shape}; needed are real numbers (rows, cols) or (rows, cols, 1 to 4)"
        )
    name = "uint8" if dtype.kind == "b" else dtype.newbyteorder("=").name
    rows, cols, channels = (*shape, 1)[:3]
    limits.check_array(rows, cols, channels, name)
    claimed = source.file.tell() + rows * cols * channels * dtype.itemsize
    if claimed > source.size:
        raise ReadError(f"the file is truncated: {source.size} of {claimed} bytes")
    return Header(rows, cols, channels, name)


def decode(source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
    """Read the array."""
    source.file.seek(0)
    array: np.ndarray = npy.read_array(source.file, allow_pickle=False)
    return array.astype(np.uint8) * np.uint8(255) if array.dtype == np.bool_ else array
