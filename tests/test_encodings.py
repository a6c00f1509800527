"""How an output is encoded is said in a config, in Python and by `convpipe stream` in the same words."""

from dataclasses import fields

from convpipe import images
from convpipe.config import job
from convpipe.images.formats.registry import CODECS
from convpipe.streaming import Options


def test_keys_are_fields():
    assert tuple(field.name for field in fields(images.Encoding)) == job.ENCODINGS
    known = {field.name for field in fields(job.OutputSpec)}
    assert known == {"path", *job.ENCODINGS}
    assert {field.name for field in fields(job.ResultSpec)} == {"source", *job.ENCODINGS}
    assert {key.name for key in job.OUTPUT_KEYS} == known


def test_codecs_and_formats_are_those_of_images():
    assert set(job.CODECS) == set(CODECS)
    assert set(job.FORMATS) == {name for name, each in images.FORMATS.items() if each.holds}
    assert set(job.TILED) == {name for name, each in images.FORMATS.items() if each.pages}
    for codec in CODECS:
        assert Options(0, codec=codec).codec == codec
