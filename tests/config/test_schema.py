"""The JSON Schema agrees with the loader, and says what is wrong in its terms."""

import json

import jsonschema
import pytest
from ruamel.yaml import YAML

from convpipe import config
from convpipe.errors import ConfigError
from convpipe.stages import ANY_LABEL, families

VALIDATOR = jsonschema.Draft7Validator(config.schema())


def test_schema_is_a_schema_of_draft_7():
    schema = config.schema()
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["$id"]
    assert jsonschema.validators.validator_for(schema) is jsonschema.Draft7Validator
    jsonschema.Draft7Validator.check_schema(schema)
    later = ("unevaluatedProperties", "prefixItems", "$defs", "dependentRequired")
    assert not any(f'"{word}"' in json.dumps(schema) for word in later)


@pytest.mark.parametrize("family", families())
def test_every_method_has_its_branch(family):
    for method in families()[family].values():
        label = "mine" if method.name == ANY_LABEL else method.name
        entry = {family: label, **method.example}
        VALIDATOR.validate({"stages": [entry]})
        config.from_dict({"stages": [entry]})
        assert not VALIDATOR.is_valid({"stages": [{**entry, "no_such_parameter": 1}]})
        for parameter in method.parameters:
            if parameter.required:
                assert not VALIDATOR.is_valid({"stages": [{family: label}]})


EDGE = {"edge": "sobel"}
GOOD = [
    {"$schema": "convpipe.schema.json", "x-kernel": [[1]], "stages": [EDGE]},
    {"$schema": "a", "x-b": {"c": 1}, "defaults": {"x-d": 1}, "jobs": [{"x-e": 2, "stages": [EDGE]}]},
    {"stages": [{**EDGE, "x-why": "because"}], "input": {"path": "a", "x-f": 1}},
    {"input": "photos", "output": "out", "stages": [EDGE]},
    {"input": {"include": "*.png", "exclude": ["a", "b"]}, "stages": [EDGE]},
    *({"input": {"pages": pages}, "stages": [EDGE]} for pages in (3, -1, [0, 10], [None, -1], [0, 10, 2])),
    {"input": {"stack": "folder"}, "output": {"pages": "files"}, "stages": [EDGE]},
    {"output": {"format": "jpg"}, "stages": [EDGE]},
    {"output": {"format": "tif"}, "stages": [EDGE]},
    {"output": {"format": "PNG"}, "stages": [EDGE]},
    {"stages": [{"blur": "gaussian", "sigma": [1, 2], "stride": 2, "padding": "same"}]},
    {"stages": [{"blur": "gaussian", "sigma": [1, 2, 3], "axis": "stack"}]},
    {"stages": [{"rank": "median", "size": 3, "axis": "stack"}, {"threshold": "otsu", "axis": "stack"}]},
    {"jobs": [{"stages": [EDGE]}], "defaults": {"border": "wrap"}},
    {"output": {"codec": "zstd", "compression": 22, "pyramid": True, "smallest": 64}, "stages": [EDGE]},
    {
        "stages": [{**EDGE, "name": "a"}, {"combine": "b", "formula": "a - input", "name": "c d"}],
        "outputs": {"a": None, "b": "a", "c": {"from": "a", "format": "TIFF", "compression": 3}},
    },
]


@pytest.mark.parametrize("good", GOOD, ids=range(len(GOOD)))
def test_what_the_loader_takes_the_schema_takes(good, tmp_path):
    path = tmp_path / "good.yaml"
    with path.open("w") as file:
        YAML(typ="safe", pure=True).dump(good, file)
    config.load(path)
    VALIDATOR.validate(good)


@pytest.mark.parametrize(
    "bad",
    [
        {"stages": []},
        {"stages": [{"edge": "sobell"}]},
        {"stages": [{"edg": "sobel"}]},
        {"stages": [{"sigma": 1}]},
        {"stages": [{"x-a": 1}]},
        {"stages": [{"edge": "sobel", "blur": "box"}]},
        {"stages": [{"blur": "gaussian"}]},
        {"stages": [{"blur": "gaussian", "sigma": -1}]},
        {"stages": [{"blur": "gaussian", "sigma": [1, 2, 3]}]},
        {"stages": [{"blur": "gaussian", "sigma": [1, -2]}]},
        {"stages": [{"blur": "gaussian", "sigma": [1, 2], "axis": "stack"}]},
        {"stages": [{"blur": "box", "size": [1, 2, 3], "axis": "plane"}]},
        {"stages": [{"rank": "median", "footprint": "disk", "axis": "stack"}]},
        {"stages": [{"edge": "sobel", "axis": "stack"}]},
        {"stages": [{"edge": "sobel", "strid": 2}]},
        {"stages": [{"edge": "sobel", "stride": 0}]},
        {"stages": [{"edge": "sobel", "sigma": 1}]},
        {"stages": [{"custom": ""}]},
        {"stages": [{"edge": "sobel"}], "border": "no"},
        {"stages": [{"edge": "sobel"}], "input": 3},
        {"stages": [{"edge": "sobel"}], "input": {"include": 3}},
        *(
            {"stages": [EDGE], "input": {"pages": pages}}
            for pages in (True, 1.5, "1", [1], [0, 1, 0], [0, 1, 2, 3])
        ),
        {"stages": [EDGE], "input": {"stack": "pages"}},
        {"stages": [EDGE], "output": {"pages": True}},
        {"stages": [{"edge": "sobel"}], "y-a": 3},
        {"stages": [{"edge": "sobel", "from": "two words"}]},
        {"stages": [{"combine": "a"}]},
        {"stages": [{"combine": "a", "formula": 3}]},
        {"stages": [{"combine": "a", "formula": "input / 2", "from": "input"}]},
        {"stages": [{"edge": "sobel", "name": "a"}], "outputs": {"two words": "a"}},
        {"stages": [{"edge": "sobel", "name": "a"}], "outputs": {"result": "a"}},
        {"stages": [{"edge": "sobel", "name": "a"}], "outputs": {"b": {"from": "a", "format": "gif"}}},
        {"stages": [{"edge": "sobel", "name": "a"}], "outputs": ["a"]},
        {"name": "x"},
        {"jobs": []},
    ],
)
def test_what_the_loader_refuses_the_schema_refuses(bad, tmp_path):
    path = tmp_path / "bad.yaml"
    with path.open("w") as file:
        YAML(typ="safe", pure=True).dump(bad, file)
    with pytest.raises(ConfigError):
        config.load(path)
    assert not VALIDATOR.is_valid(bad)


@pytest.mark.parametrize(
    ("bad", "where", "words"),
    [
        ({"stages": [{"edge": "sobell"}]}, ["stages", 0, "edge"], "'sobell' is not one of ['"),
        ({"stages": [{"edg": "sobel"}]}, ["stages", 0], "'edg' is not one of ['background', "),
        ({"stages": [{"edge": "sobel", "strid": 2}]}, ["stages", 0], "'strid' is not one of"),
        ({"stages": [{"blur": "gaussian"}]}, ["stages", 0], "'sigma' is a required property"),
        ({"stages": [{"blur": "box", "size": 0}]}, ["stages", 0, "size"], "0 is less than the minimum of 1"),
        ({"stages": [EDGE], "input": {"pth": 1}}, ["input"], "'pth' is not one of ['path'"),
        ({"stages": [EDGE], "bordr": 1}, [], "'bordr' is not one of"),
        ({"jobs": [{"stages": [{"edge": "x"}]}]}, ["jobs", 0, "stages", 0, "edge"], "'x' is not one of"),
    ],
    ids=range(8),
)  # fmt: skip
def test_an_error_is_said_as_what_it_is(bad, where, words):
    errors = list(VALIDATOR.iter_errors(bad))
    (said,) = (error for error in errors if words in error.message)
    assert not said.context
    assert list(said.absolute_path) == where


def test_a_misspelt_method_is_the_one_error():
    (error,) = VALIDATOR.iter_errors({"stages": [{"edge": "sobell", "stride": 2}]})
    assert (error.validator, list(error.absolute_path)) == ("enum", ["stages", 0, "edge"])
