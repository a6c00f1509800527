"""Local histogram equalisation: its loops against what they stand for."""

import numpy as np
import pytest

from convpipe import Pipeline, stage
from convpipe.clahe import Grid, equalized, tables


def wanted(image, tiles, clip=2.0):
    levels = np.iinfo(image.dtype).max + 1
    planes = image.reshape(*image.shape[:2], -1).transpose(2, 0, 1) / (levels - 1)
    grid = Grid(tiles, image.shape[:2])
    made = [equalized(plane, grid, clip, levels, whole=True) * (levels - 1) for plane in planes]
    return np.stack(made, axis=2).reshape(image.shape)


@pytest.mark.parametrize("shape", [(5, 7), (64, 48), (301, 333), (40, 30, 3), (1, 1)])
@pytest.mark.parametrize("tiles", [(8, 8), (1, 1), (3, 5)])
def test_loops_of_bytes(shape, tiles, rng):
    image = rng.normal(120, 40, shape).clip(0, 255).astype(np.uint8)
    run = Pipeline([stage("contrast", "clahe", tiles=list(tiles))], dtype="float32")
    for threads in (1, None):
        np.testing.assert_allclose(run(image, threads=threads), wanted(image, tiles), atol=1e-4)


def test_alpha_stays_and_16_bits_have_as_many_levels(rng):
    image = rng.integers(0, 256, (30, 40, 4), dtype=np.uint8)
    run = Pipeline([stage("contrast", "clahe", tiles=3)])
    got = run(image, alpha=True)
    np.testing.assert_array_equal(got[..., 3], image[..., 3])
    np.testing.assert_array_equal(got[..., :3], run(image[..., :3]))
    deep = rng.integers(0, 65536, (30, 40)).astype(np.uint16)
    np.testing.assert_allclose(run(deep), wanted(deep, (3, 3)), atol=0.51)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16"])
def test_a_result_of_its_type_is_rounded(dtype, rng):
    """Where loops write it, and where they do not."""
    image = (rng.random((33, 35)) * np.iinfo("uint8" if dtype == "bool" else dtype).max).astype(dtype)
    image = rng.random((33, 33)) < 0.5 if dtype == "bool" else image
    run = Pipeline([stage("contrast", "clahe", tiles=3)])
    np.testing.assert_array_equal(run(image), np.rint(run(image, "float32")))


def test_nan_stays_and_counts_for_nothing(rng):
    image = rng.random((30, 40)).astype(np.float32)
    image[:9] = np.nan
    run = Pipeline([stage("contrast", "clahe", tiles=1, clip=256)])
    got = run(image)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(image))
    np.testing.assert_allclose(got[9:], run(image[9:]), atol=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 2), (17, 30), (9, 8, 2), (9, 8, 3), (9, 8, 4)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_scikit_image_takes_images_of_all_kinds(shape, dtype, rng):
    image = (rng.random(shape) * (1 if dtype == "float32" else np.iinfo(dtype).max)).astype(dtype)
    got = Pipeline([stage("contrast", "clahe", method="skimage", tiles=3)])(image)
    assert got.shape == shape
    if image[..., 0].size > 1:
        assert (got.min(), got.max()) == tuple(float(end) for end in _ends(dtype))
    flat = np.full_like(image, image.reshape(-1)[0])
    np.testing.assert_array_equal(Pipeline([stage("contrast", "clahe", method="skimage")])(flat), flat)


def _ends(dtype):
    return (0, 1) if dtype == "float32" else (np.iinfo(dtype).min, np.iinfo(dtype).max)


def test_as_scikit_image_alpha_stays_and_nan_too(rng):
    image = rng.integers(0, 256, (30, 40, 4), dtype=np.uint8)
    run = Pipeline([stage("contrast", "clahe", like="skimage")])
    got = run(image, alpha=True)
    np.testing.assert_array_equal(got[..., 3], image[..., 3])
    np.testing.assert_array_equal(got[..., :3], run(image[..., :3]))
    holes = rng.random((30, 40)).astype(np.float32)
    holes[:9] = np.nan
    np.testing.assert_array_equal(np.isnan(run(holes)), np.isnan(holes))


def test_a_limited_table_keeps_its_sum(rng):
    counts = rng.multinomial(1000, rng.dirichlet(np.full(256, 0.05)), 7)
    for clip in (0.3, 1, 2.5, 300):
        made = tables(counts, clip, top=1000)
        np.testing.assert_allclose(made[:, -1], 1000, rtol=1e-6)
        assert (np.diff(made, axis=1) >= 0).all()
        limit = max(int(clip * 1000 / 256), 1) + 1000 / 256 + 1
        assert np.diff(made, axis=1, prepend=0).max() <= limit + 1e-3


@pytest.mark.parametrize("clip", [0.01, 1.3, 40])
def test_loops_of_16_bits(clip, rng):
    """On all cores, and with what is beyond the limit spread; between channels, too."""
    image = rng.normal(30_000, 9_000, (301, 333, 2)).clip(0, 65535).astype(np.uint16)
    run = Pipeline([stage("contrast", "clahe", clip=clip, tiles=[3, 4])], dtype="float32")
    for threads in (1, None):
        np.testing.assert_allclose(run(image, threads=threads), wanted(image, (3, 4), clip), atol=0.02)
