"""Rank windows: their networks, their layers, and every type of samples, against sorting."""

import itertools

import interpreted
import numpy as np
import oracle
import pytest
from scipy import ndimage
from skimage import data, filters

import convpipe
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.errors import ParameterError
from convpipe.ops import Map, Rank
from convpipe.pipeline import Pipeline
from convpipe.plan import make_plan
from convpipe.selection import counts, layers_of, network
from convpipe.selection.layers import Layers
from convpipe.stages import Method, Stage, stage
from convpipe.stages.footprint import FOOTPRINT, SHAPES, footprint_of

DTYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64", "bool"]
ODD = np.array([[0, 1, 1, 0], [1, 0, 0, 1], [0, 1, 0, 0]], bool)
FOOTPRINTS = {
    "pixel": np.ones((1, 1), bool),
    "row": np.ones((1, 19), bool),
    "column": np.ones((9, 1), bool),
    "3x3": np.ones((3, 3), bool),
    "2x5": np.ones((2, 5), bool),
    "7x7": np.ones((7, 7), bool),
    "disk": footprint_of("disk", (7, 7)),
    "odd": ODD,
}


def run_network(net, image, rows):
    """Return what a network gives of the rows of an image, at every column that it can be read to."""
    width = image.shape[1] - net.reach
    made = []
    for node in net.nodes:
        if node.kind == "row":
            made.append(image[node.row])
            continue
        a, b = (np.roll(made[value.node], -value.shift) for value in (node.a, node.b))
        made.append((np.minimum if node.kind == "low" else np.maximum)(a, b))
    return [[np.roll(made[value.node], -value.shift)[:width] for value in row] for row in net.results]


def run_layers(layers, rows, results):
    """Return the rows of results: every layer at every column, one vector of all of them."""
    width = rows.shape[1]
    slots, made = np.zeros((layers.slots, width)), np.zeros((results, width))
    for layer in layers.layers:
        values = []
        for instruction in layer.code.split():
            first, second = map(int, instruction[1:].split(","))
            match instruction[0]:
                case "r" | "s":
                    source = rows if instruction[0] == "r" else slots
                    values.append(np.roll(source[first], -second))
                case "l" | "h":
                    fold = np.minimum if instruction[0] == "l" else np.maximum
                    values.append(fold(values[first], values[second]))
                case "w":
                    slots[first] = values[second]
                case "o":
                    made[first] = values[second]
    return made[:, : width - layers.reach]


def ranks_of(footprint):
    count = int(footprint.sum())
    return sorted({0, count // 3, count // 2, count - 1})


@pytest.mark.parametrize("name", FOOTPRINTS)
@pytest.mark.parametrize("rows", [1, 2, 4])
def test_networks_and_layers_sort(name, rows, rng):
    footprint = FOOTPRINTS[name]
    height, width = footprint.shape
    image = rng.permutation((height + rows - 1) * (width + 30)).reshape(height + rows - 1, -1)
    ranks = ranks_of(footprint)
    net = network(footprint, ranks, rows)
    windows = np.lib.stride_tricks.sliding_window_view(image, footprint.shape)
    want = np.sort(windows[..., footprint], axis=-1)[..., ranks][:, : image.shape[1] - net.reach]
    got = np.array(run_network(net, image, rows))
    np.testing.assert_array_equal(got, np.moveaxis(want, -1, 1)[..., : got.shape[-1]])
    layered = run_layers(layers_of(net, 1), image, rows * len(ranks))
    np.testing.assert_array_equal(layered, got.reshape(layered.shape))


def test_what_windows_share_is_sorted_once():
    square = np.ones((15, 15), bool)
    assert network(square, [112], 4).operations < 0.4 * network(square, [112], 1).operations
    assert network(square, [0], 4).operations < 12  # of 224 comparisons


def test_the_smallest_network():
    net = network(np.ones((1, 2), bool), [0], 1)
    assert [(node.kind, node.a, node.b) for node in net.nodes[1:]] == [("low", (0, 0), (0, 1))]
    assert (net.nodes[0].kind, net.nodes[0].row, net.results) == ("row", 0, (((1, 0),),))
    assert (net.operations, net.reach, net.extra) == (1, 1, (1, 0))


@pytest.mark.parametrize(
    ("name", "rank", "operations"),
    [
        ("3x3", 4, 19.5),
        ("2x5", 5, 29),
        ("7x7", 24, 173),
        ("disk", 14, 120),
        ("disk", 0, 9.25),
        ("disk", 28, 9.25),
    ],
)
def test_no_network_grows(name, rank, operations):
    """The order in which columns and samples are taken decides how much is shared."""
    assert network(FOOTPRINTS[name], [rank], 4).operations <= operations


def test_no_slot_is_taken_while_it_is_needed():
    layers = layers_of(network(np.ones((1, 70), bool), [0], 1), 3)  # minima of 4, of 16, of 64
    stored = [code for each in layers.layers for code in each.code.split() if code.startswith("w")]
    assert (len(stored), layers.slots) == (4, 2)
    assert layers.reach == 3 * 69


@pytest.mark.parametrize(
    ("slots", "reach", "itemsize", "pitch", "short"),
    [
        (2, 207, 1, 45 * 64, 320),  # 2048 bytes, and 4 x 207 beyond them: 2876
        (2, 207, 4, 85 * 64, 896),  # 5360, which is 84 cache lines: one more
        (20, 0, 4, 11 * 64, 64),  # 12 KiB / 20 is 614
        (100, 0, 1, 448, 64),
        (0, 1, 2, 33 * 64, 128),
    ],
)
def test_what_slots_and_short_rows_take(slots, reach, itemsize, pitch, short):
    layers = Layers((), slots, reach)
    assert (layers.pitch(itemsize), layers.short(itemsize)) == (pitch, short)
    assert layers.scratch(7, itemsize) == slots * pitch + 7 * (short + 8)


def test_a_network_of_few_operations_is_one_layer():
    flat = layers_of(network(np.ones((3, 3), bool), [4], 4), 1)
    assert [(len(layer.code.split()) <= 200, layer.more) for layer in flat.layers] == [(True, 0)]
    assert (flat.slots, flat.reach) == (0, 2)
    assert len(layers_of(network(np.ones((5, 5), bool), [12], 4), 1).layers) > 1


def test_a_layer_goes_as_far_as_the_next_ones_read():
    layers = layers_of(network(np.ones((1, 70), bool), [0], 1), 3)
    # Of 207 samples beyond the first, minima of 4 begin 9 before the last, of 16 then 36 before, of 64 144.
    assert [layer.more for layer in layers.layers] == [207, 198, 162, 18, 0]
    assert layers.layers[-1].code == "s1,0 s1,18 l0,1 o0,2"


def samples(dtype, shape, rng):
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return rng.random(shape) < 0.5
    if kind.kind == "f":
        return rng.normal(size=shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(9, 13), (6, 1100)])
def test_every_type_is_compared_as_it_is(dtype, shape, rng):
    ndimage = pytest.importorskip("scipy.ndimage")
    image = samples(dtype, shape, rng)
    for method, rank in (("median", 7), ("minimum", 0), ("maximum", -1)):
        got = convpipe.Pipeline([stage("rank", method, size=[3, 5])], border="symmetric")(image)
        assert got.dtype == image.dtype
        wide = image.astype("float64" if dtype == "float16" else image.dtype)
        want = ndimage.rank_filter(wide, rank, size=(3, 5)).astype(dtype)
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nan_is_the_largest_and_zeros_have_signs(dtype):
    row = np.array([[1, np.nan, -np.inf, np.inf, -np.nan, 0.0, -0.0, -1]], dtype)
    sides = {"size": [1, 3], "padding": "valid"}

    def run(method):
        return convpipe.Pipeline([stage("rank", method, **sides)])(row)[0]

    ordered = np.array([np.sort(row[0, k : k + 3]) for k in range(6)])
    np.testing.assert_array_equal(run("minimum"), ordered[:, 0])
    np.testing.assert_array_equal(run("median"), ordered[:, 1])
    np.testing.assert_array_equal(run("maximum"), ordered[:, 2])
    assert np.signbit(run("median")[5])
    assert not np.signbit(run("maximum")[5])


WINDOWS = {
    "plain": {},
    "stride": {"stride": [2, 3]},
    "dilation": {"dilation": [2, 3]},
    "constant": {"border": "constant", "value": 7},
    "half": {"border": "constant", "value": 0.5},
    "wrap": {"border": "wrap"},
    "dtype": {"dtype": "int16", "bias": -3.5},
}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize(("channels", "alpha"), [(1, False), (3, False), (4, True)])
@pytest.mark.parametrize("cols", [21, 360])
def test_against_the_oracle_and_as_python(window, channels, alpha, cols, rng):
    if cols > 21 and channels == 1:
        cols = 1100  # so wide, and an image is read where it is
    image = rng.integers(0, 256, (9, cols, channels), dtype=np.uint8)
    median = stage("rank", "median", footprint=ODD.astype(int).tolist(), **WINDOWS[window])
    plan = make_plan([median], image.shape[:2], channels=channels, alpha=alpha)
    got = compile_plan(plan)(image, threads=1)[0]
    oracle.near(got, plan, image, 0)
    if cols == 21 and not alpha:  # of which a graph looks out for what is hidden
        result, nbytes = interpreted.run(compile_plan(plan), image)
        np.testing.assert_array_equal(result.reshape(got.shape), got)
        assert nbytes <= plan.thread_bytes


class TestCounts:
    """Of windows that are too large for a network, samples are counted."""

    @pytest.fixture
    def few(self, monkeypatch):
        """Have small windows counted, too."""
        monkeypatch.setattr(counts, "MOST_SORTED", 4)

    @pytest.mark.parametrize("window", WINDOWS)
    @pytest.mark.parametrize("channels", [1, 3])
    @pytest.mark.parametrize("cols", [5, 21, 1100])
    @pytest.mark.parametrize("rectangle", [False, True])
    def test_against_the_oracle_and_as_python(self, window, channels, cols, rectangle, few, rng):
        image = rng.integers(0, 256, (9, cols, channels), dtype=np.uint8)
        footprint = (np.ones((4, 5)) if rectangle else ODD).astype(int).tolist()
        share = stage("rank", "percentile", percentile=30, footprint=footprint, **WINDOWS[window])
        plan = make_plan([share], image.shape[:2], channels=channels)
        run = compile_plan(plan)
        recipe = run.schedule.levels[-1].recipe
        overlap = recipe.level.stride[0] == recipe.level.dilation[0] == 1
        together = rectangle and overlap and recipe.dtype == "uint8"  # half between two samples is none
        assert recipe.rows == (counts.TOGETHER if together else 1)
        got = run(image, threads=1)[0]
        oracle.near(got, plan, image, 0)
        assert "counts of" in run.source
        if cols == 21:
            result, nbytes = interpreted.run(run, image)
            np.testing.assert_array_equal(result.reshape(got.shape), got)
            assert nbytes <= plan.thread_bytes

    @pytest.mark.parametrize("dtype", ["int8", "uint16", "int16", "uint32", "int32", "float32", "float64"])
    def test_types(self, dtype, few, rng):
        """Neighbours of 0, the ends, and samples that share their first bits."""
        if dtype.startswith("f"):
            ends = [np.nan, np.inf, -np.inf, -0.0, 0.0, np.finfo(dtype).tiny, -np.finfo(dtype).max]
            image = rng.choice([*ends, *(1 + np.arange(9) * np.finfo(dtype).eps)], (12, 13)).astype(dtype)
        else:
            limits = np.iinfo(dtype)
            middle = [*range(max(limits.min, -4), 5), 300 % (limits.max + 1), limits.min, limits.max]
            image = rng.choice(np.array(middle, dtype), (12, 13))
        for high, percent in ((3, 10), (3, 50), (3, 90), (5, 50), (6, 90)):
            one = stage("rank", "percentile", percentile=percent, size=[high, 4], border="edge")
            got = Pipeline([one])(image)
            padded = np.pad(image, ((high // 2, (high - 1) // 2), (2, 1)), mode="edge")
            windows = np.lib.stride_tricks.sliding_window_view(padded, (high, 4)).reshape(12, 13, 4 * high)
            want = np.sort(windows, axis=2)[..., 4 * high * percent // 100]
            np.testing.assert_array_equal(got, want)

    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
    def test_several_ranks_and_a_large_window(self, dtype, rng):
        image = (rng.random((40, 37)) * 250).astype(dtype)
        window = Rank(np.ones((33, 34), bool), (0, 561, -1), ("low", "middle", "high"), anchor="lower")
        total = Map("middle + 0 * low + 0 * high", ("low", "middle", "high"))
        declared = Method("test", "counted", "", "", (), lambda: (window, total))
        one = Stage(declared, "counted", {}, {}, stage("edge", "laplacian").common)
        got = Pipeline([one], dtype=dtype)(image)
        np.testing.assert_array_equal(got, ndimage.median_filter(image, (33, 34), mode="mirror"))


CHAINS = {
    "rows of bytes between ranks": [stage("rank", "median", size=5), stage("morphology", "open", size=3)],
    "bytes, then a window": [stage("rank", "minimum", size=3), stage("blur", "box", size=9)],
    "sums beyond 24 bits": [stage("rank", "maximum", size=2), stage("blur", "box", size=33)],
    "beside the image": [stage("morphology", "tophat", size=7), stage("edge", "sobel")],
    "of sums": [stage("blur", "gaussian", sigma=1), stage("rank", "range", size=[3, 4])],
}


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_fused_is_staged(chain, dtype, rng):
    image = (rng.random((40, 70)) * (1 if dtype == "float32" else np.iinfo(dtype).max)).astype(dtype)
    stages, staged = CHAINS[chain], image
    for one in stages:
        staged = convpipe.Pipeline([one], dtype="float32")(staged)
    fused = convpipe.Pipeline(stages, dtype="float32")
    for threads in (1, 2):
        np.testing.assert_array_equal(fused(image, threads=threads), staged)


def test_rows_between_ranks_stay_bytes():
    plan = make_plan([stage("rank", "median"), stage("rank", "maximum")], (60, 80))
    assert [level.dtype for level in compile_plan(plan).schedule.levels][:-1].count("float32") == 0


def test_footprints():
    skimage = pytest.importorskip("skimage.morphology")
    for radius in (1, 2, 3, 7):
        side = 2 * radius + 1
        np.testing.assert_array_equal(footprint_of("disk", (side, side)), skimage.disk(radius))
        np.testing.assert_array_equal(footprint_of("diamond", (side, side)), skimage.diamond(radius))
    for shape, (rows, cols) in itertools.product(SHAPES, itertools.product(range(1, 9), repeat=2)):
        found = footprint_of(shape, (rows, cols))
        assert found.shape == (rows, cols)
        assert found.any()
        if rows % 2 and cols % 2:
            np.testing.assert_array_equal(found, found[::-1, ::-1])


@pytest.mark.parametrize(
    ("shape", "rows"),
    [  # ellipses and crosses: cv2.getStructuringElement of OpenCV 5.0.0
        ("ellipse", "00100 01110 11111 11111 11111 01110 00100"),
        ("ellipse", "000100 111111 111111 111111"),
        ("ellipse", "1 1 1"),
        ("ellipse", "1111111"),  # of which OpenCV takes the middle one alone
        ("cross", "00100 00100 11111 00100"),
        ("cross", "0010 1111 0010"),
        ("disk", "0110 1111 1111 0110"),
        ("disk", "1"),
        ("diamond", "001100 011110 011110 001100"),
        ("square", "11 11 11"),
    ],
)
def test_pixels_of_footprints(shape, rows):
    want = np.array([list(map(int, row)) for row in rows.split()], bool)
    np.testing.assert_array_equal(footprint_of(shape, want.shape), want)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"footprint": "round"}, "footprint needs one of square, disk, ellipse, cross, diamond"),
        ({"footprint": [[0, 0]]}, "footprint has no 1"),
        ({"footprint": [[1], [1, 1]]}, "^footprint is ragged"),
        ({"footprint": [[0, 2]]}, "needs rows of 0 and 1"),
        ({"footprint": [[1, 1]], "size": 5}, "size is that of the rows given as footprint"),
        ({"size": [1, 302]}, "size must be at most 301"),
        ({"footprint": [[1]] * 302}, "must be at most 301"),
    ],
)
def test_what_is_refused(parameters, message):
    with pytest.raises(ParameterError, match=message):
        stage("rank", "median", **parameters)


def test_what_is_counted():
    """More than 1024 samples, but for the first and the last of them."""
    assert not counts.is_counted(1024, [511])
    assert counts.is_counted(1025, [1])
    assert counts.is_counted(1089, [0, 544])
    assert not counts.is_counted(1089, [0, 1088])
    assert stage("rank", "percentile", percentile=99.9, size=301)


def test_footprints_as_a_schema():
    row = {"type": "array", "items": {"enum": [0, 1, True, False]}, "minItems": 1}
    (names, rows) = FOOTPRINT.schema()["anyOf"]
    assert names == {"enum": ["square", "disk", "ellipse", "cross", "diamond"]}
    assert rows == {"type": "array", "items": row, "minItems": 1}


def test_a_rank_is_one_of_its_places():
    for ranks, names in (((9,), ("r",)), ((0, 1), ("r",)), ((-10,), ("r",))):
        with pytest.raises(ParameterError, match="ranks are counted among the places"):
            Rank(np.ones((3, 3)), ranks, names)
    with pytest.raises(ParameterError, match="footprint of rows with a 1"):
        Rank(np.zeros((3, 3)), (0,))


def test_sides_are_looked_at_before_a_footprint_is_made():
    for shape in SHAPES:
        with pytest.raises(ParameterError, match="at most 301"):
            stage("morphology", "erode", size=10**9, footprint=shape)


def test_rows_of_true_and_false_are_a_footprint():
    assert stage("rank", "median", footprint=ODD) == stage(
        "rank", "median", footprint=ODD.astype(int).tolist()
    )


def test_a_range_is_known_to_be_no_less_than_0():
    for one in (stage("rank", "range"), stage("morphology", "gradient")):
        assert make_plan([one], (9, 9)).stages[-1].range.low == 0


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("size", [3, 5])
def test_modes_are_those_of_scikit_image(dtype, size):
    """Which counts no pixel outside the image."""
    image = (data.camera()[200:260, 200:280] // 20).astype(dtype)
    inside = np.s_[size // 2 : -(size // 2), size // 2 : -(size // 2)]
    want = filters.rank.modal(image, np.ones((size, size), dtype))
    np.testing.assert_array_equal(Pipeline([stage("rank", "mode", size=size)])(image)[inside], want[inside])


def test_a_mode_is_not_a_number_where_nothing_else_is():
    image = np.full((4, 6), np.nan, np.float32)
    image[0, :2] = 3, 2
    got = Pipeline([stage("rank", "mode", border="edge")])(image)
    want = np.full(image.shape, np.nan)
    want[:2, :3] = 3, 2, 2
    np.testing.assert_array_equal(got, want)


def test_a_mode_compares_few_pixels():
    with pytest.raises(ParameterError, match="a mode takes at most 25 pixels; this footprint has 49"):
        stage("rank", "mode", size=7)
    image = np.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(Pipeline([stage("rank", "mode", size=1)])(image), image)
