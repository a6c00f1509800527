"""Filters against scikit-image and scipy on real images, borders included."""

from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
import skimage.filters
from skimage.io import imread

from convpipe import Pipeline, stage

DATA = Path(__file__).parents[1] / "data"

# Our border names, and scipy's for the same rule.
SCIPY_MODES = {
    "reflect": "mirror",
    "symmetric": "reflect",
    "edge": "nearest",
    "wrap": "wrap",
    "constant": "constant",
}

PEERS = {
    ("edge", "sobel"): skimage.filters.sobel,
    ("edge", "scharr"): skimage.filters.scharr,
    ("edge", "prewitt"): skimage.filters.prewitt,
    ("edge", "laplacian"): scipy.ndimage.laplace,
    ("blur", "gaussian"): lambda image, mode: scipy.ndimage.gaussian_filter(image, 1.7, mode=mode),
    ("blur", "box"): lambda image, mode: scipy.ndimage.uniform_filter(image, 5, mode=mode),
}
PARAMETERS = {("blur", "gaussian"): {"sigma": 1.7}, ("blur", "box"): {"size": 5}}


def photographs():
    found = sorted(path for path in DATA.rglob("*") if path.suffix in {".png", ".jpg", ".tif"})
    assert found
    return found


def grey(path):
    image = imread(path).astype(np.float64)
    image = image[..., :3].mean(axis=2) if image.ndim == 3 else image
    return (image / image.max()).astype(np.float32)


@pytest.mark.parametrize("border", SCIPY_MODES)
@pytest.mark.parametrize("key", PEERS, ids="-".join)
def test_same_values_as_the_peer(key, border):
    run = Pipeline([stage(*key, **PARAMETERS.get(key, {}))], border=border)
    for path in photographs():
        image = grey(path)
        want = PEERS[key](image.astype(np.float64), mode=SCIPY_MODES[border])
        np.testing.assert_allclose(run(image), want, rtol=0, atol=1e-5, err_msg=str(path))


def test_roberts_is_scikit_image_s():
    # skimage.filters.roberts takes no mode: it convolves with a symmetric border.
    run = Pipeline([stage("edge", "roberts")], border="symmetric")
    for path in photographs():
        image = grey(path)
        np.testing.assert_allclose(run(image), skimage.filters.roberts(image), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("direction", "peer"), [("x", skimage.filters.sobel_v), ("y", skimage.filters.sobel_h)]
)
def test_signed_derivatives_are_scikit_image_s(direction, peer):
    run = Pipeline([stage("edge", "sobel", direction=direction)], border="symmetric")
    image = grey(photographs()[0])
    # scikit-image zeroes the border of its one-axis operators when it makes a mask.
    np.testing.assert_allclose(run(image), peer(image), rtol=0, atol=1e-5)


def test_laplacian_is_the_negative_of_scikit_image_s():
    run = Pipeline([stage("edge", "laplacian")], border="symmetric")
    image = grey(photographs()[0])
    np.testing.assert_allclose(run(image), -skimage.filters.laplace(image), rtol=0, atol=1e-5)


def test_unsharp_is_scikit_image_s():
    image = grey(photographs()[0])
    run = Pipeline([stage("sharpen", "unsharp", sigma=2, amount=1.5)], border="symmetric")
    want = skimage.filters.unsharp_mask(image, radius=2, amount=1.5)
    np.testing.assert_allclose(np.clip(run(image), 0, 1), want, rtol=0, atol=1e-5)
