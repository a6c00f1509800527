"""What is left of a PNG that breaks off or is damaged, as a sound one; used only where a job asks for it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from convpipe.images.formats.chunks import SIGNATURE
from convpipe.images.formats.inflated import raw_size
from convpipe.images.formats.png import DEPTHS, SAMPLES, chunk
from convpipe.images.source import Source
from convpipe.limits import Limits

PIECE = 4096
"""Bytes inflated at once: what comes before damage in such a piece is lost."""


def salvage(source: Source, limits: Limits) -> None:
    """Put a sound PNG in the place of a damaged one, what is missing black; a note says how much there was.

    One that is sound stays, and so does one that is beyond help, to be refused for its reason.
    """
    content = source.content()
    ihdr, before, pixels, sound = _parts(content)
    if sound or ihdr is None:
        return
    cols, rows, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", ihdr)
    if depth not in DEPTHS.get(colour, ()) or (colour == 3 and b"PLTE" not in before):
        return
    limits.check_array(rows, cols, SAMPLES[colour], "uint16" if depth == 16 else "uint8")
    needed = raw_size(rows, cols, depth * (1 if colour == 3 else SAMPLES[colour]), bool(interlaced))
    raw = _inflated(pixels, needed)
    if not raw:
        return
    share = 100 * len(raw) / needed
    source.notes.append(f"damaged or truncated: {share:.4g}% of the pixels are there; the others are black")
    data = zlib.compress(raw.ljust(needed, b"\0"), 1)
    middle = b"".join(chunk(name, each) for name, each in before.items())
    whole = SIGNATURE + chunk(b"IHDR", ihdr) + middle + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    source.file, source.size = io.BytesIO(whole), len(whole)


def _parts(content: bytes) -> tuple[bytes | None, dict[bytes, bytes], bytes, bool]:
    """Return IHDR, the undamaged chunks but the pixels, the pixels as they are, and whether all is sound."""
    ihdr, kept, pixels = None, dict[bytes, bytes](), list[bytes]()
    sound, ended = True, False
    for name, data, good in _chunks(content):
        if name == b"IDAT":
            pixels.append(data)
        elif name == b"IHDR" and good and len(data) == 13:
            ihdr = data
        elif good:
            kept.setdefault(name, data)
        sound &= good or bool(name[0] & 0x20)  # others are dropped, with a note, by any read
        ended = name == b"IEND"
    kept.pop(b"IEND", None)
    return ihdr, kept, b"".join(pixels), sound and ended


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield (name, data, whether it is whole and its CRC right) of each chunk, as far as there are any."""
    at = len(SIGNATURE)
    while at + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        if not name.isalpha():
            return
        data = content[at + 8 : at + 8 + length]
        crc = content[at + 8 + length : at + 12 + length]
        yield name, data, crc == zlib.crc32(name + data).to_bytes(4, "big")
        at += 12 + length


def _inflated(data: bytes, most: int) -> bytes:
    """Return what can be inflated before the first error."""
    inflate, out = zlib.decompressobj(), bytearray()
    try:
        for at in range(0, len(data), PIECE):
            if len(out) >= most:
                break
            out += inflate.decompress(data[at : at + PIECE], most - len(out))
    except zlib.error:
        pass
    return bytes(out)
