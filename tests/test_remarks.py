"""What is said of an image that was filtered, though nothing failed: a watershed that parts nothing."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from skimage import data, io

from convpipe import Pipeline, stage
from convpipe.cli import main
from convpipe.remarks import heard, remark

COINS = data.coins()[100:200, 100:220]
MASK = [stage("threshold", "otsu"), stage("objects", "watershed")]
PARTED = (
    r"without markers, water rises from its ground alone and parts nothing: 'markers' name the stage whose"
)
OF_MASK = "objects watershed: of a mask without markers, water rises from its ground alone"


@pytest.mark.parametrize(
    ("stages", "dtype", "places"),
    [
        (MASK, "uint8", [1]),
        ([MASK[0], stage("morphology", "open"), MASK[1]], "uint8", [2]),
        ([MASK[1]], "bool", [0]),
        ([MASK[1]], "uint8", []),
        ([stage("blur", "box"), MASK[1]], "bool", []),
        ([MASK[0], stage("objects", "watershed", markers="input")], "uint8", []),
        ([MASK[0], stage("objects", "label")], "uint8", []),
    ],
)
def test_the_plan_says_where_a_watershed_without_markers_reads_a_mask(stages, dtype, places):
    plan = Pipeline(stages).plan((9, 9), dtype)
    assert [said.partition(":")[0] for said in plan.notes] == [
        f"stage {at} (objects watershed)" for at in places
    ]
    assert all("of a mask without markers" in said for said in plan.notes)
    assert set(plan.notes) <= set(plan.warnings)


def test_python_is_warned_of_an_image_that_is_one_basin():
    with pytest.warns(RuntimeWarning, match=f"stage 1: {OF_MASK}"):
        Pipeline(MASK)(COINS)
    flat = np.zeros((6, 7), np.uint8)
    with pytest.warns(RuntimeWarning, match="stage 0: objects watershed: the image has no local minimum"):
        assert not Pipeline([MASK[1]])(flat).any()
    bowl = np.hypot(*np.ogrid[-4:5, -4:5]).astype(np.float32)
    with pytest.warns(RuntimeWarning, match="the image has 1 local minimum to be filled from, and 'markers'"):
        assert (Pipeline([MASK[1]])(bowl) == 1).all()
    with pytest.warns(RuntimeWarning, match=OF_MASK):
        Pipeline(MASK).stack(np.stack([COINS, COINS]))
    assert Pipeline([stage("blur", "box"), MASK[1]])(COINS).max() > 1  # a warning would be an error
    assert Pipeline([stage("objects", "watershed", markers="input")])(np.eye(8, dtype="uint8")).max() == 1


def test_tasks_of_dask_warn_of_it():
    array = pytest.importorskip("dask.array")
    lazy = Pipeline(MASK[1:]).map_blocks(array.from_array(np.eye(8, dtype="uint8"), chunks=(8, 8)))
    with pytest.warns(RuntimeWarning, match=rf"{OF_MASK}.*\(in one of the chunks\)"):
        lazy.compute(scheduler="synchronous")


def _run(config):
    return json.loads(CliRunner().invoke(main, ["run", str(config), "--overwrite", "--json"]).stdout)["jobs"][
        0
    ]


def test_a_run_and_a_check_say_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    io.imsave(tmp_path / "in" / "a.png", (COINS > 120).astype(np.uint8) * 255, check_contrast=False)
    config = tmp_path / "a.yaml"
    config.write_text("input: {path: in}\noutput: {path: out, format: tiff}\nstages:\n- objects: watershed\n")
    job = _run(config)
    assert (job["warnings"], [note["path"] for note in job["notes"]]) == ([], ["a.png"])
    assert f"stage 0: {OF_MASK}" in job["notes"][0]["note"]
    config.write_text(config.read_text().replace("stages:\n", "stages:\n- threshold: otsu\n"))
    job = _run(config)
    assert ["of a mask without markers" in said for said in job["warnings"]] == [True]
    assert "of a mask without markers" in CliRunner().invoke(main, ["check", str(config)]).stderr


def test_what_nobody_listens_to_is_lost_and_each_text_is_heard_once():
    remark("lost")
    with heard() as outer:
        remark("a")
        with heard() as inner:
            remark("b")
        remark("a")
    remark("lost")
    assert (outer, inner) == (["a"], ["b"])
