"""What a file says of its pixels is true of an image of another size, by any factors."""

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from PIL.TiffImagePlugin import IFDRational

from convpipe import Pipeline, stage
from convpipe.geometry import Axis
from convpipe.images import read
from convpipe.plan import make_plan
from convpipe.polyphase import Polyphase
from convpipe.sampling import Sampling

IMAGE = np.arange(20 * 32, dtype=np.uint16).reshape(20, 32)
MADE = (30, 12)
STEP = (20 / 30, 32 / 12)


SCALE, TIEPOINTS, KEYS = 33550, 33922, 34735
CORNER = {"area": (1, 0.0), "point": (2, 0.5)}
"""What a file says of its pixels, and where their corner then lies in the space that it ties to the Earth."""


def save(path, kind):
    """Write a GeoTIFF whose pixels are 3 wide and 4 high."""
    tags = {
        SCALE: (3.0, 4.0, 0.0),
        TIEPOINTS: (5.0, 6.0, 0.0, 100.0, 900.0, 0.0),
        KEYS: (1, 1, 0, 2, 1024, 0, 1, 1, 1025, 0, 1, CORNER[kind][0]),
    }
    extra = [(tag, 3 if tag == KEYS else 12, len(values), values, True) for tag, values in tags.items()]
    tifffile.imwrite(path, IMAGE, extratags=extra, metadata=None, photometric="minisblack")


def ends(path, kind):
    """Return where the first and the last corner of a file's image lie."""
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        across, down, _ = page.tags[SCALE].value
        i, j, _, x, y, _ = page.tags[TIEPOINTS].value
        rows, cols = page.shape
    i, j = (at + CORNER[kind][1] for at in (i, j))
    return x - across * i, y + down * j, x + across * (cols - i), y - down * (rows - j)


@pytest.fixture
def resized(source, tmp_path):
    """Resize the one file of ``in`` to 30x12, and return the path of the result."""

    def call(*before, **options):
        pipeline = Pipeline([*before, stage("geometry", "resize", size=list(MADE), method="bilinear")])
        report = pipeline.run_folder(source, tmp_path / "out", **options)
        (result,) = report.results
        assert (result.status, result.notes) == ("done", ())
        return tmp_path / "out" / result.output

    return call


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.jpg"])
def test_resolution(source, resized, name):
    Pillow.fromarray(IMAGE.astype(np.uint8)).save(source / name, dpi=(300, 200))
    with Pillow.open(resized()) as result:
        assert result.size == MADE[::-1]
        assert result.info["dpi"] == pytest.approx((300 / STEP[1], 200 / STEP[0]), rel=5e-3)


def test_exif(source, resized):
    given = Pillow.Exif()
    given[0x011A], given[0x011B], given[0x0128] = IFDRational(300, 1), IFDRational(200, 1), 2
    given[0x8769] = {0xA002: 32, 0xA003: 20, 0xA20E: IFDRational(4000, 1), 0xA20F: IFDRational(4000, 1)}
    Pillow.fromarray(IMAGE.astype(np.uint8)).save(source / "a.jpg", exif=given)
    with Pillow.open(resized()) as image:
        found = {**image.getexif(), **image.getexif().get_ifd(0x8769)}
    assert (found[0xA002], found[0xA003]) == MADE[::-1]
    assert float(found[0x011A]) == pytest.approx(300 / STEP[1], rel=1e-6)
    assert float(found[0xA20F]) == pytest.approx(4000 / STEP[0], rel=1e-6)


def test_an_imagej_stack(source, resized):
    stack = np.stack([IMAGE, IMAGE[::-1]])
    options = {"resolution": (2.0, 4.0), "metadata": {"unit": "um", "spacing": 3.5}}
    tifffile.imwrite(source / "a.tif", stack, imagej=True, **options)
    with tifffile.TiffFile(resized()) as result:
        assert result.asarray().shape == (2, *MADE)
        assert result.imagej_metadata["spacing"] == 3.5
        assert result.imagej_metadata["unit"] == "um"
        found = [result.pages[0].tags[name].value for name in ("XResolution", "YResolution")]
    assert [up / down for up, down in found] == pytest.approx([2 / STEP[1], 4 / STEP[0]])


def test_ome(source, resized):
    spacing = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.25}
    tifffile.imwrite(source / "a.ome.tif", IMAGE, metadata={"axes": "YX", **spacing})
    with tifffile.TiffFile(resized()) as result:
        pixels = tifffile.xml2dict(result.ome_metadata)["OME"]["Image"]["Pixels"]
    assert (pixels["SizeY"], pixels["SizeX"]) == MADE
    assert pixels["PhysicalSizeX"] == pytest.approx(0.5 * STEP[1])
    assert pixels["PhysicalSizeY"] == pytest.approx(0.25 * STEP[0])


@pytest.mark.parametrize("kind", CORNER)
def test_the_corners_stay_where_they_are_on_the_earth(source, resized, kind):
    save(source / "a.tif", kind)
    assert ends(resized(), kind) == pytest.approx(ends(source / "a.tif", kind))


def test_down_and_up_again_is_where_it_was(source, tmp_path):
    save(source / "a.tif", "area")
    pipeline = Pipeline([stage("geometry", "resize", size=size) for size in ([7, 9], [20, 32])])
    assert pipeline.run_folder(source, tmp_path / "out").done == 1
    result = read(tmp_path / "out" / "a.tif").metadata.georeference
    assert result.fields == read(source / "a.tif").metadata.georeference.fields


def test_where_pixels_lie_after_windows_too():
    stages = [
        stage("blur", "box", size=3, padding=0),
        stage("geometry", "resize", size=[12, 7], method="lanczos3"),
        stage("edge", "sobel", stride=2, padding=0),
    ]
    found = make_plan(stages, (20, 30)).sampling()
    rows, cols = 18 / 12, 28 / 7
    assert found.step == pytest.approx((2 * rows, 2 * cols))
    assert found.first == pytest.approx((1 + 1.5 * rows - 0.5, 1 + 1.5 * cols - 0.5))


def test_a_step_and_back_leaves_no_trace():
    field = make_plan([stage("geometry", "resize", size=size) for size in ([7, 9], [20, 31])], (20, 31))
    assert field.sampling() == Sampling()
    assert isinstance(field.stages[0].axes[0], Polyphase)
    assert {type(each.stride) for each in field.stages[-1].field} == {int}
    assert field.stages[-1].axes[0] != Axis(field.stages[-1].axes[0].kernel)


@pytest.mark.parametrize("kind", CORNER)
def test_every_second_pixel_of_a_pyramid_lies_on_one_of_the_image(source, tmp_path, kind):
    save(source / "a.tif", kind)
    left, top, right, bottom = ends(source / "a.tif", kind)
    assert Pipeline([stage("geometry", "pyramid_up")]).run_folder(source, tmp_path / "out").done == 1
    # Pixels are 1.5 wide and 2 high: half a pixel from its centre is half as far as it was.
    want = (left + 0.75, top - 1, right + 0.75, bottom - 1)
    assert ends(tmp_path / "out" / "a.tif", kind) == pytest.approx(want)
