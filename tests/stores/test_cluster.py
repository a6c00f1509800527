"""A job on a cluster over URLs: a local run's bytes and journal, and no credential in what travels."""

import json
import pickle

import numpy as np
import pytest
from clustered import Clustered
from stores.conftest import SECRET

from convpipe import images
from convpipe.batch import opened_log, run_folder
from convpipe.errors import JobError
from convpipe.stores import Url
from convpipe.stores.store import Store

distributed = pytest.importorskip("distributed")
cluster = pytest.importorskip("convpipe.cluster")
settle = pytest.importorskip("convpipe.cluster.settle")


@pytest.fixture
def bucket(s3, put, tmp_path, rng):
    """A bucket with images, one of them damaged, which are in a folder, too."""
    for number in range(6):
        path = tmp_path / "in" / f"{number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        images.write(path, rng.integers(0, 255, (20, 30, 3), np.uint8))
    (tmp_path / "in" / "damaged.png").write_bytes(b"no image")
    for path in (tmp_path / "in").rglob("*.png"):
        put(f"{s3}/in/{path.relative_to(tmp_path / 'in').as_posix()}", path.read_bytes())
    return s3


def objects(url):
    store = Store(Url.parse(url))
    return {found.path: store.read(found.path) for found in store.listed()}


def records(content):
    """What journals say of each image, but for times."""
    lines = [json.loads(line) for text in content for line in text.splitlines()]
    plain = [{k: v for k, v in line.items() if k not in ("seconds", "steps")} for line in lines]
    return sorted((line for line in plain if "path" in line), key=lambda line: line["path"])


def test_results_and_journal_are_those_of_a_local_run(bucket, tmp_path, monkeypatch, capfd):
    sent, made = [], settle.Description
    monkeypatch.setattr(
        settle, "Description", lambda *told: sent.append(pickle.dumps(made(*told))) or made(*told)
    )
    here = run_folder(Clustered(), tmp_path / "in", tmp_path / "here")
    log = opened_log(Url.parse(f"{bucket}/logs"), print)
    told = []
    how = {"log": log, "told": told.append}
    there = cluster.run_folder(Clustered(), "local:2", f"{bucket}/in", f"{bucket}/out", **how)
    log.close()
    assert (there.done, there.failed) == (here.done, here.failed) == (6, 1), there.results
    found = objects(f"{bucket}/out")
    journal = {name: found.pop(name) for name in list(found) if name.startswith(".convpipe-journal")}
    results = {
        path.relative_to(tmp_path / "here").as_posix(): path.read_bytes()
        for path in (tmp_path / "here").rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    assert found == results
    assert records(journal.values()) == records(
        [(tmp_path / "here" / ".convpipe-journal.jsonl").read_bytes()]
    )
    assert sent
    printed = capfd.readouterr()
    for text in (
        *sent,
        *journal.values(),
        *objects(f"{bucket}/logs").values(),
        repr((there, told, printed)).encode(),
    ):
        assert SECRET.encode() not in text
        assert b"AKIA" not in text


def test_a_signature_is_not_sent(tmp_path):
    with pytest.raises(JobError, match="is not sent to workers") as error:
        cluster.run_folder(Clustered(), "local:2", "https://host/a.png?X-Amz-Signature=hush", tmp_path)
    assert "hush" not in str(error.value)
