"""What the samples of a TIFF's pixels are: colour, alpha or data (TIFF 6.0, sections 3 to 6, 16, 18)."""

from __future__ import annotations

from typing import Any

import numpy as np

from convpipe.errors import ReadError
from convpipe.images.colour import apply_palette, ink_to_rgb, scale_bits, straight_alpha
from convpipe.images.metadata.model import Samples

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
PHOTOMETRIC, COLOUR_MAP = 262, 320
GEL_KIND, GEL_SCALE = 33445, 33446
"""Of gel scanners by Molecular Dynamics: 2 for samples that are square roots; the factor of their squares."""

JPEG = 7
FAX = (2, 3, 4)
"""CCITT's compressions."""

COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3}
"""Samples that make the colour of a pixel, by photometric interpretation; more are extra."""

DATA, PREMULTIPLIED, STRAIGHT, COREL_STRAIGHT = 0, 1, 2, 999
"""What an extra sample is. The last is an old writer's, read as libtiff does."""


class Pixel:
    """The samples of a page's pixels.

    Parameters
    ----------
    page : tifffile.TiffPage
    notes : list of str
        Told what the file leaves open.

    Raises
    ------
    ReadError
        They have no plain meaning as grey, RGB or channels of data.
    """

    def __init__(self, page: Any, notes: list[str]) -> None:
        self._page = page
        self._photometric = _photometric(page, notes)
        samples, self._colours = page.samplesperpixel, COLOURS[self._photometric]
        if samples < self._colours and self._photometric == RGB:  # so LSM tags two channels
            self._photometric, self._colours = BLACK_IS_ZERO, 1
        self._root_scale = _root_scale(page)
        extra = samples - self._colours
        given = [STRAIGHT if each == COREL_STRAIGHT else each for each in page.extrasamples[: max(extra, 0)]]
        self._extra = [*given, *[DATA] * (extra - len(given))]
        if extra < 0 or (extra and self._photometric == PALETTE and page.bitspersample != 8):
            raise ReadError(f"{samples} samples a pixel of {self._photometric_name}")

    @property
    def _photometric_name(self) -> str:
        return getattr(self._page.photometric, "name", str(self._page.photometric))

    @property
    def alpha(self) -> bool:
        """Whether the last channel of :meth:`convert` is alpha."""
        return self._alpha is not None

    @property
    def _alpha(self) -> int | None:
        """Number of the extra sample that is alpha: the last that is said to be."""
        found = [at for at, kind in enumerate(self._extra) if kind in (PREMULTIPLIED, STRAIGHT)]
        return found[-1] if found else None

    @property
    def _converted(self) -> bool:
        return self._photometric in (PALETTE, CMYK)

    @property
    def channels(self) -> int:
        """Channels of :meth:`convert`."""
        return (3 if self._converted else self._colours) + len(self._extra)

    @property
    def dtype(self) -> str:
        """Of :meth:`convert`, NumPy's name; float16 still is that."""
        if self._root_scale is not None:
            return "float32"
        plain = self._photometric == PALETTE or self._page.dtype == np.bool_
        return "uint8" if plain else np.dtype(self._page.dtype).name

    @property
    def samples(self) -> Samples:
        """How a result is to be tagged."""
        grey = self._photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO)
        return Samples(1 if grey else 3, planar=self._page.planarconfig == 2 and self.channels > 1)

    def convert(self, pixels: np.ndarray, profile: bytes | None, notes: list[str]) -> np.ndarray:
        """Convert samples as stored to full-range grey or RGB, with data and straight alpha behind.

        Parameters
        ----------
        pixels : ndarray (H, W, samples)
        profile : bytes or None
            ICC profile of the page.
        notes : list of str

        Returns
        -------
        ndarray (H, W, channels)
        """
        if self._photometric == PALETTE:
            table = np.asarray(self._page.tags[COLOUR_MAP].value).reshape(3, -1)
            return self._alpha_last(apply_palette(pixels[..., 0], table), pixels[..., 1:], notes)
        if self._root_scale is not None:
            notes.append("square roots of counts (Molecular Dynamics GEL) made counts")
            return pixels.astype(np.float32) ** 2 * np.float32(self._root_scale)
        if pixels.dtype.kind in "bu":
            bits = self._page.bitspersample
            if bits not in (1, 8 * pixels.itemsize):
                notes.append(f"{bits}-bit samples scaled to {8 * pixels.itemsize} bits")
            pixels = scale_bits(pixels, bits)
        if not self._extra:
            return self._colour(pixels, profile, notes)
        colour, extra = pixels[..., : self._colours], pixels[..., self._colours :]
        if self._alpha is not None and self._extra[self._alpha] == PREMULTIPLIED:
            notes.append("premultiplied alpha undone")
            colour = straight_alpha(np.concatenate([colour, extra[..., self._alpha, None]], axis=-1))[
                ..., :-1
            ]
        return self._alpha_last(self._colour(colour, profile, notes), extra, notes)

    def _colour(self, colour: np.ndarray, profile: bytes | None, notes: list[str]) -> np.ndarray:
        """Convert the samples that make the colour to grey or RGB."""
        if self._photometric == CMYK:
            return ink_to_rgb(np.ascontiguousarray(colour), profile, notes)
        if self._photometric == WHITE_IS_ZERO:
            if colour.dtype.kind == "u":
                return ~colour
            notes.append("white is stored as zero; kept, as signed and float samples have no fixed white")
        return colour

    def _alpha_last(self, colour: np.ndarray, extra: np.ndarray, notes: list[str]) -> np.ndarray:
        """Join colour and extra samples, alpha at the end."""
        if not self._extra:
            return colour
        if self._alpha is not None:
            others = [at for at in range(len(self._extra)) if at != self._alpha]
            if self._alpha < len(others):
                notes.append(f"alpha is channel {colour.shape[-1] + self._alpha + 1}; moved to the end")
            if any(self._extra[at] in (PREMULTIPLIED, STRAIGHT) for at in others):
                notes.append("several channels are said to be alpha; the last is taken, the others are data")
            extra = extra[..., [*others, self._alpha]]
        return np.concatenate([colour, extra], axis=-1)


def _root_scale(page: Any) -> float | None:
    """Return what the squares of samples are to be multiplied with; None for samples that are no roots."""
    if page.tags.valueof(GEL_KIND) != 2 or page.samplesperpixel != 1:
        return None
    over, under = page.tags.valueof(GEL_SCALE, (1, 1))
    return float(over / under)


def _photometric(page: Any, notes: list[str]) -> int:
    """Return the photometric interpretation; where the file says none, what libtiff takes."""
    if page.photometric not in COLOURS:
        raise ReadError(f"photometric interpretation {getattr(page.photometric, 'name', page.photometric)}")
    if PHOTOMETRIC in page.tags:
        return int(page.photometric)
    if page.compression == JPEG:
        raise ReadError("JPEG without a photometric interpretation")
    taken = WHITE_IS_ZERO if page.compression in FAX else RGB if page.samplesperpixel == 3 else BLACK_IS_ZERO
    name = {WHITE_IS_ZERO: "grey whose 0 is white", RGB: "RGB"}.get(taken, "grey whose 0 is black")
    notes.append(f"no photometric interpretation; taken for {name}")
    return taken
