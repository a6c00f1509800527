"""Shards: several runs of one job into one folder, at once, one after the other, killed, and made one."""

import fcntl
import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import FakePipeline
from faults import Faults, Killed

from convpipe import Pipeline, images, stage
from convpipe.batch import JOURNAL, run_folder
from convpipe.batch.journal_files import is_journal, journal_name
from convpipe.errors import JobError, ParameterError
from convpipe.shards import Shard

N = 4


@pytest.fixture
def source(tmp_path, rng):
    """Images of several folders, among them one that fails, one that is skipped and names of any kind."""
    folder = tmp_path / "in"
    names = [f"{at}.png" for at in range(9)] + ["sub/a.png", "sub/b.tif", "=1.png", "-z.png", "e\u0301.png"]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        images.write(folder / name, rng.integers(0, 256, (7, 9), dtype=np.uint8))
    (folder / "broken.png").write_bytes(b"no image")
    (folder / "link.png").symlink_to("/dev/null")
    (folder / "notes.pdf").touch()
    return folder


def tree(folder):
    """Every file's content, temporaries included, but journals."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not is_journal(path.name)
    }


def shards(source, output, count=N, pipeline=FakePipeline, **options):
    """Run all shards one after the other, and return their reports."""
    every = [Shard(index, count) for index in range(count)]
    return [run_folder(pipeline(), source, output, shard=shard, **options) for shard in every]


def outcome(reports):
    return sorted((each.path, each.status, each.reason) for report in reports for each in report.results)


@pytest.fixture
def whole(source, tmp_path):
    """What a run of all images makes."""
    report = run_folder(FakePipeline(), source, tmp_path / "whole")
    return outcome([report]), tree(tmp_path / "whole"), report


def test_every_image_is_of_one_shard():
    paths = [Path(f"f{at % 7}/{at}.png") for at in range(2000)]
    for count in (1, 2, 3, 10):
        takers = [[index for index in range(count) if Shard(index, count).takes(path)] for path in paths]
        assert all(len(own) == 1 for own in takers)
        shares = np.bincount([own[0] for own in takers], minlength=count)
        assert shares.min() > 0.7 * len(paths) / count
    # Which shard has which image is the same on all machines, in all versions: printf sub/a.png | sha256sum
    assert Shard(0x8EDBEA5C35CCBAA7 % 4, 4).takes(Path("sub/a.png"))
    assert [shard for shard in range(5) if Shard(shard, 5).takes(Path("e\u0301.png"))] == [
        shard for shard in range(5) if Shard(shard, 5).takes(Path("\u00e9.png"))
    ]
    assert sum(Shard(shard, 5).takes(Path("\udcff.png")) for shard in range(5)) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/4", "needs I/N, as 0/4 for the first of four shards; given '/4'"),
        ("4/4", "needs a shard from 0 to 3, as there are 4; given '4/4'"),
        ("-1/4", "needs I/N"),
        ("0/0", "needs a number of shards from 1"),
        ("1", "needs I/N"),
    ],
)
def test_what_is_no_shard(text, reason):
    with pytest.raises(ParameterError, match=reason):
        Shard.parse(text)


def test_the_union_is_the_whole_run(source, tmp_path, whole):
    reports = shards(source, tmp_path / "out")
    assert (outcome(reports), tree(tmp_path / "out")) == whole[:2]
    assert [name for report in reports for name in report.unsupported] == ["notes.pdf"]
    assert {report.images + report.elsewhere for report in reports} == {whole[2].images}
    assert all(report.journal.endswith(journal_name(report.shard)) for report in reports)


def test_at_once_into_one_folder(source, tmp_path, whole):
    """All wait for each other with an image in hand, so that journals and temporary files live together."""
    meet, reports = threading.Barrier(N, timeout=20), []

    def one(index):
        met = []

        def act(pixels):
            if not met:
                met.append(meet.wait())

        pipeline = FakePipeline(act)
        reports.append(run_folder(pipeline, source, tmp_path / "out", shard=f"{index}/{N}", workers=1))

    threads = [threading.Thread(target=one, args=(index,)) for index in range(N)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcome(reports), tree(tmp_path / "out")) == whole[:2]


def test_resume_has_nothing_to_do(source, tmp_path, whole):
    shards(source, tmp_path / "out")
    again = shards(source, tmp_path / "out", resume=True)
    assert sum(report.written for report in again) == 0
    assert outcome(again) == whole[0]


def test_another_number_of_shards_goes_by_content(source, tmp_path, whole):
    run_folder(FakePipeline(), source, tmp_path / "out", shard="0/2")
    first = set(tree(tmp_path / "out"))
    again = shards(source, tmp_path / "out", 3, resume=True)
    kept = {each.output for report in again for each in report.results if each.kept}
    assert kept == first
    assert (outcome(again), tree(tmp_path / "out")) == whole[:2]
    images.write(source / "0.png", np.zeros((5, 5), np.uint8), overwrite=True)
    changed = shards(source, tmp_path / "out", 5, resume=True)
    written = [each.path for report in changed for each in report.results if each.output and not each.kept]
    assert written == ["0.png"]
    whole_run = run_folder(FakePipeline(), source, tmp_path / "out", resume=True)
    assert (whole_run.written, whole_run.exit_code) == (0, 1)


def test_a_later_run_of_another_job_is_known_from_its_journal(source, tmp_path):
    """What a shard may replace is what this job made last, whichever journal says so."""
    shards(source, tmp_path / "out", 3)

    class Other(FakePipeline):
        dtype = "float32"

        def filter(self, image, threads=None, *, alpha=False):
            result, losses = super().filter(image, threads, alpha=alpha)
            return 255 - result, losses

    shards(source, tmp_path / "out", 2, Other, overwrite=True)
    before = tree(tmp_path / "out")
    with pytest.raises(JobError, match="holds results of another job"):
        run_folder(FakePipeline(), source, tmp_path / "out", shard="0/3", resume=True)
    assert tree(tmp_path / "out") == before


@pytest.mark.parametrize("at", range(8, 60, 5))
def test_a_killed_shard_goes_on(source, tmp_path, whole, at):
    shards_of = [f"{index}/2" for index in range(2)]
    with pytest.raises(Killed), Faults(at):
        run_folder(FakePipeline(), source, tmp_path / "out", shard=shards_of[0], workers=1)
    run_folder(FakePipeline(), source, tmp_path / "out", shard=shards_of[1], workers=1)
    reports = shards(source, tmp_path / "out", 2, resume=True, workers=1)
    assert (outcome(reports), tree(tmp_path / "out")) == whole[:2]


def test_lists_retries_isolation_and_memory(source, tmp_path, whole):
    files = ["0.png", "1.png", "2.png", "sub/a.png", "gone.png", "broken.png"]
    options = {"files": files, "retries": 1, "isolate": True, "memory": 10**9, "workers": 1}
    reports = shards(source, tmp_path / "out", 2, **options)
    found = {path: reason for path, _, reason in outcome(reports)}
    assert list(found) == sorted(files)
    assert found["gone.png"] == "cannot be opened: No such file or directory"
    assert tree(tmp_path / "out") == {name: whole[1][name] for name in files[:4]}


def test_a_stack_is_the_unit(tmp_path, rng):
    for folder in range(5):
        for page in range(3):
            path = tmp_path / "in" / f"s{folder}" / f"p{page}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            images.write(path, rng.integers(0, 256, (6, 7), dtype=np.uint8))
    run_folder(FakePipeline(), tmp_path / "in", tmp_path / "whole", stack="folder")
    reports = shards(tmp_path / "in", tmp_path / "out", 3, stack="folder")
    assert sorted(each.path for report in reports for each in report.results) == [
        f"s{at}.tif" for at in range(5)
    ]
    for report in reports:
        assert all(report.shard.takes(Path(each.path)) for each in report.results)
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_a_shard_of_no_image_is_done(source, tmp_path, whole):
    reports = shards(source, tmp_path / "out", 60)
    assert any(report.images == 0 and report.exit_code == 0 for report in reports)
    assert outcome(reports) == whole[0]


def test_all_shards_refuse_inputs_that_share_an_output(source, tmp_path):
    (source / "0.jpg").write_bytes((source / "0.png").read_bytes())
    for index in range(N):
        with pytest.raises(JobError, match="inputs share an output"):
            run_folder(FakePipeline(), source, tmp_path / "out", shard=f"{index}/{N}", format="png")


def test_one_image_has_no_shards(source, tmp_path):
    with pytest.raises(JobError, match="is one image; shards are of those of a folder"):
        run_folder(FakePipeline(), source / "0.png", tmp_path / "out", shard="0/2")


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ("0/4", "0/4", "another run of shard 0/4 is writing to"),
        ("0/4", None, "another run is writing to"),
        (None, "0/4", "another run is writing to"),
        ("1/3", "0/4", "shard 1/3, one of another number, is writing to"),
        ("0/4", "1/4", None),
    ],
)
def test_who_may_run_beside_whom(source, tmp_path, first, second, reason):
    said = []

    def act(pixels):
        if not said:
            said.append(None)
            try:
                run_folder(FakePipeline(), source, tmp_path / "out", shard=second)
            except JobError as error:
                said[0] = str(error)

    run_folder(FakePipeline(act), source, tmp_path / "out", shard=first, workers=1)
    assert said[0] is None if reason is None else reason in said[0]


def test_journals_of_shards_are_no_inputs(source, tmp_path):
    journal = source / journal_name(Shard(0, 2))
    journal.touch()
    report = run_folder(FakePipeline(), source, tmp_path / "out", include=["*.jsonl", "0.png"], shard="0/1")
    assert [each.path for each in report.results] == ["0.png"]
    listed = run_folder(FakePipeline(), source, tmp_path / "out", files=[journal.name])
    assert listed.failures[0].reason == "it is a file of a run's own"


def test_a_journal_that_was_taken_away_before_it_was_locked(source, tmp_path, monkeypatch):
    """As by a merge: the run opens another, and does not write to a file without a name."""
    taken, flock = [], fcntl.flock

    def take(file, operation):
        flock(file, operation)
        path = tmp_path / "out" / journal_name(Shard(0, 2))
        if path.exists() and not taken:
            taken.append(path.unlink())

    monkeypatch.setattr(fcntl, "flock", take)
    report = run_folder(FakePipeline(), source, tmp_path / "out", shard="0/2")
    assert taken
    assert report.stopped is None
    assert (tmp_path / "out" / journal_name(Shard(0, 2))).stat().st_size > 0


def test_a_journal_of_another_shard_that_is_a_link(source, tmp_path):
    shards(source, tmp_path / "out", 1)
    (tmp_path / "out" / journal_name(Shard(0, 2))).symlink_to(source / "0.png")
    with pytest.raises(JobError, match=r"a journal in .* cannot be read"):
        run_folder(FakePipeline(), source, tmp_path / "out", shard="0/1", resume=True)


def test_measures_of_a_shard_have_its_name(source, tmp_path):
    pipeline = Pipeline([stage("threshold", "fixed", level=9)], measure={"level": "mean(input)"})
    report = pipeline.run_folder(source, tmp_path / "out", shard="0/2")
    lines = (tmp_path / "out" / "measures.0-of-2.csv").read_text().splitlines()
    assert len(lines) == 1 + report.done
    with pytest.raises(JobError, match=r"go to 'measures.1-of-2.csv' in the output folder"):
        pipeline.run_folder(source, tmp_path / "out", shard="1/2", measures=tmp_path / "m.csv")


def test_the_journal_of_whole_runs_is_there_for_its_lock_alone(source, tmp_path):
    run_folder(FakePipeline(), source, tmp_path / "out", shard="0/2")
    assert (tmp_path / "out" / JOURNAL).stat().st_size == 0
