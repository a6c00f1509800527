"""No value of a pipeline lies outside the range that its plan proves: drawn ones, in exact arithmetic."""

import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convpipe.errors import PlanError
from convpipe.geometry import Border
from convpipe.interval import Interval
from convpipe.ops import Alpha, Mix, dtype_range
from convpipe.plan import Settings, make_plan
from convpipe.ranges import Ranges
from convpipe.stages import ANY_LABEL, ImageKind, families, stage

ENDLESS = {("point", "sqrt"), ("point", "exp"), ("point", "log"), ("objects", "distance")}
"""Methods that make NaN and infinities of samples that are finite."""
CHAINED = [
    method
    for family, methods in families().items()
    for name, method in methods.items()
    if method.reads == ("from",)
    and (family, name) not in ENDLESS
    and family != "projection"  # which is once in a pipeline, and leaves a page as it is
]
CONSTANTS = [0, 255, -100, 5000, 0.25]


@st.composite
def stages(draw):
    method = draw(st.sampled_from(CHAINED))
    common = {
        "stride": draw(st.sampled_from([1, 1, 2])),
        "padding": draw(st.sampled_from(["same", "valid", [2, 1], 5])),
        "bias": draw(st.sampled_from([0, 0, 3.5, -300])),
    }
    if draw(st.booleans()):
        common |= {"border": "constant", "value": draw(st.sampled_from(CONSTANTS))}
    if (dtype := draw(st.sampled_from([None, None, "uint8", "int8", "float32"]))) is not None:
        common["dtype"] = dtype
    example = dict(method.example)
    if "sigma" in example:
        (least,) = (each.least or 0 for each in method.parameters if each.name == "sigma")
        example["sigma"] = draw(st.sampled_from([least, 0.6]))
        example |= {"truncate": 2.0} if "truncate" in {each.name for each in method.accepted} else {}
    if "gain" in example:
        example["gain"] = draw(st.sampled_from([0.001, -2, 300]))
    if "kernel" in example:
        taps = st.lists(st.sampled_from([-2, 0, 0.5, 1]), min_size=2, max_size=2)
        example["kernel"] = draw(st.lists(taps, min_size=3, max_size=3))
    label = "mine" if method.name == ANY_LABEL else method.name
    taken = {name: value for name, value in common.items() if name not in method.unused}
    needs_nothing = "dilation" in method.unused and "padding" not in method.unused
    if needs_nothing and isinstance(taken.get("padding", "same"), str):
        taken.pop("border", None)  # what is outside these do not need
    return stage(method.family, label, **{**taken, **example})


@st.composite
def images(draw):
    dtype = draw(st.sampled_from(["uint8", "int8", "uint16", "int32", "float32"]))
    channels, alpha = draw(st.sampled_from([(1, False), (3, False), (4, False), (2, True), (4, True)]))
    ends = dtype_range(dtype)
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    levels = [ends.low, ends.high, 0, (ends.low + ends.high) / 2 if dtype == "float32" else 1]
    return rng.choice(levels, (6, 7, channels)).astype(dtype), alpha


def inside(values, proven):
    # Beside alpha a stage's float32 is rounded to it after its range was found.
    slack = 2.0**-24 * max(1.0, *(abs(end) for end in (proven.low, proven.high) if np.isfinite(end)), 0)
    return proven.low - slack <= values.min() and values.max() <= proven.high + slack


@settings(max_examples=300, deadline=None)
@given(images(), st.lists(stages(), min_size=1, max_size=3), st.sampled_from(list(Border)))
def test_ranges_enclose_every_value(drawn, chain, border):
    image, alpha = drawn
    try:
        plan = make_plan(
            chain,
            image.shape[:2],
            Settings(border=border),
            channels=image.shape[2],
            alpha=alpha,
            dtype=image.dtype.name,
        )
    except PlanError:
        return
    made = oracle.run_graph(plan, image)
    for step in plan.stages:
        values = made[step.first + len(step.nodes) - 1]
        assert np.isfinite(values).all()
        assert inside(values, step.range), step
        colours = values[..., :-1] if alpha else values
        assert inside(colours, step.ranges.colour), step
        if alpha:
            assert inside(values[..., -1], step.ranges.alpha), step


@pytest.mark.parametrize(
    ("one", "dtype", "colour", "alpha"),
    [
        (stage("point", "scale", gain=0.001), "uint8", (0, 0.255), (0, 255)),
        (stage("blur", "box", size=3, border="constant", value=-100), "uint8", (-100, 255), (0, 255)),
        (stage("blur", "box", size=3), "int8", (-128, 127), (0, 127)),
        (stage("edge", "sobel", dtype="int8"), "uint8", (0, 127), (0, 127)),
        (stage("blur", "box", size=3, bias=1000), "uint8", (1000, 1255), (0, 255)),
        (stage("color", "gray"), "uint8", (0, 255), (0, 255)),
    ],
    ids=["scale", "constant", "int8", "cast", "bias", "gray"],
)
def test_colours_and_alpha_have_ranges_of_their_own(one, dtype, colour, alpha):
    found = make_plan([one], (9, 9), channels=4, alpha=True, dtype=dtype).stages[0].ranges
    assert (found.colour.low, found.colour.high) == pytest.approx(colour)
    assert (found.alpha.low, found.alpha.high) == pytest.approx(alpha)


SOBEL = stage("edge", "sobel").lower(Border.CONSTANT, ImageKind(2, alpha=True)).nodes[0].ops


@pytest.mark.parametrize(
    ("ops", "padded", "colour", "alpha", "want"),
    [
        ([Alpha()], False, (10, 20), (-5, 5), ((10, 20), (0, 5))),
        ([Alpha()], False, (10, 20), (-5, -3), ((10, 20), (0, 0))),
        ([Alpha(undo=True)], False, (10, 20), (0, 5), ((0, 20), (0, 5))),
        ([Alpha(undo=True)], False, (-20, -10), (0, 5), ((-20, 0), (0, 5))),
        ([Alpha(undo=True)], False, (10, 20), (-5, 5), ((-np.inf, np.inf), (-5, 5))),  # of negative taps
        ([Mix(((1, 0, 0), (0, 2, 0), (0, 0, 1)))], False, (0, 10), (0, 1), ((0, 20), (0, 1))),
        (SOBEL, False, (0, 0), (7, 100), ((0, 0), (7, 100))),
        (SOBEL, True, (0, 0), (7, 100), ((0, 0), (7, 255))),  # outside, what is constant is opaque
    ],
    ids=["times", "below 0", "undo", "undo of less", "undo below 0", "mix", "inside", "padded"],
)
def test_ops_beside_alpha(ops, padded, colour, alpha, want):
    _, found = Ranges(Interval(*colour), Interval(*alpha)).through(ops, padded)
    assert (found.colour, found.alpha) == tuple(Interval(*ends) for ends in want)


def test_a_bias_after_a_statistic_counts_once_beside_alpha():
    plan = make_plan([stage("contrast", "stretch", bias=3.5)], (5, 5), channels=2, alpha=True, dtype="int8")
    assert plan.stages[0].ranges.colour == Interval(-124.5, 130.5).join(Interval(3.5, 3.5))
