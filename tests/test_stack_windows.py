"""``axis: stack``: windows over pages and numbers of all pages, by literal tables, an oracle and SciPy."""

import numpy as np
import pytest
import references.stacks
import stacks
from references.table import SCIPY
from scipy import ndimage
from skimage import exposure, filters

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import Border
from convpipe.stack import StackEngine
from convpipe.stack.slide import Slide

RNG = np.random.default_rng(5)
VOLUMES = references.stacks.VOLUMES
BORDERS = list(SCIPY)


def over(family, name, /, **parameters):
    return stage(family, name, axis="stack", **parameters)


def volume(dtype, shape=(7, 9, 11)):
    return (RNG.random(shape) * 250 - 60 * (dtype[0] != "u")).astype(dtype)


@pytest.mark.parametrize("table", VOLUMES, ids=str)
def test_literal_numbers(table):
    pipeline = Pipeline([over(*table.stage.split(), **table.parameters)], border=table.border)
    got = pipeline.stack(table.pixels, dtype="float64")
    np.testing.assert_allclose(got, table.values, rtol=0, atol=0.55e-3, err_msg=table.source)


@pytest.mark.parametrize("table", VOLUMES, ids=str)
def test_the_source_still_gives_these_numbers(table):
    found = table.peer(table.pixels if table.level is not None else table.pixels.astype(np.float64))
    want = table.values if table.level is None else table.level
    np.testing.assert_allclose(found, want, rtol=0, atol=0.51e-3)


@pytest.mark.parametrize(
    "table", [one for one in VOLUMES if one.stage.split()[0] in ("blur", "rank")], ids=str
)
def test_the_oracle_gives_these_numbers(table):
    given = {"border": table.border, "value": table.parameters.get("value", 0.0)}
    family, name = table.stage.split()
    size = table.parameters.get("size", 3)
    size = (size,) * 3 if np.ndim(size) == 0 else tuple(size)
    if family == "rank":
        got = stacks.ranked(
            table.pixels, size, name, **given, percentile=table.parameters.get("percentile", 0)
        )
    elif name == "box":
        got = stacks.mean(table.pixels, np.full(size, 1 / np.prod(size)), **given)
    else:
        sigma = table.parameters["sigma"]
        taps = stacks.weights(np.broadcast_to(sigma, 3), table.parameters.get("truncate", 4.0))
        got = stacks.mean(table.pixels, taps, **given)
    np.testing.assert_allclose(got, table.values, rtol=0, atol=0.51e-3)


CASES = [
    ("blur", "gaussian", {"sigma": 1.2}, lambda v, m: ndimage.gaussian_filter(v, 1.2, **m)),
    (
        "blur",
        "gaussian",
        {"sigma": [0.6, 0, 2], "truncate": 2.5},
        lambda v, m: ndimage.gaussian_filter(v, (0.6, 0, 2), truncate=2.5, **m),
    ),
    ("blur", "box", {"size": 5}, lambda v, m: ndimage.uniform_filter(v, 5, **m)),
    ("blur", "box", {"size": [4, 1, 2]}, lambda v, m: ndimage.uniform_filter(v, (4, 1, 2), **m)),
    ("rank", "median", {}, lambda v, m: ndimage.median_filter(v, 3, **m)),
    ("rank", "minimum", {"size": [2, 4, 3]}, lambda v, m: ndimage.minimum_filter(v, (2, 4, 3), **m)),
    ("rank", "maximum", {"size": [5, 1, 2]}, lambda v, m: ndimage.maximum_filter(v, (5, 1, 2), **m)),
    (
        "rank",
        "percentile",
        {"percentile": 80, "size": [3, 2, 2]},
        lambda v, m: ndimage.percentile_filter(v, 80, (3, 2, 2), **m),
    ),
]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize(("family", "name", "given", "peer"), CASES, ids=[f"{c[1]}{c[2]}" for c in CASES])
def test_every_border_and_type_is_scipys(family, name, given, peer, border, dtype):
    """Of fewer pages than a window spans, too: the volume of 3 pages under 9 of a Gaussian."""
    given = {**given, "value": -7.5} if border == "constant" else given
    mode = {**SCIPY[border], "cval": -7.5} if border == "constant" else SCIPY[border]
    for shape in ((7, 9, 11), (3, 6, 5), (1, 6, 5)):
        pages = volume(dtype, shape)
        pipeline = Pipeline([over(family, name, **given)], border=border)
        want = peer(pages.astype(np.float64), mode)
        got = pipeline.stack(pages, dtype="float64")
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-9 if dtype == "float64" else 1e-4)
        stored = pipeline.stack(pages)
        assert stored.dtype == dtype
        if np.dtype(dtype).kind in "iu":  # rounded half to even, and saturated, once
            limits = np.iinfo(dtype)
            near = np.abs(want - np.floor(want) - 0.5) < 1e-3
            np.testing.assert_array_equal(
                stored[~near], np.clip(np.rint(want), limits.min, limits.max)[~near].astype(dtype)
            )
        np.testing.assert_array_equal(pipeline(pages[0]), pipeline.stack(pages[:1])[0])


def test_a_plane_is_what_it_was():
    """The same parameter spelled out changes no byte, and neither does a window of one page."""
    pages = volume("uint8")
    for family, name, given in (("blur", "gaussian", {"sigma": 1}), ("rank", "median", {"size": 3})):
        plain = Pipeline([stage(family, name, **given)])
        assert Pipeline([stage(family, name, axis="plane", **given)]) == plain
        assert Pipeline([over(family, name, **given)]) != plain
        key, value = next(iter(given.items()))
        flat = Pipeline([over(family, name, **{key: [0 if key == "sigma" else 1, value, value]})])
        np.testing.assert_array_equal(flat.stack(pages), plain.stack(pages))


def test_sums_of_integers_are_exact():
    """A mean of 27 samples is the nearest number to their sum over 27."""
    pages = volume("uint16", (6, 20, 30))
    pages[:] = RNG.integers(0, 65536, pages.shape)
    got = Pipeline([over("blur", "box")]).stack(pages, dtype="float32")
    sums = stacks.windows(pages.astype(np.int64), (3, 3, 3), "reflect").sum(axis=(3, 4, 5))
    np.testing.assert_array_equal(got, sums.astype(np.float32) * np.float32(1 / 27))


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_channels_stay_apart(channels):
    pages = volume("uint8", (5, 6, 7, channels))
    for one in (over("blur", "box"), over("rank", "maximum"), over("blur", "gaussian", sigma=1)):
        pipeline = Pipeline([one])
        got = pipeline.stack(pages)
        for channel in range(channels):
            alone = pipeline.stack(np.ascontiguousarray(pages[..., channel]))
            np.testing.assert_array_equal(got.reshape(pages.shape)[..., channel], alone)


def test_threads_and_blocks_give_the_same_bytes(monkeypatch):
    pages = volume("float32", (11, 40, 70))
    pipeline = Pipeline([over("blur", "gaussian", sigma=1.5), over("rank", "median"), stage("edge", "sobel")])
    want = pipeline.stack(pages, threads=1)
    np.testing.assert_array_equal(pipeline.stack(pages), want)
    monkeypatch.setattr("convpipe.stack.gather.BLOCK_BYTES", 1)
    np.testing.assert_array_equal(Pipeline(pipeline.stages).stack(pages, threads=3), want)


def test_a_page_depends_on_those_its_window_reads_alone():
    pages = volume("uint8", (20, 6, 8))
    pipeline = Pipeline([over("blur", "box", size=[5, 3, 3]), over("rank", "median")])
    np.testing.assert_array_equal(pipeline.stack(pages[4:15])[3:-3], pipeline.stack(pages)[7:12])


@pytest.mark.parametrize("name", ["otsu", "li", "yen", "triangle", "isodata", "mean"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_level_is_of_all_pages(name, dtype):
    pages = (volume(dtype, (5, 16, 17)) * np.linspace(0.2, 1, 5)[:, None, None]).astype(dtype)
    level = getattr(filters, f"threshold_{name}")(pages.reshape(80, 17))
    full = np.iinfo(dtype).max if dtype != "float32" else 1
    together = Pipeline([over("threshold", name)]).stack(pages)
    np.testing.assert_array_equal(together, np.where(pages > level, full, 0).astype(dtype))
    assert (together != Pipeline([stage("threshold", name)]).stack(pages)).any()


def test_other_numbers_of_all_pages():
    pages = volume("uint8", (4, 12, 13))
    given = pages.astype(np.float64)
    low, high = np.percentile(pages, (2, 97))
    wants = {
        over("contrast", "stretch", low=2, high=97): exposure.rescale_intensity(given, (low, high), (0, 255)),
        over("contrast", "equalize"): exposure.equalize_hist(pages) * 255,
        over("contrast", "zscore"): (given - given.mean()) / given.std(),
        over("combine", "a", formula="(x - min(x)) / (max(x) - min(x))"): (given - given.min())
        / (given.max() - given.min()),
        over("threshold", "percentile", percentile=60): np.where(pages > np.percentile(pages, 60), 255, 0),
    }
    for one, want in wants.items():
        got = Pipeline([one]).stack(pages, dtype="float64")
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-4, err_msg=one.name)


def test_stages_in_a_row():
    """Pages between are not rounded, unless a stage says so; numbers are of what enters the stage."""
    pages = volume("uint8", (6, 14, 15))
    stages = [
        stage("point", "scale", gain=0.37),
        over("blur", "gaussian", sigma=0.8),
        stage("edge", "sobel"),
        over("threshold", "otsu"),
        stage("point", "invert"),
        over("rank", "maximum", size=[3, 1, 1], bias=-3, dtype="int16"),
    ]
    soft = stacks.mean(pages * 0.37, stacks.weights((0.8,) * 3), "reflect")
    edges = np.stack([filters.sobel(page, mode="mirror") for page in soft])
    level = filters.threshold_otsu(edges.astype(np.float32).reshape(-1, 15))
    white = np.where(edges > level, 0, 255)
    want = ndimage.maximum_filter(white, (3, 1, 1), mode="mirror") - 3
    got = Pipeline(stages).stack(pages)
    assert got.dtype == "int16"
    assert (got != want).mean() < 0.01  # of what is at the level itself


def test_no_window_of_a_plane_reaches_from_page_to_page():
    pages = volume("uint8", (3, 5, 6))
    white = Pipeline([over("threshold", "mean")]).stack(pages)
    got = Pipeline([over("threshold", "mean"), stage("blur", "box")]).stack(pages)
    np.testing.assert_array_equal(got, Pipeline([stage("blur", "box")]).stack(white))


@pytest.mark.parametrize("missing", [None, -1.0])
@pytest.mark.parametrize(("family", "name", "given"), [case[:3] for case in CASES[:5]])
def test_what_every_stage_takes_is_done_once(family, name, given, missing):
    pages = volume("float32") + 100
    plain = Pipeline([over(family, name, **given)]).stack(pages)
    got = Pipeline([over(family, name, **given, bias=5, dtype="int16")], missing=missing).stack(pages)
    near = np.abs(plain - np.floor(plain) - 0.5) < 1e-3
    np.testing.assert_array_equal(got[~near], np.rint(plain + 5)[~near])


def test_a_projection_of_what_is_filtered_in_three_axes():
    pages = volume("uint16")
    pipeline = Pipeline([over("blur", "gaussian", sigma=1), stage("projection", "maximum")], dtype="float64")
    want = ndimage.gaussian_filter(pages.astype(float), 1, mode="mirror").max(axis=0)
    np.testing.assert_allclose(pipeline.stack(pages), want, atol=1e-4)
    with pytest.raises(ParameterError, match="would read the one page that projection mean makes of all"):
        Pipeline([stage("projection", "mean"), over("blur", "box")])


class TestMissing:
    @pytest.mark.parametrize("border", BORDERS)
    @pytest.mark.parametrize("missing", [np.nan, 0.0])
    def test_a_mean_is_of_what_is_there(self, border, missing):
        pages = volume("float32", (6, 8, 9)) + 100
        pages[RNG.random(pages.shape) < 0.5] = missing
        pages[:4, :5, :5] = missing
        taps = {"box": np.full((3, 3, 3), 1 / 27), "gaussian": stacks.weights((0.7,) * 3)}
        for name, given in {"box": {}, "gaussian": {"sigma": 0.7}}.items():
            one = (
                over("blur", name, value=40, **given) if border == "constant" else over("blur", name, **given)
            )
            got = Pipeline([one], border=border, missing=missing).stack(pages)
            want = stacks.mean(pages, taps[name], border, 40, missing)
            want = np.where(np.isnan(want), missing, want)
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-4)

    def test_a_number_stands_for_it_in_integers_behind_several_steps(self):
        pages = RNG.integers(1, 200, (5, 9, 9), dtype=np.uint8)
        pages[:4, :6, :6] = 7
        stages = [over("blur", "box"), stage("point", "scale", gain=2, bias=1), over("rank", "maximum")]
        got = Pipeline(stages, missing=7).stack(pages)
        soft = stacks.mean(pages, np.full((3, 3, 3), 1 / 27), "reflect", missing=7.0) * 2 + 1
        high = stacks.windows(np.where(np.isnan(soft), -1, soft), (3, 3, 3), "reflect").max(axis=(3, 4, 5))
        want = np.where(np.isnan(soft), 7, np.clip(np.rint(high), 0, 255))
        assert np.isnan(soft).any()
        assert got.dtype == "uint8"
        assert np.abs(got.astype(int) - want).max() <= 1  # of a half that float32 has on its other side

    def test_ranks_and_levels_leave_it_out(self):
        pages = volume("float32", (5, 8, 9))
        pages[RNG.random(pages.shape) < 0.2] = np.nan
        got = Pipeline([over("rank", "minimum")], missing=np.nan).stack(pages)
        low = stacks.windows(np.where(np.isnan(pages), np.inf, pages), (3, 3, 3), "reflect").min(
            axis=(3, 4, 5)
        )
        np.testing.assert_array_equal(got, np.where(np.isnan(pages), np.nan, low))
        level = filters.threshold_mean(pages[~np.isnan(pages)])
        got = Pipeline([over("threshold", "mean")], missing=np.nan).stack(pages)
        np.testing.assert_array_equal(got, np.where(np.isnan(pages), np.nan, pages > level))


class TestMemory:
    @pytest.mark.parametrize("border", list(Border))
    @pytest.mark.parametrize(("pages", "before"), [(1, 0), (3, 1), (4, 2), (17, 8)])
    @pytest.mark.parametrize("count", [1, 2, 5, 40])
    @pytest.mark.parametrize("at_once", [1, 8])
    def test_pages_are_there_when_they_are_read(self, border, pages, before, count, at_once):
        slide = Slide(pages, before, border, 0.0, at_once)
        most = 0
        for batch, held in slide.run(iter(range(count)), count):
            read = {at for each in batch.reads for at in each if at >= 0}
            assert read <= held.keys()
            assert all(held[at] == at for at in held)
            most = max(most, len(held))
        assert most == slide.held(count)
        if border != Border.WRAP:
            assert most <= pages + at_once - 1

    def test_pages_are_asked_for_as_windows_reach_them(self):
        asked = []

        def pages():
            for number in range(50):
                asked.append(number)
                yield np.full((4, 5), number, np.uint8)

        engine = StackEngine(Pipeline([over("rank", "median", size=[5, 1, 1])]).engine)
        made = iter(engine.filter(pages(), 50, 1))
        for number in range(50):
            next(made)
            assert len(asked) == min(number + 3, 50)

    def test_what_is_held_is_counted(self):
        shape = (100, 100)
        sums = StackEngine(Pipeline([over("blur", "gaussian", sigma=2)]).engine)
        assert sums.held_bytes(shape, "uint16", 1000) == 24 * 20_000 + 8 * 40_000
        assert sums.held_bytes(shape, "uint16", 10) == 10 * 20_000 + 8 * 40_000
        turns = StackEngine(Pipeline([over("rank", "median")]).engine)
        assert turns.held_bytes(shape, "uint8", 1000) == 3 * 10_000 + 3 * 102 * 102
        whole = StackEngine(Pipeline([stage("blur", "box"), over("threshold", "otsu")]).engine)
        assert whole.held_bytes(shape, "uint8", 1000) == 1000 * (40_000 + 40_000)


def test_what_is_warm_compiles_nothing_more():
    from convpipe.compile.runtime import cache

    pipeline = Pipeline([over("blur", "box", size=[9, 4, 3]), over("rank", "range", size=[2, 3, 3])])
    cache._addresses.clear()
    pipeline.warm((40, 50), "uint16")
    made = set(cache._addresses)
    pipeline.stack(volume("uint16", (19, 40, 50)))
    assert made == set(cache._addresses)


def test_what_is_refused():
    with pytest.raises(
        ParameterError, match="edge sobel takes no axis: it filters each page of a stack by itself"
    ):
        over("edge", "sobel")
    with pytest.raises(ParameterError, match="takes no number of its image here"):
        over("combine", "a", formula="x * 2")
    with pytest.raises(ParameterError, match="takes pixels beside the one that it changes"):
        over("combine", "a", formula="x[0, 1] - mean(x)")
    with pytest.raises(ParameterError, match="takes no stride with 'axis: stack': put 'geometry: decimate'"):
        over("rank", "median", stride=2)
    with pytest.raises(ParameterError, match="or \\[pages, rows, cols\\] of them; given \\[3, 3\\]"):
        over("blur", "box", size=[3, 3])
    with pytest.raises(ParameterError, match="pages times rows, and columns, of at most 301"):
        over("rank", "median", size=[18, 18, 1])
    with pytest.raises(
        ParameterError, match=r"given \[1, 2, 3\]; \[pages, rows, cols\] are of 'axis: stack'"
    ):
        stage("blur", "gaussian", sigma=[1, 2, 3])
    with pytest.raises(ParameterError, match="size must be at most"):
        over("blur", "box", size=[9000, 1, 1])
    with pytest.raises(ParameterError, match="needs a chain"):
        Pipeline([over("blur", "box", name="a"), stage("combine", "b", formula="a - input")])
    with pytest.raises(PlanError, match="needs images without alpha"):
        Pipeline([over("blur", "box")]).plan((9, 9, 4), alpha=True)
    with pytest.raises(ParameterError, match="that a mask hides"):
        Pipeline([over("blur", "box")])(np.zeros((9, 9)), mask=np.ones((9, 9)))
