"""Jobs from S3 to S3, as moto serves it on this machine, with faults in between: the extra `moto`."""

import json

import numpy as np
import pytest
from fakes import FakePipeline
from stores.conftest import SECRET

from convpipe import images
from convpipe.batch import run_folder, survey
from convpipe.errors import JobError
from convpipe.stores import Url
from convpipe.stores import store as stores
from convpipe.stores.store import Store

pytest.importorskip("moto.server", reason="moto is not installed: no S3 is there to be tested with")


@pytest.fixture
def thirty(s3, put, tmp_path):
    """Thirty images in a bucket, and their results as a folder has them."""
    rng = np.random.default_rng(5)
    for number in range(30):
        path = tmp_path / "in" / f"{number % 3}" / f"{number} ü%20.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        images.write(path, rng.integers(0, 256, (40, 50), np.uint8))
        put(f"{s3}/in/{path.relative_to(tmp_path / 'in').as_posix()}", path.read_bytes())
    run_folder(FakePipeline(), tmp_path / "in", tmp_path / "right")
    return {
        path.relative_to(tmp_path / "right").as_posix(): path.read_bytes()
        for path in (tmp_path / "right").rglob("*.png")
    }


def contents(url):
    store = Store(Url.parse(url))
    return {found.path: store.read(found.path) for found in store.listed() if "journal" not in found.path}


FAULTS = ["busy", "reset", "lost", "cut", 0.05]


def test_every_kind_of_fault_leaves_all_results_right(s3, thirty, faults):
    faults.choose = lambda number, method, path: FAULTS[number // 7 % 5] if number % 7 == 3 else None
    report = run_folder(FakePipeline(), f"{s3}/in", f"{s3}/out")
    assert (report.done, report.failed) == (30, 0), report.results
    assert set(faults.done) == set(FAULTS)
    faults.choose = lambda *_: None
    assert contents(f"{s3}/out") == thirty
    assert survey(f"{s3}/out").shards[0].counts["done"] == 30
    assert run_folder(FakePipeline(), f"{s3}/in", f"{s3}/out", resume=True).kept == 30


@pytest.mark.parametrize("fault", ["lost", "reset"])
def test_every_first_put_of_a_result_breaks(s3, thirty, faults, fault):
    broken = set()

    def choose(number, method, path):
        if method == "PUT" and path.endswith(".png") and path not in broken:
            broken.add(path)
            return fault
        return None

    faults.choose = choose
    report = run_folder(FakePipeline(), f"{s3}/in", f"{s3}/out")
    assert (report.done, report.existing) == (30, 0)
    assert len(broken) == 30
    assert contents(f"{s3}/out") == thirty


def test_a_store_that_goes_away_ends_in_failures_and_a_resume_does_the_rest(s3, thirty, faults, monkeypatch):
    monkeypatch.setitem(stores.connect.__globals__["RETRIES"], "max_retries", 1)
    faults.choose = lambda number, method, path: "busy" if "/in/2/" in path else None
    report = run_folder(FakePipeline(), f"{s3}/in", f"{s3}/out")
    assert (report.done, report.failed) == (20, 10)
    assert all("503" in result.reason for result in report.results if result.status == "failed")
    assert contents(f"{s3}/out") == {path: thirty[path] for path in thirty if not path.startswith("2/")}
    faults.choose = lambda *_: None
    report = run_folder(FakePipeline(), f"{s3}/in", f"{s3}/out", resume=True)
    assert (report.done, report.kept) == (30, 20)
    assert contents(f"{s3}/out") == thirty


def test_an_upload_in_parts_that_breaks_publishes_nothing(s3, faults, monkeypatch):
    monkeypatch.setattr(stores, "IN_ONE", 1000)
    monkeypatch.setattr(stores, "PIECE", 5 << 20)
    store = Store(Url.parse(f"{s3}/out"))

    def pieces():
        yield bytes(6 << 20)
        raise RuntimeError("the encoder broke")

    with pytest.raises(RuntimeError, match="the encoder broke"):
        store.write("a", pieces(), 12 << 20, new=True)
    assert store.look("a") is None
    whole = [bytes(6 << 20), bytes([1]) * (6 << 20)]
    seen = []

    def choose(number, method, path):
        if method == "PUT" and len(seen) < 2:
            seen.append(path)
            return ["busy", "reset"][len(seen) - 1]
        return None

    faults.choose = choose
    store.write("a", whole, 12 << 20, new=True)
    assert store.read("a") == b"".join(whole)
    assert any("partNumber" in path for _, path in faults.asked)
    with pytest.raises(FileExistsError):
        store.write("a", whole[::-1], 12 << 20, new=True)


def test_what_a_store_refuses_is_said_without_secrets(s3, thirty, faults, monkeypatch, tmp_path):
    with pytest.raises(JobError, match="cannot be listed: No such file") as error:
        run_folder(FakePipeline(), "s3://nobody-has-this/in", tmp_path / "out")
    assert SECRET not in str(error.value)
    with pytest.raises(
        JobError, match=r"journal 's3://nobody-has-this/out/.convpipe-journal' cannot be written"
    ):
        run_folder(FakePipeline(), tmp_path / "in", "s3://nobody-has-this/out")
    report = run_folder(FakePipeline(), f"{s3}/in", f"{s3}/out")
    journal = Store(Url.parse(f"{s3}/out/.convpipe-journal"))
    for text in [repr(report), *(journal.read(found.path).decode() for found in journal.listed())]:
        assert SECRET not in text
        assert "AKIA" not in text


def test_results_are_written_by_one_request_each_and_names_are_listed_once(s3, thirty, faults):
    faults.asked.clear()
    run_folder(FakePipeline(), f"{s3}/in", f"{s3}/out", workers=2)
    asked = [(method, path.partition("?")[0].partition("/in/")[2]) for method, path in faults.asked]
    assert sum(method == "GET" and name.endswith(".png") for method, name in asked) == 30
    assert sum(method == "PUT" and path.endswith(".png") for method, path in faults.asked) == 30
    assert len(faults.asked) < 30 + 30 + 15
    lists = [path for method, path in faults.asked if "list-type" in path]
    assert len(lists) <= 8


def test_a_profile_gives_credentials_where_the_environment_has_none(s3, faults, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    shared = tmp_path / "credentials"
    shared.write_text(f"[default]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = {SECRET}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    store = Store(Url.parse(f"{s3}/in"))
    store.write("a", [b"x"], 1, new=True)
    assert json.dumps([found.path for found in store.listed()]) == '["a"]'
