"""A pipeline as a transform of torch's data sets."""

import pickle

import numpy as np
import pytest
from PIL import Image

from convpipe import ParameterError, Pipeline

torch = pytest.importorskip("torch", reason="needs torch: pip install 'convpipe[torch]'")

from convpipe.adapters.torch import ImageTransform  # noqa: E402

BLUR = {"stages": [{"blur": "box", "size": 3}]}


def test_tensors_and_pictures(rng):
    pixels = rng.integers(0, 256, (9, 8, 3), dtype=np.uint8)
    expected = np.moveaxis(Pipeline.from_dict(BLUR)(pixels), 2, 0)
    one = ImageTransform(BLUR)
    for image in (torch.from_numpy(pixels).permute(2, 0, 1), Image.fromarray(pixels)):
        made = one(image)
        assert made.dtype == torch.uint8
        np.testing.assert_array_equal(made.numpy(), expected)
    grey = torch.from_numpy(np.ascontiguousarray(pixels[..., 0]))
    np.testing.assert_array_equal(one(grey).numpy(), Pipeline.from_dict(BLUR)(pixels[..., 0]))


class Ramps(torch.utils.data.Dataset):
    def __init__(self, transform):
        self.transform = transform

    def __len__(self):
        return 6

    def __getitem__(self, index):
        return self.transform(torch.arange(30.0).reshape(1, 5, 6) * index)


def test_in_workers_that_are_spawned():
    one = ImageTransform(BLUR, overrides={"stages.0.size": 1})
    loader = torch.utils.data.DataLoader(
        Ramps(one), batch_size=3, num_workers=1, multiprocessing_context="spawn"
    )
    batches = list(loader)
    assert batches[1].shape == (3, 1, 5, 6)
    np.testing.assert_array_equal(batches[1][2].numpy(), np.arange(30.0).reshape(1, 5, 6) * 5)
    assert pickle.loads(pickle.dumps(one)).pipeline == one.pipeline


def test_what_is_wrong_is_said():
    with pytest.raises(ParameterError, match=r"\.detach\(\)\.cpu\(\)"):
        ImageTransform(BLUR)(torch.ones(1, 5, 6, requires_grad=True))
