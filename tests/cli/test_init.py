"""`init`: recipes become configs of one's own, and an image says what suits it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

from convpipe import config, images
from convpipe.config import recipes
from convpipe.images import Page

ROOT = Path(__file__).parents[2]
RECIPES = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))


@pytest.mark.parametrize("words", [["--recipe"], ["--recipe", "--overwrite"]])
def test_recipes_are_listed_with_all_that_they_do(convpipe, monkeypatch, words, here):
    monkeypatch.setenv("COLUMNS", "80")
    listed, _, _ = convpipe("init", *words).stdout.partition("\n\n")
    lines = listed.splitlines()
    assert [line.split()[0] for line in lines if line[0] != " "] == RECIPES
    assert listed.split() == [word for name, one in recipes().items() for word in (name, *one.line.split())]
    assert max(map(len, lines)) <= 80
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_a_config_for_images_of_ones_own(convpipe, here, name):
    (here / "my plates").mkdir()
    result = convpipe("init", "mine.yaml", "my plates", "--recipe", name)
    assert result.exit_code == 0, result.output
    jobs = config.load("mine.yaml")
    assert all(str(job.input.path) == "my plates" for job in jobs)
    assert not [one for job in jobs for one in (*job.input.include, *job.input.exclude) if "/" in one]
    text = (here / "mine.yaml").read_text()
    assert "configs/" not in text
    assert text.startswith("# yaml-language-server: $schema=convpipe.schema.json\n")
    assert recipes()[name].title in text


def test_what_a_recipe_reads_comes_along(convpipe, here):
    (here / "sub").mkdir()
    result = convpipe("init", "sub/mine.yaml", "--recipe", "flat-field")
    assert result.exit_code == 0
    copied = here / "sub" / "flat-field.png"
    assert copied.read_bytes() == (ROOT / "configs" / "flat-field.png").read_bytes()
    copied.write_bytes(b"mine")
    again = convpipe("init", "sub/other.yaml", "--recipe", "flat-field")
    assert "sub/flat-field.png exists and stays as it is; --overwrite replaces it" in again.stdout
    assert copied.read_bytes() == b"mine"


def test_a_recipe_keeps_patterns_that_say_kinds(convpipe, here):
    assert convpipe("init", "--recipe", "emboss").exit_code == 0
    (job,) = config.load("emboss.yaml")
    assert (job.input.include, job.input.exclude) == ((), ("*.tif",))


def test_an_unknown_recipe(convpipe, here):
    result = convpipe("init", "--recipe", "cels")
    assert result.exit_code == 2
    assert "there is no recipe 'cels'; did you mean 'cells'?" in result.stderr
    assert list(here.iterdir()) == []


def test_one_beginning_alone(convpipe):
    assert (
        "give --recipe or --from-image, not both"
        in convpipe("init", "--recipe", "blur", "--from-image", "a.png").stderr
    )


HOLES = np.where(np.eye(40, 50, dtype=bool), np.nan, 1).astype(np.float32)
RAMP = np.arange(2000).reshape(40, 50)
KINDS = {
    "scan.png": (np.where(RAMP % 7 < 3, 0, 255).astype(np.uint8), ["rank median"]),
    "grey.png": ((RAMP % 256).astype(np.uint8), ["rank median", "sharpen unsharp"]),
    "dull.png": ((100 + RAMP % 40).astype(np.uint8), ["rank median", "contrast stretch"]),
    "cell.tif": (RAMP.astype(np.uint16), ["background subtract", "rank median"]),
    "rgb.jpg": (np.dstack([RAMP % 256] * 3).astype(np.uint8), ["sharpen unsharp"]),
    "rgba.png": (Page(np.dstack([RAMP % 256] * 4).astype(np.uint8), alpha=True), ["sharpen unsharp"]),
    "holes.tif": (HOLES, ["blur gaussian"]),
    "dem.tif": (RAMP.astype(np.int16), ["blur gaussian"]),
    "bands.tif": (np.dstack([RAMP] * 7).astype(np.uint16), ["blur gaussian"]),
    "real.tif": (RAMP.astype(np.float32), ["background subtract", "rank median"]),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_config_for_an_image_runs_on_it(convpipe, here, name):
    image, stages = KINDS[name]
    (here / "in").mkdir()
    path = here / "in" / name
    if name == "bands.tif":
        tifffile.imwrite(path, image, photometric="minisblack", planarconfig="contig")
    elif name == "dem.tif":
        tifffile.imwrite(path, image, extratags=[(42113, "s", 0, "0", True)])
    else:
        images.write(path, image)
    result = convpipe("init", "--from-image", f"in/{name}")
    assert result.exit_code == 0, result.output
    (job,) = config.load("pipeline.yaml")
    assert [stage.name for stage in job.stages] == stages
    assert job.input.include == (f"*{path.suffix}",)
    assert str(job.missing) == {"holes.tif": "nan", "dem.tif": "file"}.get(name, "None")
    assert f"# For images like {name}: 40x50, " in (here / "pipeline.yaml").read_text()
    run = convpipe("run", "pipeline.yaml")
    assert run.exit_code == 0, run.output
    assert "1 done" in run.stdout


def test_pages_are_said(convpipe, here):
    images.write_pages("stack.tif", [Page(RAMP.astype(np.uint16))] * 3)
    assert convpipe("init", "--from-image", "stack.tif").exit_code == 0
    text = (here / "pipeline.yaml").read_text()
    assert "3 pages" in text
    (job,) = config.load_text(text.replace("# - projection", "- projection"))
    assert job.stages[0].name == "projection maximum"


def test_what_is_no_image(convpipe, here):
    Path("a.png").touch()
    result = convpipe("init", "--from-image", "a.png")
    assert (result.exit_code, result.stderr) == (1, "error: a.png: the file is empty (0 bytes)\n")
    assert not Path("pipeline.yaml").exists()


def test_recipes_lie_in_the_wheel(tmp_path, monkeypatch):
    """As they do there: beside the modules."""
    from convpipe import paths

    shutil.copytree(ROOT / "configs", tmp_path / "convpipe" / "recipes")
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "convpipe" / "paths.py"))
    assert sorted(recipes()) == RECIPES
    assert recipes()["blur"].path.parent == tmp_path / "convpipe" / "recipes"
