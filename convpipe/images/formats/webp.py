"""WebP (RFC 9649). libwebp decodes the first frame; the header is read here, with nothing allocated."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np

from convpipe.errors import LimitError, ReadError
from convpipe.images.metadata.exif import check_exif, density
from convpipe.images.metadata.model import Metadata, check_icc
from convpipe.images.metadata.xmp import check_xmp
from convpipe.images.source import Header, Pieces, Source
from convpipe.limits import Limits

ALPHA_FLAG = 0x10
PICTURE = (b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")
MAX_CHUNKS = 100_000


def header(source: Source, limits: Limits) -> Header:
    """Read the chunk headers, the first bytes of the picture, and the metadata."""
    extent: tuple[int, int] | None = None
    alpha, frames = False, 0
    found: dict[bytes, bytes] = {}
    left: list[str] = []
    for name, length in _chunks(source):
        if name in (b"VP8X", b"VP8 ", b"VP8L") and extent is None:
            rows, cols, alpha = _picture(name, source.exactly(10, "a WebP picture header"))
            extent = rows, cols
        elif name in (b"EXIF", b"ICCP", b"XMP "):
            limits.check_metadata(length + sum(map(len, found.values())))
            found[name] = source.exactly(length, "WebP metadata")
        elif name not in PICTURE:
            left.append(name.decode("ascii", "backslashreplace"))
        frames += name == b"ANMF"
    if left:
        source.notes.append(f"WebP chunks not carried: {', '.join(dict.fromkeys(left))}")
    if extent is None:
        raise ReadError("no picture in the WebP file")
    exif, orientation = check_exif(found.get(b"EXIF"), source.notes)
    icc = check_icc(found.get(b"ICCP"), source.notes)
    metadata = Metadata(icc, exif, density(exif), check_xmp(found.get(b"XMP "), source.notes))
    channels = 4 if alpha else 3
    return Header(*extent, channels, "uint8", max(frames, 1), orientation, metadata, alpha=alpha)


def decode(source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
    """Decode the first frame."""
    import imagecodecs

    pixels: np.ndarray = imagecodecs.webp_decode(source.content(), 0, hasalpha=header.alpha)
    return pixels


def encode(
    pixels: np.ndarray, alpha: bool, metadata: Metadata, quality: int | None, compression: int | None
) -> Pieces:
    """Encode lossless, or lossy when a quality is given; grey is stored as three equal channels.

    Pillow writes it, not imagecodecs, as it puts ICC, EXIF and XMP into the container; both call libwebp.
    """
    import PIL.WebPImagePlugin  # registers the format; without it, Pillow would load all of them
    from PIL import Image

    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=-1)
    elif pixels.shape[-1] == 2:
        pixels = pixels[..., [0, 0, 0, 1]]
    out = io.BytesIO()
    options = {"lossless": True} if quality is None else {"quality": quality}
    Image.fromarray(pixels).save(
        out, PIL.WebPImagePlugin.WebPImageFile.format, exact=True, icc_profile=metadata.icc or b"",
        exif=metadata.exif or b"", xmp=metadata.xmp or b"", **options,
    )  # fmt: skip
    return [out.getvalue()]


def _chunks(source: Source) -> Iterator[tuple[bytes, int]]:
    """Yield (name, length) of each chunk, the file standing at its data."""
    source.file.seek(4)
    end = 8 + int.from_bytes(source.exactly(4, "the RIFF header"), "little")
    if end > source.size:
        raise ReadError(f"the file is truncated: {source.size} of {end} bytes")
    position = 12
    for _ in range(MAX_CHUNKS):
        if position + 8 > end:
            return
        source.file.seek(position)
        name, length = source.exactly(4, "a chunk"), int.from_bytes(source.exactly(4, "a chunk"), "little")
        yield name, length
        position += 8 + length + length % 2
    raise LimitError(f"more than {MAX_CHUNKS} WebP chunks")


def _picture(name: bytes, data: bytes) -> tuple[int, int, bool]:
    """Return (rows, cols, has alpha) from the first 10 bytes of a VP8X, VP8L or VP8 chunk."""
    if name == b"VP8X":
        cols, rows = (1 + int.from_bytes(data[at : at + 3], "little") for at in (4, 7))
        return rows, cols, bool(data[0] & ALPHA_FLAG)
    if name == b"VP8L":
        if data[0] != 0x2F:
            raise ReadError("the VP8L signature is missing")
        bits = int.from_bytes(data[1:5], "little")
        return 1 + (bits >> 14 & 0x3FFF), 1 + (bits & 0x3FFF), bool(bits >> 28 & 1)
    if data[3:6] != b"\x9d\x01\x2a":
        raise ReadError("the VP8 start code is missing")
    cols, rows = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return rows, cols, False
