"""Operations of libvips beside the stages that are like them."""

import pytest
from dialects.case import Case

pyvips = pytest.importorskip("pyvips", reason="vips is not installed: its dialect is not compared")

KERNEL = [[1, -2, 3], [0.5, 0, -1], [2, 4, -3.5]]
WHOLE = ("uint8", "uint16")


def _of(function):
    return lambda image: function(pyvips.Image.new_from_array(image)).numpy()


CASES = [
    Case("rank", "median", _of(lambda x: x.median(5)), {"size": 5}, WHOLE),
    Case("rank", "minimum", _of(lambda x: x.rank(5, 5, 0)), {"size": 5}, WHOLE),
    Case("rank", "maximum", _of(lambda x: x.rank(5, 5, 24)), {"size": 5}, WHOLE),
    Case("geometry", "flip", _of(lambda x: x.fliphor()), images="rgb"),
    Case("geometry", "rotate90", _of(lambda x: x.rot270()), images="rgb"),
    Case("point", "invert", _of(lambda x: x.invert()), {}, WHOLE),
    Case(
        "custom",
        "LABEL",
        _of(lambda x: x.conv(KERNEL, precision="float")),
        {"kernel": KERNEL},
        result="float32",
    ),
]
