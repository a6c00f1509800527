"""Which stage reads which, drawn."""

from convpipe.plan import make_plan
from convpipe.report.graph import dot, lanes, results
from convpipe.stages import stage
from convpipe.stages.wiring import wire


def combine(formula, **common):
    return stage("combine", "c", formula=formula, **common)


def blur(name, source=None):
    return stage("blur", "box", size=3, name=name, **({} if source is None else {"from": source}))


def drawn(*stages, outputs=None):
    return lanes(make_plan(wire(stages, outputs), (9, 9)))


def test_a_chain_is_one_lane():
    assert drawn(blur("a"), blur("b")) == ["*", "*", "*"]


def test_lanes_begin_and_end():
    assert drawn(blur("a"), blur("b", "input"), combine("a - b"), blur("c")) == [
        "*",
        "+-*",
        "* |",
        "*-+",
        "*",
    ]


def test_a_lane_that_goes_on_behind_others():
    assert drawn(blur("a"), blur("b", "input"), blur("c", "a"), combine("input + a + b + c")) == [
        "*",
        "+-*",
        "+-|-*",
        "| +-|-*",
        "*-+-+-+",
    ]


def test_a_free_lane_is_used_again():
    stages = [blur("a"), blur("b", "a"), combine("a - b", name="d"), blur("e", "input"), combine("d - e")]
    assert drawn(*stages) == ["*", "+-*", "| +-*", "| *-+", "* |", "*-+"]


def test_an_output_that_no_stage_reads_ends_where_it_is_made():
    assert drawn(blur("a"), blur("b", "input"), blur("c", "b"), outputs={"a": "a"}) == ["*", "+-*", "*", "*"]


def test_results_are_named_where_there_are_several():
    stages = [blur("a"), blur("b", "input"), combine("a - b")]
    assert results(make_plan(stages, (9, 9)), 2) == ""
    plan = make_plan(wire(stages, {"x": "a", "y": "a"}), (9, 9))
    assert [results(plan, at) for at in range(3)] == [" => x, y", "", " => result"]


def test_dot():
    plan = make_plan(
        wire([blur('a "b" \\'), blur("c"), combine("c - input")], {"c": "c"}), (9, 8), channels=3
    )
    assert dot(plan, 'it"s').splitlines() == [
        'digraph "it\\"s" {',
        "  node [shape=box];",
        '  input [shape=oval, label="input\\n9x8x3 uint8"];',
        '  stage0 [label="0: a \\"b\\" \\\\\\n9x8x3"];',
        "  input -> stage0;",
        '  stage1 [label="1: c\\n9x8x3"];',
        "  stage0 -> stage1;",
        '  stage2 [label="2: combine c\\n9x8x3"];',
        "  stage1 -> stage2;",
        "  input -> stage2;",
        '  output0 [shape=oval, label="c\\nuint8"];',
        "  stage1 -> output0;",
        '  output1 [shape=oval, label="result\\nuint8"];',
        "  stage2 -> output1;",
        "}",
    ]
