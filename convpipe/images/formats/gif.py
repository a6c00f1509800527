"""GIF, read only, through Pillow's plugin: the first frame."""

from __future__ import annotations

import struct

import numpy as np

from convpipe.errors import ReadError
from convpipe.images.bounds import check_readable
from convpipe.images.source import Header, Source
from convpipe.limits import Limits

FRAME, EXTENSION = b",", b"!"

CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}


def header(source: Source, limits: Limits) -> Header:
    """Walk the blocks, then let the plugin parse the first frame: it makes room for one as it meets it."""
    from PIL.GifImagePlugin import GifImageFile

    rows, cols, frames = _walk(source)
    limits.check_frames(frames)
    check_readable("gif", rows, cols)
    limits.check_array(rows, cols, 4, "uint8")
    source.file.seek(0)
    image = GifImageFile(source.file)
    image.dispose = None  # room for what stands under the next frame, which is not read
    if image.info.get("comment"):
        source.notes.append("GIF comment not carried")
    mode = "RGBA" if "transparency" in image.info else {"L": "L"}.get(image.mode, "RGB")
    return Header(
        image.height,
        image.width,
        CHANNELS[mode],
        "uint8",
        frames,
        alpha=mode == "RGBA",
        private=(image, mode),
    )


def _walk(source: Source) -> tuple[int, int, int]:
    """Return the rows and columns that hold every frame, and the number of frames (GIF89a, appendix B)."""
    cols, rows, flags = struct.unpack_from("<HHB", source.exactly(13, "the GIF header"), 6)
    if not (rows and cols):
        return rows, cols, 1
    frames = 0
    _skip_colours(source, flags)
    while (block := source.file.read(1)) in (FRAME, EXTENSION):
        if block == FRAME:
            left, top, width, height, flags = struct.unpack("<HHHHB", source.exactly(9, "a GIF frame"))
            frames += 1
            cols, rows = max(cols, left + width), max(rows, top + height)
            _skip_colours(source, flags)
        source.exactly(1, "a GIF block")  # the code size of a frame, the label of an extension
        while length := source.exactly(1, "a GIF block")[0]:
            source.exactly(length, "a GIF block")
    if not frames:
        raise ReadError("no picture in the GIF")
    return rows, cols, frames


def _skip_colours(source: Source, flags: int) -> None:
    if flags & 0x80:
        source.exactly(3 << (1 + (flags & 7)), "a GIF palette")


def decode(source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
    """Decode the first frame, its palette expanded."""
    image, mode = header.private
    image.seek(0)
    return np.asarray(image.convert(mode))
