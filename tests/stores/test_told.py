"""What a run tells, where that goes to a store: its report, its table of measures and its log."""

import json

import pytest
from click.testing import CliRunner

from convpipe.batch import opened_log, remote_log
from convpipe.cli import main
from convpipe.errors import JobError
from convpipe.stores import Url, parts
from convpipe.stores.store import Store

CONFIG = "stages: [{point: invert}]\nmeasure: {mean: mean(result)}\n"
REPORT = ["report.csv", "report.html", "report.json"]


@pytest.fixture
def run(tmp_path, monkeypatch, put, bucket):
    """Run a job of two images, one of which is damaged; what it tells goes where options say."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.yaml").write_text(CONFIG)
    put(f"{bucket}/in/a.png", 7)
    put(f"{bucket}/in/b.png", b"damaged")

    def run(*options):
        words = [
            "run",
            "job.yaml",
            f"{bucket}/in",
            "out",
            *(word.replace("BUCKET", bucket) for word in options),
        ]
        return CliRunner().invoke(main, words, catch_exceptions=False)

    return run


def test_a_report_and_a_table_appear_in_a_store(run, bucket, names, get):
    told = ("--report", "BUCKET/report/", "--measures", "BUCKET/numbers/means.csv")
    done = run(*told)
    assert done.exit_code == 1, done.output
    assert (names(f"{bucket}/report"), names(f"{bucket}/numbers")) == (REPORT, ["means.csv"])
    report = get(f"{bucket}/report/report.json")
    assert json.loads(report)["jobs"][0]["done"] == 1
    assert get(f"{bucket}/numbers/means.csv").splitlines()[1].startswith(b'"a.png",')
    again = run(*told, "--set", "name=other")
    assert again.exit_code == 2
    assert (
        f"the report folder '{bucket}/report' holds report.json and report.html and report.csv"
        in again.output
    )
    assert get(f"{bucket}/report/report.json") == report
    again = run("--measures", "BUCKET/numbers/means.csv")
    assert f"'{bucket}/numbers/means.csv' exists, where the measures go" in again.output
    assert run(*told, "--resume").exit_code == 1
    assert json.loads(get(f"{bucket}/report/report.json"))["jobs"][0]["kept"] == 1


@pytest.mark.parametrize("name", REPORT)
def test_what_is_no_report_is_not_replaced(run, put, get, bucket, name):
    put(f"{bucket}/report/{name}", b"mine")
    refused = run("--report", "BUCKET/report", "--resume")
    assert refused.exit_code == 2
    assert get(f"{bucket}/report/{name}") == b"mine"
    assert run("--report", "BUCKET/report", "--overwrite").exit_code == 1
    assert get(f"{bucket}/report/{name}") != b"mine"


def test_each_run_has_a_log_of_its_own(run, bucket, names, get):
    for _ in range(2):
        run("--log", "BUCKET/logs", "--overwrite")
    first, second = names(f"{bucket}/logs")
    assert first[:8].isdecimal()
    assert first.endswith("/00000.jsonl")
    for name in (first, second):
        events = [json.loads(line)["event"] for line in get(f"{bucket}/logs/{name}").splitlines()]
        assert (events[0], sorted(events[2:4]), events[-1]) == ("start", ["done", "failed"], "exit")


def lines(url):
    store = Store(url)
    return [json.loads(line)["number"] for name in sorted(found.path for found in store.listed())
            for line in store.read(name).splitlines()]  # fmt: skip


def test_a_log_is_in_the_store_while_a_run_goes_on(bucket, monkeypatch):
    monkeypatch.setattr(remote_log, "SECONDS", 0.01)
    monkeypatch.setattr(parts, "PART_BYTES", 500)
    url, told = Url.parse(f"{bucket}/logs"), []
    log = opened_log(url, told.append)
    log.event("a", number=0)
    assert lines(url) == [0]
    for number in range(1, 20):
        log.event("a", number=number)
    for _ in range(500):  # of a hundredth of a second
        if lines(url) == list(range(20)):
            break
        log._parts._closing.wait(0.01)
    assert lines(url) == list(range(20))
    assert len(list(Store(url).listed())) > 2
    log.event("a", number=20)
    log.close()
    assert (lines(url), told, log.whole) == (list(range(21)), [], True)


def test_a_log_that_breaks_off_is_said_once(bucket, monkeypatch):
    url, told = Url.parse(f"{bucket}/logs"), []
    log = opened_log(url, told.append)
    log.event("a", number=0)

    def refuse(*_, **__):
        raise OSError(5, "the store is gone")

    monkeypatch.setattr(Store, "write", refuse)
    log.event("a", number=1)
    log._parts.send()
    log.event("a", number=2)
    log.event("a", number=3)
    log.close()
    assert told == [f"the log '{bucket}/logs' ends here: the store is gone; the run goes on"]
    assert not log.whole
    assert lines(url) == [0]
    told.clear()
    log = opened_log(url, told.append)
    with pytest.raises(JobError, match="cannot be opened: the store is gone"):
        log.event("a")
    log.close()
    assert told == []  # of a log that never began


def test_a_log_whose_end_is_lost_shows_in_the_exit_code(run, bucket, monkeypatch):
    words = ["run", "job.yaml", f"{bucket}/in/a.png", "a.png", "--log", f"{bucket}/logs"]
    write, logs = Store.write, []

    def refuse(store, path, *given, **how):
        if path.endswith(".jsonl"):
            logs.append(path)
            if len(logs) > 1:
                raise OSError(5, "the store is gone")
        write(store, path, *given, **how)

    monkeypatch.setattr(Store, "write", refuse)
    done = CliRunner().invoke(main, words)
    assert (done.exit_code, done.output.count("ends here: the store is gone; the run goes on")) == (1, 1)


@pytest.mark.parametrize("option", ["--report", "--log", "--measures"])
def test_to_the_web_nothing_is_written(run, option, tmp_path):
    done = run(option, "https://127.0.0.1:1/x?X-Amz-Signature=hush")
    assert done.exit_code == 2
    assert "'https://127.0.0.1:1" in done.output
    assert "is of the web, where nothing can be written" in done.output
    assert "hush" not in done.output


def test_a_log_is_beside_the_output(run, bucket):
    words = ["run", "job.yaml", f"{bucket}/in", f"{bucket}/out/", "--log", f"{bucket}/out"]
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 2
    assert "--log needs a file beside the output" in refused.output
