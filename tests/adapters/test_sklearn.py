"""A pipeline as a transformer of scikit-learn."""

import pickle

import numpy as np
import pytest

from convpipe import ConfigError, ParameterError, Pipeline, stage

sklearn = pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'convpipe[sklearn]'")

from sklearn.base import clone  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.pipeline import Pipeline as Chain  # noqa: E402

from convpipe.adapters.sklearn import ImageTransformer  # noqa: E402

BLUR = {"stages": [{"blur": "gaussian", "sigma": 1, "name": "soft"}]}


@pytest.fixture
def images(rng):
    return rng.random((8, 12, 14)).astype(np.float32)


def blurred(images, sigma):
    run = Pipeline([stage("blur", "gaussian", sigma=sigma)])
    return np.stack([run(image) for image in images])


def test_images_are_filtered(images, tmp_path):
    expected = blurred(images, 1)
    path = tmp_path / "blur.yaml"
    path.write_text(Pipeline.from_dict(BLUR).to_yaml())
    for config in (BLUR, Pipeline.from_dict(BLUR), path, str(path), path.read_text()):
        np.testing.assert_array_equal(ImageTransformer(config).fit_transform(images), expected)
    flat = ImageTransformer(BLUR, flatten=True).transform(images)
    np.testing.assert_array_equal(flat, expected.reshape(8, -1))


def test_colours_and_types(rng):
    images = rng.integers(0, 256, (3, 12, 14, 3), dtype=np.uint8)
    made = ImageTransformer(BLUR, dtype=None).fit_transform(images)
    assert made.dtype == np.uint8 and made.shape == images.shape  # noqa: PT018
    assert ImageTransformer(BLUR).fit_transform(images).dtype == np.float32


def test_it_clones_pickles_and_says_what_it_is(images):
    one = ImageTransformer(BLUR, overrides={"soft.sigma": 2})
    np.testing.assert_array_equal(clone(one).fit(images).transform(images), blurred(images, 2))
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(one.fit(images))).transform(images), blurred(images, 2)
    )
    assert "soft.sigma" in repr(one)


def test_a_search_tries_parameters(images):
    """Labels that only the blurred images tell apart: noise of each pixel hides a level that all share."""
    rng = np.random.default_rng(3)
    labels = np.arange(40) % 2
    noisy = labels[:, None, None] * 0.3 + rng.normal(0, 1, (40, 9, 9))
    chain = Chain([("filter", ImageTransformer(BLUR, flatten=True)), ("model", LogisticRegression())])
    grid = {"filter__overrides": [{"stages.0.sigma": np.float64(0.1)}, {"stages.0.sigma": 4}]}
    search = GridSearchCV(chain, grid, cv=4).fit(noisy, labels)
    assert search.best_params_ == {"filter__overrides": {"stages.0.sigma": 4}}


def test_what_is_wrong_is_said(images):
    with pytest.raises(ConfigError, match="sigmaa"):
        ImageTransformer(BLUR, overrides={"soft.sigmaa": 2}).fit(images)
    with pytest.raises(ParameterError, match=r"given float32 \(12, 14\)"):
        ImageTransformer(BLUR).fit(images[0])
    with pytest.raises(ParameterError, match=r"needs images of one size.*given a list"):
        ImageTransformer(BLUR).fit([images[0], images[0][:3]])
    several = Pipeline.from_dict({**BLUR, "outputs": {"other": {"from": "soft"}}})
    with pytest.raises(ParameterError, match="several"):
        ImageTransformer(several).fit(images)
    with pytest.raises(ParameterError, match="given int"):
        ImageTransformer(3).fit(images)
