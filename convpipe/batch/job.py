"""A folder job: every setting of a run, as one value that can be kept, compared and sent to a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convpipe import images
from convpipe.images import DEFAULT_LIMITS, Limits
from convpipe.stages.parameters import Flag

DEFAULT_TIMEOUT = 60.0
"""Seconds that an isolated decoder may take."""


@dataclass(frozen=True)
class FolderJob:
    """What to filter, where to, and how; all but the pipeline.

    Parameters
    ----------
    input : path
        A folder, or one image.
    output : path
        A folder, made if need be. Its journal gets a record of every image.
    result : str, optional
        Name of the one result in `output`, where the input is one image. Such a run keeps no journal.
    name : str
        Of the job, for the report.
    include, exclude : sequence of str
        Globs over paths relative to `input`, see :class:`convpipe.batch.Selection`.
    recursive : bool
        Whether to look into folders below `input`.
    format : str, optional
        Of the results; default: that of each input's name.
    quality, compression : int, optional
        For formats that have them.
    overwrite : bool
        Replace results that exist; otherwise such an image fails with that reason.
    resume : bool
        Keep what earlier runs of the same job finished and what is unchanged since, by content; do the rest.
    isolate : bool
        Decode in processes of their own, so that a decoder that crashes or hangs takes its image alone.
    timeout : float
        Seconds that such a decoder may take.
    workers : int, optional
        Images filtered, and held in memory, at once; default: one a core. A single image gets all cores.
    memory : int, optional
        Bytes that all images in hand may take; one that takes more is refused, others wait. Default: three
        quarters of what the machine has, or a container allows, but for what Python and its libraries take.
    limits : Limits
        What an image file may claim.
    allow_truncated : bool
        Read a JPEG that breaks off, see :func:`convpipe.images.read`.

    Examples
    --------
    >>> FolderJob("photos", "out", include=["*.png"], quality=90).encoding("jpeg")
    {'format': 'jpeg', 'quality': 90, 'compression': None}
    """

    input: Path
    output: Path
    result: str | None = None
    name: str = "run"
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    recursive: bool = True
    format: str | None = None
    quality: int | None = None
    compression: int | None = None
    overwrite: bool = False
    resume: bool = False
    isolate: bool = False
    timeout: float = DEFAULT_TIMEOUT
    workers: int | None = None
    memory: int | None = None
    limits: Limits = DEFAULT_LIMITS
    allow_truncated: bool = False

    def __post_init__(self) -> None:
        for name, kind in (("input", Path), ("output", Path), ("include", tuple), ("exclude", tuple)):
            object.__setattr__(self, name, kind(getattr(self, name)))
        for name in ("recursive", "overwrite", "resume", "isolate", "allow_truncated"):
            object.__setattr__(self, name, Flag(name, "").parse(getattr(self, name)))

    def encoding(self, format: str) -> dict[str, Any]:
        """Return the format of a result, and those of the options that it has."""
        return {
            "format": format,
            "quality": self.quality if images.FORMATS[format].quality else None,
            "compression": self.compression if images.FORMATS[format].compression else None,
        }

    @property
    def decides(self) -> dict[str, Any]:
        """Return the settings that the bytes of a result depend on, beside its image and the pipeline."""
        return {
            "format": self.format,
            "quality": self.quality,
            "compression": self.compression,
            "allow_truncated": self.allow_truncated,
        }
