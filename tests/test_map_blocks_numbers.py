"""Numbers of whole images whose chunks are never together, in dask arrays and by themselves."""

import itertools

import dask
import dask.array
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convpipe import Pipeline, stage
from convpipe.blocks.grid import Piece, ends, pieces
from convpipe.blocks.layout import Layout
from convpipe.blocks.rounds import Inquiry, most_rounds, strips
from convpipe.blocks.sources import Sources
from convpipe.errors import PlanError
from convpipe.histograms import SHARE, Counter
from convpipe.plan.demand import Span
from convpipe.statistics import Cumulative, Statistic, measure

BLUR = stage("blur", "gaussian", sigma=1.4)
KINDS = {
    **{kind: Statistic("n", kind) for kind in ("minimum", "maximum", "sum", "mean", "variance", "deviation")},
    **{kind: Statistic("n", kind) for kind in ("otsu", "triangle", "yen", "isodata", "minimum", "li")},
    "percentile": Statistic("n", "percentile", 30.0),
    "of a channel": Statistic("n", "otsu", channel=1),
    "multiotsu": Statistic("n", "multiotsu", number=1, classes=3),
    "distribution": Cumulative(256, 256, 1.0, True),
    "distribution in bins": Cumulative(64, 64, 255.0, False, from_lowest=True),
}
VALUES = {
    "uint8": lambda rng, shape: rng.integers(0, 200, shape, dtype=np.uint8),
    "uint16": lambda rng, shape: rng.integers(0, 60_000, shape, dtype=np.uint16),
    "int32": lambda rng, shape: rng.integers(-70_000, 70_000, shape, dtype=np.int32),
    "float32": lambda rng, shape: (1e3 * rng.normal(size=shape)).astype(np.float32),
    "whole": lambda rng, shape: rng.integers(0, 300, shape).astype(np.float32),
    "NaN first": lambda rng, shape: np.where(rng.random(shape) < 0.1, np.nan, rng.normal(size=shape)),
    "one": lambda rng, shape: np.full(shape, 7.5, np.float32),
    "none": lambda rng, shape: np.full(shape, np.nan, np.float32),
}


@pytest.fixture(autouse=True)
def on_this_thread():
    with dask.config.set(scheduler="sync"):
        yield


def check(pipeline, values, chunks, **options):
    """Hold a lazy result against that of the whole."""
    found = pipeline.map_blocks(dask.array.from_array(values, chunks=chunks), **options)
    want = pipeline(values, **{name: given for name, given in options.items() if name != "page_axis"})
    np.testing.assert_array_equal(found.compute(), want)
    assert (found.shape, found.dtype) == (want.shape, want.dtype)
    return found


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("kind", KINDS)
def test_answers_of_strips_give_the_numbers_of_the_whole(kind, values, rng):
    pixels = 9 * SHARE // 2 + 5  # shares of a strip are not those that it had by itself
    samples = VALUES[values](rng, (pixels, 2))
    one = KINDS[kind]
    if one.sorts(samples.dtype.name):
        return
    inquiry = Inquiry((one, Statistic("m", "mean")), samples.dtype.name, samples.size)
    taken = 0
    while questions := inquiry.questions:
        taken += 1
        parts, begin = [], 0
        for strip in strips(pixels, 2):
            own = samples[begin : strip.ends[-1]]
            begin = strip.ends[-1]
            parts.append({each: each.of(own, strip.shares, Counter()) for each in questions})
        inquiry = inquiry.told(parts)
    assert taken <= most_rounds(inquiry)
    np.testing.assert_array_equal(inquiry.numbers, measure(inquiry.statistics, samples))


@given(st.integers(1, 20 * SHARE), st.integers(1, 9), st.integers(1, 5000))
def test_strips_are_whole_shares_one_after_the_other(pixels, many, width):
    found = strips(pixels, many)
    assert len(found) <= many
    assert found[0].ends[0] == 0
    assert found[-1].ends[-1] == pixels
    assert all(one.ends[-1] == other.ends[0] for one, other in itertools.pairwise(found))
    every = -(-pixels // SHARE)
    shares = [size for each in found for size in each.shares]
    assert shares == np.diff(np.arange(every + 1) * pixels // every).tolist()
    first, last = found[-1].rows(width)
    assert first * width <= found[-1].ends[0] < (first + 1) * width
    assert last * width < pixels <= (last + 1) * width


STAGES = {
    "of the image": [stage("threshold", "otsu")],
    "of a stage": [BLUR, stage("threshold", "triangle")],
    "of a mean": [BLUR, stage("threshold", "mean")],
    "one after the other": [stage("contrast", "stretch"), BLUR, stage("contrast", "zscore", dtype="float32")],
    "in the middle": [stage("edge", "sobel"), stage("contrast", "equalize"), BLUR],
    "of smaller images": [stage("geometry", "bin", factor=3), stage("threshold", "multiotsu", classes=4)],
    "turned": [stage("geometry", "transpose"), stage("contrast", "stretch"), stage("edge", "sobel")],
    "several": [stage("combine", "mine", formula="input > mean(input) + 2 * std(input)")],
}


@pytest.mark.parametrize("name", STAGES)
def test_chunks_give_the_bytes_of_the_whole(name, rng):
    values = (rng.random((301, 437)) ** 3 * 255).astype(np.uint8)  # three shares, that end within rows
    for chunks in (((150, 20, 131), -1), (97, (200, 237))):
        found = check(Pipeline(STAGES[name]), values, chunks)
        assert found.npartitions > 1


@pytest.mark.parametrize(
    ("dtype", "scale"), [("uint16", 257), ("float32", 1 / 3), ("float16", 0.5), ("int32", 9), ("bool", 0.01)]
)
def test_types(dtype, scale, rng):
    values = (rng.random((200, 350)) * 200 * scale).astype(dtype)
    check(Pipeline([stage("threshold", "otsu")]), values, (60, 90))


@pytest.mark.parametrize("alpha", [False, True])
def test_channels(alpha, rng):
    values = rng.integers(0, 256, (41, 53, 4 if alpha else 3), dtype=np.uint8)
    values[..., -1] //= 3
    check(Pipeline([BLUR, stage("contrast", "stretch")]), values, (20, 30, 2), alpha=alpha)


def test_every_page_has_numbers_of_its_own(rng):
    values = (
        rng.integers(0, 256, (5, 41, 53), dtype=np.uint8) // np.arange(1, 6, dtype=np.uint8)[:, None, None]
    )
    pipeline = Pipeline([BLUR, stage("contrast", "stretch"), stage("threshold", "otsu")])
    found = pipeline.map_blocks(dask.array.from_array(values, chunks=(2, 20, 53)), page_axis=0)
    np.testing.assert_array_equal(found.compute(), [pipeline(page) for page in values])


def test_what_is_missing_counts_for_nothing(rng):
    values = rng.normal(50, 20, (64, 70)).astype(np.float32)
    values[rng.random(values.shape) < 0.2] = np.nan
    check(
        Pipeline([stage("blur", "box", size=3), stage("contrast", "stretch")], missing="nan"),
        values,
        (20, 30),
    )


def test_several_results(rng):
    values = rng.integers(0, 256, (64, 70), dtype=np.uint8)
    blurred = stage("blur", "gaussian", sigma=1, name="soft")
    pipeline = Pipeline(
        [blurred, stage("threshold", "otsu", name="mask")], outputs={"a": "soft", "b": "mask"}
    )
    found, want = pipeline.map_blocks(dask.array.from_array(values, chunks=25)), pipeline(values)
    for name, each in dask.compute(found)[0].items():
        np.testing.assert_array_equal(each, want[name])


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_chunks_of_any_size(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    values = rng.integers(0, 256, (23, 31), dtype=np.uint8)
    sizes = []
    for size in values.shape:
        cuts = sorted(data.draw(st.sets(st.integers(1, size - 1), max_size=4)))
        sizes.append(tuple(b - a for a, b in itertools.pairwise([0, *cuts, size])))
    with dask.config.set(scheduler="sync"):
        check(
            Pipeline([BLUR, stage("threshold", "mean"), stage("morphology", "dilate")]), values, tuple(sizes)
        )


def test_nothing_is_computed_to_build_it_and_each_chunk_is_read_once(rng):
    values, read = rng.integers(0, 256, (60, 60), dtype=np.uint8), []

    def source(block, block_info=None):
        read.append(block_info[0]["chunk-location"])
        return block

    lazy = dask.array.from_array(values, chunks=20).map_blocks(
        source, dtype=values.dtype, meta=values[:0, :0]
    )
    found = Pipeline([BLUR, stage("threshold", "otsu")]).map_blocks(lazy)
    assert not read
    found.compute()
    assert sorted(read) == list(itertools.product(range(3), range(3)))


def test_many_answers_are_put_together_by_and_by():
    lazy = dask.array.zeros((2000, 2000), dtype="uint8", chunks=(50, 2000))
    found = Pipeline([stage("threshold", "otsu")]).map_blocks(lazy)
    layer = found.dask.layers[found.name]
    told = [task for key, task in layer.items() if "ask" in key and key[3] == 1]
    assert [len(task.dependencies) for task in told] == [1 + 40 // 8]


@pytest.mark.parametrize("first", [[BLUR], []], ids=["of a stage", "of the image"])
def test_samples_in_order_of_size_are_refused_with_what_to_do(first, rng):
    values = rng.normal(size=(40, 50)).astype(np.float32)
    lazy, one = dask.array.from_array(values, chunks=20), stage("threshold", "li")
    with pytest.raises(PlanError, match=r"in order of size, and this one has 2 x 3 chunks; image\.rechunk"):
        Pipeline([*first, one]).map_blocks(lazy)
    if not first:
        few = (values * 30 + 120).astype(np.uint8)
        check(Pipeline([one]), few, 20)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "float16"])
def test_percentiles_of_any_samples_are_those_of_the_whole(dtype, rng):
    values = (rng.normal(size=(120, 150)) * 300).astype(dtype)
    stretch = stage("contrast", "stretch", low=2, high=98.5, channels="each")
    check(Pipeline([stretch]), values, (50, 60))
    check(Pipeline([BLUR, stretch]), (values > 0).astype(np.uint8) * 90, (50, 60))
    check(Pipeline([stretch, BLUR, stage("threshold", "percentile", percentile=70)]), values, 64)


def test_most_of_a_chunk_is_read_as_all_of_it():
    image = dask.array.zeros((30, 40), chunks=(10, 20))
    sources = Sources(image, Layout.of(image.shape), "cut", {})
    assert sources.generous((Span(4, 23), Span(0, 12))) == (Span(0, 23), Span(0, 19))
    assert sources.generous((Span(6, 25), Span(15, 39))) == (Span(6, 29), Span(15, 39))
    counts, parts = sources.of((Span(0, 23), Span(0, 19)), ())
    assert (counts, len(parts), len(sources.tasks)) == ((3, 1), 3, 1)
    assert pieces(ends((10, 10, 10)), Span(20, 23)) == [Piece(2, 0, 4, False)]
