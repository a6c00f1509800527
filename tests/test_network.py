"""Layers over all channels at once: as conv2d has them, in a pipeline of images."""

import importlib.util
import io
import pickle
from pathlib import Path

import numpy as np
import oracle
import pytest
import tifffile
from click.testing import CliRunner
from rich.console import Console

import convpipe
from convpipe import Pipeline, config, images, stage
from convpipe.batch.identity import Identity, settings
from convpipe.cli import main
from convpipe.compile.common.pictures import Picture
from convpipe.compile.conv2d import band_words, layout
from convpipe.compile.conv2d.layer import Layered
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import Axis
from convpipe.interval import Interval
from convpipe.ops.layer import Layer, Weights
from convpipe.plan import costs, make_plan
from convpipe.plan.costs import LINE
from convpipe.plan.demand import Span, demand
from convpipe.report.terminal import print_report


@pytest.fixture
def weights(rng):
    return rng.normal(size=(6, 3, 3, 4))


def conv2d(**parameters):
    given = {
        name: np.asarray(value).tolist() if name == "weights" else value for name, value in parameters.items()
    }
    return stage("network", "conv", **given)


@pytest.mark.parametrize(
    "common",
    [
        {},
        {"padding": 0},
        {"padding": [1, 2], "stride": [2, 3], "border": "edge"},
        {"dilation": 2, "padding": 0},
        {"border": "constant"},
        {"border": "constant", "value": 0.5, "stride": 2},
        {"padding": "same_lower", "stride": 2, "border": "wrap"},
        {"anchor": [0, 3]},
    ],
    ids=str,
)
@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_it_is_conv2d_of_a_padded_image(common, groups, dtype, weights, rng):
    image = rng.integers(0, 256, (20, 31, 3)).astype(dtype)
    image = image / 255 if dtype == "float64" else image
    weights = weights[:, : 3 // groups]
    bias = rng.normal(size=6)
    one = conv2d(weights=weights, bias=bias.tolist(), groups=groups, **common)
    pipeline = Pipeline([one], dtype="float64" if dtype == "float64" else "float32")
    (node,) = pipeline.plan(image.shape, dtype).nodes
    rows, cols = node.axes
    mode = {"edge": "edge", "constant": "constant", "wrap": "wrap"}.get(common.get("border"), "reflect")
    sides = (rows.before, rows.after), (cols.before, cols.after), (0, 0)
    compute = np.float64 if dtype == "float64" else np.float32
    held = {"constant_values": common.get("value", 0)} if mode == "constant" else {}
    padded = np.moveaxis(np.pad(image.astype(compute), sides, mode=mode, **held), 2, 0)
    want = convpipe.conv2d(
        padded, weights.astype(compute), bias.astype(compute), stride=[rows.stride, cols.stride],
        dilation=[rows.dilation, cols.dilation], groups=groups,
    )  # fmt: skip
    got = pipeline(image)
    np.testing.assert_array_equal(np.moveaxis(got, 2, 0), want)
    assert node.ranges.colour.low <= got.min()
    assert got.max() <= node.ranges.colour.high


def test_among_other_stages(weights, rng):
    image = rng.integers(0, 256, (20, 31, 3), dtype=np.uint8)
    one = conv2d(weights=weights, bias=2, dtype="int16")
    blur = stage("blur", "box", size=3)
    got = Pipeline([blur, one, blur], dtype="float32")(image)
    soft = Pipeline([blur], dtype="float32")(image)
    layer = Pipeline([conv2d(weights=weights)], dtype="float32")(soft)
    assert got.shape == (20, 31, 6)
    want = Pipeline([blur], dtype="float32")(
        np.rint(layer + np.float32(2)).clip(-32768, 32767), channel_axis=-1
    )
    np.testing.assert_array_equal(got, want)


def test_many_channels_come_in_and_go_out(rng, tmp_path):
    """What a PNG cannot hold a TIFF can; and arrays."""
    image = rng.integers(0, 256, (12, 14, 3), dtype=np.uint8)
    folder = tmp_path / "in"
    folder.mkdir()
    tifffile.imwrite(folder / "a.tif", image)
    many = Pipeline(
        [conv2d(weights=rng.normal(size=(9, 3, 3, 3))), conv2d(weights=rng.normal(size=(5, 9, 1, 1)))]
    )
    assert many.run_folder(folder, tmp_path / "out").done == 1
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out" / "a.tif").reshape(12, 14, 5), many(image))
    report = many.run_folder(folder, tmp_path / "png", format="png")
    assert report.failed == 1
    assert "png cannot hold" in report.results[0].reason


def test_alpha_stays_that_under_the_centre(weights, rng):
    image = rng.integers(0, 256, (9, 10, 4), dtype=np.uint8)
    one = conv2d(weights=weights, stride=[2, 3])
    got = Pipeline([one], dtype="float32")(image, alpha=True)
    np.testing.assert_array_equal(got[..., :-1], Pipeline([one], dtype="float32")(image[..., :3]))
    np.testing.assert_array_equal(got[..., -1], image[::2, ::3, 3])
    outside = conv2d(weights=weights, padding=4, border="constant")
    padded = Pipeline([outside], dtype="float32")(image, alpha=True)
    assert padded[0, 0, -1] == 255


def test_weights_of_a_file(weights, rng, tmp_path, monkeypatch):
    image = rng.integers(0, 256, (9, 10, 3), dtype=np.uint8)
    path = tmp_path / "w.npy"
    np.save(path, weights)
    monkeypatch.chdir(tmp_path)
    pipeline = Pipeline([stage("network", "conv", weights="w.npy")])
    listed = Pipeline([conv2d(weights=weights)])
    np.testing.assert_array_equal(pipeline(image), listed(image))
    assert pipeline.stages[0] == listed.stages[0]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(pipeline))(image), listed(image))
    assert "weights: w.npy" in pipeline.to_yaml()
    before = Identity.of(pipeline, settings(pipeline))
    np.save(path, weights + 1)
    other = Pipeline([stage("network", "conv", weights="w.npy")])
    assert Identity.of(other, settings(other)) != before  # by content: --resume makes its results anew


def test_weights_and_bias_of_one_file_and_one_bias_for_all(weights, rng, tmp_path):
    image = rng.integers(0, 256, (9, 10, 3), dtype=np.uint8)
    bias = rng.normal(size=6).astype(np.float32)
    np.savez(tmp_path / "m.npz", weight=weights, bias=bias, one=bias[:1])
    file = f"{tmp_path}/m.npz"
    named = stage("network", "conv", weights=f"{file}#weight", bias=f"{file}#bias")
    assert named == conv2d(weights=weights, bias=bias.tolist())
    assert conv2d(weights=weights, bias=7) == conv2d(weights=weights, bias=7.0)
    np.testing.assert_array_equal(
        Pipeline([conv2d(weights=weights, bias=7)], dtype="float32")(image),
        Pipeline([conv2d(weights=weights, bias=[7] * 6)], dtype="float32")(image),
    )
    with pytest.raises(ParameterError, match="a number for each of 6 filters; given 1"):
        stage("network", "conv", weights=f"{file}#weight", bias=f"{file}#one")
    with pytest.raises(
        ParameterError, match=r"weights: '.*m.npz': it holds 3 tensors; say which by"
    ) as caught:
        stage("network", "conv", weights=file)
    assert caught.value.parameter == "weights"
    with pytest.raises(
        ParameterError, match=r"bias needs a finite number for all channels.*given shape \(6, 3"
    ):
        stage("network", "conv", weights=f"{file}#weight", bias=f"{file}#weight")


def test_files_that_hold_no_weights_are_refused(tmp_path):
    def refused(words):
        with pytest.raises(ParameterError, match=words) as caught:
            stage("network", "conv", weights=str(tmp_path / "w.npy"))
        assert caught.value.parameter == "weights"

    path = tmp_path / "w.npy"
    refused("cannot be read: No such file")
    path.write_bytes(b"weights")
    refused("magic")
    np.save(path, np.array([{}], object), allow_pickle=True)
    refused("Python objects, which are never unpickled")
    np.save(path, np.ones((3, 3)))
    refused(r"shape \(C_out, C_in / groups, KH, KW\), none of them 0; given \(3, 3\)")
    np.save(path, np.ones((1, 1, 3, 3), complex))
    refused("real numbers; given complex128")
    np.save(path, np.ones((1, 1, 3, 3)))
    path.write_bytes(path.read_bytes()[:-8])
    refused("truncated")
    path.unlink()
    path.mkdir()
    refused("directory")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"weights": [[1, 2], [3]]}, "ragged"),
        ({"weights": 3}, "weights needs numbers as lists"),
        ({"weights": [[[["a"]]]]}, "real numbers"),
        ({"weights": [[[[float("inf")]]]]}, "finite"),
        ({"weights": np.ones((3, 1, 1, 1)), "groups": 2}, "groups=2 must divide the 3 filters"),
        (
            {"weights": np.ones((1, 1, 1, 1)), "bias": [[1]]},
            r"bias needs a finite number .* given shape \(1, 1\)",
        ),
        ({"weights": np.ones((1, 1, 1, 1)), "bias": [float("inf")]}, r"bias\[0\] needs a finite number"),
        ({"weights": np.ones((1, 1, 1, 1)), "bias": True}, "bias needs a finite number"),
        ({"weights": np.ones((1, 1, 1, 1)), "biases": [1]}, "no parameter 'biases'; did you mean 'bias'"),
        ({"weights": np.ones((3, 1, 1, 1)), "bias": [1, 2]}, "a number for each of 3 filters; given 2"),
    ],
)
def test_what_is_no_layer_is_refused(given, words):
    with pytest.raises(ParameterError, match=words):
        stage("network", "conv", **given)


def test_channels_that_do_not_meet_are_planning_errors(weights):
    words = r"stage 0 \(network conv\): its weights of 6x3x3x4 are for 3 channels; what it reads has 1"
    with pytest.raises(PlanError, match=words):
        Pipeline([conv2d(weights=weights)]).plan((9, 9))
    with pytest.raises(PlanError, match="what it reads has 2 beside alpha"):
        Pipeline([conv2d(weights=weights)]).plan((9, 9, 3), alpha=True)
    with pytest.raises(PlanError, match="its window spans 3 rows but its padded"):
        Pipeline([conv2d(weights=weights, padding=0)]).plan((2, 9, 3))


def test_the_plan_says_channels_filters_and_what_is_read(weights, tmp_path):
    plan = Pipeline([conv2d(weights=weights[:, :1], groups=3, stride=2, padding=0)]).plan((20, 30, 3))
    found = plan.to_dict()["stages"][0]
    assert (found["channels"], found["filters"], found["output"]) == (6, [6, 1, 3, 4], [9, 14])
    assert plan.operations == 9 * 14 * 6 * 2 * 12
    assert demand(plan.nodes, {0: (Span(2, 3), Span(1, 1))})[-1] == (Span(4, 8), Span(2, 5))
    assert plan.thread_bytes >= 4 * (20 * 30 * 3 + 9 * 14 * 6)
    path = tmp_path / "a.yaml"
    path.write_text("stages: [{network: conv, weights: [[[[1]]], [[[2]]]]}]")
    text = CliRunner().invoke(main, ["plan", str(path), "--size", "9x9"]).stdout
    assert "1 -> 2, filters of 2x1x1x1" in text


def test_explain_adds_up(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        "stages: [{network: conv, weights: [[[[0, 2], [1, 0]]], [[[3, 0], [0, 0]]]], bias: [7, 0]}]"
    )
    text = CliRunner().invoke(main, ["explain", str(path), "--at", "1", "2"]).stdout
    assert "of channel 0: 2*13 + 1*22 = 48" in text
    assert "all sums, and the bias 7: 55" in text
    assert "the stage gives 55" in text


def test_weights_are_told_apart_by_their_numbers():
    one, same, other = (Weights.of([[[[1, 2, last]]]]) for last in (3, 3, 4))
    assert one == same != other
    assert repr(one) == repr(same) != repr(other)
    with pytest.raises(ValueError, match="read-only"):
        one.array[0] = 1
    assert Layer(one).halo == ((0, 0), (1, 1))


def norm_of(rng, count):
    """Return a batch norm of so many channels."""
    drawn = {name: rng.normal(size=count).tolist() for name in ("mean", "weight", "bias")}
    return stage("network", "batch_norm", **drawn, var=rng.uniform(0.1, 3, count).tolist())


def test_a_batch_norm_is_folded_into_the_conv_that_it_follows(weights, rng, tmp_path):
    image = rng.integers(0, 256, (20, 31, 3), dtype=np.uint8)
    one, norm, relu = (
        conv2d(weights=weights, bias=[1, 2, 3, 4, 5, 6]),
        norm_of(rng, 6),
        stage("network", "relu"),
    )
    both = Pipeline([one, norm, relu], dtype="float32")
    plan = both.plan(image.shape)
    assert [each.origin.folded for each in plan.stages] == [None, "stage 0 (network conv)", None]
    assert sum(isinstance(node.apart, Layer) for node in plan.nodes) == 1
    given = norm.parameters
    gain = np.array(given["weight"]) / np.sqrt(np.array(given["var"]) + 1e-5)
    before = Pipeline([one], dtype="float64")(image.astype(np.float64))
    want = np.maximum((before - given["mean"]) * gain + given["bias"], 0)
    np.testing.assert_allclose(both(image), want, rtol=2e-6, atol=2e-6 * np.abs(want).max())
    low, high = plan.stages[1].range.low, plan.stages[1].range.high
    assert low <= ((before - given["mean"]) * gain + given["bias"]).min() < 0 < want.max() <= high
    path = tmp_path / "a.yaml"
    path.write_text(both.to_yaml())
    text = CliRunner().invoke(main, ["plan", str(path), "--size", "20x31x3"]).stdout
    assert "folded into the filters of stage 0 (network conv)" in text


@pytest.mark.parametrize("case", ["an output", "read by another", "rounded", "of the image", "alpha"])
def test_a_batch_norm_gives_the_same_folded_or_not(case, rng):
    """Where somebody else needs what the conv gives, it is not folded."""
    image = rng.integers(0, 256, (12, 13, 3), dtype=np.uint8)
    more = {"dtype": "int16"} if case == "rounded" else {}
    one = conv2d(weights=rng.normal(size=(4, 3, 3, 3)), name="one", **more)
    norm, stages, outputs = norm_of(rng, 4), None, None
    if case == "an output":
        outputs = {"first": "one"}
    elif case == "read by another":
        stages = [one, norm, stage("combine", "c", formula="a - one")]
        stages[1] = stage("network", "batch_norm", **norm.given, name="a")
    elif case == "of the image":
        norm = norm_of(rng, 3)
        stages = [norm]
    pipeline = Pipeline(stages or [one, norm], dtype="float32", outputs=outputs)
    alpha = case == "alpha"
    image = np.concatenate([image, image[..., :1]], axis=2) if alpha else image
    plan = pipeline.plan(image.shape, alpha=alpha)
    folded = [each.origin.folded for each in plan.stages if each.origin.method == "network batch_norm"]
    assert folded == ["stage 0 (one)" if alpha else None]
    oracle.near(compile_plan(plan)(image)[0], plan, image, 1e-5)
    got = pipeline(image, alpha=alpha)
    got = got["result"] if outputs else got
    first = image if case == "of the image" else Pipeline([one], dtype="float32")(image, alpha=alpha)
    p = {name: np.array(each) for name, each in norm.parameters.items()}
    colours = first[..., : len(p["mean"])]
    want = (colours - p["mean"]) / np.sqrt(p["var"] + p["eps"]) * p["weight"] + p["bias"]
    if case == "read by another":
        want -= first
    scale = 5e-6 * np.abs(first).max() * 10
    np.testing.assert_allclose(got[..., : len(p["mean"])], want, rtol=2e-5, atol=scale)
    if alpha:
        np.testing.assert_array_equal(got[..., -1], image[..., -1])


def test_numbers_of_other_channels_are_planning_errors():
    for name, more in (("batch_norm", {"var": 1}), ("normalize", {"std": 1})):
        one = stage("network", name, mean=[1, 2, 3], **more)
        with pytest.raises(PlanError, match=f"{name}.*: its numbers are for 3 channels; what it reads has 1"):
            Pipeline([one]).plan((9, 9))
        with pytest.raises(PlanError, match="what it reads has 2 beside alpha"):
            Pipeline([one]).plan((9, 9, 3), alpha=True)
    with pytest.raises(ParameterError, match="lists need a number for each channel; given mean 3, std 2"):
        stage("network", "normalize", mean=[1, 2, 3], std=[1, 2])
    with pytest.raises(ParameterError, match="var and eps are 0 together"):
        stage("network", "batch_norm", mean=0, var=[1, 0], eps=0)
    with pytest.raises(ParameterError, match=r"std\[1\] needs a finite number above 0.*given 0"):
        stage("network", "normalize", mean=0, std=[1, 0])


@pytest.mark.parametrize("channels", [1, 3, 6])
def test_normalize_knows_the_full_scale(channels, rng):
    mean, std = rng.uniform(0, 1, channels), rng.uniform(0.1, 1, channels)
    one = stage("network", "normalize", mean=mean.tolist(), std=std.tolist())
    for dtype, scale in (("uint8", 255), ("uint16", 65535), ("float32", 1)):
        image = (rng.random((9, 11, channels)) * scale).astype(dtype)
        got = Pipeline([one], dtype="float32")(image, channel_axis=-1)
        np.testing.assert_allclose(got, (image / scale - mean) / std, rtol=1e-6, atol=2e-6 / std.min())


def walked(line, size, stride, before, after, dilation, ceil_mode):
    """Return, of each window over a line, its places in the image, and how many are in image or padding."""
    span, last = dilation * (size - 1) + 1, line + before + after
    found, start = [], 0
    while start + span <= last or (
        ceil_mode and start < line + before and (not found or found[-1][2] < last)
    ):
        places = [start - before + k * dilation for k in range(size)]
        inside = [place for place in places if 0 <= place < line]
        found.append((inside, sum(place < line + after for place in places), start + span))
        start += stride
    return found


POOLS = [
    {"size": 2},
    {"size": [3, 2], "padding": [1, 0, 0, 1], "stride": [2, 1]},
    {"size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    {"size": [2, 5], "stride": [3, 4], "padding": [1, 2], "ceil_mode": True},
    {
        "size": 2,
        "stride": 3,
        "padding": 1,
        "ceil_mode": True,
    },  # of 4 columns a third would begin in the padding
    {"size": 2, "stride": 3, "dilation": 2, "padding": 1},
    {"size": [3, 2], "stride": 2, "dilation": [1, 3], "padding": [1, 2], "ceil_mode": True},
]


@pytest.mark.parametrize("given", POOLS, ids=str)
@pytest.mark.parametrize("extent", [(9, 11), (6, 4), (3, 5)])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_pools_are_of_what_lies_in_the_image(given, extent, dtype, rng):
    image = (rng.integers(0, 256, (*extent, 3)) - (300 if dtype == "float32" else 0)).astype(dtype)
    p = stage("network", "max_pool", **given).parameters
    sides = p["padding"]
    lines = [
        walked(
            extent[k],
            p["size"][k],
            (p["stride"] or p["size"])[k],
            *sides[k],
            p["dilation"][k],
            p["ceil_mode"],
        )
        for k in range(2)
    ]
    largest, means, inner = (np.empty((*map(len, lines), 3)) for _ in range(3))
    for i, (rows, high, _) in enumerate(lines[0]):
        for j, (cols, wide, _) in enumerate(lines[1]):
            found = image[np.ix_(rows, cols)].astype(float).reshape(-1, 3)
            largest[i, j], inner[i, j], means[i, j] = (
                found.max(0),
                found.mean(0),
                found.sum(0) / (high * wide),
            )
    got = Pipeline([stage("network", "max_pool", **given)])(image)
    np.testing.assert_array_equal(got, largest)
    assert got.dtype == dtype
    for counts, want in ((True, means), (False, inner)):
        one = stage("network", "avg_pool", **given, count_include_pad=counts)
        plan = Pipeline([one]).plan(extent)
        assert plan.extent == want.shape[:2]
        np.testing.assert_allclose(Pipeline([one], dtype="float32")(image), want, rtol=1e-6, atol=1e-4)


def test_pools_of_many_channels_and_holes(rng):
    """Of NaN the largest is NaN, as torch's; of colours that are hidden nothing counts."""
    image = rng.random((8, 10, 7)).astype(np.float32)
    image[3, 4, 2] = np.nan
    got = Pipeline([stage("network", "max_pool", size=2)])(image, channel_axis=-1)
    np.testing.assert_array_equal(got, image.reshape(4, 2, 5, 2, 7).max(axis=(1, 3)))
    hidden = np.full((4, 4, 4), 100, np.uint8)
    hidden[::2, ::2] = 255, 255, 255, 0
    got = Pipeline([stage("network", "avg_pool", size=2)])(hidden, alpha=True)
    assert (got[..., :3] == 100).all()
    assert (got[..., 3] == 75).all()
    holes = np.where(hidden[..., 3] == 0, np.nan, hidden[..., 0]).astype(np.float32)
    assert (Pipeline([stage("network", "avg_pool", size=2)], missing=np.nan)(holes) == 100).all()


def test_padding_that_counts_is_opaque_and_there():
    """Means count its zeros whether or not samples can be hidden or missing."""
    image = np.full((5, 6, 4), 90, np.uint8)
    image[..., 3] = 255
    one = stage("network", "avg_pool", size=3, stride=2, padding=1)
    run = Pipeline([one], dtype="float32")
    want = run(image[..., 0])
    np.testing.assert_allclose(want[0], [40, 60, 60], rtol=1e-6)
    got = run(image, alpha=True)
    np.testing.assert_allclose(got[..., 0], want, rtol=1e-6)
    np.testing.assert_allclose(got[..., 3], 255, rtol=1e-6)
    filled = Pipeline([one], dtype="float32", missing=7)(image[..., 0])
    np.testing.assert_allclose(filled, want, rtol=1e-6)
    for alpha in (False, True):
        plan = run.plan(image.shape[: 2 + alpha], alpha=alpha)
        assert plan.stages[0].ranges.colour == Interval(0, 255)
        low = Pipeline([stage("point", "scale", gain=-1), one]).plan(image.shape[: 2 + alpha], alpha=alpha)
        assert low.stages[1].ranges.colour == Interval(-255, 0)


def test_pools_that_are_none_are_refused():
    for name in ("max_pool", "avg_pool"):
        with pytest.raises(ParameterError, match="half of the 3 pixels that a window spans; given 2"):
            stage("network", name, size=3, padding=2)
        with pytest.raises(ParameterError, match=f"network {name} takes no border: its windows leave out"):
            stage("network", name, size=3, border="wrap")
        with pytest.raises(PlanError, match=r"stage 0 \(network .*window spans 5"):
            Pipeline([stage("network", name, size=5)]).plan((4, 9))
        with pytest.raises(PlanError, match="with dilation 2 a window has none of 1 in line"):
            Pipeline([stage("network", name, size=2, dilation=2, padding=1)]).plan((1, 9))


def test_the_geometry_of_a_pool_is_what_follows_it():
    plan = Pipeline([stage("network", "avg_pool", size=4, stride=2, padding=1)]).plan((12, 20))
    assert (plan.sampling().step, plan.sampling().first) == ((2, 2), (0.5, 0.5))
    same = Pipeline([stage("network", "max_pool", size=4, stride=2, padding=1)]).plan((12, 20))
    assert plan.sampling() == same.sampling()
    upper = Pipeline([stage("network", "max_pool", size=3, stride=2, padding="same_upper")]).plan((6, 7))
    assert [(axis.before, axis.after) for axis in upper.nodes[0].axes] == [(0, 1), (1, 1)]


ROOT = Path(__file__).parents[1]


def test_the_recipe_of_a_first_layer_gives_what_its_formulas_say(tmp_path):
    """Of a photograph, computed by the walk over filters that conv2d's own tests have, in float64."""
    (job,) = config.load(ROOT / "configs" / "first-layer.yaml")
    path = ROOT / "data" / "photographs" / "coffee.png"
    report = Pipeline.from_job(job).run_folder(path, tmp_path, format="npy")
    assert report.done == 1
    made = np.load(tmp_path / "coffee.npy")
    held = np.load(ROOT / "configs" / "first-layer.npz")
    rows, cols, _ = (image := images.read(path).pixels).shape
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    padded = np.pad((image / 255 - mean) / std, ((3, 3), (3, 3), (0, 0)))
    weight = held["weight"].astype(float)
    sums = np.zeros(((rows - 1) // 2 + 1, (cols - 1) // 2 + 1, 16)) + held["bias"].astype(float)
    for i, j in np.ndindex(7, 7):
        under = padded[i : i + rows : 2, j : j + cols : 2]
        sums += under[: sums.shape[0], : sums.shape[1]] @ weight[:, :, i, j].T
    active = np.pad(np.maximum(sums, 0), ((1, 1), (1, 1), (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(active, (3, 3), axis=(0, 1))[::2, ::2]
    np.testing.assert_allclose(made, views.max(axis=(3, 4)), rtol=0, atol=1e-5)
    assert made.shape == (50, 75, 16)
    (size,) = report.to_dict()["sizes"]
    assert (size["stages"][-1]["output"], size["channels"]) == ([50, 75], 16)
    out = io.StringIO()
    print_report(report, Console(file=out, width=99))
    assert "50x75x16" in out.getvalue()


def test_the_filters_of_the_recipe_are_those_that_its_script_makes():
    spec = importlib.util.spec_from_file_location("made", ROOT / "scripts" / "make_first_layer.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    held = np.load(ROOT / "configs" / "first-layer.npz")
    np.testing.assert_array_equal(held["weight"], script.bank())


@pytest.mark.parametrize(("channels", "filters"), [(1, 13), (3, 3), (8, 1), (13, 8)])
@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64"])
@pytest.mark.parametrize("alpha", [False, True])
def test_channels_side_by_side_become_planes_and_back(channels, filters, dtype, alpha, rng):
    """Each filter is a channel, twice and more; alpha behind them is left alone."""
    picks = np.zeros((filters, channels, 1, 1))
    picks[np.arange(filters), np.arange(filters) % channels] = 1
    layer = Layer(Weights.of(picks), opaque=1.0 if alpha else None)
    made = "float64" if dtype == "float64" else "float32"
    for cols in (1, 7, 8, 31, 64):
        extent = (5, cols)
        given, picture = Picture(extent, channels + alpha, dtype), Picture(extent, filters + alpha, made)
        image = (rng.random((*extent, channels + alpha)) * 100).astype(dtype)
        run = Layered((-1,), (0,), "", layer, (Axis(1), Axis(1)), given, picture)
        (rows,), nans = run([given.rows(image)], 2)
        want = image[..., np.arange(filters) % channels]
        want = np.concatenate([want, image[..., channels:]], axis=2).astype(made)
        np.testing.assert_array_equal(rows.reshape(*extent, -1), want)
        assert nans == 0


@pytest.mark.parametrize("side", [9, 200, 3000])
@pytest.mark.parametrize(
    ("shape", "more"),
    [
        ((64, 3, 7, 7), {"stride": 2}),
        ((16, 3, 1, 1), {}),
        ((5, 40, 3, 3), {"border": "constant", "value": 1, "dtype": "float32"}),
        ((64, 1, 3, 3), {"groups": 64}),
        ((90, 90, 3, 3), {"stride": 3, "dilation": 2}),
        ((1, 1, 41, 41), {}),
    ],
)
def test_a_plan_says_what_a_thread_takes(shape, side, more):
    """At most, and not much more: planes of a band, and the rows that the loops of conv2d copy."""
    channels = shape[1] * more.get("groups", 1)
    plan = make_plan(
        [conv2d(weights=np.ones(shape), padding=20, **more)], (side, side), channels=channels, dtype="uint8"
    )
    run = next(run for run in compile_plan(plan).runs if isinstance(run, Layered))
    words = run._bands._words
    taken = words[band_words.MEMORY] + words[band_words.WORDS + layout.MEMORY] + LINE
    assert taken <= plan.thread_bytes <= 4 * taken + (1 << 20)


@pytest.mark.parametrize("border", ["constant", "edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("value", [0, 0.5])
def test_bands_of_a_layer_have_its_bytes(border, value, weights, rng, monkeypatch):
    image = rng.random((23, 17, 4)).astype(np.float32)
    more = {"value": value} if border == "constant" else {}
    one = conv2d(weights=weights, stride=[2, 1], padding=[4, 3, 2, 5], dilation=[3, 1], border=border, **more)
    whole = Pipeline([one])(image, alpha=True)
    for nbytes, threads in ((1, 1), (1, 2), (3000, 2)):
        monkeypatch.setattr(costs, "BAND_BYTES", nbytes)
        np.testing.assert_array_equal(Pipeline([one])(image, alpha=True, threads=threads), whole)
