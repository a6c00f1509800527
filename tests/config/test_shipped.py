"""The configs that come with convpipe load, plan, and satisfy the schema that editors get."""

from pathlib import Path

import jsonschema
import pytest

from convpipe import config
from convpipe.config import yaml
from convpipe.plan import Settings, make_plan

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_it_loads_and_plans(path):
    of_rgb = path.stem == "first-layer"  # whose filters are of three channels
    for job in config.load(path):
        for channels in (3,) if of_rgb else (1, 3, 4):
            plan = make_plan(
                job.stages, (480, 640), Settings(border=job.border), channels=channels, alpha=channels == 4
            )
            assert min(plan.extent) >= 1
        assert str(job.input.path) == "data"
        assert job.output.path.parts[:2] == ("out", path.stem)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_it_satisfies_the_schema(path):
    jsonschema.Draft7Validator(config.schema()).validate(yaml.read(path).plain())


def test_the_pyramid_halves_three_times():
    (job,) = config.load(next(path for path in CONFIGS if path.stem == "pyramid"))
    plan = make_plan(job.stages, (480, 641), Settings(border=job.border))
    assert [stage.extent for stage in plan.stages] == [(240, 321), (120, 161), (60, 81)]
