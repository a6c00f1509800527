"""What a thread transforms tiles with: the numbers that describe its job, and its memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.common.text import Text
from convpipe.compile.cpu import signatures
from convpipe.compile.cpu.executable import NOTHING_ELSE, address_of, all_bands, one_band
from convpipe.compile.cpu.fourier import job as at
from convpipe.compile.cpu.fourier.job import BESIDE, LANES, POINT, SUMS
from convpipe.compile.cpu.fourier.lines import passes
from convpipe.compile.cpu.loops import HEADER, Loop
from convpipe.compile.runtime import cache as compiled
from convpipe.dataclass import dataclass
from convpipe.fourier import Tiles
from convpipe.geometry import Extent

Array = NDArray[np.float64]

STEPS = {
    at.FORWARD: "butterflies import forward",
    at.BACKWARD: "butterflies import backward",
    at.PAIR: "pairs import pair",
    at.ALONG_ROWS: "pairs import along_rows",
    at.ALONG_COLS: "pairs import along_cols",
    at.WRITE: "pairs import write",
    at.READ_ROW: "pairs import read_row",
    at.SETTLE: "tiling import settle",
}
"""The compiled functions that a job calls by their addresses."""

WHOLE = 1.5 * 2.0**52
"""Added and taken away again it leaves an integer, of a number below 2**51."""

NOTHING = np.empty((0, 0))

READ, WRITTEN = np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.uint8)
"""In place of images: a job has their addresses."""
READ.flags.writeable = False

LINE = 8
"""Numbers in a line of a cache."""


@dataclass(frozen=True)
class Spectrum:
    """A kernel as it multiplies transforms of tiles.

    Parameters
    ----------
    values : ndarray of float64
        The transform of each block, as it stands when a tile has been transformed.
    norms : ndarray of float64
        The Euclidean norm of each.
    """

    values: Array
    norms: Array


@cache
def loader(dtype: str) -> Loop:
    """Samples of a row as numbers, less an origin.

    Parameters: the first of them, if they lie side by side, else a number below 0; what stands for those that
    are outside; the origin. Rows: the image's row, the numbers, and where each sample is in its row, below 0
    outside.
    """
    text = Text()
    text.block(HEADER)
    text.line(f"T = np.{dtype}", "", "", "@inline", "def loop(rows, n, p):")
    with text.indented():
        text.line(
            "s, t = source(rows, 0, T), target(rows, 1, np.float64)", "first, = values(p, 0, 1, np.int64)"
        )
        text.line("outside, origin = values(p, 1, 2, np.float64)")
        text.line("if first >= 0:")
        text.line(
            "    for x in range(n):", "        t[x] = np.float64(s[first + x]) - origin", "    return 0"
        )
        text.line("at = source(rows, 2, np.int64)", "for x in range(n):")
        text.line("    t[x] = (np.float64(s[at[x]]) if at[x] >= 0 else outside) - origin", "return 0")
    return Loop(f"samples of {dtype} as numbers", str(text))


@cache
def writer(dtype: str) -> Loop:
    """Responses of a row in their type; it returns how many are so small that they may be wrong.

    Parameters: which are; whether they are integers; their unit; how far apart they are among the samples,
    and among the responses. Rows: those.
    """
    text = Text()
    text.block(HEADER)
    text.line(f"T, WHOLE = np.{dtype}, {WHOLE}", "", "", "@inline", "def loop(rows, n, p):")
    with text.indented():
        text.line("s, t, doubtful = row(rows, 0, np.float64), row(rows, 1, T), 0")
        text.line("limit, _, unit = values(p, 0, 3, np.float64)")
        text.line("_, whole, _, step, pitch = values(p, 0, 5, np.int64)")
        text.line(
            "if whole:", "    for x in range(n):", "        s[x * step] = (s[x * step] + WHOLE) - WHOLE"
        )
        for condition, read, written in (("step * pitch == 1", "x", "x"), ("True", "x * step", "x * pitch")):
            text.line(f"if {condition}:", "    for x in range(n):")
            with text.indented(), text.indented():
                text.line(f"doubtful += 0 if abs(s[{read}]) >= limit else 1")
                text.line(f"t[{written}] = T(s[{read}] * unit)")
            text.line("    return doubtful")
    return Loop(f"responses as {dtype}", str(text))


def sweep(of: str = "tiling") -> int:
    """Return where the machine code of a module is that runs pairs of tiles, in place of a band of rows."""
    return compiled.address(*_entry(f"{of} import sweep"), signatures.BAND)


def run_pairs(run: int, tables: NDArray[np.int64], hands: Sequence[Hand], pairs: tuple[int, int]) -> int:
    """Run pairs of tiles, from one to before another, shared out among threads; return what that adds up to.

    Parameters
    ----------
    run : int
        As :func:`sweep`.
    tables : ndarray of int64
        What becomes of responses.
    hands : sequence of Hand
        One for each thread.
    pairs : (int, int)
    """
    first, last = pairs
    begins = [
        first + b * (last - first) // len(hands) for b in range(len(hands))
    ]  # as bands of rows are begun
    jobs = np.array(
        [(begin, memory.address(hand.words)) for begin, hand in zip(begins, hands, strict=True)], np.int64
    )
    jobs.flags.writeable = False
    given = run, tables, READ, WRITTEN, jobs.ravel().view(np.uint8), NOTHING_ELSE
    if len(hands) == 1:
        return one_band()(*given, first, last)
    return all_bands()(*given, last, 1, len(hands))


class Hand:
    """A job and its memory, of one thread.

    Parameters
    ----------
    tiles : Tiles
    rounding : float
        What transforms of a tile round off, beside the norms.
    """

    def __init__(self, tiles: Tiles, rounding: float) -> None:
        self.tiles = tiles
        self.words = np.zeros(at.WORDS, np.int64)
        self.numbers = self.words.view(np.float64)
        self._held: dict[int, NDArray[Any]] = {}
        self.words[[at.ROWS, at.COLS]] = tiles.extent
        self.words[[at.BLOCKS, at.READS]] = tiles.blocks, tiles.cols.reads
        self.words[[at.ROW_STEP, at.COL_STEP]] = tiles.rows.step, tiles.cols.step
        self.numbers[at.ROUNDING] = rounding
        self.hold(at.PLACES, np.array(tiles.places, np.int64))
        self._get_memory()
        for word, size in zip((at.COLUMN, at.ROW), tiles.extent, strict=True):
            for k, known in enumerate(passes(size), 1):
                self.hold(word + k, known)
        for word, step in STEPS.items():
            self.words[word] = compiled.address(*_entry(step), signatures.LOOP)

    def hold(self, word: int, array: NDArray[Any]) -> None:
        """Let a word of the job be the address of an array."""
        self._held[word] = array
        self.words[word] = memory.address(array)

    def spectrum(self, taps: Array) -> Spectrum:
        """Return a kernel as it multiplies transforms of tiles: they become cross-correlations."""
        tiles, (rows, cols) = self.tiles, self.tiles.extent
        values = np.empty((tiles.blocks, rows * cols // LANES, 2, LANES))
        norms = np.zeros(tiles.blocks)
        self.words[[at.BLOCKS, at.MAKES_SPECTRUM]] = 1, 1
        for k, (top, left) in enumerate(tiles.places):
            self.give(Spectrum(values[k], norms[k : k + 1]))
            self._put(np.ascontiguousarray(taps[top:, left:][: tiles.rows.block, : tiles.cols.block]))
            self._run()
            norms[k] = np.sqrt(self.numbers[at.FOUND])
        self.words[[at.BLOCKS, at.MAKES_SPECTRUM]] = tiles.blocks, 0
        values *= np.array([[1.0], [-1.0]]) / (rows * cols)
        return Spectrum(values, norms)

    def responses(self, spectrum: Spectrum, samples: Array, extent: Extent) -> tuple[Array, float]:
        """Return the responses to windows in a tile, as they come, and what they can be off."""
        responses = np.empty(extent)
        self.give(spectrum)
        self.words[[at.WHOLE, at.CHANNELS]] = 0, 1
        self.numbers[at.UNIT] = 1.0
        self._put(samples, responses)
        if self._run():  # nothing but zeros
            return np.zeros(extent), 0.0
        return responses, float(self.numbers[at.ERROR])

    def give(self, spectrum: Spectrum) -> None:
        """Let the job multiply with a kernel."""
        self.hold(at.SPECTRA, spectrum.values)
        self.hold(at.NORMS, spectrum.norms)

    def _put(self, samples: Array, responses: Array = NOTHING) -> None:
        """Let the first tile of the pair be these samples, and the second nothing."""
        words = self.words
        for tile in (at.FIRST, at.SECOND):
            words[tile : tile + at.DOUBTS] = 0
        self.hold(at.FIRST + at.IMAGE, samples)
        self.hold(at.FIRST + at.ROW_LIST, np.arange(len(samples)))
        self.hold(at.FIRST + at.OUT, responses)
        words[at.FIRST + at.PITCH] = samples.strides[0]
        words[[at.FIRST + at.READ_ROWS, at.FIRST + at.READ_COLS]] = samples.shape
        words[[at.FIRST + at.OUT_ROWS, at.FIRST + at.OUT_COLS]] = responses.shape
        words[[at.LOADER, at.WRITER]] = address_of(loader("float64")), address_of(writer("float64"))
        words[at.SIZE] = 8

    def _run(self) -> int:
        return compiled.load(*_entry("tiling import one_pair"), signatures.PAIR, plain=True)(self.words)

    def warm(self) -> None:
        """Compile what a thread calls."""
        compiled.load(*_entry("tiling import one_pair"), signatures.PAIR, plain=True)
        sweep()

    def _get_memory(self) -> None:
        (rows, cols), tiles = self.tiles.extent, self.tiles
        sizes = {
            at.PLANE: cols * (2 * rows + BESIDE),
            at.TOTAL: 2 * rows * cols if tiles.blocks > 1 else 0,
            at.COLUMN: max(rows, cols) * POINT,
            at.SAMPLES: max(LANES * (cols + BESIDE), SUMS * POINT),
            at.GIVEN: 8,
            at.WANTED: 8,
            at.TILE: tiles.rows.reads * tiles.cols.reads,
            at.LATEST: tiles.cols.reads,
            at.FIRST + at.DOUBTS: rows,
            at.SECOND + at.DOUBTS: rows,
        }
        self._memory = memory.empty(
            (sum(-(-size // LINE) for size in sizes.values()) * LINE + LINE,), np.float64
        )
        begin = memory.address(self._memory)
        begin += -begin % (8 * LINE)
        for word, size in sizes.items():
            self.words[word] = begin
            begin += -(-size // LINE) * LINE * 8
        self.words[at.ROW] = self.words[at.COLUMN]


def _entry(step: str) -> tuple[str, str]:
    """Return a module that has a compiled function of another, which share their helpers, and its name."""
    return f"from convpipe.compile.cpu.compiled.fourier.{step}\n", step.rpartition(" ")[2]
