"""Taps of their own for every row and column: where they lie, what runs over them, and what they give."""

from fractions import Fraction

import defined
import interpreted
import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from test_sweep import alone

from convpipe import Pipeline, stage
from convpipe.compile.cpu import layout, resample
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.errors import ParameterError, PlanError
from convpipe.ops import Resample
from convpipe.plan import Settings, make_plan, rings
from convpipe.plan.missing import Missing
from convpipe.polyphase import Polyphase
from convpipe.sampling import Sampling
from convpipe.stages.resampling import METHODS, MOST, Doubling, Resizing, doubled, polyphase

PILLOW = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos3": Image.Resampling.LANCZOS,
}


def resize(size, method="bicubic", **given):
    return stage("geometry", "resize", size=list(size), method=method, **given)


def dense(taps):
    """Return the taps as a matrix from all samples to all outputs."""
    matrix = np.zeros((len(taps.first), taps.size))
    for row, first, weights in zip(matrix, taps.first, taps.weights, strict=True):
        row[first : first + taps.kernel] = weights
    return matrix


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(METHODS), st.integers(1, 60), st.integers(1, 60), st.booleans())
def test_windows_lie_inside_and_weights_sum_to_one(method, source, target, antialias):
    taps = polyphase(method, source, target, antialias)
    assert taps.weights.shape == (target, taps.kernel)
    assert 0 <= taps.first.min() <= taps.first.max() <= source - taps.kernel
    assert (np.diff(taps.first) >= 0).all()
    np.testing.assert_allclose(taps.weights.sum(axis=1), 1, rtol=1e-14)
    at = np.arange(target) * float(taps.step)
    above, below = taps.spread
    assert (taps.first >= at - above).all()
    assert (taps.first + taps.kernel <= at + below).all()


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**16))
def test_any_taps_are_kept_as_they_are(outputs, size, seed):
    """Wherever their zeros are: at either end, where windows are cut, or between."""
    rng = np.random.default_rng(seed)
    begins = rng.integers(-3, size, outputs)
    places = begins[:, None] + np.arange(5)
    weights = rng.normal(size=places.shape) * (rng.random(places.shape) < 0.6)
    weights[(places < 0) | (places >= size)] = 0
    inside = np.clip(begins, 0, size - 1)
    weights[np.arange(outputs), inside - begins] = 1
    want = np.zeros((outputs, size))
    for row, line, own in zip(want, places, weights, strict=True):
        used = own != 0
        row[line[used]] = own[used]
    taps = Polyphase.of(places, weights, size, Fraction(1), Fraction(0))
    np.testing.assert_array_equal(dense(taps), want)
    spans = [np.flatnonzero(row) for row in want]
    assert (np.diff(taps.first) >= 0).all()
    assert [taps.reads(k, k) for k in range(outputs)] == [(span[0], span[-1]) for span in spans]


EXTENTS = [
    ((37, 53), (20, 31)),
    ((37, 53), (90, 101)),
    ((24, 16), (48, 8)),
    ((5, 7), (1, 1)),
    ((1, 3), (4, 50)),
]


@pytest.mark.parametrize("method", PILLOW)
@pytest.mark.parametrize(("given", "made"), EXTENTS)
def test_pillow_gives_the_same(method, given, made, rng):
    """Of integers it rounds and saturates between the passes, too: here they are far from the ends."""
    for mode, dtype, near in (("F", "float32", 2e-4), ("L", "uint8", 1), ("I;16", "uint16", 1)):
        image = rng.integers(80, 176, given).astype(dtype)
        plane = Image.frombuffer(mode, given[::-1], image.tobytes(), "raw", mode, 0, 1)
        want = np.asarray(plane.resize(made[::-1], PILLOW[method]))
        result = Pipeline([resize(made, method)])(image, threads=1)
        assert result.dtype == dtype
        assert np.abs(result.astype(float) - want.astype(float)).max() <= near


@pytest.mark.parametrize("method", METHODS)
def test_an_infinity_or_nan_stays_in_the_windows_that_hold_it(method, rng):
    image = rng.normal(size=(19, 23, 1)).astype(np.float32)
    image[7, 5], image[12, 17] = np.nan, np.inf
    for made in ((11, 40), (30, 9), (19, 46)):
        plan = make_plan([resize(made, method)], (19, 23), dtype="float32")
        result, _ = compile_plan(plan)(image, threads=1)
        want = oracle.run([plan.stages[0].ops], image)
        np.testing.assert_allclose(result, want, rtol=1e-5, atol=1e-5)


CHAINS = {
    "resize, then an edge": [resize((9, 30)), stage("edge", "sobel", name="last")],
    "blur, then resize": [stage("blur", "gaussian", sigma=1), resize((11, 12), "lanczos3", name="last")],
    "background": [
        resize((4, 5), "area", name="few"),
        resize((21, 26), "bilinear", name="background"),
        stage("combine", "flat", formula="input - background", name="last"),
    ],
    "up, beside down": [
        resize((42, 52), "bicubic", name="large"),
        stage("edge", "sobel", name="edges"),
        resize((21, 26), "box", name="small"),
        stage("combine", "both", formula="maximum(small, input / 2)", name="last"),
    ],
    "twice of one": [
        stage("blur", "box", size=3, name="soft"),
        resize((10, 13), name="half"),
        stage("blur", "gaussian", sigma=1, name="softer"),
        resize((21, 26), "lanczos3", name="again"),
        stage("combine", "both", formula="soft - again", name="last"),
    ],
    "in place": [resize((21, 40), name="wide"), resize((30, 40), "area", name="last")],
}


def run(stages, image, beside=(), threads=1):
    outputs = {f"of_{name}": name for name in beside}
    made = Pipeline(stages, outputs=outputs, dtype="float32")(image, threads=threads)
    return made if outputs else {"result": made}


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("channels", [(), (3,)])
def test_one_sweep_is_stages_alone_bit_for_bit(chain, channels, rng):
    image = rng.integers(0, 256, (21, 26, *channels)).astype(np.float32)
    stages = CHAINS[chain]
    names = [name for one in stages[:-1] if (name := one.common["name"])]
    want = alone(stages, image)
    for beside in ([], names):
        results = run(stages, image, beside)
        for name in beside:
            np.testing.assert_array_equal(results[f"of_{name}"], want[name])
        np.testing.assert_array_equal(results["result"], want["result"])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rings, "NARROWEST", 5)
            patch.setattr(rings, "CACHE", 1)
            cut = run(stages, image, beside)
        for name, whole in results.items():
            np.testing.assert_array_equal(cut[name], whole)


@pytest.mark.parametrize("chain", CHAINS)
def test_they_are_one_loop(chain):
    plan = make_plan(CHAINS[chain], (21, 26))
    assert len(plan.parts) == 1
    taps = [axis for node in plan.nodes for axis in node.axes if isinstance(axis, Polyphase)]
    assert plan.shared_bytes == sum(axis.nbytes for axis in taps)
    made = compile_plan(plan)
    words = (made if plan.is_chain else made.runs[0]).fused.table.words
    assert words[layout.MEMORY] + 64 + 8 * words[layout.NUMBERS] <= plan.thread_bytes


def rows_in_use(schedule):
    """Return the most rows of each level from the first under a window to the newest, when that is read."""
    levels = schedule.levels
    most, newest = [0] * len(levels), [-1] * len(levels)

    def make(at, row):
        spans = [
            (given.source, *given.axes[0].hull(row, row + levels[at].recipe.rows - 1))
            for given in levels[at].inputs
            if given.source >= 0
        ]
        for source, begin, end in spans:
            for under in range(max(begin, 0), min(end, levels[source].extent[0])):
                if under > newest[source]:
                    make(source, under - under % levels[source].recipe.rows)
        for source, begin, _ in spans:
            most[source] = max(most[source], newest[source] - max(begin, 0) + 1)
        newest[at] = max(newest[at], row + levels[at].recipe.rows - 1)

    (sink,) = schedule.sinks
    for row in range(0, levels[sink].extent[0], levels[sink].recipe.rows):
        make(sink, row)
    return most


@pytest.mark.parametrize("method", ["area", "lanczos3"])
@pytest.mark.parametrize("between", [100, 141, 77, 250])
def test_rings_hold_the_rows_in_use(between, method):
    """Windows that lie unevenly read further ahead than the step between them says."""
    stages = [
        stage("blur", "box", size=3, name="soft"),
        resize((between, 9), method),
        resize((200, 12), method, name="again"),
        stage("combine", "both", formula="soft - again"),
    ]
    schedule = compile_plan(make_plan(stages, (200, 12))).runs[0].fused.schedule
    for most, slots, level in zip(rows_in_use(schedule), schedule.slots, schedule.levels, strict=True):
        assert level.output or most <= slots < 100


@pytest.mark.parametrize("made", [(150, 40), (61, 300), (400, 501)])
def test_bands_and_threads_change_no_byte(made, rng):
    image = rng.integers(0, 256, (200, 210), dtype=np.uint8)
    plan = make_plan([stage("blur", "gaussian", sigma=1), resize(made)], image.shape)
    runs = compile_plan(plan)
    whole, _ = runs(image, threads=1)
    out = np.empty(made, np.uint8)
    for bands in (2, 3, 7):
        runs.fused.run((image,), (out,), bands)
        np.testing.assert_array_equal(out, whole)


FACTORS = {
    (24, 72): 2,
    (20, 100): 1,
    (18, 126): 1,
    (60, 30): 4,
    (60, 120): 4,
    (60, 20): 2,
    (60, 90): 2,
    (63, 42): 2,
    (80, 10): 1,
    (99, 11): 0,
}
"""Columns given and made, and most channels at which taps that repeat have a loop of their own."""


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("given", "made"), FACTORS)
def test_taps_that_repeat(given, made, channels, rng, monkeypatch):
    """They have loops of their own, but at the ends of a row; bytes are those that the ops define."""
    monkeypatch.setattr(resample, "LEAST", 4)
    image = rng.integers(0, 256, (5, given, channels), dtype=np.uint8)
    for method, rows in (("area", 3), ("lanczos3", 9)):
        plan = make_plan(
            [resize((rows, made), method)],
            image.shape[:2],
            Settings(output_dtype="float32"),
            channels=channels,
        )
        run = compile_plan(plan)
        assert (channels <= FACTORS[given, made]) == any("at every" in one.title for one in run.table.loops)
        result, nbytes = interpreted.run(run, image)
        np.testing.assert_array_equal(result.reshape(rows, made, channels), defined.run(plan, image))
        assert nbytes <= plan.thread_bytes
        np.testing.assert_array_equal(run(image, threads=1)[0].reshape(result.shape), result)


@pytest.mark.parametrize("given", [np.inf, np.nan])
def test_what_is_no_number_stays_where_taps_repeat(given, rng, monkeypatch):
    monkeypatch.setattr(resample, "LEAST", 4)
    image = rng.normal(size=(4, 40, 1)).astype(np.float32)
    image[1, 17] = given
    for method in ("bilinear", "lanczos3"):
        for made in ((2, 20), (8, 80)):
            plan = make_plan([resize(made, method)], (4, 40), dtype="float32")
            result = compile_plan(plan)(image, threads=1)[0].reshape(*made, 1)
            np.testing.assert_array_equal(result, defined.run(plan, image))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(METHODS), st.integers(1, 40), st.integers(1, 40), st.data())
def test_the_run_of_outputs_that_are_alike(method, source, target, data):
    taps = polyphase(method, source, target)
    first = data.draw(st.integers(0, target - 1))
    last = data.draw(st.integers(first + 1, target))
    begin, end = taps.alike(first, last)
    outputs, samples = taps.step.denominator, taps.step.numerator
    assert first <= begin <= end <= last
    assert (end - begin) % outputs == 0
    for at in range(begin, end - outputs):
        assert taps.first[at + outputs] == taps.first[at] + samples
        np.testing.assert_array_equal(taps.weights[at + outputs], taps.weights[at])


def test_the_extent_of_a_result():
    def of(extent, **given):
        return Resizing("box", **given).extent(extent, (70, 80))

    assert of((9, 9), size=(3, 4)) == (3, 4)
    assert of((9, 9), size="input") == (70, 80)
    assert of((3, 3), factor=(0.5, 1.5)) == (2, 5)  # a half is rounded up
    assert of((3, 3), factor=(0.01, 0.01)) == (1, 1)
    assert of((400, 30), longest=10) == (10, 1)
    assert of((2, 5), longest=10) == (4, 10)
    assert of((2, 5), longest=10, enlarge=False) == of((2, 5), longest=5, enlarge=False) == (2, 5)
    assert of((2, 5), longest=4, enlarge=False) == of((2, 5), longest=4) == (2, 4)


def test_a_background_of_images_of_any_size(rng):
    """Small and then as large as the image, whatever that is; what enters may be a crop of it."""
    few = stage("geometry", "resize", longest=5, method="area")
    back = stage("geometry", "resize", size="input", method="bilinear", name="background")
    run = Pipeline([few, back, stage("combine", "flat", formula="input - background")], dtype="float32")
    for extent in ((20, 31), (17, 8)):
        image = rng.random(extent).astype(np.float32)
        small = Pipeline([few])(image)
        want = image - Pipeline([resize(extent, "bilinear")])(small)
        np.testing.assert_array_equal(run(image), want)
    cut = stage("geometry", "crop", box=[2, 1, 9, 5])
    assert Pipeline([cut, back])(image).shape == image.shape


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "needs one of size, factor, longest; given none"),
        ({"size": 3, "factor": 2}, "given size and factor"),
        ({"factor": 2, "method": "area", "antialias": False}, "takes no 'antialias: false'"),
        ({"factor": 0}, "above 0"),
        ({"factor": 2, "enlarge": False}, "'enlarge: false' is of 'longest'"),
        ({"size": [3, 3], "method": "cubical"}, "did you mean 'cubic'"),
        ({"size": [3, 3], "anchor": 1}, "anchor"),
        ({"size": "output"}, "or input; given 'output'"),
    ],
)
def test_what_is_refused(given, words):
    with pytest.raises(ParameterError, match=words):
        stage("geometry", "resize", **given)


def test_results_whose_taps_fill_the_memory_are_refused():
    with pytest.raises(PlanError, match=rf"stage 0 \(geometry resize\): .* 3x{MOST + 1} has a side above"):
        make_plan([resize((3, MOST + 1))], (3, 3))
    with pytest.raises(PlanError, match=rf"stage 0 \(geometry resize\): .* 3x{MOST + 1} has a side above"):
        make_plan([resize((3, 3))], (3, MOST + 1))


def test_images_that_are_combined_need_one_step():
    stages = [resize((10, 13), name="half"), stage("combine", "c", formula="half - input")]
    with pytest.raises(PlanError, match=r"of the rows of the image they have .* every 2"):
        make_plan(stages, (20, 26))


def test_stride_and_padding_are_of_its_result(rng):
    image = rng.integers(0, 256, (20, 30)).astype(np.float32)
    whole = Pipeline([resize((9, 11))])(image)
    strided = Pipeline([resize((9, 11), stride=2)])(image)
    np.testing.assert_array_equal(strided, whole[::2, ::2])
    padded = Pipeline([resize((9, 11), padding=[1, 2, 3, 0], border="constant", value=7)])(image)
    np.testing.assert_array_equal(padded, np.pad(whole, ((1, 2), (3, 0)), constant_values=7))


def test_negative_taps_pass_the_ends_of_a_range(rng):
    image = rng.choice(np.array([0, 255], np.uint8), (40, 40))
    for method in METHODS:
        for made in ((25, 61), (90, 13)):
            plan = make_plan([resize(made, method)], image.shape, Settings(output_dtype="float32"))
            values = compile_plan(plan)(image)[0]
            proven = plan.stages[0].range
            assert proven.low - 1e-3 <= values.min()
            assert values.max() <= proven.high + 1e-3
            assert (proven.low < 0) == (method in ("bicubic", "lanczos3"))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
def test_a_sum_of_few_rows_goes_on_in_its_loop(method, dtype, rng):
    """With what follows it, whose constants come before the taps: one alone would fill half a word."""
    image = rng.integers(0, 200, (9, 14)).astype(dtype)
    scale = stage("point", "scale", gain=1.25, bias=-0.5)
    table = stage("contrast", "lut", table=[0, 9, 5])
    for bias, rest in ((0, [scale, table]), (0, []), (3, []), (3, [scale])):
        plan = make_plan([resize((31, 40), method, bias=bias), *rest], image.shape, dtype=dtype)
        run = compile_plan(plan)
        titles = [loop.title for loop in run.table.loops]
        assert any("at most 4, weighted as the row" in title for title in titles)
        assert not any("responses" in title for title in titles)
        want = oracle.cast(defined.run(plan, image[..., None]), plan.output_dtype)[..., 0]
        np.testing.assert_array_equal(run(image, threads=1)[0], want)
        if dtype == "float32":  # of which the next ones are
            image[4, 5], image[2, 9] = np.inf, np.nan


def test_images_of_all_sizes_share_loops():
    loops = {
        loop
        for extent in ((40, 50), (91, 33), (64, 64))
        for made in ((7, 9), (30, 31))
        for loop in compile_plan(make_plan([resize(made, "lanczos3")], extent)).table.loops
    }
    assert len(loops) <= 1 + 8 + 1 + 2  # rows; a first piece of columns, and the others; responses


class TestTiles:
    """Means of tiles, as areas of whole factors are: a stencil, exact of integers."""

    @pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
    @pytest.mark.parametrize("tile", [(2, 2), (2, 1), (1, 2), (4, 2), (8, 2), (4, 4), (3, 3), (3, 2), (5, 4)])
    @pytest.mark.parametrize("channels", [1, 3])
    def test_the_mean_is_rounded_half_to_even_once(self, tile, dtype, channels, rng):
        limits = np.iinfo(dtype)
        spread = rng.integers(0, 5, (16 * tile[0], 21 * tile[1], channels))
        image = (limits.max - spread if dtype != "int16" else limits.min + spread).astype(dtype)
        image[: 8 * tile[0]] = rng.integers(limits.min, limits.max + 1, image[: 8 * tile[0]].shape)
        tiles = image.reshape(16, tile[0], 21, tile[1], channels).astype(np.int64)
        sums, count = tiles.sum(axis=(1, 3)), tile[0] * tile[1]
        whole, rest = np.divmod(sums, count)
        want = whole + ((2 * rest > count) | ((2 * rest == count) & (whole % 2 == 1)))
        for each in (resize((16, 21), "area"), stage("geometry", "bin", factor=list(tile))):
            got = Pipeline([each])(image, threads=2)
            assert got.dtype == dtype
            np.testing.assert_array_equal(got, want)

    def test_what_is_on_a_half_goes_to_the_even_number(self):
        image = np.array([[0, 1, 1, 2, 255, 255, 254, 255], [1, 0, 2, 1, 255, 254, 254, 255]], np.uint8)
        assert Pipeline([resize((1, 4), "area")])(image).tolist() == [[0, 2, 255, 254]]

    def test_two_columns_of_integers_are_one_loop_of_integers(self):
        for made, loops in (((20, 30), 1), ((20, 20), 2)):  # halves; thirds of the columns
            run = compile_plan(make_plan([resize(made, "area")], (40, 60)))
            assert len(run.table.loops) == loops
            assert ("half_even" in run.source) == (loops == 1)
        (loop,) = compile_plan(make_plan([resize((20, 30), "area")], (40, 60), dtype="float32")).table.loops
        assert "4 terms" in loop.title

    def test_what_is_no_mean_of_tiles_stays_what_it_is(self):
        for made, method in (((20, 31), "area"), ((20, 30), "bilinear"), ((20, 60), "nearest")):
            assert isinstance(make_plan([resize(made, method)], (40, 60)).nodes[0].ops[0], Resample)
        plan = make_plan([resize((20, 30), "area")], (40, 60))
        assert not isinstance(plan.nodes[0].ops[0], Resample)
        assert plan.sampling() == Sampling((2.0, 2.0), (0.5, 0.5))

    def test_samples_that_are_not_there_count_for_nothing(self, rng):
        image = rng.integers(0, 4, (20, 30)).astype(np.float32)
        image[4:6, 8:10] = 0
        tiles = np.where(image == 0, np.nan, image).reshape(10, 2, 15, 2)
        want = np.nansum(tiles, axis=(1, 3)) / np.maximum(np.isfinite(tiles).sum(axis=(1, 3)), 1)
        plan = make_plan([resize((10, 15), "area")], (20, 30), Settings(missing=Missing(0)), dtype="float32")
        np.testing.assert_allclose(compile_plan(plan)(image)[0], want, rtol=1e-6)

    def test_colours_count_as_their_alpha_says(self, rng):
        image = rng.integers(0, 256, (20, 30, 4), np.uint8)
        plan = make_plan([resize((10, 15), "area")], (20, 30), channels=4, alpha=True)
        tiles = image.astype(np.float64).reshape(10, 2, 15, 2, 4)
        weights = tiles[..., 3:]
        alpha = weights.mean(axis=(1, 3))
        colours = (tiles[..., :3] * weights).mean(axis=(1, 3)) / np.maximum(alpha, 1e-9)
        got = compile_plan(plan)(image)[0].astype(int)
        assert np.abs(got - np.concatenate([colours, alpha], axis=2)).max() <= 0.5001


class TestPyramid:
    """An image of twice as many rows and columns: zeros between samples, under a binomial kernel."""

    @pytest.mark.parametrize("source", range(1, 8))
    def test_against_the_definition(self, source):
        around = [min(1, source - 1), *range(source), source - 1, source - 1]
        spread = np.zeros((2 * len(around), source))
        spread[::2] = np.eye(source)[around]
        want = np.stack(
            [np.convolve(column, [1, 4, 6, 4, 1])[4:][: 2 * source] for column in spread.T], axis=1
        )
        np.testing.assert_array_equal(dense(doubled(source)), want / 8)

    def test_a_pixel_between_the_ends_of_a_row_has_taps_that_are_written_out(self):
        assert doubled(9).alike(0, 18) == (1, 15)  # of whole periods, each of two outputs

    def test_where_its_pixels_lie(self):
        half = make_plan([stage("geometry", "pyramid_up")], (5, 6))
        assert half.extent == (10, 12)
        assert half.sampling() == Sampling((0.5, 0.5), (0.0, 0.0))
        same = make_plan(
            [stage("geometry", "pyramid_up"), stage("blur", "gaussian", sigma=1, stride=2)], (5, 6)
        )
        assert same.sampling() == Sampling()

    def test_sides_have_a_bound(self):
        Doubling().axes((1, MOST // 2), (1, 1), (1, 1))
        with pytest.raises(PlanError, match=f"its result of 2x{MOST + 2} has a side above {MOST}"):
            Doubling().axes((1, MOST // 2 + 1), (1, 1), (1, 1))
        with pytest.raises(PlanError, match=f"its image of {MOST + 1}x1 has a side above {MOST}"):
            Doubling().axes((MOST + 1, 1), (1, 1), (1, 1))
