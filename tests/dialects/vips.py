"""Operations of libvips beside the stages that are like them."""

import pytest
from dialects.case import Case

pyvips = pytest.importorskip("pyvips", reason="vips is not installed: its dialect is not compared")

CASES = [
    Case(
        "rank",
        "median",
        lambda image: pyvips.Image.new_from_array(image).median(5).numpy(),
        {"size": 5},
        ("uint8", "uint16"),
    )
]
