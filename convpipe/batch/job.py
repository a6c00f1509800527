"""A folder job: every setting of a run, as one value that can be kept, compared and sent to a process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from convpipe.batch.results import Result
from convpipe.dataclass import dataclass
from convpipe.errors import JobError
from convpipe.images import DEFAULT_LIMITS, Encoding, Limits
from convpipe.pages import ALL_PAGES, PageRange
from convpipe.paths import Location, located
from convpipe.report import Range
from convpipe.shards import Shard
from convpipe.stages.parameters import Flag
from convpipe.stages.wiring import RESULT

DEFAULT_TIMEOUT = 60.0
"""Seconds that an isolated decoder may take."""


@dataclass(frozen=True)
class FolderJob:
    """What to filter, where to, and how; all but the pipeline.

    Parameters
    ----------
    input : path or Url
        A folder, or one image.
    output : path or Url
        A folder, made if need be. Its journal gets a record of every image.
    result : str, optional
        Name of the one result in `output`, where the input is one image. Such a run keeps no journal. Of a
        pipeline that gives several results, none can be one file.
    name : str
        Of the job, for the report.
    include, exclude : sequence of str
        Globs over paths relative to `input`, see :class:`convpipe.batch.Selection`.
    recursive : bool
        Whether to look into folders below `input`.
    files : sequence of str, optional
        The images, relative to `input` or absolute, where it is a folder that is not searched; then
        `include`, `exclude` and `recursive` say nothing of them.
    shard : Shard or str, optional
        Filter the images of one shard alone, as ``'0/4'``: several runs, on one machine or on many, share a
        folder so. Each has a journal of its own.
    pages : PageRange
        Those that are filtered of a file of several.
    format : str, optional
        Of the results; default: that of each input's name.
    quality : int, optional
    compression : int, 'group4' or 'bilevel', optional
        For formats that have them.
    channels : {'samples', 'pages'}, optional
        What the channels of a TIFF are.
    output_pages : {'file', 'files'}, optional
        Where the pages of a result go: into one file, or into one each.
    tiles : int, optional
        Rows and columns of the tiles of TIFFs, a multiple of 16.
    codec : {'none', 'deflate', 'lzw', 'zstd'}, optional
        What compresses their tiles.
    pyramid : bool, optional
        Write smaller sizes into TIFFs, too, each half of the one before.
    smallest : int, optional
        Longest side of the smallest of them; default 256.
    stack : {'folder'}, optional
        The images of each folder are the pages of one image, which is called after it.
    outputs : mapping of str to Encoding, or to a dict of its fields
        How results beside that of the last stage are encoded, by their names; what is not said of one is as
        the job says.
    accept : mapping of str to (float or None, float or None)
        The least and the most that measures may be in an image that passes.
    measures : path or Url, optional
        Where the table of measures goes, as JSON if it is called ``.json``, else as CSV; default:
        ``measures.csv`` in `output`, if that is a folder.
    mask : path or Url, optional
        A folder of masks, 0 where a pixel is missing: each has the name of its image, whatever its extension.
        Or a file, which is the mask of every image.
    overwrite : bool
        Replace results that exist; otherwise such an image fails with that reason.
    resume : bool
        Keep what earlier runs of the same job finished and what is unchanged since, by content; do the rest.
    isolate : bool
        Decode in processes of their own, so that a decoder that crashes or hangs takes its image alone.
    timeout : float
        Seconds that such a decoder may take.
    retries : int
        How many times an image is tried again whose failure may pass: an I/O error, want of memory, a decoder
        that was lost, a file that was being written. All others come first, and then a pause.
    workers : int, optional
        Images filtered, and held in memory, at once; default: one a core. A single image gets all cores.
    memory : int, optional
        Bytes that all images in hand may take; one that takes more is streamed, or refused where it cannot
        be, others wait. Default: three quarters of what the machine has, or a container allows, but for what
        Python and its libraries take.
    samples : int
        Images of which the report has pictures of every stage; they are read again when the run has ended.
    limits : Limits
        What an image file may claim.
    allow_truncated : bool
        Read a JPEG that breaks off, see :func:`convpipe.images.read`.

    Examples
    --------
    >>> FolderJob("photos", "out", include=["*.png"], quality=90).encoding == Encoding(quality=90)
    True
    """

    input: Location
    output: Location
    result: str | None = None
    name: str = "run"
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    recursive: bool = True
    files: Sequence[str] | None = None
    shard: Shard | None = None
    pages: PageRange = ALL_PAGES
    format: str | None = None
    quality: int | None = None
    compression: int | str | None = None
    channels: str | None = None
    output_pages: str | None = None
    tiles: int | None = None
    codec: str | None = None
    pyramid: bool | None = None
    smallest: int | None = None
    stack: str | None = None
    outputs: tuple[tuple[str, Encoding], ...] = ()
    accept: tuple[tuple[str, Range], ...] = ()
    measures: Location | None = None
    mask: Location | None = None
    overwrite: bool = False
    resume: bool = False
    isolate: bool = False
    timeout: float = DEFAULT_TIMEOUT
    retries: int = 0
    workers: int | None = None
    memory: int | None = None
    samples: int = 0
    limits: Limits = DEFAULT_LIMITS
    allow_truncated: bool = False

    def __post_init__(self) -> None:
        for name, kind in (("input", located), ("output", located), ("include", tuple), ("exclude", tuple)):
            object.__setattr__(self, name, kind(getattr(self, name)))
        if self.files is not None:
            object.__setattr__(self, "files", tuple(map(os.fspath, self.files)))
        if isinstance(self.shard, str):
            object.__setattr__(self, "shard", Shard.parse(self.shard))
        if self.mask is not None:
            object.__setattr__(self, "mask", located(self.mask))
        if self.measures is not None:
            object.__setattr__(self, "measures", located(self.measures))
        for name in ("recursive", "overwrite", "resume", "isolate", "allow_truncated"):
            object.__setattr__(self, name, Flag(name, "").parse(getattr(self, name)))
        outputs = dict(self.outputs).items()
        object.__setattr__(self, "outputs", tuple((name, _encoding(given)) for name, given in outputs))
        accept = ((name, (least, most)) for name, (least, most) in dict(self.accept).items())
        object.__setattr__(self, "accept", tuple(accept))

    def results(self, names: Iterable[str]) -> tuple[Result, ...]:
        """Return the results of every image, given their names.

        Raises
        ------
        JobError
            If an encoding is given for a result that there is not.

        Examples
        --------
        >>> job = FolderJob("in", "out", format="png", outputs={"background": {"format": "tiff"}})
        >>> [(result.name, result.encoding.format) for result in job.results(["background", "result"])]
        [('background', 'tiff'), ('result', 'png')]
        """
        names, own = tuple(names), dict(self.outputs)
        if unknown := [name for name in own if name not in names or name == RESULT]:
            beside = ", ".join(name for name in names if name != RESULT) or "none"
            raise JobError(f"there is no result {unknown[0]!r} beside the last stage's; there are: {beside}")
        return tuple(Result(name, own.get(name, Encoding()).over(self.encoding)) for name in names)

    def places(self, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return the names of the results, each with the folder that they lie below, or the one result.

        Examples
        --------
        >>> FolderJob("in", "out").places(["background", "result"])
        (('background', 'out/background'), ('result', 'out'))
        """
        return tuple(
            (each.name, str(self.output / (self.result or each.folder))) for each in self.results(names)
        )

    @property
    def encoding(self) -> Encoding:
        """How results are encoded for which nothing else is said."""
        layout = self.channels, self.output_pages, self.tiles, self.codec, self.pyramid, self.smallest
        return Encoding(self.format, self.quality, self.compression, *layout)

    @property
    def decides(self) -> dict[str, Any]:
        """Return the settings that the bytes of a result depend on, beside its image and the pipeline."""
        whole = {**_said(self.encoding), "allow_truncated": self.allow_truncated}
        whole |= {} if self.mask is None else {"masked": True}  # by which, the record of each image says
        whole |= {} if self.pages == ALL_PAGES else {"read": str(self.pages)}
        whole |= {} if self.stack is None else {"stack": self.stack}
        own = {name: encoding.over(self.encoding) for name, encoding in self.outputs}
        others = {name: _said(encoding) for name, encoding in own.items() if encoding != self.encoding}
        return {**whole, "outputs": others} if others else whole


def _said(encoding: Encoding) -> dict[str, Any]:
    """Return what an encoding says; of what came later only where it does, as in old journals."""
    return {
        name: said
        for name, said in asdict(encoding).items()
        if name in ("format", "quality", "compression") or said not in (None, False)
    }


def _encoding(given: Encoding | Mapping[str, Any]) -> Encoding:
    return given if isinstance(given, Encoding) else Encoding(**given)
