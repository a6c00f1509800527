"""GIF, read only, through Pillow's plugin: the first frame."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np

from convpipe.errors import LimitError
from convpipe.images.source import Header, Source, one_line
from convpipe.limits import Limits

MAX_PIXELS = 89_478_485
"""Pillow's own limit, above which it begins to warn; it cannot be changed for one thread alone."""

CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}


def header(source: Source, limits: Limits) -> Header:
    """Parse the header and walk the frames, decoding none."""
    from PIL.GifImagePlugin import GifImageFile
    from PIL.Image import DecompressionBombError

    cols, rows = struct.unpack_from("<HH", source.exactly(10, "the GIF header"), 6)
    replace(limits, max_pixels=min(limits.max_pixels, MAX_PIXELS)).check_array(rows, cols, 4, "uint8")
    source.file.seek(0)
    try:
        image = GifImageFile(source.file)
        frames = image.n_frames
    except DecompressionBombError as error:
        raise LimitError(f"a frame is too large: {one_line(error)}") from error
    mode = "RGBA" if "transparency" in image.info else {"L": "L"}.get(image.mode, "RGB")
    return Header(image.height, image.width, CHANNELS[mode], "uint8", frames, private=(image, mode))


def decode(source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
    """Decode the first frame, its palette expanded."""
    image, mode = header.private
    image.seek(0)
    return np.asarray(image.convert(mode))
