"""Functions of scikit-image as stages: what they give, and what is refused before one is called."""

import importlib
import inspect
import pickle
import subprocess
import sys

import numpy as np
import pytest

from convpipe import ConfigError, Pipeline, stage
from convpipe.config import load_text
from convpipe.errors import ImageError
from convpipe.stages import find
from convpipe.stages.skimage import _SETS, _TRUTHS, NAMES, _names

SETS, TRUTHS = _names(_SETS), {*_names(_SETS), *_names(_TRUTHS)}


def theirs(name, image, **given):
    """What scikit-image makes of an image of values from 0 to 1, colour by colour where it knows of none."""
    module, own = name.split(".")
    called = getattr(importlib.import_module(f"skimage.{module}"), own)
    given = {key: np.array(value) if isinstance(value, list) else value for key, value in given.items()}
    if image.ndim == 3 and "channel_axis" in inspect.signature(called).parameters:
        return np.asarray(called(image, channel_axis=2, **given), float)
    if image.ndim == 3:
        return np.stack([theirs(name, image[..., k], **given) for k in range(3)], axis=2)
    return np.asarray(called(image, **given), float)


@pytest.mark.filterwarnings("ignore")  # of scikit-image, of what an image of noise is
@pytest.mark.parametrize("shape", [(20, 22), (20, 22, 3)], ids=["grey", "colour"])
@pytest.mark.parametrize("name", NAMES)
def test_it_gives_what_the_function_does(name, shape, rng):
    image = rng.normal(110, 40, shape).clip(0, 255).astype(np.uint8)
    if name in SETS:
        image[image < 120] = 0
    given = dict(find("skimage", name).example)
    made = Pipeline([stage("skimage", name, **given)])(image, dtype="float64")
    want = theirs(name, image > 0 if name in SETS else image / 255, **given)
    np.testing.assert_allclose(made, want * 255, rtol=1e-5, atol=1e-5 * max(np.nanmax(np.abs(want)), 1e-3))
    if name in TRUTHS:
        assert set(np.unique(made)) <= {0.0, 255.0}


def test_every_row_of_colours_is_made(rng):
    """scikit-image 0.26 takes rows for channels where the axis is counted from the end."""
    image = rng.integers(0, 256, (20, 22, 3), np.uint8)
    run = Pipeline([stage("skimage", "filters.unsharp_mask")])
    each = [run(image[..., channel]) for channel in range(3)]
    np.testing.assert_array_equal(run(image), np.stack(each, axis=2))


def test_parameters_reach_it_and_alpha_stays(rng):
    image = rng.integers(1, 256, (20, 22, 4), np.uint8)
    run = Pipeline([stage("skimage", "filters.gaussian", sigma=[2, 0.5], mode="wrap")])
    made = run(image, dtype="float32", alpha=True)
    want = theirs("filters.gaussian", image[..., :3] / 255, sigma=[2, 0.5], mode="wrap")
    np.testing.assert_allclose(made[..., :3], 255 * want, rtol=1e-5)
    np.testing.assert_array_equal(made[..., 3], image[..., 3])
    assert pickle.loads(pickle.dumps(run)).stages == run.stages == Pipeline.from_yaml(run.to_yaml()).stages


def test_the_plan_says_that_it_is_fused_with_nothing():
    stages = [stage("blur", "box", size=3), stage("skimage", "filters.sato"), stage("point", "invert")]
    plan = Pipeline(stages).plan((40, 50))
    assert plan.stages[1].to_dict()["library"] == "filters.sato of scikit-image"
    assert plan.stages[1].range.nan
    truths = Pipeline([stage("skimage", "feature.canny")]).plan((40, 50))
    assert (truths.stages[0].range.low, truths.stages[0].range.high) == (0, 255)


@pytest.mark.parametrize(
    ("entry", "where", "words"),
    [
        ("{skimage: filters.satoo}", 1, "is no function that is taken.*did you mean 'filters.sato'?"),
        ("{skimage: sato}", 1, "write 'skimage: filters.sato'"),
        ("{skimage: filters.threshold_otsu}", 1, "is no function that is taken"),
        ("{skimage: io.imread}", 1, "is no function that is taken"),
        ("{skimage: os.system}", 1, "is no function that is taken"),
        ("{skimage: filters.__class__}", 1, "is no function that is taken"),
        ("{skimage: [1]}", 1, "skimage needs one of its functions, such as"),
        ("{skimage: filters.sato, sigmaz: 1}", 1, "has no parameter 'sigmaz'; did you mean 'sigmas'?"),
        ("{skimage: filters.gaussian, out: [1]}", 1, "has no parameter 'out'"),
        ("{skimage: filters.gaussian, sigma: wide}", 1, "sigma needs a number, or a list of them"),
        ("{skimage: filters.sato, black_ridges: 1}", 1, "black_ridges needs true or false"),
        ("{skimage: filters.gaussian, mode: 3}", 1, "mode needs text"),
        ("{skimage: filters.gaussian, sigma: .inf}", 1, "sigma needs a number"),
        ("{skimage: restoration.richardson_lucy}", 1, "needs psf"),
        ("{skimagee: filters.sato}", 1, "did you mean 'skimage'?"),
    ],
)
def test_what_is_wrong_is_said_before_a_pixel_is_read(entry, where, words):
    with pytest.raises(ConfigError, match=words) as caught:
        load_text(f"stages:\n  - {entry}\n")
    assert caught.value.line == where + 1


def test_what_scikit_image_does_not_take_is_an_error_of_the_image():
    run = Pipeline([stage("skimage", "exposure.equalize_adapthist")])
    with pytest.raises(ImageError, match=r"skimage.exposure.equalize_adapthist: .*-1 and 1"):
        run(np.full((9, 9), 300.0, np.float32))


def test_a_config_is_checked_without_numba(tmp_path):
    (tmp_path / "job.yaml").write_text("stages:\n  - {skimage: filters.sato, sigmas: [1, 2]}\n")
    program = "import sys; from convpipe.config import load; load('job.yaml'); print('numba' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "False\n", done.stderr


def test_the_command_lists_the_functions():
    from click.testing import CliRunner

    from convpipe.cli import main

    listed = CliRunner().invoke(main, ["stages", "skimage"]).output
    assert all(f"skimage: {name} " in listed for name in NAMES)
    shown = CliRunner().invoke(main, ["stages", "skimage", "filters.sato"]).output
    assert "black_ridges" in shown
    assert "default there: True" in shown
