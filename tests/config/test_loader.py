"""Config files: what they mean, and that every error points at its cause."""

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convpipe import config
from convpipe.errors import ConfigError
from convpipe.geometry import Border

GOOD = """\
name: edges
input: {path: data, include: ["*.png"]}
output: {path: out/edges, format: png}
border: symmetric
stages:
  - blur: gaussian
    sigma: 1.4
  - custom: sharpen
    kernel: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    stride: 2
    padding: 1
"""


@pytest.fixture
def load(tmp_path):
    def load(text, overrides=()):
        path = tmp_path / "job.yaml"
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return config.load(path, overrides)

    return load


def test_a_job(load):
    (job,) = load(GOOD)
    assert job.name == "edges"
    assert job.border is Border.SYMMETRIC
    assert [stage.name for stage in job.stages] == ["blur gaussian", "custom sharpen"]
    assert job.stages[1].common["stride"] == (2, 2)
    assert job.input.include == ("*.png",)
    assert job.input.recursive
    assert str(job.output.path) == "out/edges"


def test_jobs_share_defaults(load):
    first, second = load("""\
        defaults:
          input: {path: data, recursive: false}
          stages: [{edge: sobel}]
        jobs:
          - name: a
            output: {path: out/a}
          - input: {path: other}
            stages: [{blur: box}]
    """)
    assert (first.name, second.name) == ("a", "job[1]")
    assert (str(first.input.path), str(second.input.path)) == ("data", "other")
    assert second.input.recursive is False
    assert [stage.name for stage in second.stages] == ["blur box"]


def test_a_bad_job_leaves_the_others(tmp_path):
    path = tmp_path / "batch.yaml"
    path.write_text("jobs:\n  - stages: [{edge: sobell}]\n  - stages: [{edge: sobel}]\n")
    bad, good = config.load_each(path)
    assert isinstance(bad, ConfigError)
    assert bad.line == 2
    assert good.stages[0].name == "edge sobel"


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("sigma: 1.4", "sigma: .nan", "7:12", "sigma needs a finite number .* given nan"),
        ("sigma: 1.4", "sigma: true", "7:12", "given bool True"),
        ("sigma: 1.4", 'sigma: "1.4"', "7:12", "given str '1.4'"),
        ("sigma: 1.4", "sigma: 0123", "7:12", "0123 is ambiguous"),
        ("sigma: 1.4", "sigma: 1e6", "7:12", "reaches 4000000 pixels"),
        ("sigma: 1.4", "sigma: ${S}", "7:12", r"\$\{...\} is not supported; give the value with --set"),
        ("    sigma: 1.4\n", "", "6:5", "blur gaussian needs sigma"),
        ("stride: 2", "stride: true", "10:13", "given True"),
        ("stride: 2", "stride: 0", "10:13", "at least 1"),
        ("stride: 2", "strid: 2", "10:5", "no parameter 'strid'; did you mean 'stride'?"),
        ("padding: 1", "padding: -1", "11:14", "at least 0"),
        ("padding: 1", "normalize: yes", "11:16", "true or false"),
        ("gaussian", "gausian", "6:11", "unknown blur method 'gausian'; did you mean 'gaussian'?"),
        (
            "- blur: gaussian",
            "- blurr: gaussian",
            "6:5",
            "unknown stage family 'blurr'; did you mean 'blur'?",
        ),
        ("- blur: gaussian", "- blur: 3", "6:11", "needs the name of a method; given 3"),
        ("    sigma: 1.4", "    edge: sobel", "7:5", "one family; this one has blur and edge"),
        ("[-1, 5, -1]", "[-1, 5]", "9:13", r"kernel is ragged: its rows have \[3, 2, 3\] numbers"),
        ("[-1, 5, -1]", "[-1, .inf, -1]", "9:13", r"kernel\[1\]\[1\] needs a finite number; given inf"),
        ("[[0, -1, 0], [-1, 5, -1], [0, -1, 0]]", "[[]]", "9:13", "kernel is empty"),
        ("[[0, -1, 0], [-1, 5, -1], [0, -1, 0]]", "5", "9:13", "given int 5"),
        ("border: symmetric", "border: no", "4:9", "given 'no'"),
        ("border: symmetric", "bordr: wrap", "4:1", "unknown key 'bordr' in a job; did you mean 'border'?"),
        ("name: edges", "name: a\nname: b", "2:1", "duplicate key 'name'; it stands in line 1"),
        ("name: edges", "name: !!python/name:os.system x", "1:7", "the tag .* is not supported"),
        ("format: png", "format: gif", "3:35", "format needs one of png"),
        ("path: data", "pth: data", "2:9", "unknown key 'pth' in input; did you mean 'path'?"),
        ('["*.png"]', "3", "2:30", "include needs a list of text; given int 3"),
    ],
)
def test_errors_point_at_their_cause(load, old, new, where, words):
    text = GOOD.replace(old, new)
    assert text != GOOD
    with pytest.raises(ConfigError, match=words) as caught:
        load(text)
    message, *snippet = str(caught.value).splitlines()
    assert message.partition("job.yaml:")[2].startswith(f"{where}: ")
    line, column = map(int, where.split(":"))
    shown, caret = snippet
    assert shown == f"  {line} | {text.splitlines()[line - 1]}"
    assert caret.index("^") == len(f"  {line} | ") + column - 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("# only a comment\n", "empty"),
        ("- 1\n", "needs a mapping of keys; given a list"),
        ("name: x\n", "stages is missing"),
        ("stages: []\n", "stages needs a list of stages"),
        ("stages: [{sigma: 2}]\n", "a stage needs its family; known are blur"),
        ("stages: [[", "not YAML"),
        ("stages: &a [*a]\n", "nested more than 50 deep"),
        ("a: 1\n---\nb: 2\n", "a second document"),
        ("jobs: {}\n", "jobs needs a list of jobs; given a mapping"),
        ("jobs: [{stages: [{edge: sobel}]}]\nname: x\n", "unknown key 'name' in a config with jobs"),
        ("[" * 5000, "not YAML|nested"),
        (b"name: \xff\n", "1:7: not UTF-8"),
        (b"\0", "not YAML"),
        ("#" * (1 << 20) + "\n", "larger than"),
    ],
    ids=range(15),
)
def test_files_that_are_no_config(load, text, words):
    with pytest.raises(ConfigError, match=words):
        load(text)


def test_alias_bomb_is_capped(load):
    levels = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for i in range(1, 9):
        levels.append(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]")
    with pytest.raises(ConfigError, match="aliases expanded"):
        load("\n".join(levels))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere.yaml: cannot be read: No such file"):
        config.load(tmp_path / "nowhere.yaml")


def test_yaml_1_2_numbers_and_words(load):
    (job,) = load("name: no\nstages: [{blur: gaussian, sigma: 1e-1, truncate: 0x4, name: on}]\n")
    assert job.name == "no"
    assert job.stages[0].name == "on"
    assert job.stages[0].parameters == {"sigma": (0.1, 0.1), "truncate": 4.0}


@pytest.mark.parametrize(
    ("text", "look", "want"),
    [
        ("stages.0.sigma=2", lambda job: job.stages[0].parameters["sigma"], (2.0, 2.0)),
        ("stages.1.kernel=[[1]]", lambda job: job.stages[1].parameters["kernel"], ((1.0,),)),
        ("output.quality=80", lambda job: job.output.quality, 80),
        ("name=other", lambda job: job.name, "other"),
    ],
)
def test_set(load, text, look, want):
    (job,) = load(GOOD, [text])
    assert look(job) == want


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stages.0.sigm=2", "--set stages.0.sigm=2: .* did you mean 'sigma'?"),
        ("stages.9.sigma=2", "'9' is no position in a list of 2"),
        ("stages.0.sigma.x=2", "'x' leads into 1.4"),
        ("stagse.0.sigma=2", "there is no 'stagse'; did you mean 'stages'?"),
        ("sigma", "needs KEY.KEY=VALUE"),
        ("stages.0.sigma=[", "not YAML"),
        ("stages.0.sigma=x", "--set stages.0.sigma=x.* given str 'x'"),
    ],
)
def test_set_refused(load, text, words):
    with pytest.raises(ConfigError, match=words):
        load(GOOD, [text])


def test_from_dict_names_the_key_path():
    with pytest.raises(ConfigError, match=r"<dict>: stages\[1\].stride: stride must be at least 1"):
        config.from_dict({"stages": [{"edge": "sobel"}, {"edge": "sobel", "stride": 0}]})


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.binary(), st.text(alphabet="ab:-[]{}&*!?|>'\"#%@` \n,0.1stages")))
def test_any_text_is_a_job_or_a_config_error(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        config.load(path)
    except ConfigError as error:
        assert str(error).startswith(str(path))  # noqa: PT017
