"""What folder.py times against `convpipe run`: the same job, as it is written with other libraries.

    python folder_peers.py PEER INPUT OUTPUT THREADS

A process each, with its start and end. All write JPEGs of the same quality and subsampling. Results are the
magnitude of each channel's gradient, scaled as convpipe's, but for `vips-native`.
"""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Callable, Iterable
from functools import partial
from multiprocessing import Pool
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np

QUALITY = 95
SCALE = 1 / (4 * np.sqrt(2))
LEVEL = 1
SMALL = 1 << 20
Pair = tuple[Path, Path]
Codec = tuple[Callable[[bytes], np.ndarray], Callable[[np.ndarray], object]]


def codecs(pairs: list[Pair], threads: int) -> None:
    """Decode every image, and encode the result of the first as often, with convpipe's codecs and settings.

    Nothing else is done: nothing is checked, hashed or written. The one result is what folder.py left beside
    the output folder. Of small files the C library keeps what is given back to it, as in convpipe; of large
    ones what it does by itself is as quick.
    """
    if pairs[0][0].stat().st_size < SMALL:
        from convpipe import memory

        memory.keep_freed()
    _codecs_alone(*{".jpg": jpeg, ".png": png, ".tif": tiff}[pairs[0][0].suffix](), pairs, threads)


def _codecs_alone(
    decode: Callable[[bytes], np.ndarray],
    encode: Callable[[np.ndarray], object],
    pairs: list[Pair],
    threads: int,
) -> None:
    first = pairs[0][1].parent.parent / f"result{pairs[0][0].suffix}"
    result = decode(first.read_bytes())

    def one(pair: Pair) -> None:
        decode(pair[0].read_bytes())
        encode(result)

    each(ThreadPool(threads), one, pairs)


def jpeg() -> Codec:
    import imagecodecs

    return imagecodecs.jpeg8_decode, partial(imagecodecs.jpeg8_encode, level=QUALITY)


def png() -> Codec:
    """RGB of 8 bits as convpipe has it: through ISA-L, and libpng where it reads."""
    import imagecodecs

    from convpipe.images.formats import png
    from convpipe.images.formats.inflated import raw_size, with_stored_pixels
    from convpipe.images.metadata.model import Metadata

    def decode(data: bytes) -> np.ndarray:
        cols, rows = struct.unpack_from(">II", data, 16)
        pixels: np.ndarray = imagecodecs.png_decode(with_stored_pixels(data, raw_size(rows, cols, 24, False)))
        return pixels

    return decode, lambda pixels: png.encode(pixels, False, Metadata(), None, None)


def libpng(pairs: list[Pair], threads: int) -> None:
    """As `codecs`, both through libpng and zlib, with the settings of it that are as fast as any."""
    import imagecodecs

    _codecs_alone(
        imagecodecs.png_decode,
        partial(imagecodecs.png_encode, level=1, strategy=3, filter=64),
        pairs,
        threads,
    )


def tiff() -> Codec:
    """Strips as convpipe unpacks and packs them: into memory that earlier images gave back, and by ISA-L."""
    import tifffile

    from convpipe.images.formats.tiff import encode
    from convpipe.images.metadata.model import Metadata
    from convpipe.images.source import Source
    from convpipe.images.tiff.decode import samples_of

    def decode(data: bytes) -> np.ndarray:
        file = io.BytesIO(data)
        with tifffile.TiffFile(file) as tiff:
            page = tiff.pages[0]
            return samples_of(page, Source(file, len(data), "tiff")).reshape(page.shape)

    return decode, lambda pixels: encode(pixels, False, Metadata(), None, LEVEL)


def libdeflate(pairs: list[Pair], threads: int) -> None:
    """As `codecs`, but that tifffile packs the strips, by libdeflate.

    Left to tifffile, unpacking would take 1.2 times as long where they are deflated, and 1.8 times of LZW.
    """
    import tifffile

    def encode(pixels: np.ndarray) -> None:
        settings = {"compression": "zlib", "compressionargs": {"level": LEVEL}, "predictor": True}
        tifffile.imwrite(io.BytesIO(), pixels, **settings, metadata=None, maxworkers=1)

    _codecs_alone(tiff()[0], encode, pairs, threads)


def opencv(pairs: list[Pair], threads: int) -> None:
    """A process a core, each with OpenCV's own threads off."""
    import cv2

    each(Pool(threads, cv2.setNumThreads, (1,)), opencv_one, pairs)


def opencv_one(pair: Pair) -> None:
    import cv2

    image = cv2.imread(str(pair[0]), cv2.IMREAD_COLOR)
    blurred = cv2.GaussianBlur(image, (5, 5), 1, borderType=cv2.BORDER_REFLECT_101)
    x = cv2.Sobel(blurred, cv2.CV_32F, 1, 0, scale=SCALE, borderType=cv2.BORDER_REFLECT_101)
    y = cv2.Sobel(blurred, cv2.CV_32F, 0, 1, scale=SCALE, borderType=cv2.BORDER_REFLECT_101)
    edges = cv2.convertScaleAbs(cv2.magnitude(x, y))
    quality = [cv2.IMWRITE_JPEG_QUALITY, QUALITY] if pair[1].suffix == ".jpg" else []
    cv2.imwrite(str(pair[1]), edges, quality)


def vips(pairs: list[Pair], threads: int) -> None:
    """A thread a core, each with a pipeline of its own: the quickest way over a folder that libvips has."""
    each(ThreadPool(threads), partial(vips_one, native=False), pairs)


def vips_loop(pairs: list[Pair], threads: int) -> None:
    """A plain loop: libvips has threads of its own."""
    for pair in pairs:
        vips_one(pair, native=False)


def vips_native(pairs: list[Pair], threads: int) -> None:
    """The Sobel that libvips has, on 8 bits: the sum of absolute derivatives, at another scale."""
    each(ThreadPool(threads), partial(vips_one, native=True), pairs)


def vips_one(pair: Pair, native: bool) -> None:
    import pyvips

    image = pyvips.Image.new_from_file(str(pair[0]), access="sequential")
    edges = image.gaussblur(1, min_ampl=0.1)  # 5 taps, on 8 bits
    if native:
        edges = edges.sobel()
    else:
        mask = pyvips.Image.new_from_array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
        x, y = (edges.conv(each, precision="float") for each in (mask, mask.rot90()))
        edges = ((x * x + y * y) ** 0.5 * SCALE + 0.5).cast("uchar")
    options = {"Q": QUALITY, "subsample_mode": "on"} if pair[1].suffix == ".jpg" else FASTEST
    edges.write_to_file(str(pair[1]), **options)


FASTEST = {"compression": 1, "filter": "avg"}
"""Of libvips' PNGs."""


def skimage(pairs: list[Pair], threads: int) -> None:
    """A process a core."""
    each(Pool(threads), skimage_one, pairs)


def skimage_one(pair: Pair) -> None:
    from imageio import v3 as imageio
    from skimage import filters, util

    image = imageio.imread(pair[0])
    blurred = filters.gaussian(image, sigma=1, truncate=2, mode="mirror", channel_axis=-1)
    edges = np.stack([filters.sobel(blurred[..., k], mode="mirror") for k in range(3)], axis=-1)
    imageio.imwrite(pair[1], util.img_as_ubyte(edges), quality=QUALITY)


def each(pool: Pool | ThreadPool, act: Callable[[Pair], None], pairs: Iterable[Pair]) -> None:
    with pool:
        for _ in pool.imap_unordered(act, pairs, chunksize=max(1, min(64, len(pairs) // 100))):
            pass


PEERS = {
    "codecs": codecs,
    "libpng": libpng,
    "libdeflate": libdeflate,
    "opencv": opencv,
    "vips": vips,
    "vips-loop": vips_loop,
    "vips-native": vips_native,
    "skimage": skimage,
}


def main(peer: str, source: str, target: str, threads: str) -> None:
    Path(target).mkdir(parents=True, exist_ok=True)
    found = sorted(Path(source).iterdir())
    PEERS[peer]([(path, Path(target) / path.name) for path in found], int(threads))


if __name__ == "__main__":
    main(*sys.argv[1:])
