"""Commands know which image is filtered: a table has its box, and noise is what a run draws."""

import json

import numpy as np
import pytest

from convpipe import Pipeline, images, stage

IMAGE = np.arange(20 * 30, dtype="uint16").reshape(20, 30)
TABLE = "name,top,left,bottom,right\na.png,2,1,12,11\nsub/a.png,0,0,3,4\nb.png,4,-5,,\n"


@pytest.fixture
def folder(here):
    for name in ("a.png", "b.png", "sub/a.png", "sub/b.png"):
        path = here / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        images.write(path, IMAGE)
    (here / "boxes.csv").write_text(TABLE)


@pytest.mark.usefixtures("folder")
def test_a_table_of_boxes(convpipe, job):
    config = job("- {geometry: crop, box: boxes.csv}", head="input: photos")
    assert convpipe("check", config).exit_code == 0
    result = convpipe("plan", config, "--json")
    sizes = json.loads(result.stdout)["jobs"][0]["sizes"]
    found = sorted((size["count"], *size["stages"][-1]["output"][:2]) for size in sizes)
    assert found == [(1, 3, 4), (1, 10, 10), (2, 16, 5)]
    result = convpipe("plan", config, "--size", "20x30")
    assert (result.exit_code, "are by the names of images" in result.stderr) == (2, True)
    assert "3x4" in convpipe("preview", config, "photos/sub/a.png").stdout
    assert "= 3" in convpipe("explain", config, "photos/sub/a.png", "--at", "0", "0").stdout


@pytest.mark.usefixtures("folder")
def test_noise_is_that_of_a_run(convpipe, job, here):
    Pipeline([stage("noise", "gaussian", sigma=900)]).run_folder(here / "photos", here / "out")
    run = images.read(here / "out" / "sub" / "a.png").pixels
    config = job("- {noise: gaussian, sigma: 900}", head="input: photos")
    said = convpipe("explain", config, "photos/sub/a.png", "--at", "3", "4").stdout
    assert f"stored as uint16: {run[3, 4]}" in said
