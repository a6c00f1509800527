"""The image formats convpipe knows: extensions, what each can hold, and how its content is recognised."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path, PurePath

from convpipe.dataclass import dataclass

GROUP4 = "group4"
"""The ``compression`` of TIFFs of black and white: CCITT Group 4 (ITU-T T.6)."""

BILEVEL = "bilevel"
"""That of PNGs of black and white: one bit a pixel, deflated."""

OF_ONE_BIT = {GROUP4: "tiff", BILEVEL: "png"}
"""The format that each is of."""


@dataclass(frozen=True)
class Format:
    """One image format.

    Parameters
    ----------
    name : str
    extensions : tuple of str
        Lower case, with the dot; the first is the usual one.
    holds : mapping of str to sequence of int
        What ``write`` can put into it: channels beside alpha, by dtype. Empty: the format is only read.
    alpha : bool
        Whether these channels may be followed by alpha.
    quality : (int, int), optional
        Range of ``quality``, where the format has a lossy mode.
    compression : (int, int), optional
        Range of ``compression``, where the format has lossless levels.
    pages : bool
        Whether a file may hold several images, as read and written here.
    carries : frozenset of str
        The parts of :class:`~convpipe.images.Metadata` that it can hold; ``ratio`` is a resolution that tells
        the shape of a pixel alone.
    max_block : int, optional
        Most bytes of its EXIF, XMP, IPTC and of a comment.
    encoder : int
        Bytes a pixel that its encoder takes, beside the pixels and the content.
    """

    name: str
    extensions: tuple[str, ...]
    holds: Mapping[str, Sequence[int]] = field(default_factory=dict)
    alpha: bool = field(default=False, kw_only=True)
    quality: tuple[int, int] | None = None
    compression: tuple[int, int] | None = None
    pages: bool = False
    carries: frozenset[str] = frozenset()
    max_block: int | None = None
    encoder: int = 0


ANYWHERE = frozenset(("icc", "exif", "xmp", "resolution", "ratio"))
GREY_OR_RGB = (1, 3)
ANY_NUMBER = range(1, 65_535)
"""Of channels, with room for alpha: TIFF counts them in 16 bits."""

TIFF_DTYPES = ("uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64")
ARRAY_DTYPES = (*TIFF_DTYPES, "float16")

FORMATS: Mapping[str, Format] = {
    entry.name: entry
    for entry in (
        Format(
            "png",
            (".png", ".apng"),
            dict.fromkeys(("uint8", "uint16"), GREY_OR_RGB),
            alpha=True,
            compression=(0, 9),
            carries=ANYWHERE | {"chunks"},
        ),
        Format(
            "jpeg",
            (".jpg", ".jpeg", ".jpe", ".jfif"),
            {"uint8": GREY_OR_RGB},
            quality=(1, 100),
            carries=ANYWHERE | {"iptc", "comments"},
            max_block=65_500,
        ),
        Format(
            "tiff",
            (".tif", ".tiff"),
            dict.fromkeys(TIFF_DTYPES, ANY_NUMBER),
            alpha=True,
            compression=(0, 9),
            pages=True,
            carries=ANYWHERE | {"iptc", "descriptions", "georeference", "gdal", "fields"},
        ),
        Format(
            "webp",
            (".webp",),
            {"uint8": GREY_OR_RGB},
            alpha=True,
            quality=(1, 100),
            carries=ANYWHERE - {"resolution", "ratio"},
            encoder=48,  # measured: 39 without loss, of noise
        ),
        Format("bmp", (".bmp", ".dib"), {"uint8": GREY_OR_RGB}, carries=frozenset(("resolution",))),
        Format("gif", (".gif",)),
        Format("npy", (".npy",), dict.fromkeys(ARRAY_DTYPES, ANY_NUMBER), alpha=True),
        Format("npz", (".npz",), dict.fromkeys(ARRAY_DTYPES, ANY_NUMBER), alpha=True, compression=(0, 9)),
    )
}
"""Every format by name. WebP stores grey as three equal channels; an opaque alpha may be left out of it."""

STORES: Mapping[str, Format] = {
    "zarr": Format(
        "zarr", (".zarr",), dict.fromkeys(ARRAY_DTYPES, ANY_NUMBER), alpha=True, compression=(0, 22)
    )
}
"""Formats of results that are folders; they are written as rows come, and never by :mod:`convpipe.images`."""


def entry_of(format: str) -> Format | None:
    """Return what is known of a format, a file's or a folder's."""
    return FORMATS.get(format) or STORES.get(format)


TILED = ("tiff", *STORES)
"""Formats in tiles, which have a codec, and smaller sizes."""

BY_EXTENSION: Mapping[str, str] = {ext: entry.name for entry in FORMATS.values() for ext in entry.extensions}
"""Format name of each extension (lower case, with the dot)."""

BY_ROWS = ("tiff", "npy", "png")
"""Formats whose modules decode rows as they are asked for (``blocks``)."""

BY_RANGES = ("tiff", "npy")
"""Those of them that need no more of an object in a store than the rows are made of."""

CODECS: Mapping[str, tuple[int, int] | None] = {
    "none": None,
    "deflate": (0, 9),
    "lzw": None,
    "zstd": (0, 22),
}
"""What compresses tiles, with the range of its levels, if it has any."""

HEAD_BYTES = 64
"""How much of a file :func:`sniff` needs."""

REFUSED = (
    (b"%!PS", "PostScript (EPS)"),
    (b"\xc5\xd0\xd3\xc6", "PostScript (EPS)"),
    (b"%PDF", "a PDF document"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "XML (perhaps SVG)"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x01\x00", "a Windows icon"),
    (b"qoif", "QOI"),
    (b"SIMPLE  =", "FITS"),
    *((b"P%c" % digit, "a Netpbm image") for digit in b"1234567fF"),
)

WRITTEN_EXTENSIONS = tuple(ext for ext, name in BY_EXTENSION.items() if FORMATS[name].holds)
"""Those of the formats that are written; the others are only read."""


def format_of(path: str | os.PathLike[str]) -> str | None:
    """Return the format that the extension of ``path`` stands for, or None.

    >>> format_of("a/b.JPG"), format_of("notes.txt")
    ('jpeg', None)
    """
    return BY_EXTENSION.get((path if isinstance(path, PurePath) else Path(path)).suffix.lower())


def sniff(head: bytes) -> str | None:
    """Return the format that a file's first bytes show, whatever its name; None for any other content."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    if head.startswith(b"PK\x03\x04") and b".npy" in head[30:]:
        return "npz"
    # "BM" alone is also how a text may begin: ask for the size of a header that exists.
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in (12, 16, 40, 52, 56, 64, 108, 124):
        return "bmp"
    return None


def describe(head: bytes) -> str:
    """Say what content that convpipe does not read looks like, for an error message."""
    if head[4:8] == b"ftyp":
        return f"an ISO media file ({head[8:12].decode('ascii', 'replace').strip()!r}, as AVIF or HEIC)"
    stripped = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for start, name in REFUSED:
        if stripped.startswith(start):
            return name
    if all(byte >= 32 or byte in b"\t\r\n\f" for byte in head):
        return "text"
    return f"unknown content (it begins with {head[:8].hex(' ')})"


def supports(format: str, dtype: str, channels: int, *, alpha: bool = False) -> bool:
    """Say whether :func:`~convpipe.images.write` can put such pixels into a format.

    Parameters
    ----------
    format : str
        A name in :data:`FORMATS` or :data:`STORES`.
    dtype : str
        NumPy's name, as ``uint8``.
    channels : int
    alpha : bool, optional
        Whether the last channel is alpha.

    Examples
    --------
    >>> supports("png", "uint16", 4, alpha=True), supports("png", "uint16", 4)
    (True, False)
    """
    entry = entry_of(format)
    if entry is None or alpha > entry.alpha:
        return False
    return channels - alpha in entry.holds.get(dtype, ())
