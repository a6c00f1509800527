"""What cannot be on a cluster is refused before the first image, with what would help."""

import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner
from clustered import Clustered

import convpipe
from convpipe import cluster
from convpipe.batch.job import FolderJob
from convpipe.cli import main
from convpipe.cluster import connect
from convpipe.cluster.task import Description
from convpipe.cluster.worker import Station
from convpipe.errors import JobError


def described(tmp_path, **changes):
    job = FolderJob(tmp_path / "in", tmp_path / "out")
    own = Description("run", convpipe.__version__, Clustered(), job, True, None, False)
    return replace(own, **changes)


@pytest.mark.parametrize("where", ["local:0", "local:", "local:x", "local:-1", "local:9999"])
def test_a_number_of_processes(where):
    with pytest.raises(JobError, match="local:N, of 1 to 1024"), connect.connected(where):
        pass


@pytest.mark.parametrize("where", ["nonsense://host", "tcp://127.0.0.1:1"])
def test_no_scheduler(where, monkeypatch):
    monkeypatch.setattr(connect, "WAIT_SECONDS", 0.2)
    with pytest.raises(JobError, match="no scheduler answers at"), connect.connected(where):
        pass


def test_another_version_on_a_worker(client, folder, tmp_path, monkeypatch):
    folder([1])
    monkeypatch.setattr("convpipe.cluster.settle.__version__", "0.0.1")
    with pytest.raises(
        JobError, match=r"worker tcp://.* cannot take part: it has convpipe .* client 0\.0\.1"
    ):
        cluster.run_folder(Clustered(), client, tmp_path / "in", tmp_path / "out")


def test_a_worker_that_sees_another_output_folder(client, folder, tmp_path):
    folder([1])
    (tmp_path / "out").mkdir()
    with pytest.raises(JobError, match="no journal of this run"):
        client.register_plugin(Station(described(tmp_path, journal=".convpipe-journal.jsonl")))
    client.unregister_worker_plugin("run")


def test_a_worker_without_the_input(client, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(JobError, match=r"cannot take part: the input .* cannot be opened"):
        client.register_plugin(Station(described(tmp_path)))
    client.unregister_worker_plugin("run")


def test_images_at_once_are_said_by_the_workers(client, folder, tmp_path):
    with pytest.raises(JobError, match="threads of its workers"):
        cluster.run_folder(Clustered(), client, folder([1]), tmp_path / "out", workers=2)


def test_without_dask(monkeypatch, folder, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    for name in [name for name in sys.modules if name.startswith("convpipe.cluster")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(convpipe, "cluster")
    pipeline = convpipe.Pipeline([convpipe.stage("blur", "box")])
    with pytest.raises(JobError, match=r"pip install 'convpipe\[dask\]'"):
        pipeline.run_folder(folder([1]), tmp_path / "out", cluster="local:2")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cluster", "local:2", "--scheduler", "tcp://a:1"], "give one of them"),
        (["--cluster", "tcp://a:1"], "for a cluster that runs, --scheduler"),
        (["--cluster", "local:2", "--jobs", "3"], "--jobs is for threads"),
    ],
)
def test_options_that_contradict(options, said, folder, tmp_path):
    (tmp_path / "c.yaml").write_text("stages:\n  - blur: box\n")
    result = CliRunner().invoke(
        main, ["run", str(tmp_path / "c.yaml"), str(folder([1])), str(tmp_path / "o"), *options]
    )
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
