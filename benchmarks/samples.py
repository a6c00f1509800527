"""The images that are filtered: waves, squares and noise, away from both ends of the range."""

from __future__ import annotations

from pathlib import Path

import numpy as np

BLOCK = 1024
PHOTOGRAPHS = Path(__file__).parent.parent / "data" / "photographs"


def gray(rows: int, cols: int | None = None) -> np.ndarray:
    """Return an 8-bit image that saturates nowhere when sharpened: results differ by rounding alone."""
    cols = cols or rows
    y, x = np.ogrid[:BLOCK, :BLOCK]
    waves = 128 + 30 * np.sin(y / 37) * np.cos(x / 53) + 20 * np.sin((x + y) / 11)
    squares = 24 * ((y // 32 + x // 32) % 2)
    noise = np.random.default_rng(0).integers(-8, 9, (BLOCK, BLOCK))
    block = (waves + squares + noise).astype(np.uint8)
    return np.ascontiguousarray(np.tile(block, (-(-rows // BLOCK), -(-cols // BLOCK)))[:rows, :cols])


def rgb(rows: int, cols: int | None = None) -> np.ndarray:
    """Return an 8-bit colour image."""
    plane = gray(rows, cols)
    return np.stack([plane, np.roll(plane, 5, axis=1), 255 - plane], axis=2)


def single(rows: int) -> np.ndarray:
    """Return a float32 image between 0 and 1."""
    return gray(rows) / np.float32(255)


def photograph(rows: int, cols: int, seed: int) -> np.ndarray:
    """Return an 8-bit colour image made of the photographs in ``data/``, enlarged, with a camera's noise."""
    from PIL import Image

    random = np.random.default_rng(seed)
    height, width = -(-rows // 4), -(-cols // 4)
    files = [PHOTOGRAPHS / name for name in ("coffee.png", "astronaut.jpg", "rocket.jpg", "camera.png")]
    opened = [
        Image.open(file).convert("RGB").resize((width, height), Image.Resampling.BICUBIC) for file in files
    ]
    tiles = [np.asarray(tile, np.int16) for tile in opened]
    tiles += [tile[:, ::-1] for tile in tiles]
    mosaic = [np.concatenate([tiles[k] for k in random.integers(0, len(tiles), 4)], axis=1) for _ in range(4)]
    image = np.concatenate(mosaic)[:rows, :cols]
    noise = random.integers(-6, 7, image.shape, dtype=np.int16)
    return np.clip(image + noise, 0, 255).astype(np.uint8)
