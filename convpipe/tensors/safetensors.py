"""The safetensors format: the length of a header, the header as JSON, and the numbers of all tensors.

Source: https://github.com/huggingface/safetensors, README, "Format".
"""

from __future__ import annotations

import json
from functools import partial
from itertools import pairwise
from math import prod
from typing import Any, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from convpipe.tensors.base import Tensor, check_size

MOST_HEADER = 8 << 20
"""Bytes of a header: those of a network of ten thousand tensors are one million."""

_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1",
}  # fmt: skip


def tensors(file: BinaryIO, size: int) -> list[Tensor]:
    """Return the tensors of an open .safetensors file of so many bytes.

    Raises
    ------
    ValueError
        If the header is not what the format says, or claims what the file does not have.
    """
    header, start = _header(file, size)
    header.pop("__metadata__", None)
    found = [_tensor(file, name, entry, start, size) for name, entry in header.items()]
    spans = sorted(span for _, span in found)
    if any(end > begin for (_, end), (begin, _) in pairwise(spans)):
        raise ValueError("two of its tensors overlap")
    return [tensor for tensor, _ in found]


def _header(file: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
    """Return the parsed header, and where the numbers begin."""
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > size - 8:
        raise ValueError("its header is longer than the file")
    if length > MOST_HEADER:
        raise ValueError(f"its header claims {length} bytes; at most {MOST_HEADER}")
    try:
        header = json.loads(
            file.read(length).decode(), object_pairs_hook=_object, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:  # of text that is no UTF-8, and nested deeply, too
        raise ValueError(f"its header is no JSON of tensors: {error}") from None
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    return header, 8 + length


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _tensor(
    file: BinaryIO, name: str, entry: object, start: int, size: int
) -> tuple[Tensor, tuple[int, int]]:
    """Return a tensor as the header has it, and its span among the numbers."""
    fields = entry if isinstance(entry, dict) else {}
    dtype, shape, span = (
        fields.get("dtype"),
        _counts(fields.get("shape")),
        _counts(fields.get("data_offsets")),
    )
    if not isinstance(dtype, str) or shape is None or span is None or len(span) != 2:
        raise ValueError(f"its header does not say dtype, shape and data_offsets of {name!r:.99}")
    begin, end = span
    if not begin <= end <= size - start:
        raise ValueError(f"the numbers of {name!r:.99} are not in the file")
    load = partial(_read, file, dtype, shape, start + begin, end - begin)
    return Tensor(name, shape, load), (begin, end)


def _counts(value: Any) -> tuple[int, ...] | None:
    """Return a list of whole numbers, none below 0; None for anything else."""
    counts = isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)
    return tuple(value) if counts else None


def _read(file: BinaryIO, name: str, shape: tuple[int, ...], start: int, nbytes: int) -> NDArray[Any]:
    """Return the numbers of a tensor; those of bfloat16 are the upper half of a float32."""
    if name not in _DTYPES:
        raise ValueError(f"its numbers are {name:.20}; read are {', '.join(_DTYPES)}")
    dtype = np.dtype(_DTYPES[name])
    check_size(shape, dtype.itemsize, nbytes, nbytes)
    file.seek(start)
    array = np.frombuffer(file.read(nbytes), dtype, prod(shape)).reshape(shape)
    if name == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array
