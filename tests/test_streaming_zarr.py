"""Zarr and OME-Zarr as what is streamed and as what becomes of it."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest

from convpipe.engine import Engine
from convpipe.errors import LimitError, ParameterError, ReadError, WriteError
from convpipe.geometry import Border
from convpipe.images import Limits, Metadata, Page, write
from convpipe.losses import Losses
from convpipe.stages import stage
from convpipe.stages.wiring import wire
from convpipe.streaming import Options, Zarr, drafts, recorder, sources, stream
from convpipe.streaming.drafts import SUFFIX

zarr = pytest.importorskip("zarr")

OPTIONS = Options(1 << 24, 2, tile=32)
PYRAMID = replace(OPTIONS, pyramid=True, smallest=64)
SPACE = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]


def engine_of(*stages, dtype=None):
    return Engine(wire(stages), Border.REFLECT, dtype, "cpu")


@pytest.fixture(scope="module")
def engine():
    return engine_of(stage("blur", "box", size=3))


@pytest.fixture(scope="module")
def halving():
    return engine_of(stage("geometry", "bin", factor=2))


@pytest.fixture
def image(rng):
    return rng.integers(0, 60_000, (301, 203, 3), dtype=np.uint16)


def levels_of(path):
    group = zarr.open_group(path, mode="r")
    return [group[each["path"]][...] for each in said_of(path)["datasets"]]


def said_of(path):
    return zarr.open_group(path, mode="r").attrs["ome"]["multiscales"][0]


def content_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def read_rows(source, **limits):
    with sources.opened(source, Limits(**limits)) as found:
        return found.reader.read(0, found.reader.rows)


class TestResults:
    @pytest.mark.parametrize("channels", [1, 3])
    def test_levels_are_means_of_the_level_above(self, tmp_path, engine, halving, image, channels):
        image = image[..., :channels].squeeze()
        np.save(tmp_path / "a.npy", image)
        stream(engine, tmp_path / "a.npy", {"result": tmp_path / "b.ome.zarr"}, PYRAMID)
        expected = [engine.filter(image)[0]]
        for _ in range(3):
            expected.append(halving.filter(expected[-1])[0])
        found = levels_of(tmp_path / "b.ome.zarr")
        for level, whole in zip(found, expected, strict=True):
            np.testing.assert_array_equal(np.moveaxis(level, 0, -1) if channels == 3 else level, whole)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy", "b.ome.zarr"]
        assert sorted(path.name for path in (tmp_path / "b.ome.zarr").iterdir()) == [*"0123", "zarr.json"]

    def test_what_it_says_is_valid_and_true(self, tmp_path, engine, image):
        models = pytest.importorskip("ome_zarr_models.v05")
        metadata = Metadata(resolution=(25_400, 50_800))
        write(tmp_path / "a.tif", Page(image, metadata=metadata))
        stream(engine, tmp_path / "a.tif", {"result": tmp_path / "b.ome.zarr"}, PYRAMID)
        models.Image.from_zarr(zarr.open_group(tmp_path / "b.ome.zarr", mode="r"))
        said = said_of(tmp_path / "b.ome.zarr")
        assert said["axes"] == [{"name": "c", "type": "channel"}, *SPACE]
        assert said["datasets"][1:3] == [
            {
                "path": "1",
                "coordinateTransformations": [
                    {"type": "scale", "scale": [1, 1, 2]},
                    {"type": "translation", "translation": [0, 0.25, 0.5]},
                ],
            },
            {
                "path": "2",
                "coordinateTransformations": [
                    {"type": "scale", "scale": [1, 2, 4]},
                    {"type": "translation", "translation": [0, 0.75, 1.5]},
                ],
            },
        ]

    def test_chunks_lie_in_shards(self, tmp_path, engine, rng):
        image = rng.integers(0, 255, (70, 1100), dtype=np.uint8)
        np.save(tmp_path / "a.npy", image)
        stream(engine, tmp_path / "a.npy", {"result": tmp_path / "b.zarr"}, OPTIONS)
        array = zarr.open_array(tmp_path / "b.zarr" / "0", mode="r")
        assert (array.chunks, array.shards) == ((32, 32), (32, 512))
        assert sum(path.is_file() for path in (tmp_path / "b.zarr" / "0" / "c").rglob("*")) == 9
        np.testing.assert_array_equal(array[...], engine.filter(image)[0])

    @pytest.mark.parametrize(
        ("codec", "name"), [(None, "zstd"), ("zstd", "zstd"), ("deflate", "gzip"), ("none", None)]
    )
    def test_codecs(self, tmp_path, engine, image, codec, name):
        np.save(tmp_path / "a.npy", image[..., 0])
        options = replace(OPTIONS, codec=codec, compression=None if codec == "none" else 2)
        stream(engine, tmp_path / "a.npy", {"result": tmp_path / "b.zarr"}, options)
        array = zarr.open_array(tmp_path / "b.zarr" / "0", mode="r")
        np.testing.assert_array_equal(array[...], engine.filter(image[..., 0])[0])
        said = [each.to_dict() for each in array.compressors]
        assert [each["name"] for each in said] == ([] if name is None else [name])
        assert all(each["configuration"]["level"] == 2 for each in said)

    def test_bytes_do_not_depend_on_memory_or_threads(self, tmp_path, engine, image):
        np.save(tmp_path / "a.npy", image)
        contents = []
        for memory, threads in ((1 << 24, 1), (2_000_000, 2)):
            options = replace(PYRAMID, memory=memory, threads=threads, overwrite=True)
            stream(engine, tmp_path / "a.npy", {"result": tmp_path / "b.zarr"}, options)
            contents.append(content_of(tmp_path / "b.zarr"))
        assert contents[0] == contents[1]

    def test_what_is_there_is_kept_or_replaced_if_it_is_zarr(self, tmp_path, engine, image):
        np.save(tmp_path / "a.npy", image)
        targets = {"result": tmp_path / "b.zarr"}
        stream(engine, tmp_path / "a.npy", targets, OPTIONS)
        (tmp_path / "b.zarr" / "mine").write_text("mine")
        with pytest.raises(WriteError, match="the output exists"):
            stream(engine, tmp_path / "a.npy", targets, OPTIONS)
        assert (tmp_path / "b.zarr" / "mine").exists()
        stream(engine, tmp_path / "a.npy", targets, replace(OPTIONS, overwrite=True))
        assert not (tmp_path / "b.zarr" / "mine").exists()
        (tmp_path / "c.zarr").mkdir()
        (tmp_path / "c.zarr" / "mine").write_text("mine")
        with pytest.raises(WriteError, match=r"a folder that is no store of Zarr is there"):
            stream(
                engine, tmp_path / "a.npy", {"result": tmp_path / "c.zarr"}, replace(OPTIONS, overwrite=True)
            )
        assert (tmp_path / "c.zarr" / "mine").exists()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy", "b.zarr", "c.zarr"]

    def test_links_are_not_followed(self, tmp_path, engine, image):
        np.save(tmp_path / "a.npy", image)
        targets, again = {"result": tmp_path / "b.zarr"}, replace(OPTIONS, overwrite=True)
        stream(engine, tmp_path / "a.npy", {"result": tmp_path / "c.zarr"}, OPTIONS)
        content = content_of(tmp_path / "c.zarr")
        (tmp_path / "b.zarr").symlink_to("c.zarr")
        stream(engine, tmp_path / "a.npy", targets, again)
        assert not (tmp_path / "b.zarr").is_symlink()
        assert content_of(tmp_path / "c.zarr") == content
        (tmp_path / f".b.zarr{SUFFIX}").symlink_to("c.zarr")
        with pytest.raises(WriteError, match="is a link; remove it first"):
            stream(engine, tmp_path / "a.npy", targets, again)
        assert content_of(tmp_path / "c.zarr") == content

    def test_a_pyramid_of_an_array_is_refused(self, tmp_path, engine, image):
        np.save(tmp_path / "a.npy", image)
        with pytest.raises(WriteError, match="npy holds an image in one size"):
            stream(engine, tmp_path / "a.npy", {"result": tmp_path / "b.npy"}, PYRAMID)


class BreakError(Exception):
    """What ends a run."""


class TestResume:
    @pytest.fixture
    def cut_off(self, tmp_path, engine, image, monkeypatch):
        """Begin a result that breaks off when rows from 200 on are read, and return its path."""
        monkeypatch.setattr(recorder, "SECONDS", 0.0)
        monkeypatch.setattr("convpipe.images.rows.PIECE_BYTES", 24_360)
        np.save(tmp_path / "a.npy", image)
        (tmp_path / "whole").mkdir()
        stream(engine, tmp_path / "a.npy", {"result": tmp_path / "whole" / "b.zarr"}, PYRAMID)
        read = sources.model.RowReader.read

        def breaking(reader, first, last):
            if last > 200:
                raise BreakError
            return read(reader, first, last)

        with monkeypatch.context() as patched:
            patched.setattr(sources.model.RowReader, "read", breaking)
            with pytest.raises(BreakError):
                self.run(tmp_path, engine)
        assert (tmp_path / f".b.zarr{SUFFIX}" / "0" / "c").is_dir()
        assert not (tmp_path / "b.zarr").exists()
        return tmp_path

    def run(self, folder, engine, **options):
        options = {"memory": 1_300_000, **options}
        return stream(
            engine, folder / "a.npy", {"result": folder / "b.zarr"}, replace(PYRAMID, **options)
        ).bands

    def test_it_goes_on_and_gives_the_same_bytes(self, cut_off, engine):
        bands = self.run(cut_off, engine, resume=True, threads=1)
        assert 100 < bands.done <= 200
        assert content_of(cut_off / "b.zarr") == content_of(cut_off / "whole" / "b.zarr")
        assert sorted(path.name for path in cut_off.iterdir()) == ["a.npy", "b.zarr", "whole"]

    def test_it_begins_anew_unless_told_to(self, cut_off, engine):
        assert self.run(cut_off, engine).done == 0
        assert content_of(cut_off / "b.zarr") == content_of(cut_off / "whole" / "b.zarr")

    @pytest.mark.parametrize("changed", ["image", "stages", "options", "record"])
    def test_it_begins_anew_where_the_work_is_another(self, cut_off, engine, image, changed):
        options = {"resume": True}
        if changed == "image":
            image[0, 0, 0] ^= 1
            np.save(cut_off / "a.npy", image)
        elif changed == "stages":
            engine = engine_of(stage("blur", "box", size=5))
        elif changed == "options":
            options["compression"] = 1
        else:
            (cut_off / f".b.zarr{SUFFIX}" / "convpipe.json").write_text("{")
        assert self.run(cut_off, engine, **options).done == 0
        found = levels_of(cut_off / "b.zarr")[0]
        np.testing.assert_array_equal(np.moveaxis(found, 0, -1), engine.filter(image)[0])

    def test_another_run_is_let_be(self, cut_off, engine):
        fcntl = pytest.importorskip("fcntl")
        with open(cut_off / f".b.zarr{SUFFIX}" / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(WriteError, match="another run is making it"):
                self.run(cut_off, engine, resume=True)
        assert self.run(cut_off, engine, resume=True).done > 0

    def test_what_was_lost_before_counts(self, cut_off, engine):
        record = cut_off / f".b.zarr{SUFFIX}" / "convpipe.json"
        said = json.loads(record.read_text())
        assert said["state"]["losses"] == {"nans": 0, "overflows": 0}
        said["state"]["losses"]["nans"] = 7  # in the rows that are there
        record.write_text(json.dumps(said))
        options = replace(PYRAMID, memory=1_300_000, resume=True)
        streamed = stream(engine, cut_off / "a.npy", {"result": cut_off / "b.zarr"}, options)
        assert streamed.bands.done > 0
        assert streamed.losses == Losses(nans=7)

    def test_nothing_is_left_of_what_was_not_recorded(self, tmp_path, engine, image, monkeypatch):
        np.save(tmp_path / "a.npy", image)

        def breaking(*_):
            raise BreakError

        monkeypatch.setattr(sources.model.RowReader, "read", breaking)
        with pytest.raises(BreakError):
            self.run(tmp_path, engine)
        assert os.listdir(tmp_path) == ["a.npy"]


class TestSources:
    @pytest.fixture(params=["0.4", "0.5"])
    def slide(self, request, tmp_path, rng):
        """An image of OME-Zarr of axes tczyx, and its samples."""
        samples = rng.integers(0, 60_000, (2, 3, 4, 50, 41), dtype=np.uint16)
        form = 2 if request.param == "0.4" else 3
        group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=form)
        axes = [{"name": "t", "type": "time"}, {"name": "c", "type": "channel"}]
        axes += [{"name": "z", "type": "space", "unit": "micrometer"}, *SPACE]
        datasets = [
            {
                "path": f"s{at}",
                "coordinateTransformations": [
                    {"type": "scale", "scale": [1, 1, 2, 0.5 * 2**at, 0.5 * 2**at]}
                ],
            }
            for at in range(2)
        ]
        said = {"version": request.param, "axes": axes, "datasets": datasets}
        whole = {"type": "scale", "scale": [1, 1, 1, 10, 10]}
        said["coordinateTransformations"] = [whole]
        attributes = {"multiscales": [said]}
        group.attrs.update(attributes if form == 2 else {"ome": {"version": "0.5", **attributes}})
        for at, level in enumerate((samples, samples[..., ::2, ::2])):
            array = group.create_array(f"s{at}", shape=level.shape, dtype="u2", chunks=(1, 1, 2, 16, 16))
            array[...] = level
        return tmp_path / "a.zarr", samples

    def test_channels_are_those_of_each_pixel(self, slide):
        path, samples = slide
        found = read_rows(Zarr(path, {"t": 1, "z": 2}))
        np.testing.assert_array_equal(found, np.moveaxis(samples[1, :, 2], 0, -1))

    def test_one_channel(self, slide):
        path, samples = slide
        np.testing.assert_array_equal(read_rows(Zarr(path, {"t": 0, "z": 3, "c": 1})), samples[0, 1, 3])

    def test_a_level(self, slide):
        path, samples = slide
        with sources.opened(Zarr(path / "s1", {"t": 0, "z": 3, "c": 1}), Limits()) as found:
            np.testing.assert_array_equal(found.reader.read(0, 25), samples[0, 1, 3, ::2, ::2])
            assert (found.grid.step, found.grid.unit) == ((10, 10), "micrometer")

    def test_where_pixels_lie_follows(self, slide, tmp_path, halving):
        path, _ = slide
        stream(halving, Zarr(path, {"t": 0, "z": 3, "c": 1}), {"result": tmp_path / "b.zarr"}, OPTIONS)
        said = said_of(tmp_path / "b.zarr")
        assert said["axes"] == SPACE
        assert said["datasets"][0]["coordinateTransformations"] == [
            {"type": "scale", "scale": [10, 10]},
            {"type": "translation", "translation": [2.5, 2.5]},
        ]

    @pytest.mark.parametrize(
        ("plane", "reason"),
        [
            ({}, r"axis t has 2 places; say which: Zarr\(path, \{'t': 0\}\)"),
            ({"t": 0, "z": 4}, "axis z has places 0 to 3; given 4"),
            ({"t": 0, "z": 0, "s": 0}, "it has no axis 's'; its axes are t, c, z, y, x"),
        ],
    )
    def test_planes_that_are_none(self, slide, plane, reason):
        with pytest.raises(ReadError, match=reason):
            read_rows(Zarr(slide[0], plane))
        with pytest.raises(ParameterError, match="all rows and columns"):
            Zarr(slide[0], {"y": 0})

    @pytest.mark.parametrize("dtype", ["bool", "i1", "f4", ">u2"])
    def test_arrays_alone(self, tmp_path, rng, dtype):
        samples = rng.integers(0, 2, (50, 41, 2)).astype(dtype)
        zarr.create_array(tmp_path / "a.zarr", data=samples, chunks=(16, 16, 2))
        expected = samples.astype("u1") * np.uint8(255) if dtype == "bool" else samples
        np.testing.assert_array_equal(read_rows(tmp_path / "a.zarr"), expected)

    def test_axes_are_those_that_are_named(self, tmp_path, rng):
        samples = rng.integers(0, 200, (3, 50, 41)).astype("u1")
        zarr.create_array(tmp_path / "a.zarr", data=samples, dimension_names=["c", "y", "x"])
        np.testing.assert_array_equal(read_rows(tmp_path / "a.zarr"), np.moveaxis(samples, 0, -1))

    def test_chunks_that_are_absent_are_filled(self, tmp_path):
        array = zarr.create_array(
            tmp_path / "a.zarr", shape=(50, 41), dtype="f4", chunks=(16, 16), fill_value=np.nan
        )
        array[:16] = 1
        found = read_rows(tmp_path / "a.zarr")
        assert (found[:16] == 1).all()
        assert np.isnan(found[16:]).all()

    def test_what_is_no_image(self, tmp_path):
        zarr.open_group(tmp_path / "a.zarr", mode="w").create_array("deep", shape=(2, 3), dtype="u1")
        with pytest.raises(ReadError, match="no image of OME-Zarr; name an array in it: deep"):
            read_rows(tmp_path / "a.zarr")
        zarr.create_array(tmp_path / "b.zarr", shape=(2, 3, 4, 5), dtype="u1")
        with pytest.raises(ReadError, match="axes have no names"):
            read_rows(tmp_path / "b.zarr")
        zarr.create_array(tmp_path / "c.zarr", shape=(2, 3), dtype="c8")
        with pytest.raises(ReadError, match="complex64; needed are numbers"):
            read_rows(tmp_path / "c.zarr")

    def test_damage_and_claims(self, tmp_path, rng):
        samples = rng.integers(0, 200, (50, 41)).astype("u1")
        zarr.create_array(tmp_path / "a.zarr", data=samples, chunks=(16, 41))
        with pytest.raises(LimitError, match="max_pixels"):
            read_rows(tmp_path / "a.zarr", max_pixels=2000)
        (tmp_path / "a.zarr" / "c" / "1" / "0").write_bytes(b"damaged")
        with sources.opened(tmp_path / "a.zarr", Limits()) as found:
            np.testing.assert_array_equal(found.reader.read(0, 16), samples[:16])
            with pytest.raises(ReadError, match="damaged or unsupported zarr"):
                found.reader.read(0, 17)
        (tmp_path / "a.zarr" / "zarr.json").write_text("{")
        with pytest.raises(ReadError, match="damaged or unsupported zarr"):
            read_rows(tmp_path / "a.zarr")

    def test_chunks_of_nothing_are_refused(self, tmp_path):
        zarr.create_array(tmp_path / "a.zarr", shape=(4, 4), chunks=(4, 4), dtype="u1", zarr_format=2)
        header = tmp_path / "a.zarr" / ".zarray"
        header.write_text(json.dumps(json.loads(header.read_text()) | {"chunks": [0, 4]}))
        with pytest.raises(ReadError, match="damaged"):
            read_rows(tmp_path / "a.zarr")

    @pytest.mark.parametrize("place", ["filters", "compressor"])
    def test_nothing_is_unpickled(self, tmp_path, place):
        """A codec that runs what it decodes is refused before a chunk is read."""
        (tmp_path / "a.zarr").mkdir()
        codec = {"id": "pickle", "protocol": 5}
        said = {"zarr_format": 2, "shape": [4, 4], "chunks": [4, 4], "dtype": "|u1", "order": "C"}
        said |= {"fill_value": 0, "compressor": None, "filters": None}
        said[place] = [codec] if place == "filters" else codec
        (tmp_path / "a.zarr" / ".zarray").write_text(json.dumps(said))
        (tmp_path / "a.zarr" / "0.0").write_bytes(b"cos\nmkdir\n(S'%s'\ntR." % bytes(tmp_path / "made"))
        with pytest.raises(ReadError, match="pickle"):
            read_rows(tmp_path / "a.zarr")
        assert not (tmp_path / "made").exists()


def test_names_are_on_the_disk_after_the_files_that_have_them(tmp_path, monkeypatch):
    draft = drafts.Draft(tmp_path / "a.zarr", "of this work", overwrite=False)
    (draft.folder / "0" / "c").mkdir(parents=True)
    chunk = draft.folder / "0" / "c" / "0"
    chunk.write_bytes(b"1")
    synced = []
    monkeypatch.setattr(drafts, "sync", synced.append)
    draft.to_disk()
    draft.leave()
    places = [synced.index(path) for path in (chunk, chunk.parent, draft.folder / "0", draft.folder)]
    assert places == sorted(places)
