"""What journals say together, of few images or of very many: counts, and the tables of a merge."""

import json
import tracemalloc
from pathlib import Path

import pytest

from convpipe.batch import journal_files, merge_journals, survey
from convpipe.batch.identity import Identity, Maker
from convpipe.batch.journal_files import journal_name
from convpipe.batch.records import header_of, record_of
from convpipe.batch.table import TABLE, table_name
from convpipe.report import ImageResult
from convpipe.report.measures import csv_line, guarded
from convpipe.shards import Shard

PAGE = ((("level", 0.5),),)


@pytest.fixture
def journal(tmp_path):
    """Return a function that appends a run to a journal."""
    times = iter(range(100))

    def written(results, shard=None, config="c", root="/in"):
        tables = {"accept": {}, "of_objects": []}
        more = {"job": "night", "began": f"2026-{next(times):03}", **tables}
        more |= {} if shard is None else {"shard": str(shard)}
        header = {**header_of(Maker(Identity(2, "0", config, "cpu"), root)), **more}
        with (tmp_path / journal_name(shard)).open("a") as file:
            file.writelines(json.dumps(line) + "\n" for line in [header, *map(record_of, results)])

    return written


@pytest.fixture
def table(tmp_path):
    """Return a function that writes the table of a shard, with rows of some images."""

    def written(shard, paths):
        rows = [["path", "page", "accepted", "level"], *([guarded(path), 0, "", 0.5] for path in paths)]
        (tmp_path / table_name(TABLE, shard)).write_text("".join(map(csv_line, rows)))

    return written


def failed(path, **more):
    return ImageResult(path, "failed", "read", "no image", **more)


def done(path, **more):
    return ImageResult(path, "done", measures=PAGE, **more)


def test_the_last_record_of_an_image_counts_where_its_run_was(journal, tmp_path):
    first, second = Shard(0, 2), Shard(1, 2)
    journal([failed("a!.png"), failed("a/b.png", quarantined=True), done("c.png", seconds=1.5)], first)
    journal([ImageResult("d.png", "skipped"), failed("c.png", seconds=0.25)], second)
    journal([failed("c.png")], second, root="/other")
    journal([done("a!.png", seconds=2.0)])
    whole, *shards = survey(tmp_path).shards
    names = ["images", "done", "failed", "skipped", "quarantined"]
    assert [list(whole.counts), whole.runs, whole.seconds] == [names, 1, 2.0]
    assert [list(each.counts.values()) for each in (whole, *shards)] == [
        [1, 1, 0, 0, 0],
        [1, 0, 1, 0, 1],
        [3, 0, 2, 1, 0],
    ]
    assert [(each.runs, each.seconds) for each in shards] == [(1, 0), (2, 0.25)]
    assert [[one["path"] for one in each.failures] for each in shards] == [["a/b.png"], ["c.png", "c.png"]]


def test_failures_come_in_the_order_of_a_walk(journal, tmp_path):
    names = ["a.png", "a!.png", "a/b.png", "B.png", "a/b/c.png", "é.png"]
    journal(map(failed, names))
    (counts,) = survey(tmp_path).shards
    assert [one["path"] for one in counts.failures] == [
        "B.png", "a/b/c.png", "a/b.png", "a!.png", "a.png", "é.png",
    ]  # fmt: skip


def test_a_merged_table_has_the_images_of_all_tables(journal, table, tmp_path):
    names = [f"{at}.png" for at in range(9)]
    for shard in (Shard(0, 2), Shard(1, 2)):
        own = [name for name in names if shard.takes(Path(name))]
        journal([done(name) for name in own], shard, config="before")
        journal([done(name) for name in [*own, "gone.png", "=.png"]], shard)
        table(shard, [name for name in own if name != "3.png"] + ["=.png"])
    assert merge_journals(tmp_path).table == tmp_path / TABLE
    rows = (tmp_path / TABLE).read_text().splitlines()[1:]
    shown = [name for name in [*names, "'=.png"] if name != "3.png"]
    assert [row.split(",")[0] for row in rows] == [f'"{name}"' for name in shown]


def test_very_many_images_take_no_memory_for_each(journal, table, tmp_path, monkeypatch):
    monkeypatch.setattr(journal_files, "BLOCK", 1 << 12)
    count = 1_000
    names = [f"a folder of a long name/{at:04}.png" for at in range(count)]
    shard = Shard(0, 1)
    journal(failed(name, input_hash="0" * 64) for name in names)
    journal((done(name, input_hash="0" * 64) for name in names), shard)
    table(shard, names)

    def most(act):
        tracemalloc.start()
        try:
            act()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def shown():
        assert [sum(1 for _ in each.failures) for each in survey(tmp_path).shards] == [0, 0]

    def merged():
        assert merge_journals(tmp_path).table is not None
        table(shard, names)

    # Twice, as Python's table of the parts of paths may grow once. As objects records take over 1.2 MB, while
    # blocks of journals and tables take up to half of that.
    for act in (shown, merged):
        assert min(most(act), most(act)) < 800_000
