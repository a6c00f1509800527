"""Images interpolated where an affine map puts pixels: numbers, bytes, borders, and what is said of them."""

import numpy as np
import oracle
import pytest
import tifffile
import xarray

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError, PlanError
from convpipe.plan import make_plan
from convpipe.sampling import Sampling, sampling_of
from convpipe.stages.warping import of_points

BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap")
SHEAR = [[0.71, 0.43, -2.03], [-0.31, 1.23, 1.51]]


def rotate(angle, **given):
    return stage("geometry", "rotate", angle=angle, **given)


def affine(**given):
    return stage("geometry", "affine", **{"matrix": SHEAR, **given})


def wanted(plan, image):
    made = oracle.run_graph(plan, image if image.ndim == 3 else image[..., None])[-1]
    return made if image.ndim == 3 else made[..., 0]


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic"])
def test_every_border_and_method_against_the_oracle(border, method, rng):
    for dtype, channels in (("uint8", ()), ("uint16", (3,)), ("float32", (2,)), ("float64", ())):
        image = (rng.random((9, 12, *channels)) * 200).astype(dtype)
        for one in (rotate(33.3, expand=True), affine(size=[11, 30]), affine(inverse=True, size=[2, 3])):
            given = {**one.given, "method": method, "border": border, "value": 20}
            pipeline = Pipeline([stage("geometry", one.label, **given)])
            want = wanted(pipeline.plan(image.shape, dtype), image)
            oracle.near_values(pipeline(image), want, dtype, 2e-6)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_bytes_are_those_of_numpys_float32(dtype, rng):
    """Places in float64, weights and sums in float32, each operation rounded by itself, in one order."""
    image = (rng.random((40, 50)) * 255).astype(dtype)
    pipeline = Pipeline([rotate(27, border="edge")], dtype="float32")
    (warp,) = pipeline.plan(image.shape, dtype).nodes[0].ops
    y, x = np.indices(image.shape).astype(np.float64)
    places = [along * x + (down * y + first) for down, along, first in warp.matrix]
    (i, s), (j, t) = ((np.floor(at).astype(int), (at - np.floor(at)).astype(np.float32)) for at in places)
    one, padded = np.float32(1), np.pad(image, 60, mode="edge").astype(np.float32)
    rows = [(one - t) * padded[i + 60 + k, j + 60] + t * padded[i + 60 + k, j + 61] for k in range(2)]
    np.testing.assert_array_equal(pipeline(image), (one - s) * rows[0] + s * rows[1])


def test_threads_and_strides_give_the_same_bytes(rng):
    from convpipe.compile.cpu.graphs import compile_plan

    image = rng.integers(0, 256, (300, 310, 3), dtype=np.uint8)
    run = Pipeline([rotate(-12, method="bicubic")])
    whole = run(image)
    alone, _ = compile_plan(run.plan(image.shape))(image, threads=1)
    np.testing.assert_array_equal(alone, whole)
    np.testing.assert_array_equal(run(np.asfortranarray(image)), whole)


@pytest.mark.parametrize("angle", [0, 90, 180, -90, 450])
def test_quarters_are_exact(angle, rng):
    for method in ("nearest", "bilinear", "bicubic"):
        image = rng.integers(0, 256, (7, 12, 3), dtype=np.uint8)
        made = Pipeline([rotate(angle, method=method, expand=True)])(image)
        np.testing.assert_array_equal(made, np.rot90(image, angle // 90))


def test_a_hole_spreads_to_its_neighbours_alone(rng):
    for hole in (np.nan, np.inf):
        image = rng.random((12, 12)).astype(np.float32)
        image[5, 6] = hole
        for method, most in (("nearest", 2), ("bilinear", 6), ("bicubic", 24)):
            made = Pipeline([rotate(20, method=method)])(image)
            assert 0 < (~np.isfinite(made)).sum() <= most
        np.testing.assert_array_equal(
            Pipeline([rotate(90)])(image), np.rot90(image)
        )  # weights of 0 are no taps


@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
def test_colours_are_weighted_by_alpha(method, rng):
    image = rng.integers(1, 256, (9, 10, 4), dtype=np.uint8)
    image[3:6, 3:6, 3] = 0
    other = image.copy()
    other[3:6, 3:6, :3] = 7
    run = Pipeline([rotate(25, method=method, border="constant", value=9)], dtype="float32")
    np.testing.assert_array_equal(run(image, alpha=True), run(other, alpha=True))
    want = wanted(run.plan(image.shape, "uint8", alpha=True), image)
    solid = want[..., 3] > 1  # of next to no alpha colours are anything
    np.testing.assert_allclose(run(image, alpha=True)[solid], want[solid], atol=0.02)


def test_where_pixels_lie(rng):
    """In chains, against an image of places."""
    rows, cols = 15, 19
    image = np.add(*np.meshgrid(np.arange(cols) * 1.0, np.arange(rows) * 100.0))
    taken = stage("custom", "one", kernel=[[1]], padding=0, stride=[2, 1])
    for stages in (
        [rotate(30)],
        [taken, affine(), stage("geometry", "flip")],
        [rotate(20), rotate(25), taken],
    ):
        pipeline = Pipeline(stages)
        made, sampling = pipeline(image), pipeline.plan(image.shape).sampling()
        assert sampling.is_oblique
        seen = 0
        for at in np.ndindex(made.shape):
            row, col = sampling.source(at)
            assert sampling.target((row, col)) == pytest.approx(at)
            if 3 < row < rows - 4 and 3 < col < cols - 4:
                assert made[at] == pytest.approx(100 * row + col)
                seen += 1
        assert seen


def test_a_map_that_keeps_rows_is_plain():
    sampling = Sampling((2.0, 3.0), (1.0, 0.0), transposed=True)
    assert sampling_of(sampling.matrix) == sampling
    (warp,) = make_plan([rotate(90)], (5, 8)).nodes[0].ops
    assert not warp.sampling((5, 8)).is_oblique


def test_a_georeference_is_turned(tmp_path):
    """Pixels keep their places on the Earth: the matrix is written where a scale and a tie point were."""
    scale, tie, keys = (3.0, 4.0, 0.0), (0.0, 0.0, 0.0, 100.0, 900.0, 0.0), (1, 1, 0, 1, 1025, 0, 1, 1)
    tags = [(33550, 12, 3, scale, True), (33922, 12, 6, tie, True), (34735, 3, 8, keys, True)]
    folder = tmp_path / "in"
    folder.mkdir()
    image = np.add(*np.meshgrid(np.arange(32) * 1.0, np.arange(20) * 100.0)).astype(np.float32)
    tifffile.imwrite(
        folder / "a.tif", image, resolution=(300, 300), resolutionunit=2, extratags=tags, metadata=None
    )
    report = Pipeline([rotate(30)]).run_folder(folder, tmp_path / "out")
    assert [result.status for result in report.results] == ["done"]
    with tifffile.TiffFile(tmp_path / "out" / "a.tif") as file:
        page = file.pages.first
        found, matrix = page.asarray(), np.array(page.tags[34264].value).reshape(4, 4)
        assert page.tags[282].value[0] / page.tags[282].value[1] == pytest.approx(300)
        assert not {33550, 33922} & {tag.code for tag in page.tags}
    for at in ((9, 15), (6, 14), (12, 18)):
        row, col = divmod(float(found[at]), 100)
        row, col = (row, col) if col < 50 else (row + 1, col - 100)
        x, y, *_ = matrix @ (at[1] + 0.5, at[0] + 0.5, 0, 1)
        place = (x - 100) / 3 - 0.5, (900 - y) / 4 - 0.5
        assert 100 * place[1] + place[0] == pytest.approx(float(found[at]), abs=1e-2), (row, col)


def test_coordinates_along_an_axis_go():
    image = xarray.DataArray(np.arange(12.0).reshape(3, 4), dims=("y", "x"), coords={"y": [1, 2, 3]})
    assert not Pipeline([rotate(30)])(image).coords
    kept = Pipeline([rotate(90)])(image.transpose("x", "y").isel(x=slice(3)))
    assert kept.dims == ("y", "x")
    assert kept.y.values.tolist() == [3, 2, 1]


def test_what_is_refused(rng):
    image = rng.integers(0, 255, (6, 7), dtype=np.uint8)
    with pytest.raises(PlanError, match="missing"):
        Pipeline([rotate(5)], missing=0)(image)
    with pytest.raises(ParameterError, match="2 rows of 3"):
        affine(matrix=[[1, 2], [3, 4]])
    with pytest.raises(ParameterError, match="onto a line"):
        affine(matrix=[[1, 2, 0], [2, 4, 0]])
    with pytest.raises(PlanError, match="reaches to"):
        Pipeline([affine(matrix=[[1e7, 0, 0], [0, 1, 0]])])(image)


def test_a_matrix_and_its_inverse():
    forth = ((2.0, 0.5, 1.0), (-0.25, 1.5, 2.0))
    (a, b, row), (c, d, col) = of_points(forth, inverse=True)
    back = np.linalg.inv([*forth, (0, 0, 1)])
    np.testing.assert_allclose([[d, c, col], [b, a, row]], back[:2])


def test_explain_and_plan_say_so(tmp_path):
    from click.testing import CliRunner

    from convpipe.cli import main

    config = tmp_path / "a.yaml"
    config.write_text("stages: [{geometry: rotate, angle: 90}]")
    text = CliRunner().invoke(main, ["explain", str(config), "--at", "1", "2"]).stdout
    assert "the pixel lies in row 2 and column" in text
    assert "on the processor" in CliRunner().invoke(main, ["plan", str(config), "--size", "30x40"]).stdout
