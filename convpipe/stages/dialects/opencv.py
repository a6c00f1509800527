"""OpenCV: borders reflect, derivatives are not divided by the weight of their smoothing.

Morphology takes nothing from outside the image, which for a rectangle is what repeating its edge gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convpipe.errors import ParameterError
from convpipe.stages.dialects.base import Depends, declare, of_magnitude

_LARGE = 3e38
"""Beyond all samples of floating point; finite, as a border holds numbers."""


def _reach(own: Mapping[str, Any], image: Any) -> float:
    """Return the ``truncate`` of a Gaussian whose kernels are as large as OpenCV's."""
    reach = 3 if image.full_scale == 255 else 4
    radii = [((round(2 * reach * sigma + 1) | 1) // 2, sigma) for sigma in own["sigma"] if sigma]
    low = max(((radius - 0.5) / sigma for radius, sigma in radii), default=1.0)
    high = min(((radius + 0.5) / sigma for radius, sigma in radii), default=1.0)
    if low > high:
        given = [radius for radius, _ in radii]
        raise ParameterError(f"no 'truncate' gives the radii of OpenCV, {given}; take one sigma", "like")
    return (low + high) / 2


_TRUNCATE = Depends("so that the radius is 3 sigma of uint8, 4 of other types, rounded as there", _reach)
NOTHING_LOWER = Depends(
    "so that nothing counts outside the image",
    lambda _, image: image.full_scale if image.full_scale > 1 else _LARGE,
)
NOTHING_HIGHER = Depends(
    "so that nothing counts outside the image",
    lambda _, image: image.lowest if image.full_scale > 1 else -_LARGE,
)

declare(
    "opencv",
    "blur",
    "gaussian",
    "cv2.GaussianBlur(image, (0, 0), sigma)",
    border="reflect",
    truncate=_TRUNCATE,
)
declare("opencv", "blur", "box", "cv2.blur(image, size)", border="reflect")
declare(
    "opencv", "edge", "sobel", "cv2.Sobel(image, cv2.CV_32F, 1, 0)", border="reflect", gain=of_magnitude(4)
)
declare(
    "opencv", "edge", "scharr", "cv2.Scharr(image, cv2.CV_32F, 1, 0)", border="reflect", gain=of_magnitude(16)
)
declare("opencv", "edge", "laplacian", "cv2.Laplacian(image, cv2.CV_32F)", border="reflect")
declare("opencv", "rank", "median", "cv2.medianBlur(image, size)", border="edge")
declare(
    "opencv", "morphology", "erode", "cv2.erode(image, footprint)", border="constant", value=NOTHING_LOWER
)
declare(
    "opencv", "morphology", "dilate", "cv2.dilate(image, footprint)", border="constant", value=NOTHING_HIGHER
)
for _name in ("open", "close", "gradient", "tophat", "blackhat"):
    _call = f"cv2.morphologyEx(image, cv2.MORPH_{_name.upper()}, footprint)"
    declare("opencv", "morphology", _name, _call, border="edge")
declare(
    "opencv",
    "blur",
    "bilateral",
    "cv2.bilateralFilter(image, size, sigma_color, sigma_space)",
    border="reflect",
    footprint="disk",
    distance="manhattan",
)
declare(
    "opencv",
    "edge",
    "canny",
    "cv2.Canny(image, low, high, L2gradient=norm == 'l2')",
    border="edge",
    sigma=(0.0, 0.0),
    norm="l1",
    suppression="sectors",
)
declare("opencv", "custom", "LABEL", "cv2.filter2D(image, -1, kernel)", border="reflect")
declare("opencv", "rank", "minimum", "cv2.erode(image, np.ones(size))", border="edge")
declare("opencv", "rank", "maximum", "cv2.dilate(image, np.ones(size))", border="edge")
declare("opencv", "blur", "binomial", "cv2.sepFilter2D(image, -1, k, k)", border="reflect")
declare("opencv", "color", "gray", "cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)", weights="bt601")
declare("opencv", "contrast", "stretch", "cv2.normalize(image, None, low, high, cv2.NORM_MINMAX)")
declare("opencv", "contrast", "equalize", "cv2.equalizeHist(image)", lowest="black")
declare("opencv", "contrast", "clahe", "cv2.createCLAHE(clip, tiles).apply(image)")
declare("opencv", "geometry", "pad", "cv2.copyMakeBorder(image, *by, cv2.BORDER_DEFAULT)", border="reflect")
declare("opencv", "geometry", "pyramid_down", "cv2.pyrDown(image)", border="reflect", rounds="floor(r + 0.5)")
declare("opencv", "geometry", "pyramid_up", "cv2.pyrUp(image)", rounds="floor(r + 0.5)")
declare("opencv", "geometry", "flip", "cv2.flip(image, 1)")
declare("opencv", "geometry", "rotate90", "cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE)")
declare("opencv", "threshold", "fixed", "cv2.threshold(image, level, 255, cv2.THRESH_BINARY)")
declare("opencv", "threshold", "otsu", "cv2.threshold(image, 0, 255, cv2.THRESH_OTSU)")
declare("opencv", "threshold", "triangle", "cv2.threshold(image, 0, 255, cv2.THRESH_TRIANGLE)", line="beyond")
declare("opencv", "threshold", "between", "cv2.inRange(image, low, high)")
declare(
    "opencv",
    "threshold",
    "adaptive",
    "cv2.adaptiveThreshold(image, 255, method, cv2.THRESH_BINARY, size, offset)",
    border="edge",
)
declare("opencv", "point", "invert", "cv2.bitwise_not(image)")
declare("opencv", "objects", "distance", "cv2.distanceTransform(image, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)")
