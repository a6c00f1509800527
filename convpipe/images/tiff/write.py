"""Writing TIFF and BigTIFF, through tifffile: one page, or many that are never in memory together."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, BinaryIO, Literal

import numpy as np

from convpipe.images.formats.registry import GROUP4
from convpipe.images.metadata.model import Metadata, Samples
from convpipe.images.source import Page, Pieces
from convpipe.images.tiff import bilevel, ifd
from convpipe.images.tiff.compressed import encoder_of, rows_of_strip, strips_of
from convpipe.images.tiff.tags import written

ORDER: Literal["<"] = "<"
CLASSIC_BYTES = (1 << 32) - (1 << 26)
"""Most bytes that are put into a file of 32-bit offsets, with room for directories and metadata."""


def encode(
    pixels: np.ndarray, alpha: bool, metadata: Metadata, quality: int | None, compression: int | str | None
) -> Pieces:
    """Encode one page: uncompressed, or deflate at a level with the predictor that fits the dtype."""
    out = io.BytesIO()
    with paged(out, compression, pixels.nbytes) as write:
        write(Page(pixels, alpha, metadata))
    return [out.getbuffer()]  # no copy of what may be large


@contextmanager
def paged(out: BinaryIO, compression: int | str | None, nbytes: int) -> Iterator[Callable[[Page], None]]:
    """Encode pages, each as it comes, into a file that can be read back.

    Parameters
    ----------
    out : file
    compression : int, 'group4' or None
    nbytes : int
        Of all pages, decoded: above 4 GB the file is a BigTIFF.

    Yields
    ------
    callable
        Takes the next page. The file is whole when the context is left.
    """
    if compression == GROUP4:
        with bilevel.paged(out) as write_bits:
            yield write_bits
        return
    assert not isinstance(compression, str)
    import tifffile

    added: list[ifd.Added] = []
    before: dict[str, Any] = {}
    handle = tifffile.FileHandle(out, name="pages")  # it takes no file without a name
    with tifffile.TiffWriter(handle, bigtiff=nbytes > CLASSIC_BYTES, byteorder=ORDER) as writer:

        def write(page: Page) -> None:
            nonlocal before
            pixels, alpha, metadata, _ = page
            channels = 1 if pixels.ndim == 2 else pixels.shape[2]
            layout = layout_of(channels, alpha, metadata.samples, compression)
            stored = _stored(pixels, metadata.samples)
            writer.write(
                **(_deflated(stored, layout, compression) if compression else {"data": stored}),
                **layout,
                # ImageJ finds the pages of a stack one behind the other, not by their directories.
                contiguous=layout == before and not compression,
                metadata=None,
                software=False,
            )
            before = layout
            added.append(written(metadata))

        yield write
    ifd.extend(out, added)


def _stored(pixels: np.ndarray, samples: Samples | None) -> np.ndarray:
    """Return the pixels in the order in which they are written."""
    separate = samples is not None and samples.planar and pixels.ndim == 3
    return np.moveaxis(pixels, -1, 0) if separate else pixels


def _deflated(stored: np.ndarray, layout: Mapping[str, Any], level: int) -> dict[str, Any]:
    """Return the strips of a page, as tifffile takes them."""
    shape = stored.shape
    planes = stored[..., None] if layout["planarconfig"] == "separate" else stored.reshape(1, *shape[:2], -1)
    encode = encoder_of("deflate", level, stored.dtype)
    return {
        "data": (strip for plane in planes for strip in strips_of(plane, encode)),
        "shape": shape,
        "dtype": stored.dtype,
        "rowsperstrip": rows_of_strip(planes[0]),
    }


def layout_of(
    channels: int, alpha: bool, samples: Samples | None, compression: int | str | None
) -> dict[str, Any]:
    """Return how the samples are tagged: as they came, if the channels still are those."""
    if samples is None or samples.colours > channels - alpha:
        planar = samples is not None and samples.planar
        samples = replace(Samples.usual(channels, alpha), planar=planar)
    extra = channels - samples.colours
    return {
        "photometric": "rgb" if samples.colours == 3 else "minisblack",
        "planarconfig": ("separate" if samples.planar else "contig") if channels > 1 else None,
        "extrasamples": ["unspecified"] * (extra - alpha) + ["unassalpha"] * alpha if extra else None,
        "compression": "zlib" if compression else None,
        "predictor": bool(compression),
    }
