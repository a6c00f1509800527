"""Whole images through functions of libraries: what they are given, and what the plan says of them."""

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from skimage import restoration

from convpipe import Pipeline, stage
from convpipe.cli import main
from convpipe.compile import backend as choice
from convpipe.errors import ParameterError
from convpipe.interval import Interval
from convpipe.ops import Frame, Graph, Map, Node
from convpipe.ops.frame import function
from convpipe.plan.demand import Span, demand

TV = stage("denoise", "tv", weight=0.2)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16", "float32"])
def test_values_are_over_the_full_scale_of_the_type(dtype, rng):
    image = (rng.random((20, 30)) * (1 if dtype.startswith("f") else 100)).astype(dtype)
    scale = 1 if dtype.startswith("f") else np.iinfo(dtype).max
    want = scale * restoration.denoise_tv_chambolle(image.astype(np.float64) / scale, weight=0.2)
    np.testing.assert_allclose(Pipeline([TV], dtype="float64")(image), want, rtol=1e-6)


def test_alpha_is_passed_on_and_no_colour(rng):
    image = rng.integers(0, 256, (20, 30, 4), dtype=np.uint8)
    made = Pipeline([stage("denoise", "nlmeans", h=0.5)])(image, alpha=True)
    np.testing.assert_array_equal(made[..., 3], image[..., 3])
    np.testing.assert_array_equal(
        made[..., :3], Pipeline([stage("denoise", "nlmeans", h=0.5)])(image[..., :3])
    )


def test_stages_before_and_after_it_are_loops_of_their_own(rng):
    """Stages that follow, and what every stage takes, see what one would that runs after it."""
    image = rng.integers(0, 256, (31, 22, 3), dtype=np.uint8)
    before, after = stage("blur", "gaussian", sigma=1), stage("edge", "sobel")
    own = stage("denoise", "tv", weight=0.2, bias=3, stride=2, dtype="uint8")
    pipeline = Pipeline([before, own, after], dtype="float32")
    soft = Pipeline([before], dtype="float32")(image)
    flat = 255 * restoration.denoise_tv_chambolle(soft.astype(float) / 255, weight=0.2, channel_axis=-1)
    want = Pipeline([after], dtype="float32")(np.rint(flat.astype(np.float32)[::2, ::2] + 3).astype(np.uint8))
    np.testing.assert_array_equal(pipeline(image), want)
    assert len(pipeline.plan(image.shape).parts) == 3


def test_it_needs_all_of_its_input():
    plan = Pipeline([TV]).plan((40, 50))
    whole = Span(0, 39), Span(0, 49)
    assert demand(plan.nodes, {0: (Span(3, 4), Span(5, 5))})[-1] == whole
    nothing = Span(0, -1)
    assert not any(demand(plan.nodes, {0: (nothing, nothing)})[-1])


def test_the_plan_says_what_it_goes_through_and_counts_its_memory(tmp_path):
    plan = Pipeline([TV]).plan((400, 500, 3))
    assert plan.to_dict()["stages"][0]["library"] == "skimage.restoration.denoise_tv_chambolle"
    assert plan.shared_bytes >= 13 * 400 * 500 * 8
    assert plan.thread_bytes == 0
    text = _said(tmp_path, "plan", "stages: [{denoise: tv}]", "--size", "40x50")
    assert "goes through skimage.restoration.denoise_tv_chambolle, on the processor" in text


def _said(folder, command, config, *options):
    path = folder / "a.yaml"
    path.write_text(config)
    return CliRunner().invoke(main, [command, str(path), *options]).stdout


def test_explain_says_it(tmp_path):
    config = "stages: [{denoise: tv, weight: 0.25, bias: 2}]"
    text = _said(tmp_path, "explain", config, "--at", "1", "2")
    assert "the whole image goes through skimage.restoration.denoise_tv_chambolle(weight=0.25" in text
    assert "of values divided by 255" in text
    assert "then r + bias, bias = 2" in text


def test_memory_is_what_the_functions_take(rng):
    """Measured: without it, --memory would promise what a run does not keep."""
    import tracemalloc

    wavelet = stage("denoise", "wavelet", wavelet="db4")
    matched = [stage("contrast", "match", reference=[[0, 1]], channels=how) for how in ("each", "together")]
    cases = [(TV, 1), (TV, 3), (stage("denoise", "nlmeans", distance=2), 3), (wavelet, 1)]
    for one, channels in (*cases, *itertools.product(matched, (1, 3))):
        image = rng.integers(0, 256, (200, 200, channels), dtype=np.uint8)
        image = rng.random(image.shape).astype(np.float32) if one in matched else image
        pipeline = Pipeline([one])
        pipeline(image)
        tracemalloc.start()
        pipeline(image)
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        plan = pipeline.plan(image.shape, image.dtype)
        assert taken <= plan.shared_bytes + plan.output_bytes + 50_000


def test_no_plan_needs_the_library():
    program = (
        "import sys; from convpipe import Pipeline, stage; Pipeline([stage('denoise', 'tv')]).plan((9, 9));"
        "print(*sorted({'skimage', 'scipy', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_with_a_device_it_runs_on_the_processor_and_says_so(monkeypatch, rng):
    monkeypatch.setattr(choice, "problems", list)
    image = rng.integers(0, 256, (20, 30), dtype=np.uint8)
    pipeline = Pipeline([stage("edge", "sobel"), TV], backend="cuda")
    np.testing.assert_array_equal(pipeline(image), Pipeline([stage("edge", "sobel"), TV])(image))
    assert pipeline.engine.describe() == (
        "cpu (stage 1 (denoise tv) runs on the processor alone, and so do the stages beside it)"
    )


def test_a_function_is_registered_once_and_gives_the_shape_that_it_took():
    @function("test.halves")
    def _halves(colours, *, by):
        return colours[::by]

    with pytest.raises(ValueError, match=r"test\.halves is registered twice"):
        function("test.halves")(_halves)
    with pytest.raises(ValueError, match=r"no function is registered as 'test\.none'"):
        Frame("test.none")
    image = np.ones((4, 5, 1))
    np.testing.assert_array_equal(Frame("test.halves", (("by", 1),), 4.0)(image), image)
    with pytest.raises(ValueError, match=r"test\.halves made \(2, 5, 1\) of an image of \(4, 5, 1\)"):
        Frame("test.halves", (("by", 2),))(image)


def test_it_is_a_node_by_itself():
    with pytest.raises(ValueError, match="node 'n' has ops beside one that stands apart"):
        Node("n", (Frame("skimage.restoration.denoise_tv_chambolle"), Map("r + 1")))
    assert Graph((Node("n", (Frame("skimage.restoration.denoise_tv_chambolle"),)),)).nodes[0].is_apart


def test_its_range_is_proven(rng):
    """A step at an edge overshoots by no more than the divergence of vectors as long as the weight.

    At most, one points to a corner, and the two beside it away from it along the axes.
    """
    frame = stage("denoise", "tv", weight=0.5).method.lower(0.5, 1e-9, 400, image=_kind())[0]
    beyond = 255 * 0.5 * (np.sqrt(2) + 2)
    found = frame.range(Interval(0, 255))
    assert (found.low, found.high) == (pytest.approx(-beyond), pytest.approx(255 + beyond))
    image = np.where(np.arange(20)[:, None] > 9, 255, 0) * np.ones((20, 20))
    made = frame(image[..., None])
    proven = frame.range(Interval(image.min(), image.max()))
    assert proven.low <= made.min()
    assert made.max() <= proven.high


def _kind():
    from convpipe.stages import ImageKind

    return ImageKind()


def test_json_of_other_stages_has_no_library(tmp_path):
    found = json.loads(_said(tmp_path, "plan", "stages: [{edge: sobel}]", "--size", "4x5", "--json"))
    assert found["jobs"][0]["sizes"][0]["stages"][0]["library"] is None


@pytest.mark.parametrize(
    ("method", "name", "most"),
    [("tv", "iterations", 100_000), ("nlmeans", "size", 1001), ("nlmeans", "distance", 1000)],
)
def test_counts_have_bounds(method, name, most):
    for count in (1, most):
        assert stage("denoise", method, **{name: count}).parameters[name] == count
    for count in (0, most + 1):
        with pytest.raises(ParameterError, match=f"{name} needs an int from 1 to {most}"):
            stage("denoise", method, **{name: count})


@pytest.mark.parametrize("size", [2, 8, 1000])
def test_a_patch_has_a_middle(size):
    with pytest.raises(ParameterError, match=f"size needs an odd number; given {size}"):
        stage("denoise", "nlmeans", size=size)


def test_details_of_a_flat_image_and_of_one_pixel_stay():
    for extent in ((40, 50), (1, 1), (1, 9)):
        for wavelet in ("db1", "sym4"):
            shrunk = Pipeline([stage("denoise", "wavelet", wavelet=wavelet, levels=3)])
            np.testing.assert_array_equal(shrunk(np.full(extent, 77, np.uint8)), 77)


def test_a_wavelet_takes_noise_away(rng):
    """Each colour by itself, of any size and type, and more with a strength that is given."""
    clean = np.kron(rng.integers(40, 200, (6, 7, 3)), np.ones((11, 9, 1)))
    noisy = clean + rng.normal(0, 12, clean.shape)
    soft = Pipeline([stage("denoise", "wavelet", levels=3)], dtype="float64")
    for image in (noisy, np.clip(noisy, 0, 255).astype(np.uint8)):
        assert np.std(soft(image) - clean) < 0.75 * np.std(image - clean)
    np.testing.assert_allclose(soft(noisy)[..., 1], soft(noisy[..., 1]), rtol=1e-12)
    more = Pipeline([stage("denoise", "wavelet", levels=3, sigma=100, method="VisuShrink")], dtype="float64")
    assert np.std(more(noisy)) < np.std(soft(noisy))
