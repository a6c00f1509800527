"""Expressions: what may be written, what it means on numbers and in source, and ranges that enclose it."""

import ast
import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convpipe import expression, interval
from convpipe.compile.common import scalars
from convpipe.compile.common.segments import translate
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.errors import ParameterError
from convpipe.interval import Interval
from convpipe.ops import IDENTITY, Cast, Map, Stencil
from convpipe.plan import make_plan
from convpipe.stages import stage

NAMES = ("r", "s")
LITERALS = (0.0, 0.5, 1.0, 2.0, 3.0, 255.0, 1e-3, 1e30)


def number(function):
    """`function` on floats of 64 bits, with infinities and NaN where Python raises."""

    def call(*arguments):
        with np.errstate(all="ignore"):
            return float(function(*map(np.float64, arguments)))

    return call


def sine(x):
    return np.sin(x) if abs(x) <= interval.LARGEST_ANGLE else np.nan


def cosine(x):
    return np.cos(x) if abs(x) <= interval.LARGEST_ANGLE else np.nan


def angle(y, x):
    return np.arctan2(y + 0.0, x + 0.0)  # zeros have no sign


MEANING = {
    "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "abs": np.abs, "square": np.square, "power": np.power,
    "floor": np.floor, "round": np.rint, "sin": sine, "cos": cosine, "arctan2": angle,
    "minimum": np.minimum, "maximum": np.maximum,
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power,
    ">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal, "==": np.equal,
    "!=": np.not_equal,
}  # fmt: skip
MEANING = {name: number(function) for name, function in MEANING.items()}


def infix(operator, left, right):
    meaning = MEANING[operator]
    return f"({left[0]} {operator} {right[0]})", lambda at: meaning(left[1](at), right[1](at))


def called(name, arguments):
    meaning, text = MEANING[name], ", ".join(argument[0] for argument in arguments)
    return f"{name}({text})", lambda at: meaning(*(argument[1](at) for argument in arguments))


def chain(a, one, b, two, c):
    def meaning(at):
        x, y, z = a[1](at), b[1](at), c[1](at)
        return float(bool(MEANING[one](x, y)) and bool(MEANING[two](y, z)))

    return f"({a[0]} {one} {b[0]} {two} {c[0]})", meaning


def joined(word, left, right):
    def meaning(at):
        x, y = bool(left[1](at)), bool(right[1](at))
        return float(x and y if word == "and" else x or y)

    return f"({left[0]} {word} {right[0]})", meaning


def chosen(form, test, yes, no):
    return form.format(test[0], yes[0], no[0]), lambda at: yes[1](at) if test[1](at) else no[1](at)


def combined(inner):
    arithmetic, compared = (
        st.sampled_from(["+", "-", "*", "/", "**"]),
        st.sampled_from([">", "<", ">=", "<="]),
    )
    equal = st.sampled_from(["==", "!="])
    unary, binary = (
        st.sampled_from([name for name, count in expression.VOCABULARY.items() if count == wanted])
        for wanted in (1, 2)
    )
    return st.one_of(
        st.builds(infix, arithmetic | compared | equal, inner, inner),
        st.builds(called, unary, st.tuples(inner)),
        st.builds(called, binary, st.tuples(inner, inner)),
        st.builds(chain, inner, compared, inner, compared, inner),
        st.builds(joined, st.sampled_from(["and", "or"]), inner, inner),
        st.builds(lambda x: (f"(not {x[0]})", lambda at: float(not x[1](at))), inner),
        st.builds(lambda x: (f"(-{x[0]})", lambda at: -x[1](at)), inner),
        st.builds(chosen, st.sampled_from(["({1} if {0} else {2})", "where({0}, {1}, {2})"]), *[inner] * 3),
    )


leaves = st.one_of(
    st.sampled_from(NAMES).map(lambda name: (name, lambda at: at[name])),
    st.sampled_from(LITERALS).map(lambda value: (repr(value), lambda at: value)),
)
expressions = st.recursive(leaves, combined, max_leaves=8)
ends = st.sampled_from([-300.0, -2.0, -1.0, 0.0, 1e-3, 1.0, 3.0, 255.0]) | st.floats(-1e3, 1e3)
ranges = st.tuples(ends, ends).map(sorted)
shares = st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1)


@settings(max_examples=1000, deadline=None)
@given(expressions, st.tuples(ranges, ranges), st.lists(st.tuples(shares, shares), min_size=4, max_size=4))
def test_ranges_enclose_every_value(written, bounds, places):
    text, meaning = written
    enclosed = Map(text, NAMES).range({name: Interval(*ends) for name, ends in zip(NAMES, bounds)})
    for place in [(0, 0), (0, 1), (1, 0), (1, 1), *places]:
        at = {name: low + p * (high - low) for name, (low, high), p in zip(NAMES, bounds, place)}
        at = {name: min(max(at[name], low), high) for name, (low, high) in zip(NAMES, bounds)}
        value = meaning(at)
        if math.isnan(value):
            assert enclosed.nan, (text, at)
        else:
            slack = 1e-9 * max(abs(enclosed.low), abs(enclosed.high)) if enclosed.bounded else 1e-9
            assert enclosed.low - slack <= value <= enclosed.high + slack, (text, at)


def in_source(text):
    """The generated source of an expression, as a function of its names."""
    functions = {
        function.__name__: function for function in scalars.VOCABULARY if function.__name__ != "power"
    }
    functions |= {
        name: MEANING[name]
        for name in ("sqrt", "exp", "log", "sin", "cos", "arctan2", "abs", "floor", "round", "power")
    }
    source = translate(Map(text, NAMES), ["x", "y"], "0")
    return eval(f"lambda x, y: {source}", {**functions, "T": np.float64})


@settings(max_examples=500, deadline=None)
@given(expressions, st.tuples(ends, ends))
def test_source_means_what_is_written(written, at):
    text, meaning = written
    with np.errstate(all="ignore"):
        got = in_source(text)(*map(np.float64, at))
    np.testing.assert_equal(float(got), meaning(dict(zip(NAMES, at))))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("(r > 3) * 5", 0, 5),
        ("(r > 300) * 5", 0, 0),
        ("(r >= 300 or r < 256) * 5", 5, 5),
        ("(r > 300 and r > 3) * 5 + 1", 1, 1),
        ("0 <= r - 1 <= 10", 0, 1),
        ("-1 if not r < 256.5 else r", 0, 255),
        ("where(r != 0, 7, 9)", 7, 9),
        ("(r == 256) + (r != 256)", 1, 1),
        ("r / (r - 300)", -255 / 45, 0),
        ("r / r", -math.inf, math.inf),
        ("(r - 100) ** 2", 0, 155**2),
        ("(r - 100) ** 3", -(100**3), 155**3),
        ("(r + 1) ** -0.5", 1 / 16, 1),
        ("2 ** (r / 255)", 1, 2),
        ("sqrt(r - 100)", 0, math.sqrt(155)),
        ("r * 1e38 - r * 1e38", -math.inf, math.inf),
        ("where(r > 100, r, 100)", 100, 255),
        ("where(100 >= r, 100, r)", 100, 255),
        ("where(r / 255 < 0.2, r, 0)", 0, 51),
        ("where(2 * -r + 10 <= -90, 0, r)", 0, 50),
        ("where(r == 7, r, 0)", 0, 7),
        ("where(r != 7, 0, r)", 0, 7),
        ("where(r != 7, r, 0)", 0, 255),
        ("where(r > 10, where(r > 20, 0, r), 10)", 0, 20),
        ("where(r > 100, 1 / (r - 50), 0)", 0, 1 / 50),
        ("where(r > 300, r, 0 - r)", -255, 0),
        ("where(r > r * r, r, 0)", 0, 255),
    ],
)
def test_ranges_of_known_expressions(text, low, high):
    got = Map(text).range({"r": Interval(0, 255)})
    near = 0.2 if text.startswith("where") else 0  # conditions on a bound are open by what is rounded
    assert (got.low, got.high) == (pytest.approx(low, abs=near), pytest.approx(high, abs=near))


TESTS = ["r {} 3", "3 {} r", "r * 0.25 {} 0.75", "r / full {} 0.7", "1 - r {} -2", "r + s {} s * 3", "r {} s"]


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(TESTS),
    st.sampled_from([">", ">=", "<", "<=", "==", "!="]),
    st.tuples(ranges, ranges),
    st.lists(st.tuples(shares, shares), min_size=2, max_size=2),
)
def test_branches_enclose_what_float32_takes_there(form, operator, bounds, places):
    """On the bound of a condition, beside it, and NaN."""
    test = form.format(operator)
    chosen, rest = (
        Map(f"where({test}, {branches})", NAMES, (("full", 255.0),)).range(
            {name: Interval(*ends, nan=True) for name, ends in zip(NAMES, bounds)}
        )
        for branches in ("r, 1e6", "1e6, r")
    )
    at = np.float32([3, np.nextafter(np.float32(3), 9), np.nextafter(np.float32(3), 0), 0.7 * 255, math.nan])
    drawn = [[low + p * (high - low) for (low, high), p in zip(bounds, place)] for place in places]
    for r, s in [*((r, s) for r in at for s in (at[0], *(s for _, s in drawn))), *drawn]:
        r, s = float(np.float32(r)), float(np.float32(s))  # a draw that float32 does not hold is another
        inside = [math.isnan(v) or low <= v <= high for v, (low, high) in zip((r, s), bounds)]
        if not all(inside):
            continue
        names = {"r": np.float32(r), "s": np.float32(s), "full": np.float32(255)}
        held = chosen if eval(test, {}, names) else rest
        if math.isnan(r):
            assert held.nan, (test, r, s)
        else:
            assert held.low <= r <= held.high, (test, r, s)


def test_a_variable_that_passed_a_comparison_is_no_nan():
    root = Map("sqrt(r - 100)").range({"r": Interval(0, 255)})
    assert not Map("where(r > 1, r, 7)").range({"r": root}).nan
    assert Map("where(r > 1, 7, r)").range({"r": root}).nan
    assert not Map("where(r == 1, r, 7)").range({"r": root}).nan
    assert Map("where(r != 1, r, 7)").range({"r": root}).nan
    beside = Map("where(r > s, 7, r)", NAMES).range({"r": Interval(0, 255), "s": Interval(0, 1, nan=True)})
    assert beside == Interval(0, 255)  # a comparison with NaN fails, whatever the number


def test_what_rounding_brings_across_zero_still_can_in_a_branch():
    assert Map("where(r < 1, sqrt(r), 7)").range({"r": Interval(0.01, 255)}).nan


def test_a_factor_of_0_narrows_nothing():
    assert Map("where(r * 0 >= 0, r, 1)").range({"r": Interval(0, 255)}) == Interval(0, 255)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_linear_light_is_known_to_saturate_nowhere(dtype):
    stages = [stage("light", "linear"), stage("blur", "gaussian", sigma=1), stage("light", "srgb")]
    plan = make_plan(stages, (60, 80), channels=3, dtype=dtype)
    assert plan.saturations == []
    full = 1.0 if dtype == "float32" else float(np.iinfo(dtype).max)
    for one, map_ in ((planned, op) for planned in plan.stages for op in planned.ops if isinstance(op, Map)):
        enclosed = map_.range({"r": Interval(0, full)})
        assert (enclosed.low, enclosed.high) == (pytest.approx(0), pytest.approx(full))
        threshold = np.float32((0.04045 if "linear" in one.name else 0.0031308) * full)
        value = in_source(map_.expression.replace("full", repr(full)))
        beside = [np.nextafter(threshold, np.float32(end)) for end in (0, full)]
        for r in (0.0, threshold, *beside, full):
            assert enclosed.low - 1e-6 * full <= value(np.float32(r), 0.0) <= enclosed.high + 1e-6 * full


def test_a_nan_may_take_the_other_branch_and_becomes_0_in_a_cast():
    root = Map("sqrt(r - 100) + 5").range({"r": Interval(0, 255)})
    assert root.nan
    assert root.low == 5
    assert Cast("uint8").range(root) == Interval(0.0, 17.0)
    assert Map("where(r > 1, 5, 7)").range({"r": root}) == Interval(5.0, 7.0)


@pytest.mark.parametrize(
    ("text", "nan"),
    [
        ("r * 1e38", False),
        ("r * 1e38 - r * 1e38", True),
        ("r * 1e38 + r * -1e38", True),
        ("r * 1e38 * r", True),
        ("r * 1e38 / (r * 1e38 + 1)", True),
        ("(r + 1) * 1e38 / (r + 1)", False),
        ("r / r", True),
        ("1 / r", False),
        ("log(r - 1)", True),
        ("log(r + 1)", False),
        ("(r - 1) ** 0.5", True),
        ("(r - 1) ** 3", False),
        ("maximum(sqrt(r - 1), 2)", True),
    ],
)
def test_where_nan_can_be(text, nan):
    assert Map(text).range({"r": Interval(0, 255)}).nan == nan


@pytest.mark.parametrize(
    ("given", "dtype", "want"),
    [
        ((0.2, 19.7), "uint8", (0, 20)),
        ((4.5, 76.5), "uint8", (4, 77)),
        ((-0.4, 255.0), "int8", (0, 127)),
        ((-1e9, 7.0), "int16", (-32768, 7)),
        ((0.25, 0.75), "float32", (0.25, 0.75)),
        ((0.1, 2**31 - 1), "float32", (np.float32(0.1), 2**31)),
        ((2050, 2052), "float16", (2050, 2052)),
        ((2049, 2051), "float16", (2048, 2052)),  # halves may be rounded to either side
        ((-60010, 65521), "float16", (-60032, math.inf)),
        ((-math.inf, math.inf), "uint16", (0, 65535)),
    ],
)
def test_a_cast_rounds_and_saturates_the_ends(given, dtype, want):
    assert Cast(dtype).range(Interval(*given)) == Interval(*map(float, want))


def test_a_machine_does_what_an_expression_says(rng):
    image = rng.uniform(-3, 9, (7, 11)).astype(np.float32)
    plan = make_plan([stage("point", "abs")], image.shape, dtype="float32")
    op = Map("(r > 3) * 5 + (2 if 0 < r <= 1 or r > 7 and not r > 8 else -r ** 2)")
    stencil = next(op for op in plan.nodes[0].ops if isinstance(op, Stencil))
    planned = dataclasses.replace(plan, nodes=(dataclasses.replace(plan.nodes[0], ops=(stencil, op)),))
    got, _ = compile_plan(planned)(image, threads=1)
    want = [
        (r > 3) * 5 + (2 if 0 < r <= 1 or (r > 7 and not r > 8) else -(r**2)) for r in image.ravel().tolist()
    ]
    np.testing.assert_allclose(got.ravel(), want, rtol=1e-6)


def test_every_backend_has_the_vocabulary():
    names = {*expression.VOCABULARY, *expression.COMPARISONS.values()}
    assert names == set(interval.FUNCTIONS)
    for name in ("square", "power", "minimum", "maximum", "where"):
        assert name in [function.__name__ for function in scalars.VOCABULARY]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        *((name, 1) for name in ("sqrt", "exp", "log", "sin", "cos", "abs", "square", "floor", "round")),
        *((name, 2) for name in ("power", "arctan2", "minimum", "maximum")),
        ("where", 3),
    ],
)
def test_functions_take_their_arguments_and_no_others(name, count):
    assert ast.unparse(Map(f"{name}({', '.join('r' * count)})").tree).startswith(f"{name}(")
    for other in (count - 1, count + 1):
        with pytest.raises(ParameterError, match=f"{name} takes {count} arguments; given {other}"):
            Map(f"{name}({', '.join('r' * other)})")


def test_10000_characters_are_taken():
    assert ast.unparse(Map("r" + " " * 9_999).tree) == "r"
    with pytest.raises(ParameterError, match="at most 10000 characters; given 10001"):
        Map("r" + " " * 10_000)


def test_the_largest_float32_is_a_number():
    assert Map("3.4028234663852886e38").tree.value == np.finfo(np.float32).max


REFUSED = {
    "r.real": (1, "'r.real' is none of its forms"),
    "r[0]": (1, "'r[0]' is none"),
    "__import__('os')": (1, "unknown function '__import__'"),
    "1 + open(r)": (5, "unknown function 'open'"),
    "sqrt(r, 2)": (1, "sqrt takes 1 arguments; given 2"),
    "sqrt(x=r)": (1, "none of its forms"),
    "maximum(*r, 1)": (9, "none of its forms"),
    "(lambda: r)()": (1, "none of its forms"),
    "(r := 3)": (2, "none of its forms"),
    "[r for r in r]": (1, "none of its forms"),
    "f'{r}'": (1, "none of its forms"),
    "'r'": (1, "none of its forms"),
    "True": (1, "none of its forms"),
    "False": (1, "none of its forms"),
    "2j * r": (1, "none of its forms"),
    "r + ...": (5, "none of its forms"),
    "r in r": (1, "none of its forms"),
    "r is r < 3": (1, "none of its forms"),
    "r % 2": (1, "none of its forms"),
    "1 + r  %  2": (5, "'r  %  2' is none of its forms"),  # as it is written
    "~r": (1, "none of its forms"),
    "await r": (1, "none of its forms"),
    "r + t": (5, "unknown name 't'; known are r, s"),
    "r +* 2": (4, "invalid syntax"),
    "": (1, "invalid syntax"),
    "r; r": (2, "invalid syntax"),
    "r\n+ 1": (2, "'\\n' is no character of it"),
    "r # \x0c": (5, "no character"),
    "r\u2028": (2, "no character"),
    "ſ": (1, "no character"),
    "r\0": (2, "no character"),
    "1e999": (1, "passes 3.4e+38"),
    "3.402823466385289e38": (1, "passes 3.4e+38"),  # the float64 after the largest float32
    "1" + "0" * 60: (1, "passes 3.4e+38"),
    "1" + "0" * 5000: (1, ""),
    "(" * 250 + "r" + ")" * 250: (None, "too many nested parentheses"),
    "-" * 150 + "r": (1, "more than 100 operations within each other"),
    "-" * 1_500 + "r": (1, "more than 100 operations within each other"),
    "-" * 9_000 + "r": (1, ""),
    "+".join("r" * 400): (1, "more than 100 operations"),
    " and ".join("r" * 400): (1, "more than 100 operations"),
    "r" * 20_000: (None, "at most 10000 characters; given 20000"),
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:20])
def test_what_is_no_expression_is_refused_where_it_stands(text):
    column, reason = REFUSED[text]
    with pytest.raises(ParameterError) as caught:
        Map(text, NAMES)
    assert reason in str(caught.value)
    if column is not None:
        assert f", column {column}: " in str(caught.value)
    assert len(str(caught.value)) < 400


def test_80_characters_are_shown_whole_and_longer_text_is_cut():
    shown = {80: "t" * 80, 81: "t" * 77 + "..."}
    for length, text in shown.items():
        with pytest.raises(ParameterError) as caught:
            Map("t" * length)
        assert str(caught.value).startswith(f"expression '{text}', column 1: ")


def test_a_piece_is_named_by_its_first_80_characters():
    with pytest.raises(ParameterError) as caught:
        Map(f"r.{'x' * 90}")
    assert f": 'r.{'x' * 78}' is none of its forms" in str(caught.value)


def test_chains_in_chains_do_not_grow_without_bound():
    text = "r"
    for _ in range(30):
        text = f"(0 < {text} < 1)"
    with pytest.raises(ParameterError, match="more than"):
        Map(text)


def test_operations_are_counted_as_they_are_read(monkeypatch):
    parse = expression.parse.__wrapped__  # of which nothing is remembered
    monkeypatch.setattr(expression, "LONGEST", 7)
    parse("r<s<r<s", frozenset(NAMES))  # the chain, and three pairs of numbers
    monkeypatch.setattr(expression, "LONGEST", 8)
    with pytest.raises(ParameterError, match="more than 8 operations"):
        parse("r<s<-r<s", frozenset(NAMES))  # and twice a minus


@settings(max_examples=500)
@given(st.text(max_size=40) | st.text("rs0123.+-*/()<>=! \n'\"_ifelsandorwh,[]{}:;", max_size=40))
def test_text_is_an_expression_or_an_error(text):
    try:
        tree = Map(text, NAMES).tree
    except ParameterError:
        return
    allowed = (
        ast.Constant,
        ast.Name,
        ast.UnaryOp,
        ast.BinOp,
        ast.Compare,
        ast.Call,
        ast.operator,
        ast.unaryop,
    )
    for node in ast.walk(tree):
        assert isinstance(node, (*allowed, ast.cmpop)), ast.dump(node)


@pytest.mark.parametrize(
    "name", ["", "a_b", "_a", "1a", "a b", "a\n", "a;b", "é", "sqrt", "lambda", "a.b", 3]
)
def test_names_that_source_cannot_hold(name):
    with pytest.raises(ParameterError):
        Map("r", ("r", name))
    with pytest.raises(ParameterError):
        Map("r", ("r",), ((name, 1.0),))
    with pytest.raises(ParameterError):
        Stencil((IDENTITY,), (name,))


def test_a_name_is_given_once():
    with pytest.raises(ParameterError, match="needs different names; given r, r"):
        Map("r", ("r", "r"))
    with pytest.raises(ParameterError, match="a response needs different names; given x, y, x"):
        Stencil((IDENTITY,) * 3, ("x", "y", "x"))


@pytest.mark.parametrize("value", [math.nan, math.inf, "1", None, [1]])
def test_constants_are_finite_numbers(value):
    with pytest.raises(ParameterError, match="constant gain needs a finite number"):
        Map("gain * r", constants=(("gain", value),))
