"""The plan's numbers: what it says of a pipeline is what the pipeline does."""

import numpy as np
import oracle
import pytest
from test_stages import EVERY_METHOD, ids, make

from convpipe import fourier
from convpipe.errors import ParameterError, PlanError
from convpipe.ops import Resample
from convpipe.plan import Settings, make_plan
from convpipe.plan.parts import FEW_LEVELS, MOST_LEVELS, MOST_ROWS, MOST_STAGES
from convpipe.stages import stage

EXTENT = (15, 17)


def reached(step):
    """Return ((above, below), (left, right)): how far the response at a place looks."""
    row, col = (size // 2 for size in step.input)
    dark, lit = np.zeros((2, *step.input, 1))
    lit[row, col] = 1
    seen = np.argwhere(oracle.run_stage(step.ops, lit) != oracle.run_stage(step.ops, dark))
    (top, left, _), (bottom, right, _) = seen.min(axis=0), seen.max(axis=0)
    return (bottom - row, row - top), (right - col, col - left)


WINDOWS = [
    stage("custom", "random", kernel=np.arange(1, 13).reshape(3, 4)),
    stage("custom", "random", kernel=np.arange(1, 13).reshape(4, 3), dilation=[2, 1]),
    stage("custom", "random", kernel=np.arange(1, 9).reshape(4, 2), dilation=[1, 3]),
    stage("blur", "box", size=[2, 4]),
    stage("blur", "gaussian", sigma=[0.5, 1], truncate=2),
    stage("custom", "random", kernel=np.arange(1, 7).reshape(2, 3), anchor=[1, 0]),
    stage("edge", "roberts", direction="y"),
    stage("edge", "sobel", dilation=[1, 2]),
    stage("point", "scale", gain=2),
]


@pytest.mark.parametrize(
    "one", WINDOWS, ids=lambda one: f"{one.name} {one.given.get('dilation', one.given.get('anchor', ''))}"
)
def test_the_halo_is_how_far_a_window_reaches(one):
    (step,) = make_plan([one], EXTENT, dtype="float64").stages
    assert step.halo == reached(step)


@pytest.mark.parametrize("method", EVERY_METHOD, ids=ids)
def test_same_pads_what_the_halo_reaches(method):
    channels = method.colours or 1
    (step,) = make_plan([make(method, stride=[2, 3])], EXTENT, channels=channels).stages
    if any(isinstance(op, Resample) for op in step.ops) or len(step.nodes) > 1:
        return  # which has no border, or pads where its windows are
    if "padding" in method.unused:
        return  # which says itself where its windows stand
    assert step.halo == tuple((axis.before, axis.after) for axis in step.axes)


def test_everything_a_plan_says():
    pipeline = [
        stage("custom", "even", kernel=[[1, -2, 3, 0]], padding=[1, 0, 2, 3], name="first"),
        stage("edge", "sobel", stride=[2, 3], dilation=[1, 2], padding=0, dtype="int16"),
        stage("color", "gray"),
    ]
    plan = make_plan(pipeline, (10, 20), Settings(output_dtype="float32"), channels=3, dtype="uint8")
    assert (plan.extent, plan.output_channels) == ((5, 6), 1)
    assert (plan.input_bytes, plan.output_bytes) == (600, 120)
    first, sobel, gray = plan.to_dict()["stages"]
    assert plan.operations == first["operations"] + sobel["operations"] + gray["operations"]
    assert first | {"name": ""} == first | {
        "index": 0,
        "name": "",
        "input": [10, 20],
        "output": [11, 22],
        "channels": 3,
        "dtype": "float32",
        "formula": [
            "floor((10 + 1 + 0 - 1*(1-1) - 1)/1) + 1 = 11",
            "floor((20 + 2 + 3 - 1*(4-1) - 1)/1) + 1 = 22",
        ],
        "dropped": [0, 0],
        "halo": [[0, 0], [1, 2]],
        "receptive_field": [1, 4],
        "cumulative_stride": [1, 1],
        "range": [-510, 1020],
        "bytes": 11 * 22 * 3 * 4,
        "operations": 11 * 22 * 3 * 6,
    }
    assert sobel | {"name": ""} == sobel | {
        "index": 1,
        "input": [11, 22],
        "output": [5, 6],
        "channels": 3,
        "dtype": "int16",
        "dropped": [0, 2],
        "halo": [[1, 1], [2, 2]],
        "receptive_field": [3, 8],
        "cumulative_stride": [2, 3],
        "bytes": 5 * 6 * 3 * 2,
        "name": "",
    }
    assert gray["channels"] == 1
    assert gray["range"] == pytest.approx([0, 1530])
    assert gray["operations"] == 5 * 6 * (3 * 2 + 3 * 2)


@pytest.mark.parametrize("extent", [(0, 5), (5, 0)])
def test_an_empty_image_is_refused(extent):
    words = rf"the image is empty: {extent[0]} rows, {extent[1]} columns, 1 channels"
    with pytest.raises(PlanError, match=words):
        make_plan([stage("point", "abs")], extent)


def test_an_image_without_channels_is_refused():
    with pytest.raises(PlanError, match="the image is empty: 4 rows, 5 columns, 0 channels"):
        make_plan([stage("point", "abs")], (4, 5), channels=0)


@pytest.mark.parametrize(
    ("settings", "dtype"), [(Settings(), "complex64"), (Settings(output_dtype="complex64"), "uint8")]
)
def test_a_dtype_that_nothing_computes_with_is_refused(settings, dtype):
    with pytest.raises(ParameterError, match=r"dtype needs one of .*uint8.*; given 'complex64'"):
        make_plan([stage("point", "abs")], (4, 5), settings, dtype=dtype)


@pytest.mark.parametrize(("name", "advised"), [("int64", True), ("uint64", True), ("complex64", False)])
def test_wide_integers_are_to_be_cast(name, advised):
    with pytest.raises(ParameterError) as caught:
        make_plan([stage("point", "abs")], (4, 5), dtype=name)
    assert ("64-bit integers fit no arithmetic here" in str(caught.value)) == advised


def test_alpha_needs_another_channel():
    with pytest.raises(PlanError, match="an image with alpha has other channels beside it; this one has 1"):
        make_plan([stage("point", "abs")], (4, 5), channels=1, alpha=True)
    assert make_plan([stage("point", "abs")], (1, 1), channels=2, alpha=True).extent == (1, 1)


def test_an_image_too_large_to_index_is_refused():
    largest = (2**31 - 1, 2**31 - 1)
    assert make_plan([stage("point", "abs")], largest).extent == largest
    with pytest.raises(PlanError, match=r"an image of 2147483647 x 2147483647 x 2 samples is too large"):
        make_plan([stage("point", "abs")], largest, channels=2)


def test_one_channel_keeps_the_axis_it_had():
    grey, colour = (make_plan([stage("point", "abs")], (4, 5), channels=channels) for channels in (1, 3))
    to_grey = make_plan([stage("color", "gray")], (4, 5), channels=3)
    assert [grey.result_shape(axes) for axes in (2, 3)] == [(4, 5), (4, 5, 1)]
    assert colour.result_shape(3) == (4, 5, 3)
    assert to_grey.result_shape(3) == (4, 5)
    with_alpha = make_plan([stage("color", "gray")], (4, 5), channels=2, alpha=True)
    assert with_alpha.result_shape(3) == (4, 5, 2)


def test_samples_of_several_bytes_and_channels():
    plan = make_plan([stage("point", "abs", stride=2)], (4, 10), channels=3, dtype="uint16")
    assert (plan.input_bytes, plan.output_bytes) == (240, 60)  # 4 x 10 x 3 and 2 x 5 x 3 of two bytes


def test_images_stand_only_between_loops():
    one_loop = make_plan([stage("edge", "sobel"), stage("blur", "box")], (40, 50))
    assert one_loop.shared_bytes == 0
    assert one_loop.working_bytes(8) == 8 * one_loop.working_bytes() == 8 * one_loop.thread_bytes > 0
    stretch = stage("contrast", "stretch")
    assert make_plan([stretch], (40, 50)).shared_bytes == 0
    assert make_plan([stretch, stage("edge", "sobel"), stretch], (40, 50)).shared_bytes == 40 * 50 * 4
    chain = [stage("blur", "box"), stretch, stage("edge", "sobel", stride=2)]
    assert make_plan(chain, (40, 50), channels=3, dtype="float64").shared_bytes == 40 * 50 * 3 * 8
    thrice = [stretch, stage("blur", "box", padding="valid"), stretch, stretch]
    assert make_plan(thrice, (40, 50)).shared_bytes == 2 * 38 * 48 * 4


def test_a_long_chain_is_cut_and_a_short_one_is_not():
    point, halved = stage("point", "abs"), stage("point", "abs", stride=2)
    for most, step in ((MOST_STAGES, point), (MOST_LEVELS, stage("edge", "sobel"))):
        assert make_plan([step] * most, (40, 50)).shared_bytes == 0
        assert make_plan([*[step] * most, halved], (40, 50)).shared_bytes == 40 * 50 * 4
        assert make_plan([halved, *[step] * most], (40, 50)).shared_bytes == 20 * 25 * 4


def test_levels_that_keep_many_rows_are_cut_earlier():
    tall = stage("blur", "box", size=[MOST_ROWS // FEW_LEVELS + 1, 1])
    for most, step in (
        (FEW_LEVELS, tall),
        (MOST_LEVELS, stage("blur", "box", size=[MOST_ROWS // MOST_LEVELS, 1])),
    ):
        assert make_plan([step] * most, (40, 50)).shared_bytes == 0
        assert make_plan([step] * (most + 1), (40, 50)).shared_bytes > 0


def test_every_op_of_a_stage_counts():
    blur = stage("blur", "box", bias=1, dtype="int16")
    # to colour times alpha, 3 + 3 taps, back, the bias, the cast
    assert make_plan([blur], (4, 5), channels=2, alpha=True).operations == 4 * 5 * 2 * (1 + 12 + 1 + 1 + 1)
    assert make_plan([blur], (4, 5), channels=2).operations == 4 * 5 * 2 * (12 + 1 + 1)


def test_large_kernels_go_through_transforms_beside_alpha_too():
    large = stage("custom", "large", kernel=np.random.default_rng(1).random((45, 45)))
    plain, with_alpha = (make_plan([large], (400, 500), channels=2, alpha=alpha) for alpha in (False, True))
    assert plain.stages[0].tiles is not None
    assert [node.tiles is not None for node in with_alpha.nodes if node.axes[0].kernel > 1] == [True, True]
    assert plain.to_dict()["stages"][0]["tiles"] == plain.stages[0].tiles.to_dict()


def test_a_product_of_two_factors_goes_through_no_transform():
    for separable in (
        stage("blur", "box", size=[1, 2001]),
        stage("blur", "box", size=45),
        stage("custom", "rank one", kernel=np.outer(np.arange(1, 46), np.arange(2, 47))),
    ):
        assert make_plan([separable], (400, 500)).stages[0].tiles is None


@pytest.mark.parametrize(
    ("dtype", "size", "goes"), [("float32", 63, True), ("float32", 41, False), ("uint8", 63, False)]
)
def test_rank_2_goes_through_transforms_where_its_products_take_longer(dtype, size, goes, rng):
    """Of 63 taps a side they do over rows of floating point, and not over shorter rows."""
    down, along = rng.normal(size=(2, size, 2))
    kernel = stage("custom", "k", kernel=(down @ along.T).tolist())
    (plan,) = make_plan([kernel], (4096, 4096), dtype=dtype).stages
    assert (plan.tiles is not None) == goes


def test_transforms_are_looked_at_from_so_many_taps_on():
    kernel = np.zeros((30, 30))  # where a tap is 0, there is none
    rng = np.random.default_rng(1)
    places = rng.permutation(kernel.size)[: fourier.LEAST_TAPS]
    kernel.flat[places] = 0.5 + rng.random(len(places))
    assert make_plan([stage("custom", "k", kernel=kernel)], (400, 500)).stages[0].tiles is not None
    kernel.flat[places[0]] = 0
    assert make_plan([stage("custom", "k", kernel=kernel)], (400, 500)).stages[0].tiles is None


def test_results_of_bool_images_are_bool_where_every_value_is():
    def result(*stages, output_dtype=None):
        return make_plan(stages, (4, 5), Settings(output_dtype=output_dtype), dtype="bool").output_dtype

    invert, box = stage("point", "invert"), stage("blur", "box")
    assert result(invert) == "bool"
    assert result(invert, box) == result(box, invert) == "uint8"
    assert result(box, stage("point", "abs", dtype="int16")) == "int16"
    assert result(invert, output_dtype="float32") == "float32"
    assert make_plan([box], (4, 5), dtype="int8").output_dtype == "int8"


def test_a_kernel_of_rank_one_may_differ_by_what_is_said():
    exact = stage("custom", "exact", kernel=[[3, 4, 2], [6, 8, 4], [9, 12, 6]])
    rough = stage("custom", "rough", kernel=[[3, 4 + 1e-9, 2], [6, 8, 4], [9, 12, 6]])
    plan = make_plan([rough], (4, 5), dtype="int16")
    (taps,) = plan.stages[0].ops[0].banks
    assert 1e-10 < taps.error < 1e-8
    # A product of two weights is rounded by them, by itself, and by at most five sums.
    error = plan.stages[0].separation.error
    assert taps.error * 32768 < error < (taps.error + 54 * 8 * 2**-24) * 32768
    assert make_plan([exact], (4, 5)).stages[0].separation.error == 0
    assert make_plan([stage("edge", "sobel")], (4, 5)).stages[0].separation is None


@pytest.mark.parametrize("shape", [(2, 3), (5, 1), (1, 5), (3, 10)])
def test_a_kernel_of_rank_one_that_is_no_less_work_in_two_passes_runs_in_none(shape):
    """Few taps, or taps in line, are summed as they are; equal ones by doubling."""
    kernel = np.full(shape, 0.37) if shape[1] > 9 else np.outer(*map(np.random.default_rng(3).random, shape))
    plan = make_plan([stage("custom", "few", kernel=kernel.tolist())], (30, 30), dtype="float32")
    assert plan.stages[0].separation is None


@pytest.mark.parametrize(("bias", "said"), [(0.4, False), (0.6, True), (-0.4, False), (-0.6, True)])
def test_what_rounds_to_the_last_value_does_not_saturate(bias, said):
    plan = make_plan([stage("custom", "one", kernel=[[1]], bias=bias)], (4, 5))
    assert bool(plan.saturations) == said


@pytest.mark.parametrize(
    ("common", "proven"),
    [
        ({}, True),
        ({"border": "constant", "value": 5000}, True),
        ({"border": "edge", "value": 5000, "padding": 1}, True),
        ({"border": "constant", "value": 5000, "padding": 1}, False),
        ({"border": "constant", "value": 5000, "padding": [1, 0, 0, 0]}, False),
        ({"border": "constant", "value": 5000, "padding": [0, 0, 0, 1]}, False),
    ],
    ids=str,
)
def test_extremes_enclose_samples_and_not_a_constant_around_them(common, proven):
    (step,) = make_plan([stage("contrast", "stretch", **common)], (4, 5)).stages
    assert ((step.range.low, step.range.high) == (0, 255)) == proven


def test_every_thread_has_a_tile_of_its_own():
    kernel = np.random.default_rng(1).random((45, 45))
    plan = make_plan([stage("custom", "large", kernel=kernel)], (400, 500))
    one, two, three = (plan.working_bytes(threads) for threads in (1, 2, 3))
    assert one == plan.working_bytes()
    assert three - two == two - one == plan.stages[0].tiles.thread_bytes > 0


@pytest.mark.parametrize("name", ["sobel", "scharr", "prewitt", "laplacian", "kirsch", "roberts"])
def test_edge_operators_look_no_further_than_their_neighbours(name):
    (step,) = make_plan([stage("edge", name)], (4, 5)).stages
    side = (0, 1) if name == "roberts" else (1, 1)
    assert step.halo == (side, side)


def test_a_plan_is_readable():
    plan = make_plan([stage("blur", "box", size=3, stride=2), stage("point", "abs")], (8, 9), dtype="uint16")
    assert repr(plan) == "<Plan: 8x9x1 uint16 -> 4x5x1 uint16, computed in float32, 2 stages>"
    assert str(plan).splitlines()[1] == "stage 0 (blur box): 8x9 -> 4x5, values 0 to 65535"


def test_what_needs_the_whole_image_is_not_pointwise():
    (node,) = make_plan([stage("denoise", "tv")], (9, 9)).nodes
    assert not node.is_pointwise
