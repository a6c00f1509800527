"""What a config may say of the images that it takes: limits, and whether half an image will do."""

from dataclasses import fields

import jsonschema
import pytest

from convpipe import config
from convpipe.config.job import LIMIT_KEYS
from convpipe.errors import ConfigError
from convpipe.limits import DEFAULT_LIMITS, Limits

STAGES = "stages: [{edge: sobel}]\n"


def test_every_limit_has_its_key():
    assert [key.name for key in LIMIT_KEYS] == [field.name for field in fields(Limits)]


def test_defaults(load):
    (job,) = load(STAGES)
    assert job.limits == DEFAULT_LIMITS
    assert job.allow_truncated is False


def test_they_can_be_raised_and_lowered(load):
    (job,) = load(STAGES + "limits: {max_pixels: 5000000000, max_frames: 3}\nallow_truncated: true\n")
    assert job.limits == Limits(max_pixels=5_000_000_000, max_frames=3)
    assert job.allow_truncated is True


def test_defaults_of_a_batch_are_merged_key_by_key(load):
    first, second = load("""\
        defaults: {limits: {max_frames: 5, max_pixels: 10}, stages: [{edge: sobel}]}
        jobs:
          - {limits: {max_pixels: 20}}
          - {allow_truncated: true}
    """)
    assert (first.limits.max_frames, first.limits.max_pixels) == (5, 20)
    assert (second.limits.max_frames, second.limits.max_pixels) == (5, 10)


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("limits: {max_pixel: 5}", "2:10", "unknown key 'max_pixel' in limits; did you mean 'max_pixels'?"),
        ("limits: {max_pixels: 0}", "2:22", "max_pixels needs an int from 1"),
        ("limits: {max_pixels: 1e6}", "2:22", "max_pixels needs an int"),
        ("limits: {max_pixels: true}", "2:22", "given bool True"),
        ("limits: 5", "2:9", "limits needs a mapping"),
        ("allow_truncated: 1", "2:18", "allow_truncated needs true or false"),
        ("allow_truncate: true", "2:1", "did you mean 'allow_truncated'?"),
    ],
)
def test_errors_have_a_place(load, text, where, words):
    with pytest.raises(ConfigError) as caught:
        load(STAGES + text + "\n")
    assert f":{where}: " in str(caught.value)
    assert words in str(caught.value)


def test_schema_knows_them():
    validator = jsonschema.Draft7Validator(config.schema())
    job = {"stages": [{"edge": "sobel"}], "limits": {"max_ratio": 5}, "allow_truncated": True}
    validator.validate(job)
    assert not validator.is_valid({**job, "limits": {"max_ratios": 5}})
    known = config.schema()["definitions"]["job"]["properties"]["limits"]["properties"]
    assert known["max_pixels"]["default"] == DEFAULT_LIMITS.max_pixels
