"""Two runs are one job only if nothing that decides the bytes of a result differs."""

import dataclasses
import inspect
from types import SimpleNamespace

import pytest

from convpipe import Pipeline, __version__
from convpipe.batch import FolderJob
from convpipe.batch.identity import Identity, Maker, settings
from convpipe.geometry import Border
from convpipe.images import Limits
from convpipe.pages import PageRange
from convpipe.stages import ANY_LABEL, families, stage
from convpipe.stages.boxes import Box, Shares
from convpipe.stages.combine import FormulaText
from convpipe.stages.filters import Filters, PerChannel
from convpipe.stages.footprint import Footprint
from convpipe.stages.matrix import Matrix, Numbers
from convpipe.stages.names import StageReference, StageReferences
from convpipe.stages.numbers import Count, CountPair, NumberPair, Range
from convpipe.stages.parameters import Choice, Flag, PaddingForm
from convpipe.stages.reference import ReferenceImage
from convpipe.stages.tone import ControlPoints

STAGES = [stage("blur", "gaussian", sigma=1.4, name="soft"), stage("edge", "sobel")]


def identity(pipeline, **job):
    return Identity.of(pipeline, settings(pipeline, pipeline.gauge, **FolderJob("in", "out", **job).decides))


PIPELINES = {
    "stages": STAGES[::-1],
    "border": "edge",
    "dtype": "float32",
    "linear_light": True,
    "missing": 0,
    "like": "opencv",
    "name": "other",
    "outputs": {"soft": "soft"},
    "measure": {"level": "mean(soft)"},
}
"""Another value of every argument of a pipeline; of its backend see below."""


@pytest.mark.parametrize("name", inspect.signature(Pipeline).parameters)
def test_every_argument_of_a_pipeline_but_its_name(name):
    if name == "backend":
        one, other = (SimpleNamespace(**vars(Pipeline(STAGES)) | {"backend": b}) for b in ("cpu", "cuda"))
    else:
        one, other = Pipeline(STAGES), Pipeline(**{"stages": STAGES, name: PIPELINES[name]})
    assert (identity(one) == identity(other)) == (name == "name")


JOBS = {
    "format": "tiff",
    "quality": 50,
    "compression": 3,
    "channels": "pages",
    "output_pages": "files",
    "tiles": 256,
    "codec": "zstd",
    "pyramid": True,
    "smallest": 100,
    "stack": "folder",
    "allow_truncated": True,
    "outputs": {"soft": {"format": "tiff"}},
    "mask": "elsewhere",
    "pages": PageRange(0, 3),
    # How and where a run works decides no byte.
    "input": "elsewhere",
    "output": "elsewhere",
    "result": "one.png",
    "name": "other",
    "include": ["*.png"],
    "exclude": ["*.png"],
    "recursive": False,
    "overwrite": True,
    "resume": True,
    "isolate": True,
    "timeout": 1.0,
    "workers": 3,
    "memory": 10**9,
    "accept": {"level": (0, 1)},
    "measures": "elsewhere.csv",
    "files": ["a.png"],
    "shard": "0/4",
    "retries": 2,
    "samples": 3,
    "limits": Limits(max_pixels=10),
}
"""Another value of every setting of a folder job, those that decide bytes first."""


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(FolderJob)])
def test_every_setting_of_a_folder_job(name):
    pipeline = Pipeline(STAGES)
    one = FolderJob("in", "out")
    other = dataclasses.replace(one, **{name: JOBS[name]})
    ours, theirs = (Identity.of(pipeline, settings(pipeline, **job.decides)) for job in (one, other))
    assert (ours == theirs) == (list(JOBS).index(name) > 13)


COMMONS = {
    "stride": 2,
    "padding": "valid",
    "dilation": 3,
    "anchor": 0,
    "border": "wrap",
    "value": 7,
    "bias": -1,
    "dtype": "int16",
    "like": "convpipe",
    "axis": "stack",
    "name": "mine",
    "from": "input",
}
"""Another value of every parameter that all stages take."""


def another(parameter, example):
    """Return a value of `parameter` that is neither its default nor the example's."""
    if isinstance(parameter, Choice):
        return next(choice for choice in parameter.choices if choice != parameter.default)
    if isinstance(parameter, Flag):
        return not parameter.default
    if isinstance(parameter, FormulaText):
        return "input / 2"
    if isinstance(parameter, Filters):
        return [[[[1, 2], [3, 4]]]]
    if isinstance(parameter, PerChannel):
        return 0.375
    if isinstance(parameter, PaddingForm):
        return [1, 0, 0, 1]
    if isinstance(parameter, ReferenceImage):
        return [[2.0], [3.0]] if parameter.name == "template" else [[2.0]]
    if isinstance(parameter, Footprint):
        return [[1, 0], [1, 1]]
    if isinstance(parameter, Numbers):
        return [1, 2, 3]
    if parameter.name in ("points", "to") and "to" in example:  # of a perspective
        return [[1, 2], [3, 150], [160, 170], [110, 5]]
    if parameter.name == "points":
        return [[0, 3], [90, 80]]
    if isinstance(parameter, ControlPoints):
        return [[0, 3], [2, 5]]
    if isinstance(parameter, Matrix):
        return [[1, 2, 5], [3, 4, 6], [0, 0, 1]] if "to" in example else [[1, 2, 5], [3, 4, 6]]
    if isinstance(parameter, StageReferences):
        return ["input", "input"]
    if isinstance(parameter, StageReference):
        return "first"
    if isinstance(parameter, CountPair):
        return [3, 7]  # odd: some windows have a middle
    if isinstance(parameter, Count):
        most = 3 if parameter.most is None else parameter.most
        return next(count for count in (3, 4, 1, 2) if count <= most and count != parameter.default)
    if isinstance(parameter, Range):
        return [1, 98]
    if isinstance(parameter, Box):
        return [3, 0, -4, None]
    if isinstance(parameter, Shares):
        return [0.25, 0, 0.75, 1]
    if isinstance(parameter, NumberPair):
        return [1.75, 1.8125]
    if parameter.name == "high" and not example:
        return 60.75  # above a `low` that has a default
    return (
        example.get(parameter.name, getattr(parameter, "least", None) or 0) + 0.75
    )  # beside others of the example, which may bound it


CASES = [
    (family, "mine" if name == ANY_LABEL else name, parameter)
    for family, methods in families().items()
    for name, method in methods.items()
    for parameter in method.accepted
]


@pytest.mark.parametrize(
    ("family", "name", "parameter"), CASES, ids=lambda case: case if isinstance(case, str) else case.name
)
def test_every_parameter_of_every_stage_but_its_name(family, name, parameter):
    methods = families()[family]
    method = methods.get(name, methods.get(ANY_LABEL))
    example = method.example
    common = {each.name for each in method.common}
    value = COMMONS[parameter.name] if parameter.name in common else another(parameter, example)
    if name == "conv":  # three filters, so that groups and bias can be as many
        example = {"weights": [[[[1]]], [[[2]]], [[[3]]]]}
    if (family, name) == ("background", "subtract") and parameter.name in ("size", "footprint", "radius"):
        example = {"method": "rolling_ball" if parameter.name == "radius" else "median"}
    if parameter.name == "axis" and family == "combine":
        example = {"formula": "input - mean(input)"}
    if (family, name) == ("geometry", "perspective") and parameter.name == "inverse":
        example = {"matrix": [[1, 2, 5], [3, 4, 6], [0, 0, 1]]}
    if parameter.name == "enlarge":
        example = {"longest": 9}
    if parameter.name == "border" and "dilation" in method.unused and "padding" not in method.unused:
        example = {**example, "padding": 2}  # else it meets none
    given = {**example, parameter.name: value}
    if (family, name, parameter.name) == ("geometry", "perspective", "matrix"):
        given = {"matrix": value}  # in the place of points
    for ways in (("factor", "size", "longest"), ("box", "relative", "center")):
        if parameter.name in ways[1:] and ways[0] in example:
            del given[ways[0]]  # of which one is given
    first = []
    if isinstance(parameter, StageReference) and parameter.name not in common:
        first, example = [stage("point", "invert", name="first")], {**example, parameter.name: "input"}
    one = Pipeline([*first, stage(family, name, **example)])
    other = Pipeline([*first, stage(family, name, **given)])
    # What a first stage reads is the image, whether it says so or not.
    assert (identity(one) == identity(other)) == (parameter.name in ("name", "from"))


def test_what_stages_read():
    """Names alone do not tell two pipelines apart, and what they stand for does."""

    def made(first, second, source):
        stages = [
            stage("blur", "box", size=3, name=first),
            stage("blur", "box", size=5, name=second, from_="input"),
            stage("edge", "sobel", from_=source),
        ]
        return identity(Pipeline(stages, outputs={"other": first if source == second else second}))

    assert made("a", "b", "a") == made("c", "d", "c")
    assert made("a", "b", "a") != made("a", "b", "b")
    assert made("a", "b", "a") != made("b", "a", "a")


def test_which_stage_gives_which_result():
    blurs = [stage("blur", "box", size=size, name=name, from_="input") for size, name in ((3, "a"), (5, "b"))]
    stages = [*blurs, stage("combine", "c", formula="a - b")]

    def made(**job):
        return identity(Pipeline(stages, outputs={"x": "a", "y": "b"}), **job)

    assert made() == identity(Pipeline(stages, outputs={"y": "b", "x": "a"}))
    assert made() != identity(Pipeline(stages, outputs={"x": "b", "y": "a"}))
    assert made() != identity(Pipeline(stages, outputs={"x": "a"}))
    assert made(format="png") == made(format="png", outputs={"x": {"format": "png"}})
    assert made(outputs={"x": {"quality": 9}}) != made(outputs={"y": {"quality": 9}}) != made()


def test_every_method():
    made = [
        stage(family, "mine" if name == ANY_LABEL else name, **method.example)
        for family, methods in families().items()
        for name, method in methods.items()
    ]
    assert len({identity(Pipeline([one])) for one in made}) == len(made)


@pytest.mark.parametrize(
    ("one", "other"), [(2, [2, 2]), ([1, 2], [2, 1]), ((1, 1), 1)], ids=["equal", "turned", "default"]
)
def test_forms_of_one_value_are_one(one, other):
    made = [identity(Pipeline([stage("edge", "sobel", stride=given)])) for given in (one, other)]
    assert (made[0] == made[1]) == (one != [1, 2])


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Identity)])
def test_every_field_of_an_identity(field):
    mine = Identity(1, "1.0", "abc", "cpu")
    other = dataclasses.replace(
        mine, **{field: {"format": 2, "version": "2.0", "backend": "cuda"}.get(field, "x")}
    )
    assert mine != other
    words = {
        "format": "its format is 2, not 1",
        "version": "convpipe 2.0 wrote it, this is 1.0",
        "backend": "it was written on cuda, not cpu",
        "config": "its stages or output options are others",
    }
    assert mine.difference(other) == words[field]


def test_another_input_is_another_maker():
    mine = Identity(1, "1.0", "abc", "cpu")
    assert Maker(mine, "/a") != Maker(mine, "/b")
    assert Maker(mine, "/a").difference(Maker(mine, "/b")) == "it filtered another input, '/b'"
    other = dataclasses.replace(mine, backend="cuda")
    assert Maker(mine, "/a").difference(Maker(other, "/b")) == mine.difference(other)


def test_settings_say_every_value_as_json_has_it():
    pipeline = Pipeline([stage("blur", "box", size=[2, 3], border="wrap", name="soft")], border=Border.EDGE)
    assert settings(pipeline, format="png", quality=None) == {
        "stages": [
            {
                "blur": "box",
                "size": [2, 3],
                "stride": [1, 1],
                "padding": "same",
                "dilation": [1, 1],
                "anchor": None,
                "border": "wrap",
                "value": 0.0,
                "bias": 0.0,
                "dtype": None,
            }
        ],
        "border": "edge",
        "dtype": None,
        "output": {"format": "png", "quality": None},
    }


def test_settings_are_a_set_of_values_in_no_order():
    pipeline = Pipeline(STAGES)
    one, other = {"border": "edge", "dtype": None}, {"dtype": None, "border": "edge"}
    assert Identity.of(pipeline, one) == Identity.of(pipeline, other)
    by_sha256sum = (
        "54a67c065996a50687ed00c3c238e80bce42556f19d8166934793e2ba7e91284"  # of the text without spaces
    )
    assert Identity.of(pipeline, one).config == by_sha256sum
    # What folder-jobs.md says of a journal's header; another form of it is another format.
    assert Identity.of(pipeline, one) == Identity(2, __version__, by_sha256sum, "cpu")
