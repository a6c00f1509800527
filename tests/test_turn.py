"""Images from another side: views, and what is said of where their pixels lie."""

import numpy as np
import pytest
import tifffile
import xarray
from PIL import Image as Pillow
from references.table import grid

from convpipe import Pipeline, images, stage
from convpipe.ops import Turn
from convpipe.plan import IMAGE, make_plan
from convpipe.plan.demand import NOTHING, Span, demand

BLUR = stage("blur", "gaussian", sigma=[1, 2])
TURNS = {
    "rows": (stage("geometry", "flip", axis="rows"), lambda image: image[::-1]),
    "columns": (stage("geometry", "flip"), lambda image: image[:, ::-1]),
    "both": (stage("geometry", "flip", axis="both"), lambda image: image[::-1, ::-1]),
    "left": (stage("geometry", "rotate90"), np.rot90),
    "half": (stage("geometry", "rotate90", quarters=2), lambda image: np.rot90(image, 2)),
    "right": (stage("geometry", "rotate90", quarters=3), lambda image: np.rot90(image, 3)),
    "transposed": (stage("geometry", "transpose"), lambda image: image.swapaxes(0, 1)),
}


@pytest.fixture(params=TURNS)
def turn(request):
    return TURNS[request.param]


@pytest.mark.parametrize("dtype", ["uint8", "bool", "float16", "int32", "float64"])
def test_a_result_is_a_copy_of_its_own_type(turn, dtype, rng):
    one, other = turn
    for shape in ((7, 9), (7, 9, 3)):
        image = rng.integers(0, 2, shape).astype(dtype)
        made = Pipeline([one])(image)
        assert (made.dtype, made.flags.c_contiguous) == (image.dtype, True)
        assert not np.shares_memory(made, image)
        np.testing.assert_array_equal(made, other(image))


def test_loops_before_and_after_it(turn, rng):
    one, other = turn
    image = rng.integers(0, 256, (31, 22, 3), dtype=np.uint8)
    blur = Pipeline([BLUR], dtype="float32")
    first, last = Pipeline([one, BLUR], dtype="float32"), Pipeline([BLUR, one], dtype="float32")
    np.testing.assert_array_equal(first(image), blur(np.ascontiguousarray(other(image))))
    np.testing.assert_array_equal(last(image), other(blur(image)))
    assert len(first.plan(image.shape).parts) == 2


def test_what_every_stage_takes(turn, rng):
    one, other = turn
    image = rng.integers(0, 200, (8, 11), dtype=np.uint8)
    own = stage("geometry", one.label, **one.given, stride=[2, 3], bias=4, dtype="uint8")
    np.testing.assert_array_equal(Pipeline([own])(image), other(image)[::2, ::3] + 4)


def test_a_loop_reads_the_view_in_the_images_own_type():
    """No image of floating point stands between: only that which the loop needs in one piece."""
    from convpipe.compile.cpu.graphs import compile_plan

    run = compile_plan(make_plan([TURNS["columns"][0], BLUR], (20, 30)))
    view, sweep = run.runs
    image = np.zeros((20, 30), np.uint8)
    (seen,), _ = view([image], 1)
    assert np.shares_memory(seen, image)
    assert [given.dtype for given in sweep.fused.program.images] == ["uint8"]


def test_images_from_both_sides_are_combined(rng):
    image = rng.integers(0, 256, (9, 8), dtype=np.uint8)
    mirror = stage("geometry", "flip", name="mirror")
    even = stage("combine", "even", formula="(input + mirror) / 2")
    got = Pipeline([mirror, even], outputs={"mirror": "mirror"}, dtype="float32")(image)
    np.testing.assert_array_equal(got["mirror"], image[:, ::-1])
    np.testing.assert_array_equal(got["result"], (image.astype(np.float32) + image[:, ::-1]) / 2)


def test_where_the_pixels_lie(turn, rng):
    """Against an image that counts its pixels, in chains with strides."""
    one, _ = turn
    rows, cols = 13, 17
    image = np.arange(rows * cols, dtype=np.float64).reshape(rows, cols)
    kept = {"padding": 0, "stride": [2, 3]}
    taken = stage("custom", "one", kernel=[[1]], **kept)
    for stages in (
        [one],
        [taken, one],
        [one, taken],
        [taken, one, taken, one],
        [one, TURNS["left"][0], taken],
    ):
        pipeline = Pipeline(stages)
        made, sampling = pipeline(image), pipeline.plan(image.shape).sampling()
        for at in np.ndindex(made.shape):
            row, col = sampling.source(at)
            assert made[at] == image[int(row), int(col)]


def test_demand_is_the_region_seen_from_the_other_side(turn):
    one, other = turn
    plan = make_plan([one], (13, 17))
    places = other(np.arange(13 * 17).reshape(13, 17))
    rows, cols = Span(2, 5), Span(3, 4)
    seen = places[2:6, 3:5]
    read = demand(plan.nodes, {0: (rows, cols)})[IMAGE]
    assert read == (Span.around((seen // 17).ravel()), Span.around((seen % 17).ravel()))
    assert not any(demand(plan.nodes, {0: (NOTHING, NOTHING)})[IMAGE])


def test_extents_formulas_and_costs(turn):
    one, other = turn
    plan = make_plan([one], (13, 17), channels=3)
    assert plan.extent == other(np.zeros((13, 17))).shape
    rows, cols = plan.stages[0].formulas
    assert (rows.rsplit(" ", 1)[1], cols.rsplit(" ", 1)[1]) == tuple(map(str, plan.extent))
    assert plan.operations == 0


def test_missing_samples_turn_with_the_others(turn, rng):
    one, other = turn
    image = rng.random((9, 12)).astype(np.float32)
    image[2:4, 1:7] = np.nan
    blur = Pipeline([BLUR], missing=np.nan)
    np.testing.assert_array_equal(Pipeline([BLUR, one], missing=np.nan)(image), other(blur(image)))
    turned = np.ascontiguousarray(other(image))
    np.testing.assert_array_equal(Pipeline([one, BLUR], missing=np.nan)(image), blur(turned))


def test_resolution_and_georeference_follow(tmp_path):
    """A quarter turn exchanges resolutions; pixels keep their places on the Earth."""
    scale, tie, keys = (3.0, 4.0, 0.0), (0.0, 0.0, 0.0, 100.0, 900.0, 0.0), (1, 1, 0, 1, 1025, 0, 1, 1)
    tags = [(33550, 12, 3, scale, True), (33922, 12, 6, tie, True), (34735, 3, 8, keys, True)]
    folder = tmp_path / "in"
    folder.mkdir()
    image = np.arange(20 * 32, dtype=np.uint16).reshape(20, 32)
    tifffile.imwrite(
        folder / "a.tif", image, resolution=(300, 200), resolutionunit=2, extratags=tags, metadata=None
    )
    for name, density in (("columns", (300, 200)), ("left", (200, 300))):
        report = Pipeline([TURNS[name][0]]).run_folder(folder, tmp_path / name)
        (result,) = report.results
        assert result.status == "done"
        with tifffile.TiffFile(tmp_path / name / "a.tif") as file:
            page = file.pages.first
            found = page.asarray()
            assert tuple(page.tags[tag].value[0] / page.tags[tag].value[1] for tag in (282, 283)) == density
            matrix = np.array(page.tags[34264].value).reshape(4, 4)
        for at in ((0, 0), (3, 5), tuple(size - 1 for size in found.shape)):
            row, col = divmod(int(found[at]), 32)
            x, y, *_ = matrix @ (at[1] + 0.5, at[0] + 0.5, 0, 1)
            assert (x, y) == pytest.approx((100 + 3 * (col + 0.5), 900 - 4 * (row + 0.5)))


def test_a_photograph_keeps_its_words(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    Pillow.fromarray(np.zeros((4, 6, 3), np.uint8)).save(folder / "a.png", dpi=(100, 50))
    Pipeline([TURNS["right"][0]]).run_folder(folder, tmp_path / "out")
    with Pillow.open(tmp_path / "out" / "a.png") as made:
        assert made.size == (4, 6)
        assert made.info["dpi"] == pytest.approx((50, 100), rel=1e-2)
    assert images.read(tmp_path / "out" / "a.png").pixels.shape == (6, 4, 3)


def test_coordinates_follow(turn):
    one, _ = turn
    image = xarray.DataArray(
        np.arange(12.0).reshape(3, 4), dims=("y", "x"), coords={"y": [10, 20, 30], "x": [1, 2, 3, 4]}
    )
    made = Pipeline([one, stage("point", "scale", gain=2)])(image)
    assert made.dims == (image.dims if made.shape == image.shape else image.dims[::-1])
    for y in image.y.values:
        for x in image.x.values:
            assert made.sel(x=x, y=y) == 2 * image.sel(x=x, y=y)


def test_explain_says_which_pixel_it_is(tmp_path):
    from click.testing import CliRunner

    from convpipe.cli import main

    config = tmp_path / "a.yaml"
    config.write_text("stages: [{geometry: rotate90}]")
    text = CliRunner().invoke(main, ["explain", str(config), "--at", "1", "2"]).stdout
    assert "the pixel is that in row 2 and column 8 of what it reads" in text
    assert "the stage gives 28" in text


def test_a_turn_of_a_turn():
    assert Turn((True, False)).of(grid("1 2\n3 4")).tolist() == [[3, 4], [1, 2]]
    assert Turn().extent((3, 4)) == (3, 4)
    assert Turn(transposed=True).extent((3, 4)) == (4, 3)
