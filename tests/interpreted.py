"""The fused loop run as Python, with every index checked and scratch memory filled with what shows.

Compiled, a loop checks nothing: what it reads past a row, or before it is written, is whatever lies there.
"""

import types
from pathlib import Path
from unittest import mock

import numba
import numpy as np
from rounding import fma, fma_of_floats

from convpipe.compile.cpu import addresses, rows

UNWRITTEN = -77


class Row:
    """As ``addresses.Row``, up to the end of the row."""

    def __init__(self, samples):
        self.samples = samples

    def __getitem__(self, x):
        assert 0 <= x < len(self.samples), f"reads sample {x} of {len(self.samples)}"
        return self.samples[x]

    def __setitem__(self, x, value):
        assert 0 <= x < len(self.samples), f"writes sample {x} of {len(self.samples)}"
        self.samples[x] = value


def line(array, row, first):
    assert 0 <= row < array.shape[0], f"row {row} of {array.shape[0]}"
    return tail(Row(array[row]), first)


def tail(row, first):
    assert 0 <= first <= len(row.samples), f"from sample {first} of {len(row.samples)}"
    return Row(row.samples[first:])


def take(vector, first, count):
    assert 0 <= first <= first + count <= len(vector), f"values {first}..{first + count} of {len(vector)}"
    return tuple(vector[first : first + count])


def dot(*products):
    return dot_onto(products[0] * products[1], *products[2:])


def dot_onto(total, *products):
    kind = type(total)
    for weight, sample in zip(products[::2], products[1::2], strict=True):
        weight, sample = kind(weight), kind(sample)
        total = kind(
            fma_of_floats(weight, sample, total) if kind is np.float32 else fma(weight, sample, total)
        )
    return total


def to_int32(value):
    """As x86 does it: what 32 bits do not hold becomes the least integer."""
    held = np.isfinite(value) and abs(value) < 2**31
    return np.int32(np.rint(value)) if held else np.int32(-(2**31))


class _FilledNumPy:
    """NumPy, whose empty arrays are not; it knows what it gave since a strip began, and the most of it."""

    def __init__(self):
        self.given = self.most = 0

    def __getattr__(self, name):
        return getattr(np, name)

    def empty(self, shape, dtype):
        array = filled(shape, dtype)
        self.given += array.nbytes
        self.most = max(self.most, self.given)
        return array

    def hold(self, *arrays):
        """What stands last in a strip."""
        self.given = 0


def filled(shape, dtype):
    value = np.nan if np.dtype(dtype).kind == "f" else np.array(UNWRITTEN).astype(dtype)
    return np.full(shape, value, dtype)


ADDRESSES = {
    "address": Row, "lent": lambda array: array, "line": line, "tail": tail,
}  # fmt: skip


def band(source, numpy=None):
    """Return the function ``band`` of a generated module, as Python; its arrays are from `numpy`."""
    numpy = numpy or _FilledNumPy()
    stand_in = types.ModuleType(addresses.__name__)
    stand_in.__dict__.update(ADDRESSES | {"hold": numpy.hold})
    helpers = types.ModuleType(rows.__name__)
    loop = {}
    with (
        mock.patch.object(numba.config, "DISABLE_JIT", True),
        mock.patch.dict("sys.modules", {addresses.__name__: stand_in, rows.__name__: helpers}),
    ):
        _run(Path(rows.__file__).read_text(), helpers.__dict__, numpy)
        helpers.take, helpers.to_int32, helpers.dot, helpers.dot_onto = take, to_int32, dot, dot_onto
        _run(source, loop, numpy)
    return loop["band"]


def _run(source, names, numpy):
    exec(source, names)
    names["np"] = numpy


def run(executable, image):
    """Return the result of a compiled pipeline, by its source as Python, and the bytes it took beside it."""
    flat = image.reshape(executable._given.extent)
    out = filled(*executable._made)
    values, numpy = executable.values, _FilledNumPy()
    with np.errstate(all="ignore"):
        band(executable.source, numpy)(
            flat, out, 0, len(out), values.geometry, values.weights, values.constants, values.outside
        )
    return out, numpy.most
