"""Pages of black and white, compressed by CCITT Group 4 (ITU-T T.6), through Pillow's libtiff.

tifffile writes no such pages. A page takes an eighth of a byte a pixel until all of them are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from convpipe.errors import WriteError
from convpipe.images.formats.registry import GROUP4
from convpipe.images.source import Page
from convpipe.images.tiff import ifd
from convpipe.images.tiff.tags import written


@contextmanager
def paged(out: BinaryIO) -> Iterator[Callable[[Page], None]]:
    """Encode pages; as :func:`convpipe.images.tiff.write.paged`.

    Raises
    ------
    WriteError
        If a page has more than one channel, or values beside 0 and one other.
    """
    pages: list[Any] = []
    added: list[ifd.Added] = []

    def write(page: Page) -> None:
        pages.append(_packed(page.pixels))
        added.append(written(page.metadata))

    yield write
    first, *rest = pages
    first.save(out, format="TIFF", compression=GROUP4, save_all=True, append_images=rest)
    ifd.extend(out, added)


def _packed(pixels: np.ndarray) -> Any:
    """Return a page as Pillow has images of one bit."""
    from PIL import Image

    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim != 2:
        raise WriteError(f"compression group4 is of one channel; the result has {pixels.shape[2]}")
    white = pixels.max()
    others = np.count_nonzero((pixels != 0) & (pixels != white))
    if others:
        raise WriteError(
            f"compression group4 holds black and white; {others} pixels are neither 0 nor {white}: "
            "'threshold: otsu' and its like give no others"
        )
    return Image.fromarray(pixels != 0)
