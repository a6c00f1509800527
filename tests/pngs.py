"""PNG files, sound or not, from their parts."""

import struct
import zlib

from convpipe.images.formats.png import SIGNATURE, chunk


def png(width, height, depth=8, colour=0, raw=bytes(100), *extra, interlace=0):
    """Return a PNG of `raw`, filter bytes and samples as they are before deflate, and `extra` chunks."""
    ihdr = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))
    return b"".join([SIGNATURE, ihdr, *extra, chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b"")])
