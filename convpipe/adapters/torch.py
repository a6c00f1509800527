"""A pipeline as a transform of torch's data sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from convpipe.adapters.given import Given, pipeline_of
from convpipe.errors import ParameterError


class ImageTransform:
    r"""Filter a sample of a data set, on the processor; in each worker of a ``DataLoader`` on one core.

    Parameters
    ----------
    config : Pipeline, mapping, path or str
        As :meth:`convpipe.Pipeline.from_yaml` takes it, or a mapping of the same keys.
    overrides : mapping, optional
        From keys, ``"stages.0.sigma"`` or ``"NAME.sigma"``, to values that stand for those of the config.
    dtype : str, optional
        Of the result; default: as the config says, else that of the image.

    Notes
    -----
    It pickles, as workers that are spawned need it. No gradient passes: ``convpipe`` prepares data.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> blur = ImageTransform({"stages": [{"blur": "box", "size": 3}]})  # doctest: +SKIP
    >>> blur(torch.ones(3, 8, 10)).shape  # doctest: +SKIP
    torch.Size([3, 8, 10])
    """

    def __init__(
        self, config: Given, *, overrides: Mapping[str, Any] | None = None, dtype: str | None = None
    ) -> None:
        self.pipeline = pipeline_of(config, overrides)
        self.dtype = dtype
        if self.pipeline.outputs:
            raise ParameterError("a transform has one result, and this pipeline gives several", "config")

    def __call__(self, image: Any) -> torch.Tensor:
        """Return the filtered image.

        Parameters
        ----------
        image : Tensor, shape (channels, rows, cols) or (rows, cols); or an image of Pillow
            Of a dtype that NumPy has too, on the processor.

        Returns
        -------
        Tensor, shape (channels, rows, cols) or (rows, cols)
        """
        if isinstance(image, torch.Tensor):
            if image.requires_grad or image.device.type != "cpu":
                how = "take .detach().cpu() of it"
                raise ParameterError(f"needs a tensor on the processor without gradient: {how}", "image")
            pixels, axis = image.numpy(), 0 if image.ndim == 3 else None
        else:
            pixels, axis = np.asarray(image), None
        made = np.ascontiguousarray(self.pipeline(pixels, self.dtype, threads=1, channel_axis=axis))
        if axis is None and made.ndim == 3:
            made = np.ascontiguousarray(np.moveaxis(made, 2, 0))
        return torch.from_numpy(made)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.pipeline!r}, dtype={self.dtype!r})"
