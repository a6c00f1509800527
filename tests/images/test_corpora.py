"""Files that broke other readers, where a person has them: set CONVPIPE_CORPORA to their folder."""

import os
from pathlib import Path

import pytest

from convpipe.errors import ReadError
from convpipe.images import probe, read

FOLDER = os.environ.get("CONVPIPE_CORPORA")
FILES = sorted(path for path in Path(FOLDER).rglob("*") if path.is_file()) if FOLDER else []


@pytest.mark.skipif(not FILES, reason="CONVPIPE_CORPORA does not point at a folder of image files")
@pytest.mark.parametrize("path", FILES or [None], ids=lambda path: path and path.name)
def test_read_or_refused(path):
    try:
        image = read(path)
    except ReadError as error:
        assert error.reason.isprintable()  # noqa: PT017
        return
    info = probe(path)
    channels = image.pixels.shape[2] if image.pixels.ndim == 3 else 1
    assert (info.extent, info.channels) == (image.pixels.shape[:2], channels)
    assert info.dtype == image.pixels.dtype.name
    assert image.pixels.flags.c_contiguous
