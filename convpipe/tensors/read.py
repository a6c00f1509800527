"""A tensor by the path of its file, and by its name where the file holds several."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO, NamedTuple

from numpy.typing import NDArray

from convpipe.paths import opened
from convpipe.tensors import npy, onnx, safetensors
from convpipe.tensors.base import MOST, Tensor

__all__ = ["FORMS", "MOST", "operations", "read"]

_READERS: dict[str, Callable[[BinaryIO, int], list[Tensor]]] = {
    ".npy": npy.tensors,
    ".npz": npy.archived,
    ".safetensors": safetensors.tensors,
    ".onnx": onnx.tensors,
}

FORMS = "the path of a .npy, .npz, .safetensors or .onnx file, with '#NAME' behind it where it holds several"
"""What :func:`read` takes, in words."""

_NAMED = re.compile(r"(.+\.(?:npy|npz|safetensors|onnx))#(.*)", re.IGNORECASE | re.DOTALL)

_PICKLED = (".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt", ".joblib")

_SHOWN = 12
"""Tensors that an error lists."""


class _Place(NamedTuple):
    path: str
    name: str | None


def read(text: str | os.PathLike[str]) -> NDArray[Any]:
    """Return a tensor of a file, read at once.

    Parameters
    ----------
    text : path-like
        Of a ``.npy``, ``.npz``, ``.safetensors`` or ``.onnx`` file; with ``#NAME`` behind it, that tensor.

    Raises
    ------
    ValueError
        If the file cannot be read, holds no such tensor, holds several and none is named - the error lists
        them - or would have to be unpickled.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/a.npz", edge=[[1, -1]], blur=[[1, 1]])
    ...     read(f"{folder}/a.npz#edge")
    array([[ 1, -1]])
    """
    place = _place(text)
    found: NDArray[Any] = opened(place.path, lambda file, size: _chosen(place, file, size).load())
    return found


def operations(path: str | os.PathLike[str]) -> tuple[list[onnx.Operation], list[str], set[str]]:
    """Return the operations of a .onnx file, the names of its inputs, and those of its constants.

    Raises
    ------
    ValueError
        As of :func:`read`.
    """
    found: tuple[list[onnx.Operation], list[str], set[str]] = opened(os.fspath(path), onnx.operations)
    return found


def _place(text: str | os.PathLike[str]) -> _Place:
    """Return the path and the name that `text` gives."""
    path = os.fspath(text)
    if found := _NAMED.fullmatch(path):
        return _Place(found[1], found[2])
    return _Place(path, None)


def _chosen(place: _Place, file: BinaryIO, size: int) -> Tensor:
    """Return the tensor that is asked for."""
    extension = os.path.splitext(place.path)[1].lower()
    if extension in _PICKLED:
        raise ValueError(
            "it would have to be unpickled, which runs what it holds; "
            "write its tensors by safetensors.torch.save_file, or numpy.savez"
        )
    if extension not in _READERS:
        raise ValueError(f"needed is {FORMS}")
    held = _READERS[extension](file, size)
    if not held:
        raise ValueError("it holds no tensors")
    if place.name is None:
        if len(held) == 1:
            return held[0]
        which = f"'{os.path.basename(place.path)}#NAME'"
        raise ValueError(f"it holds {len(held)} tensors; say which by {which}: {_listed(held)}")
    named = [tensor for tensor in held if tensor.name == place.name]
    if len(named) == 1:
        return named[0]
    if extension == ".npy":
        raise ValueError("a .npy file holds one array, which has no name; leave '#' and what follows out")
    meant = _meant(place.name, (tensor.name for tensor in held))
    raise ValueError(f"it holds no tensor {place.name!r}{meant}; there are {_listed(held)}")


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _listed(held: Sequence[Tensor]) -> str:
    """Return names and shapes."""
    more = f" and {len(held) - _SHOWN} more" if len(held) > _SHOWN else ""
    return f"{', '.join(map(str, held[:_SHOWN]))}{more}"
