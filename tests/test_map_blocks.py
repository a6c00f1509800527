"""Dask arrays, filtered chunk by chunk: lazily, with the bytes of the whole image."""

import itertools
import pickle
import subprocess
import sys
import textwrap

import dask
import dask.array
import graphs
import numpy as np
import pytest
import xarray
from dask.base import tokenize
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_fusion import cases

from convpipe import Pipeline, stage
from convpipe.blocks.graph import _make
from convpipe.blocks.grid import Grid, Piece, pieces
from convpipe.blocks.layout import Layout
from convpipe.blocks.maker import Maker
from convpipe.blocks.sources import _copied
from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import Border
from convpipe.plan.demand import Span

BLUR = stage("blur", "gaussian", sigma=1.4)
SHARPEN = stage("custom", "sharpen", kernel=[[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
CHAIN = Pipeline([BLUR, stage("edge", "sobel", stride=2), SHARPEN])


@pytest.fixture(autouse=True)
def on_this_thread():
    with dask.config.set(scheduler="sync"):
        yield


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (41, 53), dtype=np.uint8)


def check(pipeline, values, chunks, **options):
    """Hold results for an array of some chunks against those for the whole, and return them."""
    layout = {name: options.pop(name) for name in ("page_axis",) if name in options}
    found = pipeline.map_blocks(dask.array.from_array(values, chunks=chunks), **options, **layout)
    whole = pipeline(values, **options)
    if not pipeline.outputs:
        return held_against(found, whole)
    assert found.keys() == whole.keys()
    return {name: held_against(each, whole[name]) for name, each in found.items()}


def held_against(found, whole):
    assert (found.shape, found.dtype) == (whole.shape, whole.dtype)
    assert (found._meta.dtype, found._meta.ndim) == (whole.dtype, whole.ndim)
    assert all(size > 0 for sizes in found.chunks for size in sizes)
    np.testing.assert_array_equal(found.compute(), whole)
    return found


@st.composite
def chunks_of(draw, shape):
    """Chunks of every axis of rows and columns, some smaller than any halo."""
    found = []
    for size in shape:
        ends = draw(st.sets(st.integers(1, max(1, size - 1)), max_size=4))
        ends = [0, *sorted(ends - {size}), size]
        found.append(tuple(b - a for a, b in itertools.pairwise(ends)))
    return tuple(found)


@settings(max_examples=60, deadline=None)
@given(cases(), st.data())
def test_chains(case, data):
    stages, values, border = case
    pipeline = Pipeline(stages, border=border.name.lower())
    chunks = data.draw(chunks_of(values.shape[:2]))
    if values.ndim == 3:
        chunks += (data.draw(st.sampled_from([values.shape[2], 1])),)
    with dask.config.set(scheduler="sync"):
        try:
            pipeline.plan(values.shape, values.dtype.name)
        except (PlanError, ParameterError):
            assume(False)
        check(pipeline, values, chunks)


@settings(max_examples=60, deadline=None)
@given(graphs.graphs(), st.data())
def test_graphs(drawn, data):
    stages, _, rng = drawn
    values = rng.integers(0, 256, (33, 18), dtype=np.uint8)
    pipeline = Pipeline(stages, outputs={one.name: one.name for one in stages[:-1]})
    with dask.config.set(scheduler="sync"):
        try:
            pipeline.plan(values.shape)
        except PlanError:
            assume(False)
        check(pipeline, values, data.draw(chunks_of(values.shape)))


@pytest.mark.parametrize("border", ["constant", "reflect"])
@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_narrow_chunk_at_the_end_of_a_window_that_reaches_further_there(last, border, image):
    """What lies outside is told by samples before those that the window of the only output begins with."""
    one = stage("custom", "later", kernel=[[1, 0, 2, 3]])
    check(Pipeline([one], border=border), image, ((41,), (52 - last, 1 + last)))
    check(Pipeline([one], border=border), image, ((41,), (53 - last, last)))


@pytest.mark.parametrize("border", [each.name.lower() for each in Border])
@pytest.mark.parametrize("chunks", [(1, 53), (41, 1), (2, 3), ((40, 1), (1, 52)), (41, 53)], ids=str)
def test_chunks_smaller_than_the_halo(border, chunks, image):
    check(Pipeline([stage("blur", "box", size=[7, 9]), SHARPEN], border=border), image, chunks)


def test_chunks_of_one_pixel(rng):
    check(CHAIN, rng.integers(0, 256, (9, 11), dtype=np.uint8), 1)


STAGES = {
    "ranks": [stage("rank", "median", size=5), stage("morphology", "tophat", size=3)],
    "alike": [stage("blur", "bilateral", sigma_color=20, sigma_space=1)],
    "three rates": [stage("blur", "gaussian", sigma=12)],
    "another side": [stage("geometry", "rotate90"), stage("blur", "box", size=[3, 5])],
    "a mirror": [stage("geometry", "flip"), stage("edge", "sobel", stride=3)],
    "turned and added": [
        stage("geometry", "crop", box=[0, 0, 40, 40], name="inner"),
        stage("geometry", "transpose", name="turned"),
        stage("combine", "sum", formula="inner - turned"),
    ],
    "crops": [stage("geometry", "crop", box=[9, 22, -3, -1]), stage("geometry", "bin", factor=3)],
    "padding": [stage("geometry", "pad", by=9), stage("edge", "sobel", border="wrap")],
    "valid": [stage("blur", "box", size=9, padding=0), stage("edge", "sobel", padding=0)],
    "smaller": [stage("geometry", "resize", factor=0.3, method="area"), stage("edge", "sobel")],
    "larger": [stage("geometry", "resize", size=[100, 61], method="bicubic")],
    "a layer": [
        stage("network", "conv", weights=np.arange(18).reshape(2, 1, 3, 3).tolist(), stride=2),
        stage("network", "max_pool", size=3, padding=1),
    ],
    "levels of its own": [stage("threshold", "sauvola", size=7)],
    "float": [stage("light", "linear"), stage("blur", "box", dtype="float32")],
}


@pytest.mark.parametrize("name", STAGES)
def test_stages(name, image):
    pipeline = Pipeline(STAGES[name])
    for chunks in (((20, 21), (30, 23)), (7, 10)):
        found = check(pipeline, image, chunks)
        assert found.npartitions > 1


def test_few_rows_of_a_larger_image_are_summed_in_the_order_of_the_whole(image):
    """Two rows are made of four: fewer than are read, while all are more than the image has."""
    larger = Pipeline([stage("geometry", "resize", factor=1.5, method="bicubic", dtype="float32")])
    check(larger, image, (1, 53))


def test_chunks_of_results_lie_where_those_of_the_image_do():
    lazy = dask.array.zeros((100, 90), dtype="uint8", chunks=((10, 50, 40), 30))
    found = {
        "same": CHAIN.map_blocks(lazy).chunks,
        "thirds": Pipeline([stage("blur", "box", stride=3)]).map_blocks(lazy).chunks,
        "twice": Pipeline([stage("geometry", "resize", factor=2)]).map_blocks(lazy).chunks,
        "turned": Pipeline([stage("geometry", "rotate90")]).map_blocks(lazy).chunks,
        "flipped": Pipeline([stage("geometry", "rotate90", quarters=2)]).map_blocks(lazy).chunks,
        "left": Pipeline([stage("geometry", "crop", box=[20, 0, 70, 31])]).map_blocks(lazy).chunks,
        "few": Pipeline([stage("blur", "box", stride=40)]).map_blocks(lazy).chunks,
    }
    assert found == {
        "same": ((5, 25, 20), (15, 15, 15)),
        "thirds": ((4, 16, 14), (10, 10, 10)),
        "twice": ((20, 100, 80), (60, 60, 60)),
        "turned": ((30, 30, 30), (10, 50, 40)),
        "flipped": ((40, 50, 10), (30, 30, 30)),
        "left": ((40, 10), (30, 1)),
        "few": ((1, 1, 1), (1, 1, 1)),
    }


def test_results_are_made_together(image):
    half = stage("blur", "box", size=2, stride=5, name="half")
    other = stage("geometry", "transpose", from_="input", name="other")
    pipeline = Pipeline([half, other, BLUR], outputs={"h": "half", "o": "other"})
    found = check(pipeline, image, (7, 3))
    assert found["h"].numblocks == (6, 11)  # those of the image, but for those without a pixel of it
    assert found["o"].numblocks == found["h"].numblocks[::-1]
    tasks = {key[0] for each in found.values() for key in each.dask if isinstance(key, tuple)}
    assert sum("slice" not in name and name.count("-") == 1 for name in tasks) <= 2


class TestAxes:
    @pytest.mark.parametrize(
        ("shape", "chunks", "options"),
        [
            ((41, 53, 3), (20, 30, 3), {}),
            ((41, 53, 4), (20, 30, 1), {"alpha": True}),
            ((5, 41, 53), (2, 20, 30), {"channel_axis": 0}),
            ((41, 6, 53), (20, 3, 30), {"channel_axis": -2}),
        ],
    )
    def test_channels(self, shape, chunks, options, rng):
        check(CHAIN, rng.integers(0, 256, shape, dtype=np.uint8), chunks, **options)

    @pytest.mark.parametrize("axis", [0, -1, 1])
    def test_channels_come_and_go(self, axis, rng, image):
        values = np.moveaxis(rng.integers(0, 256, (41, 53, 3), dtype=np.uint8), -1, axis)
        check(Pipeline([stage("color", "gray"), BLUR]), values, 20, channel_axis=axis)
        check(Pipeline([BLUR, stage("color", "colormap")]), image, 20)

    @pytest.mark.parametrize(
        ("order", "page_axis", "channel_axis"),
        [("tzrc", (0, 1), None), ("tkrc", 0, 1), ("rtck", 1, None), ("rkct", -1, 1)],
    )
    def test_pages(self, order, page_axis, channel_axis, rng):
        sizes = {"t": 3, "z": 2, "k": 3, "r": 41, "c": 53}
        values = rng.integers(0, 256, [sizes[axis] for axis in order], dtype=np.uint8)
        lazy = dask.array.from_array(values, chunks=[2 if axis in "tz" else 20 for axis in order])
        found = CHAIN.map_blocks(lazy, page_axis=page_axis, channel_axis=channel_axis).compute()
        pages = [at for at, axis in enumerate(order) if axis in "tz"]
        for at in itertools.product(*(range(sizes[order[axis]]) for axis in pages)):
            own = [slice(None)] * len(order)
            for axis, number in zip(pages, at, strict=True):
                own[axis] = number
            left = [axis for axis in order if axis not in "tz"]
            whole = CHAIN(values[tuple(own)], channel_axis=left.index("k") if "k" in left else None)
            np.testing.assert_array_equal(found[tuple(own)], whole)

    def test_pages_of_one_chunk_need_no_more(self, rng):
        values = rng.integers(0, 256, (3, 41, 53), dtype=np.uint8)
        otsu = Pipeline([BLUR, stage("threshold", "otsu"), stage("objects", "label")])
        lazy = dask.array.from_array(values, chunks=(1, 41, 53))
        found = otsu.map_blocks(lazy, page_axis=0).compute()
        np.testing.assert_array_equal(found, [otsu(page) for page in values])

    @pytest.mark.parametrize(
        ("shape", "options", "words"),
        [
            ((9, 9, 9, 9), {}, "page_axis needs axes of the image, all but two or three"),
            ((9, 9, 9), {"page_axis": 3}, r"given \(3,\) and \(9, 9, 9\)"),
            ((9, 9, 9), {}, "needs channel_axis"),
            ((9, 9, 9, 3), {"page_axis": 0, "channel_axis": 0}, "axis 0 has both pages and channels"),
            ((9, 9), {"channel_axis": 0}, "channel_axis needs an image of three axes"),
        ],
    )
    def test_axes_that_are_no_image(self, shape, options, words):
        with pytest.raises(ParameterError, match=words):
            CHAIN.map_blocks(dask.array.zeros(shape, dtype="uint8"), **options)

    def test_the_way_there_and_back(self, rng):
        block = rng.random((2, 3, 4, 5, 6))
        layout = Layout.of(block.shape, 1, (4, 0))
        images = layout.images(block)
        assert images.shape == (12, 4, 5, 3)
        np.testing.assert_array_equal(layout.restored(images, (2, 6)), block)
        np.testing.assert_array_equal(layout.restored(images[..., 0], (2, 6)), block[:, 0])


def test_dtypes(image):
    for dtype in ("uint16", "float32", "float64", "int16"):
        check(CHAIN, image.astype(dtype), 20)
        check(CHAIN, image, 20, dtype=dtype)
    check(Pipeline([stage("point", "invert")]), image > 99, 20)
    with pytest.raises(ParameterError, match="int64"):
        CHAIN.map_blocks(dask.array.zeros((9, 9), dtype="int64"))


def test_missing_samples(image):
    values = image.astype(np.float32)
    values[image < 60] = np.nan
    check(Pipeline([BLUR, stage("geometry", "resize", factor=0.5)], missing="nan"), values, 13)


def test_what_is_lost_is_said(image):
    values = image.astype(np.float32)
    values[30, 40] = np.nan
    lazy = Pipeline([stage("point", "abs")]).map_blocks(dask.array.from_array(values, chunks=20), "uint8")
    with pytest.warns(RuntimeWarning, match="1 NaN or missing sample became 0.*in one of the chunks"):
        lazy.compute()


class TestLaziness:
    @pytest.fixture
    def counted(self, image):
        read = []

        def source(block, block_info=None):
            read.append(block_info[0]["chunk-location"])
            return block

        whole = dask.array.from_array(image, chunks=10)
        return whole.map_blocks(source, dtype=image.dtype, meta=np.empty((0, 0), image.dtype)), read

    def test_nothing_is_computed_to_build_it(self, counted):
        lazy, read = counted
        for pipeline in (CHAIN, Pipeline([stage("blur", "box", name="b"), SHARPEN], outputs={"b": "b"})):
            pipeline.map_blocks(lazy)
        CHAIN(xarray.DataArray(lazy, dims=("y", "x")))
        assert read == []

    def test_a_crop_computes_the_chunks_that_it_needs(self, counted, image):
        lazy, read = counted
        found = Pipeline([stage("blur", "box", size=3)]).map_blocks(lazy)
        crop = found[12:18, 22:28].compute()
        np.testing.assert_array_equal(crop, Pipeline([stage("blur", "box", size=3)])(image)[12:18, 22:28])
        assert sorted(set(read)) == [(row, col) for row in (0, 1, 2) for col in (1, 2, 3)]
        assert len(read) == 9

    def test_the_graph_has_a_task_for_each_chunk_and_the_slices_that_it_reads(self):
        lazy = dask.array.zeros((100, 100), dtype="uint8", chunks=10)
        found = Pipeline([stage("blur", "box", size=3)]).map_blocks(lazy)
        layer = found.dask.layers[found.name]
        made = [key for key in layer if key[0] == found.name]
        assert len(made) == 100
        assert len(layer) - len(made) - 1 == 2 * 2 * 90 + 4 * 81
        pointwise = Pipeline([stage("point", "invert")]).map_blocks(lazy)
        assert len(pointwise.dask.layers[pointwise.name]) == 101  # no slices

    def test_what_is_cut_holds_no_chunk(self):
        chunk = np.zeros((100, 100))
        part = _copied(chunk, ((98, 100), (0, 100)))
        assert part.base is None
        assert part.shape == (2, 100)

    def test_tasks_travel(self, image):
        plan = CHAIN.plan(image.shape)
        maker = Maker(Grid(plan, ((20, 41), (53,))), Layout.of(image.shape))
        part = maker.grid.reads((1, 0))[0]
        block = image[part.first : part.last + 1]
        found = _make(pickle.loads(pickle.dumps(maker)), (1, 0), (), (1, 1), block)
        np.testing.assert_array_equal(found, CHAIN(image)[10:])
        assert len(pickle.dumps(maker)) < 20_000


class TestNames:
    def test_equal_pipelines_and_arrays_have_equal_names(self, image):
        lazy = dask.array.from_array(image, chunks=20)
        again = Pipeline([BLUR, stage("edge", "sobel", stride=2), SHARPEN])
        assert CHAIN.map_blocks(lazy).name == again.map_blocks(lazy).name
        assert tokenize(CHAIN) == tokenize(again)

    def test_they_are_those_of_another_process(self):
        program = """
            import dask.array
            from convpipe import Pipeline, stage
            pipeline = Pipeline([stage("blur", "gaussian", sigma=1.4)], border="wrap")
            print(pipeline.map_blocks(dask.array.zeros((40, 50), chunks=20), "uint8").name)
        """
        run = [sys.executable, "-c", textwrap.dedent(program)]
        first, other = (subprocess.run(run, capture_output=True, text=True, check=True) for _ in range(2))
        assert first.stdout == other.stdout != ""

    def test_others_have_others(self, image):
        lazy = dask.array.from_array(image, chunks=20)
        names = [
            CHAIN.map_blocks(lazy).name,
            CHAIN.map_blocks(lazy, "float32").name,
            CHAIN.map_blocks(lazy + 1).name,
            CHAIN.map_blocks(lazy[..., None][..., [0, 0]]).name,
            CHAIN.map_blocks(lazy[..., None][..., [0, 0]], alpha=True).name,
            Pipeline(CHAIN.stages, border="wrap").map_blocks(lazy).name,
            Pipeline(CHAIN.stages[:2]).map_blocks(lazy).name,
        ]
        assert len({*names}) == len(names)


class TestRefusals:
    @pytest.mark.parametrize(
        ("one", "words"),
        [
            (
                stage("threshold", "li"),
                r"stage 1 \(threshold li\) needs the samples of the whole image in order of size",
            ),
            (stage("objects", "label"), r"stage 1 \(objects label\) needs the whole image"),
            (
                stage("custom", "large", kernel=np.random.default_rng(1).normal(size=(41, 41))),
                r"stage 1 \(custom large\) goes through Fourier transforms of the whole image",
            ),
        ],
        ids=["numbers", "a library's function", "a transform"],
    )
    def test_what_needs_the_whole_image_is_named_with_what_to_do(self, one, words, rng):
        values = rng.integers(0, 256, (120, 150), dtype=np.uint8)
        pipeline = Pipeline([BLUR, one])
        lazy = dask.array.from_array(values, chunks=(60, 150))
        with pytest.raises(PlanError, match=words) as caught:
            pipeline.map_blocks(lazy)
        told = "and this one has 2 x 1 chunks; image.rechunk({0: -1, 1: -1}) makes one of them"
        assert str(caught.value).endswith(told)
        check(pipeline, values, -1)

    def test_stacks(self):
        with pytest.raises(ParameterError, match=r"projection: maximum reads several pages.*pipeline\.stack"):
            Pipeline([stage("projection", "maximum")]).map_blocks(dask.array.zeros((9, 9)))

    def test_arrays_of_numpy(self, image):
        for given_, kind in ((image, "ndarray"), (None, "NoneType"), (xarray.DataArray(image), "ndarray")):
            with pytest.raises(ParameterError, match=f"map_blocks needs a dask array; given {kind}"):
                CHAIN.map_blocks(given_)

    def test_chunks_of_unknown_size(self, image):
        lazy = dask.array.from_array(image, chunks=20)
        with pytest.raises(ParameterError, match=r"image\.compute_chunk_sizes\(\) finds them"):
            CHAIN.map_blocks(lazy[lazy[:, 0] > 9])


class TestXarray:
    def test_a_lazy_dataarray_stays_lazy(self, rng):
        values = rng.integers(0, 256, (3, 41, 53), dtype=np.uint8)
        coords = {"band": list("rgb"), "y": np.arange(41) * 10.0, "x": np.arange(53) - 5.5}
        scene = xarray.DataArray(values, coords, ("band", "y", "x"), "scene", {"units": "1"})
        found = CHAIN(scene.chunk(y=20, x=30), channel_axis="band")
        assert isinstance(found.data, dask.array.Array)
        xarray.testing.assert_identical(found.compute(), CHAIN(scene, channel_axis="band"))

    def test_dims_of_pages(self, rng):
        values = rng.integers(0, 256, (2, 41, 53), dtype=np.uint8)
        coords = {"time": [3, 4], "y": np.arange(41), "x": np.arange(53)}
        scene = xarray.DataArray(values, coords, ("time", "y", "x"))
        found = CHAIN.map_blocks(scene.chunk(time=1, y=20), page_axis="time").compute()
        for at in range(2):
            xarray.testing.assert_identical(found[at].drop_vars("time"), CHAIN(scene[at].drop_vars("time")))
        np.testing.assert_array_equal(found.time, [3, 4])

    def test_no_data(self, image):
        scene = xarray.DataArray(image.astype(np.float32), dims=("y", "x"), attrs={"_FillValue": 7.0})
        pipeline = Pipeline([BLUR], missing="file")
        xarray.testing.assert_identical(pipeline(scene.chunk(13)).compute(), pipeline(scene))
        with pytest.raises(ParameterError, match="a plain array says nothing of it"):
            pipeline.map_blocks(dask.array.zeros((9, 9)))


def test_threads_of_dask_ask_at_once(rng):
    values = rng.integers(0, 256, (200, 210), dtype=np.uint8)
    lazy = CHAIN.map_blocks(dask.array.from_array(values, chunks=20))
    with dask.config.set(scheduler="threads", num_workers=4):
        np.testing.assert_array_equal(lazy.compute(), CHAIN(values))


def test_processes_of_distributed(image):
    distributed = pytest.importorskip("distributed")
    lazy = CHAIN.map_blocks(dask.array.from_array(image, chunks=15))
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        np.testing.assert_array_equal(client.compute(lazy).result(timeout=120), CHAIN(image))


def test_pieces_pass_over_empty_chunks():
    assert pieces([0, 4, 4, 9], Span(0, 8)) == [Piece(1, 0, 4, True), Piece(3, 0, 5, True)]
    assert pieces([4, 8], Span(5, 5)) == [Piece(1, 1, 2, False)]
