"""Tests of stores, jobs and faults again, on gs://: moto's S3 behind a translation of Google's XML API."""

import itertools
import urllib.request
from pathlib import PurePath

import pytest
from fakes import FakePipeline
from stores.faulty import Faults, faulty
from stores.google import TOKEN, Google
from stores.test_jobs import (  # noqa: F401 - with the buckets of this module
    four,
    run,
    test_a_journal_is_of_whole_parts,
    test_a_name_taken_while_it_is_filtered_is_left_alone,
    test_nothing_is_replaced_unless_told,
    test_results_are_those_of_a_folder,
    test_resume_keeps_what_is_right_and_does_the_rest,
    test_shards_share_a_store,
)
from stores.test_s3 import (  # noqa: F401
    test_a_store_that_goes_away_ends_in_failures_and_a_resume_does_the_rest,
    test_an_upload_in_parts_that_breaks_publishes_nothing,
    test_every_first_put_of_a_result_breaks,
    test_every_kind_of_fault_leaves_all_results_right,
    thirty,
)
from stores.test_store import *  # noqa: F403

from convpipe.batch import run_folder
from convpipe.errors import JobError
from convpipe.images.remote import opened_remote
from convpipe.stores import Url
from convpipe.stores import store as stores
from convpipe.stores.store import Store

NUMBERS = itertools.count()
VERSIONED = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


@pytest.fixture
def faults(port, monkeypatch):
    """The faults between a store and whoever asks it."""
    monkeypatch.setenv("GOOGLE_BEARER_TOKEN", TOKEN)
    monkeypatch.setattr(stores, "PAUSE_SECONDS", 0.01)
    faults = Faults()
    with faulty(port, faults, Google) as url:
        monkeypatch.setenv("GOOGLE_BASE_URL", url)
        yield faults


@pytest.fixture
def bucket(port, faults):
    """The URL of a bucket that no other test has; its objects have generations, as all of Google's have."""
    name = f"google{next(NUMBERS)}"
    for query, content in (("", None), ("?versioning", VERSIONED)):
        url = f"http://127.0.0.1:{port}/{name}{query}"
        asked = urllib.request.Request(url, content, {"Content-Type": "application/xml"}, method="PUT")
        urllib.request.urlopen(asked).close()
    return f"gs://{name}"


@pytest.fixture
def s3(bucket):
    """The bucket, for the tests of S3."""
    return bucket


def test_ranges_are_of_one_version(bucket, put):
    put(f"{bucket}/a", bytes(range(200)))
    store = Store(Url.parse(bucket))
    assert store.look("a").condition[0] == "if_match"
    with opened_remote(store, PurePath("a")) as file, file.open() as opened:
        assert opened.ranges.at(190, 20) == bytes(range(190, 200))
        put(f"{bucket}/a", bytes(200))
        with pytest.raises(OSError, match="it was changed while it was read"):
            opened.ranges.at(50, 20)


def test_an_object_is_made_by_one_request_that_says_so(bucket, faults):
    store = Store(Url.parse(bucket))
    store.write("a", [b"x"], 1, new=True)
    assert faults.asked == [("PUT", f"/{Url.parse(bucket).host}/a")]
    with pytest.raises(FileExistsError):
        store.write("a", [b"y"], 1, new=True)
    assert store.read("a") == b"x"


def test_what_a_store_refuses_is_said_without_secrets(bucket, put, tmp_path):
    put(f"{bucket}/in/a.png")
    with pytest.raises(JobError, match="cannot be listed: No such file") as error:
        run_folder(FakePipeline(), "gs://nobody-has-this/in", tmp_path / "out")
    assert "hush" not in str(error.value)
    report = run_folder(FakePipeline(), f"{bucket}/in", f"{bucket}/out")
    assert report.done == 1
    journal = Store(Url.parse(f"{bucket}/out/.convpipe-journal"))
    for text in [repr(report), *(journal.read(found.path).decode() for found in journal.listed())]:
        assert "hush" not in text
