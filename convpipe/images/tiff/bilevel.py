"""Pages of black and white, compressed by CCITT Group 4 (ITU-T T.6), through Pillow's libtiff.

tifffile writes no such pages. A page takes an eighth of a byte a pixel until all of them are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from convpipe.images.bilevel import white
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
    from PIL import Image

    pages: list[Any] = []
    added: list[ifd.Added] = []

    def write(page: Page) -> None:
        pages.append(Image.fromarray(white(page.pixels, GROUP4)))
        added.append(written(page.metadata))

    yield write
    first, *rest = pages
    first.save(out, format="TIFF", compression=GROUP4, save_all=True, append_images=rest)
    ifd.extend(out, added)
