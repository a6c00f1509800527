import json

import numpy as np
import pytest
from fakes import FakePipeline

from convpipe.batch import remote_journal, run_folder, survey
from convpipe.errors import JobError, ParameterError
from convpipe.images import Limits, write
from convpipe.stores import Url, parts
from convpipe.stores.store import Store


@pytest.fixture
def run(bucket):
    def run(input="in", output="out", pipeline=None, **options):
        where = (f"{bucket}/{place}" if isinstance(place, str) else place for place in (input, output))
        return run_folder(pipeline or FakePipeline(), *where, **options)

    return run


@pytest.fixture
def four(put, bucket):
    paths = ["a.png", "b/c.png", "b/d.tif", "e f/ü.bmp"]
    for value, path in enumerate(paths):
        put(f"{bucket}/in/{path}", value)
    return paths


def test_results_are_those_of_a_folder(run, four, bucket, names, get, tmp_path):
    for path in four:
        file = tmp_path / "in" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(get(f"{bucket}/in/{path}"))
    run(tmp_path / "in", tmp_path / "out")
    for source, target in (("in", "out"), (tmp_path / "in", "mixed"), ("in", tmp_path / "local")):
        report = run(source, target)
        assert (report.done, report.failed) == (4, 0)
    for path in four:
        content = (tmp_path / "out" / path).read_bytes()
        assert content == get(f"{bucket}/out/{path}") == get(f"{bucket}/mixed/{path}")
        assert content == (tmp_path / "local" / path).read_bytes()
    assert names(f"{bucket}/out") == sorted(four)


def test_one_image_goes_to_one_object(run, four, bucket, names):
    assert run("in/b/c.png", "out/new.png").done == 1
    assert names(f"{bucket}/out") == ["new.png/c.png"]
    assert run("in/b/c.png", "alone", result="new.png").done == 1
    assert names(f"{bucket}/alone") == ["new.png"]
    assert run("in/b/c.png", "alone", result="new.png").existing == 1


def test_what_is_chosen_and_what_is_left_out(run, four, put, bucket):
    put(f"{bucket}/in/notes.txt", b"text")
    put(f"{bucket}/in/.convpipe-journal/x/0.jsonl", b"{}")
    put(f"{bucket}/in/folder/", b"")
    report = run(include=["*.png", "*.txt"], exclude=["b/**"])
    assert [result.path for result in report.results] == ["a.png", "notes.txt"]
    assert (report.done, report.failed) == (1, 1)
    assert run(output="other").unsupported == ("notes.txt",)
    assert [result.path for result in run(output="flat", recursive=False).results] == ["a.png"]


def test_a_list_names_objects(run, four, bucket):
    report = run(files=["b/c.png", f"{bucket}/in/a.png", "none.png", "memory://other/a.png", "../a.png"])
    said = {result.path: result.reason or result.status for result in report.results}
    assert said["a.png"] == said["b/c.png"] == "done"
    assert "No such file" in said["none.png"]
    assert all("outside the input folder" in said[path] for path in ("/memory:/other/a.png", "../a.png"))


def test_nothing_is_replaced_unless_told(run, four, bucket, put, get):
    put(f"{bucket}/out/a.png", b"mine")
    report = run()
    assert (report.done, report.existing) == (3, 1)
    assert get(f"{bucket}/out/a.png") == b"mine"
    assert run(overwrite=True).done == 4
    assert get(f"{bucket}/out/a.png") != b"mine"


def test_a_name_taken_while_it_is_filtered_is_left_alone(run, put, get, bucket):
    put(f"{bucket}/in/a.png")
    report = run(pipeline=FakePipeline(lambda pixels: put(f"{bucket}/out/a.png", b"mine")))
    assert (report.done, report.existing) == (0, 1)
    assert get(f"{bucket}/out/a.png") == b"mine"


def test_resume_keeps_what_is_right_and_does_the_rest(run, four, put, bucket, get):
    run()
    right = get(f"{bucket}/out/b/c.png")
    put(f"{bucket}/out/b/c.png", b"damaged")
    put(f"{bucket}/in/b/d.tif", 99)
    report = run(resume=True)
    assert (report.done, report.kept) == (4, 2)
    assert get(f"{bucket}/out/b/c.png") == right
    assert run(resume=True).kept == 4


def test_resume_goes_on_after_a_run_that_was_cut_off(run, four, bucket, monkeypatch):
    class Cut(remote_journal.StoreJournal):
        def close(self):
            self._begun._closing.set()
            self._begun._sender.join()

    with monkeypatch.context() as patch:
        patch.setattr("convpipe.batch.remote.StoreJournal", Cut)
        patch.setattr(Cut, "lost", lambda self: None)
        assert run().done == 4  # whose last records no journal has
    report = run(resume=True)
    assert (report.done, report.kept, report.failed) == (4, 0, 0)


def test_other_results_are_not_resumed(run, four):
    run()
    with pytest.raises(JobError, match="results of another job"):
        run(resume=True, format="bmp", include=["*.bmp"])


def test_a_journal_is_of_whole_parts(run, put, bucket, monkeypatch):
    monkeypatch.setattr(parts, "PART_BYTES", 2000)
    for number in range(20):
        put(f"{bucket}/in/{number}.png", number)
    assert run().done == 20
    store = Store(Url.parse(f"{bucket}/out/.convpipe-journal"))
    names = sorted(found.path for found in store.listed())
    assert len(names) > 3
    for part in names:
        header, *records = map(json.loads, store.read(part).splitlines())
        assert "journal" in header
        assert records
    found = survey(f"{bucket}/out")
    assert found.shards[0].counts["done"] == 20
    assert (found.shards[0].runs, found.ignored) == (1, 0)
    assert run(resume=True).kept == 20


def test_a_damaged_part_costs_its_own_records_alone(run, put, bucket, monkeypatch):
    monkeypatch.setattr(parts, "PART_BYTES", 2000)
    for number in range(20):
        put(f"{bucket}/in/{number}.png", number)
    run()
    store = Store(Url.parse(f"{bucket}/out/.convpipe-journal"))
    first = min(found.path for found in store.listed())
    count = store.read(first).count(b"\n")
    store.write(first, [b"{torn\n" * 3], 18, new=False)
    report = run(resume=True)
    assert (report.done, report.kept) == (20, 20 - (count - 1))
    assert any("damaged lines of the journal: 3" in warning for warning in report.warnings)


def test_shards_share_a_store(run, four, bucket):
    for index in range(2):
        assert run(shard=f"{index}/2").failed == 0
    assert run(resume=True).kept == 4
    assert [str(each.shard) for each in survey(f"{bucket}/out").shards] == ["None", "0/2", "1/2"]


def test_a_journal_that_cannot_be_written_ends_the_run(run, four, monkeypatch):
    written = Store.write

    def full(store, path, *arguments, **options):
        if path.endswith(".jsonl") and not full.begin:
            raise OSError(13, "Permission denied")
        full.begin = False
        return written(store, path, *arguments, **options)

    full.begin = True
    monkeypatch.setattr(Store, "write", full)
    report = run()
    assert report.stopped == "as the journal cannot be written (Permission denied)"
    assert report.exit_code == 1
    full.begin = False
    with pytest.raises(JobError, match=r"journal .* cannot be written: Permission denied"):
        run(output="other")


def test_what_is_too_large_is_not_fetched(run, four, put, bucket, monkeypatch):
    put(f"{bucket}/in/large.png", bytes(100_000))
    monkeypatch.setattr("convpipe.batch.remote.tempfile", None)
    monkeypatch.setattr("convpipe.batch.remote.MOST_IN_MEMORY", 10_000)  # beyond, that would be missed
    report = run(limits=Limits(max_file_bytes=5_000))
    reasons = {result.path: result.reason for result in report.results if result.status == "failed"}
    assert list(reasons) == ["large.png"]
    assert "max_file_bytes" in reasons["large.png"]


def test_an_object_that_fails_for_a_while_is_tried_again(run, four, monkeypatch):
    monkeypatch.setattr("convpipe.batch.again.BACKOFF_SECONDS", 0)
    fetched, failures = Store.fetch, ["b/c.png"]

    def fetch(store, path, room):
        if path in failures:
            failures.remove(path)
            raise OSError(5, "connection reset")
        return fetched(store, path, room)

    monkeypatch.setattr(Store, "fetch", fetch)
    report = run(retries=1)
    assert (report.done, report.retried) == (4, 1)


def test_masks_lie_in_a_store(put, bucket, run, tmp_path):
    from convpipe import Pipeline, stage

    put(f"{bucket}/in/a.png", 100)
    put(f"{bucket}/masks/a.png", 255)
    put(f"{bucket}/mask.png", 255)
    pipeline = Pipeline([stage("blur", "box", size=3)])
    for mask, out in (("masks", "one"), ("mask.png", "two")):
        report = pipeline.run_folder(f"{bucket}/in", f"{bucket}/{out}", mask=f"{bucket}/{mask}")
        assert report.done == 1, report.results
        assert report.results[0].mask_hash
    report = pipeline.run_folder(f"{bucket}/in", f"{bucket}/no", mask=f"{bucket}/in/other/")
    assert f"there is no mask of it: {bucket}" in report.results[0].reason


def test_a_folder_of_objects_is_a_stack(run, put, bucket, names):
    for number in range(3):
        put(f"{bucket}/in/well/p{number}.png", number)
    report = run(stack="folder")
    assert (report.done, report.results[0].pages) == (1, 3)
    assert names(f"{bucket}/out") == ["well.tif"]


def test_measures_go_to_a_table_in_the_store(put, bucket, get):
    from convpipe import Pipeline, stage

    put(f"{bucket}/in/a.png", 100)
    pipeline = Pipeline([stage("blur", "box", size=3)], measure={"level": "mean(input)"})
    pipeline.run_folder(f"{bucket}/in", f"{bucket}/out")
    assert b"100" in get(f"{bucket}/out/measures.csv")
    with pytest.raises(JobError, match=r"://.*measures.csv' exists"):
        pipeline.run_folder(f"{bucket}/in", f"{bucket}/out")
    assert pipeline.run_folder(f"{bucket}/in", f"{bucket}/out", resume=True).kept == 1


def test_decoders_of_their_own_get_objects(run, four):
    assert run(isolate=True, workers=1).done == 4


@pytest.mark.parametrize(
    ("input", "output", "message"),
    [
        ("in", "in", "would replace an input"),
        ("in", "in/out", "lies inside the input"),
        ("in/none", "out", None),
    ],
)
def test_places_that_do_not_go_together(run, four, input, output, message):
    if message is None:
        assert run(input, output).images == 0
        return
    with pytest.raises(JobError, match=message):
        run(input, output)


def test_a_reference_lies_in_a_store(put, bucket):
    from convpipe import Pipeline, stage

    put(f"{bucket}/reference.png", 90)
    matched = Pipeline([stage("contrast", "match", reference=f"{bucket}/reference.png")])
    assert matched(np.full((8, 10), 7, np.uint8)).tolist() == np.full((8, 10), 90).tolist()
    with pytest.raises(ParameterError, match=r"://.*/none.png' cannot be read: No such file"):
        stage("contrast", "match", reference=f"{bucket}/none.png")
    with pytest.raises(ParameterError, match="is of an input alone") as error:
        stage("contrast", "match", reference="https://host/a.png?sig=hush")
    assert "hush" not in str(error.value)


def test_the_web_lists_nothing_and_takes_nothing(tmp_path):
    write(tmp_path / "a.png", np.zeros((5, 5), np.uint8))
    with pytest.raises(JobError, match="lists nothing: name one image"):
        run_folder(FakePipeline(), "https://host/in/", tmp_path / "out")
    with pytest.raises(JobError, match="where nothing can be written"):
        run_folder(FakePipeline(), tmp_path / "a.png", "https://host/out")


def test_without_obstore_a_url_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "obstore", None)
    with pytest.raises(JobError, match=r"pip install 'convpipe\[stores\]'"):
        run_folder(FakePipeline(), "s3://bucket/in", tmp_path / "out")
