"""Other sizes on a device: taps of their own for every row and column, beside windows that slide."""

import numpy as np
import pytest
from device import check, compiled

from convpipe.stages import stage
from convpipe.stages.resampling import METHODS

pytestmark = pytest.mark.gpu


def resize(size, method="bicubic", **given):
    return stage("geometry", "resize", size=list(size), method=method, **given)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [(4, 5), (9, 8), (7, 3), (6, 7)], ids=str)
def test_methods(method, size, rng):
    """Down, up, both, and as it is."""
    _, run, _ = check([resize(size, method)], rng.random((6, 7)).astype(np.float32), tolerance=2e-6)
    assert len(run.groups) == 1 if size == (6, 7) else len(run.groups) <= 2


@pytest.mark.parametrize(("channels", "alpha"), [(3, False), (4, True), (6, False)])
def test_between_windows(channels, alpha, rng):
    image = rng.integers(0, 256, (6, 7, channels), dtype=np.uint8)
    chain = [
        stage("blur", "box", size=3),
        resize((9, 5), stride=[2, 1], padding=[1, 0, 0, 2]),
        stage("edge", "sobel"),
    ]
    _, run, got = check(chain, image, alpha=alpha)
    for bands in (2, 5):
        np.testing.assert_array_equal(run.run(image, bands)[0]["result"], got)


def test_a_weight_of_zero_is_no_tap(rng):
    image = rng.random((8, 9)).astype(np.float32)
    image[3, 4] = np.inf
    from convpipe.compile.cpu.graphs import compile_plan as on_processor

    chain = [resize((12, 6), "lanczos3", antialias=False)]
    plan, run = compiled(chain, image)
    np.testing.assert_array_equal(run(image)[0], on_processor(plan)(image, threads=1)[0])


@pytest.mark.parametrize(("border", "stride", "alpha"), [("symmetric", 1, False), ("wrap", 2, True)])
def test_a_long_gaussian_at_three_rates(border, stride, alpha, rng):
    """A strided window, a short one and taps of their own: the processor's bytes."""
    from convpipe.compile.cpu.graphs import compile_plan as on_processor

    image = rng.integers(0, 256, (5, 7, 4) if alpha else (5, 7), dtype=np.uint8)
    blur = stage("blur", "gaussian", sigma=[11, 0.4], border=border, stride=stride)
    plan, run = compiled([blur], image, alpha=alpha)
    assert plan.stages[0].rates is not None
    np.testing.assert_array_equal(run(image)[0], on_processor(plan)(image, threads=1)[0])


@pytest.mark.parametrize("size", [(4, 11), (11, 4)], ids=str)
def test_passes_that_round_have_the_processors_bytes(size, rng):
    from convpipe.compile.cpu.graphs import compile_plan as on_processor

    image = rng.integers(0, 256, (9, 8, 3), dtype=np.uint8)
    plan, run = compiled([resize(size, "lanczos3", rounding="each_pass")], image)
    np.testing.assert_array_equal(run(image)[0], on_processor(plan)(image, threads=1)[0])
