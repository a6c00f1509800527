"""A job: what a config file says, validated; and the declarations of its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from convpipe.config.kinds import Compression, FilePath, Globs, MissingValue, Pages, TileSide
from convpipe.dataclass import dataclass
from convpipe.formula import Measure
from convpipe.geometry import Border
from convpipe.limits import DEFAULT_LIMITS, Limits
from convpipe.pages import PageRange
from convpipe.paths import Location
from convpipe.stages import COMMON, Stage
from convpipe.stages.names import StageReference
from convpipe.stages.numbers import Count
from convpipe.stages.parameters import BorderName, Choice, Flag, Parameter, PixelType, Text, TextList

FORMATS = ("png", "jpeg", "tiff", "webp", "bmp", "npy", "npz", "zarr")
TILED = ("tiff", "zarr")
"""Formats in tiles, which have a codec, and smaller sizes."""

DEFLATE_MOST = 9
"""The highest level but that of Zstandard."""

CODECS = ("none", "deflate", "zstd", "lzw")
UNLEVELLED = ("none", "lzw")
"""Those of them that have no levels."""

ENCODINGS = (
    "format", "quality", "compression", "channels", "pages", "tiles", "codec", "pyramid", "smallest",
)  # fmt: skip
"""Keys of an output that say how it is encoded: the fields of :class:`convpipe.images.Encoding`."""

FORMAT_ALIASES = {"jpg": "jpeg", "tif": "tiff"}

MOST_JOBS, MOST_STAGES, MOST_STAGES_IN_ALL = 1_000, 1_000, 10_000
"""Jobs of a file, stages of a job, and stages of all jobs: aliases and defaults multiply what is written.

Within them a file is read in a few seconds; what is generated beyond them belongs into several files.
"""


@dataclass(frozen=True)
class InputSpec:
    """Which images: those under `path` that match `include` and not `exclude`; and which pages of them."""

    path: Location | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    recursive: bool = True
    stack: str | None = None
    pages: PageRange | None = None


@dataclass(frozen=True)
class OutputSpec:
    """Where results go, and how they are encoded."""

    path: Location | None = None
    format: str | None = None
    quality: int | None = None
    compression: int | str | None = None
    channels: str | None = None
    pages: str | None = None
    tiles: int | None = None
    codec: str | None = None
    pyramid: bool | None = None
    smallest: int | None = None


@dataclass(frozen=True)
class ResultSpec:
    """A result beside that of the last stage: the stage that gives it, and how it is encoded.

    What is not said of it is as that of the last stage.
    """

    source: str
    format: str | None = None
    quality: int | None = None
    compression: int | str | None = None
    channels: str | None = None
    pages: str | None = None
    tiles: int | None = None
    codec: str | None = None
    pyramid: bool | None = None
    smallest: int | None = None

    @property
    def encoding(self) -> dict[str, Any]:
        """How it is encoded, as a folder job takes it."""
        return {name: getattr(self, name) for name in ENCODINGS}


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
    missing : float, 'nan', 'file' or None
        Samples that count as not there; ``file``: those that each file says to be no data.
    like : str or None
        The library whose defaults the stages have that name none.
    backend : {'cpu', 'cuda', 'auto'}
    input : InputSpec
    output : OutputSpec
    mask : Path, Url or None
        A folder of masks, 0 where a pixel is missing, or one mask of all images.
    outputs : mapping of str to ResultSpec
        The results beside that of the last stage, by their names.
    measures : mapping of str to Measure
        Numbers of each image.
    accept : mapping of str to (float or None, float or None)
        The least and the most that some of them may be in an image that passes.
    limits : Limits
        What an image file may claim.
    allow_truncated : bool
        Read images that break off as far as they go.
    plugins : tuple of str
        What brings some of its stages.
    source : str
        The config file.
    text : str
        What it holds; nothing of a mapping.
    """

    name: str
    stages: tuple[Stage, ...]
    border: Border = Border.REFLECT
    dtype: str | None = None
    linear_light: bool = False
    missing: float | str | None = None
    like: str | None = None
    backend: str = "cpu"
    input: InputSpec = InputSpec()
    output: OutputSpec = OutputSpec()
    mask: Location | None = None
    outputs: Mapping[str, ResultSpec] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    accept: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    limits: Limits = DEFAULT_LIMITS
    allow_truncated: bool = False
    plugins: tuple[str, ...] = ()
    source: str = "<dict>"
    text: str = field(default="", repr=False, compare=False)


MISSING = MissingValue(
    "missing",
    "samples of this value, or of each file's nodata value, count for nothing",
    None,
    words=("nan", "file"),
)

LIKE = replace(
    next(parameter for parameter in COMMON if parameter.name == "like"),
    doc="library whose borders, scalings, radii and rounding the stages have, unless they say",
)

JOB_KEYS: tuple[Parameter, ...] = (
    Text("name", "name of the job in reports; default: the file's name", None),
    BorderName("border", "how pixels outside the image are made, unless a stage says", Border.REFLECT),
    PixelType("dtype", "dtype of the results; default: that of each image", None),
    LIKE,
    Flag("linear_light", "filter sRGB images in linear light", False),
    MISSING,
    Choice("backend", "where it runs; auto takes the quicker", "cpu", choices=("cpu", "cuda", "auto")),
    TextList(
        "plugins",
        "names of packages that bring stages, whose code is run only with --allow-plugins",
        (),
    ),
    Flag("allow_truncated", "read JPEG and PNG files that break off or are damaged as far as they go", False),
)
"""Keys of a job beside input, output, limits and stages."""

INPUT_KEYS: tuple[Parameter, ...] = (
    FilePath(
        "path",
        "folder of images, or one image, relative to the working directory; or a URL of a store",
        None,
    ),
    Globs("include", "globs of the images to take; default: all formats that can be read", ()),
    Globs("exclude", "globs of the images to leave out", ()),
    Flag("recursive", "look in subfolders too", True),
    Choice(
        "stack",
        "folder: the images of each folder, by the numbers in their names, are the pages of one image",
        None,
        choices=("folder",),
    ),
    Pages(
        "pages",
        "those filtered of a file of several: one, [first, end] or [first, end, step]; default: all",
        None,
    ),
)

OUTPUT_KEYS: tuple[Parameter, ...] = (
    FilePath(
        "path",
        "folder for the results, relative to the working directory; or a URL of a store",
        None,
    ),
    Choice(
        "format",
        "format of the results; default: that of each image; zarr: a folder of OME-Zarr each",
        None,
        choices=FORMATS,
        aliases=FORMAT_ALIASES,
        elsewhere={name: f"{name} is only read" for name in ("gif",)},
        any_case=True,
    ),
    Count("quality", "JPEG or WebP quality", None, least=1, most=100),
    Compression(
        "compression",
        "PNG, TIFF or NPZ level, 0 to 9, of codec zstd to 22; higher is smaller and slower; or of black and "
        "white, a bit a pixel: group4 of TIFFs, bilevel of PNGs",
        None,
        least=0,
        most=22,
    ),
    Choice(
        "channels",
        "those of a TIFF: samples of each pixel; or pages, a page each, as ImageJ has them; default: samples",
        None,
        choices=("samples", "pages"),
    ),
    Choice(
        "pages",
        "where the pages of a result go: one file; or files, name-000 and so on; default: file",
        None,
        choices=("file", "files"),
    ),
    TileSide(
        "tiles",
        "rows and columns of the tiles of a TIFF, a multiple of 16; default: strips, or 256 of an image that "
        "is larger than memory",
        None,
        least=16,
        most=4096,
    ),
    Choice(
        "codec",
        "what compresses the tiles of a TIFF, of 256 unless tiles says; default: deflate, with compression",
        None,
        choices=CODECS,
    ),
    Flag(
        "pyramid",
        "write smaller sizes into a TIFF, too, each half of the one before, in tiles; default: false",
        None,
    ),
    Count("smallest", "longest side of the last of them; default: 256", None, least=1, most=2**31 - 1),
)

RESULT_KEYS: tuple[Parameter, ...] = (
    StageReference("from", "name of the stage that gives it; default: the one of its own name", None),
    *(
        replace(key, doc=f"{key.doc.split('; default')[0]}; default: as output says")
        for key in OUTPUT_KEYS
        if key.name != "path"
    ),
)
"""Keys of a result below ``outputs``, which goes into the folder of its name in that of the output."""

MASK_KEYS: tuple[Parameter, ...] = (
    FilePath("path", "folder of masks, by the names of the images; or one mask for all of them", None),
)

LIMIT_KEYS: tuple[Parameter, ...] = tuple(
    Count(name, doc, getattr(DEFAULT_LIMITS, name), least=1, most=2**63 - 1)
    for name, doc in (
        ("max_pixels", "rows times columns of an image, or of a page"),
        ("max_file_bytes", "bytes of an image file"),
        ("max_decoded_bytes", "bytes of a decoded image, or of a page"),
        ("max_ratio", "decoded bytes over bytes of the file, once they pass 64 MiB"),
        ("max_frames", "pages of a TIFF, frames of an animation"),
        ("max_metadata_bytes", "bytes of a file's profile, EXIF, XMP and the like"),
        ("max_tile_bytes", "decoded bytes of one tile or strip of a TIFF"),
    )
)
"""Keys of ``limits``, the fields of :class:`~convpipe.limits.Limits`: a file that claims more is refused."""

SECTIONS: Mapping[str, tuple[Parameter, ...]] = {
    "input": INPUT_KEYS,
    "output": OUTPUT_KEYS,
    "mask": MASK_KEYS,
    "limits": LIMIT_KEYS,
}
"""Mappings of a job."""

KNOWN_KEYS = (*SECTIONS, "outputs", "measure", "accept", "stages", *(key.name for key in JOB_KEYS))
"""All keys of a job."""


def is_free(key: str) -> bool:
    """Tell whether a key is for editors and anchors, and says nothing to convpipe.

    Examples
    --------
    >>> is_free("x-kernels"), is_free("$schema"), is_free("xkernels")
    (True, True, False)
    """
    return key.startswith("x-") or key == "$schema"
