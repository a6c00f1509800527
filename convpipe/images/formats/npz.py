"""NumPy's .npz files, archives of arrays: one array, which is called image when it is written."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from convpipe.errors import ReadError
from convpipe.images.formats import npy
from convpipe.images.metadata.model import Metadata
from convpipe.images.source import Header, Pieces, Source
from convpipe.limits import Limits

MEMBER = "image.npy"


def header(source: Source, limits: Limits) -> Header:
    """Parse the header of the one array."""
    archive = zipfile.ZipFile(source.file)
    members = archive.infolist()
    if len(members) != 1 or not members[0].filename.endswith(".npy"):
        raise ReadError(f"an archive of {len(members)} files; one array is read")
    with archive.open(members[0]) as stream:
        return npy.header_of(stream, members[0].file_size, limits)


def decode(source: Source, header: Header, allow_truncated: bool) -> np.ndarray:
    """Read the array."""
    archive = zipfile.ZipFile(source.file)
    with archive.open(archive.infolist()[0]) as stream:
        return npy.array_of(stream)


def encode(
    pixels: np.ndarray, alpha: bool, metadata: Metadata, quality: int | None, compression: int | None
) -> Pieces:
    """Return an archive of the array, deflated at a level above 0, of no day: equal results, equal bytes."""
    out = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if compression else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", kind, compresslevel=compression or None) as archive:
        member = zipfile.ZipInfo(MEMBER)
        member.compress_type = kind
        with archive.open(member, "w", force_zip64=pixels.nbytes > 1 << 30) as stream:
            for piece in npy.encode(pixels, alpha, metadata, None, None):
                stream.write(piece)
    return [out.getbuffer()]
