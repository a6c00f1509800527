"""A template in an image: against the definition in every type; what is flat, and what is refused."""

import tracemalloc

import numpy as np
import pytest

from convpipe import Pipeline, images, stage
from convpipe.compile.runtime.threads import count
from convpipe.errors import ParameterError, PlanError

SIZES = [(5, 5), (8, 3), (1, 6), (31, 30)]


def match(template, **given):
    return stage("objects", "match_template", template=template, **given)


def direct(image, template):
    """Pearson's correlation of the template and each window, in two passes."""
    wanted = template.astype(np.float64).ravel()
    axes = tuple(range(template.ndim))
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.float64), template.shape, axis=axes)
    windows = windows.reshape(*windows.shape[:2], -1)
    varied = windows - windows.mean(axis=-1, keepdims=True)
    wanted = wanted - wanted.mean()
    norm = np.sqrt((varied**2).sum(axis=-1) * (wanted**2).sum())
    return np.where(norm > 0, varied @ wanted / np.where(norm > 0, norm, 1), 0)


IMAGES = {
    "uint8": lambda noise: noise * 250,
    "uint16": lambda noise: 60000 + noise * 4,  # bright, and of next to no contrast
    "float32": lambda noise: 1000 + noise * 0.01,
    "float64": lambda noise: noise * 3 - 100,
}


@pytest.mark.parametrize("dtype", IMAGES)
def test_every_type_against_the_definition(dtype, rng):
    image = IMAGES[dtype](rng.random((60, 70))).astype(dtype)
    image[10:25, 10:30] = image[0, 0]
    for rows, cols in SIZES:
        template = image[27 : 27 + rows, 32 : 32 + cols].astype(np.float32)  # as which it is held
        found = Pipeline([match(template)])(image)
        assert found.dtype == "float32"
        np.testing.assert_allclose(found, direct(image, template), atol=2e-7)
        assert found[27, 32] == found.max() == pytest.approx(1)
        around = np.pad(image.astype(np.float64), [(side // 2, (side - 1) // 2) for side in (rows, cols)])
        found = Pipeline([match(template, pad_input=True)])(image)
        np.testing.assert_allclose(found, direct(around, template), atol=2e-7)


def test_gain_and_offset_of_the_template_do_not_count(rng):
    image = rng.integers(0, 255, (30, 40), dtype=np.uint8)
    template = image[5:12, 8:17].astype(np.float32)
    found = Pipeline([match(template)])(image)
    np.testing.assert_allclose(Pipeline([match(3 * template - 50)])(image), found, atol=1e-6)
    np.testing.assert_allclose(Pipeline([match(-template)])(image), -found, atol=1e-6)


def test_colours_count_together(rng):
    image = rng.integers(0, 255, (20, 25, 3), dtype=np.uint8)
    found = Pipeline([match(image[3:8, 4:10])])(image)
    assert found.shape == (16, 20)
    np.testing.assert_allclose(found, direct(image, image[3:8, 4:10]), atol=2e-7)
    grey = image[3:8, 4:10, 0]
    whole = Pipeline([match(np.dstack([grey] * 3))])(image)
    np.testing.assert_array_equal(Pipeline([match(grey)])(image), whole)


@pytest.mark.parametrize("colours", [(), (3,)])
def test_tiles_meet_and_threads_change_nothing(colours, rng):
    """Two pairs, of which one tile is black in a colour, and has no transform; such a tile alone."""
    image = rng.integers(0, 255, (270, 60, *colours), dtype=np.uint8)
    image[rng.random(image.shape) < 0.6] = 0
    first, last = (np.s_[100:180, :, 0], np.s_[200:, :, 2]) if colours else (np.s_[100:180], np.s_[200:])
    image[first] = image[last] = 0
    template = image[40:49, 30:42].copy()
    run = Pipeline([match(template)])
    assert run.plan(image.shape).nodes[0].apart.tiles((270, 60)).rows.tiles == 5
    found = run(image)
    np.testing.assert_allclose(found, direct(image, template), atol=2e-7)
    np.testing.assert_array_equal(run(image, threads=1), found)


def test_a_score_is_right_beside_samples_of_any_size(rng):
    """What transforms round off of a fill value is far beyond the contrast of the windows beside it."""
    for value, far in ((1e12, 0.0), (-3e38, 0.0), (0.0, 3e4)):
        image = (rng.random((80, 90)) + far).astype(np.float32)
        image[::16, 50:] = value
        template = rng.random((7, 9)).astype(np.float32)
        found = Pipeline([match(template)])(image)
        np.testing.assert_allclose(found, direct(image, template), atol=3e-7)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_samples_whose_squares_no_number_holds(scale, rng):
    image, template = rng.random((30, 40)), rng.random((5, 6))
    found = Pipeline([match(template)])(image * scale)
    np.testing.assert_allclose(found, direct(image, template.astype(np.float32)), atol=2e-7)


def test_memory_is_what_it_takes(rng):
    for shape, side in (((300, 400), 31), ((200, 300, 3), 90)):
        image = rng.integers(0, 255, shape, dtype=np.uint8)
        run = Pipeline([match(image[:side, :side])])
        run(image)
        tracemalloc.start()
        run(image)
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        plan = run.plan(shape)
        assert taken <= plan.working_bytes(count()) + plan.output_bytes + 100_000


def test_a_window_with_a_sample_that_is_no_number_is_none(rng):
    image = rng.random((20, 24))
    image[9, 11] = np.nan
    for rows, cols in ((3, 4), (4, 5)):
        found = Pipeline([match(image[:rows, :cols])])(image)
        assert np.isnan(found).sum() == rows * cols
        assert np.isnan(found[10 - rows : 10, 12 - cols : 12]).all()


def test_a_template_is_a_file(tmp_path, rng):
    image = rng.integers(0, 60000, (40, 50), dtype=np.uint16)
    images.write(tmp_path / "part.tif", image[20:27, 30:39])
    found = Pipeline([match(str(tmp_path / "part.tif"))])(image)
    assert np.unravel_index(found.argmax(), found.shape) == (20, 30)
    run = Pipeline([match(str(tmp_path / "part.tif"))])
    assert run.plan(image.shape, "uint16").sampling().first == (3, 4)  # the pixel in the middle of the place


def test_what_is_refused(rng):
    image = rng.integers(0, 255, (6, 7), dtype=np.uint8)
    with pytest.raises(ParameterError, match="of one value"):
        match([[3, 3], [3, 3]])
    with pytest.raises(ParameterError, match="no finite numbers"):
        match([[3, np.nan]])
    with pytest.raises(PlanError, match="template of 7x2 is larger than an image of 6x7"):
        Pipeline([match(np.arange(14).reshape(7, 2))])(image)
    with pytest.raises(PlanError, match="template has 2 channels; the image has 3"):
        Pipeline([match([[[1, 2], [3, 3]]])])(np.dstack([image] * 3))
    with pytest.raises(PlanError, match="missing"):
        Pipeline([match([[1, 2]])], missing=0)(image)
