"""A folder job on a cluster is a local one: bytes, journal, tables, failures, retries, interrupts."""

import json

import numpy as np
import pytest
from clustered import FLAKY, HOPELESS, SLOW, Clustered

import convpipe
from convpipe import cluster
from convpipe.batch import JOURNAL, again, run_folder
from convpipe.cluster import settle
from convpipe.images import EXISTS
from convpipe.streaming.drafts import SUFFIX


def records(output):
    """What the journal says of each image, but for times."""
    lines = [json.loads(line) for line in (output / JOURNAL).read_text().splitlines()]
    plain = [{k: v for k, v in line.items() if k not in ("seconds", "steps")} for line in lines[1:]]
    return sorted(plain, key=lambda line: line["path"])


def test_results_journal_and_tables_are_those_of_a_local_run(client, folder, tree, tmp_path, rng):
    source = folder(range(9))
    convpipe.images.write(source / "noise.png", rng.integers(0, 255, (20, 30, 3), "uint8"))
    (source / "broken.png").write_bytes(b"no image")
    pipeline = convpipe.Pipeline(
        [convpipe.stage("blur", "gaussian", sigma=1.2), convpipe.stage("edge", "sobel")],
        measure={"mean": "mean(result)"},
    )
    here = pipeline.run_folder(source, tmp_path / "here")
    there = pipeline.run_folder(source, tmp_path / "there", cluster=client)
    assert tree(tmp_path / "there") == tree(tmp_path / "here")
    assert records(tmp_path / "there") == records(tmp_path / "here")
    assert (there.done, there.failed, there.exit_code) == (here.done, here.failed, 1) == (10, 1, 1)
    assert there.warnings == here.warnings
    kept = pipeline.run_folder(source, tmp_path / "there", resume=True)
    assert (kept.kept, kept.written) == (10, 0)


def test_stores_of_zarr_come_and_go_as_in_a_local_run(client, tree, tmp_path, rng):
    """Whole and band by band, from arrays and from stores; and again with --resume."""
    zarr = pytest.importorskip("zarr")
    (tmp_path / "in" / "deep").mkdir(parents=True)
    pixels = rng.integers(0, 255, (300, 200), "uint8")
    np.save(tmp_path / "in" / "a.npy", np.tile(pixels, (3, 2)))
    zarr.create_array(tmp_path / "in" / "deep" / "b.zarr", data=pixels, chunks=(64, 64))
    pipeline = convpipe.Pipeline([convpipe.stage("blur", "box", size=3)])
    how = {"format": "zarr", "tiles": 32, "pyramid": True, "smallest": 64}
    pipeline.run_folder(tmp_path / "in", tmp_path / "here", **how)
    for memory in (1_000_000, 1 << 30):
        output = tmp_path / f"{memory}"
        report = pipeline.run_folder(tmp_path / "in", output, cluster=client, memory=memory, **how)
        assert (report.done, report.failed) == (2, 0), report.results
        assert tree(output) == tree(tmp_path / "here")
        assert records(output) == records(tmp_path / "here")
    chunk = next(path for path in (output / "a.zarr" / "0").rglob("0") if path.is_file())
    chunk.write_bytes(b"another")
    again = pipeline.run_folder(tmp_path / "in", output, cluster=client, resume=True, **how)
    assert (again.kept, again.written) == (1, 1)
    assert tree(output) == tree(tmp_path / "here")
    exists = pipeline.run_folder(tmp_path / "in", output, cluster=client, **how)
    assert [result.reason for result in exists.results] == [EXISTS] * 2
    assert not list(output.rglob(f"*{SUFFIX}*"))


def test_what_exists_is_left_alone_as_by_a_local_run(client, folder, tmp_path):
    source = folder([1, 2, 3])
    run_folder(Clustered(), source, tmp_path / "out")
    (tmp_path / "out" / "001.png").unlink()
    report = cluster.run_folder(Clustered(), client, source, tmp_path / "out")
    assert [result.reason for result in report.results] == [EXISTS, None, EXISTS]


def test_failures_that_may_pass_are_tried_again(client, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(again, "BACKOFF_SECONDS", 0.1)
    pipeline = Clustered(str(tmp_path / "tried"))
    report = cluster.run_folder(pipeline, client, folder([1, FLAKY, 2]), tmp_path / "out", retries=2)
    assert (report.done, report.retried, report.exit_code) == (3, 1, 0)
    report = cluster.run_folder(pipeline, client, folder([HOPELESS], "bad"), tmp_path / "none", retries=1)
    (failed,) = report.failures
    assert (failed.stage, failed.retries) == ("filter", 1)
    assert failed.reason.endswith("Input/output error")


def test_the_cluster_has_a_window_of_the_images_at_a_time(client, folder, tmp_path, monkeypatch):
    held, asked = [], []
    hand_in, take = settle.Desk.hand_in, settle.Tries.take

    def counted(desk, tries, worker=None):
        hand_in(desk, tries, worker)
        held.append(len(desk.handed))

    def taken(tries):
        one = take(tries)
        asked.append(one is not None)
        return one

    monkeypatch.setattr(settle.Desk, "hand_in", counted)
    monkeypatch.setattr(settle.Tries, "take", taken)
    seen = []
    report = cluster.run_folder(
        Clustered(),
        client,
        folder([5] * 40),
        tmp_path / "out",
        progress=lambda finished, total, result: seen.append(sum(asked) - finished),
    )
    assert report.done == 40
    assert max(held) == settle.WINDOW * 2
    assert max(seen) <= settle.WINDOW * 2


def test_ctrl_c_ends_a_run_that_resumes(client, folder, tmp_path):
    source, out = folder([SLOW] * 30), tmp_path / "out"

    def progress(finished, total, result):
        if finished == 4:
            raise KeyboardInterrupt

    report = cluster.run_folder(Clustered(), client, source, out, progress=progress)
    assert report.interrupted == 130
    assert 4 <= report.done < 30
    assert not [path for path in out.iterdir() if path.name.startswith(".") and path.name != JOURNAL]
    done = report.done
    again = cluster.run_folder(Clustered(), client, source, out, resume=True)
    assert (again.done, again.exit_code) == (30, 0)
    assert again.kept >= done


def test_pages_in_files_of_their_own_are_replaced_where_the_image_is_another(client, folder, tmp_path):
    source, out = folder([3, 9]), tmp_path / "out"
    how = {"output_pages": "files", "resume": True}
    cluster.run_folder(Clustered(), client, source, out, **how)
    folder([4])
    (out / "001-000.png").write_bytes(b"another's")
    report = cluster.run_folder(Clustered(), client, source, out, **how)
    assert (report.done, report.written, report.kept) == (2, 2, 0)
    assert [convpipe.images.read(out / f"00{at}-000.png").pixels.max() for at in (0, 1)] == [4, 9]
    assert cluster.run_folder(Clustered(), client, source, out, **how).kept == 2


def test_several_results_and_stacks_of_a_folder(client, folder, tree, tmp_path):
    source = folder([3, 9, 6])
    pipeline = convpipe.Pipeline(
        [convpipe.stage("projection", "maximum", name="most"), convpipe.stage("blur", "box")]
    )
    for place, where in (("here", {}), ("there", {"cluster": client})):
        pipeline.run_folder(source, tmp_path / place, stack="folder", format="tiff", **where)
    assert tree(tmp_path / "there") == tree(tmp_path / "here")
    assert len(tree(tmp_path / "there")) == 1


def test_a_mask_and_relative_paths(client, folder, tree, tmp_path, monkeypatch):
    folder([3, 9, 6])
    folder([0, 1, 1], "masks")
    monkeypatch.chdir(tmp_path)
    pipeline = convpipe.Pipeline([convpipe.stage("blur", "box")])
    pipeline.run_folder("in", "here", mask="masks")
    pipeline.run_folder("in", "there", mask="masks", cluster=client)
    assert tree(tmp_path / "there") == tree(tmp_path / "here")


@pytest.mark.parametrize("decoders", [False, True])
def test_a_single_image_to_a_file(client, folder, tmp_path, decoders):
    image = folder([8]) / "000.png"
    report = cluster.run_folder(Clustered(), client, image, tmp_path, result="new.png", isolate=decoders)
    assert report.done == 1
    assert np.array_equal(convpipe.images.read(tmp_path / "new.png").pixels, np.full((6, 8), 8))
