"""Conversions of decoded samples to what the filters work on: grey or RGB, straight alpha, full range."""

from __future__ import annotations

import numpy as np


def cmyk_to_rgb(pixels: np.ndarray) -> np.ndarray:
    """Convert ink, (H, W, 4) unsigned, 0 for none, to RGB without a profile: (1 - c) * (1 - k).

    >>> cmyk_to_rgb(np.array([[[0, 255, 0, 0], [0, 0, 0, 255]]], np.uint8)).tolist()
    [[[255, 0, 255], [0, 0, 0]]]
    """
    top = np.iinfo(pixels.dtype).max
    light = (top - pixels).astype(np.float32)
    rgb = light[..., :3] * (light[..., 3:] / np.float32(top))
    return np.rint(rgb).astype(pixels.dtype)


def ink_to_rgb(pixels: np.ndarray, profile: bytes | None, notes: list[str]) -> np.ndarray:
    """Convert ink, as for :func:`cmyk_to_rgb`, to sRGB through its ICC profile; without one, by that formula.

    The formula is what PDF (ISO 32000-2, 10.4.2.4) defines for ink that is not calibrated.
    """
    if profile is not None and profile[16:20] == b"CMYK":
        import imagecodecs

        try:
            rgb: np.ndarray = imagecodecs.cms_transform(
                pixels, profile, imagecodecs.cms_profile("srgb"), colorspace="cmyk", outcolorspace="rgb"
            )
        except RuntimeError:
            notes.append("broken ICC profile dropped")
        else:
            notes.append("CMYK converted to sRGB through its profile")
            return rgb
    notes.append("CMYK without a profile converted to RGB by (1 - ink)(1 - black)")
    return cmyk_to_rgb(pixels)


def scale_bits(pixels: np.ndarray, bits: int) -> np.ndarray:
    """Stretch unsigned samples of ``bits`` bits over the full range of their dtype, exactly at both ends.

    >>> scale_bits(np.array([0, 7, 15], np.uint8), 4).tolist()
    [0, 119, 255]
    """
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    top, used = np.iinfo(pixels.dtype).max, (1 << bits) - 1
    if bits == 8 * pixels.itemsize:
        return pixels
    return ((pixels.astype(np.uint64) * np.uint64(top) + np.uint64(used // 2)) // np.uint64(used)).astype(
        pixels.dtype
    )


def straight_alpha(pixels: np.ndarray) -> np.ndarray:
    """Undo premultiplied alpha (the last channel); where alpha is 0 the colour is 0."""
    top = np.float64(1 if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max)
    alpha = pixels[..., -1:].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        colour = np.where(alpha > 0, pixels[..., :-1] * top / alpha, 0)
    if pixels.dtype.kind != "f":
        colour = np.rint(np.minimum(colour, top))
    return np.concatenate([colour.astype(pixels.dtype), pixels[..., -1:]], axis=-1)


def apply_palette(indices: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Look TIFF palette indices up: colours (3, N) of 16 bits (or, in old files, 8) to RGB uint8.

    Raises
    ------
    ValueError
        An index lies outside the palette.
    """
    table = (colours >> 8 if colours.max(initial=0) > 255 else colours).astype(np.uint8).T
    if indices.max(initial=0) >= len(table):
        raise ValueError(f"palette index {indices.max()} of {len(table)} colours")
    return np.ascontiguousarray(table)[indices.astype(np.intp)]


def orient(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn stored pixels upright by the EXIF orientation, 1 to 8 (CIPA DC-008, 4.6.4.A).

    Parameters
    ----------
    pixels : ndarray (H, W) or (H, W, C)
    orientation : int
        5 to 8 exchange rows and columns.
    """
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
