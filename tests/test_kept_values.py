"""Which stages keep what values mean, and which do not."""

import numpy as np
import pytest
import tifffile

from convpipe import Pipeline, stage
from convpipe.plan import Settings, make_plan
from convpipe.plan.missing import Missing

KEPT = [
    [stage("blur", "gaussian", sigma=2)],
    [stage("blur", "gaussian", sigma=30)],
    [stage("blur", "box", size=5, stride=2)],
    [stage("blur", "bilateral", size=5, sigma_color=3)],
    [stage("rank", "median", size=3)],
    [stage("morphology", "open", size=3)],
    [stage("geometry", "flip"), stage("geometry", "rotate90")],
    [stage("geometry", "resize", factor=0.5, method="lanczos3")],
    [stage("geometry", "resize", factor=2, method="bicubic")],
    [stage("geometry", "rotate", angle=10, method="bicubic")],
    [stage("geometry", "pad", by=2, border="constant")],
    [stage("geometry", "crop", box=[1, 1, -1, -1])],
    [stage("combine", "mean", formula="0.5 * (x + input)")],
    [stage("objects", "remove_small", size=4)],
    [stage("denoise", "outliers", tolerance=3)],
]

CHANGED = [
    [stage("edge", "sobel")],
    [stage("edge", "sobel", direction="x")],
    [stage("edge", "laplacian")],
    [stage("sharpen", "unsharp", sigma=2)],
    [stage("threshold", "otsu")],
    [stage("threshold", "fixed", level=0.7)],
    [stage("point", "invert")],
    [stage("point", "scale", gain=0.5)],
    [stage("point", "gamma", gamma=0.5)],
    [stage("contrast", "stretch")],
    [stage("contrast", "equalize")],
    [stage("morphology", "gradient", size=3)],
    [stage("morphology", "tophat", size=3)],
    [stage("rank", "range", size=3)],
    [stage("background", "subtract")],
    [stage("objects", "label")],
    [stage("objects", "distance")],
    [stage("combine", "less", formula="x - 0.5 * input")],
    [stage("blur", "box", size=3), stage("point", "invert"), stage("geometry", "flip")],
]


def kept(stages, dtype, **options):
    return make_plan(stages, (40, 50), dtype=dtype, **options).keeps_values()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_values_that_are_chosen_or_meant_are_kept(dtype):
    assert [kept(stages, dtype) for stages in KEPT] == [True] * len(KEPT)
    assert [kept(stages, dtype) for stages in CHANGED] == [False] * len(CHANGED)


@pytest.mark.parametrize("alpha", [False, True])
def test_colours(alpha):
    of = {"channels": 3 + alpha, "alpha": alpha}
    assert kept([stage("blur", "gaussian", sigma=2)], "uint8", **of)
    assert kept([stage("color", "gray")], "uint8", **of)
    assert not kept([stage("color", "saturation", amount=2)], "uint8", **of)


def test_where_samples_are_missing():
    holes = Settings(missing=Missing(0.0))
    assert not make_plan([stage("edge", "sobel")], (9, 9), holes).keeps_values()


def test_each_result_is_looked_at():
    blur, mask = stage("blur", "box", name="soft"), stage("threshold", "otsu")
    plan = Pipeline([blur, mask], outputs={"soft": "soft"}).plan((9, 9))
    assert [plan.keeps_values(output.node) for output in plan.outputs] == [True, False]


@pytest.mark.parametrize(
    ("stages", "stays"),
    [
        ([stage("geometry", "flip")], True),
        ([stage("point", "invert")], False),
        ([stage("projection", "maximum")], True),
        ([stage("projection", "sum", dtype="uint16")], False),
    ],
)
def test_display_ranges_of_a_stack(tmp_path, stages, stays):
    (tmp_path / "in").mkdir()
    pages = np.arange(2 * 8 * 9, dtype=np.uint16).reshape(2, 8, 9)
    said = {"min": 3.0, "max": 99.0, "Ranges": (3.0, 99.0), "axes": "ZYX", "spacing": 2.0}
    tifffile.imwrite(tmp_path / "in" / "a.tif", pages, imagej=True, metadata=said)
    report = Pipeline(stages).run_folder(tmp_path / "in", tmp_path / "out")
    with tifffile.TiffFile(tmp_path / "out" / "a.tif") as file:
        found = file.imagej_metadata
    ranges = {"min", "max", "Ranges"}
    assert ranges & found.keys() == (ranges if stays else set())
    dropped = "ImageJ's display ranges dropped: values mean something else"
    assert (dropped in report.results[0].notes) == (not stays)
