"""What scikit-image 2 has by default, as its version before calls it, beside the stages that are like it."""

from dialects.case import Case
from skimage import morphology

CASES = [
    Case(
        "morphology",
        name,
        lambda image, f=f: f(image, morphology.disk(3), mode="ignore"),
        {"size": 7, "footprint": "disk"},
    )
    for name, f in (("erode", morphology.erosion), ("dilate", morphology.dilation))
]
