"""Values on the disk: in order, replaced, and not in memory."""

import pickle
import sqlite3
import tracemalloc
from threading import Thread

import pytest

from convpipe.batch.journal import Ledger
from convpipe.errors import JobError
from convpipe.report import ImageResult, Report
from convpipe.shelf import BATCH, NEW, Chosen, Shelf, Shelved


@pytest.fixture
def shelf():
    return Shelf()


def test_values_come_in_the_order_of_keys_or_in_that_asked_for(shelf):
    keys = ["b", "\udcff", "a", "é", "\U0001f600", ""]
    for key in keys:
        shelf.put(key, key)
    assert list(shelf.in_order()) == sorted(keys)
    assert shelf.in_order_of(["é", "none", "a"]) == ("é", "a")


def test_the_last_value_of_a_key_counts(shelf):
    for value in (1, 2):
        shelf.put("a", value)
    assert (len(shelf), shelf.get("a"), shelf.get("b")) == (1, 2, None)


def test_what_was_put_later_is_not_in_an_order_that_was_asked_for(shelf):
    shelf.put("b", 1)
    order = shelf.in_order()
    shelf.put("a", 0)
    assert (order, shelf.in_order()) == ([1], [0, 1])


def test_a_sequence_as_a_tuple_is(shelf):
    whole = tuple(range(2 * BATCH + 1))
    for value in whole:
        shelf.put(f"{value:04}", value)
    values = shelf.in_order()
    assert (len(values), tuple(values), values[5], values[-1]) == (len(whole), whole, 5, 2 * BATCH)
    assert (values[3:9:2], values[:-500], values == list(whole)) == ([3, 5, 7], whole[:-500], True)
    assert values != whole[1:]
    assert values.index(300) == 300
    with pytest.raises(IndexError):
        values[len(whole)]
    assert pickle.loads(pickle.dumps(values)) == whole


def test_threads_share_it(shelf):
    def put(first):
        for at in range(first, 2_000, 4):
            shelf.put(f"{at:04}", at)

    threads = [Thread(target=put, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shelf.in_order() == range(2_000)


def test_a_disk_that_is_full_is_told(shelf):
    shelf._table.execute("PRAGMA max_page_count = 10")
    for at in range(NEW - 1):
        shelf.put(str(at), "x" * 1000)
    with pytest.raises(JobError, match=r"no temporary file can be written .*full"):
        shelf.put("last", "x")
    with pytest.raises(JobError, match="no temporary file can be written"):
        shelf.get("0")


def test_what_was_put_last_is_there(shelf):
    for count in (1, NEW - 1, NEW, NEW + 1):
        for at in range(count):
            shelf.put(str(at), f"{count} {at}")
        assert (len(shelf), shelf.get(str(count - 1))) == (count, f"{count} {count - 1}")


def test_it_ends_without_a_warning():
    table = Shelf()._table
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        table.execute("SELECT 1")


def test_a_report_of_very_many_images_takes_no_memory_for_each():
    ledger = Ledger()
    count = 5_000
    tracemalloc.start()
    try:
        for at in range(count):
            ledger.append(
                ImageResult(f"folder/{at:05}.png", "failed" if at % 2 else "done", reason="x" * 100)
            )
        report = Report("many", ledger.settled(f"folder/{at:05}.png" for at in range(count)))
        assert (report.done, report.failed, sum(1 for _ in report.failures)) == (count // 2,) * 3
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(report.results, Shelved)
    assert isinstance(report.failures, Chosen)
    assert most < 100 * count  # as objects a result takes 800 bytes
