"""Measures: formulas that are numbers of images."""

import math

import pytest

from convpipe.errors import ParameterError
from convpipe.formula import Measure


def value(text, *numbers):
    measure = Measure(text)
    return measure.value({one.name: number for one, number in zip(measure.counted, numbers, strict=True)})


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("mean(result > 0)", ["where(result > 0, 1, 0)"]),
        ("var(a[0, 1] - 4 * a)", ["a[0, 1] - 4 * a"]),
        ("max(labels) / sum(a > otsu(b))", ["labels", "where(a > otsu(b), 1, 0)"]),
        ("mean(a > percentile(b, 90)) - percentile(a, 5)", ["where(a > percentile(b, 90.0), 1, 0)", "a"]),
        ("mean(a) + mean(a) * std(a)", ["a", "a"]),
    ],
)
def test_the_images_of_its_statistics(text, images):
    assert sorted(one.image for one in Measure(text).counted) == sorted(images)


def test_names_and_where_they_stand():
    measure = Measure("max(labels) / sum(a > otsu(b))")
    assert measure.names == ("labels", "a", "b")
    assert [measure.place(name) for name in measure.names] == [4, 18, 27]


@pytest.mark.parametrize(
    ("text", "numbers", "result"),
    [
        ("mean(a) / std(a)", (6, 4), 1.5),
        ("where(std(a) > 0, 1 / std(a), 7)", (0,), 7),
        ("1 / mean(a)", (0,), math.inf),
        ("0 * mean(a) / mean(a)", (0,), math.nan),
        ("sqrt(mean(a))", (-1,), math.nan),
        ("round(mean(a)) + round(max(a))", (0.5, 1.5), 2),
        ("clip(mean(a), 0, 1) + hypot(3, 4) ** 2", (7,), 26),
        ("not mean(a)", (0,), 1),
        ("mean(a) if mean(a) > 2 else -1", (math.nan,), -1),
        ("sum(a)", (2**53 - 1,), 2**53 - 1),
    ],
)
def test_its_number(text, numbers, result):
    assert value(text, *numbers) == pytest.approx(result, rel=0, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("input", 1, "'input' is a pixel, and a measure a number"),
        ("mean(input) + fine[0, 1]", 15, r"'fine\[0, 1\]' is a pixel"),
        ("sqrt(mean(a) + 2 * b)", 20, "'b' is a pixel"),
        ("mean(a) if b > 0 else 1", 12, "such as mean\\(b\\)"),
        ("3 + 4", 1, "no image stands in it"),
        ("mean(4)", 1, "mean is of an image"),
        ("maen(a)", 1, "did you mean 'mean'"),
        ("mean(a", 5, "never closed"),
        ("__import__('os')", 1, "unknown function"),
    ],
)
def test_what_is_none(text, column, words):
    with pytest.raises(ParameterError, match=words) as caught:
        Measure(text)
    assert caught.value.offset == column - 1


def test_as_a_config_has_it():
    assert Measure("mean( a )").to_data() == "mean(a)"
    given = {"formula": "mean(a)", "per": "channel", "box": [0, 1, None, -1]}
    assert Measure("mean(a)", "channel", (0, 1, None, -1)).to_data() == given
