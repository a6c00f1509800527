"""Images that are filtered band by band have the bytes of those that are filtered as a whole."""

import io
import os
from concurrent.futures import ThreadPoolExecutor

import graphs
import numpy as np
import pytest
import tifffile
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_fusion import cases, planned

from convpipe.compile.cpu.counting import Counting
from convpipe.compile.cpu.graphs import GraphExecutable
from convpipe.engine import Engine
from convpipe.errors import LimitError, PlanError, ReadError, WriteError
from convpipe.geometry import Border
from convpipe.images import Metadata, read
from convpipe.images.rows import Blocks, RowReader
from convpipe.plan import Settings, make_plan
from convpipe.stages import stage
from convpipe.stages.wiring import wire
from convpipe.statistics import Statistic, measure, numbers_of
from convpipe.streaming import Bands, Options, banded, stream
from convpipe.streaming.looks import looks_of
from convpipe.streaming.passes import Passed, PassedSamples
from convpipe.streaming.run import run

CHAIN = [stage("blur", "gaussian", sigma=1.4, name="soft"), stage("edge", "sobel")]

WIDE = np.random.default_rng(1).random((99, 99)).tolist()
"""No product of rows and columns, and so large that it goes through Fourier transforms."""


def in_bands(plan, image, height, block, threads=2):
    """Return the results of an image whose rows are decoded in blocks, and what was lost in them."""
    blocks = Blocks(block, len(image), lambda at: image[at * block : (at + 1) * block])
    reader = RowReader(blocks, 1, Metadata(), [])
    found = {output.name: [] for output in plan.outputs}
    bands = Bands(plan, height, threads, block)
    with ThreadPoolExecutor(threads) as pool:
        takers = {name: each.append for name, each in found.items()}
        losses = run(GraphExecutable(plan), reader, bands, pool, takers)
    assert not reader._kept
    return {name: np.concatenate(rows) for name, rows in found.items()}, losses


def check(plan, image, height, block):
    whole, lost = GraphExecutable(plan).outputs(image, threads=1)
    found, losses = in_bands(plan, image, height, block)
    assert found.keys() == whole.keys()
    assert losses == lost
    for name, rows in whole.items():
        assert found[name].dtype == rows.dtype
        np.testing.assert_array_equal(found[name], rows, err_msg=name)


@settings(max_examples=40, deadline=None)
@given(cases(), st.integers(1, 40), st.integers(1, 40))
def test_chains(case, height, block):
    stages, image, border = case
    try:
        check(planned(stages, image, border), image, height, block)
    except PlanError:
        assume(False)


@settings(max_examples=40, deadline=None)
@given(graphs.graphs(), st.integers(1, 40), st.integers(1, 40))
def test_graphs(drawn, height, block):
    stages, _, rng = drawn
    image = rng.integers(0, 256, (33, 8, 1), dtype=np.uint8)
    try:
        plan = make_plan(wire(stages, {one.name: one.name for one in stages[:-1]}), image.shape[:2])
        check(plan, image, height, block)
    except PlanError:
        assume(False)


SOFT = stage("blur", "box", size=3)
MEASURED = {
    "of the image": [stage("threshold", "otsu")],
    "of few values": [stage("blur", "box", size=3, dtype="uint8"), stage("threshold", "triangle"), SOFT],
    "of floating point": [SOFT, stage("threshold", "otsu"), SOFT],
    "moments": [SOFT, stage("threshold", "mean")],
    "one after the other": [stage("contrast", "equalize"), SOFT, stage("contrast", "stretch"), SOFT],
}


@pytest.mark.parametrize("name", MEASURED)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("height", [7, 64])
def test_numbers_of_the_whole_image(name, channels, height, rng):
    image = rng.integers(0, 200, (331, 401, channels), dtype=np.uint8)  # two shares of a sum, and a bit
    image[:100] //= 3
    check(make_plan(MEASURED[name], image.shape[:2], channels=channels), image, height, 50)


BYTES, HALF = {"dtype": "uint8"}, {"dtype": "float16"}
LOSING = {
    "at the end": wire([SOFT, stage("edge", "sobel", **BYTES)]),
    "between windows": wire([stage("blur", "box", size=5, **BYTES), stage("edge", "sobel"), SOFT]),
    "in half floats": wire([stage("point", "scale", gain=900, **HALF), stage("blur", "box", size=7)]),
    "under strides": wire(
        [stage("blur", "box", size=3, stride=3, name="a", **BYTES), stage("edge", "sobel", stride=2, **HALF)],
        {"a": "a"},
    ),
    "in another type": wire([stage("blur", "box", size=3, name="a"), SOFT], {"a": "a"}),
}


@pytest.mark.parametrize("name", LOSING)
@pytest.mark.parametrize("dtype", [None, "uint8"])
@pytest.mark.parametrize("height", [5, 16, 64])
def test_what_is_lost_is_counted_once(name, dtype, height, rng):
    image = rng.normal(90, 30, (211, 37)).astype("f4")
    image[rng.integers(0, 211, 40), rng.integers(0, 37, 40)] = np.nan
    plan = make_plan(LOSING[name], image.shape, Settings(output_dtype=dtype), dtype="float32")
    _, losses = GraphExecutable(plan).outputs(image, threads=1)
    check(plan, image, height, 32)
    assert losses.nans + losses.overflows > 0 or (dtype is None and name == "in another type")


KINDS = ["minimum", "maximum", "sum", "mean", "variance", "deviation", "otsu", "triangle", "isodata"]


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8"])
@pytest.mark.parametrize("channel", [None, 1])
def test_numbers_are_those_of_all_samples_bit_for_bit(dtype, channel, rng):
    """Of several shares, passed over in pieces that end anywhere; some samples count for nothing."""
    samples = rng.normal(100, 30, (200_003, 2)).clip(0, 255).astype(dtype)
    if samples.dtype.kind == "f":
        samples[0, 0], samples[5, 1], samples[70_000] = np.nan, np.inf, np.nan
    ends = np.sort(rng.integers(0, len(samples), 9))
    passed = Passed(lambda: iter(np.split(samples, ends)), samples.dtype, *samples.shape)
    statistics = [Statistic(kind, kind, channel=channel) for kind in KINDS]
    statistics += [Statistic("place", "percentile", percent, channel) for percent in (0.5, 50, 97.3, 100)]
    found = numbers_of(statistics, PassedSamples(passed, Counting(1)))
    np.testing.assert_array_equal(found, measure(statistics, samples, Counting(2)))
    np.testing.assert_array_equal(found, measure(statistics, samples))


@pytest.mark.parametrize(("dtype", "passes"), [("uint8", 1), ("float32", 3), ("float64", 7), ("uint32", 7)])
def test_percentiles_of_floating_point_take_a_pass_for_each_digit_and_share_the_first(dtype, passes, rng):
    samples = rng.uniform(0, 200, (70_000, 1)).astype(dtype)
    looks = []
    passed = Passed(
        lambda: looks.append(0) or iter(np.array_split(samples, 3)), samples.dtype, *samples.shape
    )
    statistics = [Statistic("place", "percentile", percent) for percent in (2, 98)]
    found = numbers_of(statistics, PassedSamples(passed, Counting(1)))
    assert found == np.percentile(samples.astype(np.float64), [2, 98]).tolist()
    assert len(looks) == passes
    plan = make_plan([stage("contrast", "stretch", low=2, high=98)], (40, 30), dtype=dtype)
    assert looks_of(plan) == passes


def test_percentiles_of_floating_point_part_bands_as_the_whole(rng):
    image = rng.normal(100, 30, (140, 90, 3)).astype(np.float32)
    for kind in (
        stage("contrast", "stretch", low=1, high=97),
        stage("threshold", "percentile", percentile=90),
    ):
        plan = make_plan([SOFT, kind], image.shape[:2], channels=3, dtype="float32")
        check(plan, image, 16, 32)


def test_samples_in_order_of_size_are_refused(rng):
    image = rng.integers(0, 200, (40, 30), dtype=np.uint8)
    plan = make_plan([SOFT, stage("threshold", "li", name="level")], image.shape)
    with pytest.raises(PlanError, match=r"level.*--memory") as caught:
        in_bands(plan, image, 16, 16)
    assert caught.value.stage == "level"


@pytest.fixture
def engine():
    return Engine(wire(CHAIN), Border.REFLECT, None, "cpu")


@pytest.fixture
def image(tmp_path, rng):
    pixels = rng.integers(0, 256, (600, 300), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, tile=(64, 64), compression="zlib", resolution=(300, 200))
    return pixels


class TestFiles:
    def test_bytes_do_not_depend_on_memory_or_threads(self, tmp_path, engine, image):
        whole, _ = engine.filter(image)
        contents, heights = set(), set()
        for memory, threads in ((1 << 30, 1), (1 << 30, 3), (3_000_000, 2), (2_000_000, 1)):
            options = Options(memory, threads, compression=6, tile=64, overwrite=True)
            bands = stream(engine, tmp_path / "a.tif", {"result": tmp_path / "b.tif"}, options).bands
            assert bands.nbytes <= memory
            heights.add(bands.height)
            contents.add((tmp_path / "b.tif").read_bytes())
        assert len(heights) > 1
        (content,) = contents
        np.testing.assert_array_equal(tifffile.imread(io.BytesIO(content)), whole)
        assert read(tmp_path / "b.tif").metadata.resolution == (300, 200)

    def test_several_results(self, tmp_path, image):
        engine = Engine(wire(CHAIN, {"soft": "soft"}), Border.REFLECT, None, "cpu")
        targets = {name: tmp_path / f"{name}.tif" for name in ("soft", "result")}
        stream(engine, tmp_path / "a.tif", targets, Options(3_000_000, 2, tile=64))
        for name, whole in engine.outputs(image)[0].items():
            np.testing.assert_array_equal(tifffile.imread(targets[name]), whole)

    def test_a_result_that_is_there_is_kept(self, tmp_path, engine, image):
        (tmp_path / "b.tif").write_bytes(b"mine")
        with pytest.raises(WriteError, match="the output exists"):
            stream(engine, tmp_path / "a.tif", {"result": tmp_path / "b.tif"}, Options(1 << 30))
        assert (tmp_path / "b.tif").read_bytes() == b"mine"

    def test_a_name_of_no_format_is_refused(self, tmp_path, engine, image):
        with pytest.raises(WriteError, match=r"'\.jpg'; known are \.tif, \.tiff"):
            stream(engine, tmp_path / "a.tif", {"result": tmp_path / "b.jpg"}, Options(1 << 30))

    def test_nothing_is_left_of_a_result_whose_image_is_damaged(self, tmp_path, engine, image):
        with tifffile.TiffFile(tmp_path / "a.tif") as file:
            at, count = file.pages[0].dataoffsets[-1], file.pages[0].databytecounts[-1]
        content = bytearray((tmp_path / "a.tif").read_bytes())
        content[at : at + count] = bytes(count)
        (tmp_path / "a.tif").write_bytes(content)
        before = sorted(os.listdir(tmp_path))
        with pytest.raises(ReadError, match="damaged"):
            stream(engine, tmp_path / "a.tif", {"result": tmp_path / "b.tif"}, Options(3_000_000, 2, tile=64))
        assert sorted(os.listdir(tmp_path)) == before


class TestRefused:
    @pytest.mark.parametrize(
        ("stages", "named"),
        [
            ([stage("geometry", "rotate90", name="turn")], "turn"),
            ([stage("custom", "k", kernel=WIDE, name="wide")], "wide"),
        ],
    )
    def test_stages_of_the_whole_image(self, stages, named):
        plan = make_plan(stages, (4000, 4000))
        with pytest.raises(PlanError, match=rf"{named}.*the whole image.*--memory") as caught:
            banded(plan, 1 << 30, threads=1, block=256)
        assert caught.value.stage == named

    def test_too_little_memory(self):
        plan = make_plan(CHAIN, (4000, 4000))
        with pytest.raises(LimitError, match=r"in bands of 16 rows, of which one reads \d\d rows"):
            banded(plan, 1000, threads=1, block=16)

    def test_a_border_that_reads_the_other_end(self):
        plan = make_plan([stage("blur", "box", size=3, border="wrap")], (4000, 4000))
        with pytest.raises(LimitError, match="reads 4000 rows"):
            banded(plan, 10_000_000, threads=1, block=16)


def test_memory_does_not_grow_with_the_height():
    bands = [
        banded(make_plan(CHAIN, (rows, 4096)), 100_000_000, threads=2, block=256) for rows in (9_999, 99_999)
    ]
    assert bands[0].height == bands[1].height
    assert bands[1].nbytes - bands[0].nbytes < 1_000_000
