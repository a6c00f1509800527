"""Morphology with every footprint, size and number of iterations, against SciPy and OpenCV."""

import numpy as np
import pytest
from scipy import ndimage
from skimage import morphology

from convpipe import Pipeline, stage
from convpipe.stages.footprint import SHAPES, footprint_of

SIZES = ((7, 5), (4, 4), (2, 3))
ROWS = ([[0, 1, 1], [1, 1, 0]], [[1, 0, 0], [0, 1, 0], [0, 1, 1]])
FOOTPRINTS = [(shape, size) for shape in SHAPES for size in SIZES] + [(rows, None) for rows in ROWS]
REPEATED = ("erode", "dilate", "open", "close")


def given(shape, size):
    """The parameters of a stage, and the footprint that they mean."""
    if size is None:
        return {"footprint": shape}, np.array(shape, bool)
    return {"footprint": shape, "size": list(size)}, footprint_of(shape, size)


def repeated(run, image, times):
    for _ in range(times):
        image = run(image)
    return image


def of_scipy(name, image, footprint, iterations):
    """Whose grey dilation turns the footprint, but whose maximum filter does not."""
    slid = {"footprint": footprint, "mode": "nearest"}

    def eroded(values):
        return ndimage.grey_erosion(values, **slid)

    def dilated(values):
        return ndimage.grey_dilation(values, **slid)

    def highest(values):
        return ndimage.maximum_filter(values, **slid)

    opened = repeated(dilated, repeated(eroded, image, iterations), iterations)
    closed = repeated(eroded, repeated(dilated, image, iterations), iterations)
    return {
        "erode": lambda: repeated(eroded, image, iterations),
        "dilate": lambda: repeated(highest, image, iterations),
        "open": lambda: opened,
        "close": lambda: closed,
        "gradient": lambda: highest(image) - eroded(image),
        "tophat": lambda: image - opened,
        "blackhat": lambda: closed - image,
    }[name]()


@pytest.mark.parametrize("name", [*REPEATED, "gradient", "tophat", "blackhat"])
def test_every_footprint_and_iteration_is_scipys(name, rng):
    image = rng.integers(0, 200, (23, 31), np.uint8)
    for shape, size in FOOTPRINTS:
        parameters, footprint = given(shape, size)
        for times in (1, 3) if name in REPEATED else (1,):
            more = {"iterations": times} if times > 1 else {}
            run = Pipeline([stage("morphology", name, **parameters, **more)], border="edge", dtype="float64")
            want = of_scipy(name, image.astype(float), footprint, times)
            np.testing.assert_array_equal(run(image), want, err_msg=f"{shape} {size} {times}")


@pytest.mark.parametrize("name", [*REPEATED, "gradient", "tophat", "blackhat"])
def test_what_is_its_own_mirror_image_is_opencvs(name, rng):
    """OpenCV does not turn a footprint: under others its openings and closings move the image."""
    cv2 = pytest.importorskip("cv2")
    image = rng.integers(0, 200, (23, 31), np.uint8)
    edge = {"borderType": cv2.BORDER_REPLICATE}
    for shape, size in [(shape, size) for shape in SHAPES for size in ((3, 3), (7, 5), (1, 5))]:
        parameters, footprint = given(shape, size)
        for times in (1, 3) if name in REPEATED else (1,):
            more = {"iterations": times} if times > 1 else {}
            run = Pipeline([stage("morphology", name, **parameters, **more)], border="edge")
            operation = getattr(cv2, f"MORPH_{name.upper()}")
            want = cv2.morphologyEx(image, operation, footprint.astype(np.uint8), iterations=times, **edge)
            np.testing.assert_array_equal(run(image), want, err_msg=f"{shape} {size} {times}")


def test_footprints_are_those_of_opencv():
    cv2 = pytest.importorskip("cv2")
    forms = {"square": cv2.MORPH_RECT, "ellipse": cv2.MORPH_ELLIPSE, "cross": cv2.MORPH_CROSS}
    for shape, form in forms.items():
        for rows, cols in np.ndindex(22, 22):
            if rows or shape != "ellipse":  # of a single row OpenCV has one pixel
                want = cv2.getStructuringElement(form, (cols + 1, rows + 1))
                np.testing.assert_array_equal(footprint_of(shape, (rows + 1, cols + 1)), want)


@pytest.mark.parametrize("shape", ["disk", "diamond"])
def test_footprints_are_those_of_scikit_image(shape):
    for radius in range(25):
        want = getattr(morphology, shape)(radius)
        np.testing.assert_array_equal(footprint_of(shape, (2 * radius + 1,) * 2), want)
