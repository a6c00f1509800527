"""Images in stores that are read by ranges: the tiles that are needed, and never the object."""

from pathlib import PurePath

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner
from stores.web import served

from convpipe import Pipeline, images, stage
from convpipe.batch import remote
from convpipe.cli import main
from convpipe.errors import ReadError
from convpipe.images.remote import opened_remote
from convpipe.images.rows import RowReader
from convpipe.report import byte_size
from convpipe.stores import Url, ranged
from convpipe.stores.store import Store
from convpipe.streaming import Options, Raw, Zarr, sources, stream
from convpipe.streaming.run import EXPECTED

SIDE = 1024
OPTIONS = Options(3_000_000, 2, tile=64)


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(7).integers(0, 256, (SIDE, SIDE), np.uint8)


@pytest.fixture(scope="module")
def blur():
    return Pipeline([stage("blur", "box", size=3)], backend="cpu")


@pytest.fixture
def small(monkeypatch):
    """Have images of a megabyte be large ones."""
    monkeypatch.setattr(remote, "MOST_FETCHED", 10_000)
    monkeypatch.setattr(ranged, "BLOCK", 4096)
    monkeypatch.setattr(ranged, "MOST_TOGETHER", 1 << 16)
    monkeypatch.setattr(ranged, "MOST_AHEAD", 1 << 17)


@pytest.fixture
def tiled(tmp_path, pixels, put, s3, small):
    """A TIFF in a bucket, of tiles that are as long encoded as decoded; it returns its URL and its path."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, tile=(64, 64), compression="zlib")
    put(f"{s3}/in/a.tif", path.read_bytes())
    return Url.parse(f"{s3}/in/a.tif"), path


def lengths(faults, name="/in/a.tif"):
    return [size for path, size in faults.answered if path.partition("?")[0].endswith(name)]


def streamed(pipeline, source, path, **options):
    stream(pipeline.engine, source, {"result": path}, Options(3_000_000, 2, tile=64, **options))
    return path.read_bytes()


def test_all_of_an_image_comes_once_and_never_at_once(tiled, blur, faults, tmp_path):
    url, path = tiled
    local = streamed(blur, path, tmp_path / "b.tif")
    assert streamed(blur, url, tmp_path / "c.tif") == local
    sizes, size = lengths(faults), path.stat().st_size
    assert 0.95 * size < sum(sizes) < 1.1 * size
    assert max(sizes) < size / 8


def test_rows_are_expected_before_they_are_read(tiled, blur, tmp_path, monkeypatch):
    url, _ = tiled
    told = []
    for name in ("expect", "read"):
        act = getattr(RowReader, name)
        monkeypatch.setattr(
            RowReader, name, lambda reader, *rows, name=name, act=act: told.append(name) or act(reader, *rows)
        )
    streamed(blur, url, tmp_path / "c.tif")
    assert told.index("read") > EXPECTED
    assert told.count("expect") == told.count("read") > 2 * EXPECTED


def test_of_a_part_its_tiles_alone_come(tiled, faults, tmp_path):
    url, path = tiled
    crop = Pipeline([stage("geometry", "crop", box=[400, 0, 460, SIDE])], backend="cpu")
    assert streamed(crop, url, tmp_path / "c.tif") == streamed(crop, path, tmp_path / "b.tif")
    row = 16 * 64 * 64 * 1.01
    assert row * 0.9 < sum(lengths(faults)) < 2 * row + 10 * 4096  # of tiles, and headers


def test_two_passes_over_an_image_have_its_numbers(tiled, faults, tmp_path):
    url, path = tiled
    otsu = Pipeline([stage("threshold", "otsu")], backend="cpu")
    assert streamed(otsu, url, tmp_path / "c.tif") == streamed(otsu, path, tmp_path / "b.tif")
    assert sum(lengths(faults)) < 2.2 * path.stat().st_size


def test_faults_leave_the_same_bytes(tiled, blur, faults, tmp_path):
    url, path = tiled
    kinds = ["busy", "reset", "lost", "cut", 0.02]
    faults.choose = lambda number, method, path: kinds[number // 4 % 5] if number % 4 == 2 else None
    assert streamed(blur, url, tmp_path / "c.tif") == streamed(blur, path, tmp_path / "b.tif")
    assert set(faults.done) == set(kinds)


def test_an_image_that_changes_while_it_is_read_fails(tiled, put, pixels):
    url, path = tiled
    with sources.opened(url, images.Limits()) as image:
        image.reader.read(0, 64)
        put(str(url), path.read_bytes()[:-1] + b"x")
        with pytest.raises(ReadError, match="it was changed while it was read"):
            image.reader.read(512, 600)


@pytest.fixture
def run(tiled, blur, s3, tmp_path):
    def run(source, output, **options):
        how = {"memory": 2_500_000, "workers": 1, "tiles": 64, **options}
        return blur.run_folder(source, output, **how)

    return run


def test_a_folder_job_streams_what_is_larger_than_memory(run, tiled, s3, faults, tmp_path, put):
    _, path = tiled
    here = run(path, tmp_path / "here")
    there = run(f"{s3}/in", f"{s3}/out")
    assert [(report.done, report.failures) for report in (here, there)] == [(1, ())] * 2, there.results
    assert any(
        "larger than the memory" in note for note in run(path, tmp_path / "b", tiles=None).results[0].notes
    )
    assert Store(Url.parse(f"{s3}/out")).read("a.tif") == (tmp_path / "here" / "a.tif").read_bytes()
    first, *others = lengths(faults)
    assert first == path.stat().st_size  # whose answer tells how long it is, and is broken off
    assert max(others) < first / 8
    assert run(f"{s3}/in", f"{s3}/out", resume=True).kept == 1
    put(f"{s3}/in/a.tif", path.read_bytes() + b"x")
    again = run(f"{s3}/in", f"{s3}/out", resume=True)
    assert (again.done, again.kept) == (1, 0)


@pytest.mark.parametrize("isolate", [False, True])
def test_what_fits_into_memory_is_fetched_by_one_request(run, tiled, s3, faults, tmp_path, isolate):
    _, path = tiled
    report = run(f"{s3}/in", tmp_path / "out", memory=10**9, tiles=None, isolate=isolate)
    assert report.done == 1, report.results
    assert max(lengths(faults)) == path.stat().st_size
    assert sum(lengths(faults)) < 2.1 * path.stat().st_size  # the first is broken off


@pytest.mark.parametrize("name", ["a.npy", "a.png", "a.raw"])
def test_other_formats(name, pixels, blur, put, bucket, small, tmp_path):
    source = here = tmp_path / name
    there = Url.parse(f"{bucket}/{name}")
    if name == "a.raw":
        pixels.tofile(here)
        source, url = Raw(here, pixels.shape), Raw(there, pixels.shape)
    else:
        images.write(here, pixels)
        url = there
    put(str(there), here.read_bytes())
    assert streamed(blur, url, tmp_path / "c.tif") == streamed(blur, source, tmp_path / "b.tif")


def test_a_url_as_text_goes_to_zarr_too(pixels, blur, put, bucket, tmp_path):
    pytest.importorskip("zarr")
    images.write(tmp_path / "a.npy", pixels[:96, :80])
    put(f"{bucket}/a.npy", (tmp_path / "a.npy").read_bytes())
    for name, source in (("b", f"{bucket}/a.npy"), ("c", tmp_path / "a.npy")):
        stream(blur.engine, source, {"result": tmp_path / f"{name}.zarr"}, OPTIONS)
        streamed(blur, tmp_path / f"{name}.zarr", tmp_path / f"{name}.npy")
    assert (tmp_path / "b.npy").read_bytes() == (tmp_path / "c.npy").read_bytes()


def test_a_store_that_refuses_is_an_error_of_the_image(blur, bucket, tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Store, "look", refuse)
    for name in ("a.zarr", "a.npy"):
        with pytest.raises(ReadError, match="cannot open: Permission denied"):
            streamed(blur, f"{bucket}/{name}", tmp_path / "c.tif")


def test_a_server_without_ranges_gives_the_whole(blur, tiled, tmp_path):
    _, path = tiled
    with served(tmp_path) as url:
        found = streamed(blur, f"{url}/a.tif", tmp_path / "c.tif")
    assert found == streamed(blur, path, tmp_path / "b.tif")


def test_a_plane_of_zarr(pixels, blur, put, faults, s3, small, tmp_path):
    pytest.importorskip("zarr")
    images.write(tmp_path / "a.npy", pixels)
    stream(blur.engine, tmp_path / "a.npy", {"result": tmp_path / "a.zarr"}, OPTIONS)
    for path in (tmp_path / "a.zarr").rglob("*"):
        if path.is_file():
            put(f"{s3}/{path.relative_to(tmp_path).as_posix()}", path.read_bytes())
    crop = Pipeline([stage("geometry", "crop", box=[400, 0, 460, SIDE])], backend="cpu")
    faults.answered.clear()
    found = streamed(crop, Zarr(Url.parse(f"{s3}/a.zarr")), tmp_path / "c.tif")
    assert found == streamed(crop, tmp_path / "a.zarr", tmp_path / "b.tif")
    assert sum("/c/" in path for path, _ in faults.answered) <= 2 * 16


def test_a_result_is_in_a_store_whole_or_not_at_all(tiled, blur, s3, tmp_path, monkeypatch):
    url, path = tiled
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.yaml").write_text("stages: [{blur: box, size: 3, name: soft}]\noutputs: {soft: }\n")
    store = Store(Url.parse(f"{s3}/out"))

    def call(*words):
        return CliRunner().invoke(main, ["stream", "job.yaml", *map(str, words), "--tile", "64"])

    done = call(url, f"{s3}/out/b.tif")
    assert done.exit_code == 0, done.output
    assert sorted(found.path for found in store.listed()) == ["b.soft.tif", "b.tif"]
    assert store.read("b.tif") == streamed(blur, path, tmp_path / "b.tif")
    assert "the output exists; --overwrite replaces it" in call(url, f"{s3}/out/b.tif").output
    again = call(url, f"{s3}/out/b.tif", "--overwrite").output
    for name in ("b.soft.tif", "b.tif"):
        assert f"replaced {s3}/out/{name}, a file of {byte_size(store.look(name).size)}\n" in again
    assert "replaced" not in call(url, f"{s3}/new/c.tif", "--overwrite").output
    assert f"{url}: it is the image itself" in call(url, url, "--overwrite").output
    assert "no store lets appear together" in call(url, f"{s3}/out/b.zarr").output
    for options in ((), ("--overwrite",)):
        assert "is of the web" in call(url, "https://127.0.0.1:1/b.tif", *options).output
    damaged = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        at = file.pages[0].dataoffsets[-1]
    damaged[at : at + 40] = bytes(40)
    (tmp_path / "damaged.tif").write_bytes(damaged)
    assert "damaged.tif: " in call("damaged.tif", f"{s3}/out/c.tif").output
    assert store.look("c.tif") is None


@pytest.fixture
def ranges(put, bucket, monkeypatch):
    put(f"{bucket}/a", bytes(range(200)))
    with opened_remote(Store(Url.parse(bucket)), PurePath("a")) as file:
        yield file._ranges


def test_what_is_expected_is_fetched_together_and_once(ranges, monkeypatch):
    asked = []
    read = ranges._store.read_version
    monkeypatch.setattr(
        ranges._store, "read_version", lambda found, *span: asked.append(span) or read(found, *span)
    )
    monkeypatch.setattr(ranged, "GAP", 5)
    monkeypatch.setattr(ranged, "MOST_TOGETHER", 50)
    spans = [(0, 10), (10, 10), (25, 10), (60, 10), (70, 45), (150, 0)]
    ranges.expect(spans)
    ranges.expect(spans)
    assert [ranges.at(*span) for span in spans] == [bytes(range(at, at + size)) for at, size in spans]
    assert sorted(asked) == [(0, 35), (60, 70), (70, 115)]
    assert ranges._room == ranged.MOST_AHEAD


def test_no_more_is_expected_than_there_is_room_for(ranges):
    ranges._room = 65
    ranges.expect([(0, 10), (50, 10), (90, 10)])
    assert ranges._room == 5
    assert ranges.at(90, 300) == bytes(range(90, 200))


def test_gaps_take_room_until_the_last_span_of_a_request_is_asked_for(ranges):
    ranges._room = 100
    ranges.expect([(0, 10), (50, 10)])
    assert ranges._room == 40
    ranges.expect([(70, 10), (120, 10), (150, 10)])  # of which two are 60 bytes
    assert ranges._room == 30
    assert ranges.at(0, 10) == bytes(range(10))
    assert ranges._room == 30
    assert ranges.at(50, 10) == bytes(range(50, 60))
    assert ranges._room == 90
    assert ranges.at(70, 10) == bytes(range(70, 80))
    assert ranges._room == 100
