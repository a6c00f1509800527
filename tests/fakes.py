"""A pipeline that filters nothing, so that tests of folder jobs need no compiler."""

import threading

from convpipe.geometry import Border
from convpipe.losses import Losses
from convpipe.plan import Settings, make_plan
from convpipe.stages import stage
from convpipe.stages.wiring import wire


def cropped(pixels):
    """Return what :class:`FakePipeline` makes of an image."""
    return pixels[1:-1, 1:-1]


class FakePipeline:
    """Plans a 3x3 box without padding, and crops instead of filtering; counts the images in hand."""

    backend, border, dtype, missing = "cpu", Border.REFLECT, None, None

    def __init__(self, act=None):
        self.stages = [stage("blur", "box", size=3, padding=0)]
        self.act = act or (lambda pixels: None)
        self.lock = threading.Lock()
        self.threads, self.in_hand, self.most_in_hand = [], 0, 0

    @property
    def wiring(self):
        return wire(self.stages)

    def plan(self, shape, dtype="uint8", alpha=False, *, nodata=None, masked=False):
        channels = shape[2] if len(shape) == 3 else 1
        return make_plan(self.stages, tuple(shape[:2]), channels=channels, alpha=alpha, dtype=dtype)

    def outputs(self, image, threads=None, *, alpha=False, nodata=None, mask=None):
        result, losses = self.filter(image, threads, alpha=alpha)
        return {"result": result}, losses

    def filter(self, image, threads=None, *, alpha=False):
        with self.lock:
            self.threads.append(threads)
            self.in_hand += 1
            self.most_in_hand = max(self.most_in_hand, self.in_hand)
        try:
            self.act(image)
            return cropped(image), Losses()
        finally:
            with self.lock:
                self.in_hand -= 1


class StridedPipeline(FakePipeline):
    """Takes every pixel that a stride leaves, of RGB a grey one if told; metadata has to follow."""

    def __init__(self, stride=(2, 2), *, size=1, grey=False, dtype=None):
        super().__init__()
        self.stages = [stage("blur", "box", size=size, stride=stride, padding=0)]
        self.stages += [stage("color", "gray")] if grey else []
        self.size, self.stride, self.dtype = size, stride, dtype

    def plan(self, shape, dtype="uint8", alpha=False, *, nodata=None, masked=False):
        channels = shape[2] if len(shape) == 3 else 1
        return make_plan(
            self.stages,
            shape[:2],
            Settings(output_dtype=self.dtype),
            channels=channels,
            alpha=alpha,
            dtype=dtype,
        )

    def filter(self, image, threads=None, *, alpha=False):
        plan = self.plan(image.shape, image.dtype.name, alpha)
        rows, cols = plan.extent
        result = image[:: self.stride[0], :: self.stride[1]][:rows, :cols]
        if plan.output_channels < plan.channels:
            result = result[..., 0] if plan.output_channels == 1 else result[..., [0, -1]]
        return result.astype(plan.output_dtype), Losses()


class SeveralPipeline(FakePipeline):
    """Gives what :class:`FakePipeline` gives as ``small``, and every other pixel of that as the last result.

    Parameters
    ----------
    act : callable, optional
        Called with the pixels of each image.
    dtype : str, optional
        Of ``small``.
    """

    def __init__(self, act=None, dtype=None):
        super().__init__(act)
        self.small = dtype
        half = stage("blur", "box", size=1, stride=2, padding=0)
        own = {} if dtype is None else {"dtype": dtype}
        self.stages = [stage("blur", "box", size=3, padding=0, name="small", **own), half]

    @property
    def wiring(self):
        return wire(self.stages, {"small": "small"})

    def plan(self, shape, dtype="uint8", alpha=False, *, nodata=None, masked=False):
        channels = shape[2] if len(shape) == 3 else 1
        return make_plan(self.wiring, tuple(shape[:2]), channels=channels, alpha=alpha, dtype=dtype)

    def outputs(self, image, threads=None, *, alpha=False, nodata=None, mask=None):
        small, _ = self.filter(image, threads, alpha=alpha)
        return {"small": small.astype(self.small or image.dtype), "result": small[::2, ::2]}, Losses(nans=3)
