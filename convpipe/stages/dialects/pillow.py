"""Pillow: windows repeat the edge."""

from __future__ import annotations

from convpipe.stages.dialects.base import declare

declare("pillow", "rank", "median", "image.filter(ImageFilter.MedianFilter(size))", border="edge")
declare("pillow", "rank", "minimum", "image.filter(ImageFilter.MinFilter(size))", border="edge")
declare("pillow", "rank", "maximum", "image.filter(ImageFilter.MaxFilter(size))", border="edge")
