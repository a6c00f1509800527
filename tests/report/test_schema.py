"""report.json is what its schema says: every key is described, and there is no other."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from convpipe.report import ImageResult, Origin, Report, ReportFolder, Steps, flow_of, schema, summary
from convpipe.report.objects import ObjectTable
from convpipe.stages import stage
from convpipe.stages.wiring import wire

FULL = Report(
    "edges",
    (
        ImageResult(
            "a.png",
            "done",
            input=(480, 640),
            stages=(("edge sobel", (240, 320)),),
            channels=5,
            notes=("palette to RGB",),
            measures=((("share", 0.25), ("level", float("nan"))), (("share", float("inf")), ("level", 0.0))),
            steps=Steps(1, 2, 3, 4),
        ),
        ImageResult("b\udcff.png", "failed", "read", "the file is empty"),
        ImageResult("pipe", "skipped", None, "not a regular file"),
    ),
    seconds=1.5,
    outputs=(("result", "out"),),
    accept=(("share", (0.2, None)),),
    objects=ObjectTable("objects.csv", 4),
    flow=flow_of(wire([stage("edge", "sobel", stride=2)])),
    warnings=("saturates",),
    unsupported=("a.heic",),
)


@pytest.mark.parametrize(
    "reports",
    [
        [],
        [FULL],
        [Report("empty"), Report("wrong", error="no input")],
        [replace(FULL, interrupted=130, unfinished=3, journal="out/j", config="a.yaml")],
        [replace(FULL, stopped="the disk is full", objects=None)],
    ],
)
def test_reports_are_as_the_schema_says(reports, tmp_path):
    with ReportFolder(tmp_path) as folder:
        folder.write(reports, Origin.of(["run", "a b.yaml"]))
    text = (tmp_path / "report.json").read_text("utf-8")

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    for data in (json.loads(text, parse_constant=refuse), json.loads(json.dumps(summary(reports)))):
        jsonschema.validate(data, schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize("key", ["done", "steps", "failures", "accept"])
def test_a_key_too_few_or_too_many_is_seen(key):
    data = json.loads(json.dumps(summary([FULL])))
    del data["jobs"][0][key]
    with pytest.raises(jsonschema.ValidationError, match=f"'{key}' is a required property"):
        jsonschema.validate(data, schema())
    data["jobs"][0] |= {key: summary([FULL])["jobs"][0][key], "more": 1}
    with pytest.raises(jsonschema.ValidationError, match="'more' was unexpected"):
        jsonschema.validate(data, schema())


def described(part, name=""):
    """Yield the names of properties without a description, and those of all."""
    for key, one in part.get("properties", {}).items():
        yield key, "description" in one
        yield from described(one)
    for inner in (part.get("items"), part.get("additionalProperties"), *part.get("anyOf", ())):
        if isinstance(inner, dict):
            yield from described(inner)


def test_every_key_is_described_and_on_the_page_of_reports():
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text()
    keys = list(described(schema()))
    assert [key for key, said in keys if not said] == []
    assert [
        key for key in schema()["properties"]["jobs"]["items"]["properties"] if f"`{key}`" not in page
    ] == []
