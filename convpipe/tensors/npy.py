"""NumPy's .npy files, one array each, and .npz archives of them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from convpipe.tensors.base import Tensor, check_size

_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def tensors(file: BinaryIO, size: int) -> list[Tensor]:
    """Return the array of an open .npy file of so many bytes, as the one tensor without a name."""
    return [Tensor("", _header(file, size)[0], partial(_read, file, size))]


def archived(file: BinaryIO, size: int) -> list[Tensor]:
    """Return the arrays of an open .npz file, whatever its own `size`: each member says its."""
    with _told():
        archive = zipfile.ZipFile(file)
        members = {member.filename: member for member in archive.infolist()}
        if len(members) < len(archive.infolist()):
            raise ValueError("two of its arrays have one name")
        if any(name.endswith(".pkl") for name in members):
            raise ValueError("it is an archive of torch.save, which is never unpickled")
        return [_member(archive, member) for name, member in sorted(members.items()) if name.endswith(".npy")]


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Tensor:
    """Return an array of an archive."""

    def load() -> NDArray[Any]:
        with _told(), archive.open(member) as stream:
            return _read(stream, member.file_size)

    with archive.open(member) as stream:
        shape, _ = _header(stream, member.file_size)
    return Tensor(member.filename.removesuffix(".npy"), shape, load)


def _header(file: IO[bytes], size: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and dtype of an array, as its header claims them."""
    file.seek(0)
    version = npy.read_magic(file)
    if version not in _READERS:
        raise ValueError(f"version {version[0]}.{version[1]} of the format; 1.0 and 2.0 are read")
    shape, _, dtype = _READERS[version](file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are never unpickled")
    return shape, dtype


def _read(file: IO[bytes], size: int) -> NDArray[Any]:
    """Return the array, whose header is held against the size of the file first."""
    shape, dtype = _header(file, size)
    check_size(shape, dtype.itemsize, -1, size - file.tell())
    file.seek(0)
    array: NDArray[Any] = npy.read_array(file, allow_pickle=False)
    return array


@contextmanager
def _told() -> Iterator[None]:
    """Say what is wrong with an archive as a ValueError."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OverflowError) as error:  # encrypted, too
        raise ValueError(f"a broken archive: {error}") from None
