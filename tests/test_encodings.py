"""How an output is encoded is said in a config, in Python and by `convpipe stream` in the same words."""

from dataclasses import fields

import numpy as np
import pytest

from convpipe import images
from convpipe.config import job
from convpipe.errors import WriteError
from convpipe.images.formats.registry import CODECS, STORES, TILED
from convpipe.streaming import Options


def test_keys_are_fields():
    assert tuple(field.name for field in fields(images.Encoding)) == job.ENCODINGS
    known = {field.name for field in fields(job.OutputSpec)}
    assert known == {"path", *job.ENCODINGS}
    assert {field.name for field in fields(job.ResultSpec)} == {"source", *job.ENCODINGS}
    assert {key.name for key in job.OUTPUT_KEYS} == known


@pytest.mark.parametrize("way", [{"codec": "zstd"}, {"pyramid": True}, {"format": "zarr"}])
def test_what_is_written_as_rows_come_is_not_written_at_once(tmp_path, way):
    """It would be written without what was asked for."""
    encoding = images.Encoding(**{"format": "tiff", **way})
    with pytest.raises(WriteError, match="written as rows come"):
        images.write(tmp_path / "a.tif", np.zeros((4, 5), np.uint8), encoding)
    assert not list(tmp_path.iterdir())


def test_codecs_and_formats_are_those_of_images():
    assert set(job.CODECS) == set(CODECS)
    assert set(job.UNLEVELLED) == {codec for codec, levels in CODECS.items() if levels is None}
    assert set(job.FORMATS) == {*(name for name, each in images.FORMATS.items() if each.holds), *STORES}
    assert job.TILED == TILED
    for codec in CODECS:
        assert Options(0, codec=codec).codec == codec
