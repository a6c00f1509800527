"""Images interpolated where a map puts pixels: numbers, bytes, borders, and what is said of them."""

import ctypes
import mmap
import re

import numpy as np
import oracle
import pytest
import tifffile
import xarray

from convpipe import Pipeline, stage
from convpipe.compile.cpu.compiled import drive
from convpipe.compile.cpu.warp_pixels import Kind
from convpipe.compile.cpu.warped import loops
from convpipe.compile.runtime import cache
from convpipe.errors import ParameterError, PlanError
from convpipe.plan import make_plan
from convpipe.sampling import Sampling, sampling_of
from convpipe.stages.warping import of_points

BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap")
SHEAR = [[0.71, 0.43, -2.03], [-0.31, 1.23, 1.51]]
HOMOGRAPHY = [[1.0303, 0.2107, -1.4011], [-0.1203, 0.9401, 0.7013], [0.0301, -0.0203, 1.0]]


def rotate(angle, **given):
    return stage("geometry", "rotate", angle=angle, **given)


def affine(**given):
    return stage("geometry", "affine", **{"matrix": SHEAR, **given})


def perspective(**given):
    given = given if "points" in given else {"matrix": HOMOGRAPHY, **given}
    return stage("geometry", "perspective", **given)


def polar(**given):
    return stage("geometry", "polar", **given)


BENT = (
    perspective(size=[11, 30]),
    perspective(inverse=True),
    perspective(points=[[0, 1], [1, 9], [8, 10], [6, 0]]),
    polar(size=[13, 9]),
    polar(size=[7, 12], scaling="log", center=[2.3, 20.1], radius=17),
    polar(inverse=True, size=[11, 10], center=[5.1, 4.6]),
    polar(inverse=True, scaling="log", center=[4.1, 5.27], radius=5),
)


def wanted(plan, image):
    made = oracle.run_graph(plan, image if image.ndim == 3 else image[..., None])[-1]
    return made if image.ndim == 3 else made[..., 0]


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic"])
def test_every_border_and_method_against_the_oracle(border, method, rng):
    for dtype, channels in (("uint8", ()), ("uint16", (3,)), ("float32", (2,)), ("float64", ())):
        image = (rng.random((9, 12, *channels)) * 200).astype(dtype)
        for one in (
            rotate(33.3, expand=True), affine(size=[11, 30]), affine(inverse=True, size=[2, 3]), *BENT
        ):  # fmt: skip
            given = {**one.given, "method": method, "border": border, "value": 20}
            pipeline = Pipeline([stage("geometry", one.label, **given)])
            want = wanted(pipeline.plan(image.shape, dtype), image)
            oracle.near_values(pipeline(image), want, dtype, 2e-6)


@pytest.mark.parametrize(("dtype", "channels"), [("uint8", ()), ("float32", ()), ("uint16", (3,))])
@pytest.mark.parametrize("border", ["edge", "constant"])
def test_bytes_are_those_of_numpys_float32(dtype, channels, border, rng):
    """Places in float64, weights and sums in float32, each operation rounded by itself, in one order."""
    image = (rng.random((40, 150, *channels)) * 255).astype(dtype)
    homography = [[1.1, 0.1, -2], [0.05, 0.9, 3], [0.002, 0.003, 1]]
    for one in (rotate, perspective):
        how = {"angle": 27} if one is rotate else {"matrix": homography}
        pipeline = Pipeline([one(border=border, value=17.3, **how)], dtype="float32")
        want = between(image, border, *places(pipeline, image, image.shape[:2]))
        np.testing.assert_array_equal(pipeline(image), want)


def places(pipeline, image, extent):
    """Rows and columns where the pixels of a result lie, each operation rounded to float64."""
    (warp,) = pipeline.plan(image.shape, image.dtype).nodes[0].ops
    y, x = np.indices(extent).astype(np.float64)
    row, col, *by = (along * x + (down * y + first) for down, along, first in warp.transformation.matrix)
    return (row / by[0], col / by[0]) if by else (row, col)


def at_nearest(image, value, *places):
    """Return the samples next to rows and columns, or what a constant border holds, rounded."""
    around = [(1, 1), (1, 1), *[(0, 0)] * (image.ndim - 2)]
    held = np.pad(image, around, constant_values=np.rint(value))
    rows, cols = (
        np.clip(np.floor(at + 0.5), -1, side).astype(int) + 1
        for at, side in zip(places, image.shape[:2], strict=True)
    )
    return held[rows, cols]


def between(image, border, *places, value=17.3):
    """Bilinear values at rows and columns, each operation rounded to float32."""
    (i, s), (j, t) = ((np.floor(at).astype(int), (at - np.floor(at)).astype(np.float32)) for at in places)
    around = [(90, 90), (90, 90), *[(0, 0)] * (image.ndim - 2)]
    held = {"constant_values": np.float32(value)} if border == "constant" else {}
    padded, one = np.pad(image.astype(np.float32), around, mode=border, **held), np.float32(1)
    s, t = (each.reshape(*each.shape, *[1] * (image.ndim - 2)) for each in (s, t))
    rows = [(one - t) * padded[i + 90 + k, j + 90] + t * padded[i + 90 + k, j + 91] for k in range(2)]
    return (one - s) * rows[0] + s * rows[1]


@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize("value", [0, 200, 17.3])
def test_blocks_across_an_edge_and_beyond_it(value, channels, rng):
    """Rows enter and leave the image within blocks and lie beyond each of its edges: numpy's bytes."""
    image = rng.integers(0, 256, (60, 150, *channels), dtype=np.uint8)
    for across, down in ((0, 0), (0, -90), (0, 90), (-400, 0), (400, 0), (-64.5, 0), (147, 0)):
        for turn in ([1, 0, 0, 1], [0.9, 0.4, -0.3, 1.1]):
            matrix = [[*turn[:2], 2 + across], [*turn[2:], 9.3 + down]]
            given = {"matrix": matrix, "size": [70, 330], "border": "constant", "value": value}
            run = {method: Pipeline([affine(method=method, **given)]) for method in ("nearest", "bilinear")}
            row, col = places(run["nearest"], image, (70, 330))
            want = at_nearest(image, value, row, col)
            np.testing.assert_array_equal(run["nearest"](image), want)
            row, col = np.clip(row, -30, 90), np.clip(col, -30, 180)
            want = np.rint(between(image, "constant", row, col, value=value))
            np.testing.assert_array_equal(run["bilinear"](image), want)


@pytest.mark.parametrize("method", ["nearest", "bilinear"])
def test_pixels_that_are_inside_here_and_there(method, rng):
    """Along an edge of the image rounding alone decides on which side of it the pixels of a row lie."""
    image, tilt = rng.random((60, 150), np.float32), 0.013
    for edge in (59.5, -0.5) if method == "nearest" else (59.0, 0.0):
        matrix = [[1, 0, 20], [edge * tilt, 1e-14, edge], [tilt, 0, 1]]
        run = Pipeline(
            [perspective(matrix=matrix, size=[50, 260], method=method, border="constant", value=9)]
        )
        at = places(run, image, (50, 260))
        nearest = method == "nearest"
        want = at_nearest(image, 9, *at) if nearest else between(image, "constant", *at, value=9)
        np.testing.assert_array_equal(run(image), want)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_places_and_means_are_computed_in_vectors(dtype):
    function = cache.module_of(loops(Kind("affine", dtype, dtype, "float32", "bilinear", 1, False)), "a").fill
    function.compile(drive.BAND)
    (code,) = function.inspect_llvm().values()
    assert re.search(r"@llvm\.floor\.v\d+f64", code)
    assert re.search(r"fmul <\d+ x float>", code)


@pytest.mark.parametrize("channels", [1, 4, 9])
def test_a_loop_is_of_one_size_whatever_it_is_for(channels):
    """Numba takes long for many statements, and longest for those with a condition each."""
    source = loops(Kind("affine", "float32", "float32", "float32", "bicubic", channels, channels > 1))
    assert len(source.splitlines()) < 180
    assert " else " not in source


@pytest.mark.parametrize("method", ["nearest", "bilinear"])
def test_a_border_is_rounded_to_the_type_of_the_result(method):
    given = {"angle": 45, "border": "constant", "value": 17.75, "method": method}
    for dtype, shape in (("uint8", (9, 30)), ("uint16", (9, 30, 3))):
        made = Pipeline([stage("geometry", "rotate", **given)])(np.zeros(shape, dtype))
        assert made.dtype == dtype
        assert made.max() == 18


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mprotect"), reason="no memory can be locked away")
@pytest.mark.parametrize("method", ["nearest", "bilinear"])
def test_nothing_is_read_behind_the_last_sample(method):
    """A vector of four samples begins where one of three channels does: its last one must be in the image."""
    rows, cols, page = 8, 512, mmap.PAGESIZE
    size = -(-rows * cols * 3 // page) * page
    memory = mmap.mmap(-1, size + page)
    end = ctypes.addressof(ctypes.c_char.from_buffer(memory)) + size
    libc = ctypes.CDLL(None)
    assert libc.mprotect(ctypes.c_void_p(end), page, 0) == 0
    try:
        image = np.frombuffer(memory, np.uint8, rows * cols * 3, size - rows * cols * 3)
        for by in (0, 0.5, -1):
            shift = stage("geometry", "affine", matrix=[[1, 0, by], [0, 1, by]], method=method, border="edge")
            Pipeline([shift])(image.reshape(rows, cols, 3))
    finally:
        libc.mprotect(ctypes.c_void_p(end), page, mmap.PROT_READ | mmap.PROT_WRITE)


def test_what_goes_on_around_a_circle_is_not_outside():
    """Just before a whole turn rounding leads to the row after the last, which is the first again."""
    for rows in range(2, 40):
        image = np.ones((rows, 30))
        given = {"center": [1e-17, 1.0], "radius": 30, "size": [2, 20]}
        made = Pipeline([polar(inverse=True, border="constant", value=9, **given)])(image)
        np.testing.assert_allclose(made[0], 1)


@pytest.mark.parametrize("tilt", [1e-16, -1e-16, 3e-14])
def test_lines_along_the_ends_of_an_image_leave_it_nowhere(tilt, rng):
    """Rounding alone leads to row -1, or beyond the last: nothing is read there."""
    image = rng.random((64, 70))
    matrix = [[1, 0, 0], [0, 1, 0], [tilt, tilt, 1]]
    for method in ("nearest", "bilinear", "bicubic"):
        run = Pipeline([perspective(matrix=matrix, method=method, border="constant", value=9)])
        np.testing.assert_allclose(run(image), image, atol=1e-8)


def test_four_points_come_to_lie_in_the_corners(rng):
    image = rng.random((40, 50))
    points = [[3, 5], [1, 45], [38, 40], [30, 2]]
    made = Pipeline([perspective(points=points, size=[21, 33])])(image)
    found = [made[0, 0], made[0, -1], made[-1, -1], made[-1, 0]]
    np.testing.assert_allclose(found, [image[row, col] for row, col in points], rtol=1e-12)
    back = Pipeline([perspective(points=[[0, 0], [0, 32], [20, 32], [20, 0]], to=points, size=[40, 50])])(
        made
    )
    found = [back[row, col] for row, col in points]
    np.testing.assert_allclose(found, [image[row, col] for row, col in points], rtol=1e-9)


@pytest.mark.parametrize("scaling", ["linear", "log"])
def test_there_and_back(scaling):
    """A smooth image comes back, but for what lies between pixels, and where few pixels are far apart."""
    rows, cols = np.indices((61, 71))
    image = np.sin(rows / 9) + np.cos(cols / 11)
    for given in ({}, {"center": [20, 30], "radius": 70.5}):
        there = polar(size=[720, 260], scaling=scaling, method="bicubic", **given)
        back = polar(inverse=True, scaling=scaling, method="bicubic", **given)
        made = Pipeline([there, back])(image)
        row, col = given.get("center", (30, 35))
        near = np.hypot(rows - row, cols - col) < 2  # where a logarithm has no more pixels than one
        np.testing.assert_allclose(np.where(near, image, made)[5:-5, 5:-5], image[5:-5, 5:-5], atol=0.02)


def test_threads_and_strides_give_the_same_bytes(rng):
    from convpipe.compile.cpu.graphs import compile_plan

    image = rng.integers(0, 256, (300, 310, 3), dtype=np.uint8)
    seen = perspective(points=[[10, 30], [0, 250], [280, 300], [250, 10]])
    for one in (rotate(-12, method="bicubic"), seen, polar(size=[300, 200]), polar(inverse=True)):
        run = Pipeline([one])
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


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic"])
def test_what_is_missing_takes_its_place_and_no_more(method, rng):
    """A hole is as large as it was, and of the samples that are there nothing else comes in."""
    image = np.full((60, 70), 3, np.float32)
    image[20:40, 30:50] = np.nan
    for one in (rotate(27, method=method), polar(method=method, size=[200, 45])):
        made = Pipeline([one], missing=np.nan)(image)
        np.testing.assert_allclose(made[~np.isnan(made)], 3, rtol=1e-6)
        solid = Pipeline([stage("geometry", one.label, **{**one.given, "method": "bilinear"})])(
            np.isnan(image).astype(np.float64)
        )
        assert np.isnan(made[solid > 0.9]).all()
        assert not np.isnan(made[solid < 0.1]).any()
    turned = Pipeline([rotate(27, method=method)], missing=np.nan)(image)
    assert np.isnan(turned).sum() == pytest.approx(400, abs=10)
    whole = rng.integers(0, 255, (20, 30), np.uint8)  # of which nothing is missing
    run = [rotate(27, method=method)]
    np.testing.assert_allclose(
        Pipeline(run, missing=255, dtype="float32")(whole), Pipeline(run, dtype="float32")(whole), rtol=1e-5
    )


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


def test_what_lies_on_no_grid_has_no_georeference(tmp_path):
    tags = [(33550, 12, 3, (3.0, 4.0, 0.0), True), (33922, 12, 6, (0.0, 0.0, 0.0, 100.0, 900.0, 0.0), True)]
    keys = (34735, 3, 8, (1, 1, 0, 1, 1025, 0, 1, 1), True)
    image = np.zeros((20, 32), np.float32)
    (tmp_path / "in").mkdir()
    tifffile.imwrite(
        tmp_path / "in" / "a.tif", image, resolution=(300, 300), resolutionunit=2, extratags=[*tags, keys],
        metadata=None,
    )  # fmt: skip
    (result,) = Pipeline([perspective(), rotate(4)]).run_folder(tmp_path / "in", tmp_path / "out").results
    assert result.status == "done"
    assert any("georeference dropped" in note and "no straight grid" in note for note in result.notes)
    with tifffile.TiffFile(tmp_path / "out" / "a.tif") as file:
        assert not {33550, 33922, 34264} & {tag.code for tag in file.pages.first.tags}
        assert file.pages.first.tags[282].value == (300, 1)


def test_coordinates_along_an_axis_go():
    image = xarray.DataArray(np.arange(12.0).reshape(3, 4), dims=("y", "x"), coords={"y": [1, 2, 3]})
    assert not Pipeline([rotate(30)])(image).coords
    assert not Pipeline([perspective()])(image).coords
    kept = Pipeline([rotate(90)])(image.transpose("x", "y").isel(x=slice(3)))
    assert kept.dims == ("y", "x")
    assert kept.y.values.tolist() == [3, 2, 1]


def test_what_is_refused(rng):
    image = rng.integers(0, 255, (6, 7), dtype=np.uint8)
    with pytest.raises(ParameterError, match="2 rows of 3"):
        affine(matrix=[[1, 2], [3, 4]])
    with pytest.raises(ParameterError, match="onto a line"):
        affine(matrix=[[1, 2, 0], [2, 4, 0]])
    with pytest.raises(PlanError, match="reaches to"):
        Pipeline([affine(matrix=[[1e7, 0, 0], [0, 1, 0]])])(image)


def test_what_is_no_perspective_and_no_circle():
    square, line = [[0, 0], [0, 1], [1, 1], [1, 0]], [[0, 0]] * 4
    for given, said in (
        ({"matrix": [[1, 0, 0], [0, 1, 0]]}, "3 rows of 3"),
        ({"matrix": [[1, 0, 0], [0, 1, 0], [1, 1, 0]]}, "onto a line"),
        ({"points": [[0, 0], [1, 1], [2, 2], [3, 0]]}, "points: three of the points lie on a line"),
        ({"points": [[0, 0], [1, 1]]}, "points needs 4 points"),
        ({"points": square, "to": line}, "to: three of the points"),
        ({"points": square, "inverse": True}, "'inverse' goes with 'matrix'"),
        ({"matrix": HOMOGRAPHY, "to": line}, "'to' goes with 'points'"),
        ({}, "needs points or matrix; given neither"),
    ):
        with pytest.raises(ParameterError, match=said):
            stage("geometry", "perspective", **given)
    for one, said in (
        (perspective(matrix=[[1, 0, 0], [0, 1, 0], [-0.5, 0, 1]]), "6x7 pixels meets the horizon"),
        (perspective(points=square, size=[1, 9]), "1x9 pixels has no four corners"),
        (polar(radius=3e6, size=5), "reaches to"),
        (polar(scaling="log", radius=1e30, size=[5, 5]), "reaches to"),
    ):
        with pytest.raises(PlanError, match=said):
            make_plan([one], (6, 7))
    with pytest.raises(ParameterError, match="more than 1 pixel"):
        polar(scaling="log", radius=1)
    with pytest.raises(PlanError, match="no logarithm above 0"):
        make_plan([polar(scaling="log", size=3)], (1, 1))


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
