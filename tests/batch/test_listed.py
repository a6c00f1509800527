"""Lists of inputs: what they name is filtered as in a folder run, and what cannot be had is told."""

import os
from io import BytesIO

import pytest
from fakes import FakePipeline

from convpipe.batch import Selection, read_list, run_folder
from convpipe.batch.listed import find_listed
from convpipe.errors import JobError


@pytest.fixture
def run(source, tmp_path):
    return lambda files, **options: run_folder(
        FakePipeline(), source, tmp_path / "out", files=files, **options
    )


def test_results_have_the_names_of_a_folder_run(save, run, source, tmp_path, files):
    for name in ("a.png", "b/c.png", "b/d.png"):
        save(name)
    report = run(["b/d.png", str(source / "a.png"), "./b//d.png", "b/../a.png", "b/d.png"])
    assert [result.path for result in report.results] == ["a.png", "b/d.png"]
    assert files(tmp_path / "out") == ["a.png", "b/d.png"]


def test_what_cannot_be_had_is_a_failure_with_its_reason(save, run, source, tmp_path, monkeypatch):
    save("a.png")
    (source / "b").mkdir()
    os.mkfifo(source / "pipe.png")
    outside = tmp_path / "x.png"
    outside.touch()
    monkeypatch.chdir(tmp_path)
    listed = [
        "a.png",
        "gone.png",
        "b",
        "pipe.png",
        "../x.png",
        str(outside),
        "in/a.png",
        ".convpipe-journal.jsonl",
    ]
    report = run([*listed, "nul\0l.png"])
    where = f"it lies outside the input folder, {source}"
    advice = "; paths of a list are relative to the input folder: 'a.png'"
    assert {one.path: (one.stage, one.reason) for one in report.failures} == {
        "../x.png": ("read", where),
        str(outside): ("read", where),
        ".convpipe-journal.jsonl": ("read", "it is a file of a run's own"),
        "b": ("read", "a folder, not an image"),
        "gone.png": ("read", "cannot be opened: No such file or directory"),
        "in/a.png": ("read", f"cannot be opened: No such file or directory{advice}"),
        "nul\0l.png": ("read", "cannot be opened: embedded null byte"),
        "pipe.png": ("read", "not a regular file (a pipe, socket or device)"),
    }
    assert (report.done, report.exit_code) == (1, 1)


def test_a_link_out_of_the_folder_is_not_followed(save, run, source, tmp_path):
    (tmp_path / "secret.png").write_bytes(save("a.png").read_bytes())
    (source / "link.png").symlink_to(tmp_path / "secret.png")
    (report,) = run(["link.png"]).failures
    assert report.reason == "cannot open: it leads out of the input folder"


def test_names_and_selection_do_not_matter(save, run, source):
    save("a.png").rename(source / "a.dat")
    report = run(["a.dat"], include=["*.png"], exclude=["a*"], format="png")
    assert report.done == 1


def test_absolute_paths_may_go_by_a_link_to_the_folder(save, source, tmp_path):
    save("a.png")
    (tmp_path / "link").symlink_to(source)
    for named in (tmp_path / "link" / "a.png", source / "a.png"):
        found = find_listed(tmp_path / "link", [str(named)], Selection())
        assert list(map(str, found.images)) == ["a.png"]


def test_results_must_not_become_inputs_of_a_walk(save, source):
    save("a.png")
    with pytest.raises(JobError, match="its results would be inputs of the next run"):
        run_folder(FakePipeline(), source, source / "out", files=["a.png"])


def test_an_empty_list(run, save):
    save("a.png")
    with pytest.raises(JobError, match="the list of files names none"):
        run([])


def test_a_list_goes_with_a_folder(save, tmp_path):
    with pytest.raises(JobError, match="is no folder, in which a list could name files"):
        run_folder(FakePipeline(), save("a.png"), tmp_path / "out", files=["a.png"])


def test_a_stack_of_listed_files(save, run, source):
    for name in ("s/p9.png", "s/p10.png", "s/p11.png"):
        save(name)
    found = find_listed(source, ["s/p10.png", "s/p9.png"], Selection()).stacked()
    assert [str(file) for file in found.files] == ["s/p9.png", "s/p10.png"]


def test_bytes_that_are_no_text(save, run):
    name = os.fsdecode(b"\xff\n.png")
    path = save("t.png")
    path.rename(path.with_name(name))
    report = run(read_list(BytesIO(os.fsencode(name) + b"\0"), null=True))
    assert [result.path for result in report.results if result.status == "done"] == [name]
