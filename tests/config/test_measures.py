"""What a config says of measures, and what is wrong where."""

import pytest

from convpipe import config
from convpipe.errors import ConfigError
from convpipe.formula import Measure

TEXT = """\
stages:
  - {threshold: otsu, name: mask}
  - {objects: label, name: labels, dtype: int32}
  - {point: invert, from: mask}
outputs:
  cells: mask
measure:
  foreground: mean(result > 0)
  spots: {formula: max(labels)}
  level: {formula: mean(input), per: channel, box: [10, 10, 90, null]}
  stored: >
    mean(cells)
    + 1
accept: {foreground: [0.01, 0.2], spots: [3, null]}
"""


def test_measures_load(load):
    (job,) = load(TEXT)
    assert job.measures == {
        "foreground": Measure("mean(result > 0)"),
        "spots": Measure("max(labels)"),
        "level": Measure("mean(input)", "channel", (10, 10, 90, None)),
        "stored": Measure("mean(cells) + 1"),
    }
    assert job.accept == {"foreground": (0.01, 0.2), "spots": (3.0, None)}


OBJECTS = """\
stages:
  - {threshold: otsu}
  - {objects: label, name: cells}
  - {point: invert, from: input}
measure:
  level: mean(input)
  size: {formula: sum(cells > 0), per: labels, labels: cells}
accept: {size.count: [1, 50], size.max: [null, 900], level: [3, 9]}
"""


def test_measures_of_objects_load(load):
    (job,) = load(OBJECTS)
    assert job.measures["size"] == Measure("sum(cells > 0)").of("labels", None, "cells")
    assert job.accept == {"size.count": (1, 50), "size.max": (None, 900), "level": (3, 9)}


def test_numbers_of_objects_are_set_from_outside(load):
    (job,) = load(OBJECTS, ["accept.size.count=[2, 7]", "accept.size.mean=[1, null]", "accept.level=[0, 1]"])
    assert job.accept["size.count"] == (2, 7)
    assert job.accept["size.mean"] == (1, None)
    assert job.accept["level"] == (0, 1)


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("labels: cells", "labels: cell", "7:56", "there is no stage 'cell'; did you mean 'cells'?"),
        ("labels: cells", "labels: 3 cells", "7:56", "the name of a stage that numbers objects"),
        (", labels: cells", "", "7:40", "'per: labels' needs 'labels'"),
        ("per: labels, ", "", "7:9", "'labels' goes with 'per: labels'"),
        ("labels: cells", "labels: cells, box: [0, 0, 9, 9]", "7:40", "'box' does not go with 'per: labels'"),
        ("per: labels", "per: label", "7:40", "did you mean 'labels'?"),
        ("size", "area", "7:40", "'area' is a column of the table of objects"),
        ("size.count", "size", "8:10", "numbers of an image are size.count, size.mean, size.min, size.max"),
        ("size.max", "size.most", "8:31", "numbers of an image are size.count"),
        ("level: [3", "level.max: [3", "8:54", "there is no measure 'level.max'"),
    ],
)
def test_what_is_wrong_with_measures_of_objects(load, old, new, where, words):
    assert old in OBJECTS
    with pytest.raises(ConfigError) as caught:
        load(OBJECTS.replace(old, new))
    (error,) = caught.value.errors
    assert (f"{error.line}:{error.column}", words in error.message) == (where, True), error.message


def test_they_are_set_from_outside(load):
    (job,) = load(TEXT, ["accept.foreground=[0, 1]", "measure.more=sum(input)", "measure.level.per=image"])
    assert job.accept["foreground"] == (0.0, 1.0)
    assert job.measures["more"] == Measure("sum(input)")
    assert job.measures["level"].per == "image"


def test_defaults_may_measure_what_jobs_have(load):
    text = "defaults:\n  measure: {a: mean(soft)}\n  accept: {a: [0, 9]}\njobs:\n"
    text += "  - {name: one, stages: [{blur: box, name: soft}]}\n  - {name: two, stages: [{blur: box}]}\n"
    with pytest.raises(ConfigError) as caught:
        load(text)
    (error,) = caught.value.errors
    assert (error.line, error.column) == (2, 21)
    assert "there is no stage 'soft'" in error.message


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("max(labels)", "max(lables)", "9:24", "there is no stage 'lables'; did you mean 'labels'?"),
        ("max(labels)", "max(  lables )", "9:26", "did you mean 'labels'?"),
        ("> 0)", "> 0) + mask", "8:34", "'mask' is a pixel, and a measure a number"),
        ("mean(result", "maen(result", "8:15", "unknown function 'maen'; did you mean 'mean'?"),
        ("+ 1", "+ fine", "13:7", "'fine' is a pixel"),
        ("mean(cells)", "mean(celsl)", "12:10", "did you mean 'cells'?"),
        ("per: channel", "per: chanel", "10:38", "did you mean 'channel'?"),
        (
            "per: channel",
            "pre: channel",
            "10:33",
            "unknown key 'pre' in the measure 'level'; did you mean 'per'?",
        ),
        ("90, null]", "90]", "10:52", "box needs whole numbers"),
        ("formula: max(labels)", "per: image", "9:10", "the measure 'spots' needs a formula"),
        ("{formula: max(labels)}", "3", "9:10", "needs a formula of numbers of whole images"),
        ("{formula: max(labels)}", "", "9:3", "formula has no value"),
        ("spots: {", "path: {", "9:3", "cannot be called 'path'"),
        ("spots: {", "spots.1: {", "9:3", "the name of a measure needs letters"),
        (
            "{foreground: [",
            "{foregruond: [",
            "14:10",
            "there is no measure 'foregruond'; did you mean 'foreground'?",
        ),
        ("[3, null]", "[3, 1]", "14:42", "numbers [least, most]"),
        ("[3, null]", "[null, null]", "14:42", "numbers [least, most]"),
        ("[3, null]", "7", "14:42", "numbers [least, most]"),
        ("measure:\n", "mesure:\n", "7:1", "did you mean 'measure'?"),
        ("name: labels", "name: cells", "9:24", "there is no stage 'labels'"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(load, old, new, where, words):
    assert TEXT.count(old) == 1
    with pytest.raises(ConfigError) as caught:
        load(TEXT.replace(old, new))
    found = {f"{error.line}:{error.column}": error.message for error in caught.value.errors}
    assert where in found, found
    assert words in found[where]


def test_a_stage_that_nobody_reads_or_measures_is_unused(load):
    with pytest.raises(ConfigError, match="no stage reads what it gives"):
        load(TEXT.replace("max(labels)", "max(input)"))


def test_the_schema_takes_them():
    jsonschema = pytest.importorskip("jsonschema")
    ruamel = pytest.importorskip("ruamel.yaml")
    validator = jsonschema.Draft7Validator(config.schema())

    def right(text):
        return validator.is_valid(ruamel.YAML(typ="safe").load(text))

    assert right(TEXT)
    for old, new in (
        ("formula: max(labels)", "per: image"),
        ("per: channel", "per: chanel"),
        ("spots: {", "page: {"),
        ("[3, null]", "3"),
        ("90, null]", "90]"),
    ):
        assert not right(TEXT.replace(old, new)), new
