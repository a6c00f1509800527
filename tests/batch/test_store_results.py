"""`output: {format: zarr}`: an image of OME-Zarr for each input, whole or not at all."""

import errno
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from convpipe import Pipeline, stage
from convpipe.batch import JOURNAL, merge_journals
from convpipe.batch.rows import RowsResult
from convpipe.errors import JobError
from convpipe.images import Folder, write
from convpipe.images.atomic import TEMPORARY_SUFFIX
from convpipe.shards import Shard
from convpipe.streaming import Options, stream
from convpipe.streaming.drafts import SUFFIX

zarr = pytest.importorskip("zarr")

BLUR = Pipeline([stage("blur", "box", size=3)])
TWO = Pipeline([stage("blur", "box", size=3, name="soft"), stage("edge", "sobel")], outputs={"soft": "soft"})
OPTIONS = {"format": "zarr", "tiles": 32, "pyramid": True, "smallest": 64}
TIMED = {"seconds": 0.0, "steps": None}


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (300, 200), dtype=np.uint8)


@pytest.fixture
def source(tmp_path, image):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    np.save(tmp_path / "in" / "a.npy", image)
    write(tmp_path / "in" / "deep" / "b.png", np.dstack([image] * 3))
    return tmp_path / "in"


def run(source, output, pipeline=BLUR, **options):
    return pipeline.run_folder(source, output, **{**OPTIONS, **options})


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != JOURNAL
    }


def statuses(report):
    return {result.path: result.status for result in report.results}


def test_a_level_is_one_of_zstandard_where_no_codec_is_said(source, tmp_path, image):
    run(source, tmp_path / "out", compression=15)
    told = json.loads((tmp_path / "out" / "a.zarr" / "0" / "zarr.json").read_text())
    assert '{"name": "zstd", "configuration": {"level": 15,' in json.dumps(told["codecs"])
    np.testing.assert_array_equal(zarr.open(tmp_path / "out" / "a.zarr")["0"][:], BLUR(image))


def test_one_for_each_image(source, tmp_path, image):
    report = run(source, tmp_path / "out")
    assert statuses(report) == {"a.npy": "done", "deep/b.png": "done"}
    assert sorted(os.listdir(tmp_path / "out")) == [JOURNAL, "a.zarr", "deep"]
    group = zarr.open_group(tmp_path / "out" / "a.zarr", mode="r")
    np.testing.assert_array_equal(group["0"][...], BLUR(image))
    assert [group[str(at)].shape for at in range(4)] == [(300, 200), (150, 100), (75, 50), (37, 25)]
    colours = zarr.open_group(tmp_path / "out" / "deep" / "b.zarr", mode="r")["0"]
    np.testing.assert_array_equal(colours[...], np.stack([BLUR(image)] * 3))


def test_bytes_and_record_do_not_depend_on_memory(source, tmp_path, image):
    np.save(source / "a.npy", np.tile(image, (3, 2)))
    chosen = {"include": ["a.npy"]}
    found = [
        run(source, tmp_path / str(memory), memory=memory, **chosen).results[0]
        for memory in (1_000_000, 1 << 30)
    ]
    assert found[0].status == "done", found[0].reason
    assert replace(found[0], **TIMED) == replace(found[1], **TIMED)
    straight = tree(tmp_path / str(1 << 30))
    assert tree(tmp_path / "1000000") == straight
    less = run(source, tmp_path / "less", memory=50_000, **chosen).results[0]
    assert "in bands of 16 rows" in less.reason  # so it does not fit as a whole
    options = Options(1 << 30, tile=32, pyramid=True, smallest=64)
    stream(BLUR.engine, source / "a.npy", {"result": tmp_path / "a.zarr"}, options)
    assert {f"a.zarr/{name}": content for name, content in tree(tmp_path / "a.zarr").items()} == straight


class TestJournal:
    def test_resume_keeps_what_is_unchanged(self, source, tmp_path):
        run(source, tmp_path / "out")
        assert all(result.kept for result in run(source, tmp_path / "out", resume=True).results)
        chunk = next(path for path in (tmp_path / "out" / "a.zarr" / "0").rglob("0") if path.is_file())
        before = tree(tmp_path / "out")
        chunk.write_bytes(bytes(len(chunk.read_bytes())))
        again = {result.path: result for result in run(source, tmp_path / "out", resume=True).results}
        assert (again["a.npy"].kept, again["deep/b.png"].kept) == (False, True)
        assert tree(tmp_path / "out") == before

    def test_a_store_without_its_record_stays(self, source, tmp_path):
        run(source, tmp_path / "out")
        inode = (tmp_path / "out" / "a.zarr").stat().st_ino
        (tmp_path / "out" / JOURNAL).unlink()
        assert set(statuses(run(source, tmp_path / "out", resume=True)).values()) == {"done"}
        assert (tmp_path / "out" / "a.zarr").stat().st_ino == inode

    @pytest.mark.parametrize("there", ["store", "folder", "file"])
    def test_what_is_there_is_replaced_on_demand_and_if_it_is_a_store(self, source, tmp_path, there):
        place = tmp_path / "out" / "a.zarr"
        (tmp_path / "out").mkdir()
        if there == "store":
            zarr.create_array(place, data=np.zeros((2, 2)))
        elif there == "folder":
            place.mkdir()
            (place / "mine").write_text("mine")
        else:
            place.write_text("mine")
        before = tree(tmp_path / "out")
        chosen = {"include": ["a.npy"]}
        (kept,) = run(source, tmp_path / "out", **chosen).results
        assert "the output exists" in kept.reason
        assert tree(tmp_path / "out") == before
        (told,) = run(source, tmp_path / "out", overwrite=True, **chosen).results
        assert (told.status == "done") == (there == "store"), told.reason
        assert there == "store" or "something else; remove it first" in told.reason
        assert (tree(tmp_path / "out") == before) == (there != "store")
        assert sorted(os.listdir(tmp_path / "out")) == [JOURNAL, "a.zarr"]


@pytest.mark.parametrize("memory", [1_000_000, 1 << 30])
@pytest.mark.parametrize("fault", ["full", "changed"])
def test_nothing_is_left_of_one_that_fails(source, tmp_path, image, monkeypatch, memory, fault):
    np.save(source / "a.npy", np.tile(image, (3, 2)))
    add, written = RowsResult.add, run(source, tmp_path / "out")
    before = tree(tmp_path / "out")

    def failing(result, rows):
        add(result, rows)
        if fault == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.utime(source / "a.npy")

    monkeypatch.setattr(RowsResult, "add", failing)
    options = {"include": ["a.npy"], "overwrite": True, "memory": memory}
    report = run(source, tmp_path / "out", **options)
    assert (statuses(report)["a.npy"], written.results[0].status) == ("failed", "done")
    expected = "No space left" if fault == "full" else "the file was changed while it was read"
    assert expected in report.results[0].reason
    assert tree(tmp_path / "out") == before


KILLED = """
import os, signal, sys
from convpipe import Pipeline, stage
from convpipe.streaming.sinks.zarr import _Rows

store, told = _Rows._store, []

def dying(rows, *given):
    told.append(given)
    if len(told) == 40:
        os.kill(os.getpid(), signal.SIGKILL)
    return store(rows, *given)

_Rows._store = dying
options = {"format": "zarr", "tiles": 32, "pyramid": True, "smallest": 64, "workers": 1}
Pipeline([stage("blur", "box", size=3)]).run_folder("in", "out", **options)
"""


def test_killed_in_the_middle_it_is_done_again(source, tmp_path):
    run(source, tmp_path / "straight")
    ended = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    left = list((tmp_path / "out").rglob(f"*{SUFFIX}"))
    assert len(left) == 1
    assert not list((tmp_path / "out" / "deep").glob("*.zarr"))
    report = run(source, tmp_path / "out", resume=True)
    assert [result.kept for result in report.results] == [True, False]
    assert tree(tmp_path / "out") == tree(tmp_path / "straight")


def test_pages_have_a_store_each(tmp_path, image):
    (tmp_path / "in").mkdir()
    for number in range(2):
        np.save(tmp_path / "in" / f"{number}.npy", image // (number + 1))
    whole = run(tmp_path / "in", tmp_path / "whole", stack="folder")
    assert "zarr holds one image, and there are 2 pages" in whole.results[0].reason
    report = run(tmp_path / "in", tmp_path / "out", stack="folder", output_pages="files")
    assert report.results[0].status == "done"
    for number in range(2):
        made = zarr.open_array(tmp_path / "out" / f"in-{number:03}.zarr" / "0", mode="r")[...]
        np.testing.assert_array_equal(made, BLUR(image // (number + 1)))


def test_beside_other_results(source, tmp_path):
    own = {"soft": {"format": "npy"}}
    report = run(source, tmp_path / "out", TWO, outputs=own, include=["a.npy"])
    assert report.results[0].status == "done"
    assert (tmp_path / "out" / "soft" / "a.npy").is_file()
    assert (tmp_path / "out" / "a.zarr" / "3").is_dir()


def test_no_result_gets_its_name_before_the_content_of_all_is_on_the_disk(source, tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("convpipe.streaming.drafts.sync", full)
    own = {"soft": {"format": "npy"}}
    report = run(source, tmp_path / "out", TWO, outputs=own, include=["a.npy"])
    assert "No space left" in report.results[0].reason
    assert tree(tmp_path / "out") == {}


REPLACE = Folder.replace


@pytest.mark.parametrize("format", ["zarr", "npy"])
@pytest.mark.parametrize("there", [False, True])
def test_several_results_have_their_names_all_or_none(source, tmp_path, monkeypatch, format, there):
    """Where the last name is refused, be it of a store or of a file, the store before it is taken back."""
    options = {"include": ["a.npy"], "outputs": {"soft": {"format": format}}, "overwrite": True}
    if there:
        run(source, tmp_path / "out", TWO, **options)
        np.save(source / "a.npy", np.zeros((40, 30), np.uint8))
    before, given = tree(tmp_path / "out"), []

    def refuse_second(act):
        def refusing(*names):
            if str(names[0]).endswith((SUFFIX, TEMPORARY_SUFFIX)):
                given.append(names)
                if len(given) == 2:
                    raise OSError(errno.EACCES, os.strerror(errno.EACCES))
            return act(*names)

        return refusing

    monkeypatch.setattr(Path, "rename", refuse_second(Path.rename))
    monkeypatch.setattr(
        Folder, "replace", lambda folder, *names: refuse_second(partial(REPLACE, folder))(*names)
    )
    report = run(source, tmp_path / "out", TWO, **options)
    assert "Permission denied" in report.results[0].reason
    assert len(given) >= 2
    assert tree(tmp_path / "out") == before
    assert not [path for path in (tmp_path / "out").rglob(".*") if path.name != JOURNAL]


def test_shards_at_once_make_what_one_run_makes(source, tmp_path, image):
    for number in range(3):
        zarr.create_array(source / f"s{number}.zarr", data=image // (number + 2), chunks=(50, 60))
    run(source, tmp_path / "whole")

    def shard(index):
        return run(source, tmp_path / "out", shard=Shard(index, 3), workers=1)

    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(shard, range(3)))
    assert [report.failed for report in reports] == [0, 0, 0]
    assert sorted(result.path for report in reports for result in report.results) == [
        "a.npy", "deep/b.png", "s0.zarr", "s1.zarr", "s2.zarr",
    ]  # fmt: skip
    assert max(report.done for report in reports) < 5
    merge_journals(tmp_path / "out")
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    assert run(source, tmp_path / "out", resume=True).kept == 5


def test_names_that_clash(source, tmp_path, image):
    zarr.create_array(source / "a.zarr", data=image)
    with pytest.raises(JobError, match=r"inputs share an output.*a\.zarr"):
        run(source, tmp_path / "out")
    (source / "a.npy").unlink()
    with pytest.raises(JobError, match="would replace an input"):
        run(source, source)
    with pytest.raises(JobError, match="would be inputs of the next run"):
        run(source, source / "out", include=["**/*.zarr", "**/*.png"])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"codec": "lzw"}, "zarr has no LZW; it has zstd, deflate and none"),
        ({"compression": 23}, "compression of zarr is 0 to 22, not 23"),
        (
            {"compression": "group4", "tiles": None, "pyramid": None, "smallest": None},
            "is of strips; leave it out, or what is of tiles: format zarr",
        ),
    ],
)
def test_what_it_cannot(source, tmp_path, options, reason):
    found = run(source, tmp_path / "out", include=["a.npy"], **options).results[0]
    assert found.status == "failed"
    assert reason in found.reason


def test_without_the_package(source, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    found = run(source, tmp_path / "out", include=["a.npy"]).results[0]
    assert "pip install convpipe[zarr]" in found.reason
    assert os.listdir(tmp_path / "out") == [JOURNAL]
