"""Windows bitmaps, through Pillow's plugin."""

from __future__ import annotations

import io

import numpy as np

from convpipe.images.metadata.model import Metadata, valid_resolution
from convpipe.images.source import Header, Pieces, Source
from convpipe.limits import Limits

CONVERSION = {"1": "L", "L": "L", "P": "RGB", "RGB": "RGB", "RGBA": "RGBA"}
"""Pillow mode to decode to, by the mode in the file."""

V5_HEADER, PROFILES = b"\x7c\0\0\0", (b"DEBM", b"KNIL")
"""Size of the header that may have an ICC profile behind it, and what then stands for the colour space."""

CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}


def header(source: Source, limits: Limits) -> Header:
    """Parse the header. The plugin is called itself, as the size guard in ``Image.open`` only warns."""
    from PIL.BmpImagePlugin import BmpImageFile

    image = BmpImageFile(source.file)
    mode = CONVERSION[image.mode]
    dpi = image.info.get("dpi")
    if source.at(14, 4) == V5_HEADER and source.at(70, 4) in PROFILES:
        source.notes.append("BMP's ICC profile not carried")
    metadata = Metadata(resolution=valid_resolution(*dpi) if dpi else None)
    return Header(
        image.height,
        image.width,
        CHANNELS[mode],
        "uint8",
        alpha=mode == "RGBA",
        metadata=metadata,
        private=(image, mode),
    )


def decode(source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
    """Decode, palettes and single bits expanded."""
    image, mode = header.private
    return np.asarray(image.convert(mode))


def encode(
    pixels: np.ndarray, alpha: bool, metadata: Metadata, quality: int | None, compression: int | None
) -> Pieces:
    """Encode uncompressed."""
    import PIL.BmpImagePlugin
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(
        out, PIL.BmpImagePlugin.BmpImageFile.format, dpi=metadata.resolution or (0, 0)
    )
    return [out.getvalue()]
