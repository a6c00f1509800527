"""libvips: edges are repeated; convolutions of integers are rounded."""

from __future__ import annotations

from convpipe.stages.dialects.base import declare

declare("vips", "rank", "median", "image.median(size)", border="edge")
