"""The driver and its loops run as Python: every index is checked, and no byte is read before it is written.

Compiled, they check nothing: what is read past a row, or before it is written, is whatever lies there.
"""

import types
from functools import reduce
from pathlib import Path
from unittest import mock

import numba
import numpy as np
from rounding import fma, fma_of_floats

from convpipe.compile.common.elementary import angles, exponentials
from convpipe.compile.cpu.blocks import HEAD, Block
from convpipe.compile.cpu.compiled import ahead, blocks, drive, order, phases, rows, vectors
from convpipe.compile.cpu.compiled import pixels as several
from convpipe.compile.cpu.sizes import PIXEL
from convpipe.geometry import border_index

FIRST_LOOP = 1 << 60
"""In place of the address of a loop: this, and its number."""


class Memory:
    """Arrays by their addresses."""

    def __init__(self):
        self.arrays = []
        self.taken = 0

    def add(self, array, written=True):
        """Let `array` be found; its rows, if it has two axes, have nothing to do with each other."""
        pitch = array.strides[0] if array.ndim == 2 else array.nbytes
        flat = array.reshape(-1).view(np.uint8)
        self.arrays.append((address(array), flat, pitch, np.full(flat.shape, written)))
        return array

    def find(self, at):
        """Return the bytes from address `at` to the end of its row, and which of them were written."""
        for first, flat, pitch, written in reversed(self.arrays):
            if first <= at < first + len(flat):
                offset = at - first
                end = (offset // pitch + 1) * pitch
                return flat[offset:end], written[offset:end]
        raise AssertionError(f"address {at} is in no array")

    def allocated(self, nbytes):
        self.taken += int(nbytes)
        return address(self.add(np.zeros(nbytes, np.uint8), written=False))


class Row:
    """Samples from an address on, as ``addresses.Row``."""

    def __init__(self, memory, at, dtype):
        content, written = memory.find(at)
        size = np.dtype(dtype).itemsize
        count = len(content) // size
        self.samples = content[: count * size].view(dtype)
        self.written = written[: count * size].reshape(count, size)

    def __getitem__(self, x):
        assert 0 <= x < len(self.samples), f"reads sample {x} of {len(self.samples)}"
        assert self.written[x].all(), f"reads sample {x}, which nobody wrote"
        return self.samples[x]

    def __setitem__(self, x, value):
        assert 0 <= x < len(self.samples), f"writes sample {x} of {len(self.samples)}"
        self.samples[x] = value
        self.written[x] = True


class Numbers:
    """Parameters of a loop, from one on."""

    def __init__(self, memory, at, first, dtype):
        self.numbers, self.first = Row(memory, at, dtype), first

    def __getitem__(self, k):
        assert k >= 0, f"number {k}"
        return self.numbers[self.first + k]


class Words:
    """Numbers of the driver from somewhere on."""

    def __init__(self, words):
        self.words = words

    def __getitem__(self, k):
        assert 0 <= k < len(self.words), f"word {k} of {len(self.words)}"
        return self.words[k]

    def __setitem__(self, k, value):
        assert 0 <= k < len(self.words), f"word {k} of {len(self.words)}"
        self.words[k] = value


def tail(words, first):
    assert 0 <= first <= len(words.words), f"from word {first} of {len(words.words)}"
    return Words(words.words[first:])


def address(array):
    return array.__array_interface__["data"][0]


def modulo(kind, number):
    """What is left of an integer in a type."""
    return np.array(number, np.int64).astype(kind)[()]


def plus(total, *samples):
    if isinstance(total, np.floating):  # each sum is rounded, in their order
        return reduce(lambda so_far, sample: so_far + type(total)(sample), samples, total)
    return modulo(type(total), int(total) + sum(map(int, samples)))


def minus(total, *samples):
    number = type(total) if isinstance(total, np.floating) else int
    return plus(total, *(-number(sample) for sample in samples))


def half_even(value, bits):
    """No intermediate step may leave the type, as it would wrap around."""
    assert int(value) + 2 ** (bits - 1) <= np.iinfo(type(value)).max
    return type(value)(round(int(value) / 2**bits))


def low(samples, index):
    assert samples.written[index + 1].all(), f"reads sample {index + 1}, which nobody wrote"
    return int(samples[index])


def high(samples, index):
    assert samples.written[index].all(), f"reads sample {index}, which nobody wrote"
    return int(samples[index + 1])


def dot(*products):
    if isinstance(products[0], np.integer):
        return dot_onto(type(products[0])(0), *products)
    return dot_onto(products[0] * type(products[0])(products[1]), *products[2:])


def dot_onto(total, *products):
    kind = type(total)
    for weight, sample in zip(products[::2], products[1::2], strict=True):
        if isinstance(total, np.integer):
            total = modulo(kind, int(total) + int(weight) * int(sample))
            continue
        weight, sample = kind(weight), kind(sample)
        total = kind(
            fma_of_floats(weight, sample, total) if kind is np.float32 else fma(weight, sample, total)
        )
    return total


def quantize(dtype):
    limits = np.iinfo(dtype)

    def rounded(value):
        kind = type(value)
        return kind(0) if np.isnan(value) else min(max(np.rint(value), kind(limits.min)), kind(limits.max))

    return rounded


def store(dtype):
    limits, rounded = np.iinfo(dtype), quantize(dtype)

    def stored(value):
        whole = int(value) if isinstance(value, np.integer) else int(rounded(value))
        return np.dtype(dtype).type(min(max(whole, limits.min), limits.max))

    return stored


def layers(memory, poison):
    """Return what rank windows are written in, as Python.

    Vectors may reach beyond what was written, to where there is `poison`; results may not.
    """
    module = types.ModuleType(order.__name__)

    def row_at(at, dtype):
        kind = np.int64 if dtype is numba.types.int64 else dtype
        return Row(memory, at, kind)

    def layer(code, dtype, pitch):
        return lambda *given: run_layer(memory, poison, code.split(), dtype, pitch, given)

    module.layer = layer
    with mock.patch.object(numba.config, "DISABLE_JIT", True):
        names = {}
        exec(Path(order.__file__).read_text(), names)
    for name in ("widen", "narrow"):
        names["row_at"] = row_at
        setattr(module, name, names[name])
    return module


def run_layer(memory, poison, code, dtype, pitch, given):
    """Run the code of a layer on a vector of columns."""
    rows, windows, slots, column, own = given
    size = np.dtype(dtype).itemsize
    lanes = order.VECTOR // size
    values = []
    for instruction in code:
        what, (first, second) = instruction[0], map(int, instruction[1:].split(","))
        if what in "rs":
            at = rows[first] + column * size if what == "r" else slots + first * pitch + own * size
            read = Row(memory, at + second * size, dtype)
            assert lanes <= len(read.samples), f"reads {lanes} samples of {len(read.samples)}"
            written = read.written[:lanes].all(axis=1)
            values.append(np.where(written, read.samples[:lanes], np.dtype(dtype).type(poison)))
        elif what in "lh":
            pair = np.sort([values[first], values[second]], axis=0)  # NaNs last
            values.append(pair[0] if what == "l" else pair[1])
        else:
            number = windows + first
            at = slots + first * pitch + own * size if what == "w" else rows[number] + column * size
            made = Row(memory, at, dtype)
            for x in range(lanes):
                made[x] = values[second][x]


def in_blocks(memory):
    """Return what dense kernels are written in, as Python: it reads and writes what it is to, and no more."""
    module = types.ModuleType(blocks.__name__)

    def block_of(columns):
        def sums_of(sample, compute, block, streams=False):
            block, kind = Block(*block), np.dtype(compute)

            def run(rows, parameters, first, count):
                last = min(first + columns(block), count)
                run_block(memory, (rows, parameters), block, range(first, last), (sample, kind.type))

            return run

        return sums_of

    module.whole = block_of(lambda block: block.columns)
    module.part = block_of(lambda block: block.lanes)
    return module


def run_block(memory, given, block, columns, types):
    """Sum what is under the windows of a block, as ``blocks.part`` says."""
    (rows, parameters), (sample, kind) = given, types
    height, width, step = map(int, _values(memory, parameters, 0, 3, np.int64))
    weights = _values(memory, parameters + HEAD * 8, 0, height * width, kind)
    for row in range(block.rows):
        samples = [Row(memory, rows[row * block.step + i], sample) for i in range(height)]
        sums = Row(memory, rows[height + block.ramp + row], kind)
        for x in columns:
            products = [
                each
                for i in range(height)
                for j in range(width)
                for each in (weights[j * height + i], samples[i][x + j * step])
            ]
            sums[x] = dot(*products)


def sums(memory):
    """Return weighted sums of any number of samples, as Python."""
    module = types.ModuleType(vectors.__name__)

    def dot_down(sample, dtype, windows):
        def run(rows, count, p):
            taps, step = _values(memory, p, 0, 2, np.int64)
            weights = _values(memory, p + 16, 0, taps, dtype)
            reads = taps + (windows - 1) * step
            for window in range(windows):
                read = [Row(memory, rows[window * step + k], sample) for k in range(taps)]
                made = Row(memory, rows[reads + window], dtype)
                for x in range(count):
                    made[x] = dot(*(each for k in range(taps) for each in (weights[k], read[k][x])))

        return run

    def dot_along(sample, dtype, step):
        def run(rows, count, p):
            (taps,) = _values(memory, p, 0, 1, np.int64)
            weights = _values(memory, p + 8, 0, taps, dtype)
            read, made = Row(memory, rows[0], sample), Row(memory, rows[1], dtype)
            for x in range(count):
                made[x] = dot(*(each for k in range(taps) for each in (weights[k], read[x + k * step])))

        return run

    module.dot_down, module.dot_along = dot_down, dot_along
    return module


def in_phases(memory):
    """Return what sorts pixels by the phase of their place, as Python."""
    module = types.ModuleType(phases.__name__)

    def some_phases(dtype, stride, channels):
        def run(rows, count):
            read = Row(memory, rows[0], dtype)
            for phase in range(stride):
                made = Row(memory, rows[1 + phase], dtype)
                for x in range(count):
                    pixel, channel = divmod(x, channels)
                    made[x] = read[(pixel * stride + phase) * channels + channel]

        return run

    module.phases = some_phases
    return module


def at_once():
    """Return what makes the samples of a pixel at once, as Python."""
    module = types.ModuleType(several.__name__)

    def put_pixel(out, index, *products):
        for k in range(PIXEL):
            rows = zip(products[::3], products[1::3], products[2::3], strict=True)
            out[index + k] = dot(*(each for weight, row, at in rows for each in (weight, row[at + k])))

    module.put_pixel = put_pixel
    return module


def at_hand():
    """Return what asks for memory ahead of its use, as Python: all of it is there."""
    module = types.ModuleType(ahead.__name__)
    module.ask = lambda rows, begin, end, result, last: None
    module.ask_below = lambda rows, size, begin, end: None
    return module


def store_small(dtype):
    stored = store(dtype)

    def checked(value):
        assert np.isnan(value) or abs(float(value)) < 2**31
        return stored(value)

    return checked


def loops(sources, memory, poison=77):
    """Return the functions of generated modules, as Python."""
    helpers = types.ModuleType(rows.__name__)
    modules = (
        helpers,
        layers(memory, poison),
        in_blocks(memory),
        sums(memory),
        in_phases(memory),
        at_once(),
        at_hand(),
    )
    with (
        mock.patch.object(numba.config, "DISABLE_JIT", True),
        mock.patch.dict("sys.modules", {module.__name__: module for module in modules}),
    ):
        exec(Path(rows.__file__).read_text(), helpers.__dict__)
        for name in ("source", "target", "row"):
            setattr(helpers, name, lambda rows, k, dtype: Row(memory, rows[k], dtype))
        helpers.listed = lambda at, first, dtype: Numbers(memory, at, first, dtype)
        helpers.values = lambda at, first, count, dtype: _values(memory, at, first, count, dtype)
        for own in (dot, dot_onto, plus, minus, half_even, low, high, tail):
            setattr(helpers, own.__name__, own)
        helpers.floor, helpers.round = np.floor, np.rint
        helpers.sin, helpers.cos, helpers.arctan2 = angles(lambda function: function, dot_onto)
        helpers.exp, helpers.log = exponentials(
            lambda function: function,
            dot_onto,
            lambda value: np.float64(value).view(np.int64),
            lambda bits: np.int64(bits).view(np.float64),
        )
        helpers.ldexp = lambda value, exponent: np.ldexp(value, int(exponent))
        for dtype in rows.INTEGERS:
            setattr(helpers, f"quantize_{dtype}", quantize(dtype))
            setattr(helpers, f"store_{dtype}", store(dtype))
            setattr(helpers, f"store_small_{dtype}", store_small(dtype))
        made = []
        for source in sources:
            names = {}
            exec(source, names)
            made.append(names["loop"])
    return made


def _values(memory, at, first, count, dtype):
    given = Row(memory, at, dtype)
    return tuple(given[first + k] for k in range(count))


def band(memory, functions, whole=True):
    """Return the driver, which calls `functions`, as Python: of a whole image it asks for its own rows."""
    names = {}
    with mock.patch.object(numba.config, "DISABLE_JIT", True):
        exec(Path(drive.__file__).read_text(), names)

    def call_loop(number, given, count, parameters):
        return functions[number - FIRST_LOOP](given, count, parameters)

    names |= {"call_loop": call_loop, "allocated": memory.allocated, "freed": memory.find}
    names["row_at"] = lambda at, dtype: Words(memory.find(at)[0].view(dtype))
    names["values"] = lambda at, first, count, dtype: _values(memory, at, first, count, dtype)
    names |= {"fetch": memory.find if whole else lambda _: None}
    names |= {"border_index": border_index, "place_of": address, "address": Words, "tail": tail}
    return names["band"]


def run(executable, image, first=0, last=None):
    """Return rows first..last of the result of a compiled pipeline, and the bytes taken beside it.

    By its table and its loops as Python.
    """
    memory, table = Memory(), executable.table
    flat = memory.add(executable.given.rows(image))
    out = memory.add(np.zeros_like(executable.outcome.picture.empty()), written=False)
    parameters = memory.add(table.parameters)
    words = table.with_loops([FIRST_LOOP + k for k in range(len(table.loops))])
    driver = band(memory, loops([loop.source for loop in table.loops], memory))
    last = len(out) if last is None else last
    with np.errstate(all="ignore"):
        driver(words, address(flat), address(out), np.empty(0, np.int64), address(parameters), first, last)
    return out[first:last], memory.taken


def run_band(sweep, given, first, last):
    """Return the bands that a sweep makes of the bands `given`, by its table and its loops as Python.

    It finds no byte of an image beside them.
    """
    memory, fused = Memory(), sweep.fused
    for one in given:
        memory.add(one.rows)
    made = [
        picture.band(fused._share(sink, first), fused._share(sink, last))
        for sink, picture in enumerate(sweep.pictures)
    ]
    for one in made:
        memory.add(one.rows, written=False)
    parameters = memory.add(fused.table.parameters)
    words = fused.table.with_loops([FIRST_LOOP + k for k in range(len(fused.table.loops))])
    driver = band(memory, loops([loop.source for loop in fused.table.loops], memory), whole=False)
    origins = np.array([one.origin for one in (*given, *made)], np.int64)
    with np.errstate(all="ignore"):
        driver(words, 0, 0, origins, address(parameters), first, last)
    return made
