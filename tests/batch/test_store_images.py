"""A folder called .zarr is an image of a folder job, and is not looked into."""

import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from convpipe import Pipeline, stage
from convpipe.batch import JOURNAL
from convpipe.cli import main
from convpipe.images import read, write

zarr = pytest.importorskip("zarr")

BLUR = Pipeline([stage("blur", "box", size=3)])


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (150, 90), dtype=np.uint8)


@pytest.fixture
def source(tmp_path, image):
    """A folder of a PNG and of two stores: an OME image below a folder, and an array alone, of colours."""
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    write(folder / "a.png", image)
    group = zarr.open_group(folder / "deep" / "b.ome.zarr", mode="w")
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
    datasets = [
        {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1.0, 1.0]}]},
    ]
    said = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}
    group.attrs.update({"ome": said})
    group.create_array("0", data=image[::-1], chunks=(64, 64))
    write(folder / "deep" / "b.ome.zarr" / "preview.png", image)  # which is none of its own
    zarr.create_array(folder / "c.zarr", data=np.dstack([image] * 3), chunks=(64, 64, 3))
    return folder


def run(source, tmp_path, output="out", **options):
    return BLUR.run_folder(source, tmp_path / output, **{"format": "tiff", **options})


def settled(report):
    return {result.path: (result.status, result.reason) for result in report.results}


def test_each_store_is_an_image(source, tmp_path, image):
    report = run(source, tmp_path)
    assert settled(report) == dict.fromkeys(("a.png", "c.zarr", "deep/b.ome.zarr"), ("done", None))
    assert report.unsupported == ()
    np.testing.assert_array_equal(read(tmp_path / "out" / "deep" / "b.ome.tif").pixels, BLUR(image[::-1]))
    colours = read(tmp_path / "out" / "c.tif").pixels
    np.testing.assert_array_equal(colours, BLUR(np.dstack([image] * 3)))


def test_in_bands_it_has_the_same_bytes(source, tmp_path):
    options = {"include": ["c.zarr"], "tiles": 64}
    reports = [run(source, tmp_path, str(memory), memory=memory, **options) for memory in (250_000, 1 << 30)]
    one, other = (report.results[0] for report in reports)
    assert (one.status, one.output_hash) == ("done", other.output_hash)
    refused = BLUR.run_folder(source, tmp_path / "less", memory=50_000, format="tiff", **options)
    assert "in bands of 16 rows" in refused.results[0].reason  # so it is larger than the memory


def test_resume_looks_at_the_content_of_all_its_files(source, tmp_path):
    first = run(source, tmp_path)
    assert all(result.kept for result in run(source, tmp_path, resume=True).results)
    zarr.open_array(source / "c.zarr", mode="r+")[140, 80] = 0
    again = {result.path: result for result in run(source, tmp_path, resume=True).results}
    assert {path for path, result in again.items() if not result.kept} == {"c.zarr"}
    before = {result.path: result for result in first.results}
    assert again["c.zarr"].input_hash != before["c.zarr"].input_hash
    assert again["c.zarr"].status == "done"


def test_one_store_by_its_name(source, tmp_path, image, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("job.yaml").write_text("stages: [{blur: box, size: 3}]\n")
    result = CliRunner().invoke(main, ["run", "job.yaml", "in/deep/b.ome.zarr", "one.tif"])
    assert result.exit_code == 0, result.output
    np.testing.assert_array_equal(read(tmp_path / "one.tif").pixels, BLUR(image[::-1]))
    planned = CliRunner().invoke(main, ["plan", "job.yaml", "in"])
    assert planned.exit_code == 0, planned.output
    assert "job: 2 images" in planned.stdout
    assert "150x90x3" in planned.stdout
    listed = run(source, tmp_path, "listed", files=["c.zarr"])
    assert settled(listed) == {"c.zarr": ("done", None)}


def test_what_is_selected(source, tmp_path):
    assert set(settled(run(source, tmp_path, "1", include=["**/*.zarr"]))) == {"c.zarr", "deep/b.ome.zarr"}
    assert set(settled(run(source, tmp_path, "2", exclude=["*.zarr"]))) == {"a.png"}
    assert set(settled(run(source, tmp_path, "3", recursive=False))) == {"a.png", "c.zarr"}


def test_without_a_format_stores_become_stores(source, tmp_path, image):
    report = run(source, tmp_path, format=None)
    assert {status for status, _ in settled(report).values()} == {"done"}
    made = zarr.open_group(tmp_path / "out" / "deep" / "b.ome.zarr", mode="r")
    np.testing.assert_array_equal(made["0"][...], BLUR(image[::-1]))
    (said,) = made.attrs["ome"]["multiscales"]
    assert said["name"] == "b"


def test_a_decoder_of_its_own_reads_none(source, tmp_path):
    reason = "reads files, no stores of Zarr"
    found = settled(run(source, tmp_path, isolate=True))
    assert found["a.png"] == ("done", None)
    for name in ("c.zarr", "deep/b.ome.zarr"):
        assert found[name][0] == "failed"
        assert reason in found[name][1]
    assert not [path for path in (tmp_path / "out").rglob("*") if "zarr" in path.name or path.name == "c.tif"]


def test_what_is_no_store(source, tmp_path):
    (source / "d.zarr").mkdir()
    write(source / "d.zarr" / "a.png", np.zeros((2, 3), np.uint8))
    (source / "e.zarr").write_text("mine")
    (source / "f.zarr").symlink_to("c.zarr")
    zarr.create_array(source / "g.zarr", data=np.zeros((4, 5, 6, 7), np.uint8))
    (source / "c.zarr" / "c" / "0" / "0" / "more").symlink_to("/etc/hostname")
    report = run(source, tmp_path)
    found = settled(report)
    assert "d.zarr/a.png" not in found
    assert "a folder called as a store of Zarr, and none" in found["d.zarr"][1]
    assert "axes have no names" in found["g.zarr"][1]
    assert "the store holds a link, or no file, 'c/0/0/more'" in found["c.zarr"][1]
    assert report.unsupported == ("e.zarr",)
    assert found["f.zarr"] == ("skipped", "a link to a folder; such links are not followed")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [JOURNAL, "a.tif", "deep"]


def test_names_of_any_bytes_and_folders_that_cannot_be_listed(source, tmp_path, monkeypatch):
    Path(os.fsdecode(bytes(source / "c.zarr") + b"/\xff")).touch()
    chosen = {"include": ["c.zarr"]}
    first = run(source, tmp_path, **chosen).results[0]
    assert (first.status, run(source, tmp_path, resume=True, **chosen).results[0].kept) == ("done", True)
    listed = os.scandir

    def refusing(path):
        if Path(path).name == "c":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found = settled(run(source, tmp_path, "other", **chosen))
    assert found["c.zarr"] == ("failed", "cannot look into the store: Permission denied")


def test_a_stack_has_none(source, tmp_path):
    found = settled(run(source, tmp_path, stack="folder", exclude=["deep/*"]))
    assert [reason for _, reason in found.values()] == ["c.zarr: not a regular file (a directory)"]


def test_results_that_share_a_name(source, tmp_path, image):
    write(source / "c.tif", image)
    with pytest.raises(Exception, match="inputs share an output"):
        run(source, tmp_path)


def test_a_store_that_changes_meanwhile(source, tmp_path, monkeypatch):
    from convpipe.batch import store_image

    pages = store_image.OpenStore.read_page

    def changing(store):
        zarr.open_array(source / "c.zarr", mode="r+")[0, 0] = 255
        return pages(store)

    monkeypatch.setattr(store_image.OpenStore, "read_page", changing)
    found = settled(run(source, tmp_path, include=["c.zarr"]))
    assert found["c.zarr"] == ("failed", "the file was changed while it was read")
