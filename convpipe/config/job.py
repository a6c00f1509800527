"""A job: what a config file says, validated; and the declarations of its keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from convpipe.geometry import Border
from convpipe.stages import Stage
from convpipe.stages.parameters import (
    BorderName,
    Choice,
    Count,
    Flag,
    Parameter,
    PixelType,
    Text,
    TextList,
)

FORMATS = ("png", "jpeg", "tiff", "webp", "bmp")


@dataclass(frozen=True)
class InputSpec:
    """Which images: those under `path` that match `include` and not `exclude`."""

    path: Path | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    recursive: bool = True


@dataclass(frozen=True)
class OutputSpec:
    """Where results go, and how they are encoded."""

    path: Path | None = None
    format: str | None = None
    quality: int | None = None
    compression: int | None = None


@dataclass(frozen=True)
class Job:
    """One job of a config file, validated.

    Parameters
    ----------
    name : str
    stages : tuple of Stage
    border : Border
        For stages that name none.
    dtype : str or None
        Of the results; None keeps that of each image.
    linear_light : bool
    backend : {'auto', 'cpu', 'cuda'}
    input : InputSpec
    output : OutputSpec
    source : str
        The config file.
    """

    name: str
    stages: tuple[Stage, ...]
    border: Border = Border.REFLECT
    dtype: str | None = None
    linear_light: bool = False
    backend: str = "auto"
    input: InputSpec = InputSpec()
    output: OutputSpec = OutputSpec()
    source: str = "<dict>"


JOB_KEYS: tuple[Parameter, ...] = (
    Text("name", "name of the job in reports; default: the file's name", None),
    BorderName("border", "how pixels outside the image are made, unless a stage says", Border.REFLECT),
    PixelType("dtype", "dtype of the results; default: that of each image", None),
    Flag("linear_light", "filter sRGB images in linear light", False),
    Choice("backend", "where it runs", "auto", choices=("auto", "cpu", "cuda")),
)
"""Keys of a job beside input, output and stages."""

INPUT_KEYS: tuple[Parameter, ...] = (
    Text("path", "folder of images, or one image, relative to the current directory", None),
    TextList("include", "globs of the images to take; default: all formats that can be read", ()),
    TextList("exclude", "globs of the images to leave out", ()),
    Flag("recursive", "look in subfolders too", True),
)

OUTPUT_KEYS: tuple[Parameter, ...] = (
    Text("path", "folder for the results, relative to the current directory", None),
    Choice("format", "format of the results; default: that of each image", None, choices=FORMATS),
    Count("quality", "JPEG or WebP quality", None, least=1, most=100),
    Count(
        "compression", "PNG or TIFF compression level; higher is smaller and slower", None, least=0, most=9
    ),
)
