"""A pipeline as a transformer of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from convpipe.adapters.given import Given, pipeline_of
from convpipe.errors import ParameterError


class ImageTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    r"""Filter images on their way to an estimator.

    Nothing is learnt: what the filters are is said by a config, and `overrides` are what a search tries.

    Parameters
    ----------
    config : Pipeline, mapping, path or str
        As :meth:`convpipe.Pipeline.from_yaml` takes it, or a mapping of the same keys.
    overrides : mapping, optional
        From keys, ``"stages.0.sigma"`` or ``"NAME.sigma"``, to values that stand for those of the config.
    dtype : str, default 'float32'
        Of the results; None: as the config says.
    flatten : bool
        Give the samples of an image as a row, as most estimators take them.

    Attributes
    ----------
    pipeline_ : Pipeline

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.linear_model import LogisticRegression
    >>> edges = {"stages": [{"edge": "sobel", "stride": 2}]}
    >>> images = np.random.default_rng(0).random((6, 8, 10))
    >>> model = make_pipeline(ImageTransformer(edges, flatten=True), LogisticRegression())
    >>> model.fit(images, [0, 1, 0, 1, 0, 1])[0].transform(images).shape
    (6, 20)
    """

    def __init__(
        self,
        config: Given,
        *,
        overrides: Mapping[str, Any] | None = None,
        dtype: str | None = "float32",
        flatten: bool = False,
    ) -> None:
        self.config = config
        self.overrides = overrides
        self.dtype = dtype
        self.flatten = flatten

    def fit(self, X: Any, y: Any = None) -> ImageTransformer:  # noqa: N803 - scikit-learn's name
        """Read the config.

        Parameters
        ----------
        X : array_like, shape (images, rows, cols) or (images, rows, cols, channels)
        y : ignored

        Raises
        ------
        ConfigError
            If the config is wrong.
        ParameterError
            If the pipeline gives several results, or these are no images.
        """
        self.pipeline_ = pipeline_of(self.config, self.overrides)
        if self.pipeline_.outputs:
            raise ParameterError("a transformer has one result, and this pipeline gives several", "config")
        _checked(X)
        return self

    def transform(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the filtered images.

        Returns
        -------
        ndarray, shape (images, rows, cols[, channels]), or (images, samples) with `flatten`
        """
        run = self.pipeline_ if hasattr(self, "pipeline_") else pipeline_of(self.config, self.overrides)
        made = np.stack([run(image, self.dtype) for image in _checked(X)])
        return made.reshape(len(made), -1) if self.flatten else made

    def __sklearn_tags__(self) -> Tags:
        """Say that it takes images, as they are, and needs no fit."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.requires_fit = False
        tags.no_validation = True
        return tags


def _checked(images: Any) -> NDArray[Any]:
    needed = "images of one size, (images, rows, cols) or (images, rows, cols, channels)"
    try:
        given = np.asarray(images)
    except ValueError as error:  # of several sizes
        raise ParameterError(f"needs {needed}; given a {type(images).__name__}: {error}", "X") from None
    if given.ndim not in (3, 4) or given.dtype == object:
        raise ParameterError(f"needs {needed}; given {given.dtype} {given.shape}", "X")
    return given
