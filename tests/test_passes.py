"""Resizing in passes that round, against Pillow: bytes, in both orders of its passes."""

from importlib.metadata import version

import numpy as np
import pytest
from PIL import Image

from convpipe import Pipeline, stage
from convpipe.errors import ParameterError, PlanError
from convpipe.stages.passes import COARSE, MOST_FINE, PRECISION, Pass, halves, integer_weights
from convpipe.stages.resampling import KERNELS, Resizing

NAMES = {"lanczos3": "LANCZOS"}
IN_BOTH_ORDERS = int(version("pillow").split(".")[0]) >= 13
"""Before, rows of the image are always summed along first."""
SIZES = [
    (20, 19),  # rows of the image, then down columns
    (20, 61),  # the other way round
    (61, 19),
    (61, 62),
    (45, 19),  # one pass
    (20, 41),
    (45, 41),  # none
    (1, 1),
]


def pillow(image, size, method):
    chosen = getattr(Image.Resampling, NAMES.get(method, method.upper()))
    return np.asarray(Image.fromarray(image).resize(size[::-1], chosen))


def resized(**given):
    return Pipeline([stage("geometry", "resize", like="pillow", **given)])


@pytest.mark.parametrize("method", KERNELS)
def test_bytes_are_pillows(method, rng):
    for channels in ((), (3,)):
        noise = rng.integers(0, 256, (45, 41, *channels), dtype=np.uint8)
        edges = np.where(noise > 127, 255, 0).astype(np.uint8)  # sums below 0 and above 255 between passes
        for size in SIZES if IN_BOTH_ORDERS else SIZES[:1]:
            run = resized(size=list(size), method=method)
            for image in (noise, edges):
                np.testing.assert_array_equal(run(image), pillow(image, size, method), f"{size}")


def test_a_result_by_another_rule_of_its_size(rng):
    image = rng.integers(0, 256, (45, 41), dtype=np.uint8)
    np.testing.assert_array_equal(resized(longest=30)(image), pillow(image, (30, 27), "bicubic"))
    if not IN_BOTH_ORDERS:
        return
    np.testing.assert_array_equal(
        resized(factor=[0.5, 1.4], method="lanczos3")(image), pillow(image, (23, 57), "lanczos3")
    )


def test_it_reads_bytes_and_is_read_as_bytes(rng):
    """What a stage before it gives is rounded first, as a library that stores bytes would have it."""
    image = rng.integers(0, 256, (40, 37, 3), dtype=np.uint8)
    blur, gain = stage("blur", "gaussian", sigma=1), stage("point", "scale", gain=0.5)
    own = stage("geometry", "resize", rounding="each_pass", size=[17, 60])
    blurred = Pipeline([blur])(image)
    made = Pipeline([own])(blurred)
    np.testing.assert_array_equal(Pipeline([blur, own])(image), made)
    fused = Pipeline([blur, own, gain], dtype="float32")(image)
    np.testing.assert_array_equal(fused, made * np.float32(0.5))


@pytest.mark.parametrize("method", KERNELS)
@pytest.mark.parametrize("sides", [(700, 12), (12, 700), (640, 480), (97, 98), (3, 1000), (5000, 8)])
def test_parts_of_weights_are_summed_exactly(method, sides):
    """Whatever the bytes, float32 holds every sum of products, and what is left of one with a fine one."""
    source, target = sides
    _, weights = integer_weights(method, source, target)
    coarse, fine = halves(weights)
    np.testing.assert_array_equal(coarse + fine, weights)
    assert not (coarse % (1 << PRECISION - COARSE)).any()
    assert (fine != 0).any(axis=1).all()
    if (np.abs(fine).sum(axis=1) * 255 < MOST_FINE << PRECISION).all():
        assert np.abs(fine).sum(axis=1).max() * 255 < 2**24
        assert (np.abs(coarse).sum(axis=1).max() >> PRECISION - COARSE) * 255 < 2**24
    else:
        assert weights.shape[1] > 700
        with pytest.raises(PlanError, match="resize twice"):
            Pass(Resizing(method, size=(target, 4)), True, "fine").axes((source, 4), (1, 1), (source, 4))


def test_where_it_is_refused(rng):
    image = rng.random((9, 8, 4)).astype(np.float32)
    own = stage("geometry", "resize", size=[4, 4], rounding="each_pass")
    with pytest.raises(PlanError, match="uint8 without alpha"):
        Pipeline([own])(image[..., :3])
    with pytest.raises(PlanError, match="uint8 without alpha"):
        Pipeline([own])(np.zeros((9, 8, 4), np.uint8), alpha=True)
    with pytest.raises(ParameterError, match="box, bilinear, hamming, bicubic, lanczos3 with antialias"):
        stage("geometry", "resize", size=[4, 4], method="area", rounding="each_pass")
    with pytest.raises(PlanError, match="missing"):
        Pipeline([own], missing=0)(np.zeros((9, 8), np.uint8))


def test_a_dialect_rounds_once_where_passes_do_not(rng):
    image = rng.integers(0, 256, (12, 9, 4), dtype=np.uint8)
    once = Pipeline([stage("geometry", "resize", size=[5, 5])])
    np.testing.assert_array_equal(resized(size=[5, 5])(image, alpha=True), once(image, alpha=True))
    for other in (image.astype(np.float32), image.astype(np.uint16)):
        np.testing.assert_array_equal(resized(size=[5, 5])(other), once(other))
