"""libvips: edges are repeated; convolutions of integers are rounded."""

from __future__ import annotations

from convpipe.stages.dialects.base import declare

declare("vips", "rank", "median", "image.median(size)", border="edge")
declare("vips", "rank", "minimum", "image.rank(size, size, 0)", border="edge")
declare("vips", "rank", "maximum", "image.rank(size, size, size * size - 1)", border="edge")
declare("vips", "geometry", "flip", "image.fliphor()")
declare("vips", "geometry", "rotate90", "image.rot270()")
declare("vips", "point", "invert", "image.invert()")
declare("vips", "custom", "LABEL", "image.conv(kernel, precision='float')", border="edge")
