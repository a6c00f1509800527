"""The configs that come with convpipe load, plan, and satisfy the schema that editors get."""

from pathlib import Path

import jsonschema
import pytest

from convpipe import Pipeline, config, images
from convpipe.batch import find_images
from convpipe.config import yaml
from convpipe.plan import Settings, make_plan

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_it_loads_and_plans(path):
    for job in config.load(path):
        assert str(job.input.path) == "data"
        assert job.output.path.parts[:2] == ("out", path.stem)
        found = find_images(ROOT / job.input.path, job.input.include, job.input.exclude).images
        for image in map(images.read, (ROOT / job.input.path / each for each in found)):
            shape, dtype = image.pixels.shape, image.pixels.dtype.name
            assert min(Pipeline.from_job(job).plan(shape, dtype, image.alpha).extent) >= 1


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_it_satisfies_the_schema(path):
    jsonschema.Draft7Validator(config.schema()).validate(yaml.read(path).plain())


def test_the_pyramid_halves_three_times():
    (job,) = config.load(next(path for path in CONFIGS if path.stem == "pyramid"))
    plan = make_plan(job.stages, (480, 641), Settings(border=job.border))
    assert [stage.extent for stage in plan.stages] == [(240, 321), (120, 161), (60, 81)]


def test_the_page_of_recipes_shows_each_with_its_picture():
    docs = ROOT / "docs"
    page = (docs / "recipes.md").read_text()
    for path in CONFIGS:
        text = path.read_text()
        assert f"`configs/{path.name}`" in page
        assert text[text.index("\nname:" if "\nname:" in text else "\ndefaults:") :].strip() in page, (
            path.name
        )
        assert (docs / f"pictures/recipes/{path.stem}.jpg").exists()
