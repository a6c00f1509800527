"""Pictures that codecs take for photographs."""

import numpy as np


def photograph(rng, rows, cols):
    """Return a smooth picture with noise, (rows, cols, 3) uint8."""
    y, x = np.mgrid[:rows, :cols]
    smooth = np.stack([y * 3, x * 2, y + x], axis=-1)
    return np.clip(smooth + rng.normal(0, 3, smooth.shape), 0, 255).astype(np.uint8)
