"""The results of one image on their way from pixels to the content of files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import cast

from convpipe import images
from convpipe.batch.outputs import Targets, page_path
from convpipe.batch.results import Result
from convpipe.batch.rows import RowsEncoder, Space
from convpipe.batch.state import Run
from convpipe.dataclass import dataclass
from convpipe.engine import Engine
from convpipe.errors import Retelling, WriteError
from convpipe.images import Encoded, Encoding, FilesEncoder, ImageInfo, ImageSpec, Page, PageEncoder
from convpipe.images.formats.registry import STORES, entry_of
from convpipe.images.metadata.raster import Raster
from convpipe.images.tiff.sheet import nbytes_of
from convpipe.plan import Plan
from convpipe.streaming.levels import extents_of
from convpipe.streaming.sinks.remote import MANY_OBJECTS


@dataclass(frozen=True)
class Place:
    """A file that a result of an image goes to.

    Parameters
    ----------
    name : str
        Of the result; of a page but the first with its number behind it.
    path : Path
        Relative to the output folder.
    page : int, optional
        The number of the page that it is of, among those that are made, where each has a file of its own.
    """

    name: str
    path: Path
    page: int | None = None

    @classmethod
    def of(cls, result: Result, target: Path, infos: Sequence[ImageInfo]) -> list[Place]:
        """Return the files of a result, given the pages of its image."""
        if not result.encoding.apart:
            return [cls(result.name, target)]
        return [
            cls(
                result.name if at == 0 else f"{result.name}-{info.number}",
                page_path(target, info.number, info.frames),
                at,
            )
            for at, info in enumerate(infos)
        ]


class ResultEncoder:
    """Encodes the results of an image, each as its format and its own plan have it.

    Parameters
    ----------
    run : Run
    targets : tuple of Path
        Where its results go, in the order of those of the run.
    infos : sequence of ImageInfo
        Of its pages.
    plans : sequence of Plan
        Of its pages.

    Attributes
    ----------
    files : list of Place
        Where all that is encoded goes.
    encodings : list of Encoding
        Of each result.
    spaces : list of Space
        What each result takes, and where.
    pixel_bytes : list of int
        Bytes a pixel that the encoder of each result takes.
    """

    def __init__(self, run: Run, targets: Targets, infos: Sequence[ImageInfo], plans: Sequence[Plan]) -> None:
        self._results, self._plans = run.results, plans
        formats = [
            images.format_of(target) or result.encoding.format or infos[0].format
            for result, target in zip(run.results, targets, strict=True)
        ]
        for result, format in zip(run.results, formats, strict=True):
            if format in STORES and run.output.spool is None:
                raise WriteError(result.of(MANY_OBJECTS))
        placed = [
            Place.of(result, target, infos) for result, target in zip(run.results, targets, strict=True)
        ]
        self.files = [place for places in placed for place in places]
        self.encodings = [
            _as(result.encoding, format) for result, format in zip(run.results, formats, strict=True)
        ]
        self.spaces = [
            Space(
                sum(_nbytes(plan, at, encoding) for plan in plans),
                run.output.spool,
                [place.path for place in places],
            )
            for at, (encoding, places) in enumerate(zip(self.encodings, placed, strict=True))
        ]
        self._encoders = [
            _encoder(run, encoding, infos, space)
            for encoding, space in zip(self.encodings, self.spaces, strict=True)
        ]
        each = (pixel_bytes(plan, self.encodings) for plan in plans)
        self.pixel_bytes = list(map(max, zip(*each, strict=True)))

    def check(self) -> None:
        """Raise WriteError, before anything is decoded, if a format cannot hold what is planned."""
        for plan in self._plans:
            for result, encoder, output in zip(self._results, self._encoders, plan.outputs, strict=True):
                node = plan.nodes[output.node]
                with _said_of(result):
                    encoder.check(ImageSpec(output.dtype, node.channels, plan.alpha, node.extent))

    def encode(self, made: Iterable[Sequence[Page]]) -> list[Encoded]:
        """Return the content of each file, in their order.

        Parameters
        ----------
        made : iterable of sequences of Page
            For each page of the image, its results; one page's are in memory at a time.
        """
        with ExitStack() as stack:
            for encoder in self._encoders:
                stack.enter_context(encoder)
            for pages in made:
                for result, encoder, page in zip(self._results, self._encoders, pages, strict=True):
                    with _said_of(result):
                        encoder.add(page)
            return [
                each
                for encoder in self._encoders
                for each in ([encoder.finish()] if isinstance(encoder, PageEncoder) else encoder.finish_all())
            ]

    def notes(self, encoded: Sequence[Encoded]) -> list[str]:
        """Return what encoders dropped, and of which result."""
        results = {result.name: result for result in self._results}
        pairs = zip(self.files, encoded, strict=True)
        said = (
            results[place.name.partition("-")[0]].of(note) for place, each in pairs for note in each.notes
        )
        return list(dict.fromkeys(said))


@lru_cache(maxsize=256)
def _as(encoding: Encoding, format: str) -> Encoding:
    """Return an encoding for a format: most images of a run have the same."""
    return encoding.of(format)


def _encoder(
    run: Run, encoding: Encoding, infos: Sequence[ImageInfo], space: Space
) -> PageEncoder | FilesEncoder | RowsEncoder:
    if encoding.by_rows:
        return RowsEncoder(encoding, cast(Engine, run.engine), infos, space)
    return (FilesEncoder if encoding.apart else PageEncoder)(
        encoding, pages=len(infos), nbytes=space.nbytes, folder=space.folder
    )


def _nbytes(plan: Plan, at: int, encoding: Encoding) -> int:
    """Return the bytes of a result of a page, or of its tiles, those of smaller sizes too."""
    output = plan.outputs[at]
    if encoding.tile is None:
        return plan.result_bytes(output)
    node = plan.nodes[output.node]
    sizes = extents_of(node.extent, encoding.least)
    return sum(nbytes_of(Raster(size, node.channels, output.dtype), encoding.tile) for size in sizes)


def pixel_bytes(plan: Plan, encodings: Sequence[Encoding]) -> list[int]:
    """Return the bytes a pixel that the encoder of each result takes: of smaller sizes, what they become.

    These are a third of the result; their pixels are gone as soon as they are encoded.

    Examples
    --------
    >>> import convpipe
    >>> plan = convpipe.Pipeline([convpipe.stage("blur", "box")]).plan((100, 100, 3))
    >>> pixel_bytes(plan, [Encoding("tiff")]), pixel_bytes(plan, [Encoding("tiff", pyramid=True)])
    ([0], [1])
    """
    found = []
    for output, encoding in zip(plan.outputs, encodings, strict=True):
        pixels = math.prod(plan.nodes[output.node].extent)
        smaller = -(-plan.result_bytes(output) // (3 * pixels)) if encoding.pyramid else 0
        entry = None if encoding.format is None else entry_of(encoding.format)
        found.append((0 if entry is None else entry.encoder) + smaller)
    return found


class _said_of(Retelling):  # noqa: N801 - called as a function
    """Say of an error which result it is of, where that is not the last stage's."""

    __slots__ = ("_result",)

    def __init__(self, result: Result) -> None:
        self._result = result

    def retold(self, error: Exception) -> WriteError | None:
        """Return what stands for the error of an encoder."""
        if not isinstance(error, WriteError):
            return None
        failure = WriteError(self._result.of(error.reason))
        failure.errno = error.errno
        return failure
