"""``stream``: one image of any size, from any source to any sink."""

import re

import numpy as np
import pytest
import tifffile

from convpipe import images
from convpipe.config import load
from convpipe.pipeline import Pipeline


@pytest.fixture
def image(here, rng):
    pixels = rng.integers(0, 60_000, (150, 90), dtype=np.uint16)
    tifffile.imwrite(here / "a.tif", pixels, tile=(32, 32))
    return pixels


def test_a_tiff_with_smaller_sizes(convpipe, job, here, image):
    config = job()
    result = convpipe(
        "stream", config, "a.tif", "b.tif", "--pyramid", "--smallest", 64, "--tile", 32, "--codec", "zstd"
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("wrote b.tif\n1 band of ")
    whole = Pipeline.from_job(load(config)[0])(image)
    with tifffile.TiffFile(here / "b.tif") as file:
        levels = file.series[0].levels
        np.testing.assert_array_equal(levels[0].asarray(), whole)
        assert [level.shape for level in levels] == [(150, 90), (75, 45), (37, 22)]
        assert file.pages[0].compression == 50000


def test_what_is_lost_and_what_a_format_cannot_say_is_told(convpipe, job, here, image):
    pixels = np.dstack([image, image]).astype(np.float32)
    pixels[3, 4:7, 0] = np.nan
    tifffile.imwrite(here / "a.tif", pixels, tile=(32, 32), extrasamples=["unassalpha"])
    result = convpipe("stream", job("- point: abs", head="dtype: uint16"), "a.tif", "b.npy")
    assert result.exit_code == 0, result.output
    assert "warning: a.tif: 3 NaNs or missing samples became 0: integers hold neither" in result.stderr
    assert "warning: a.tif: the last channel is alpha, which npy does not say" in result.stderr


def test_raw_samples_and_several_results(convpipe, job, here, image):
    (here / "a.raw").write_bytes(b"head" + image.astype(">u2").tobytes())
    stages = ("- {blur: box, size: 3, name: soft}", "- {edge: sobel}")
    config = job(*stages, head="outputs: {soft: {from: soft}}")
    given = ("--size", "150x90", "--dtype", ">u2", "--offset", 4)
    result = convpipe("stream", config, "a.raw", "b.npy", *given)
    assert result.exit_code == 0, result.output
    whole = Pipeline.from_job(load(config)[0]).engine.outputs(image)[0]
    np.testing.assert_array_equal(np.load(here / "b.npy"), whole["result"])
    np.testing.assert_array_equal(np.load(here / "b.soft.npy"), whole["soft"])


def test_a_plane_of_zarr(convpipe, job, here, image):
    zarr = pytest.importorskip("zarr")
    named = {"dimension_names": ["z", "y", "x"], "chunks": (1, 32, 32)}
    zarr.create_array(here / "a.zarr", data=np.stack([image, image[::-1]]), **named)
    config = job()
    result = convpipe("stream", config, "a.zarr", "b.zarr", "--plane", "z=1", "--resume")
    assert result.exit_code == 0, result.output
    found = zarr.open_array(here / "b.zarr" / "0", mode="r")[...]
    np.testing.assert_array_equal(found, Pipeline.from_job(load(config)[0])(image[::-1]))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("a.tif", "b.jpg"), r"no format that is written row by row has the extension '\.jpg'"),
        (("a.tif", "b.tif", "--plane", "z"), "needs an axis and a place along it, as z=12; given 'z'"),
        (("a.tif", "b.tif", "--tile", 20), "a multiple of 16; given 20"),
        (("a.tif", "b.tif", "--compression", 12), "a level is 0 to 9; given 12"),
        (("missing.tif", "b.tif"), r"missing\.tif: cannot open"),
        (("a.tif", "there.tif"), r"there\.tif: the output exists; --overwrite replaces it"),
        (("a.tif", "b.npy", "--pyramid"), "npy holds an image in one size"),
        (("a.tif", "b.tif", "--size", "999x999"), "998001 are needed"),
    ],
)
def test_refused(convpipe, job, here, image, arguments, reason):
    images.write(here / "there.tif", image)
    config = job()
    before = sorted(here.iterdir())
    result = convpipe("stream", config, *arguments)
    assert result.exit_code != 0
    assert re.search(reason, " ".join(result.output.split())), result.output
    assert sorted(here.iterdir()) == before


def test_jobs_that_are_of_more_than_an_image(convpipe, job, here, image):
    masked = convpipe("stream", job(head="mask: masks"), "a.tif", "b.tif")
    assert "the job has masks, which stream does not take" in masked.output
    stacked = convpipe("stream", job("- {projection: mean}"), "a.tif", "b.tif")
    assert "reads several pages of a stack" in stacked.output


def test_the_image_itself_is_never_replaced(convpipe, job, here, image):
    (here / "b.tif").hardlink_to(here / "a.tif")
    before = (here / "a.tif").read_bytes()
    for target in ("a.tif", here / "a.tif", "b.tif"):
        result = convpipe("stream", job(), "a.tif", target, "--overwrite")
        assert result.exit_code == 2
        assert "is the image itself" in result.stderr
    assert (here / "a.tif").read_bytes() == before
