"""Images of a run, read once more when it has ended, with what every stage gives of them, for its report."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from convpipe import subject
from convpipe.batch.masks import opened_mask, read_mask
from convpipe.batch.reader import Reader
from convpipe.batch.state import Run
from convpipe.display import Part, Shown, Values, encoded, parts, picture
from convpipe.engine import Engine
from convpipe.errors import ReadError
from convpipe.histograms import binned
from convpipe.ops import COMPUTE, dtype_range, is_integer
from convpipe.report import Histogram, ImageResult, Sample, Shot, byte_size, choose, extent, printable

SIDE = 420
"""Most rows and columns of a picture."""

LARGEST = 4096
"""Rows and columns of an image that is shown as a whole; of a larger one the middle is."""

MOST_BYTES = 1 << 29
"""Of pixels: an image of more is not read again."""

COPIES = 4
"""Of an image, that decoding and filtering it take: as many as there is memory for."""

STAGES = 24
"""Most stages that are shown of an image."""

SLOW_SECONDS = 2.0
"""If filtering the first image takes longer, it is the only sample."""

BINS = 64
"""Of a histogram."""

ROUNDS = 3
"""How often stages are timed; the quickest counts."""


def take_samples(
    run: Run, engine: Engine, reader: Reader, results: Sequence[ImageResult]
) -> tuple[Sample, ...]:
    """Return the samples of a run.

    Parameters
    ----------
    run : Run
    engine : Engine
        What filtered the images.
    reader : Reader
    results : sequence of ImageResult
        In the order of the inputs.

    Notes
    -----
    Ctrl-C ends it; the results of the run are there, and what was sampled is returned.
    """
    if run.stack is not None:  # one of the stages is of all pages together, and an image has no values of it
        return ()
    samples: list[Sample] = []
    try:
        for path, why in choose(results, run.job.samples):
            samples.append(_sample(run, engine, reader, Sample(path, why)))
            if samples[0].shots and (samples[0].shots[-1].seconds or 0.0) > SLOW_SECONDS:
                break
    except KeyboardInterrupt:
        pass
    return tuple(samples)


def _sample(run: Run, engine: Engine, reader: Reader, sample: Sample) -> Sample:
    """Return a sample with its pictures, or with what came in the way."""
    try:
        image, number, notes = _read(run, reader, Path(sample.path))
        threads = 1 if run.threads == 1 else None
        with subject.called(Path(sample.path), number):
            own = list(parts(engine))
            shots = tuple(_shots(engine, _thinned(own), image, threads))
            histogram = _histogram(own[-1], image)
    except MemoryError:
        return replace(sample, error="not enough memory")
    except Exception as error:  # the run is done; a report without this picture is better than none
        return replace(sample, error=printable(str(error)))
    return replace(sample, shots=shots, histogram=histogram, notes=notes)


def _read(run: Run, reader: Reader, relative: Path) -> tuple[Shown, int, tuple[str, ...]]:
    """Return the first page of an image, or the middle of a large one; its number, and what is to be said."""
    mask = None
    with ExitStack() as stack:
        given = stack.enter_context(run.given(relative))
        opened = stack.enter_context(given.open(reader))
        info = opened.infos[0]
        nbytes = math.prod(info.shape) * np.dtype(info.dtype).itemsize
        most = min(MOST_BYTES, run.budget.nbytes // COPIES)
        if nbytes > most:
            raise ReadError(f"it takes {byte_size(nbytes)}, and up to {byte_size(most)} are shown")
        if run.masks is not None:
            file = stack.enter_context(run.masks.open(relative))
            mask = read_mask(stack.enter_context(opened_mask(reader, file)))
        image = opened.read_page()
        notes = [f"page {info.number} of {info.frames}"] if info.frames > 1 else []
        rows, cols = (_middle(side) for side in image.pixels.shape[:2])
        pixels = np.ascontiguousarray(image.pixels[rows, cols])
        if pixels.shape != image.pixels.shape:
            inner, whole = extent(pixels.shape[:2]), extent(image.pixels.shape[:2])
            notes.append(f"the middle {inner} of {whole}, filtered as an image of its own")
        shown = Shown(pixels.copy(), image.alpha, info.nodata, None if mask is None else mask[rows, cols])
    return shown, info.number, tuple(notes)


def _middle(side: int) -> slice:
    first = max(0, (side - LARGEST) // 2)
    return slice(first, first + min(side, LARGEST))


def _thinned(own: Sequence[Part]) -> list[Part]:
    """Return the parts that are shown: of very many some, the last among them."""
    if len(own) <= STAGES:
        return list(own)
    return [own[round(at)] for at in np.linspace(0, len(own) - 1, STAGES)]


def _shots(engine: Engine, own: Sequence[Part], image: Shown, threads: int | None) -> Iterator[Shot]:
    """Yield the image, and what its stages give."""
    yield _shot(-1, "image", image.values(engine))
    for part in own:
        shot = _shot(part.position, part.name, part.values(image))
        yield shot._replace(seconds=_quickest(partial(part.values, image, threads)))


def _quickest(call: Callable[[], Any]) -> float:
    """Return the seconds that a call takes, once all is compiled: at the best of some, if it is quick."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
        if took[-1] > SLOW_SECONDS / ROUNDS:
            break
    return min(took)


def _shot(position: int, name: str, values: Values) -> Shot:
    rows, cols = values.samples.shape[:2]
    drawn = picture(values.reduced(-(-max(rows, cols) // SIDE)))
    kind, content = encoded(drawn)
    return Shot(position, name, (rows, cols), drawn.pixels.shape[:2], kind, content, drawn.notes)


def _histogram(last: Part, image: Shown) -> Histogram:
    """Return the values of the result before they are rounded and saturated to its type."""
    compute = COMPUTE[image.pixels.dtype.name]
    stored = last.dtype or image.pixels.dtype.name
    values = last.values(image, dtype=compute)
    samples = values.samples[..., :-1] if values.alpha else values.samples
    if values.gap is not None:
        samples = samples[~values.holes]
    finite = samples[np.isfinite(samples)]
    nans = int(np.isnan(samples).sum())
    held = dtype_range(stored) if is_integer(stored) else None
    ends = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if held is not None and held.high <= 255:  # few enough levels to show them all
        ends = min(ends[0], held.low), max(ends[1], held.high)
    counts, low, high = binned(finite, BINS, *ends)
    made = Histogram(stored, low, high, tuple(counts), nans=nans)
    if held is None:
        return made
    rounded = np.rint(finite)
    return replace(
        made,
        range=(held.low, held.high),
        below=int((rounded < held.low).sum()),
        above=int((rounded > held.high).sum()),
    )
