"""What the parameters of a stage take, at and beyond their bounds, and what they say."""

import math
from dataclasses import replace
from decimal import Decimal

import jsonschema
import numpy as np
import pytest

from convpipe.errors import ParameterError, ParameterTypeError
from convpipe.geometry import Border
from convpipe.stages import stage
from convpipe.stages.boxes import Box
from convpipe.stages.matrix import Matrix, Numbers
from convpipe.stages.numbers import Count, CountPair, Number, NumberPair, SizePair
from convpipe.stages.parameters import BorderName, Choice, Flag, PaddingForm, PixelType, Text, TextList

LARGEST = float(np.finfo(np.float32).max)
WORD = Choice("word", "", choices=("magnitude", "x"), aliases={"norm": "magnitude"})


@pytest.mark.parametrize(
    ("parameter", "given", "want"),
    [
        (Number("a", ""), 1, 1.0),
        (Number("a", ""), Decimal("0.5"), 0.5),
        (Number("a", ""), np.float32(0.5), 0.5),
        (Number("a", ""), np.array(2), 2.0),
        (Number("a", ""), -LARGEST, -LARGEST),
        (Number("a", "", least=2, most=3), 2, 2.0),
        (Number("a", "", least=2, most=3), 3, 3.0),
        (NumberPair("a", "", least=0), 2, (2.0, 2.0)),
        (NumberPair("a", "", least=0), [2, 0], (2.0, 0.0)),
        (CountPair("a", ""), 1, (1, 1)),
        (CountPair("a", "", least=0), [0, 2], (0, 2)),
        (Count("a", "", least=2, most=5), 2, 2),
        (Count("a", "", least=2, most=5), np.int8(5), 5),
        (Flag("a", ""), False, False),
        (Flag("a", ""), np.True_, True),
        (Number("a", ""), 2.0**-150 * (1 + 2**-50), 2.0**-150 * (1 + 2**-50)),
        (Number("a", ""), -0.0, 0.0),
        (Matrix("a", ""), [[1, 1e-120]], ((1.0, 1e-120),)),
        (WORD, "x", "x"),
        (WORD, "norm", "magnitude"),
        (BorderName("a", ""), "replicate", Border.EDGE),
        (BorderName("a", ""), Border.WRAP, Border.WRAP),
        (PixelType("a", ""), "int16", "int16"),
        (PaddingForm("a", ""), [1, 2], ((1, 1), (2, 2))),
        (Text("a", ""), "a é", "a é"),
        (TextList("a", ""), "one", ("one",)),
        (TextList("a", ""), ["one", "two"], ("one", "two")),
        (Matrix("a", ""), [[1, 2], [3, 4]], ((1.0, 2.0), (3.0, 4.0))),
        (Matrix("a", ""), np.eye(2), ((1.0, 0.0), (0.0, 1.0))),
        (Matrix("a", ""), [[0] * 2**20], ((0.0,) * 2**20,)),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_taken(parameter, given, want):
    got = parameter.parse(given)
    assert got == want
    assert type(got) is type(want)


@pytest.mark.parametrize(
    ("parameter", "given", "error", "words"),
    [
        (Number("a", ""), True, ParameterTypeError, "a needs a finite number; given bool True"),
        (Number("a", ""), "2", ParameterTypeError, "a needs a finite number; given str '2'; leave out"),
        (Number("a", ""), "2,5", ParameterTypeError, "given str '2,5'; a decimal is written with a point"),
        (Number("a", ""), " 2 px ", ParameterTypeError, "; a number stands alone, without a unit"),
        (Number("a", ""), "1 2", ParameterTypeError, "; numbers are separated by commas"),
        (Number("a", ""), "two", ParameterTypeError, "given str 'two'"),
        (Number("a", ""), "1" * 101, ParameterTypeError, "given str '" + "1" * 101 + "'"),
        (Number("a", ""), "1" * 100, ParameterTypeError, "1'; leave out the quotes"),
        (Number("a", ""), np.ones(2), ParameterTypeError, "a needs a finite number; given ndarray"),
        (Number("a", ""), math.nan, ParameterError, "a needs a finite number; given nan"),
        (Number("a", ""), -math.inf, ParameterError, "a needs a finite number; given -inf"),
        (Number("a", ""), -LARGEST * (1 + 2**-50), ParameterError, "whose size passes 3.4e+38"),
        (Number("a", ""), 10**400, ParameterError, "whose size passes 3.4e+38"),
        (Number("a", ""), 1e300, ParameterError, "the largest float32; given 1e+300"),
        (
            Number("a", "", above=0),
            1e-46,
            ParameterError,
            "a has a number that is 0 in float32, whose smallest",
        ),
        (Number("a", ""), -(2.0**-150), ParameterError, "is 1.4e-45; given -7.006492321624085e-46"),
        (NumberPair("a", "", least=0), [1, 1e-46], ParameterError, "a has a number that is 0 in float32"),
        (Number("a", "", least=2), 1.99, ParameterError, "a finite number of at least 2; given 1.99"),
        (Number("a", "", above=2), 2, ParameterError, "a needs a finite number above 2; given 2"),
        (
            Number("a", "", above=2, most=3),
            3.01,
            ParameterError,
            "a needs a finite number above 2 and at most 3; given 3.01",
        ),
        (
            NumberPair("a", ""),
            [1, 2, 3],
            ParameterError,
            "a finite number, or [rows, cols] of them; given [1",
        ),
        (NumberPair("a", "", least=0), [1, -1], ParameterError, "number of at least 0, or [rows, cols]"),
        (CountPair("a", ""), [1, 0], ParameterError, "a must be at least 1; given [1, 0]"),
        (Count("a", "", least=2, most=5), 1, ParameterError, "a needs an int from 2 to 5; given 1"),
        (Count("a", "", least=2, most=5), 6, ParameterError, "a needs an int from 2 to 5; given 6"),
        (Count("a", ""), True, ParameterTypeError, "a needs an int from 0 to 2147483647; given bool True"),
        (Count("a", ""), 2.0, ParameterTypeError, "given float 2.0"),
        (
            Flag("a", ""),
            "no",
            ParameterTypeError,
            "a needs true or false; given str 'no'; write true",
        ),
        (Flag("a", ""), 1, ParameterTypeError, "a needs true or false; given int 1"),
        (WORD, 3, ParameterTypeError, "word needs one of magnitude, x; given int 3"),
        (WORD, "Magnitud", ParameterError, "given 'Magnitud'; did you mean 'magnitude'?"),
        (WORD, "X", ParameterError, "given 'X'; did you mean 'x'?"),
        (WORD, "q", ParameterError, "word needs one of magnitude, x; given 'q'"),
        (PixelType("a", ""), "bool", ParameterError, "a needs one of uint8, "),
        (BorderName("a", ""), "nearest", ParameterError, "is 'edge' here"),
        (BorderName("a", ""), "MIRROR", ParameterError, "is 'reflect' here"),
        (Text("a", ""), "", ParameterError, "a needs a line of text; given ''"),
        (Text("a", ""), "a\n", ParameterError, "a needs a line of text; given 'a\\n'"),
        (Text("a", ""), 3, ParameterTypeError, "a needs a line of text; given int 3"),
        (TextList("a", ""), 3, ParameterTypeError, "a needs a list of text; given int 3"),
        (TextList("a", ""), ["a", ""], ParameterError, "given ''"),
        (Matrix("a", ""), 3, ParameterTypeError, "a needs rows of finite numbers, such as [[0, "),
        (Matrix("a", ""), [1, 2], ParameterTypeError, "a kernel of one row has two brackets: [[1, 2]]"),
        (Matrix("a", ""), ["ab"], ParameterTypeError, "a needs rows of finite numbers"),
        (Matrix("a", ""), [], ParameterError, "a is empty; it needs rows of finite numbers"),
        (Matrix("a", ""), [[]], ParameterError, "a is empty"),
        (Matrix("a", ""), [[1, 2], [3]], ParameterError, "a is ragged: its rows have [2, 1] numbers"),
        (Matrix("a", ""), np.zeros((1024, 1025)), ParameterError, "1024x1025; at most 1048576 weights"),
        (
            Matrix("a", ""),
            [[1, 2], [3, "4"]],
            ParameterTypeError,
            "a[1][1] needs a finite number; given str '4'; l",
        ),
        (
            Matrix("a", ""),
            [[1, 2], [1e300, 4]],
            ParameterError,
            "a[1][0] has a number whose size passes 3.4e+38",
        ),
        (Matrix("a", ""), [[1, -(10**400)]], ParameterError, "a[0][1] has a number whose size passes"),
        (
            Matrix("a", ""),
            [[0, -1e-46]],
            ParameterError,
            "a has no weight that is not 0 in float32, whose smallest",
        ),
        (Matrix("a", ""), [[1, math.inf]], ParameterError, "a[0][1] needs a finite number; given inf"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_refused(parameter, given, error, words):
    with pytest.raises(ParameterError) as caught:
        parameter.parse(given)
    assert type(caught.value) is error
    assert words in str(caught.value)
    if words.endswith("'"):  # and no advice that does not fit
        assert str(caught.value).endswith(words)


@pytest.mark.parametrize(
    ("parameter", "valid", "others"),
    [
        (PaddingForm("a", ""), [0, [0, 1], [1, 2, 3, 4], "same"], [-1, [1], [1, 2, 3], [1] * 5, "full"]),
        (Matrix("a", ""), [[[1]], [[1, 2], [3, 4]]], [[], [[]], [1], 1]),
    ],
)
def test_the_schema_takes_what_is_taken(parameter, valid, others):
    validator = jsonschema.Draft7Validator(parameter.schema())
    assert all(validator.is_valid(value) and parameter.parse(value) for value in valid)
    for value in others:
        assert not validator.is_valid(value)
        with pytest.raises(ParameterError):
            parameter.parse(value)


def test_every_parameter_hashes():
    for parameter in (WORD, BorderName("a", ""), Number("a", "")):
        assert hash(parameter) == hash(replace(parameter))


def test_lists_of_numbers_have_as_many_as_are_asked_for():
    assert Numbers("n", "").parse([5]) == (5.0,)
    few = Numbers("n", "", least=2, most=3)
    assert few.parse([1, 2, 3]) == (1.0, 2.0, 3.0)
    for items in ([], [1], [1, 2, 3, 4]):
        with pytest.raises(
            ParameterError, match=rf"n needs a list of 2 to 3 finite numbers; given {len(items)}"
        ):
            few.parse(items)


def test_a_kernel_of_nothing_that_float32_holds_is_refused():
    with pytest.raises(ParameterError, match="no weight that is not 0 in float32"):
        Matrix("m", "").parse([[2.0**-150]])
    assert Matrix("m", "").parse([[2.0**-149]]) == ((2.0**-149,),)


def test_shares_of_a_hundred():
    for given in ({"low": -0.5}, {"high": 100.5}):
        with pytest.raises(ParameterError):
            stage("contrast", "stretch", **given)
    with pytest.raises(ParameterError, match="high must be above low, which is 50; given 50"):
        stage("contrast", "stretch", low=50, high=50)
    with pytest.raises(ParameterError, match="at most 100"):
        stage("rank", "percentile", percentile=100.5)


def test_boxes_hold_something():
    box = Box("b", "")
    assert box.parse([-2, 2, 3, -3]) == (-2, 2, 3, -3)
    for first, end in ([3, 3], [4, 3], [-3, -3]):
        with pytest.raises(ParameterError):
            box.parse([first, 0, end, 1])
    one, path, table = box.schema()["anyOf"]
    assert one["minItems"] == one["maxItems"] == 4
    assert path["type"] == "string"
    assert table["additionalProperties"] == one


def test_a_size_is_two_sides_or_that_of_the_input():
    assert SizePair("s", "").parse("input") == "input"
    with pytest.raises(ParameterError):
        SizePair("s", "").parse("inputs")


def test_letter_case_matters_unless_it_is_said_not_to():
    with pytest.raises(ParameterError):
        Choice("c", "", choices=("a",)).parse("A")
    assert Choice("c", "", choices=("a",), any_case=True).parse("A") == "a"
