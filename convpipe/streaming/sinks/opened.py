"""Which module writes a result, and how results get their names: complete, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from dataclasses import field
from pathlib import Path
from typing import BinaryIO

from convpipe.dataclass import dataclass
from convpipe.errors import ConvpipeError, WriteError
from convpipe.images import FORMATS as IMAGE_FORMATS
from convpipe.images import Drafts, Encoding, File, Folder, ImageSpec, check_output
from convpipe.images.source import one_line
from convpipe.losses import NO_LOSSES, Losses
from convpipe.stores import Url
from convpipe.streaming.drafts import Draft, placing
from convpipe.streaming.sinks.arrays import BandSink, LineSink, NpySink, RawSink
from convpipe.streaming.sinks.model import Sink, Target
from convpipe.streaming.sinks.png import PngSink
from convpipe.streaming.sinks.remote import uploading
from convpipe.streaming.sinks.tiff import TiffSink
from convpipe.streaming.sinks.zarr import ZarrSink
from convpipe.streaming.sources.zarr import is_zarr

SUFFIXES: Mapping[str, str] = {
    ".tif": "tiff",
    ".tiff": "tiff",
    ".npy": "npy",
    ".png": "png",
    ".raw": "raw",
    ".bip": "raw",
    ".bil": "bil",
    ".bsq": "bsq",
    ".zarr": "zarr",
}
"""The format that a name stands for."""

LEVELED = ("tiff", "zarr")
"""Formats that hold a result in several sizes."""

FILES: Mapping[str, Callable[[BinaryIO, Target, Executor], Sink]] = {
    "tiff": TiffSink,
    "npy": NpySink,
    "png": PngSink,
    "raw": RawSink,
    "bil": LineSink,
    "bsq": BandSink,
}
"""What writes one file, by its format."""


def format_of(path: str | os.PathLike[str] | Url) -> str:
    """Return the format that a result is written as, by its name.

    Raises
    ------
    WriteError
        None that takes rows as they come has such names.

    Examples
    --------
    >>> format_of("a/b.TIF")
    'tiff'
    """
    suffix = (path if isinstance(path, Url) else Path(path)).suffix.lower()
    if suffix not in SUFFIXES:
        raise WriteError(
            f"no format that is written row by row has the extension {suffix!r}; "
            f"known are {', '.join(SUFFIXES)}"
        )
    return SUFFIXES[suffix]


def _check(format: str, target: Target) -> None:
    """Refuse a result that its format cannot hold; samples as they are may be of any kind."""
    raster = target.raster
    if target.options.pyramid and format not in LEVELED:
        raise WriteError(f"{format} holds an image in one size; {' and '.join(LEVELED)} hold a pyramid")
    if format in IMAGE_FORMATS:
        spec = ImageSpec(raster.dtype, raster.channels, target.alpha, raster.extent)
        check_output(spec, Encoding(format))


@dataclass(frozen=True)
class Opened:
    """Results that are being written.

    Parameters
    ----------
    sinks : list of Sink
        What takes each of them.
    done : int
        Rows of the tallest that are there already.
    recorders : list of ZarrSink
        Those of them that can be gone on with; none unless all can.
    lost : Losses
        In the rows that are there already.
    """

    sinks: list[Sink]
    done: int = 0
    recorders: list[ZarrSink] = field(default_factory=list)
    lost: Losses = NO_LOSSES

    def record(self, done: int, losses: Losses) -> None:
        """Record, where that can be, that all has come that belongs to so many rows of the tallest.

        And what was lost in them since it was opened.
        """
        for each in self.recorders:
            each.record(done, self.lost + losses)

    def finish(self) -> None:
        """Complete all results."""
        for sink in self.sinks:
            sink.finish()


@contextmanager
def opened(targets: Sequence[Target], pool: Executor, identity: str = "") -> Iterator[Opened]:
    """Yield what takes some results, which get their names together once all are finished.

    Parameters
    ----------
    targets : sequence of Target
    pool : Executor
        Of threads that encode; to be shut down before this is left.
    identity : str, optional
        Of the work, so that another run can tell whether it may go on with what is left of this one.

    Raises
    ------
    WriteError
        A format cannot hold its result.
    """
    formats = [format_of(target.path) for target in targets]
    for format, target in zip(formats, targets, strict=True):
        _check(format, target)
    with ExitStack() as stack:
        with _beginning(targets):
            drafts = {
                at: stack.enter_context(_draft(target, identity))
                for at, (target, format) in enumerate(zip(targets, formats, strict=True))
                if format == "zarr"
            }
            # Left in the other order: files get their names, and then folders keep theirs, or none has one.
            place = stack.enter_context(placing(is_zarr))
            contents = _contents(targets, formats, stack)
        done = _common(drafts.values()) if len(drafts) == len(targets) and targets[0].options.resume else 0
        sinks: list[Sink] = [
            ZarrSink(drafts[at], target, pool, resume=done > 0)
            if at in drafts
            else FILES[format](contents[at], target, pool)
            for at, (target, format) in enumerate(zip(targets, formats, strict=True))
        ]
        recorders = [each for each in sinks if isinstance(each, ZarrSink)]
        lost = _lost(next(iter(drafts.values()))) if done else NO_LOSSES
        yield Opened(sinks, done, recorders if len(recorders) == len(sinks) else [], lost)
        for draft in drafts.values():
            place(draft)


@contextmanager
def _beginning(targets: Sequence[Target]) -> Iterator[None]:
    """Say of a folder in which no result can be begun which it is."""
    try:
        yield
    except ConvpipeError:
        raise
    except OSError as error:
        paths = [Path(target.path) for target in targets if not isinstance(target.path, Url)]
        if not paths:
            raise
        folders = ", ".join(dict.fromkeys(str(path.parent) for path in paths))
        failure = WriteError(f"nothing can be written into the folder {folders!r}: {one_line(error)}")
        failure.errno = error.errno
        raise failure from error


def _contents(targets: Sequence[Target], formats: Sequence[str], stack: ExitStack) -> dict[int, BinaryIO]:
    """Return the files that results are written to, by their places, but for those that are folders."""
    kept = [at for at, format in enumerate(formats) if format in FILES]
    here = {at: path for at in kept if not isinstance(path := targets[at].path, Url)}
    away = {at: path for at in kept if isinstance(path := targets[at].path, Url)}
    may = {at: targets[at].options.overwrite for at in kept}
    files = [_file(path, may[at], stack) for at, path in here.items()]
    contents = stack.enter_context(Drafts().writing(*files))
    sent = stack.enter_context(uploading([(url, may[at]) for at, url in away.items()]))
    return dict(zip([*here, *away], [*contents, *sent], strict=True))


def _file(path: str | os.PathLike[str], overwrite: bool, stack: ExitStack) -> File:
    folder, name = os.path.split(path)
    return File(stack.enter_context(Folder(folder or os.curdir)), name, [], overwrite)


@contextmanager
def _draft(target: Target, identity: str) -> Iterator[Draft]:
    """Yield a folder that is kept or removed if it has not got its name when this is left."""
    assert not isinstance(target.path, Url)  # which was refused
    draft = Draft(target.path, identity, overwrite=target.options.overwrite)
    try:
        yield draft
    finally:
        draft.leave()


def _common(drafts: Iterable[Draft]) -> int:
    """Return how many rows all of some results have; 0 where they differ."""
    found = {(draft.recorded() or {}).get("done", 0) for draft in drafts}
    return int(found.pop()) if len(found) == 1 else 0


def _lost(draft: Draft) -> Losses:
    """Return what was lost in the rows that a result has."""
    found = (draft.recorded() or {}).get("losses", {})
    return Losses(found.get("nans", 0), found.get("overflows", 0))
