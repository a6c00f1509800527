"""Config files: what they mean, and that every error points at its cause."""

import contextlib
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from convpipe import config
from convpipe.errors import ConfigError, PlanError
from convpipe.geometry import Border
from convpipe.plan import make_plan
from convpipe.stages import families

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
            "unknown stage family 'blurr'; write 'blur: gaussian'",
        ),
        ("- blur: gaussian", "- blur: 3", "6:11", "blur needs one of box, .*gaussian.*; given 3"),
        ("- blur: gaussian", "- blur:", "6:5", "blur needs one of box, .*gaussian.*; given nothing"),
        (
            "- blur: gaussian",
            "- gaussian: 1",
            "6:5",
            "'gaussian' is a method, not a family; write 'blur: gau",
        ),
        ("- custom: sharpen", '- custom: "a\\nb"', "8:13", "custom needs a label of your own"),
        ("sigma: 1.4", "sigma: 1e308", "7:12", "passes 3.4e\\+38, the largest float32"),
        ("sigma: 1.4", "sigma:", "7:5", "sigma has no value; it needs a finite number"),
        ("sigma: 1.4", "sigma: 1_0", "7:12", "given str '1_0'"),
        ("border: symmetric", "border: null", "4:9", "border has no value; it needs one of constant"),
        (
            "include: ",
            "exclude: [3], include: ",
            "2:30",
            "exclude needs a glob or a list of globs, .* given int 3",
        ),
        ("stride: 2", "stride: 2.0", "10:13", "stride needs whole numbers; given 2.0"),
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
        ('["*.png"]', "3", "2:30", "include needs a glob or a list of globs, .* given int 3"),
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


def test_from_dict_names_the_key_path():
    with pytest.raises(ConfigError, match=r"<dict>: stages\[1\].stride: stride must be at least 1"):
        config.from_dict({"stages": [{"edge": "sobel"}, {"edge": "sobel", "stride": 0}]})


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"stages": [{"edge": "sobel", "strid": 1}]}, r"<dict>: stages\[0\]: .* did you mean 'stride'"),
        ({"stages": "edge"}, "<dict>: stages: stages needs a list of stages .* given 'edge'"),
        ({1: 2}, "<dict>: unknown key '1'"),
        ([], "<dict>: a job needs a mapping of keys; given an empty list"),
        (None, "<dict>: a job needs a mapping of keys; given nothing"),
    ],
)
def test_from_dict_refused(mapping, words):
    with pytest.raises(ConfigError, match=words):
        config.from_dict(mapping)


def test_from_dict_that_holds_itself():
    mapping = {}
    mapping["stages"] = [mapping]
    with pytest.raises(ConfigError, match=r"<dict>: stages\[0\]: holds itself"):
        config.from_dict(mapping)


def test_from_dict_takes_what_python_has():
    stage = MappingProxyType({"custom": "x", "kernel": np.eye(3), "stride": np.int64(2)})
    job = config.from_dict({"input": {"path": Path("data")}, "stages": (stage,)})
    assert job.input.path == Path("data")
    assert job.stages[0].parameters["kernel"][1] == (0.0, 1.0, 0.0)
    assert job.stages[0].common["stride"] == (2, 2)


@pytest.mark.parametrize(
    ("defaults", "where"),
    [
        ("{bordr: wrap}", "1:12: unknown key 'bordr' in defaults"),
        ("{input: {recursive: 1}}", "1:31: recursive needs true or false"),
        ("{stages: [{edge: sobell}]}", "1:28: unknown edge method"),
        ("3", "1:11: defaults needs a mapping"),
    ],
)
def test_bad_defaults_are_one_error_of_the_file(tmp_path, defaults, where):
    path = tmp_path / "job.yaml"
    path.write_text(f"defaults: {defaults}\njobs:\n" + "  - stages: [{edge: sobel}]\n" * 2)
    with pytest.raises(ConfigError, match=where):
        config.load_each(path)


def test_no_parameter_bears_a_familys_name():
    # The one family key of a stage is found among its parameters by name.
    for methods in families().values():
        for method in methods.values():
            assert not {parameter.name for parameter in method.accepted} & set(families())


EXTREMES = [0, -1, 1e308, -1e308, 5e-324, 1e6, 10**400, 2**31, float("nan"), True, None, "x", "", [], {}]
EXTREMES += [[1], [1, 1], [0, 0], [1e308, 1e308], [[1]], [[1e308, 1e308]], [[0]], [[None]], {"a": 1}]


@pytest.mark.parametrize(
    "method", [m for ms in families().values() for m in ms.values()], ids=lambda m: m.name
)
def test_any_value_of_any_parameter_is_a_plan_or_an_error(method):
    for parameter in method.accepted:
        for value in EXTREMES:
            stage = {method.family: method.name, **method.example, parameter.name: value}
            with contextlib.suppress(ConfigError, PlanError):
                make_plan(config.from_dict({"stages": [stage]}).stages, (480, 640)).to_dict()


def test_a_config_may_be_given_as_text():
    from convpipe import Pipeline, stage

    pipeline = Pipeline([stage("blur", "box", size=3), stage("edge", "sobel")], border="wrap")
    assert Pipeline.from_yaml(pipeline.to_yaml()) == pipeline
    with pytest.raises(ConfigError, match=r"<text>:2:11: unknown edge method 'sobell'"):
        Pipeline.from_yaml("stages:\n  - edge: sobell\n")
    with pytest.raises(ConfigError, match=r"^<text>: holds 2 jobs"):
        Pipeline.from_yaml("jobs:\n  - {stages: [{edge: sobel}]}\n  - {stages: [{edge: sobel}]}\n")
    with pytest.raises(ConfigError, match="that is no config"):
        Pipeline.from_yaml("# much\n" + " " * 2**18)


def test_two_jobs_of_one_name_are_an_error(tmp_path):
    path = tmp_path / "jobs.yaml"
    path.write_text(
        "jobs:\n" + "  - {name: a, stages: [{edge: sobel}]}\n" * 2 + "  - stages: [{edge: sobel}]\n"
    )
    first, second, third = config.load_each(path)
    assert (first.name, third.name) == ("a", "jobs[2]")
    assert str(second).startswith(f"{path}:3:6: two jobs are called 'a'; give each a name of its own")


def test_a_parameter_that_has_the_name_of_a_family_is_offered_by_its_own():
    with pytest.raises(ConfigError, match=r"one family; this one has sharpen and threshold; .* mean 'level'"):
        config.load_text("stages:\n  - sharpen: unsharp\n    sigma: 2\n    threshold: 3\n")
