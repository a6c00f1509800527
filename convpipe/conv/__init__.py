"""conv2d and Conv2d for (N, C, H, W) arrays, with the semantics of ``torch.nn.Conv2d``.

NumPy in, NumPy out. Like torch's, the "convolution" is a cross-correlation: taps are not flipped. Output
sizes and paddings are those of :mod:`convpipe.geometry`, the same that pipelines use.
"""

from convpipe.conv.functional import conv2d
from convpipe.conv.layer import Conv2d

__all__ = ["Conv2d", "conv2d"]
