"""What `run` takes beside `--cluster local:N` does what it does without, or is refused."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import dask
import numpy as np
import pytest
from click.testing import CliRunner
from distributed import Client

from convpipe import images
from convpipe.cli import main
from convpipe.cluster import connect, settle
from convpipe.cluster.forget import Forget
from convpipe.cluster.worker import Station

CONFIG = """
name: night
input: {path: in}
output: {path: out}
measure: {level: mean(input)}
stages:
  - {blur: box, size: 3}
"""

BROKEN = """\
import os, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "convpipe.batch.decoder":
            sys.meta_path.remove(self)
            from convpipe import images
            images.open_image = lambda *args, **options: os._exit(3)

sys.meta_path.insert(0, Finder())
"""
"""Python imports this when it starts: a decoder in a process of its own dies of any image."""


@pytest.fixture(scope="module")
def client():
    """Return a client of what `--cluster local:2` starts."""
    with connect.connected("local:2") as client:
        yield client


@pytest.fixture
def convpipe(client, monkeypatch, tmp_path):
    """Return the command, in a folder of a config and images; each cluster of two is the one there is."""
    asked = []

    def shared(count, stack):
        asked.append(count)
        return Client(client.scheduler.address)

    def call(*arguments):
        found = CliRunner().invoke(main, ["run", "job.yaml", *map(str, arguments)], catch_exceptions=False)
        assert asked == [2] * ("local:2" in arguments)
        asked.clear()
        return found

    monkeypatch.setattr(connect, "_of_processes", shared)
    monkeypatch.chdir(tmp_path)
    Path("job.yaml").write_text(CONFIG)
    for folder, value in (("in", 30), ("masks", 1)):
        Path(folder, "more").mkdir(parents=True)
        for at, name in enumerate(("a.png", "b.png", "more/c.png", "e.png")):
            pixels = np.full((6, 7), value, np.uint8)
            pixels[at:] = value * (at + 2) if folder == "in" else 0
            images.write(Path(folder, name), pixels)
    Path("in", "broken.png").write_bytes(b"none")
    return call


HERE, THERE = ("in", "here"), ("in", "there", "--cluster", "local:2")


def told(result):
    """What `--json` says but for times and places, which are no two runs' alike."""
    (job,) = json.loads(result.stdout)["jobs"]
    apart = ("output", "outputs", "journal", "seconds", "steps", "threads", "warnings")
    return {name: value for name, value in job.items() if name not in apart}


def test_its_processes_keep_no_profiles(client):
    """Else each grows for a quarter of an hour, by 40 MB."""
    settings = client.run(lambda: dask.config.get("distributed.worker.profile.enabled"))
    assert list(settings.values()) == [False, False]
    assert dask.config.get("distributed.worker.profile.enabled")  # whoever uses Dask beside has theirs


def test_reports_measures_and_masks(convpipe, tree):
    Path("job.yaml").write_text(CONFIG + "mask: masks\n")
    images.write(Path("masks", "broken.png"), np.ones((6, 7), np.uint8))
    runs = []
    for where in (HERE, THERE):
        name = where[1]
        shown = ("--report", f"{name}.report", "--samples", "1", "--measures", f"{name}.csv")
        result = convpipe(*where, "--json", *shown)
        assert result.exit_code == 1, result.output
        runs.append(told(result))
    assert runs[0] == runs[1]
    assert (runs[1]["done"], runs[1]["failed"], len(runs[1]["measured"])) == (4, 1, 4)
    assert Path("there.csv").read_bytes() == Path("here.csv").read_bytes()
    assert tree(Path("there")) == tree(Path("here"))
    assert tree(Path("there.report")).keys() == tree(Path("here.report")).keys()
    Path("job.yaml").write_text(CONFIG)
    unmasked = told(convpipe(*THERE, "--json", "--overwrite"))
    assert unmasked["measured"] != runs[1]["measured"]


def test_shards(convpipe, tree):
    assert convpipe(*HERE).exit_code == 1
    counts = [told(convpipe(*THERE, "--json", "--shard", f"{index}/2")) for index in (0, 1)]
    assert {each["images"] + each["shard"]["elsewhere"] for each in counts} == {5}
    assert all(each["images"] for each in counts)
    merged = CliRunner().invoke(main, ["journal", "merge", "there"])
    assert merged.exit_code == 0, merged.output
    assert tree(Path("there")) == tree(Path("here"))


def test_decoders_of_their_own(convpipe, client, tmp_path):
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "sitecustomize.py").write_text(BROKEN)
    paths = os.pathsep.join(filter(None, (str(tmp_path / "python"), os.environ.get("PYTHONPATH"))))
    command = (*THERE, "--json", "--overwrite", "--files-from", listed("a.png"))
    client.run(lambda: os.environ.update(PYTHONPATH=paths))
    try:
        without, isolated = told(convpipe(*command)), told(convpipe(*command, "--isolate"))
    finally:
        client.run(lambda: os.environ.pop("PYTHONPATH"))  # they have all modules that they need
    assert (without["done"], isolated["done"]) == (1, 0)
    reason = "the decoder ended with exit code 3, twice; quarantined"
    assert isolated["failures"] == [{"path": "a.png", "stage": "read", "reason": reason}]


def listed(*names):
    Path("names").write_text("\n".join(names))
    return "names"


def test_workers_are_not_sent_the_list_of_files(convpipe, monkeypatch):
    described = []

    def station(description):
        described.append(description)
        return Station(description)

    monkeypatch.setattr(settle, "Station", station)
    assert convpipe(*THERE, "--files-from", listed("a.png", "more/c.png")).exit_code == 0
    assert [(one.job.files, one.job.output.name) for one in described] == [(None, "there")]
    assert sorted(path.name for path in Path("there").rglob("*.png")) == ["a.png", "c.png"]


def test_the_scheduler_keeps_nothing_of_what_was_done(convpipe, client):
    def spans(dask_scheduler):
        every = dask_scheduler.extensions["spans"].spans
        return {name: (len(each.groups), len(each.metadata["collections"])) for name, each in every.items()}

    before = client.run_on_scheduler(spans)
    for at in range(20):
        (Path("in") / f"{at}.png").symlink_to("a.png")
    assert convpipe(*THERE, "--quiet").exit_code == 1
    assert [topic for topic in client.get_events() if topic.startswith("convpipe-")] == []
    after = client.run_on_scheduler(spans)
    assert [held for name, held in after.items() if name not in before] == [(1, 0)]


def test_groups_of_tasks_that_are_gone_are_let_go_of():
    class Group:
        span_id = "run"

    group, gone, others = Group(), Group(), Group()
    own = SimpleNamespace(groups={group, gone}, metadata=None)
    scheduler = SimpleNamespace(
        tasks={"run-1": SimpleNamespace(group=group), "x-1": SimpleNamespace(group=others)},
        extensions={"spans": SimpleNamespace(spans={"run": own})},
    )
    Forget("run").update_graph(scheduler, tasks=["x-1"])
    assert own.groups == {group, gone}
    Forget("run").update_graph(scheduler, tasks=["run-1"])
    assert own.groups == {group}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--timeout", "5"), "--timeout needs --isolate"),
        (("--shard", "0/2", "--measures", "m.csv"), "leave out --measures"),
        (("--samples", "2"), "--samples goes with --report"),
    ],
)
def test_what_is_refused_without_is_refused_with_it(convpipe, options, said):
    result = CliRunner().invoke(main, ["run", "job.yaml", *THERE, *options])
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
