"""Pillow: windows repeat the edge."""

from __future__ import annotations

from convpipe.stages.dialects.base import declare

declare("pillow", "rank", "median", "image.filter(ImageFilter.MedianFilter(size))", border="edge")
declare("pillow", "rank", "minimum", "image.filter(ImageFilter.MinFilter(size))", border="edge")
declare("pillow", "rank", "maximum", "image.filter(ImageFilter.MaxFilter(size))", border="edge")
declare("pillow", "color", "gray", "image.convert('L')", weights="bt601")
declare("pillow", "point", "invert", "ImageOps.invert(image)")
declare("pillow", "point", "solarize", "ImageOps.solarize(image, level)")
declare("pillow", "geometry", "resize", "image.resize(size, method)")
declare("pillow", "geometry", "flip", "ImageOps.mirror(image)")
declare("pillow", "geometry", "rotate90", "image.transpose(Image.Transpose.ROTATE_90)")
declare("pillow", "geometry", "crop", "image.crop((left, top, right, bottom))")
