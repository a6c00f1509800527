"""``--set``: one value of a config, replaced from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convpipe import config
from convpipe.config.overrides import Override
from convpipe.errors import ConfigError

TEXT = """\
name: edges
stages:
  - blur: gaussian
    sigma: 1.4
  - custom: sharpen
    kernel: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
"""


@pytest.mark.parametrize(
    ("text", "look", "want"),
    [
        ("stages.0.sigma=2", lambda job: job.stages[0].parameters["sigma"], (2.0, 2.0)),
        ("stages.0.truncate=3", lambda job: job.stages[0].parameters["truncate"], 3.0),
        ("stages.1.kernel=[[1]]", lambda job: job.stages[1].parameters["kernel"], ((1.0,),)),
        ("stages.1.kernel.1.1=9", lambda job: job.stages[1].parameters["kernel"][1], (-1.0, 9.0, -1.0)),
        ("stages.0={edge: sobel}", lambda job: job.stages[0].name, "edge sobel"),
        ("output.quality=80", lambda job: job.output.quality, 80),
        ("limits.max_frames=3", lambda job: job.limits.max_frames, 3),
        ("name=a=b", lambda job: job.name, "a=b"),
        ("name=no", lambda job: job.name, "no"),
    ],
)
def test_set(load, text, look, want):
    (job,) = load(TEXT, [text])
    assert look(job) == want


NAMED = """\
stages:
  - {blur: gaussian, sigma: 1, name: coarse}
  - {edge: sobel, name: border}
  - {edge: sobel, name: twice}
  - {edge: sobel, name: twice}
"""


@pytest.mark.parametrize(
    ("text", "look", "want"),
    [
        ("coarse.sigma=2", lambda job: job.stages[0].parameters["sigma"], (2.0, 2.0)),
        ("stages.coarse.sigma=2", lambda job: job.stages[0].parameters["sigma"], (2.0, 2.0)),
        ("stages.border.stride=3", lambda job: job.stages[1].common["stride"], (3, 3)),
        ("border=wrap", lambda job: job.border.name, "WRAP"),
        ("input=photos", lambda job: str(job.input.path), "photos"),
        ("input.path=photos", lambda job: str(job.input.path), "photos"),
    ],
)
def test_a_stage_is_called_by_its_name(load, text, look, want):
    (job,) = load("input: data\n" + NAMED, [text])
    assert look(job) == want


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("twice.stride=2", "2 stages are named 'twice': 2, 3"),
        ("coarsse.sigma=2", "there is no 'coarsse'; did you mean 'coarse'?"),
        ("stages.coarsse.sigma=2", "'coarsse' is no position in a list of 4"),
        ("border.stride=3", "there is no 'border'|leads into"),
    ],
)
def test_a_name_that_leads_nowhere(load, text, words):
    with pytest.raises(ConfigError, match=words):
        load(NAMED, [text])


def test_the_last_one_wins(load):
    (job,) = load(TEXT, ["name=a", "name=b"])
    assert job.name == "b"


def test_it_can_repair_a_config(load):
    (job,) = load(TEXT.replace("1.4", "-1"), ["stages.0.sigma=1"])
    assert job.stages[0].parameters["sigma"] == (1.0, 1.0)


def test_every_job_of_a_file_is_set(load):
    jobs = load("jobs: [{stages: [{edge: sobel}]}, {stages: [{blur: box}]}]", ["border=wrap"])
    assert [job.border.name for job in jobs] == ["WRAP", "WRAP"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stages.0.sigm=2", "--set stages.0.sigm=2: .* did you mean 'sigma'?"),
        ("bordr=wrap", "--set bordr=wrap: unknown key 'bordr' in a job; did you mean 'border'?"),
        ("stages.2={edge: sobel}", "'2' is no position in a list of 2; they count from 0"),
        ("stages.-1.sigma=2", "'-1' is no position in a list of 2"),
        ("stages." + "9" * 5000 + ".sigma=2", "is no position in a list of 2"),
        ("stages.0.sigma.x=2", "'x' leads into 1.4"),
        ("stagse.0.sigma=2", "there is no 'stagse'; did you mean 'stages'?"),
        ("stages.0.input.path=x", "there is no 'input'; known are blur, sigma"),
        ("stages=[]", "--set stages=.*: stages needs a list of stages .* given an empty list"),
        (
            "custom.gain=2",
            "there is no 'custom'; a stage is set by its position, 'stages.1.gain', or by its 'name:'",
        ),
        ("gaussian.sigma=2", "there is no 'gaussian'; a stage is set by its position, 'stages.0.sigma', or"),
        ("stages.0.sigma=x", "--set stages.0.sigma=x: sigma needs a finite number.* given str 'x'"),
        ("stages.0.sigma=", "given str ''"),
    ],
    ids=range(13),
)
def test_set_refused(load, text, words):
    with pytest.raises(ConfigError, match=words):
        load(TEXT, [text])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sigma", "--set sigma: needs KEY.KEY=VALUE"),
        ("=2", "needs KEY.KEY=VALUE"),
        ("a..b=2", "needs KEY.KEY=VALUE"),
        ("stages.0.sigma=[", r"a comma or '\]' is missing"),
        ("name=\udcff", r"not YAML: the character U\+DCFF"),
        ("name=!!python/name:os.system x", "the tag '!!python/name:os.system' is not supported"),
    ],
)
def test_an_override_that_is_none_is_one_error_of_the_command(tmp_path, text, words):
    path = tmp_path / "batch.yaml"
    path.write_text("jobs: [{stages: [{edge: sobel}]}, {stages: [{blur: box}]}]")
    with pytest.raises(ConfigError, match=words):
        config.load_each(path, [text])


@given(st.text())
def test_any_text_is_an_override_or_a_config_error(text):
    try:
        assert Override.parse(text).keys
    except ConfigError as error:
        assert str(error).startswith("--set ")  # noqa: PT017
