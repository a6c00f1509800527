"""Make configs/first-layer.npz: the filters of configs/first-layer.yaml. Run it in the repository's folder.

They are no trained network's. As the first layers of such networks come to be (A. Krizhevsky and others,
"ImageNet classification with deep convolutional neural networks", 2012, figure 3), they are Gabor functions,
six directions in two phases and alike in red, green and blue, and four Gaussians of opponent colours.
"""

from pathlib import Path

import numpy as np

SIZE, SIGMA, WAVELENGTH = 7, 1.75, 4.0
OPPONENTS = [(1, -1, 0), (-1, 1, 0), (-0.5, -0.5, 1), (0.5, 0.5, -1)]


def bank() -> np.ndarray:
    """Return the filters, (16, 3, 7, 7) of float16; the sizes of the weights of each sum to 1."""
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE // 2
    spread = np.exp(-(x * x + y * y) / (2 * SIGMA**2))
    filters = []
    for angle in np.arange(6) * np.pi / 6:
        along = (x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / WAVELENGTH
        for wave in (np.cos(along), np.sin(along)):
            gabor = spread * wave
            filters.append(np.stack([gabor - gabor.sum() / spread.sum() * spread] * 3))  # flat areas give 0
    filters += [np.multiply.outer(colour, spread) for colour in OPPONENTS]
    made = np.array(filters)
    return (made / np.abs(made).sum(axis=(1, 2, 3), keepdims=True)).astype(np.float16)


if __name__ == "__main__":
    np.savez_compressed(Path("configs/first-layer.npz"), weight=bank(), bias=np.full(16, -0.01, np.float16))
