"""Which module writes a result, and how results get their names: complete, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from convpipe.errors import WriteError
from convpipe.images import FORMATS as IMAGE_FORMATS
from convpipe.images import Drafts, Encoding, File, Folder, ImageSpec, check_output
from convpipe.streaming.sinks.arrays import NpySink, RawSink
from convpipe.streaming.sinks.model import Sink, Target
from convpipe.streaming.sinks.tiff import TiffSink

SUFFIXES: Mapping[str, str] = {".tif": "tiff", ".tiff": "tiff", ".npy": "npy", ".raw": "raw"}
"""The format that a name stands for."""

FILES: Mapping[str, Callable[[BinaryIO, Target, Executor], Sink]] = {
    "tiff": TiffSink,
    "npy": NpySink,
    "raw": RawSink,
}
"""What writes one file, by its format."""


def format_of(path: str | os.PathLike[str]) -> str:
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
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise WriteError(
            f"no format that is written row by row has the extension {suffix!r}; "
            f"known are {', '.join(SUFFIXES)}"
        )
    return SUFFIXES[suffix]


def _check(format: str, target: Target) -> None:
    """Refuse a result that its format cannot hold; samples as they are may be of any kind."""
    raster = target.raster
    if format in IMAGE_FORMATS:
        spec = ImageSpec(raster.dtype, raster.channels, target.alpha, raster.extent)
        check_output(spec, Encoding(format))


@contextmanager
def opened(targets: Sequence[Target], pool: Executor) -> Iterator[list[Sink]]:
    """Yield what takes each of some results, which get their names together once all are finished.

    Parameters
    ----------
    targets : sequence of Target
    pool : Executor
        Of threads that encode; to be shut down before this is left.

    Raises
    ------
    WriteError
        A format cannot hold its result.
    """
    formats = [format_of(target.path) for target in targets]
    for format, target in zip(formats, targets, strict=True):
        _check(format, target)
    with ExitStack() as stack:
        files = []
        for target in targets:
            folder, name = os.path.split(target.path)
            opened = stack.enter_context(Folder(folder or os.curdir))
            files.append(File(opened, name, [], target.options.overwrite))
        contents = stack.enter_context(Drafts().writing(*files))
        yield [
            FILES[format](content, target, pool)
            for format, content, target in zip(formats, contents, targets, strict=True)
        ]
