"""``convpipe run``: results, one summary, the worst exit code."""

import errno
import json
import os
import signal
import time

import numpy as np
import pytest
from click import BadParameter

from convpipe import Pipeline, images, stage
from convpipe.batch import JOURNAL
from convpipe.cli.kinds import nbytes

SEVERAL = """\
defaults:
  input: {path: photos}
jobs:
  - {name: wrong, stages: [{blur: gausian}], output: {path: o0}}
  - {name: missing, input: {path: nowhere}, stages: [{blur: box, size: 3}], output: {path: o1}}
  - {name: good, stages: [{blur: box, size: 3}], output: {path: o2}}
"""


def test_results_are_the_pipelines(convpipe, photos, job, here):
    result = convpipe("run", job())
    assert result.exit_code == 0
    assert "3 images: 3 done, 0 failed" in result.stdout
    assert result.stderr == ""
    box = Pipeline([stage("blur", "box", size=3)])
    for name in ("a.png", "more/c.png"):
        expected = box(images.read(photos / name).pixels)
        assert (images.read(here / "out" / name).pixels == expected).all()


def test_the_table_has_every_size(convpipe, photos, job):
    result = convpipe("run", job("- {blur: box, size: 3, stride: 2}"))
    assert "8x9" in result.stdout
    assert "4x5" in result.stdout


def test_input_and_output_replace_the_configs(convpipe, photos, job, here):
    config = job(head="name: bare")
    assert convpipe("run", config, "photos", "elsewhere").exit_code == 0
    assert (here / "elsewhere" / "more" / "c.png").exists()
    assert convpipe("run", config, "photos").exit_code == 2  # no output


def test_json(convpipe, photos, job, here, document):
    (photos / "bad.png").write_bytes(b"no image")
    result = convpipe("run", job(), "--json")
    assert result.exit_code == 1
    whole = document(result)
    (data,) = whole["jobs"]
    assert (whole["images"], whole["failed"], whole["exit_code"]) == (4, 1, 1)
    assert (data["config"], data["output"], data["error"]) == (str(here / "job.yaml"), "out", None)
    assert {key: data[key] for key in ("images", "done", "failed", "skipped")} == {
        "images": 4,
        "done": 3,
        "failed": 1,
        "skipped": 0,
    }
    (failure,) = data["failures"]
    assert (failure["path"], failure["stage"]) == ("bad.png", "read")
    assert data["sizes"] == [
        {"input": [5, 4], "count": 1, "stages": [{"name": "blur box", "output": [5, 4]}]},
        {"input": [8, 9], "count": 2, "stages": [{"name": "blur box", "output": [8, 9]}]},
    ]


def test_one_bad_job_does_not_stop_the_others(convpipe, photos, job, here, document):
    (here / "several.yaml").write_text(SEVERAL)
    result = convpipe("run", "several.yaml", job(name="last.yaml"), "absent.yaml")
    assert result.exit_code == 2
    assert "several.yaml:4:35: unknown blur method 'gausian'; did you mean 'gaussian'?" in result.stderr
    assert "missing: the input 'nowhere'" in result.stderr
    assert "absent.yaml: cannot be read" in result.stderr
    assert "5 jobs: 6 images: 6 done, 0 failed; 3 could not start" in result.stdout
    data = document(convpipe("run", "several.yaml", "--json", "--overwrite"))
    assert (data["images"], data["done"], data["exit_code"]) == (3, 3, 2)
    assert [(each["error"] is None, each["done"]) for each in data["jobs"]] == [
        (False, 0), (False, 0), (True, 3)
    ]  # fmt: skip
    assert [each["output"] for each in data["jobs"]] == [None, "o1", "o2"]
    assert {each["config"] for each in data["jobs"]} == {"several.yaml"}


@pytest.mark.parametrize(
    ("options", "meant"),
    [
        (["-o", "out"], "there is no option '-o'; OUTPUT comes last: convpipe run CONFIG INPUT OUTPUT"),
        (["--input", "photos"], "'--input'; INPUT follows CONFIG"),
        (["--threads=4"], "'--threads'; --jobs N"),
        (["--force"], "'--force'; --overwrite"),
        (["--dry-run"], "'--dry-run'; convpipe plan"),
        (["--overwrit"], "--overwrite"),
    ],
)
def test_an_option_of_other_tools_is_told_what_is_meant(convpipe, job, options, meant):
    result = convpipe("run", job(), *options)
    assert result.exit_code == 2
    assert meant in result.stderr
    assert convpipe("plan", job(), "-o").stderr.splitlines()[-1].startswith("error: No such option")


def test_an_input_without_images_is_an_error(convpipe, photos, job):
    result = convpipe("run", job(), "--set", 'input.include=["*.tif"]')
    assert result.exit_code == 2
    assert "the input 'photos' holds no image to filter" in result.stderr
    assert result.stderr.endswith(" by include: ['*.tif']\n")
    assert convpipe("plan", job(), "--set", 'input.include=["*.tif"]').stderr == result.stderr
    flat = convpipe("run", job(), "--set", "input.recursive=false", "--set", "input.exclude='*.png'")
    assert flat.stderr.endswith(" by exclude: ['*.png'], recursive: false\n")


def test_results_are_kept_unless_overwrite(convpipe, photos, job, here, document):
    convpipe("run", job())
    before = (here / "out" / "a.png").read_bytes()
    (photos / "b.png").rename(photos / "a.png")
    again = convpipe("run", job(), "--json")
    assert again.exit_code == 1
    (data,) = document(again)["jobs"]
    assert (data["existing"], data["failed"], data["failures"], data["images"]) == (2, 0, [], 2)
    assert document(again)["existing"] == 2
    assert again.stderr == (
        "error: job: 2 results exist already: --resume keeps what is right and does the rest, --overwrite "
        "replaces\n"
    )
    assert (here / "out" / "a.png").read_bytes() == before
    assert convpipe("run", job(), "--overwrite").exit_code == 0
    assert (here / "out" / "a.png").read_bytes() != before


def test_resume_keeps_what_is_done(convpipe, photos, job, here, document):
    (data,) = document(convpipe("run", job(), "--json", "--resume"))["jobs"]
    assert (data["kept"], data["written"]) == (0, 3)
    (here / "out" / "b.png").unlink()
    (data,) = document(convpipe("run", job(), "--json", "--resume"))["jobs"]
    assert (data["done"], data["kept"], data["written"], data["failed"]) == (3, 2, 1, 0)
    assert data["journal"] == os.path.join("out", JOURNAL)
    shown = convpipe("run", job(), "--resume")
    assert "3 kept from earlier runs, 0 written, 0 failed" in shown.stdout
    assert "the results are in out\n" in shown.stdout


def test_resume_refuses_the_journal_of_another_config(convpipe, photos, job, here):
    convpipe("run", job())
    before = (here / "out" / "a.png").read_bytes()
    other = ["run", job(), "--set", "stages.0.size=5", "--resume"]
    refused = convpipe(*other)
    assert refused.exit_code == 2
    assert "job: the output folder holds results of another job: its stages" in refused.stderr
    assert (here / "out" / "a.png").read_bytes() == before
    assert convpipe(*other, "--overwrite").exit_code == 0
    assert (here / "out" / "a.png").read_bytes() != before
    assert convpipe(*other).exit_code == 0


def test_decoding_in_processes_of_their_own(convpipe, photos, job, here):
    (photos / "bad.png").write_bytes(b"no image")
    convpipe("run", job(), "photos", "plain")
    result = convpipe("run", job(), "--isolate", "--timeout", "20")
    assert result.exit_code == 1
    assert "4 images: 3 done, 1 failed" in result.stdout
    for name in ("a.png", "more/c.png"):
        assert (here / "out" / name).read_bytes() == (here / "plain" / name).read_bytes()


def test_a_run_that_gives_up_says_so(convpipe, photos, job, here, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "link", full)
    result = convpipe("run", job(), "--jobs", 1)
    assert result.exit_code == 1
    assert "stopped early, as no file can be written to the output (No space left on device): 2 left" in (
        " ".join(result.stdout.split())
    )
    assert "stopped early, as no file" in convpipe("run", job(), "--jobs", 1, "--quiet").stderr


def test_set_changes_the_job(convpipe, photos, job, document):
    (data,) = document(convpipe("run", job(), "--json", "--set", "stages.0.stride=4"))["jobs"]
    assert [each["stages"][0]["output"] for each in data["sizes"]] == [[2, 1], [2, 3]]


def test_quiet_prints_failures_alone(convpipe, photos, job):
    (photos / "bad\x1b[31m\n.png").write_bytes(b"no image")
    result = convpipe("run", job(), "--quiet")
    assert result.stdout == ""
    assert result.stderr.startswith("error: job: 'bad\\x1b[31m\\n.png': read: ")
    assert result.stderr.count("\n") == 1


def test_control_characters_stay_out_of_the_table(convpipe, photos, job):
    (photos / "bad\x1b[31m\n.png").write_bytes(b"no image")
    result = convpipe("run", job())
    assert "bad\\x1b[31m\\n.png" in result.stdout
    assert "\x1b" not in result.output


def test_report_folder(convpipe, photos, job, here):
    assert convpipe("run", job(), "--report", "reports/today").exit_code == 0
    assert {path.suffix for path in (here / "reports" / "today").iterdir()} == {".json", ".html", ".csv"}
    again = convpipe("run", job(), "--report", "reports/today")
    assert again.exit_code == 2
    assert "holds report.json and report.html and report.csv; --overwrite replaces" in again.stderr
    assert convpipe("run", job(), "--report", "reports/today", "--resume").exit_code == 0


def test_a_report_says_how_it_is_made_again_and_shows_samples(convpipe, photos, job, here):
    config = job(head="input: {path: photos}\noutput: {path: out}  # of <mine>")
    assert convpipe("run", config, "--report", "r", "--samples", 1).exit_code == 0
    origin = json.loads((here / "r" / "report.json").read_text())["origin"]
    assert origin["folder"] == str(here)
    assert origin["command"] == f"convpipe run {config} --report r --samples 1"
    page = (here / "r" / "report.html").read_text()
    assert "# of &lt;mine&gt;" in page
    assert page.count('class="sample"') == 1
    assert [line.partition(",")[0] for line in (here / "r" / "report.csv").read_text().splitlines()] == [
        '"job"',
        *['"job"'] * 3,
    ]
    assert convpipe("run", config, "--report", "r", "--resume").exit_code == 0
    assert (here / "r" / "report.html").read_text().count('class="sample"') == 3
    assert convpipe("run", config, "--report", "r", "--resume", "--samples", 0).exit_code == 0
    assert 'class="sample"' not in (here / "r" / "report.html").read_text()


def test_a_report_of_jobs_that_did_not_start_and_of_no_images(convpipe, photos, job, here):
    gone = job(name="gone.yaml", head="input: {path: nowhere}\noutput: {path: other}")
    assert convpipe("run", gone, job(), "--report", "r").exit_code == 2
    page = (here / "r" / "report.html").read_text()
    assert "did not start: the input &#x27;nowhere&#x27; cannot be opened" in page
    assert "2 jobs, 3 images" in page
    data = json.loads((here / "r" / "report.json").read_text())
    assert [one["error"] is None for one in data["jobs"]] == [False, True]


def test_the_report_of_an_interrupted_run_has_what_was_done(convpipe, photos, job, here, monkeypatch):
    from convpipe.batch import settle

    record = settle.record

    def stop(run, journal, result):
        record(run, journal, result)
        run.give_up("as a test says so")

    monkeypatch.setattr(settle, "record", stop)
    assert convpipe("run", job(), "--report", "r", "--jobs", 1).exit_code == 1
    page = (here / "r" / "report.html").read_text()
    assert "stopped early, as a test says so: 2 images left undone" in page
    assert 'class="sample"' not in page
    assert len((here / "r" / "report.csv").read_text().splitlines()) == 2


def test_a_report_that_cannot_be_written_is_told_and_the_work_stays(convpipe, photos, job, here, monkeypatch):
    fsync = os.fsync

    def full(descriptor):
        if "reports" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    result = convpipe("run", job(), "--report", "reports")
    assert result.exit_code == 1
    assert "report.json' cannot be written: No space left on device" in result.stderr
    assert (here / "out" / "a.png").exists()
    assert os.listdir(here / "reports") == []


def test_a_report_that_cannot_be_written_is_told_before_the_work(convpipe, photos, job, here):
    result = convpipe("run", job(), "--report", photos / "a.png" / "reports")
    assert result.exit_code == 2
    assert "report folder" in result.stderr
    assert not (here / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["photos", "job.yaml"], "config files (.yaml) first"),
        (["job.yaml", "photos", "out", "more"], "'more' is too many"),
        (["job.yaml", "job.yaml", "photos"], "one config file"),
        (["several.yaml", "photos"], "several.yaml holds 3"),
        (["job.yaml", "--jobs", "0"], "--jobs"),
        (["job.yaml", "--backend", "gpu"], "--backend"),
        (["job.yaml", "--timeout", "5"], "--timeout needs --isolate"),
        (["job.yaml", "--isolate", "--timeout", "0"], "needs a number of seconds"),
        (["job.yaml", "--isolate", "--timeout", "nan"], "needs a number of seconds"),
        (["job.yaml", "--memory", "lots"], "needs an amount of memory with its unit, as 2GB or 512MiB"),
        (["job.yaml", "--memory", "0"], "needs an amount of memory"),
        (["job.yaml", "--samples", "2"], "--samples goes with --report"),
        ([], "CONFIG is missing"),
    ],
)
def test_usage(convpipe, photos, job, here, arguments, message):
    job()
    (here / "several.yaml").write_text(SEVERAL)
    result = convpipe("run", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "\nerror: " in result.stderr
    assert "Error: " not in result.stderr
    assert result.stdout == ""
    assert not (here / "out").exists()


def test_a_backend_that_is_not_here(convpipe, photos, job, here):
    result = convpipe("run", job(), "--backend", "cuda")
    if result.exit_code:  # where there is no such device, nothing is begun
        assert result.exit_code == 2
        assert "cuda" in result.stderr
        assert not (here / "out").exists()


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_with_a_report(process, photos, job, here, document, number, code):
    for i in range(5000):
        os.link(photos / "a.png", photos / f"{i:04}.png")
    later = job(name="later.yaml", head="input: {path: photos}\noutput: {path: later}")
    with process("run", job(), later, "--json", "--jobs", 1) as run:
        while not (here / "out" / "0000.png").exists() and run.poll() is None:
            time.sleep(0.01)
        run.send_signal(number)
        stdout, stderr = run.communicate(timeout=60)
    assert run.returncode == code
    assert "Traceback" not in stderr
    summary = document(type("Result", (), {"stdout": stdout}))
    (data,) = summary["jobs"]  # the later job is not begun
    assert data["interrupted"] is True
    assert 0 < data["done"] < data["images"]
    written = [path for path in here.glob("out/**/*.png") if path.is_file()]
    assert len(written) == data["done"]
    assert not (here / "later").exists()


def test_the_config_chooses_images_and_format(convpipe, photos, job, here, document):
    head = "input: {path: photos, exclude: [b.png]}\noutput: {path: out, format: tiff}"
    (data,) = document(convpipe("run", job(head=head), "--json", "--jobs", 1))["jobs"]
    assert {path.name for path in here.glob("out/**/*.*") if path.name != JOURNAL} == {"a.tif", "c.tif"}
    assert data["threads"] == 1


def test_the_option_wins_over_the_configs_backend(convpipe, photos, job):
    head = "input: {path: photos}\noutput: {path: out}\nbackend: cuda"
    assert convpipe("run", job(head=head), "--backend", "cpu").exit_code == 0


def test_saturation_is_said_once_a_job(convpipe, photos, job, document, here):
    slope = job("- {edge: sobel, direction: x}")
    result = convpipe("run", slope, "--report", "report")
    assert result.stdout.count("stage 0 (edge sobel): of uint8 images its values can be -255 to 255") == 1
    page = (here / "report" / "report.html").read_text()
    assert page.count("its values can be -255 to 255") == 1
    (data,) = document(convpipe("run", slope, "--json", "--overwrite"))["jobs"]
    (warning,) = data["warnings"]
    assert "'dtype: int16'" in warning
    (data,) = document(convpipe("run", job(), "--json", "--overwrite"))["jobs"]
    assert data["warnings"] == []


class TestOneImage:
    def test_to_a_file(self, convpipe, photos, job, here, document):
        result = convpipe("run", job(head="name: one"), "photos/a.png", "new/result.jpg", "--json")
        assert result.exit_code == 0
        (data,) = document(result)["jobs"]
        assert (data["output"], data["journal"], data["written"]) == (
            os.path.join("new", "result.jpg"),
            None,
            1,
        )
        assert os.listdir(here / "new") == ["result.jpg"]
        assert images.probe(here / "new" / "result.jpg").format == "jpeg"

    def test_the_name_decides_the_format_not_the_config(self, convpipe, photos, job, here):
        head = "input: {path: photos/a.png}\noutput: {path: r.tif, format: png, compression: 3}"
        assert convpipe("run", job(head=head), "photos/a.png", "r.bmp").exit_code == 0
        assert images.probe(here / "r.bmp").format == "bmp"
        assert convpipe("run", job(head=head)).exit_code == 0  # a config may name a file too
        assert images.probe(here / "r.tif").format == "tiff"

    @pytest.mark.parametrize("output", ["folder/", "there"])
    def test_to_a_folder(self, convpipe, photos, job, here, output):
        (here / "there").mkdir()
        assert convpipe("run", job(), "photos/a.png", output).exit_code == 0
        assert (here / output / "a.png").is_file()

    def test_to_a_name_that_says_neither(self, convpipe, photos, job, here):
        for name in ("result", "result.heic"):
            result = convpipe("run", job(), "photos/a.png", name)
            assert result.exit_code == 2
            assert f"the output '{name}' is no folder that is there, and no file of a format" in result.stderr
            assert ".png, " in result.stderr
            assert ".gif" not in result.stderr  # which is only read
            assert not (here / name).exists()

    def test_of_a_folder_is_a_slip(self, convpipe, photos, job, here):
        result = convpipe("run", job(), "photos", "result.png")
        assert result.exit_code == 2
        assert (
            "the input 'photos' is a folder, and 'result.png' has the name of one image; for a folder of "
            "that name, write 'result.png/'"
        ) in result.stderr
        assert not (here / "result.png").exists()
        assert convpipe("run", job(), "photos", "result.png/").exit_code == 0

    def test_twice(self, convpipe, photos, job, here):
        arguments = ("run", job(), "photos/a.png", "result.png")
        assert convpipe(*arguments).exit_code == 0
        before = (here / "result.png").read_bytes()
        again = convpipe(*arguments)
        assert again.exit_code == 1
        assert "1 result exists already: --overwrite replaces it\n" in again.stdout
        assert convpipe(*arguments, "--resume").exit_code == 0  # the same bytes
        (here / "result.png").write_bytes(b"precious")
        assert convpipe(*arguments, "--resume").exit_code == 1
        assert (here / "result.png").read_bytes() == b"precious"
        assert convpipe(*arguments, "--overwrite").exit_code == 0
        assert (here / "result.png").read_bytes() == before

    def test_onto_itself_is_refused(self, convpipe, photos, job):
        before = (photos / "a.png").read_bytes()
        result = convpipe("run", job(), "photos/a.png", "photos/../photos/a.png", "--overwrite")
        assert result.exit_code == 2
        assert "would replace an input" in result.stderr
        assert (photos / "a.png").read_bytes() == before


def test_files_of_no_format_are_told(convpipe, photos, job, document):
    for name in ("b.heic", "more/c.CR2", "more/d.cr2"):
        (photos / name).touch()
    result = convpipe("run", job(), "--json")
    assert result.exit_code == 0
    (data,) = document(result)["jobs"]
    assert (data["images"], data["unsupported"]) == (3, 3)
    assert data["unsupported_files"] == ["b.heic", "more/c.CR2", "more/d.cr2"]
    assert "3 files skipped, format not read: 2 .cr2, 1 .heic" in convpipe("run", job(), "--resume").stdout


def test_a_folder_of_nothing_but_such_files_says_so(convpipe, here, job):
    (here / "photos").mkdir()
    (here / "photos" / "a.heic").touch()
    result = convpipe("run", job())
    assert result.exit_code == 2
    assert "holds no image to filter" in result.stderr
    assert "but 1 file whose format is not read (.heic)" in result.stderr


def test_the_run_says_where_it_wrote(convpipe, photos, job):
    assert "MB written to out\n" in convpipe("run", job()).stdout


def test_verbose_shows_every_size(convpipe, photos, job):
    for cols in range(10, 18):
        images.write(photos / f"{cols}.png", np.zeros((4, cols), np.uint8))
    short, long = (convpipe("run", job(), "--overwrite", *more).stdout for more in ((), ("--verbose",)))
    assert "--verbose shows every stage of all sizes" in short
    assert "blur box" not in short
    assert long.count("blur box") == 10


def test_memory_holds_the_run(convpipe, photos, job, document):
    images.write(photos / "large.png", np.zeros((2000, 2000), np.uint8))
    result = convpipe("run", job(), "--memory", "1.5 MB", "--json")
    assert result.exit_code == 1
    (data,) = document(result)["jobs"]
    (failure,) = data["failures"]
    assert (failure["path"], failure["stage"], data["done"]) == ("large.png", "plan", 3)
    assert failure["reason"].endswith("images may take 1.5 MB (--memory)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2GB", 2_000_000_000), ("2g", 2_000_000_000), ("512MiB", 512 << 20), ("1.5 GiB", 3 << 29),
        (".5K", 500), ("700B", 700), ("1T", 10**12),
    ],
)  # fmt: skip
def test_amounts_of_memory(text, expected):
    assert nbytes(text) == expected


@pytest.mark.parametrize("text", ["2", "700", "1.5"])
def test_an_amount_of_memory_without_a_unit_is_refused(text):
    with pytest.raises(BadParameter, match=r"with its unit, as 2GB .*KiB"):
        nbytes(text)
