"""All that is wrong with a config is said at once, in order; and what would be endless is capped."""

import re
import sys

import pytest

from convpipe import config
from convpipe.config.job import MOST_JOBS, MOST_STAGES, MOST_STAGES_IN_ALL
from convpipe.config.problems import MOST_PROBLEMS
from convpipe.errors import ConfigError
from convpipe.plan import make_plan

WRONG = """\
name: 0123
bordr: wrap
input: {path: data, pth: x}
output: {format: gif, quality: 0}
name: again
stages:
  - blur: gaussian
    sigma: -1
    stride: 0
    strid: 2
  - edge: sobell
  - custom: a
    kernel: [[*none]]
  - 3
limits: {max_pixels: 0}
"""


def places(error):
    return [f"{one.line}:{one.column}" for one in error.errors]


def test_all_errors_of_a_config_come_in_order(load):
    with pytest.raises(ConfigError) as caught:
        load(WRONG)
    assert places(caught.value) == [
        "1:7", "2:1", "3:21", "4:18", "4:32", "5:1", "8:12", "9:13", "10:5", "11:11", "13:15", "14:5",
        "15:22",
    ]  # fmt: skip
    assert (caught.value.line, caught.value.message) == (1, caught.value.errors[0].message)
    shown = str(caught.value)
    assert all(str(one) in shown for one in caught.value.errors)


@pytest.mark.parametrize(
    ("output", "column", "reason"),
    [
        ("{format: png, pyramid: true}", 32, "png holds an image in one size; tiff or zarr holds a pyramid"),
        ("{format: webp, codec: zstd}", 31, "webp has no codec; tiff or zarr has"),
        ("{format: tiff, compression: 10}", 37, "compression is 0 to 9, of 'codec: zstd' to 22; given 10"),
        ("{format: jpeg, smallest: 64}", 34, "jpeg holds an image in one size; tiff or zarr holds a pyramid"),
        ("{format: zarr, codec: lzw}", 31, "zarr has no LZW; it has zstd, deflate and none"),
        (
            "{codec: none, compression: 5}",
            36,
            "none has no levels; 'codec: deflate' has",
        ),
        (
            "{format: zarr, compression: group4}",
            37,
            "zarr has no group4; 'codec: zstd' has 0 to 22",
        ),
        ("{codec: gzip}", 17, "codec needs one of none, deflate, zstd, lzw"),
        ("{pyramid: 3}", 19, "pyramid needs true or false"),
        ("{smallest: 0}", 20, "smallest needs"),
    ],
)
def test_what_a_format_cannot_is_told_where_it_stands(load, output, column, reason):
    with pytest.raises(ConfigError, match=re.escape(reason)) as caught:
        load(f"output: {output}\nstages: [{{edge: sobel}}]\n")
    assert places(caught.value) == [f"1:{column}"]


def test_what_a_result_cannot_is_told_too(load):
    text = """\
        output: {codec: zstd, compression: 20}
        stages: [{blur: box, name: a}, {edge: sobel, name: b}, {edge: scharr}]
        outputs: {a: {format: png, pyramid: true}, b: {codec: lzw, compression: 12}}
    """
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert places(caught.value) == ["3:37", "3:73"]


def test_a_level_that_a_result_inherits_is_told_at_its_codec(load):
    text = """\
        output: {format: tiff, codec: zstd, compression: 20}
        stages: [{blur: box, name: a}, {edge: sobel, name: b}, {blur: box, name: c}, {edge: scharr}]
        outputs: {a: {codec: lzw}, b: {codec: deflate, compression: 9}, c: {format: jpeg}}
    """
    with pytest.raises(ConfigError, match="; 'output:' has 'compression: 20'") as caught:
        load(text)
    assert places(caught.value) == ["3:22"]


def test_errors_of_all_jobs_and_of_the_defaults_come_once_each(load):
    text = """\
        defaults: {bordr: wrap, stages: [{edge: sobell}]}
        jobs:
          - {name: 3}
          - {stages: [{blur: box, siz: 3}]}
        other: 1
    """
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert places(caught.value) == ["1:12", "1:41", "3:12", "4:27", "5:1"]


def test_each_wrong_job_has_its_own(tmp_path):
    path = tmp_path / "jobs.yaml"
    path.write_text(
        "jobs:\n  - stages: [{edge: a}, {edge: b}]\n  - stages: [{edge: sobel}]\n  - stages: [1]\n"
    )
    first, good, last = config.load_each(path)
    assert (places(first), good.name, places(last)) == (["2:21", "2:32"], "jobs[1]", ["4:14"])


def test_text_that_is_no_yaml_shows_what_was_wrong_before(load):
    with pytest.raises(ConfigError) as caught:
        load("name: 0123\nname: !!str x\nborder: [\n")
    assert places(caught.value)[:3] == ["1:7", "2:1", "2:7"]
    assert len(caught.value.errors) == 4


def test_options_come_after_the_file(load):
    with pytest.raises(ConfigError) as caught:
        load("bordr: wrap\nstages: [{edge: sobel}]\n", ["stages.0.stride=0"])
    assert [one.path.startswith("--set") for one in caught.value.errors] == [False, True]


def test_all_options_that_are_none_are_named(load):
    with pytest.raises(ConfigError) as caught:
        load("stages: [{edge: sobel}]\n", ["a", "b=[", "name=ok"])
    assert len(caught.value.errors) == 2


def test_many_errors_are_counted_not_shown(load):
    with pytest.raises(ConfigError) as caught:
        load("stages: [" + "{edge: x}, " * 50 + "]\n")
    assert len(caught.value.errors) == 50
    assert str(caught.value).endswith("... and 30 errors more")
    assert str(caught.value).count("unknown edge method") == 20


def test_reading_stops_where_everything_is_wrong(load):
    with pytest.raises(ConfigError) as caught:
        load("stages: [" + "{edge: x}, " * 900 + "]\n")
    assert len(caught.value.errors) == MOST_PROBLEMS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "stages: [" + "{edge: sobel}, " * (MOST_STAGES + 1) + "]\n",
            f"more than {MOST_STAGES} stages in a job",
        ),
        ("jobs: [" + "{}, " * (MOST_JOBS + 1) + "]\n", f"more than {MOST_JOBS} jobs"),
        (
            "defaults: {stages: [" + "{edge: sobel}, " * 500 + "]}\njobs: [" + "{}, " * 900 + "]\n",
            f"more than {MOST_STAGES_IN_ALL} stages in all jobs",
        ),
    ],
    ids=["stages", "jobs", "product"],
)
def test_what_would_be_endless_work_is_refused_before_any(load, monkeypatch, text, words):
    made = 0
    attempt = config.stages.attempt

    def counted(*arguments):
        nonlocal made
        made += 1
        return attempt(*arguments)

    monkeypatch.setattr(config.stages, "attempt", counted)
    with pytest.raises(ConfigError, match=words) as caught:
        load(text)
    assert caught.value.line
    assert made <= MOST_STAGES


def test_as_many_as_are_allowed_are_taken(load):
    (job,) = load("stages: [" + "{edge: roberts}, " * MOST_STAGES + "]\n")
    assert len(job.stages) == MOST_STAGES


def test_the_work_grows_as_the_number_of_stages(load):
    """Calls counted, of reading and of planning: twice the stages, twice the work."""

    def calls(count):
        made = 0

        def called(frame, event, argument):
            nonlocal made
            made += event == "call"

        sys.setprofile(called)
        try:
            (job,) = load("stages: [" + "{edge: roberts, stride: 1}, " * count + "]\n")
            make_plan(job.stages, (50, 50))
        finally:
            sys.setprofile(None)
        return made

    assert calls(120) - calls(80) < 1.2 * (calls(80) - calls(40))
