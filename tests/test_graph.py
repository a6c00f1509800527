"""Stages that read each other by name: how they are wired, planned and run."""

import pickle
import re
from pathlib import Path

import graphs
import numpy as np
import oracle
import pytest
from graphs import COARSE, FINE, GRAPHS, combine
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import convpipe
from convpipe import Pipeline, config, stage
from convpipe.errors import ParameterError, ParameterTypeError, PlanError
from convpipe.geometry import Border
from convpipe.ops import IDENTITY, Graph, Map, Mix, Node, Stencil, Taps
from convpipe.plan import IMAGE, make_plan
from convpipe.stages import COMMON, ImageKind, Method, Stage
from convpipe.stages.wiring import faults, wire


def planned(stages, image, *, alpha=False, outputs=None, dtype=None, border="reflect"):
    pipeline = Pipeline(stages, outputs=outputs, dtype=dtype, border=border)
    return pipeline, pipeline.plan(image.shape, image.dtype.name, alpha)


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize(
    ("channels", "alpha", "dtype"), [(1, False, "float32"), (3, False, None), (4, True, "float32")]
)
def test_a_graph_against_the_oracle(name, channels, alpha, dtype, rng):
    image = rng.integers(0, 256, (12, 15, channels), dtype=np.uint8)
    pipeline, plan = planned(GRAPHS[name], image, alpha=alpha, dtype=dtype)
    oracle.near(pipeline(image, alpha=alpha, threads=1), plan, image, 2e-5)


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float64"])
def test_a_graph_of_other_types(dtype, rng):
    image = (rng.random((9, 11)) * 200).astype(dtype)
    for name in ("difference", "deep"):
        pipeline, plan = planned(GRAPHS[name], image, border="wrap")
        oracle.near(pipeline(image), plan, image, 2e-5)


def test_branches_that_need_whole_images(rng):
    image = rng.integers(0, 256, (120, 130), dtype=np.uint8)
    stages = [
        stage("contrast", "stretch", name="stretched"),
        stage("custom", "wide", kernel=rng.uniform(0, 2e-3, (40, 40)).tolist(), from_="input", name="wide"),
        combine("stretched - wide"),
        stage("contrast", "stretch"),
    ]
    pipeline, plan = planned(stages, image, outputs={"wide": "wide"}, dtype="float32")
    assert plan.stages[1].tiles is not None
    made, results = oracle.run_graph(plan, image[..., None]), pipeline(image)
    for output in plan.outputs:
        oracle.near_values(results[output.name], made[output.node], output.dtype, 2e-5)


def test_a_transform_that_is_read_twice(rng):
    """By a stage that looks at one pixel, which else would share its tiles, and by one after that."""
    image = rng.integers(0, 256, (120, 130), dtype=np.uint8)
    kernel = rng.uniform(0, 2e-3, (40, 40)).tolist()
    stages = [
        stage("custom", "wide", kernel=kernel, name="wide"),
        stage("point", "scale", gain=0.5, name="half"),
    ]
    pipeline, plan = planned([*stages, combine("wide + half")], image, dtype="float32")
    assert plan.stages[0].tiles is not None
    oracle.near(pipeline(image), plan, image, 2e-5)


def test_all_results_by_name(rng):
    image = rng.integers(0, 256, (12, 15, 3), dtype=np.uint8)
    outputs = {"slope": "edges", "background": "fine", "mask": "kept", "again": "fine"}
    pipeline, plan = planned(GRAPHS["deep"], image, outputs=outputs)
    results = pipeline(image)
    assert list(results) == [*outputs, "result"]
    assert [(each.name, each.dtype) for each in plan.outputs] == [(name, "uint8") for name in results]
    made = oracle.run_graph(plan, image)
    for output in plan.outputs:
        oracle.near_values(results[output.name], made[output.node], output.dtype, 2e-5)
    unrounded = pipeline(image, dtype="float32")
    assert {each.dtype.name for each in unrounded.values()} == {"float32"}
    np.testing.assert_array_equal(results["mask"], unrounded["mask"])


@settings(max_examples=40, deadline=None)
@given(graphs.graphs(), st.sampled_from([("float64", 1, False), ("uint8", 3, False), ("uint8", 2, True)]))
def test_every_result_of_a_random_graph(drawn, kind):
    stages, _, rng = drawn
    dtype, channels, alpha = kind
    image = (rng.random((9, 8, channels)) * (1 if dtype == "float64" else 255)).astype(dtype)
    outputs = {one.name: one.name for one in stages[:-1]}
    pipeline = Pipeline(stages, outputs=outputs, dtype="float64" if dtype == "float64" else "float32")
    try:
        plan = pipeline.plan(image.shape, dtype, alpha)
    except PlanError:
        assume(False)
    made = oracle.run_graph(plan, image)
    found = pipeline(image, alpha=alpha, threads=1)
    results = found if outputs else {"result": found}
    for output in plan.outputs:
        tolerance = 1e-13 if dtype == "float64" else 2e-5
        oracle.near_values(results[output.name], made[output.node], output.dtype, tolerance)


def test_results_are_those_of_each_stage_alone(rng):
    image = rng.integers(0, 256, (10, 12), dtype=np.uint8)
    both = {"fine": "fine", "b": "coarse"}
    results = Pipeline([FINE, COARSE, combine("fine - coarse")], outputs=both)(image)
    np.testing.assert_array_equal(results["fine"], Pipeline([FINE])(image))
    np.testing.assert_array_equal(results["b"], Pipeline([COARSE])(image))


def test_linear_light_is_around_every_result(rng):
    image = rng.integers(0, 256, (10, 12), dtype=np.uint8)
    stages = [FINE, COARSE, combine("(fine + coarse) / 2")]
    results = Pipeline(stages, outputs={"background": "coarse"}, linear_light=True)(image)
    np.testing.assert_array_equal(results["background"], Pipeline([COARSE], linear_light=True)(image))
    light = [stage("light", "linear", name="linear")]
    blurs = [
        stage("blur", "gaussian", sigma=0.6, name="fine", from_="linear"),
        stage("blur", "gaussian", sigma=1.5, name="coarse", from_="linear"),
    ]
    by_hand = Pipeline([*light, *blurs, stages[2], stage("light", "srgb")])
    np.testing.assert_array_equal(results["result"], by_hand(image))


def test_channels_last_or_first(rng):
    image = rng.integers(0, 256, (10, 12, 3), dtype=np.uint8)
    pipeline = Pipeline(GRAPHS["grey"], outputs={"grey": "grey"})
    last, first = pipeline(image), pipeline(np.moveaxis(image, 2, 0), channel_axis=0)
    assert last["grey"].shape == first["grey"].shape == (10, 12)
    np.testing.assert_array_equal(np.moveaxis(first["result"], 0, 2), last["result"])


def test_coordinates_follow_each_result(rng):
    xarray = pytest.importorskip("xarray")
    image = xarray.DataArray(rng.random((10, 12)), dims=("y", "x"), coords={"y": np.arange(10) * 2.0})
    stages = [stage("blur", "box", size=3, name="soft"), stage("edge", "sobel", stride=2)]
    results = Pipeline(stages, outputs={"soft": "soft"})(image)
    np.testing.assert_array_equal(results["soft"].y, image.y)
    np.testing.assert_array_equal(results["result"].y, image.y[::2])


def test_nans_are_counted_where_results_are_rounded():
    image = np.full((4, 5), np.nan, np.float32)
    stages = [stage("point", "abs", name="a"), combine("a - input", dtype="uint8")]
    engine = Pipeline(stages, outputs={"a": "a"}).engine
    results, losses = engine.outputs(image, dtype="uint8")
    assert not results["result"].any()
    assert losses.nans >= 40


# How stages are wired


def test_what_each_stage_reads():
    wiring = wire(GRAPHS["deep"])
    assert wiring.reads == ((IMAGE,), (0,), (0,), (2, 0, 1), (3, IMAGE, 0, 1), (4,))
    assert wiring.outputs == (("result", 5),)
    assert not wiring.is_chain
    assert wire([FINE, stage("edge", "sobel", from_="fine")]).is_chain


def test_the_part_that_makes_a_stage():
    wiring = wire(GRAPHS["deep"])
    part = wiring.up_to(2)
    assert [one.name for one in part.stages] == ["fine", "edges"]
    assert part.reads == ((IMAGE,), (0,))
    aside = wire([FINE, stage("edge", "sobel", name="slope"), COARSE], {"slope": "slope"})
    assert aside.up_to(2).stages == (COARSE,)
    assert wiring.up_to(5) == wiring


def test_linear_light_wires_an_end_to_every_result():
    wiring = wire([FINE, COARSE, combine("fine - coarse")], {"b": "coarse"}, linear_light=True)
    assert [one.name for one in wiring.stages][::4] == ["light linear", "light srgb"]
    assert wiring.reads == ((IMAGE,), (0,), (0,), (1, 2), (2,), (3,))
    assert wiring.outputs == (("b", 4), ("result", 5))


WRONG = [
    ([FINE, combine("fien - input")], {}, 1, "formula", "there is no stage 'fien'; did you mean 'fine'?"),
    ([FINE, combine("fine - inptu")], {}, 1, "formula", "did you mean 'input'?"),
    ([FINE, stage("point", "abs", from_="blur")], {}, 1, "from", "no stage 'blur'; known are fine, input"),
    ([FINE, stage("point", "abs", from_="result")], {}, 1, "from", "no stage 'result': that is"),
    ([stage("point", "abs", from_="fine"), FINE], {}, 0, "from", "'fine' comes later, as stage 1, and waits"),
    ([stage("point", "abs", from_="a", name="b"), stage("point", "abs", from_="input", name="a")], {},
     0, "from", "stage 'a' comes later, as stage 1; a stage reads those before it"),
    ([FINE, stage("point", "abs", from_="a", name="a")], {}, 1, "from", "stage 'a' would read itself"),
    ([FINE, FINE, combine("fine - input")], {}, 2, "formula", "'fine' is the name of stages 0 and 1"),
    ([FINE, COARSE], {}, 0, None, "no stage reads what it gives, and it is no output"),
    ([FINE], {"b": "fien"}, None, "from", "outputs.b: there is no stage 'fien'; did you mean 'fine'?"),
    ([FINE], {"b": "input"}, None, "from", "a result is of a stage"),
    ([FINE], {"result": "fine"}, None, None, "a result cannot be called 'result', which means"),
    ([FINE], {"a": "fine", "A": "fine"}, None, None, "results 'a' and 'A' would be one folder"),
    ([FINE], {"my result": "fine"}, None, None, "needs letters, digits and _, a letter first"),
]  # fmt: skip


@pytest.mark.parametrize(("stages", "outputs", "at", "key", "words"), WRONG, ids=[each[-1] for each in WRONG])
def test_what_is_wrong_with_names(stages, outputs, at, key, words):
    found = faults(stages, outputs)
    assert found[0].stage == at
    assert found[0].key == key
    with pytest.raises(ParameterError) as caught:
        Pipeline(stages, outputs=outputs)
    assert words in str(caught.value)
    if at is not None:
        assert str(caught.value).startswith(f"stage {at} ({stages[at].name}): ")


def test_an_output_uses_a_branch():
    assert Pipeline([FINE, COARSE], outputs={"fine": "fine"}).outputs == {"fine": "fine"}


@pytest.mark.parametrize("name", ["input", "result", "sqrt", "where", "and", "if"])
def test_words_cannot_be_names(name):
    with pytest.raises(ParameterError, match=f"name cannot be {name!r}"):
        stage("edge", "sobel", name=name)


@pytest.mark.parametrize("name", ["my stage", "2nd", "é", "a-b", ""])
def test_only_identifiers_are_referred_to(name):
    with pytest.raises(ParameterError, match="from needs the name of a stage before it"):
        stage("edge", "sobel", from_=name)


def test_from_is_from_underscore_in_python():
    made = stage("blur", "box", size=3, from_="input")
    assert made == stage("blur", "box", size=3, **{"from": "input"})
    assert made.to_dict() == {"blur": "box", "size": 3, "from": "input"}
    assert repr(made) == "stage('blur', 'box', size=3, from_='input')"
    with pytest.raises(ParameterError, match="from is given twice"):
        stage("blur", "box", from_="input", **{"from": "input"})
    with pytest.raises(ParameterError, match="combine mine has no parameter 'from'"):
        combine("input / 2", from_="input")


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("1 + 2", "'1 \\+ 2', column 1: no image stands in it"),
        ("fine -", "invalid syntax"),
        ("mode(fine)", "unknown function 'mode'"),
        ("fine.real", "is none of its forms"),
        ("__import__('os')", "is none of its forms|unknown function"),
        (3, "formula needs an expression"),
    ],
)
def test_wrong_formulas(formula, words):
    with pytest.raises(ParameterError, match=words) as caught:
        combine(formula)
    assert "put the formula in quotes" not in str(caught.value)


def test_a_formula_that_a_comma_cut_short():
    with pytest.raises(ParameterError, match="a comma ends a value: put the formula in quotes"):
        combine("maximum(fine")


def test_what_stages_are_called_reaches_no_generated_source():
    (node,) = combine("fine_blur - x9 * fine_blur").lower(Border.REFLECT, ImageKind()).nodes
    assert node.ops == (Map("x0 - x1 * x0", ("x0", "x1")),)
    assert node.inputs == ("fine_blur", "x9")


def test_pipelines_of_graphs_are_values(tmp_path):
    made = Pipeline(GRAPHS["deep"], outputs={"slope": "edges"}, name="deep")
    (tmp_path / "deep.yaml").write_text(made.to_yaml())
    for built in (
        pickle.loads(pickle.dumps(made)),
        Pipeline.from_dict(made.to_dict()),
        Pipeline.from_yaml(tmp_path / "deep.yaml"),
        eval(repr(made), vars(convpipe) | {"Pipeline": Pipeline, "stage": stage}),
    ):
        assert built == made
        assert hash(built) == hash(made)
        assert built.outputs == {"slope": "edges"}
    assert made != Pipeline(GRAPHS["deep"], name="deep")


def test_outputs_that_are_none():
    for outputs in (["fine"], {"fine": 3}, "fine"):
        with pytest.raises(ParameterTypeError, match="outputs need a mapping"):
            Pipeline([FINE], outputs=outputs)
    with pytest.raises(ParameterError, match="out takes one result"):
        Pipeline([FINE], outputs={"a": "fine"})(np.zeros((5, 5)), out=np.zeros((5, 5)))


# How they are planned


def test_the_plan_of_a_graph():
    plan = make_plan(GRAPHS["difference"], (20, 30), channels=3)
    assert [node.inputs for node in plan.nodes] == [(IMAGE,), (IMAGE,), (0, 1)]
    assert [one.inputs for one in plan.stages] == [(IMAGE,), (IMAGE,), (0, 1)]
    assert plan.nodes[2].is_join
    assert plan.nodes[2].operations == 20 * 30 * 3
    assert plan.nodes[2].separation is None
    assert plan.stages[2].formulas[1] == "floor((30 + 0 + 0 - 1*(1-1) - 1)/1) + 1 = 30"
    assert not plan.is_chain
    assert plan.nodes[2].ranges.colour.low == pytest.approx(-255)
    # The union of fields of radius 2 and 6.
    assert [field.reach for field in plan.stages[2].field] == [13, 13]
    assert [field.before for field in plan.stages[2].field] == [6, 6]
    assert plan.stages[2].halo == ((0, 0), (0, 0))
    data = plan.to_dict()
    assert [one["inputs"] for one in data["stages"]] == [["input"], ["input"], [0, 1]]
    assert data["outputs"] == [
        {"name": "result", "stage": 2, "output": [20, 30], "channels": 3, "dtype": "uint8"}
    ]


def test_a_stage_may_have_several_nodes():
    plan = make_plan([FINE, combine("fine - input", stride=2, bias=1)], (20, 31))
    assert [node.inputs for node in plan.nodes] == [(IMAGE,), (0, IMAGE), (1,)]
    assert [len(one.nodes) for one in plan.stages] == [1, 2]
    assert plan.stages[1].extent == (10, 16)
    assert plan.stages[1].inputs == (0, IMAGE)
    assert plan.stages[1].formulas[0] == "floor((20 + 0 + 0 - 1*(1-1) - 1)/2) + 1 = 10"


MEET = [
    (
        [stage("blur", "box", size=3, padding="valid", name="a"), combine("a - input")],
        ["stage 1 (combine mine)", "stage 0 (a) 18x28", "input 20x30",
         "'padding: same' of stage 0 (a) would make them meet"],
    ),
    (
        [stage("blur", "box", size=3, padding=2, name="a"), COARSE, combine("a - coarse")],
        ["stage 0 (a) 22x32", "stage 1 (coarse) 20x30", "'padding: [7, 7, 7, 7]' of stage 1 (coarse)"],
    ),
    (
        [stage("blur", "box", size=3, padding=2, name="a"), combine("a - input")],
        ["stage 0 (a) 22x32", "input 20x30", "'padding: same' of stage 0 (a) would make them meet"],
    ),
    (
        [stage("custom", "a", kernel=[[1], [2], [3]], padding=0, name="a"),
         stage("custom", "b", kernel=[[1, 2, 3]], padding=0, from_="input", name="b"), combine("a - b")],
        ["stage 0 (a) 18x30", "stage 1 (b) 20x28",
         "'padding: same' of stage 0 (a) and 'padding: same' of stage 1 (b) would make them meet"],
    ),
    (
        [stage("blur", "box", size=3, stride=[2, 1], name="a"), combine("a - input")],
        ["stage 0 (a) 10x30, input 20x30", "of the rows of the image they have stage 0 (a) every 2,"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("stages", "words"), MEET, ids=range(len(MEET)))
def test_extents_that_do_not_meet(stages, words):
    with pytest.raises(PlanError) as caught:
        make_plan(stages, (20, 30))
    assert all(each in str(caught.value) for each in words), str(caught.value)


BACK = stage("geometry", "resize", size="input", method="bilinear", name="back")
LESS = stage("combine", "less", formula="input - back")


@given(
    extent=st.tuples(st.integers(1, 99), st.integers(1, 99)), scale=st.sampled_from([0.1, 0.3, 1 / 3, 0.7])
)
@settings(max_examples=40, deadline=None)
def test_what_was_resized_meets_the_image_again_whatever_its_size(extent, scale):
    plan = make_plan([stage("geometry", "resize", factor=scale), BACK, LESS], extent)
    assert plan.sampling() == make_plan([stage("point", "abs")], extent).sampling()


def test_what_a_stride_made_smaller_meets_it_where_it_divides_the_image_but_for_a_shift():
    ramp = np.tile(np.arange(90, dtype=np.float32), (90, 1))
    left = Pipeline([stage("point", "abs", stride=5), BACK, LESS])(ramp)
    np.testing.assert_allclose(left[10:-10, 10:-10], (5 - 1) / 2, atol=1e-4)  # so far to the right
    small = Pipeline([stage("geometry", "resize", factor=0.2, method="area"), BACK, LESS])(ramp)
    np.testing.assert_allclose(small[10:-10, 10:-10], 0, atol=1e-4)


@pytest.mark.parametrize(
    "first",
    [stage("point", "abs", stride=3), stage("geometry", "crop", box=[2, 0, None, None])],
    ids=["3", "crop"],
)
def test_what_does_not_cover_the_image_is_told_how_it_would_meet_it_again(first):
    with pytest.raises(PlanError) as caught:
        make_plan([first, BACK, LESS], (100, 90))
    step = "51/50" if "stride" in first.given else "49/50"
    assert str(caught.value).startswith(
        "stage 2 (combine less): its images have one extent, and their pixels lie at other places: input"
        f" 100x90, stage 1 (back) 100x90; of the rows of the image they have input every 1, stage 1 (back)"
        f" every {step}; resize what covers the image as it is: 'geometry: resize' does"
    )


@pytest.mark.parametrize(("stages", "words"), MEET[:4], ids=range(4))
def test_the_padding_that_is_said_makes_them_meet(stages, words):
    with pytest.raises(PlanError) as caught:
        make_plan(stages, (20, 30))
    said = re.findall(r"'padding: (\S.*?)' of stage (\d)", str(caught.value))
    assert said
    for padding, at in said:
        given = dict(stages[int(at)].given) | {"padding": padding if padding == "same" else eval(padding)}
        stages = [*stages]
        stages[int(at)] = stage(stages[int(at)].method.family, stages[int(at)].label, **given)
    make_plan(stages, (20, 30))


def test_channels_that_do_not_meet():
    grey = stage("color", "gray", name="grey")
    assert make_plan([grey, combine("input - grey")], (5, 5), channels=3).output_channels == 3
    assert make_plan([grey, combine("grey - input")], (5, 5), channels=4, alpha=True).output_channels == 4


def test_other_numbers_of_channels_are_refused():
    two = Method(
        "test", "two", "of three", reference="none", parameters=(),
        lower=lambda: (Mix(((1.0, 0.0, 0.0), (0.0, 1.0, 1.0))),),
    )  # fmt: skip
    given = {parameter.name: parameter.default for parameter in COMMON} | {"name": "two"}
    with pytest.raises(PlanError, match=r"numbers of channels: input 3, stage 0 \(two\) 2; only"):
        make_plan([Stage(two, "two", {}, {}, given), combine("input - two")], (5, 5), channels=3)


def test_masks_stay_bool():
    mask = np.eye(5, dtype=bool)
    inverted = stage("point", "invert", name="other")
    assert Pipeline([inverted, combine("other * (1 - input)")])(mask).dtype == bool
    assert Pipeline([inverted, combine("other + input")])(mask).dtype == np.uint8


def test_memory_of_images_between():
    assert make_plan([FINE], (20, 30)).shared_bytes == 0
    two = make_plan(wire([FINE, stage("edge", "sobel", dtype="int16")], {"fine": "fine"}), (20, 30))
    assert two.output_bytes == 20 * 30 * (1 + 2)
    size = 20 * 30 * 4
    assert make_plan(GRAPHS["difference"], (20, 30)).shared_bytes == 0  # one sweep makes all of it
    assert make_plan(GRAPHS["deep"], (20, 30)).shared_bytes == 0
    # The extremes of the difference are known when all of it is; fine is read after it, too.
    stretched = [*GRAPHS["difference"], stage("contrast", "stretch", name="spread"), combine("spread + fine")]
    assert make_plan(stretched, (20, 30)).shared_bytes == 2 * size


# Graphs of ops


HAT = Method(
    "test",
    "hat",
    "what a blur takes away",
    reference="none",
    parameters=(),
    lower=lambda: Graph(
        (
            Node("soft", (Stencil((Taps.outer([1, 2, 3], [2, 1, 1, 0, 3]),)),)),
            Node("soft2", (Map("r / 40"),), ("soft",)),
            Node("result", (Map("a - b", ("a", "b")),), ("input", "soft2")),
        )
    ),
)


def hat(**common):
    given = {parameter.name: parameter.default for parameter in COMMON} | common
    return Stage(HAT, "hat", common, {}, given)


@pytest.mark.parametrize(
    "common",
    [
        {},
        {"stride": (2, 3), "bias": 2.5},
        {"dilation": (2, 1), "border": Border.WRAP, "dtype": "int16"},
        {"border": Border.CONSTANT, "value": 7.0},
    ],
    ids=str,
)
@pytest.mark.parametrize(("channels", "alpha"), [(1, False), (4, True)])
def test_a_method_may_lower_to_a_graph(common, channels, alpha, rng):
    image = rng.integers(0, 256, (12, 15, channels), dtype=np.uint8)
    stages = [hat(name="hat", **common), stage("blur", "box", size=3)]
    pipeline, plan = planned(stages, image, alpha=alpha, dtype="float32")
    if not alpha:  # whose windows weigh by it, with more nodes
        assert [len(one.nodes) for one in plan.stages] == [3 + ("stride" in common), 1]
    oracle.near(pipeline(image, alpha=alpha), plan, image, 2e-5)


def test_a_method_of_several_windows_has_one_halo_and_no_padding_of_its_own():
    plan = make_plan([hat(dilation=(2, 1))], (20, 30))
    assert plan.stages[0].halo == ((2, 2), (2, 2))
    assert plan.stages[0].axes[0].reach == 1
    assert [field.reach for field in plan.stages[0].field] == [5, 5]
    for name, value in (("padding", "valid"), ("anchor", (0, 0))):
        with pytest.raises(ParameterError, match=f"^test hat takes no {name}: it"):
            make_plan([hat(**{name: value})], (20, 30))


def test_nodes_and_graphs_that_are_none():
    window, join = (Stencil((IDENTITY,)),), (Map("a - b", ("a", "b")),)
    for ops, inputs in ((window, ("x", "y")), (join, ("x", "y", "z")), ((), ("x",)), (join, ())):
        with pytest.raises(ValueError, match="node 'n'"):
            Node("n", ops, inputs)
    first, second = Node("a", window), Node("b", window, ("a",))
    assert Graph((first, second)).inputs == ("input",)
    with pytest.raises(ValueError, match="node 'b' reads a before it is made"):
        Graph((second, first))
    with pytest.raises(ValueError, match="nodes of different names"):
        Graph((first, first))
    with pytest.raises(ValueError, match="nothing reads a"):
        Graph((first, Node("b", window)))


PAGE = Path(__file__).parents[1] / "docs" / "graphs.md"
SHOWN = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("text", SHOWN, ids=range(len(SHOWN)))
def test_the_page_shows_configs_that_plan(text):
    (job,) = config.load_text(text)
    Pipeline.from_job(job).plan((40, 50, 3))


def test_the_variance_of_the_page(rng):
    (text,) = (each for each in SHOWN if "variance" in each)
    image = rng.integers(0, 256, (12, 13), dtype=np.uint8)
    found = Pipeline.from_job(config.load_text(text)[0])(image)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image.astype(float), 3, mode="reflect"), (7, 7))
    np.testing.assert_allclose(found, windows.var(axis=(2, 3)), rtol=0, atol=0.02)


def test_a_stage_that_rounds_does_so_before_the_next_one_whatever_else_is_a_result(rng):
    """After a cut the samples are of floating point, of which NaNs are counted where a level ends."""
    image = rng.integers(0, 256, (20, 30), dtype=np.uint8)
    stages = [
        stage("blur", "box", size=3, name="soft"),
        stage("contrast", "stretch", dtype="uint8"),
        stage("point", "scale", gain=0.3),
    ]
    beside = Pipeline(stages, outputs={"soft": "soft"}, dtype="float32")(image)["result"]
    np.testing.assert_array_equal(beside, Pipeline(stages, dtype="float32")(image))
    white = np.rint(beside / np.float32(0.3))
    np.testing.assert_allclose(beside, white * 0.3, rtol=1e-6)


def test_what_no_padding_can_mend_is_not_advised():
    turned = stage("geometry", "rotate90", name="turned")
    cropped = stage("geometry", "crop", box=[1, 0, None, None], name="cropped", from_="input")
    both = stage("combine", "c", formula="turned + input")
    with pytest.raises(PlanError, match=r"turned\) 24x20, input 20x24$"):
        make_plan([turned, both], (20, 24))
    same = stage("geometry", "flip", name="same")
    with pytest.raises(PlanError, match=r"cropped\) 19x24$"):
        make_plan([same, cropped, stage("combine", "c", formula="same + cropped")], (20, 24))
