"""Make the sample images in ``data/`` from the photographs that scikit-image ships.

Run from anywhere: ``python scripts/make_data.py``. Sources and licences are in ``data/README.md``.
"""

from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.measure import block_reduce
from tifffile import imwrite

DATA = Path(__file__).parents[1] / "data"


def shrink(image, factor):
    """Mean of `factor` x `factor` pixels, in float64."""
    return block_reduce(image, (factor, factor, 1)[: image.ndim], np.mean)


def eight_bit(image):
    return np.rint(image).astype(np.uint8)


def cut_out(image):
    """RGBA: an ellipse of the image with a soft edge, transparent outside."""
    rows, cols = image.shape[:2]
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : cols * 1j]
    alpha = np.clip((1 - np.hypot(x, y)) * 8, 0, 1) * 255
    return np.dstack([image, eight_bit(alpha)])


def slope_through_focus(image, pages):
    """Pages of a slope: page k is sharp where the slope is k deep, and has noise of its own."""
    rng = np.random.default_rng(9)
    blurred = np.stack([gaussian_filter(image, 0.9 * depth) for depth in range(pages)])
    columns = np.arange(image.shape[1])
    depth = np.linspace(0, pages - 1, len(columns))
    found = []
    for page in range(pages):
        away = np.abs(depth - page)
        near = np.minimum(away.astype(int), pages - 2)
        nearer, farther = (blurred[at, :, columns].T for at in (near, near + 1))
        found.append(rng.normal(nearer + (away - near) * (farther - nearer), 1.5))
    return eight_bit(np.clip(found, 0, 255))


def save(name, image, **options):
    path = DATA / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)


def save_tiff(name, image, **options):
    path = DATA / name
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without these two, tifffile writes a description and its own name into the file.
    imwrite(path, image, metadata=None, software=False, **options)


def main():
    save("photographs/camera.png", eight_bit(shrink(skimage.data.camera(), 2)))
    save("photographs/astronaut.jpg", skimage.data.astronaut()[:301, 60:361], quality=92)
    save("photographs/coffee.png", eight_bit(shrink(skimage.data.coffee(), 2)))
    save("photographs/rocket.jpg", skimage.data.rocket(), quality=90)
    save("photographs/cat-cut-out.png", cut_out(skimage.data.chelsea()[20:261, 60:381]))
    save("microscope/cell.png", skimage.data.cell())
    save("microscope/retina.jpg", eight_bit(shrink(skimage.data.retina()[:1408, :1408], 4)), quality=92)
    # Each sample is the mean of 2x2 pixels in 3 colours: 12 values of 8 bits, so it needs more than 8 bits.
    galaxies = shrink(skimage.data.hubble_deep_field().mean(axis=2), 2) * 257
    save_tiff("telescope/galaxies-16-bit.tif", np.rint(galaxies).astype(np.uint16), compression="zlib")
    slope = slope_through_focus(galaxies[230:326, 170:298] / 257, pages=7)
    save_tiff("stacks/slope.tif", slope, photometric="minisblack", predictor=True, compression="zlib")
    save("scans/text.png", skimage.data.text())
    gravel = (shrink(skimage.data.gravel(), 2) / 255).astype(np.float32)
    save_tiff("surface/gravel-float32.tif", gravel)


if __name__ == "__main__":
    main()
