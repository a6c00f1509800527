"""Pillow's filters beside the stages that are like them."""

import numpy as np
from dialects.case import Case
from PIL import Image, ImageFilter, ImageOps


def _filtered(chosen):
    return lambda image: np.asarray(Image.fromarray(image).filter(chosen))


CASES = [
    Case("rank", name, _filtered(kind(size)), {"size": size}, ("uint8",), images)
    for name, kind in (
        ("median", ImageFilter.MedianFilter),
        ("minimum", ImageFilter.MinFilter),
        ("maximum", ImageFilter.MaxFilter),
    )
    for size, images in ((3, "gray"), (7, "rgb"))
]
CASES += [
    *(
        Case(
            "geometry",
            "resize",
            lambda image, s=s, m=m: np.asarray(
                Image.fromarray(image).resize(s[::-1], getattr(Image.Resampling, m.upper()))
            ),
            {"size": list(s), "method": method},
            ("uint8",),
            images,
        )
        for method, m in (
            ("box", "box"),
            ("bilinear", "bilinear"),
            ("hamming", "hamming"),
            ("bicubic", "bicubic"),
            ("lanczos3", "lanczos"),
        )
        for s in ((50, 49), (67, 200), (270, 262))
        for images in ("gray", "rgb")
    ),
    Case(
        "color", "gray", lambda image: np.asarray(Image.fromarray(image).convert("L")), {}, ("uint8",), "rgb"
    ),
    Case(
        "point",
        "invert",
        lambda image: np.asarray(ImageOps.invert(Image.fromarray(image))),
        {},
        ("uint8",),
        "rgb",
    ),
    Case(
        "point",
        "solarize",
        lambda image: np.asarray(ImageOps.solarize(Image.fromarray(image), 100)),
        {"level": 100},
        ("uint8",),
        "rgb",
    ),
    Case(
        "geometry",
        "flip",
        lambda image: np.asarray(ImageOps.mirror(Image.fromarray(image))),
        {},
        ("uint8",),
        "rgb",
    ),
    Case(
        "geometry",
        "rotate90",
        lambda image: np.asarray(Image.fromarray(image).transpose(Image.Transpose.ROTATE_90)),
        {},
        ("uint8",),
        "rgb",
    ),
    Case(
        "geometry",
        "crop",
        lambda image: np.asarray(Image.fromarray(image).crop((10, 5, 60, 77))),
        {"box": [5, 10, 77, 60]},
        ("uint8",),
        "rgb",
    ),
]
