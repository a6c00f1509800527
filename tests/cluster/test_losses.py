"""What a cluster loses: a worker, several for one image, what a worker had made, the client."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from clustered import CRASHES, SLOW, Clustered

from convpipe import cluster
from convpipe.batch import JOURNAL

RUN = """
import sys
from clustered import Clustered
from convpipe import cluster
cluster.run_folder(Clustered(), *sys.argv[1:])
"""


def test_a_worker_that_is_killed_loses_no_image(client, folder, tmp_path):
    pids = list(client.run(os.getpid).values())

    def progress(finished, total, result):
        if finished == 5:
            os.kill(pids[0], signal.SIGKILL)

    report = cluster.run_folder(Clustered(), client, folder([SLOW] * 30), tmp_path / "out", progress=progress)
    assert (report.done, report.failed, report.exit_code) == (30, 0, 0)
    assert report.retried > 0


def test_an_image_that_kills_its_workers_is_quarantined(client, folder, tmp_path):
    source, out = folder([1, 2, CRASHES, *range(10, 20), CRASHES]), tmp_path / "out"
    before = set(client.run(os.getpid).values())
    report = cluster.run_folder(Clustered(), client, source, out)
    assert (report.done, report.failed, report.exit_code) == (12, 2, 1)
    assert [(one.path, one.stage, one.quarantined) for one in report.failures] == [
        ("002.png", "worker", True),
        ("013.png", "worker", True),
    ]
    assert "2 workers died" in report.failures[0].reason
    assert not before <= set(client.run(os.getpid).values())
    client.wait_for_workers(2)
    resumed = cluster.run_folder(Clustered(), client, source, out, resume=True)
    assert (resumed.kept, resumed.written, resumed.exit_code) == (14, 0, 1)


def test_a_client_that_is_killed_leaves_a_run_that_resumes(client, folder, tmp_path):
    source, out = folder([SLOW] * 40), tmp_path / "out"
    address = client.scheduler.address
    command = [sys.executable, "-c", RUN, address, str(source), str(out)]
    paths = [str(Path(__file__).parents[1]), *filter(None, sys.path)]
    run = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)})
    _wait(lambda: len(list(out.glob("*.png"))) >= 5)
    run.kill()
    run.wait()
    assert len((out / JOURNAL).read_text().splitlines()) < 41
    report = cluster.run_folder(Clustered(), client, source, out, resume=True)
    assert (report.done, report.failed, report.exit_code) == (40, 0, 0)
    assert 0 < report.kept < 40


def test_a_scheduler_that_is_lost_leaves_a_run_that_resumes(folder, tmp_path):
    source, out = folder([SLOW] * 40), tmp_path / "out"
    first = _Cluster()
    try:

        def progress(finished, total, result):
            if finished == 5:
                first.kill()

        report = cluster.run_folder(Clustered(), first.address, source, out, progress=progress)
    finally:
        first.kill()
    assert report.exit_code == 1
    assert first.address in report.stopped
    assert "--resume" in report.stopped
    assert report.done + report.unfinished == 40
    second = _Cluster()
    try:
        again = cluster.run_folder(Clustered(), second.address, source, out, resume=True)
    finally:
        second.kill()
    assert (again.done, again.failed, again.exit_code) == (40, 0, 0)
    assert again.kept >= report.done


class _Cluster:
    """A scheduler and a worker in a process of their own."""

    PROGRAM = """
import distributed, sys
with distributed.LocalCluster(
    n_workers=1, processes=False, host="127.0.0.1", protocol="tcp", dashboard_address="127.0.0.1:0"
) as cluster:
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
"""

    def __init__(self):
        paths = [str(Path(__file__).parents[1]), *filter(None, sys.path)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.PROGRAM],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.address = self.process.stdout.readline().strip()

    def kill(self):
        self.process.kill()
        self.process.communicate()


def _wait(happened, seconds=60):
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)
