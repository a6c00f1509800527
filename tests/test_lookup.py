"""Values from tables, given or of each image: what they are, and that another table compiles nothing."""

import tracemalloc
from types import SimpleNamespace

import defined
import numpy as np
import pytest
from skimage import exposure, filters

from convpipe import Pipeline, stage
from convpipe.compile.cpu import tabulated
from convpipe.compile.cpu.counting import Counting
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.compile.cpu.sweep import Sweep
from convpipe.errors import ParameterError
from convpipe.interval import Interval
from convpipe.ops import Lookup
from convpipe.plan import Settings, costs, make_plan
from convpipe.statistics import Cumulative, Statistic, measure

EQUALIZE = stage("contrast", "equalize")


def lut(table, **common):
    return stage("contrast", "lut", table=list(table), **common)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_table_of_all_values_is_exact(dtype, rng):
    image = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(16, -1)
    table = rng.normal(0, 1, image.size).astype(np.float32)
    got = Pipeline([lut(table.tolist())], dtype="float32")(image)
    np.testing.assert_array_equal(got, table.reshape(image.shape))


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_its_bytes_are_defined(dtype, rng):
    image = rng.normal(100, 90, (9, 31, 1)).clip(0, 255).astype(dtype)
    stages = [lut(rng.normal(0, 50, 7)), stage("point", "scale", gain=0.3), lut([3, 1, 2], bias=0.1)]
    compute = "float64" if dtype == "float64" else "float32"
    plan = make_plan(stages, (9, 31), Settings(output_dtype=compute), dtype=dtype)
    np.testing.assert_array_equal(compile_plan(plan)(image, threads=1)[0], defined.run(plan, image))


def test_another_table_compiles_nothing(rng):
    def loops(*stages):
        return compile_plan(make_plan(list(stages), (9, 8))).table.loops

    assert loops(lut([1, 2])) == loops(lut(rng.random(300)))
    assert len({loop.source for loop in (*loops(lut([1, 2])), *loops(lut([4, 3], bias=1)))}) == 2


def test_beyond_its_ends_are_its_ends_and_nan_stays():
    image = np.array([[-np.inf, -3, 0, 0.25, 1, 1.5, np.inf, np.nan]], np.float32)
    got = Pipeline([lut([4, 8, 2])])(image)
    np.testing.assert_array_equal(got, [[4, 4, 4, 6, 2, 2, 2, np.nan]])


def test_in_one_sweep_with_windows_and_beside_alpha(rng):
    image = rng.integers(0, 256, (20, 30, 4), dtype=np.uint8)
    table = rng.integers(0, 256, 256)
    stages = [stage("blur", "box", size=3, dtype="uint8"), lut(table), stage("edge", "sobel")]
    pipeline = Pipeline(stages, dtype="float32")
    assert len(pipeline.plan((20, 30, 3)).parts) == 1
    soft = Pipeline(stages[:1])(image, alpha=True)
    soft[..., :3] = table[soft[..., :3]]
    np.testing.assert_array_equal(
        pipeline(image, alpha=True), Pipeline(stages[2:], dtype="float32")(soft, alpha=True)
    )


def test_its_range_is_that_of_the_entries_it_meets():
    op = Lookup((5.0, 1.0, 9.0, 3.0), 0.0, 3.0)
    assert op.range(Interval(0, 0.5)) == Interval(1, 5)
    assert op.range(Interval(2.25, 7)) == Interval(3, 9)
    assert op.range(Interval(-1, -0.5)) == Interval(5, 5)
    assert op.range(Interval(0, 3, nan=True)).nan
    plan = make_plan([lut([300, -20])], (4, 5))
    assert "values can be -20 to 300" in plan.warnings[0]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([1], "table needs a list of 2 to 65536 finite numbers, or the path of a .cube file; given 1"),
        ([1, "x"], r"table\[1\] needs a finite number; given str 'x'"),
        ([1, float("nan")], r"table\[1\] needs a finite number"),
        (3, "table needs a list of"),
    ],
)
def test_what_is_no_table_is_refused(table, words):
    with pytest.raises(ParameterError, match=words) as caught:
        stage("contrast", "lut", table=table)
    assert caught.value.parameter == "table"


def test_a_lookup_is_checked_when_it_is_made():
    for given, words in (
        (((1.0,), 0, 1), "2 to 65536 entries; given 1"),
        (((1.0, np.inf), 0, 1), "finite"),
        (((1.0, 2.0), 1, 1), "from low to high"),
    ):
        with pytest.raises(ParameterError, match=words):
            Lookup(*given)


class TestEqualize:
    @pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
    def test_every_image_has_its_own_table(self, dtype, rng):
        """Images of one shape share what is compiled, and nothing that an earlier one gave."""
        pipeline = Pipeline([EQUALIZE], dtype="float32")
        images = [rng.normal(size, size / 5, (30, 40)).clip(0, 255).astype(dtype) for size in (20, 100)]
        apart = [Pipeline([EQUALIZE], dtype="float32")(image) for image in images]
        for _ in range(2):
            for image, want in zip(images, apart, strict=True):
                np.testing.assert_array_equal(pipeline(image), want)

    def test_bands_and_threads_give_the_same(self, rng):
        image = rng.integers(0, 256, (300, 200), dtype=np.uint8)
        pipeline = Pipeline([EQUALIZE, stage("blur", "box", size=3)])
        np.testing.assert_array_equal(pipeline(image, threads=1), pipeline(image, threads=4))

    def test_wide_images_in_strips(self, rng):
        image = rng.integers(0, 256, (9, 30_000), dtype=np.uint8)
        pipeline = Pipeline([EQUALIZE, *[stage("blur", "box", size=9)] * 3], dtype="float32")
        narrow = Pipeline([EQUALIZE], dtype="float32")(image)
        want = Pipeline([stage("blur", "box", size=9)] * 3, dtype="float32")(narrow)
        np.testing.assert_array_equal(pipeline(image), want)

    def test_whole_numbers_have_a_bin_each_also_after_a_stage(self, rng):
        image = rng.integers(0, 256, (30, 40), dtype=np.uint8)
        rounded = Pipeline([stage("blur", "box", size=3, dtype="uint8"), EQUALIZE])
        soft = Pipeline([stage("blur", "box", size=3)])(image)
        np.testing.assert_array_equal(rounded(image), Pipeline([EQUALIZE])(soft))

    @pytest.mark.parametrize("how", ["each", "together"])
    def test_what_is_missing_and_what_is_infinite_has_no_share(self, how, rng):
        image = rng.normal(0, 1, (9, 8, 3)).astype(np.float32)
        holes = rng.random(image.shape) < 0.2
        image[0, 0], image[0, 1] = np.inf, -np.inf
        reference = [[[0, 5, 90], [1, 7, 80]], [[4, 5, np.inf], [9, np.nan, 10]]]
        run = Pipeline([stage("contrast", "match", reference=reference, channels=how)], missing=7)
        got = run(np.where(holes, np.float32(7), image))
        others = np.array(reference)
        for channels in ([0], [1], [2]) if how == "each" else ([0, 1, 2],):
            part, other, hole = image[..., channels], others[..., channels], holes[..., channels]
            shared, other = np.isfinite(part) & ~hole, other[np.isfinite(other)]
            want = np.where(part > 0, other.max(), other.min())
            want[shared] = exposure.match_histograms(part[shared].astype(float), other)
            np.testing.assert_allclose(got[..., channels], np.where(hole, 7, want), rtol=1e-6)

    def test_flat_and_empty_of_numbers(self):
        flat = np.full((5, 6), 7, np.uint8)
        assert (Pipeline([EQUALIZE])(flat) == 255).all()
        for value in (0.3, 7):  # no sample is above another, of whatever type they are
            assert (Pipeline([EQUALIZE])(np.full((5, 6), value, np.float32)) == 1).all()
        nothing = np.full((5, 6), np.nan, np.float32)
        assert np.isnan(Pipeline([EQUALIZE])(nothing)).all()

    def test_missing_samples_count_for_nothing(self, rng):
        image = rng.random((20, 30)).astype(np.float32)
        holed = np.where(rng.random(image.shape) < 0.3, np.nan, image).astype(np.float32)
        got = Pipeline([EQUALIZE], missing=np.nan)(holed)
        np.testing.assert_array_equal(got, Pipeline([EQUALIZE])(holed))


def test_moments(rng):
    samples = rng.integers(0, 99, (50, 3)).astype(np.float32)
    samples[7, 1] = np.nan
    for channel, held in ((None, samples), (1, samples[:, 1])):
        kinds = ("sum", "mean", "variance", "deviation")
        got = measure([Statistic("s", kind, channel=channel) for kind in kinds], samples)
        wide = held.astype(float)
        want = [np.nansum(wide), np.nanmean(wide), np.nanvar(wide), np.nanstd(wide)]
        np.testing.assert_allclose(got, want, rtol=1e-12)
    flat = np.full((7, 1), 0.1)
    assert measure([Statistic("m", "mean"), Statistic("d", "deviation")], flat) == [0.1, 0]


def test_a_distribution_of_no_sample_is_nothing():
    found = measure([Cumulative(4, 6, 2.0, integers=False)], np.array([[np.nan]]))
    assert found == [0, 1, 0, *[0.0] * 6]
    some = measure([Cumulative(2, 4, 1.0, integers=True)], np.array([[3, 3, 4, 6]], np.uint8))
    assert some == [3, 1, 3, 0.5, 0.75, 0.75, 1]


def test_numbers_of_each_channel_beside_alpha(rng):
    """Kept alpha opens a loop of its own, whose constants the image gives."""
    image = rng.integers(1, 256, (20, 30, 4), dtype=np.uint8)  # what alpha hides counts for nothing
    score = stage("contrast", "zscore", channels="each")
    got = Pipeline([score], dtype="float32")(image, alpha=True)
    colours = image[..., :3].astype(float)
    want = (colours - colours.mean(axis=(0, 1))) / colours.std(axis=(0, 1))
    np.testing.assert_allclose(got[..., :3], want, atol=1e-6)
    np.testing.assert_array_equal(got[..., 3], image[..., 3])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize(
    "kind", ["minimum", "mean", "deviation", "percentile", "otsu", "li", "triangle", "cumulative"]
)
@pytest.mark.parametrize("whole", [False, True])
def test_memory_to_find_numbers_is_counted(kind, dtype, whole, rng):
    """At most, and where samples are copied not much more: those of types that no loop counts are."""
    image = rng.random((700, 800)) * 60_000
    image = (np.rint(image) if whole else image).clip(0, 255 if dtype == "uint8" else None).astype(dtype)
    one = Cumulative(256, 65536, 1.0, image.dtype.kind != "f") if kind == "cumulative" else None
    one = one or Statistic("n", kind, 30)
    plan = make_plan([stage("threshold", "otsu")], image.shape, dtype=dtype)
    node = SimpleNamespace(statistics=(one,), input=image.shape, channels=1)
    most = costs.statistics_bytes(node, dtype) + 2 * costs.counting_bytes(node, dtype)
    assert plan.shared_bytes >= costs.statistics_bytes(plan.nodes[0], dtype)
    measure([one], image.reshape(-1, 1), Counting(2))
    tracemalloc.start()
    measure([one], image.reshape(-1, 1), Counting(2))
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken <= most + 20_000
    if kind != "li" or not whole:  # which has a histogram then
        assert most <= 3 * taken + 64 * 65536 * 2


class TestBytesByATable:
    """Of 8 bits that are looked up after numbers of the image: 256 results, and bytes by a table of them."""

    @pytest.mark.parametrize("shape", [(1, 1), (3, 21), (1, 64), (7, 67, 3), (400, 300)])
    def test_its_bytes_are_those_of_the_sweep(self, shape, rng):
        image = rng.integers(0, 256, shape, dtype=np.uint8)
        stages = [EQUALIZE, stage("point", "scale", gain=1.7), stage("point", "solarize", level=90)]
        for threads in (1, None):
            got = Pipeline(stages)(image, threads=threads)
            want = Pipeline([stage("point", "scale", gain=1), *stages], dtype="float32")(image)
            np.testing.assert_array_equal(got, np.rint(want).clip(0, 255))

    @pytest.mark.parametrize("shape", [(1, 1), (3, 21), (90, 64), (300, 300, 3), (700, 600)])
    @pytest.mark.parametrize("values", [1, 2, 256])
    def test_numbers_that_loops_find(self, shape, values, rng):
        """They are those that are found step by step, as they are where another stage stands before."""
        image = rng.integers(256 - values, 256, shape, dtype=np.uint8)
        for found in (EQUALIZE, stage("contrast", "equalize", like="opencv"), stage("threshold", "otsu")):
            want = Pipeline([stage("point", "scale", gain=1), found])(image)
            for threads in (1, None):
                np.testing.assert_array_equal(Pipeline([found])(image, threads=threads), want)

    def test_without_vectors_that_are_looked_up_in(self, rng, monkeypatch):
        image = rng.integers(0, 256, (31, 41), dtype=np.uint8)
        want = Pipeline([EQUALIZE])(image)
        monkeypatch.setattr(tabulated, "LOOK_UP", tabulated.LOOK_UP.replace("while LANES", "while 0"))
        np.testing.assert_array_equal(Pipeline([EQUALIZE])(image), want)

    def test_arithmetic_alone_is_in_one_where_many_bytes_are_looked_up_at_once(self, rng, monkeypatch):
        image = rng.integers(0, 256, (31, 41), dtype=np.uint8)
        plan = make_plan([stage("threshold", "otsu")], image.shape)
        for lanes, kind in ((64, tabulated.Tabulated), (0, Sweep)):
            monkeypatch.setattr(tabulated, "LOOKED_UP", lanes)
            run = compile_plan(plan)
            assert type(run.runs[0]) is kind
            np.testing.assert_array_equal(run(image)[0], 255 * (image > filters.threshold_otsu(image)))

    def test_a_chain_after_it_is_in_the_table(self):
        image = np.arange(200, dtype=np.uint8).reshape(10, 20)
        chain = [EQUALIZE, stage("point", "sqrt"), stage("point", "scale", gain=3)]
        run = compile_plan(make_plan(chain, (10, 20)))
        assert isinstance(run.runs[0], tabulated.Tabulated)
        want = np.rint(3 * np.sqrt(255 * np.arange(1, 201) / 200))
        np.testing.assert_array_equal(run(image)[0].ravel(), want)
