"""The command as a process: what it imports, closed pipes, encodings, tracebacks."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import convpipe
from convpipe import images

HEAVY = {"numba", "llvmlite", "rich", "PIL", "imagecodecs", "tifffile", "skimage", "scipy", "torch"}


def imported(process, *arguments):
    """Return the top-level packages that the command imports."""
    with process(*arguments, python=["-X", "importtime"]) as run:
        _, log = run.communicate(timeout=60)
    assert run.returncode == 0, log
    lines = [line for line in log.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip().partition(".")[0] for line in lines}


def test_help_imports_click_alone(process):
    assert not imported(process, "--help") & {*HEAVY, "numpy", "ruamel"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "job.yaml"],
        ["plan", "job.yaml", "--size", "480x640", "--json"],
        ["stages"],
        ["stages", "blur", "gaussian"],
        ["schema"],
        ["init", "new.yaml"],
        ["init", "--recipe"],
        ["init", "--recipe", "blur"],
        ["help", "run"],
    ],
    ids=" ".join,
)
def test_commands_that_touch_no_pixel_start_light(process, job, arguments):
    job()
    assert not imported(process, *arguments) & HEAVY


def test_garbage_is_looked_for_once_work_begins():
    program = """
import gc, sys
from convpipe.cli import process

def main(prog_name):
    print(gc.get_threshold()[0] // process.PATIENT)
    process.begin_work()
    print(gc.get_threshold(), gc.get_freeze_count() > 0)
    sys.exit(0)

print(gc.get_threshold())
process.main = main
process.run()
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    before, patient, after = run.stdout.splitlines()
    assert (patient, after) == ("1", f"{before} True")


def test_pages_of_help_need_no_compiler(process):
    assert not imported(process, "help", "borders") & (HEAVY - {"rich"})


def test_the_table_of_a_plan_needs_no_compiler(process, job):
    assert not imported(process, "plan", job(), "--size", "480x640") & (HEAVY - {"rich"})


@pytest.mark.parametrize("command", [["stages", "--json"], ["plan", "job.yaml", "--size", "9x9"]])
def test_a_reader_that_leaves_is_no_error(process, job, command):
    job()
    with process(*command) as run:
        run.stdout.close()
        stderr = run.stderr.read()
        run.wait(timeout=60)
    assert stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_progress_is_shown_on_a_terminal(process, photos, job):
    leader, follower = os.openpty()
    config = job(head="name: 'a [/b]'\ninput: {path: photos}\noutput: {path: out}")
    with process("run", config, stderr=follower, env={"TERM": "xterm"}) as run:
        os.close(follower)
        shown = b"".join(iter(lambda: read(leader), b""))
        stdout = run.stdout.read()
    os.close(leader)
    assert run.returncode == 0, shown
    assert b"3/3" in shown
    assert b"a [/b]" in shown
    assert "3/3" not in stdout


def read(terminal):
    """Return what comes next on a pseudo-terminal, nothing when its other end is closed."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


SLOW_SCAN = """\
import time
from convpipe.batch import run
from convpipe.cli import main

def scan(*_):
    print("scanning", flush=True)
    time.sleep(60)

run.find_inputs = scan
main(prog_name="convpipe")
"""


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_the_folder_scan(photos, job, here, number, code):
    command = [sys.executable, "-c", SLOW_SCAN, "run", str(job()), "--quiet"]
    package = str(Path(convpipe.__file__).parents[1])
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": package}, **streams) as run:
        assert run.stdout.readline() == "scanning\n"
        began = time.monotonic()
        run.send_signal(number)
        _, stderr = run.communicate(timeout=60)
    assert time.monotonic() - began < 5
    assert (run.returncode, stderr) == (code, "error: job: interrupted: 0 left undone\n")
    assert not (here / "out").exists()


def test_a_name_the_encoding_lacks_is_escaped(process, job):
    config = job(name="日本.yaml")
    with process("check", config, env={"PYTHONIOENCODING": "latin-1"}) as run:
        stdout, stderr = run.communicate(timeout=60)
    assert run.returncode == 0, stderr
    assert "\\u65e5\\u672c.yaml" in stdout


def test_a_traceback_only_on_request(process):
    for value, shown in (("", False), ("1", True)):
        with process("check", "--set", "x", "plan", env={"CONVPIPE_TRACEBACK": value}) as run:
            _, stderr = run.communicate(timeout=60)
        assert run.returncode == 2, stderr
        assert (
            "Traceback" not in stderr
        )  # a config that is wrong is the command's business, not an error of ours
        with process("stages", "nothing", env={"CONVPIPE_TRACEBACK": value}) as run:
            _, stderr = run.communicate(timeout=60)
        assert run.returncode == (1 if shown else 2)
        assert ("Traceback" in stderr) == shown


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_folder_that_cannot_be_read(process, here, job):
    (here / "photos").mkdir(mode=0)
    with process("plan", job()) as run:
        _, stderr = run.communicate(timeout=60)
    assert run.returncode == 2
    assert stderr.startswith("error: ")


def shell(arguments, redirection, here):
    """Run the command under a shell that closes, fills or leaves its streams; return what is left to see."""
    package = str(Path(convpipe.__file__).parents[1])
    line = f"{sys.executable} -m convpipe {arguments} {redirection}"
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], cwd=here, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": package, "PYTHONUNBUFFERED": ""},
    )  # fmt: skip


unusual_streams = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


@unusual_streams
@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        (">&-", 0, ""),
        ("2>&-", 0, None),
        (">&- 2>&- <&-", 0, ""),
        ("| head -0", 0, ""),
        ("2>/dev/full", 0, None),
        (">/dev/full", 1, "error: standard output cannot be written: No space left on device\n"),
        (">/dev/full 2>/dev/full", 1, ""),
        ("--json >&-", 0, ""),
        ("--json | head -0", 0, ""),
        ("--json >/dev/full", 1, "error: standard output cannot be written: No space left on device\n"),
    ],
)
def test_a_run_is_done_whatever_becomes_of_its_streams(photos, job, here, redirection, code, said):
    """Both jobs are: what cannot be printed of the first is no reason to leave the second."""
    job()
    job(name="later.yaml", head="input: {path: photos}\noutput: {path: later}")
    run = shell("run job.yaml later.yaml", redirection, here)
    assert run.returncode == code
    assert "Traceback" not in run.stderr
    assert said is None or run.stderr == said
    for output in ("out", "later"):
        assert sorted(path.name for path in (here / output).rglob("*.png")) == ["a.png", "b.png", "c.png"]
        assert images.read(here / output / "a.png").pixels.shape == (8, 9)


@unusual_streams
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_the_exit_code_tells_of_failures_that_nobody_hears_of(photos, job, here, redirection):
    job()
    (photos / "bad.png").write_bytes(b"no image")
    assert shell("run job.yaml --quiet", redirection, here).returncode == 1


@unusual_streams
@pytest.mark.parametrize(
    "arguments",
    [
        "--help",
        "--version",
        "plan --help",
        "stages",
        "stages --json",
        "stages edge sobel",
        "stages --markdown",
        "check job.yaml",
        "schema",
        "info",
        "plan job.yaml --size 9x9",
        "plan job.yaml --size 9x9 --json",
        "check job.yaml --json",
        "init new.yaml",
        "explain job.yaml --size 9x9",
        "help borders",
    ],
)
def test_other_commands_say_that_nothing_could_be_printed(job, here, arguments):
    job()
    run = shell(arguments, ">/dev/full", here)
    assert run.returncode == 1
    assert "error: standard output cannot be written: No space left on device\n" in run.stderr
    assert "Errno" not in run.stderr
    assert "Traceback" not in run.stderr
    assert "Exception ignored" not in run.stderr
