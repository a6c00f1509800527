"""Stages that read each other share one sweep: results have the bytes of stages that run alone."""

import numpy as np
import oracle
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convpipe import Pipeline, stage
from convpipe.compile.cpu import schedule
from convpipe.plan import rings
from convpipe.plan.ahead import Ahead

WINDOWS = {
    "blur": lambda **common: stage("blur", "gaussian", sigma=1, truncate=2, **common),
    "wide": lambda **common: stage("blur", "box", size=[7, 3], **common),
    "slope": lambda **common: stage("edge", "sobel", **common),
    "tall": lambda **common: stage("custom", "k", kernel=[[1], [-0.5], [0.25], [2], [0.1]], **common),
    "level": lambda **common: stage("point", "scale", gain=0.5, bias=3, **common),
    "early": lambda **common: stage(
        "custom", "k", kernel=[[1], [2], [0.5], [1]], padding=[0, 3, 0, 0], **common
    ),
    "late": lambda **common: stage(
        "custom", "k", kernel=[[1], [2], [0.5], [1]], padding=[3, 0, 0, 0], **common
    ),
    "far": lambda **common: stage("custom", "k", kernel=[[0.5], [0.25]], dilation=[5, 1], **common),
}
FORMULAS = (
    "{a} - {b}",
    "maximum({a}, {b}) / 2 + {c}",
    "where({a} > {b}, {c}, {a} * 0.5)",
    "sqrt(abs({a})) * {b}",
)
BORDERS = ("reflect", "constant", "edge", "symmetric", "wrap")


@st.composite
def graphs(draw):
    """Stages of one extent that read earlier ones, and results: of all that nobody reads, and of more."""
    stages, names = [], ["input"]
    for number in range(draw(st.integers(2, 5))):
        common = {"name": f"s{number}", "from_": draw(st.sampled_from(names))}
        common["border"] = draw(st.sampled_from(BORDERS))
        stages.append(WINDOWS[draw(st.sampled_from(list(WINDOWS)))](**common))
        names.append(f"s{number}")
    picked = {key: draw(st.sampled_from(names)) for key in "abc"}
    formula = draw(st.sampled_from(FORMULAS)).format(**picked)
    stages.append(stage("combine", "first", formula=formula, name="joined"))
    if draw(st.booleans()):
        stages.append(WINDOWS[draw(st.sampled_from(list(WINDOWS)))](name="after"))
        stages.append(stage("combine", "last", formula=f"after + joined * {draw(st.sampled_from(names))}"))
    unread = [name for name in names[1:] if not _is_read(name, stages)]
    beside = {f"r{k}": name for k, name in enumerate(unread)}
    if draw(st.booleans()):
        beside["more"] = draw(st.sampled_from(names[1:]))
    return stages, beside


def _is_read(name, stages):
    for at, one in enumerate(stages):
        if one.common["from"] == name or name in one.given.get("formula", ""):
            return True
        follows = at + 1 < len(stages) and one.common["name"] == name
        if follows and stages[at + 1].common["from"] is None and "formula" not in stages[at + 1].parameters:
            return True
    return False


def alone(stages, image, border="reflect"):
    """Return what every stage gives, each run by itself on an image in the type of the arithmetic."""
    made, before = {"input": image.astype(np.float32)}, "input"
    for one in stages:
        name = one.common["name"] or "result"
        if "formula" in one.parameters:
            with np.errstate(all="ignore"):
                names = {"__builtins__": {}}
                made[name] = eval(one.given["formula"], names, {**oracle.FUNCTIONS, **made})
        else:
            given = made[one.common["from"] or before]
            own = stage(
                one.method.family,
                one.label,
                **{k: v for k, v in one.given.items() if k not in ("name", "from")},
            )
            made[name] = Pipeline([own], border=border)(given, threads=1)
        before = name
    return made | {"result": made[before]}


def run(stages, beside, image):
    pipeline = Pipeline(stages, outputs=beside, dtype="float32")
    result = pipeline(image, threads=1)
    return result if beside else {"result": result}


@settings(max_examples=120, deadline=None)
@given(
    graphs(),
    st.integers(0, 2**31),
    st.tuples(st.integers(1, 19), st.integers(1, 17)),
    st.sampled_from([(), (3,)]),
)
def test_one_sweep_is_stages_alone_bit_for_bit(graph, seed, extent, channels):
    (stages, beside), random = graph, np.random.default_rng(seed)
    image = random.integers(0, 256, (*extent, *channels)).astype(np.float32)
    results = run(stages, beside, image)
    want = alone(stages, image)
    for name, source in {**beside, "result": "result"}.items():
        np.testing.assert_array_equal(results[name], want[source], err_msg=name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rings, "NARROWEST", 5)
        patch.setattr(rings, "CACHE", 1)
        cut = run(stages, beside, image)
    for name, whole in results.items():
        np.testing.assert_array_equal(cut[name], whole)


def barely(made, readers, sinks):
    """As `look_ahead`, but with no more rows than are under the highest window."""
    highest = [max((one.reach for one in readers if one.source == at), default=1) for at in range(len(made))]
    return [Ahead(1, 1 - rows, 0, 0) for rows in highest]


LAGGING = [
    *(
        WINDOWS[kind](name=name)
        for kind, name in (("slope", "a"), ("blur", "b"), ("wide", "c"), ("far", "d"))
    ),
    stage("combine", "last", formula="a - d"),
]
"""The first window runs ahead by what three others reach, and is read beside the last of them."""


@example((LAGGING, {}), 0)
@settings(max_examples=60, deadline=None)
@given(graphs(), st.integers(0, 2**31))
def test_rows_that_were_given_up_too_soon_are_made_again(graph, seed):
    """How many rows are kept is a matter of speed: what is read is looked for when all of it is there."""
    stages, beside = graph
    image = np.random.default_rng(seed).normal(size=(23, 9)).astype(np.float32)
    whole = run(stages, beside, image)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "look_ahead", barely)
        few = run(stages, beside, image)
    for name, want in whole.items():
        np.testing.assert_array_equal(few[name], want)
