"""Damaged image files by the thousand: each ends as pixels or as a one-line error, soon, in little memory.

    python tests/fuzz_readers.py SECONDS [--seed N] [--corpus FOLDER]

It makes small files of every format itself, and takes those of a folder if one is given; changes a few of
their bytes; reads every page; and writes what it read to another format. That goes on in a process of its
own, as a decoder may crash or hang. What it finds is kept in ``fuzz-found`` and named; the exit code is 1.
"""

from __future__ import annotations

import argparse
import io
import random
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

from convpipe.errors import ReadError
from convpipe.images import FORMATS, Encoding, Limits, Page, encode, encode_pages, probe, read_pages, supports
from convpipe.images.metadata.model import Metadata
from convpipe.sampling import Sampling

LIMITS = Limits(max_pixels=2_000_000, max_decoded_bytes=32 << 20, max_tile_bytes=32 << 20, max_frames=50)
MOST_SECONDS = 5.0
MOST_BYTES = 500e6
MOST_SEED_BYTES = 200_000
NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
"""Values that break arithmetic."""

FOUND = Path("fuzz-found")


def seeds() -> list[bytes]:
    """Return small sound files of every format, with metadata, several pages and frames."""
    from PIL import Image

    rng = np.random.default_rng(1)
    rgb = (rng.random((24, 20, 3)) * 255).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8769] = 6, "camera", {0x8827: 100, 0x927C: b"maker" * 9}
    xmp = b"<x:xmpmeta><rdf:RDF tiff:Orientation='6'></rdf:RDF></x:xmpmeta>"
    profile = bytes(36) + b"acsp" + bytes(200)
    metadata = Metadata((240).to_bytes(4, "big") + profile[4:16] + b"RGB " + profile[20:],
                        exif.tobytes().removeprefix(b"Exif\0\0"), (300.0, 300.0), xmp)  # fmt: skip
    kinds = [rgb, rgb[..., 0], rgb[..., :2], np.concatenate([rgb, rgb[..., :1]], -1)]
    kinds += [rgb.astype(np.uint16) * 257, rgb.astype(np.float32), rgb[..., 0] / 3]
    found = [
        b"".join(
            encode(Page(pixels, alpha=alpha, metadata=metadata), Encoding(name, compression=level)).pieces
        )
        for pixels in kinds
        for name, entry in FORMATS.items()
        for alpha in (False, True)
        if supports(name, pixels.dtype.name, 1 if pixels.ndim == 2 else pixels.shape[2], alpha=alpha)
        for level in ([None, 6] if entry.compression else [None])
    ]
    found.append(b"".join(encode_pages([Page(pixels, metadata=metadata) for pixels in kinds]).pieces))
    frames = [Image.fromarray(each) for each in (rgb, 255 - rgb, rgb[::-1].copy())]
    for name in ("gif", "webp", "png"):
        found.append(_saved(frames[0], name, save_all=True, append_images=frames[1:]))
    modes = {"1": "png tiff bmp", "P": "png tiff gif bmp", "LA": "png", "CMYK": "jpeg tiff"}
    for mode, names in modes.items():
        picture = frames[0].convert("L" if mode == "LA" else "RGB").convert(mode)
        found += [_saved(picture, name) for name in names.split()]
    found.append(_saved(frames[0], "jpeg", progressive=True, exif=exif))
    for compression in (None, "lzw", "packbits", "zlib", "zstd", "lzma", "jpeg", "webp"):
        for options in ({"tile": (16, 16)}, {"bigtiff": True}, {"byteorder": ">"}):
            found.append(_tiff(rgb, compression=compression, **options))
        if compression not in ("jpeg", "webp"):
            planes = np.ascontiguousarray(np.moveaxis(rgb, -1, 0))
            found.append(_tiff(planes, compression=compression, planarconfig="separate"))
    found += described(rgb) + stacks(rgb)
    out = io.BytesIO()
    np.save(out, rgb)
    return [*found, out.getvalue()]


def described(rgb: np.ndarray) -> list[bytes]:
    """Return files that say much of themselves: stacks, places on the Earth, text, comments."""
    stack = {
        "imagej": True,
        "metadata": {"axes": "ZYXS", "Info": "i", "Labels": ["a", "b"], "Overlays": [b"Iout"]},
    }
    tags = [(33550, 12, 3, (1.0, 2.0, 0.0), True), (33922, 12, 6, (0.0,) * 6, True),
            (34735, 3, 4, (1, 1, 0, 0), True), (42113, 2, 0, b"0", True)]  # fmt: skip
    matrix = [(34264, 12, 16, tuple(map(float, range(16))), True), (50844, 12, 92, (1.0,) * 92, True)]
    two = np.stack([rgb, rgb])
    words = Metadata(
        iptc=b"\x1c\x02\x05\0\1t", comments=(b"one",), resolution=(2.0, 1.0), unit="none",
        chunks=((b"gAMA", bytes(4)), (b"tEXt", b"Title\0waves")),
    )  # fmt: skip
    return [
        _tiff(two, **stack),
        _tiff(two, metadata={"axes": "ZYXS"}),
        _tiff(two, ome=True, metadata={"axes": "ZYXS", "PhysicalSizeX": 0.5}),
        _tiff(rgb, extratags=tags),
        _tiff(rgb, extratags=matrix, metadata=None),
        *(
            b"".join(map(bytes, encode(Page(rgb, metadata=words), Encoding(name)).pieces))
            for name in ("png", "jpeg")
        ),
    ]


def stacks(rgb):
    """Return TIFFs that count planes outside their directories, and one of many channels."""
    stack, grey = np.stack([rgb[..., 0]] * 4), {"photometric": "minisblack", "truncate": True}
    planes = [(33628, 4, 1, 0, True), (33629, 5, 4, (1,) * 8, True)]
    found = [_tiff(stack, **grey, **each) for each in ({"imagej": True}, {}, {"extratags": planes})]
    for compression in (None, "zlib", "lzw"):
        found.append(_tiff(stack, photometric="minisblack", volumetric=True, compression=compression))
    options = {"photometric": "minisblack", "planarconfig": "contig", "compression": "lzw"}
    return [*found, _tiff(np.concatenate([rgb, rgb], -1), predictor=True, **options)]


def _tiff(pixels, **options):
    import tifffile

    out = io.BytesIO()
    tifffile.imwrite(out, pixels, **{"photometric": "rgb", **options})
    return out.getvalue()


def _saved(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def corpus(folder: Path) -> list[bytes]:
    """Return the files of a folder that are not too long."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path.read_bytes() for path in paths if path.stat().st_size <= MOST_SEED_BYTES]


def mutated(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Return the data with a few changes: bits, bytes, numbers; pieces dropped, doubled, or of others."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        if not changed:
            return bytes(changed)
        # Headers are where claims are made.
        at = rng.randrange(min(len(changed), rng.choice((64, 512, len(changed)))))
        size = rng.choice((1, 2, 4, 8))
        match rng.randrange(7):
            case 0:
                changed[at] ^= 1 << rng.randrange(8)
            case 1:
                changed[at] = rng.randrange(256)
            case 2:
                number = rng.choice(
                    (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, len(data))
                )
                number &= (1 << 8 * size) - 1
                changed[at : at + size] = number.to_bytes(size, rng.choice(("big", "little")))
            case 3:
                del changed[at : at + rng.choice((1, 4, 12, 100, 10_000))]
            case 4:
                piece = changed[at : at + rng.choice((1, 4, 12, 100))]
                changed[at:at] = piece * rng.choice((1, 2, 50))
            case 5:
                del changed[max(at, 8) :]
            case _:
                other = rng.choice(others)
                start = rng.randrange(len(other))
                piece = other[start : start + rng.choice((4, 16, 100))]
                changed[at : at + len(piece)] = piece
    return bytes(changed)


def check(path: Path, rng: random.Random) -> str:
    """Read a file as a folder job would, and write it again; return the outcome. Exceptions are finds."""
    whole = rng.random() < 0.8
    try:
        info = probe(path, LIMITS, allow_truncated=not whole)
        for image in read_pages(path, LIMITS, allow_truncated=not whole):
            pixels = image.pixels
            assert pixels.flags.c_contiguous
            assert pixels.shape[0] * pixels.shape[1] <= LIMITS.max_pixels
            name = rng.choice(("png", "jpeg", "tiff", "webp", "bmp"))
            channels = 1 if pixels.ndim == 2 else pixels.shape[2]
            if supports(name, pixels.dtype.name, channels, alpha=image.alpha):
                sampling = rng.choice((Sampling(), Sampling((2.0, 3.0), (0.5, -1.0))))
                part = pixels[:200, :200]
                encode(
                    Page(part, alpha=image.alpha, metadata=image.metadata, sampling=sampling), Encoding(name)
                )
    except ReadError as error:
        failure = error
    else:
        return f"read as {info.format}"
    assert failure.reason.isprintable(), failure.reason
    assert len(failure.reason) < 500, failure.reason
    return type(failure).__name__


def work(seconds: float, seed: int, folder: Path | None, current: Path) -> Counter[str]:
    """Check mutated files for so long, each written to ``current`` before it is read."""
    import resource

    warnings.simplefilter("error")
    rng = random.Random(seed)
    files = seeds() + (corpus(folder) if folder else [])
    outcomes: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        current.write_bytes(mutated(rng.choice(files), files, rng))
        began = time.monotonic()
        outcomes[check(current, rng)] += 1
        assert time.monotonic() - began < MOST_SECONDS, "too slow"
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        assert most < MOST_BYTES, f"{most / 1e6:.0f} MB"
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(dict(work(given.seconds, given.seed, given.corpus, given.child)))
        return 0
    FOUND.mkdir(exist_ok=True)
    end, seed, finds = time.monotonic() + given.seconds, given.seed, 0
    while (left := end - time.monotonic()) > 1:
        current = FOUND / f"seed-{seed}"
        command = [sys.executable, __file__, f"{left:.0f}", "--seed", str(seed), "--child", str(current)]
        command += ["--corpus", str(given.corpus)] if given.corpus else []
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=left + 120)
        if done.returncode == 0:
            print(f"seed {seed}: {done.stdout.strip()}")
            current.unlink(missing_ok=True)
        else:
            finds += 1
            why = (done.stderr.strip().splitlines() or ["no message"])[-1]
            print(f"seed {seed}: exit {done.returncode}: {why}: {current}")
        seed += 1
    return int(finds > 0)


if __name__ == "__main__":
    sys.exit(main())
