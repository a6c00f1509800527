"""The JSON Schema agrees with the loader."""

import jsonschema
import pytest
from ruamel.yaml import YAML

from convpipe import config
from convpipe.errors import ConfigError
from convpipe.stages import ANY_LABEL, families

VALIDATOR = jsonschema.Draft202012Validator(config.schema())


def test_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(config.schema())


@pytest.mark.parametrize("family", families())
def test_every_method_has_its_branch(family):
    for method in families()[family].values():
        label = "mine" if method.name == ANY_LABEL else method.name
        entry = {family: label, **method.example}
        VALIDATOR.validate({"stages": [entry]})
        config.from_dict({"stages": [entry]})


@pytest.mark.parametrize(
    "bad",
    [
        {"stages": []},
        {"stages": [{"edge": "sobell"}]},
        {"stages": [{"blur": "gaussian"}]},
        {"stages": [{"blur": "gaussian", "sigma": -1}]},
        {"stages": [{"edge": "sobel", "strid": 2}]},
        {"stages": [{"edge": "sobel", "stride": 0}]},
        {"stages": [{"edge": "sobel"}], "border": "no"},
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
