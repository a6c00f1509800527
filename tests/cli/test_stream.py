"""``stream``: one image of any size, from any source to any sink."""

import errno
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from convpipe import images
from convpipe.config import load
from convpipe.images import Folder
from convpipe.images.tiff.tiled import _TileRows
from convpipe.pipeline import Pipeline
from convpipe.streaming.drafts import SUFFIX


def tree(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


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
        assert result.exit_code == 1
        assert f"{target}: it is the image itself" in result.stderr
    assert (here / "a.tif").read_bytes() == before


@pytest.mark.parametrize("name", ["b.tif", "b.zarr"])
class TestPlaces:
    """Where a result cannot go: said in words, before any work is done, also with --overwrite."""

    @pytest.fixture(autouse=True)
    def _needs(self, name):
        if name.endswith("zarr"):
            pytest.importorskip("zarr")

    @pytest.mark.parametrize(
        ("place", "reason"),
        [
            ("absent", "its folder 'absent' is not there; make it first"),
            ("a.tif", "its folder 'a.tif' is no folder"),
        ],
    )
    def test_no_folder(self, convpipe, job, here, image, name, place, reason):
        result = convpipe("stream", job(), "a.tif", f"{place}/{name}", "--overwrite")
        assert (result.exit_code, result.stderr) == (1, f"error: {place}/{name}: {reason}\n")

    def test_a_folder_that_takes_no_file(self, convpipe, job, here, image, name, monkeypatch):
        def refuses(*_, **__):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr(Folder, "open", refuses)
        monkeypatch.setattr(Path, "mkdir", refuses)
        result = convpipe("stream", job(), "a.tif", name)
        expected = f"error: {name}: nothing can be written into the folder '.': Permission denied\n"
        assert (result.exit_code, result.stderr) == (1, expected)

    def test_a_folder_in_its_place(self, convpipe, job, here, image, name):
        (here / name).mkdir()
        (here / name / "mine").write_text("mine")
        for options in ((), ("--overwrite",)):
            result = convpipe("stream", job(), "a.tif", name, *options)
            assert result.exit_code == 1
            assert f"error: {name}: a folder " in result.stderr
        assert (here / name / "mine").read_text() == "mine"

    def test_what_is_replaced_is_said(self, convpipe, job, here, image, name):
        assert "replaced" not in convpipe("stream", job(), "a.tif", name, "--overwrite").stdout
        again = convpipe("stream", job(), "a.tif", name, "--overwrite")
        what = "a store of Zarr" if name.endswith("zarr") else r"a file of \S+ \S+"
        assert re.search(rf"^replaced {re.escape(name)}, {what}$", again.stdout, re.MULTILINE), again.stdout

    def test_a_full_disk_loses_nothing(self, convpipe, job, here, image, name, monkeypatch):
        convpipe("stream", job(), "a.tif", name)
        before = tree(here)

        def full(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(_TileRows, "_write", full)
        monkeypatch.setattr("convpipe.streaming.sinks.zarr._Rows._store", full)
        result = convpipe("stream", job(), "a.tif", name, "--overwrite", "--tile", 32)
        expected = f"error: {name}: cannot write: No space left on device\n"
        assert (result.exit_code, result.stderr) == (1, expected)
        assert tree(here) == before


def test_several_stores_have_their_names_all_or_none(convpipe, job, here, image, monkeypatch):
    pytest.importorskip("zarr")
    config = job("- {blur: box, size: 3, name: soft}", "- edge: sobel", head="outputs: {soft: {from: soft}}")
    before, rename, given = sorted(os.listdir(here)), Path.rename, []

    def refuse_second(path, target):
        if path.name.endswith(SUFFIX):
            given.append(path.name)
            if len(given) == 2:
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse_second)
    result = convpipe("stream", config, "a.tif", "b.zarr", "--tile", 32)
    assert "Permission denied" in result.stderr, result.output
    assert len(given) == 2
    assert sorted(os.listdir(here)) == before
    done = convpipe("stream", config, "a.tif", "b.zarr", "--tile", 32)
    assert done.exit_code == 0, done.output
    assert sorted(os.listdir(here)) == sorted([*before, "b.soft.zarr", "b.zarr"])


def test_a_file_is_not_replaced_by_a_store(convpipe, job, here, image):
    (here / "b.zarr").write_text("mine")
    result = convpipe("stream", job(), "a.tif", "b.zarr", "--overwrite")
    assert "b.zarr: a file is there, which is not replaced; remove it first" in result.stderr
    assert (here / "b.zarr").read_text() == "mine"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("a.zarr", "it holds the image, 'a.zarr/0'"),
        ("a.zarr/b.zarr", "it lies in the store of the image"),
        ("a.zarr/0/b.npy", "it lies in the store of the image"),
        ("link/b.zarr", "it lies in the store of the image"),
    ],
)
def test_nothing_is_written_into_the_store_that_is_read(convpipe, job, here, image, target, reason):
    zarr = pytest.importorskip("zarr")
    zarr.open_group(here / "a.zarr", mode="w").create_array("0", data=image)
    (here / "link").symlink_to("a.zarr")
    config, before = job(), tree(here / "a.zarr")
    result = convpipe("stream", config, "a.zarr/0", target, "--overwrite")
    assert result.exit_code == 1
    assert f"error: {target}: {reason}" in result.stderr
    assert tree(here / "a.zarr") == before


KILLED = """
import os, signal, sys
from convpipe.cli import main
from convpipe.streaming import recorder
from convpipe.streaming.sinks.zarr import ZarrSink

recorder.SECONDS, record, told = 0.0, ZarrSink.record, []

def dying(sink, done, losses):
    record(sink, done, losses)
    told.append(done)
    if len(told) == 3:
        os.kill(os.getpid(), signal.SIGKILL)

ZarrSink.record = dying
main(sys.argv[1:])
"""


def test_killed_in_the_middle_of_a_store_and_gone_on_with(convpipe, job, here, image):
    pytest.importorskip("zarr")
    options = ("--pyramid", "--smallest", "32", "--tile", "32", "--memory", "100KB", "--threads", "1")
    config = job()
    assert convpipe("stream", config, "a.tif", "whole.zarr", *options).exit_code == 0
    (here / "whole.zarr").rename(here / "straight")
    asked = ("stream", str(config), "a.tif", "whole.zarr", *options)
    ended = subprocess.run([sys.executable, "-c", KILLED, *asked], cwd=here, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert not (here / "whole.zarr").exists()
    assert (here / f".whole.zarr{SUFFIX}").is_dir()
    result = convpipe(*asked, "--resume")
    assert result.exit_code == 0, result.output
    assert re.search(r"going on from row (?!0,)\d+,", result.stdout), result.stdout
    assert tree(here / "whole.zarr") == tree(here / "straight")
    assert not (here / f".whole.zarr{SUFFIX}").exists()
