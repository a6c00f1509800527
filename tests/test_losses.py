"""What rounding loses - NaN in integers, finite samples in float16 - is counted, once, and said."""

import json

import numpy as np
import pytest
import tifffile

from convpipe import Pipeline, fourier, stage
from convpipe.batch.journal import JOURNAL
from convpipe.cli import main
from convpipe.compile.cpu.graphs import GraphExecutable, compile_plan
from convpipe.losses import Losses
from convpipe.plan import Settings, make_plan
from convpipe.report import to_html

HALF = stage("point", "scale", gain=1, dtype="float16")
SAME = stage("point", "scale", gain=1)
SOBEL = stage("edge", "sobel")
NAMED = stage("point", "scale", gain=1, dtype="float16", name="a")
KERNEL = (np.arange(41 * 41).reshape(41, 41) % 7 + 1.0).tolist()
MEAN = stage("custom", "mean", kernel=KERNEL, normalize=True, dtype="float16")


@pytest.fixture
def image():
    """Two samples that float16 does not hold, far apart, beside what is not finite, and so lost nowhere."""
    image = np.zeros((300, 70), np.float32)
    image[3, 4], image[250, 60], image[299, 0] = 1e6, -65520, 65519
    image[100, 20:23] = np.inf, -np.inf, np.nan
    return image


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("stages", "dtype", "losses"),
    [
        ([SAME], "float16", Losses(0, 2)),
        ([HALF], None, Losses(0, 2)),
        ([HALF], "float32", Losses(0, 2)),
        ([HALF], "uint8", Losses(1, 2)),
        ([HALF, SOBEL], "float32", Losses(0, 2)),
        ([HALF, SAME], "float32", Losses(0, 2)),
        ([SOBEL, HALF, SAME, HALF, SOBEL], "float32", None),
        ([SAME, SOBEL], "float32", Losses()),
    ],
    ids=["result", "last", "other type", "integers", "window", "pixelwise", "twice", "none"],
)
def test_each_sample_is_counted_once(image, stages, dtype, losses, threads):
    result, found = Pipeline(stages).engine.filter(image, threads, dtype)
    staged = image
    for one in stages:  # as NumPy rounds
        staged, _ = Pipeline([one]).engine.filter(staged, threads, "float32")
    staged, _ = Pipeline([SAME]).engine.filter(staged, threads, dtype or "float16")
    np.testing.assert_array_equal(result, staged)
    if losses is None:
        exact, _ = Pipeline([SOBEL]).engine.filter(image, threads, "float32")
        losses = Losses(0, int(np.count_nonzero(np.isfinite(exact) & (abs(exact) >= 65520))))
        assert losses.overflows > 2
    assert found == losses


@pytest.mark.parametrize("compute", ["float32", "float64"])
@pytest.mark.parametrize("then", [[], [SAME]], ids=["last", "middle"])
def test_after_a_fourier_transform(then, compute, monkeypatch):
    monkeypatch.setattr(fourier, "ADVANTAGE", 0)
    image = np.full((60, 70), 1e5, compute)
    plan = make_plan([MEAN, *then], image.shape, Settings(output_dtype="float32"), dtype=compute)
    assert plan.nodes[0].tiles is not None
    result, losses = compile_plan(plan)(image, 2)
    assert np.isposinf(result).all()
    assert losses == Losses(overflows=60 * 70)


def test_in_all_results_of_a_graph(image):
    join = stage("combine", "sum", formula="a + input")
    pipeline = Pipeline([NAMED, join], outputs={"a": "a"})
    results, losses = pipeline.engine.outputs(image, 1, "float16")
    assert losses == Losses(overflows=2 + 1)  # those of a, and 65519 twice in the sum
    assert np.isinf(results["result"][299, 0])
    _, losses = pipeline.engine.outputs(image, 1, "float32")
    assert losses == Losses(overflows=2)


def test_what_the_plan_proves_is_not_looked_for():
    plan = make_plan([HALF, SOBEL], (30, 40), dtype="uint8")
    assert not isinstance(compile_plan(plan), GraphExecutable)
    steep = stage("point", "scale", gain=1e4, dtype="float16")
    plan = make_plan([steep, SAME], (30, 40), Settings(output_dtype="float32"), dtype="uint8")
    _, losses = compile_plan(plan)(np.full((30, 40), 9, np.uint8), 1)
    assert losses == Losses(overflows=30 * 40)


def test_a_call_warns_where_it_stands(image):
    with pytest.warns(RuntimeWarning, match="^2 samples became infinite: float16 holds up to 65504$") as said:
        Pipeline([SAME])(image, dtype="float16")
    assert [each.filename for each in said] == [__file__]
    with pytest.warns(RuntimeWarning, match="^1 NaN or missing sample became 0: integers hold neither$"):
        Pipeline([SAME])(image, dtype="int16")
    with pytest.warns(RuntimeWarning, match="^2 samples became infinite"):
        Pipeline([NAMED, SOBEL], outputs={"a": "a"})(image, dtype="float32")


def test_a_job_says_it_everywhere(image, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    tifffile.imwrite("in/a.tif", np.stack([image, image]), photometric="minisblack", metadata=None)
    report = Pipeline([HALF, stage("point", "abs", dtype="float32")]).run_folder("in", "out")
    assert report.losses == Losses(overflows=4)  # two pages
    assert "4 samples became infinite: float16 holds up to 65504" in to_html([report])
    record = json.loads((tmp_path / "out" / JOURNAL).read_text().splitlines()[-1])
    assert (record["overflows"], "nans" in record) == (4, False)

    (tmp_path / "job.yaml").write_text(
        "stages:\n  - {point: scale, gain: 1, dtype: float16}\n  - {point: abs, dtype: float32}\n"
    )
    run = ["run", "job.yaml", "in", "out"]
    for more, kept in ((["--overwrite"], 0), (["--resume"], 1)):
        with pytest.raises(SystemExit):
            main([*run, *more])
        assert "4 samples became infinite: float16 holds up to 65504\n" in capsys.readouterr().out
        with pytest.raises(SystemExit):
            main([*run, *more, "--json"])
        (job,) = json.loads(capsys.readouterr().out)["jobs"]
        assert (job["overflows"], job["nans"], job["kept"]) == (4, 0, kept)


@pytest.mark.parametrize("dtype", ["float64", "int32"])
def test_a_result_is_rounded_to_float16_once(dtype):
    """Between two numbers of float16 lies one of float32: what is just above is not to be rounded twice."""
    above = 1 + np.array([[1, 3]]) * (2**-11 + 2**-40)
    image = np.array([[2049, 2051]], dtype) if dtype == "int32" else above
    result = Pipeline([stage("point", "abs")], dtype="float16")(image)
    np.testing.assert_array_equal(result, image.astype(np.float16))


@pytest.mark.parametrize("dtype", ["uint8", "int16"])
@pytest.mark.parametrize(
    "one",
    [
        stage("point", "scale", gain=0.5),
        SOBEL,
        stage("edge", "sobel", stride=2),
        stage("morphology", "open"),
        stage("geometry", "flip"),
        stage("point", "threshold", level="otsu"),
        stage("combine", "twice", formula="2 * input"),
    ],
    ids=lambda one: one.name,
)
def test_holes_in_results_of_integers_are_counted(one, dtype, rng):
    """Whether a mask leaves them out of integers, or NaN stands for them in what is rounded."""
    image = rng.integers(50, 100, (40, 50)).astype(dtype)
    mask = rng.random(image.shape) < 0.7
    exact, none = Pipeline([one]).engine.filter(image, 1, "float32", mask=mask)
    result, losses = Pipeline([one]).engine.filter(image, 2, mask=mask)
    assert none == Losses()
    assert losses == Losses(nans=int(np.isnan(exact).sum())) != none
    assert (result[np.isnan(exact)] == 0).all()
    holed = np.where(mask, image, np.nan).astype("float32")
    assert Pipeline([one], missing="nan").engine.filter(holed, 1, dtype)[1] == losses
    assert (
        Pipeline([one], missing=7).engine.filter(image, 1, mask=mask)[1] == none
    )  # a number stands for them


def test_a_job_counts_holes(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    tifffile.imwrite(tmp_path / "in" / "a.tif", np.full((9, 8), 7, np.uint8))
    mask = np.ones((9, 8), np.uint8)
    mask[:2, 3] = 0
    tifffile.imwrite(tmp_path / "mask.tif", mask)
    (tmp_path / "job.yaml").write_text(f"mask: {tmp_path}/mask.tif\nstages:\n  - point: abs\n")
    with pytest.raises(SystemExit):
        main(["run", *(str(tmp_path / name) for name in ("job.yaml", "in", "out"))])
    assert "2 NaNs or missing samples became 0: integers hold neither\n" in capsys.readouterr().out
    record = json.loads((tmp_path / "out" / JOURNAL).read_text().splitlines()[-1])
    assert record["nans"] == 2
