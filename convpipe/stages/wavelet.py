"""Wavelet shrinkage: details that noise could have made are made smaller.

scikit-image has it through PyWavelets, which nothing else here needs: see ADR 27.
Source of the transform: S. Mallat, 'A theory for multiresolution signal decomposition', IEEE Trans. PAMI 11,
1989; of the filters: I. Daubechies, 'Ten Lectures on Wavelets', 1992.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convpipe.interval import UNBOUNDED
from convpipe.ops import Frame, Op
from convpipe.ops.frame import function
from convpipe.stages.base import ImageKind, method
from convpipe.stages.numbers import Count, Number
from convpipe.stages.parameters import Choice

Image = NDArray[np.float64]

_SHRINKAGE = "wavelet shrinkage"

_UPPER_QUARTILE = 0.6744897501960817
"""Of the normal distribution: the median of the sizes of its samples."""

_SCALING = {
    "db1": (0.7071067811865476, 0.7071067811865476),
    "db2": (0.48296291314453416, 0.8365163037378079, 0.2241438680420134, -0.12940952255126037),
    "db4": (
        0.2303778133088965,
        0.7148465705529157,
        0.6308807679298589,
        -0.027983769416859854,
        -0.18703481171909309,
        0.030841381835560764,
        0.0328830116668852,
        -0.010597401785069032,
    ),
    "sym4": (
        0.0322231006040427,
        -0.012603967262037833,
        -0.09921954357684722,
        0.29785779560527736,
        0.8037387518059161,
        0.49761866763201545,
        -0.02963552764599851,
        -0.07576571478927333,
    ),
}
"""Filters that put a level together of the sums of the next; those of the differences follow from them."""


def _pair(wavelet: str) -> tuple[Image, Image]:
    """Return the filters that put sums, and differences, together."""
    sums = np.array(_SCALING[wavelet])
    return sums, sums[::-1] * (-1.0) ** np.arange(len(sums))


def _apart(values: Image, taps: Image, axis: int) -> Image:
    """Return every other sum of samples along an axis, mirrored at its ends."""
    values = np.moveaxis(values, axis, 0)
    size, reach = len(values), len(taps) - 1
    padded = np.pad(values, ((reach, reach), *[(0, 0)] * (values.ndim - 1)), mode="symmetric")
    count = (size + reach) // 2
    made = sum(tap * padded[at + 1 : at + 1 + 2 * count : 2][:count] for at, tap in enumerate(taps))
    return np.moveaxis(np.asarray(made), 0, axis)


def _together(values: Image, taps: Image, axis: int) -> Image:
    """Return what sums, or differences, make of an axis of twice as many samples."""
    values = np.moveaxis(values, axis, 0)
    made = np.zeros((2 * len(values) + len(taps) - 2, *values.shape[1:]))
    for at, tap in enumerate(taps):
        made[at : at + 2 * len(values) : 2] += tap * values
    reach = len(taps) - 2
    return np.moveaxis(made[reach : len(made) - reach] if reach else made, 0, axis)


_BANDS = ((0, 0), (0, 1), (1, 0), (1, 1))
"""Of a level: of sums (0) or differences (1) along rows and columns; the first is the next level's image."""


def _levels(extent: Sequence[int], taps: int) -> int:
    """Return how many levels are taken apart where nobody says: three less than there are, but one."""
    shortest = min(extent)
    most = int(math.log2(shortest / (taps - 1))) if shortest >= taps - 1 else 0
    return max(most - 3, 1)


def _shrunk(details: Image, threshold: float, mode: str) -> Image:
    size = np.abs(details)
    if mode == "hard":
        return np.where(size < threshold, 0.0, details)
    return np.sign(details) * np.maximum(size - threshold, 0.0)


def _sigma(details: Image) -> float:
    """Return the deviation of the noise, from the finest diagonal details (Donoho and Johnstone, 1994)."""
    found = np.abs(details[details != 0])
    return float(np.median(found)) / _UPPER_QUARTILE if found.size else 0.0


def _denoised(image: Image, wavelet: str, rule: str, mode: str, sigma: float | None, levels: int) -> Image:
    """Return one channel without the details that are below a threshold."""
    pair = _pair(wavelet)
    mean, kept = image, []
    for _ in range(levels):
        along = [_apart(mean, taps, 0) for taps in pair]
        bands = {(i, j): _apart(along[i], pair[j], 1) for i, j in _BANDS}
        kept.append((mean.shape, bands))
        mean = bands[0, 0]
    sigma = _sigma(kept[0][1][1, 1]) if sigma is None else sigma
    for shape, bands in reversed(kept):
        bands[0, 0] = mean[: bands[0, 1].shape[0], : bands[0, 1].shape[1]]
        for band in _BANDS[1:]:
            bands[band] = _shrunk(bands[band], _threshold(bands[band], sigma, rule, image.size), mode)
        rows = [sum(_together(bands[i, j], pair[j], 1) for j in (0, 1)) for i in (0, 1)]
        mean = np.asarray(sum(_together(np.asarray(rows[i]), pair[i], 0) for i in (0, 1)))
        mean = mean[: shape[0], : shape[1]]
    return mean


def _threshold(details: Image, sigma: float, rule: str, samples: int) -> float:
    """Return the size up to which details are noise."""
    if rule == "visu":
        return sigma * math.sqrt(2 * math.log(samples))
    signal = float(np.mean(details * details)) - sigma**2
    return sigma**2 / math.sqrt(max(signal, np.finfo(np.float64).eps))


@function(_SHRINKAGE)
def _shrinkage(
    colours: Image, *, wavelet: str, rule: str, mode: str, sigma: float | None, levels: int | None
) -> Image:
    count = _levels(colours.shape[:2], len(_SCALING[wavelet])) if levels is None else levels
    made = [_denoised(colours[..., k], wavelet, rule, mode, sigma, count) for k in range(colours.shape[2])]
    return np.stack(made, axis=2)


@method(
    "denoise",
    "wavelet",
    "details of each scale, made smaller by as much as noise is in them; each colour by itself, alpha stays, "
    "and a NaN spreads",
    reference="skimage.restoration.denoise_wavelet; S. G. Chang, B. Yu, M. Vetterli, 'Adaptive "
    "wavelet thresholding for image denoising and compression', IEEE Trans. Image Processing 9, 2000; D. L. "
    "Donoho, I. M. Johnstone, 'Ideal spatial adaptation by wavelet shrinkage', Biometrika 81, 1994",
    parameters=(
        Choice(
            "wavelet",
            "of Daubechies with 1, 2 or 4 moments, or nearly symmetric",
            "db1",
            choices=tuple(_SCALING),
        ),
        Choice(
            "method",
            "BayesShrink, a threshold for each scale and direction; VisuShrink, one for all",
            "bayes",
            choices=("bayes", "visu"),
            aliases={"BayesShrink": "bayes", "VisuShrink": "visu"},
        ),
        Choice("mode", "details lose the threshold, or those below it go", "soft", choices=("soft", "hard")),
        Number(
            "sigma", "standard deviation of the noise, over the full scale; default: found", None, least=0.0
        ),
        Count("levels", "how many scales; default: by the size of the image", None, least=1, most=32),
    ),
    formula="d -> sign(d) maximum(abs(d) - t, 0); bayes: t = sigma^2 / sqrt(mean(d^2) - sigma^2); visu: t = "
    "sigma sqrt(2 log(pixels)); sigma = median(abs(d)) / 0.6745 of the finest diagonal d",
)
def _wavelet(
    wavelet: str, method: str, mode: str, sigma: float | None, levels: int | None, image: ImageKind
) -> tuple[Op, ...]:
    given = (("wavelet", wavelet), ("rule", method), ("mode", mode), ("sigma", sigma), ("levels", levels))
    work = 12 * len(_SCALING[wavelet])
    frame = Frame(_SHRINKAGE, given, image.full_scale, result=UNBOUNDED, operations=work, copies=1, planes=10)
    return (frame,)
