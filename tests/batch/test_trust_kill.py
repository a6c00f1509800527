"""Killed anywhere: each final name is absent, old or complete, and ``resume`` ends as if nothing had been."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fakes import FakePipeline, SeveralPipeline
from faults import Faults, Killed

from convpipe import images
from convpipe.batch import JOURNAL, journal, run_folder

NAMES = ("a.png", "b.tif", "sub/c.png", "sub/deep/d.png", "sub/e.jpg")
PRECIOUS = "sub/precious.png"

SCENARIOS = {
    "fresh": {},
    "over old results": {"overwrite": True},
    "without hard links": {},
    "two at once": {"workers": 2},
    "several results": {"outputs": {"small": {"format": "tiff"}}},
}


@pytest.fixture(autouse=True)
def every_line_is_synced(monkeypatch):
    monkeypatch.setattr(journal, "SYNC_SECONDS", 0.0)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # the disk itself is not under test, and slow


def make_input(folder, rng):
    for name in (*NAMES, PRECIOUS):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        images.write(folder / name, rng.integers(0, 256, (9, 12), dtype=np.uint8))
    (folder / "broken.png").write_bytes(b"not an image")


def make_output(folder, scenario):
    """What is there before: a file that is not this job's, and where it overwrites, old results."""
    old = (*NAMES, PRECIOUS) if scenario == "over old results" else (PRECIOUS,)
    for name in old:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"old " + name.encode())


def tree(folder):
    """Every file's content but the journal's, temporaries included."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != JOURNAL
    }


def outcome(report):
    return report.exit_code, {result.path: (result.status, result.reason) for result in report.results}


def run(source, output, scenario, **options):
    pipeline = SeveralPipeline() if scenario == "several results" else FakePipeline()
    return run_folder(pipeline, source, output, **{"workers": 1, **SCENARIOS[scenario], **options})


def recorded(output):
    """Every result of the images that the journal calls done, with its hash."""
    lines = (output / JOURNAL).read_bytes().splitlines(keepends=True) if (output / JOURNAL).exists() else []
    done = [json.loads(line) for line in lines if line.endswith(b"\n") and b'"done"' in line]
    return {file["output"]: file["output_hash"] for line in done for file in (line, *line.get("beside", ()))}


def no_links(*_, **__):
    raise PermissionError(1, "Operation not permitted")


@pytest.fixture
def case(tmp_path, rng, monkeypatch, request):
    """Input, a scenario, and what an uninterrupted run makes of them, with its number of operations."""
    scenario = request.param
    source, straight = tmp_path / "in", tmp_path / "straight"
    make_input(source, rng)
    make_output(straight, scenario)
    if scenario == "without hard links":
        monkeypatch.setattr(os, "link", no_links)
    with Faults() as faults:
        expected = outcome(run(source, straight, scenario))
    return source, scenario, expected, tree(straight), faults.count


@pytest.mark.parametrize("case", SCENARIOS, indirect=True)
def test_death_at_every_file_operation(case, tmp_path):
    source, scenario, expected, whole, operations = case
    assert operations > 60
    for at in range(1, operations + 1):
        output = tmp_path / f"{at}"
        make_output(output, scenario)
        before = tree(output)
        with pytest.raises(Killed), Faults(at):
            run(source, output, scenario)
        for name, content in tree(output).items():
            complete = content in (whole.get(name), before.get(name))
            assert complete or images.is_temporary(Path(name).name), (at, name)
        for name, digest in recorded(output).items():
            assert images.digest_file(output / name) == digest, (at, name)
        assert outcome(run(source, output, scenario, resume=True)) == expected, at
        assert tree(output) == whole, at


@pytest.mark.parametrize("case", ["fresh", "over old results"], indirect=True)
def test_death_of_the_resumed_run_too(case, tmp_path):
    source, scenario, expected, whole, operations = case
    for at in range(5, operations, 9):
        for later in range(1, 30, 7):
            output = tmp_path / f"{at} {later}"
            make_output(output, scenario)
            with pytest.raises(Killed), Faults(at):
                run(source, output, scenario)
            try:
                with Faults(later):
                    run(source, output, scenario, resume=True)
            except Killed:
                pass
            assert outcome(run(source, output, scenario, resume=True)) == expected, (at, later)
            assert tree(output) == whole, (at, later)


HELPER = """\
import json, os, signal, sys
from pathlib import Path
from fakes import FakePipeline, SeveralPipeline
from faults import Faults
from convpipe.batch import journal, run_folder

journal.SYNC_SECONDS = 0.0
os.fsync = lambda descriptor: None
source, outputs, points = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])

def child(work):
    pid = os.fork()  # this process has one thread, and the children die before they return
    if not pid:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

for at in points:
    output = outputs / str(at)
    def killed():
        with Faults(at, lambda: os.kill(os.getpid(), signal.SIGKILL)):
            run_folder(FakePipeline(), source, output, workers=2)
    def resumed():
        os._exit(run_folder(FakePipeline(), source, output, workers=2, resume=True).exit_code)
    print(json.dumps([at, child(killed), child(resumed)]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_sigkill(tmp_path, rng):
    source, straight = tmp_path / "in", tmp_path / "straight"
    make_input(source, rng)
    with Faults() as faults:
        run_folder(FakePipeline(), source, straight, workers=2)
    points = list(range(1, faults.count - 5, 2))  # two threads may find a folder made, and do with less
    assert len(points) > 30
    package = Path(images.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", HELPER, source, tmp_path / "killed", json.dumps(points)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(package), str(package / "tests")])},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert outcomes == [[at, -9, 1] for at in points]  # 1: the broken image
    for at in points:
        assert tree(tmp_path / "killed" / str(at)) == tree(straight), at
