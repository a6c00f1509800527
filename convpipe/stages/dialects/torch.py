"""torch.nn: nothing is added around the image unless 'padding' says so, and then zeros."""

from __future__ import annotations

from convpipe.stages.dialects.base import declare

declare("torch", "custom", "LABEL", "torch.nn.functional.conv2d(image, kernel)", border="constant", padding=0)
